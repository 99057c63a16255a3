//! Slash-separated paths as text, cleaned the way the builders clean them.

/// The shortest path that means the same: no empty, `.` or inner `..` part. `.` stands for nothing at all.
pub(super) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            _ => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".into(),
        (false, false) => parts.join("/"),
    }
}

/// A path inside a folder, both cleaned.
pub(crate) fn join(folder: &str, path: &str) -> String {
    clean(&format!("{folder}/{path}"))
}

/// A path inside the context, relative to it. Nothing leads out of the context: `../x` is `x`.
pub(super) fn inside(path: &str) -> String {
    clean(&format!("/{path}"))[1..].to_owned()
}

/// The folder that holds a path: `/` for `/x`, nothing for `x`.
pub(super) fn parent(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) => "/",
        Some(at) => &path[..at],
        None => "",
    }
}

/// The last part of a path.
pub(super) fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a path is the given folder or below it.
pub(crate) fn is_within(path: &str, folder: &str) -> bool {
    below(path, folder).is_some()
}

/// The rest of a path below a folder: empty for the folder itself.
pub(super) fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    let folder = folder.trim_end_matches('/');
    let rest = path.strip_prefix(folder)?;
    if folder.is_empty() && !path.starts_with('/') {
        return Some(rest);
    }
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

#[cfg(test)]
mod tests {
    use super::{below, clean, inside, join, name, parent};

    #[test]
    fn paths_are_cleaned() {
        for (path, cleaned) in [
            ("/", "/"),
            ("", "."),
            ("./a//b/", "a/b"),
            ("/a/../../b", "/b"),
            ("a/..", "."),
            ("../a", "../a"),
            ("a/./b/../c", "a/c"),
        ] {
            assert_eq!(clean(path), cleaned, "{path}");
        }
    }

    #[test]
    fn nothing_leads_out_of_the_context() {
        assert_eq!(inside("../../etc/passwd"), "etc/passwd");
        assert_eq!(inside("/src"), "src");
        assert_eq!(inside("."), "");
    }

    #[test]
    fn parts_of_a_path() {
        assert_eq!(join("/app", "./x/"), "/app/x");
        assert_eq!(join("/", "x"), "/x");
        assert_eq!((parent("/x"), parent("/x/y"), parent("x")), ("/", "/x", ""));
        assert_eq!(name("/x/y"), "y");
        assert_eq!(below("/app/x", "/app"), Some("x"));
        assert_eq!(below("/app", "/app"), Some(""));
        assert_eq!(below("/apple", "/app"), None);
        assert_eq!(below("/app", "/"), Some("app"));
        assert_eq!(below("src/x", ""), Some("src/x"));
        assert_eq!(below("src/x", "src"), Some("x"));
    }
}
