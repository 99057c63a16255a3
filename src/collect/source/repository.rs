//! Git as a witness. It is asked for what it stored, and for nothing that could make it run a program
//! which the repository names: no hook, no filter, no text conversion, no remote, no pager.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// Variables that would lead git to another repository or configuration.
const FOREIGN: [&str; 12] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_EXTERNAL_DIFF",
    "GIT_TRACE",
];

/// Settings that win over those of the repository.
const SETTINGS: [&str; 10] = [
    "safe.directory=*",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "core.attributesFile=/dev/null",
    "log.follow=false",
    "log.showSignature=false",
    "log.mailmap=false",
    "diff.external=",
    "protocol.allow=never",
];

/// How an answer ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    /// It is complete.
    Complete,
    /// Time was up; what was said before holds.
    Cut,
    /// Git refused: no repository, say.
    Refused,
}

/// Asks git in a folder, and hands over the lines of its answer as they come.
///
/// # Errors
///
/// Returns that git cannot be started.
pub(super) fn ask(
    folder: &Path,
    arguments: &[impl AsRef<OsStr>],
    input: Option<Vec<u8>>,
    time: Duration,
    mut line: impl FnMut(&[u8]),
) -> Result<End, String> {
    let deadline = Instant::now() + time;
    let mut child = start(folder, arguments, input.is_some())?;
    feed(&mut child, input);
    let lines = lines_of(&mut child);
    let end = loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(text) => line(&text),
            Err(RecvTimeoutError::Disconnected) => break End::Complete,
            Err(RecvTimeoutError::Timeout) => break End::Cut,
        }
    };
    if end == End::Cut {
        let _ = child.kill();
        let _ = child.wait();
        return Ok(End::Cut);
    }
    let status = child.wait().map_err(|error| format!("git: {error}"))?;
    // `check-ignore` ends with 1 when nothing is ignored.
    Ok(if matches!(status.code(), Some(0 | 1)) { End::Complete } else { End::Refused })
}

fn start(folder: &Path, arguments: &[impl AsRef<OsStr>], has_input: bool) -> Result<Child, String> {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder).arg("--no-pager");
    for setting in SETTINGS {
        git.arg("-c").arg(setting);
    }
    for name in FOREIGN {
        git.env_remove(name);
    }
    git.args(arguments)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_ALLOW_PROTOCOL", "")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .env("LC_ALL", "C")
        .stdin(if has_input { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    git.spawn().map_err(|error| format!("git cannot be started: {error}"))
}

fn feed(child: &mut Child, input: Option<Vec<u8>>) {
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        thread::spawn(move || {
            let _ = stdin.write_all(&input);
        });
    }
}

/// The lines of the answer, read on a thread of their own so that waiting for them can end.
fn lines_of(child: &mut Child) -> mpsc::Receiver<Vec<u8>> {
    let (sender, lines) = mpsc::sync_channel(1024);
    if let Some(stdout) = child.stdout.take() {
        thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            loop {
                let mut line = Vec::new();
                let read = (&mut stdout).take(64 * 1024).read_until(b'\n', &mut line);
                if !matches!(read, Ok(1..)) || sender.send(line).is_err() {
                    return;
                }
            }
        });
    }
    lines
}
