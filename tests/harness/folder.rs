//! The folders of a scene: sources with their git history, files that are mounted. All lie below Cargo's folder for
//! the temporary files of tests, one for each scene that is on stage.

use super::scene::Build;
use super::words::Words;
use super::{Result, run_id};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder of its own for one scene.
pub(crate) fn new() -> Result<PathBuf> {
    static SCENES: AtomicU32 = AtomicU32::new(0);
    let number = SCENES.fetch_add(1, Ordering::Relaxed);
    let at = of_runs().join(run_id()).join(number.to_string());
    fs::create_dir_all(&at).map_err(|trouble| format!("{}: {trouble}", at.display()))?;
    Ok(at)
}

/// Where every run has its folder, named by its id.
pub(crate) fn of_runs() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("scenes")
}

/// The build's folder as it is when the image is built: at the commit that it names.
pub(crate) fn write_source(parent: &Path, build: &Build, words: &Words) -> Result<PathBuf> {
    let at = parent.join("source").join(&build.name);
    write_files(&at, &BTreeMap::new(), words)?;
    if !build.commit.is_empty() {
        git(&at, &["init", "--quiet", "--initial-branch=main"])?;
    }
    for commit in &build.commit {
        if let Some(folder) = &commit.folder {
            copy_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder), &at)?;
        }
        write_files(&at, &commit.files, words)?;
        for path in &commit.removes {
            std::fs::remove_file(at.join(path)).map_err(|e| format!("{path}: {e}"))?;
        }
        git(&at, &["add", "--all"])?;
        git(&at, &["commit", "--quiet", "--message", &commit.name])?;
        git(&at, &["tag", &commit.name])?;
    }
    if let Some(name) = &build.at {
        git(&at, &["checkout", "--quiet", &words.fill(name)?])?;
    }
    write_files(&at, &build.files, words)?;
    Ok(at)
}

/// The commit that the folder is at, if it has a history.
pub(crate) fn commit_of(at: &Path, build: &Build) -> Option<Result<String>> {
    let told = |trouble: std::io::Error| format!("{}: {trouble}", at.display());
    (!build.commit.is_empty()).then(|| {
        let mut git = Command::new("git");
        let output = git.args(["rev-parse", "HEAD"]).current_dir(at).output().map_err(told)?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    })
}

/// What happens to the folder after the image was built: it moves on to the last commit, and is edited.
pub(crate) fn age_source(at: &Path, build: &Build, words: &Words) -> Result<()> {
    if build.at.is_some() {
        git(at, &["checkout", "--quiet", "main"])?;
    }
    if !build.again {
        return write_files(at, &build.edits, words);
    }
    let told = |trouble: std::io::Error| format!("{}: {trouble}", at.display());
    let times = build.edits.keys().map(|name| fs::metadata(at.join(name))?.modified());
    let times: Vec<_> = times.collect::<std::io::Result<_>>().map_err(told)?;
    write_files(at, &build.edits, words)?;
    for (name, time) in build.edits.keys().zip(times) {
        let file = fs::File::options().write(true).open(at.join(name)).map_err(told)?;
        file.set_modified(time).map_err(told)?;
    }
    Ok(())
}

pub(crate) fn write_files(
    at: &Path,
    files: &BTreeMap<String, String>,
    words: &Words,
) -> Result<()> {
    let told = |trouble: std::io::Error| format!("{}: {trouble}", at.display());
    fs::create_dir_all(at).map_err(told)?;
    for (name, content) in files {
        let file = at.join(name);
        fs::create_dir_all(file.parent().unwrap_or(at)).map_err(told)?;
        fs::write(file, words.fill(content)?).map_err(told)?;
    }
    Ok(())
}

fn copy_files(from: &Path, to: &Path) -> Result<()> {
    let told = |trouble: std::io::Error| format!("{}: {trouble}", from.display());
    for entry in fs::read_dir(from).map_err(told)? {
        let entry = entry.map_err(told)?;
        fs::copy(entry.path(), to.join(entry.file_name())).map_err(told)?;
    }
    Ok(())
}

/// Git without the user's or the machine's settings, and without the repository that the tests may run in.
fn git(at: &Path, arguments: &[&str]) -> Result<()> {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=lab",
            "-c",
            "user.email=lab@localhost",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(arguments)
        .current_dir(at)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .output()
        .map_err(|trouble| format!("git cannot be run: {trouble}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("git {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
}
