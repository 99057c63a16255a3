//! The command: started with the streams and signals that it would have had without econn.

use super::relay::{Said, Streams};
use crate::signals::{self, Others};
use crate::words::words;
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGALRM, SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::origin::WithOrigin;
use signal_hook::low_level::siginfo::Cause;
use std::ffi::OsString;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

/// The signals that are handed on.
const SIGNALS: [i32; 7] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM];

/// In place of the code of a command that has none yet.
const RUNS: i32 = -1;
/// `ENOEXEC`.
const NO_FORMAT: i32 = 8;

/// The command, running.
pub(super) struct Command {
    child: Child,
    streams: Streams,
    /// The code with which it has ended; negative as long as it runs.
    ended: Arc<AtomicI32>,
    /// Its signals are its own.
    signals: Others,
}

impl Command {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// 127 where there is no such program, 126 where it can't be started, and why.
    pub(super) fn start(words_of_it: &[OsString]) -> Result<Self, (u8, String)> {
        let (program, arguments) = words_of_it.split_first().ok_or((127, "no command".into()))?;
        let others = signals::left_to_others();
        let signals = SignalsInfo::<WithOrigin>::new(signals::heeded(&SIGNALS));
        // Whoever ignores the ends of its children (`trap '' CHLD`) is not told how they ended.
        drop(signal_hook::flag::register(SIGCHLD, Arc::default()));
        let mut command = std::process::Command::new(program);
        command.args(arguments);
        let mut streams = Streams::join(&mut command);
        let spawned = match command.spawn() {
            // A script without a first line that names its shell: every shell runs it as its own.
            Err(error) if error.raw_os_error() == Some(NO_FORMAT) => match script(program) {
                Some(script) => {
                    let mut shell = std::process::Command::new("/bin/sh");
                    shell.arg(script).args(arguments);
                    streams = Streams::join(&mut shell);
                    shell.spawn()
                }
                None => Err(error),
            },
            spawned => spawned,
        };
        let child = spawned.map_err(|error| {
            let name = Path::new(program).display();
            match error.kind() {
                ErrorKind::NotFound => (127, format!("run: {name}: there is no such program")),
                _ => (126, format!("run: {name} can't be started: {}", words(&error))),
            }
        })?;
        // The ends of the pipes that are the command's are its alone from here on.
        drop(command);
        let ended = Arc::new(AtomicI32::new(RUNS));
        if let (Ok(signals), Some(pid)) = (signals, pid(&child)) {
            let ended = Arc::clone(&ended);
            std::thread::spawn(move || hand_on(signals, pid, &ended));
        }
        Ok(Self { child, streams, ended, signals: others })
    }

    /// Waits for its end, and for what it printed until then; returns its exit code, and what it said of connections.
    pub(super) fn end(mut self) -> (u8, Said) {
        let code = self.child.wait().map_or(126, code);
        self.ended.store(i32::from(code), Ordering::Relaxed);
        // Who asks econn to end from here on is heeded above, with the command's code, and by nobody else.
        std::mem::forget(self.signals);
        (code, self.streams.end())
    }
}

/// The file of a program, found as it would be started, where that is a text.
fn script(program: &OsString) -> Option<PathBuf> {
    let path = Path::new(program);
    let found = if path.components().count() > 1 {
        path.to_owned()
    } else {
        let folders = std::env::var_os("PATH")?;
        let mut files = std::env::split_paths(&folders).map(|folder| folder.join(path));
        files.find(|file| file.is_file())?
    };
    let mut head = Vec::new();
    File::open(&found).ok()?.take(256).read_to_end(&mut head).ok()?;
    (!head.contains(&0)).then_some(found)
}

fn pid(child: &Child) -> Option<Pid> {
    Pid::from_raw(i32::try_from(child.id()).ok()?)
}

/// The code that a shell gives for it.
fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

/// Hands on what was sent to econn alone. What a terminal sends, it sends to the command as well. Once the command has
/// ended, whoever asks econn to end means it; the code stays the command's.
fn hand_on(mut signals: SignalsInfo<WithOrigin>, pid: Pid, ended: &AtomicI32) {
    for origin in signals.forever() {
        let asks_to_end = matches!(origin.signal, SIGHUP | SIGINT | SIGQUIT | SIGTERM);
        let code = ended.load(Ordering::Relaxed);
        if code != RUNS && asks_to_end {
            signals::end_with(code);
        }
        if let Some(signal) = Signal::from_named_raw(origin.signal)
            && !matches!(origin.cause, Cause::Kernel)
        {
            // It may have ended at this very moment.
            let _ = kill_process(pid, signal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::code;
    use std::process::Command;

    #[test]
    fn the_code_is_that_of_a_shell() {
        let ends = |script: &str| code(Command::new("sh").args(["-c", script]).status().unwrap());
        assert_eq!(ends("exit 7"), 7);
        assert_eq!(ends("kill -TERM $$"), 143);
        assert_eq!(ends("kill -KILL $$"), 137);
    }
}
