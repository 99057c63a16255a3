//! The build context: the files of a folder, less what the ignore file leaves out.

use super::glob::{go_pattern, has_wildcard, literal, matches};
use super::ignore::{Ignore, Rule, Verdict};
use super::ignore_files::applying;
use super::on_disk::{Kind, follow, kind};
use super::paths::{inside, join};
use crate::words::words;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Files of the context that are looked at, at most.
pub(super) const MOST_FILES: usize = 20_000;
/// Excluded paths that are remembered, at most.
const MOST_EXCLUDED: usize = 1_000;
/// Folders that programs fill for themselves: they differ without anyone's doing.
const BY_PRODUCTS: [&str; 12] = [
    ".git",
    ".hg",
    ".svn",
    "__pycache__",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".tox",
    ".coverage",
    ".idea",
    ".vscode",
    ".DS_Store",
];

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
    pub(super) fn open(
        root: &Path,
        dockerfile: Option<&Path>,
        podman: bool,
    ) -> Result<Self, String> {
        if !root.is_dir() {
            return Err(format!("{} is no folder", root.display()));
        }
        let ignore = applying(root, dockerfile, podman)?;
        Ok(Self {
            root: root.into(),
            ignore,
            excluded: Vec::new(),
            trouble: BTreeSet::new(),
            seen: 0,
        })
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

    /// Whether there is nothing at a path that is named without a pattern.
    pub(super) fn lacks(&self, source: &str) -> bool {
        !has_wildcard(source) && follow(&self.root, &inside(&literal(source))).is_none()
    }

    /// A path that was named: links to it are followed, as the builders do.
    fn named(&mut self, path: &str) -> Result<Found, String> {
        let real =
            follow(&self.root, path).ok_or_else(|| format!("{path} is not in the context"))?;
        let mut disputed = false;
        for path in [path, &real] {
            match self.ignore.verdict(path) {
                _ if path.is_empty() => {}
                Verdict::Kept => {}
                Verdict::Disputed => disputed = true,
                Verdict::Excluded(_)
                    if self.is_folder(path) && self.ignore.may_keep_below(path) => {}
                Verdict::Excluded(rule) => {
                    let text = format!(
                        "{path} is left out by {}:{} ({})",
                        rule.file, rule.line, rule.text
                    );
                    self.exclude(path, rule);
                    return Err(text);
                }
            }
        }
        let kind = kind(&self.on_disk(&real))
            .ok_or_else(|| format!("{path} is neither file nor folder"))?;
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
                    let tokens =
                        go_pattern(part).map_err(|_| format!("{pattern} is not a pattern"))?;
                    let names =
                        self.names(folder).into_iter().filter(|name| matches(&tokens, name));
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
                    Verdict::Excluded(rule)
                        if kind != Kind::Folder || !self.ignore.may_keep_below(&path) =>
                    {
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
            if !is_by_product(&path)
                && out.len() < MOST_FILES
                && kind(&self.on_disk(&path)) == Some(Kind::Folder)
            {
                out.push(path.clone());
                self.folders_below(&path, out);
            }
        }
    }

    fn is_folder(&self, path: &str) -> bool {
        kind(&self.on_disk(path)) == Some(Kind::Folder)
    }

    fn exclude(&mut self, path: &str, rule: Rule) {
        if self.excluded.len() < MOST_EXCLUDED
            && self.excluded.iter().all(|(known, _)| known != path)
        {
            self.excluded.push((path.into(), rule));
        }
    }

    /// The sorted names in a folder.
    fn names(&mut self, folder: &str) -> Vec<String> {
        let entries = match fs::read_dir(self.on_disk(folder)) {
            Ok(entries) => entries,
            Err(error) => {
                let folder = if folder.is_empty() { "the context" } else { folder };
                self.trouble.insert(format!("{folder} cannot be read: {}", words(&error)));
                return Vec::new();
            }
        };
        let mut names = Vec::new();
        for name in entries.flatten().map(|entry| entry.file_name()) {
            match name.into_string() {
                Ok(name) => names.push(name),
                Err(name) => {
                    self.trouble
                        .insert(format!("{} is no text", join(folder, &name.to_string_lossy())));
                }
            }
        }
        names.sort();
        names
    }
}

/// Whether a program made this for itself: the state of version control, bytecode, an editor's spare copy.
pub(super) fn is_by_product(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ends = [".pyc", ".pyo", ".swp", "~"];
    BY_PRODUCTS.contains(&name) || ends.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests;
