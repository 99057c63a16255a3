//! The build context: the files of a folder, less what the ignore file leaves out.

use super::glob::{go_pattern, has_wildcard, literal, matches};
use super::ignore::{Ignore, Reading, Rule, Verdict};
use super::paths::{inside, join, parent};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Files of the context that are looked at, at most.
pub(super) const MOST_FILES: usize = 20_000;
/// Excluded paths that are remembered, at most.
const MOST_EXCLUDED: usize = 1_000;
/// Links followed for one path, at most.
const MOST_LINKS: usize = 32;

/// Folders that programs fill for themselves: they differ without anyone's doing.
const BY_PRODUCTS: [&str; 9] = [
    ".git",
    ".hg",
    ".svn",
    "__pycache__",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".idea",
    ".DS_Store",
];

/// What a path of the context is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// A regular file.
    File,
    /// A symbolic link that is copied as one.
    Link,
    /// A folder.
    Folder,
}

/// One path of the context.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Found {
    /// Relative to the context.
    pub(super) path: String,
    /// Where its bytes are: another path if it was a link that the builders follow.
    pub(super) real: String,
    /// What it is.
    pub(super) kind: Kind,
    /// Whether builders disagree on its being there.
    pub(super) disputed: bool,
}

/// The folder, its ignore rules, and what was met in it.
#[derive(Debug)]
pub(super) struct Context {
    root: PathBuf,
    ignore: Ignore,
    /// What the ignore file left out of what was asked for.
    pub(super) excluded: Vec<(String, Rule)>,
    /// What could not be looked at.
    pub(super) trouble: BTreeSet<String>,
    seen: usize,
}

impl Context {
    /// Opens a context with the ignore files that the builder would take.
    pub(super) fn open(root: &Path, dockerfile: Option<&Path>, podman: bool) -> Result<Self, String> {
        if !root.is_dir() {
            return Err(format!("{} is no folder", root.display()));
        }
        let ignore = ignore_files(root, dockerfile, podman)?;
        Ok(Self { root: root.into(), ignore, excluded: Vec::new(), trouble: BTreeSet::new(), seen: 0 })
    }

    /// The place of a path of the context on this machine.
    pub(super) fn on_disk(&self, path: &str) -> PathBuf {
        if path.is_empty() { self.root.clone() } else { self.root.join(path) }
    }

    /// Whether so many files were met that the rest was left alone.
    pub(super) fn is_cut(&self) -> bool {
        self.seen > MOST_FILES
    }

    /// What one source of COPY names: one path, or all that match a pattern. `deep` lets `**` cross folders.
    pub(super) fn find(&mut self, source: &str, deep: bool) -> Result<Vec<Found>, String> {
        if has_wildcard(source) {
            return self.find_all(source, deep);
        }
        let path = inside(&literal(source));
        self.named(&path).map(|found| vec![found])
    }

    /// A path that was named: links to it are followed, as the builders do.
    fn named(&mut self, path: &str) -> Result<Found, String> {
        let real = self.follow(path).ok_or_else(|| format!("{path} is not in the context"))?;
        let mut disputed = false;
        for path in [path, &real] {
            match self.ignore.verdict(path) {
                _ if path.is_empty() => {}
                Verdict::Kept => {}
                Verdict::Disputed => disputed = true,
                Verdict::Excluded(_) if self.is_folder(path) && self.ignore.may_keep_below(path) => {}
                Verdict::Excluded(rule) => {
                    let text = format!("{path} is left out by {}:{} ({})", rule.file, rule.line, rule.text);
                    self.exclude(path, rule);
                    return Err(text);
                }
            }
        }
        let kind = kind(&self.on_disk(&real)).ok_or_else(|| format!("{path} is neither file nor folder"))?;
        Ok(Found { path: path.into(), real, kind, disputed })
    }

    fn find_all(&mut self, pattern: &str, deep: bool) -> Result<Vec<Found>, String> {
        let mut paths = vec![String::new()];
        for part in pattern.split('/').filter(|part| !matches!(*part, "" | ".")) {
            let mut next = Vec::new();
            for folder in &paths {
                if deep && part == "**" {
                    next.push(folder.clone());
                    self.folders_below(folder, &mut next);
                } else if has_wildcard(part) {
                    let tokens = go_pattern(part).map_err(|_| format!("{pattern} is not a pattern"))?;
                    let names = self.names(folder).into_iter().filter(|name| matches(&tokens, name));
                    next.extend(names.map(|name| inside(&join(folder, &name))));
                } else {
                    next.push(inside(&join(folder, &literal(part))));
                }
            }
            next.retain(|path| fs::symlink_metadata(self.on_disk(path)).is_ok());
            paths = next;
        }
        paths.sort();
        paths.dedup();
        paths.retain(|path| !is_by_product(path));
        Ok(paths.iter().filter_map(|path| self.named(path).ok()).collect())
    }

