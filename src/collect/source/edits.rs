//! Files that a container holds otherwise than its image: edited by hand, copied in, or rewritten by the program.

use super::archive::{Entry, ImageFiles};
use super::held::{Held, held};
use super::local::Budget;
use super::plan::{Plan, Planned};
use checks::model::Edited;
use std::collections::BTreeSet;

/// Ends of the names of files that programs write for themselves.
const DATA: [&str; 12] = [
    ".db", ".sqlite", ".sqlite3", ".log", ".lock", ".pid", ".tmp", ".rdb", ".aof", "-wal", "-shm",
    "-journal",
];

/// Ends of the names of files that programs run and do not write, as a rule.
const CODE: [&str; 24] = [
    ".py", ".pyc", ".js", ".mjs", ".cjs", ".ts", ".jsx", ".tsx", ".rb", ".php", ".pl", ".lua",
    ".sh", ".go", ".rs", ".java", ".class", ".jar", ".war", ".so", ".wasm", ".ex", ".html", ".css",
];
/// Whether programs write to files of this name as a matter of course.
pub(crate) fn is_data(path: &str) -> bool {
    DATA.iter().any(|end| path.ends_with(end))
}

/// Whether a program runs this file and does not write it, as far as its name tells.
pub(crate) fn is_code(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    !name.contains('.') || CODE.iter().any(|end| name.ends_with(end))
}

/// The part of the plan whose files are among the paths that changed in the container.
pub(crate) fn touched(plan: &Plan, image: &ImageFiles, changed: &BTreeSet<String>) -> Plan {
    let is_touched = |file: &&Planned| {
        let at = match held(file, image) {
            Held::There(path, Entry::File { .. }) => vec![path],
            Held::Absent => vec![file.image.clone(), file.inner()],
            _ => Vec::new(),
        };
        !file.is_link() && at.iter().any(|path| changed.contains(path) && !is_data(path))
    };
    let files = plan.files.iter().filter(is_touched).cloned().collect();
    Plan { files, left_out: Vec::new(), ..plan.clone() }
}

/// Compares the touched files of the container with the image. What the container holds as the context does counts as
/// held by the image from then on: the container is what runs.
pub(crate) fn edits(touched: &Plan, image: &mut ImageFiles, live: &ImageFiles) -> Vec<Edited> {
    let budget = Budget::default();
    let mut edited = Vec::new();
    for file in &touched.files {
        let before = match held(file, image) {
            Held::There(path, Entry::File { blob, .. }) => Some((path, *blob)),
            _ => None,
        };
        let (path, entry) = match (held(file, live), &before) {
            (Held::There(path, entry @ Entry::File { .. }), _) => (path, Some(entry.clone())),
            (Held::Absent, Some((path, _))) => (path.clone(), None),
            _ => continue,
        };
        let now = match &entry {
            Some(Entry::File { blob, .. }) => Some(*blob),
            _ => None,
        };
        if now == before.as_ref().map(|(_, blob)| *blob) {
            continue;
        }
        let source = file.local.version(&budget).ok().map(|version| version.blob);
        let is_newest = now.is_some() && now == source;
        if let Some(entry) = entry.filter(|_| is_newest) {
            image.put_entry(&before.map_or_else(|| path.clone(), |(path, _)| path), entry);
        }
        edited.push(Edited {
            source: file.source.clone(),
            path,
            is_newest,
            is_gone: now.is_none(),
        });
    }
    edited
}

#[cfg(test)]
mod tests {
    use super::super::plan::{Settings, plan};
    use super::{ImageFiles, edits, is_code, touched};
    use std::collections::BTreeSet;
    use std::fs;

    #[test]
    fn programs_do_not_write_what_they_run() {
        assert!(is_code("/app/server.py") && is_code("/app.d/server"));
        assert!(!is_code("/app/settings.json") && !is_code("/data/start.db"));
    }

    #[test]
    fn only_other_bytes_are_an_edit_and_the_newest_ones_count_as_held() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("Dockerfile"), "FROM x\nCOPY a b c d e.db /app/\n").unwrap();
        for name in ["a", "b", "c", "d", "e.db"] {
            fs::write(dir.path().join(name), "new").unwrap();
        }
        let plan = plan(dir.path(), &Settings::default()).unwrap();
        let (mut image, mut live) = (ImageFiles::default(), ImageFiles::default());
        for (name, before, now) in
            [("a", "new", "new"), ("b", "old", "new"), ("c", "new", "other"), ("e.db", "new", "x")]
        {
            image.put(&format!("/app/{name}"), before.as_bytes());
            live.put(&format!("/app/{name}"), now.as_bytes());
        }
        image.put("/app/d", b"new");
        live.absent("/app/d");
        let changed: BTreeSet<String> =
            ["/app", "/app/a", "/app/b", "/app/c", "/app/d", "/app/e.db"].map(Into::into).into();
        let touched = touched(&plan, &image, &changed);
        let edited = edits(&touched, &mut image, &live);
        let told: Vec<_> =
            edited.iter().map(|e| (e.path.as_str(), e.is_newest, e.is_gone)).collect();
        assert_eq!(
            told,
            [("/app/b", true, false), ("/app/c", false, false), ("/app/d", false, true)]
        );
        assert_eq!(image.get("/app/b"), live.get("/app/b"));
        assert_ne!(image.get("/app/c"), live.get("/app/c"));
    }
}
