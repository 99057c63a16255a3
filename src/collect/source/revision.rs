//! What became of the files that a build copies since a commit: git's trees beside the files of the context.

use super::blob::{BlobId, from_hex};
use super::local::{Budget, Local};
use super::plan::Plan;
use super::repository::{End, ask};
use checks::model::Since;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

/// Time for one question.
const TIME: Duration = Duration::from_secs(3);
/// Files that are named to git one by one; with more, all commits count.
const MOST_NAMED: usize = 64;

/// What changed in the inputs of a build since a commit that somebody names.
///
/// # Errors
///
/// Returns in one line why that cannot be told.
pub(crate) fn since(plan: &Plan, revision: &str) -> Result<Since, String> {
    let folder = &plan.context;
    if !(7..=64).contains(&revision.len()) || !revision.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err("it names no commit".into());
    }
    if plan.input_files.is_empty() {
        return Err("the build copies nothing from its context".into());
    }
    let commit = format!("{revision}^{{commit}}");
    let commit = lines(folder, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?;
    let Some(commit) = commit.first() else {
        return Err(format!("git knows no commit {revision} in {}", folder.display()));
    };
    if count(folder, &["rev-list", "--count", &format!("HEAD..{commit}")])? > 0 {
        return Err(format!("{revision} does not lead to what is checked out"));
    }
    let (then, head) = (tree(folder, commit)?, tree(folder, "HEAD")?);
    let inputs: BTreeSet<&str> = plan.input_files.iter().map(String::as_str).collect();
    let is_changed =
        |file: &&&str| head.get(**file) != then.get(**file) && head.contains_key(**file);
    let changed: Vec<String> = inputs.iter().filter(is_changed).map(|f| (*f).to_owned()).collect();
    if !changed.is_empty() {
        let range = format!("{commit}..HEAD");
        let mut arguments = vec!["--literal-pathspecs", "rev-list", "--count", &range, "--"];
        if changed.len() <= MOST_NAMED {
            arguments.extend(changed.iter().map(String::as_str));
        } else {
            arguments.push(".");
        }
        let commits = count(folder, &arguments)?;
        return Ok(Since { commits, changed });
    }
    if let Some(gone) = then.keys().find(|file| is_input(plan, file) && !head.contains_key(*file)) {
        return Err(format!("{gone} was removed since"));
    }
    let open: Vec<&str> =
        inputs.iter().filter(|file| !is_committed(folder, file, &head)).copied().collect();
    let ignored = ignored(folder, &open)?;
    if let Some(edited) = open.iter().find(|f| head.contains_key(**f) || !ignored.contains(**f)) {
        return Err(format!("{edited} is not as it was committed last"));
    }
    // What could not be followed in the Dockerfile may have brought more in; another stage's work is made of the inputs.
    match plan.undecided.iter().find(|why| !why.contains("--from=")) {
        Some(why) => Err(why.clone()),
        None => Ok(Since::default()),
    }
}

fn is_input(plan: &Plan, file: &str) -> bool {
    let below = |input: &String| input == "." || super::paths::is_within(file, input);
    plan.inputs.iter().any(below)
}

/// Whether the file on the disk is that of the tree, be it with other line ends.
fn is_committed(folder: &Path, file: &str, tree: &BTreeMap<String, Option<BlobId>>) -> bool {
    let path = folder.join(file);
    let local = if path.is_symlink() { Local::Link(path) } else { Local::File(path) };
    let blob = local.version(&Budget::default()).ok().map(|version| version.blob);
    tree.get(file)
        .is_some_and(|kept| kept.is_some() && (*kept == blob || *kept == local.with_line_feeds()))
}

/// Those of the files that git is told to leave alone.
fn ignored(folder: &Path, files: &[&str]) -> Result<BTreeSet<String>, String> {
    let mut ignored = BTreeSet::new();
    let line = |line: &[u8]| {
        ignored.insert(String::from_utf8_lossy(line).trim_end().to_owned());
    };
    if !files.is_empty() {
        let names = files.join("\n").into_bytes();
        ask(folder, &["check-ignore", "--stdin"], Some(names), TIME, line)?;
    }
    Ok(ignored)
}

/// The files of a commit below the context, and their bytes; none for what is no file.
fn tree(folder: &Path, commit: &str) -> Result<BTreeMap<String, Option<BlobId>>, String> {
    // `100644 blob <id>\t<path>`
    let entry = |line: &String| {
        let (state, path) = line.split_once('\t')?;
        Some((path.to_owned(), state.split(' ').nth(2).and_then(from_hex)))
    };
    Ok(lines(folder, &["ls-tree", "-r", commit])?.iter().filter_map(entry).collect())
}

fn count(folder: &Path, arguments: &[&str]) -> Result<u32, String> {
    let lines = lines(folder, arguments)?;
    lines.first().and_then(|line| line.parse().ok()).ok_or_else(|| "git does not say".into())
}

fn lines(folder: &Path, arguments: &[&str]) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    let line = |line: &[u8]| lines.push(String::from_utf8_lossy(line).trim_end().to_owned());
    match ask(folder, arguments, None, TIME, line)? {
        End::Complete => Ok(lines),
        End::Cut => Err("git did not answer in time".into()),
        End::Refused => Err("git knows no history of this folder".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::{Settings, plan};
    use super::since;
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    fn git(folder: &Path, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        git.arg("-C").arg(folder).args(["-c", "user.name=x", "-c", "user.email=x@x"]);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        let output = git.args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    #[test]
    fn only_commits_that_touch_what_is_copied_make_a_label_old() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            fs::create_dir_all(dir.path().join("src")).unwrap();
            fs::write(dir.path().join(name), text).unwrap();
        };
        let commit = || {
            git(dir.path(), &["add", "-A"]);
            git(dir.path(), &["commit", "-q", "-m", "x"]);
            git(dir.path(), &["rev-parse", "HEAD"])
        };
        let told = |revision: &str| {
            let plan = plan(dir.path(), &Settings::default()).unwrap();
            match since(&plan, revision) {
                Ok(since) => format!("{} {}", since.commits, since.changed.join(" ")),
                Err(why) => {
                    why.replace(revision, "IT").replace(&dir.path().display().to_string(), "DIR")
                }
            }
        };
        write(
            "Dockerfile",
            "FROM a AS b\nCOPY . /s\nRUN make\nFROM scratch\nCOPY --from=b /out /out\n",
        );
        write(".dockerignore", "*.md\nDockerfile\n.dockerignore\n");
        write("src/a", "1");
        assert_eq!(told("abcdef0"), "git knows no history of this folder");
        git(dir.path(), &["init", "-q"]);
        let first = commit();
        assert_eq!(told(&first), "0 ");
        assert_eq!(told(&first[..8]), "0 ");
        write("README.md", "words");
        let second = commit();
        assert_eq!(told(&first), "0 ");
        write("src/a", "2");
        assert_eq!(told(&second), "src/a is not as it was committed last");
        let third = commit();
        assert_eq!(told(&first), "1 src/a");
        assert_eq!(told(&third), "0 ");
        write("src/b", "new");
        let fourth = commit();
        assert_eq!(told(&first), "2 src/a src/b");
        fs::remove_file(dir.path().join("src/b")).unwrap();
        commit();
        assert_eq!(told(&fourth), "src/b was removed since");
        assert_eq!(told("0123456789"), "git knows no commit IT in DIR");
        assert_eq!(told("v1.0"), "it names no commit");
        git(dir.path(), &["checkout", "-q", "HEAD~2"]);
        assert_eq!(told(&fourth), "IT does not lead to what is checked out");
    }
}
