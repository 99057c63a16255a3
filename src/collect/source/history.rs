//! Which version of a file an image holds: the versions that git knows, newest first.

use super::blob::{BlobId, from_hex};
use super::repository::{End, ask};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

/// The question: which commit left which bytes at which path, for the newest commits. Renames are not followed.
const LOG: [&str; 15] = [
    "--literal-pathspecs",
    "log",
    "--raw",
    "--no-abbrev",
    "--no-renames",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-show-signature",
    "--no-mailmap",
    "--no-notes",
    "--ignore-submodules=all",
    "--relative",
    "--format=%x01%H",
    "--max-count=5000",
];
/// Time for the whole question.
const TIME: Duration = Duration::from_secs(3);
/// Files that are named one by one; with more, the whole folder is asked for.
const MOST_NAMED: usize = 64;

/// Digits of a commit that are shown.
const ABBREVIATED: usize = 10;

/// One change of one file.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Change {
    /// How many commits are newer, among those that were looked at.
    commit: usize,
    /// The file's bytes after it; nothing if it was deleted.
    blob: Option<BlobId>,
    /// Whether the file came into being.
    is_new: bool,
}

/// The versions of the files of a context.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// Abbreviated, newest first.
    commits: Vec<String>,
    /// Newest first.
    changes: BTreeMap<String, Vec<Change>>,
    /// What git was told to leave alone.
    ignored: BTreeSet<String>,
}

/// The version of a file that has given bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Found {
    /// The abbreviated commit that made it.
    pub(super) commit: String,
    /// How many commits that touch the file came after it.
    pub(super) commits_behind: u32,
    /// Its place among all commits: 0 is the newest.
    pub(super) age: usize,
}

/// Asks git for the versions of some files of a context, back from what is checked out.
///
/// # Errors
///
/// Returns why there is nothing to learn: no git, no repository, or hashes of another kind.
pub(crate) fn history(context: &Path, files: &[&str]) -> Result<History, String> {
    let wanted: BTreeSet<&str> = files.iter().copied().collect();
    let mut history = History::default();
    history.ask(context, &wanted, "HEAD")?;
    history.ask_ignored(context, &wanted)?;
    Ok(history)
}

/// Asks git for the versions on all branches and tags.
///
/// # Errors
///
/// As [`history`].
pub(super) fn history_of_all(context: &Path, files: &[&str]) -> Result<History, String> {
    let mut history = History::default();
    history.ask(context, &files.iter().copied().collect(), "--all")?;
    Ok(history)
}

/// The files of a context that one of the newest commits has removed.
pub(super) fn removed(context: &Path) -> BTreeSet<String> {
    let mut arguments = LOG.to_vec();
    arguments.extend(["--diff-filter=D", "--max-count=1000", "HEAD", "--", "."]);
    let mut removed = BTreeSet::new();
    let end = ask(context, &arguments, None, TIME, |line| {
        let line = String::from_utf8_lossy(line);
        removed
            .extend(line.trim_end_matches('\n').split_once('\t').map(|(_, path)| path.to_owned()));
    });
    drop(end);
    removed
}

impl History {
    /// The newest version of a file.
    pub(super) fn newest(&self, file: &str) -> Option<(BlobId, usize)> {
        let change = self.changes.get(file)?.first()?;
        Some((change.blob?, change.commit))
    }

    /// The newest version of a file that has these bytes.
    pub(super) fn version(&self, file: &str, blob: BlobId) -> Option<Found> {
        let changes = self.changes.get(file)?;
        let behind = changes.iter().position(|change| change.blob == Some(blob))?;
        let age = changes[behind].commit;
        let commits_behind = u32::try_from(behind).unwrap_or(u32::MAX);
        Some(Found { commit: self.commits[age].clone(), commits_behind, age })
    }

    /// When a file came into being, for the last time: 0 is the newest commit.
    pub(super) fn added(&self, file: &str) -> Option<usize> {
        self.newest(file)?;
        self.changes.get(file)?.iter().find(|change| change.is_new).map(|change| change.commit)
    }

    /// Whether git was told to leave a file alone.
    pub(super) fn is_ignored(&self, file: &str) -> bool {
        self.ignored.contains(file)
    }

    fn ask(&mut self, context: &Path, wanted: &BTreeSet<&str>, from: &str) -> Result<(), String> {
        let mut arguments = LOG.to_vec();
        arguments.extend([from, "--"]);
        if wanted.len() <= MOST_NAMED {
            arguments.extend(wanted);
        } else {
            arguments.push(".");
        }
        match ask(context, &arguments, None, TIME, |line| self.line(line, wanted))? {
            End::Refused => Err("git knows no history of this folder".into()),
            End::Complete | End::Cut => Ok(()),
        }
    }

    /// One line of the log: a commit, or `:100644 100644 <old> <new> M\t<path>`.
    fn line(&mut self, line: &[u8], wanted: &BTreeSet<&str>) {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end_matches('\n');
        if let Some(commit) = line.strip_prefix('\u{1}') {
            self.commits.push(commit.chars().take(ABBREVIATED).collect());
            return;
        }
        let Some((state, path)) = line.split_once('\t') else { return };
        let mut words = state.split(' ').skip(3);
        let (Some(blob), Some(status)) = (words.next(), words.next()) else { return };
        if !wanted.contains(path) || self.commits.is_empty() {
            return;
        }
        let blob = from_hex(blob).filter(|blob| *blob != [0; 20]);
        let change = Change { commit: self.commits.len() - 1, blob, is_new: status == "A" };
        self.changes.entry(path.into()).or_default().push(change);
    }

    fn ask_ignored(&mut self, context: &Path, wanted: &BTreeSet<&str>) -> Result<(), String> {
        let unknown: Vec<&str> =
            wanted.iter().copied().filter(|file| !self.changes.contains_key(*file)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        // A repository around the context may ignore the context itself; then it has nothing to say of its files.
        let mut is_outsider = false;
        let input = format!(".\n{}", unknown.join("\n")).into_bytes();
        ask(context, &["check-ignore", "--stdin"], Some(input), TIME, |line| {
            let line = String::from_utf8_lossy(line);
            match line.trim_end_matches('\n') {
                "." => is_outsider = true,
                file => {
                    self.ignored.insert(file.into());
                }
            }
        })?;
        if is_outsider {
            self.ignored.clear();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