    /// The files and links below a folder, in order, links as they are.
    pub(super) fn below(&mut self, folder: &str) -> Vec<Found> {
        let mut found = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for name in self.names(&folder) {
                let path = inside(&join(&folder, &name));
                if self.is_cut() || is_by_product(&path) {
                    continue;
                }
                let Some(kind) = kind(&self.on_disk(&path)) else { continue };
                let verdict = self.ignore.verdict(&path);
                match verdict {
                    Verdict::Excluded(rule) if kind != Kind::Folder || !self.ignore.may_keep_below(&path) => {
                        self.exclude(&path, rule);
                    }
                    _ if kind == Kind::Folder => folders.push(path),
                    _ => {
                        self.seen += 1;
                        let disputed = verdict == Verdict::Disputed;
                        found.push(Found { real: path.clone(), path, kind, disputed });
                    }
                }
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found
    }

    fn folders_below(&mut self, folder: &str, out: &mut Vec<String>) {
        for name in self.names(folder) {
            let path = inside(&join(folder, &name));
            if !is_by_product(&path) && out.len() < MOST_FILES && kind(&self.on_disk(&path)) == Some(Kind::Folder) {
                out.push(path.clone());
                self.folders_below(&path, out);
            }
        }
    }

    fn is_folder(&self, path: &str) -> bool {
        kind(&self.on_disk(path)) == Some(Kind::Folder)
    }

    fn exclude(&mut self, path: &str, rule: Rule) {
        if self.excluded.len() < MOST_EXCLUDED && self.excluded.iter().all(|(known, _)| known != path) {
            self.excluded.push((path.into(), rule));
        }
    }

    /// The sorted names in a folder.
    fn names(&mut self, folder: &str) -> Vec<String> {
        let entries = match fs::read_dir(self.on_disk(folder)) {
            Ok(entries) => entries,
            Err(error) => {
                let folder = if folder.is_empty() { "the context" } else { folder };
                self.trouble.insert(format!("{folder} cannot be read: {error}"));
                return Vec::new();
            }
        };
        let mut names = Vec::new();
        for name in entries.flatten().map(|entry| entry.file_name()) {
            match name.into_string() {
                Ok(name) => names.push(name),
                Err(name) => {
                    self.trouble.insert(format!("{} is no text", join(folder, &name.to_string_lossy())));
                }
            }
        }
        names.sort();
        names
    }

    /// Where a path leads if all links in it are followed inside the context. Nothing if it leads nowhere.
    fn follow(&self, path: &str) -> Option<String> {
        let mut todo: Vec<String> = path.split('/').rev().map(String::from).collect();
        let (mut at, mut links) = (String::new(), 0);
        while let Some(part) = todo.pop() {
            let next = inside(&join(&at, &part));
            let metadata = fs::symlink_metadata(self.on_disk(&next)).ok()?;
            if !metadata.is_symlink() {
                at = next;
                continue;
            }
            links += 1;
            let target = fs::read_link(self.on_disk(&next)).ok()?.into_os_string().into_string().ok()?;
            at = if target.starts_with('/') { String::new() } else { parent(&next).to_owned() };
            todo.extend(target.split('/').rev().filter(|part| !part.is_empty()).map(String::from));
            if links > MOST_LINKS {
                return None;
            }
        }
        Some(at)
    }
}

fn kind(path: &Path) -> Option<Kind> {
    let kind = fs::symlink_metadata(path).ok()?.file_type();
    if kind.is_dir() {
        Some(Kind::Folder)
    } else if kind.is_symlink() {
        Some(Kind::Link)
    } else {
        kind.is_file().then_some(Kind::File)
    }
}

/// Whether a program made this for itself: the state of version control, bytecode, an editor's spare copy.
fn is_by_product(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ends = [".pyc", ".pyo", ".swp", "~"];
    BY_PRODUCTS.contains(&name) || ends.iter().any(|end| name.ends_with(end))
}

/// The ignore files in the order in which builders prefer them. An image may come from a builder that
/// does not know the file beside the Dockerfile, so both it and the general one are asked.
fn ignore_files(root: &Path, dockerfile: Option<&Path>, podman: bool) -> Result<Ignore, String> {
    let mut ignore = Ignore::default();
    let beside = |end: &str| dockerfile.map(|file| PathBuf::from(format!("{}{end}", file.display())));
    let own = [beside(".containerignore").filter(|_| podman), beside(".dockerignore")];
    let own = own.into_iter().flatten().find(|file| file.is_file());
    let general = [Some(root.join(".containerignore")).filter(|_| podman), Some(root.join(".dockerignore"))];
    let general = general.into_iter().flatten().find(|file| file.is_file());
    let readings: &[Reading] = if podman {
        &[Reading::Modern, Reading::Buildah]
    } else {
        &[Reading::Modern, Reading::Walked, Reading::Classic]
    };
    let mut add = |file: &Path| {
        let name = file.strip_prefix(root).unwrap_or(file).display().to_string();
        let text = fs::read(file).map_err(|error| format!("{name} cannot be read: {error}"))?;
        ignore.add(&name, &String::from_utf8_lossy(&text), readings)
    };
    match (&own, &general) {
        (None, None) => {}
        (None, Some(general)) => add(general)?,
        (Some(own), Some(general)) => {
            add(own)?;
            add(general)?;
        }
        (Some(own), None) => {
            add(own)?;
            ignore.add_none();
        }
    }
    Ok(ignore)
}

#[cfg(test)]
mod tests {
    use super::{Context, Kind};
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    fn open(root: &Path) -> Context {
        Context::open(root, Some(&root.join("Dockerfile")), false).unwrap()
    }

