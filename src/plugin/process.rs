//! Runs a program with everything bounded: time, output, environment. Its process group is killed with it.

use super::stderr::Heard;
use crate::signals;
use crate::words::words;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// The most that a program may print.
const OUTPUT: usize = 1024 * 1024;
/// How long the streams of a program that has ended are waited for: a child of it may hold them open.
const LINGER: Duration = Duration::from_secs(2);

/// What a program is given and allowed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    /// How long it may take.
    pub(crate) time: Duration,
    /// The folder in which it runs.
    pub(crate) folder: PathBuf,
    /// The variables that it sees, of those that are set.
    pub(crate) variables: Vec<String>,
}

/// What became of a program.
#[derive(Debug)]
pub(crate) struct Run {
    /// What it printed.
    pub(crate) stdout: Vec<u8>,
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// What can be said of its stderr.
    pub(crate) heard: String,
}

impl Run {
    /// What it printed, if it ended well.
    pub(crate) fn output(self) -> Result<Vec<u8>, String> {
        if self.status.success() {
            return Ok(self.stdout);
        }
        let how = match (self.status.code(), self.status.signal()) {
            (Some(code), _) => format!("ended with {code}"),
            (None, Some(signal)) => format!("was killed by signal {signal}"),
            (None, None) => "ended".into(),
        };
        Err(format!("{how}; {}", self.heard))
    }
}

/// Runs the program to its end, or to the end of its time.
///
/// # Errors
///
/// Why there is no answer, to stand behind the program's name.
pub(crate) fn run(
    path: &Path,
    args: &[String],
    input: &[u8],
    limits: &Limits,
) -> Result<Run, String> {
    let end = Instant::now() + limits.time;
    let variables = limits.variables.iter();
    let given = variables.filter_map(|name| Some((name, std::env::var_os(name)?)));
    let mut program = Command::new(path);
    program
        .args(args)
        .env_clear()
        .envs(given)
        .current_dir(&limits.folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let started = signals::started(|| program.spawn());
    let (mut child, group) = started.map_err(|e| format!("can't be started: {}", words(&e)))?;
    let streams = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let mut child = Group { child, known: Some(group) };
    let (Some(mut stdin), Some(stdout), Some(stderr)) = streams else {
        return Err("can't be started: it has no streams".into());
    };
    let input = input.to_vec();
    // A program that does not read what it is given has no need of it.
    std::thread::spawn(move || drop(stdin.write_all(&input)));
    let printed = drain(stdout);
    let (tell, heard) = channel();
    std::thread::spawn(move || drop(tell.send(Heard::read(stderr))));
    let stdout = match printed.recv_timeout(end.saturating_duration_since(Instant::now())) {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(why)) => return Err(why),
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            return Err(late(&child, &heard, limits));
        }
    };
    let Some(status) = child.wait(end) else { return Err(late(&child, &heard, limits)) };
    let heard = said(&heard);
    Ok(Run { stdout, status, heard })
}

fn late(child: &Group, heard: &Receiver<Heard>, limits: &Limits) -> String {
    child.kill();
    format!("gave no answer within {:?}; {}", limits.time, said(heard))
}

/// What was heard on stderr. Nothing read in time is not nothing said.
fn said(heard: &Receiver<Heard>) -> String {
    let late = |_| "its stderr was not at its end in time".to_owned();
    heard.recv_timeout(LINGER).map_or_else(late, |heard| heard.to_string())
}

/// Reads a stream to its end on a thread of its own; more than is allowed is an error.
fn drain(mut stream: impl Read + Send + 'static) -> Receiver<Result<Vec<u8>, String>> {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stream.by_ref().take(OUTPUT as u64 + 1).read_to_end(&mut bytes);
        let result = match read {
            Ok(_) if bytes.len() > OUTPUT => Err("printed more than 1 MiB".into()),
            Ok(_) => Ok(bytes),
            Err(e) => Err(format!("can't be read: {}", words(&e))),
        };
        drop(tell.send(result));
    });
    told
}

/// A program and all that it started. It ends with its owner.
struct Group {
    child: Child,
    /// Until it was waited for: from then on its number may be another one's.
    known: Option<signals::Group>,
}

impl Group {
    fn wait(&mut self, end: Instant) -> Option<ExitStatus> {
        let mut pause = Duration::from_millis(1);
        loop {
            if self.has_ended() {
                return self.reap();
            }
            if Instant::now() >= end {
                return None;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }

    /// Looks without waiting for it: as long as nobody has, the group's number stays taken.
    fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.id().is_none_or(|id| !matches!(waitid(WaitId::Pid(id), options), Ok(None)))
    }

    /// What it left behind in its group ends with it.
    fn reap(&mut self) -> Option<ExitStatus> {
        self.kill();
        self.known = None;
        self.child.wait().ok()
    }

    fn kill(&self) {
        if let Some(group) = self.id() {
            // A group that is gone already needs nothing.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }

    fn id(&self) -> Option<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.known.is_some() {
            self.reap();
        }
    }
}
