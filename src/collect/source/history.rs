//! Which version of a file an image holds: the versions that git knows, newest first.

use super::blob::{BlobId, from_hex};
use super::repository::{End, ask};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

/// Commits that are looked at, at most.
const MOST_COMMITS: &str = "--max-count=5000";
/// Time for the whole question.
const TIME: Duration = Duration::from_secs(3);
/// Files that are named one by one; with more, the whole folder is asked for.
const MOST_NAMED: usize = 64;

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

/// Asks git for all versions of some files of a context.
///
/// # Errors
///
/// Returns why there is nothing to learn: no git, no repository, or hashes of another kind.
pub(crate) fn history(context: &Path, files: &[&str]) -> Result<History, String> {
    let mut history = History::default();
    let wanted: BTreeSet<&str> = files.iter().copied().collect();
    let mut arguments: Vec<&str> = vec![
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
        "--format=%x01%h",
        MOST_COMMITS,
        "HEAD",
        "--",
    ];
    if wanted.len() <= MOST_NAMED { arguments.extend(&wanted) } else { arguments.push(".") }
    let end = ask(context, &arguments, None, TIME, |line| history.line(line, &wanted))?;
    if end == End::Refused {
        return Err("git knows no history of this folder".into());
    }
    history.ask_ignored(context, &wanted)?;
    Ok(history)
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

    /// One line of the log: a commit, or `:100644 100644 <old> <new> M\t<path>`.
    fn line(&mut self, line: &[u8], wanted: &BTreeSet<&str>) {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end_matches('\n');
        if let Some(commit) = line.strip_prefix('\u{1}') {
            self.commits.push(commit.into());
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
        let unknown: Vec<&str> = wanted.iter().copied().filter(|file| !self.changes.contains_key(*file)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let input = unknown.join("\n").into_bytes();
        ask(context, &["check-ignore", "--stdin"], Some(input), TIME, |line| {
            let line = String::from_utf8_lossy(line);
            self.ignored.insert(line.trim_end_matches('\n').into());
        })?;
        Ok(())
    }
}

#[cfg(test)]
impl History {
    /// A history as git would tell it.
    pub(super) fn told(log: &str, ignored: &[&str]) -> Self {
        let mut history = Self::default();
        let paths: Vec<&str> = log.lines().filter_map(|line| line.split('\t').nth(1)).collect();
        for line in log.lines() {
            history.line(line.as_bytes(), &paths.iter().copied().collect());
        }
        history.ignored = ignored.iter().map(|file| (*file).into()).collect();
        history
    }
}

#[cfg(test)]
mod tests {
    use super::super::blob::blob_id;
    use super::history;
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    pub(super) fn git(folder: &Path, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.arg("-C").arg(folder).args(["-c", "user.name=x", "-c", "user.email=x@x", "-c", "commit.gpgsign=false"]);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        assert!(git.args(arguments).output().unwrap().status.success(), "{arguments:?}");
    }

    fn commit(folder: &Path, file: &str, text: &str) {
        fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
        fs::write(folder.join(file), text).unwrap();
        git(folder, &["add", "-A"]);
        git(folder, &["commit", "-q", "-m", "x"]);
    }

    #[test]
    fn versions_are_counted_in_a_real_repository() {
        let dir = tempfile::tempdir().unwrap();
        git(dir.path(), &["init", "-q"]);
        fs::write(dir.path().join(".gitignore"), "*.log\n").unwrap();
        for n in 0..4 {
            commit(dir.path(), "app/server.py", &format!("version {n}\n"));
            commit(dir.path(), "other.txt", &format!("{n}"));
        }
        commit(dir.path(), "app/late space.py", "new\n");
        let context = dir.path().join("app");
        let files = ["server.py", "late space.py", "x.log", "untracked"];
        let history = history(&context, &files).unwrap();
        let old = history.version("server.py", blob_id(b"version 1\n")).unwrap();
        assert_eq!(old.commits_behind, 2);
        assert!(old.commit.len() >= 7);
        assert_eq!(history.version("server.py", blob_id(b"version 3\n")).unwrap().commits_behind, 0);
        assert_eq!(history.version("server.py", blob_id(b"never\n")), None);
        assert_eq!(history.newest("server.py").unwrap().0, blob_id(b"version 3\n"));
        assert!(history.added("late space.py") < history.added("server.py"));
        assert_eq!(history.added("untracked"), None);
        assert!(history.is_ignored("x.log") && !history.is_ignored("untracked"));
    }

    #[test]
    fn nothing_that_the_repository_names_is_executed() {
        let dir = tempfile::tempdir().unwrap();
        git(dir.path(), &["init", "-q"]);
        let trap = dir.path().join("trap.sh");
        fs::write(&trap, format!("#!/bin/sh\ntouch {}/sprung\ncat\n", dir.path().display())).unwrap();
        git(dir.path(), &["update-index", "--add", "--chmod=+x", "trap.sh"]);
        Command::new("chmod").arg("+x").arg(&trap).status().unwrap();
        commit(dir.path(), "a.txt", "1\n");
        fs::write(dir.path().join(".gitattributes"), "* filter=trap diff=trap\n").unwrap();
        commit(dir.path(), "a.txt", "2\n");
        let command = trap.display().to_string();
        for setting in [
            "core.fsmonitor",
            "core.pager",
            "diff.external",
            "diff.trap.command",
            "diff.trap.textconv",
            "filter.trap.clean",
            "filter.trap.smudge",
            "gpg.program",
            "core.sshCommand",
            "pager.log",
            "alias.log",
        ] {
            git(dir.path(), &["config", setting, &command]);
        }
        git(dir.path(), &["config", "log.showSignature", "true"]);
        let _ = fs::remove_file(dir.path().join("sprung"));
        fs::write(dir.path().join("a.txt"), "3\n").unwrap();
        let history = history(dir.path(), &["a.txt", "b.txt"]).unwrap();
        assert_eq!(history.version("a.txt", blob_id(b"1\n")).unwrap().commits_behind, 1);
        assert!(!dir.path().join("sprung").exists());
    }

    #[test]
    fn a_folder_without_history_says_so() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(history(dir.path(), &["a"]).unwrap_err(), "git knows no history of this folder");
        git(dir.path(), &["init", "-q"]);
        assert_eq!(history(dir.path(), &["a"]).unwrap_err(), "git knows no history of this folder");
    }
}
