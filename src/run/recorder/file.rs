//! The recording on disk. It is replaced as a whole each time, so that whoever reads it, at whatever moment econn is killed,
//! finds a whole one. What is no regular file (a pipe, `/dev/stdout`) is never replaced: it is written to once, at the end.

use super::say;
use crate::run::{output, save};
use crate::words::words;
use checks::model::Snapshot;
use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long whoever reads from a pipe may take.
const READER: Duration = Duration::from_secs(5);

/// Where a recording is kept.
#[derive(Clone)]
pub(super) struct Recording {
    path: Option<PathBuf>,
    /// Whether something stands there that is no regular file.
    is_stream: bool,
    /// Whether it was said that it can't be kept.
    said: Arc<AtomicBool>,
}

impl Recording {
    /// In this file, else in the user's state folder, which is made where it is missing.
    pub(super) fn at(file: Option<&Path>) -> Self {
        let path = file.map(Path::to_owned).or_else(|| {
            let folder = state_folder(&|name| std::env::var_os(name).map(PathBuf::from))?;
            // Where it can't be made, writing says so.
            drop(fs::create_dir_all(&folder));
            Some(folder.join("last-run.json"))
        });
        // `/dev/stdout` may lead to a file that the command writes to as well.
        let is_open =
            path.as_ref().is_some_and(|at| at.starts_with("/dev") || at.starts_with("/proc"));
        let is_special = |path: &PathBuf| fs::metadata(path).is_ok_and(|at| !at.is_file());
        let is_stream = is_open || path.as_ref().is_some_and(is_special);
        // A link stands for what it leads to, which is what is replaced.
        let path = path.map(|path| match fs::canonicalize(&path) {
            Ok(real) if !is_stream => real,
            _ => path,
        });
        Self { path, is_stream, said: Arc::new(AtomicBool::new(false)) }
    }

    /// What to call it.
    pub(super) fn name(&self) -> String {
        let kept = self.path.as_ref().filter(|_| !self.said.load(Ordering::Relaxed));
        kept.map_or_else(|| "no file".into(), |path| path.display().to_string())
    }

    /// Writes the record down as it is by now.
    pub(super) fn keep(&self, record: &Snapshot) {
        if !self.is_stream {
            self.finish(record);
        }
    }

    /// Writes the record down. That it can't is said once, and no trouble of the command's.
    pub(super) fn finish(&self, record: &Snapshot) {
        let kept = match &self.path {
            Some(path) if self.is_stream => pour(path, record),
            Some(path) => replace(path, record),
            None => Err("there is no state folder; name a file with --record".into()),
        };
        if let Err(why) = kept
            && !self.said.swap(true, Ordering::Relaxed)
        {
            say(&format!("the recording can't be kept: {why}"));
        }
    }
}

/// `$XDG_STATE_HOME/econn`, else `~/.local/state/econn`.
fn state_folder(env: &dyn Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let absolute = |name: &str| env(name).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")));
    Some(state?.join("econn"))
}

/// Writes to a pipe or a device, of which nobody may be reading: that is waited for for a while.
fn pour(path: &Path, record: &Snapshot) -> Result<(), String> {
    let bytes = save::bytes(record, path).map_err(|failure| failure.message)?;
    let write = || {
        let mut stream = output::unwaited(path)?;
        let (mut rest, until) = (&bytes[..], Instant::now() + READER);
        while !rest.is_empty() {
            match stream.write(rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock && Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(2));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    };
    write().map_err(|e: std::io::Error| format!("{}: {}", path.display(), words(&e)))
}

fn replace(path: &Path, record: &Snapshot) -> Result<(), String> {
    let bytes = save::bytes(record, path).map_err(|failure| failure.message)?;
    let mut name = path.file_name().ok_or("it names no file")?.to_owned();
    name.push(format!(".{}", std::process::id()));
    let beside = path.with_file_name(name);
    let write = || {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        file.write_all(&bytes)?;
        fs::rename(&beside, path)
    };
    write().map_err(|e: std::io::Error| {
        // Half a file helps nobody.
        drop(fs::remove_file(&beside));
        format!("{}: {}", path.display(), words(&e))
    })
}

#[cfg(test)]
mod tests {
    use super::state_folder;
    use std::path::PathBuf;

    #[test]
    fn the_state_folder_is_the_users() {
        let folder = |vars: &[(&str, &str)]| {
            let env = |name: &str| {
                vars.iter().find(|(n, _)| *n == name).map(|(_, value)| PathBuf::from(value))
            };
            state_folder(&env).map(|path| path.display().to_string())
        };
        assert_eq!(folder(&[("XDG_STATE_HOME", "/s"), ("HOME", "/h")]), Some("/s/econn".into()));
        assert_eq!(folder(&[("HOME", "/h")]), Some("/h/.local/state/econn".into()));
        let relative = [("XDG_STATE_HOME", "s"), ("HOME", "/h")];
        assert_eq!(folder(&relative), Some("/h/.local/state/econn".into()));
        assert_eq!(folder(&[]), None);
    }
}