    fn paths(context: &mut Context, source: &str) -> Vec<String> {
        context.find(source, false).unwrap().into_iter().map(|found| found.path).collect()
    }

    #[test]
    fn patterns_match_part_by_part() {
        let dir = tree(&[("a.py", ""), ("b.py", ""), ("src/c.py", ""), ("src/x/d.py", ""), ("lib/c.py", "")]);
        let mut context = open(dir.path());
        assert_eq!(paths(&mut context, "*.py"), ["a.py", "b.py"]);
        assert_eq!(paths(&mut context, "./*/c.py"), ["lib/c.py", "src/c.py"]);
        assert_eq!(paths(&mut context, "s*"), ["src"]);
        assert_eq!(paths(&mut context, "../a.py"), ["a.py"]);
        assert_eq!(paths(&mut context, "none*"), [""; 0]);
        let deep = context.find("**/*.py", true).unwrap();
        assert_eq!(deep.len(), 5);
        assert_eq!(context.find("none.py", false).unwrap_err(), "none.py is not in the context");
    }

    #[test]
    fn what_is_left_out_is_told_with_its_rule() {
        let dir = tree(&[(".dockerignore", "secret\n*.md\n!README.md\n"), ("secret/a", ""), ("README.md", "")]);
        let mut context = open(dir.path());
        let names: Vec<String> = context.below("").into_iter().map(|found| found.path).collect();
        assert_eq!(names, [".dockerignore", "README.md"]);
        assert_eq!(context.excluded[0].0, "secret");
        let error = context.find("secret/a", false).unwrap_err();
        assert_eq!(error, "secret/a is left out by .dockerignore:1 (secret)");
    }

    #[test]
    fn the_file_beside_the_dockerfile_is_disputed_where_the_general_one_says_otherwise() {
        let dir = tree(&[("Dockerfile.dockerignore", "a\nb"), (".dockerignore", "b\nc"), ("a", ""), ("b", ""), ("c", "")]);
        let mut context = open(dir.path());
        let found = context.below("");
        let disputed: Vec<&str> = found.iter().filter(|f| f.disputed).map(|f| f.path.as_str()).collect();
        assert_eq!(disputed, ["a", "c"]);
        assert_eq!(context.excluded[0].0, "b");
    }

    #[test]
    fn links_are_followed_when_named_and_kept_when_met() {
        let dir = tree(&[("real/x", "1")]);
        symlink("real", dir.path().join("link")).unwrap();
        symlink("/real/x", dir.path().join("absolute")).unwrap();
        symlink("/etc/hostname", dir.path().join("outside")).unwrap();
        symlink("loop", dir.path().join("loop")).unwrap();
        let mut context = open(dir.path());
        let link = &context.find("link", false).unwrap()[0];
        assert_eq!((link.path.as_str(), link.real.as_str(), link.kind), ("link", "real", Kind::Folder));
        assert_eq!(context.find("absolute", false).unwrap()[0].real, "real/x");
        assert!(context.find("outside", false).is_err());
        assert!(context.find("loop", false).is_err());
        let met = context.below("");
        assert!(met.iter().filter(|found| found.kind == Kind::Link).count() == 4);
    }

    #[test]
    fn by_products_are_no_source() {
        let dir = tree(&[(".git/index", ""), ("a/__pycache__/x.pyc", ""), ("a/x.py", ""), ("a/.x.swp", "")]);
        let names: Vec<String> = open(dir.path()).below("").into_iter().map(|found| found.path).collect();
        assert_eq!(names, ["a/x.py"]);
    }

    #[test]
    fn a_folder_that_is_none_is_said() {
        assert!(Context::open(Path::new("/nowhere/at/all"), None, false).unwrap_err().ends_with("is no folder"));
    }
}
