use super::super::blob::blob_id;
use super::{history, history_of_all};
use std::fs;
use std::path::Path;
use std::process::Command;

pub(super) fn git(folder: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder).args([
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@x",
        "-c",
        "commit.gpgsign=false",
    ]);
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
    assert_eq!(old.commit.len(), 10);
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

#[test]
fn other_branches_are_asked_apart() {
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &["init", "-q", "-b", "main"]);
    commit(dir.path(), "a", "1");
    git(dir.path(), &["checkout", "-q", "-b", "other"]);
    commit(dir.path(), "a", "2");
    git(dir.path(), &["checkout", "-q", "main"]);
    assert_eq!(history(dir.path(), &["a"]).unwrap().version("a", blob_id(b"2")), None);
    assert!(history_of_all(dir.path(), &["a"]).unwrap().version("a", blob_id(b"2")).is_some());
}
