//! What the command prints, carried past econn. A terminal is the command's own: it keeps its width and its colours. Any
//! other stream goes through a small process in a session of its own, which writes every byte on and gives econn a copy. It
//! lives as long as the command writes: whatever becomes of econn, no byte is lost and nobody's pipe breaks.

use crate::cli::RELAY;
use crate::exit::Code;
use crate::symptoms::{self, Recogniser};
use checks::model::Logged;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl, fstat};
use rustix::process::setsid;
use std::fs::File;
use std::io::{IsTerminal, PipeReader, Read, Write, pipe};
use std::os::fd::AsFd;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long what was printed is waited for once the command has ended: others that it started may go on printing.
const LAST: Duration = Duration::from_millis(500);
/// So much is carried at a time.
const PIECE: usize = 64 << 10;

/// The streams of a command.
pub(super) struct Streams {
    copies: Vec<Copied>,
}

/// What a stream says of connections so far, and the thread that reads its copy.
type Copied = (Arc<Mutex<Recogniser>>, JoinHandle<()>);

impl Streams {
    /// Joins the command to the streams that econn has.
    pub(super) fn join(command: &mut Command) -> Self {
        let (out, err) = (std::io::stdout(), std::io::stderr());
        let mut copies = Vec::new();
        let same = || match (fstat(out.as_fd()), fstat(err.as_fd())) {
            (Ok(a), Ok(b)) => (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino),
            _ => false,
        };
        if !out.is_terminal()
            && let Some((entry, copy)) = carrier(|| out.as_fd().try_clone_to_owned())
        {
            // Where both lead to one place, they do so in the order in which they are written.
            if same()
                && let Ok(again) = entry.try_clone()
            {
                command.stderr(again);
            }
            command.stdout(entry);
            copies.push(copy);
        }
        if !err.is_terminal()
            && (copies.is_empty() || !same())
            && let Some((entry, copy)) = carrier(|| err.as_fd().try_clone_to_owned())
        {
            command.stderr(entry);
            copies.push(copy);
        }
        Self { copies }
    }

    /// Waits until everything that the command has printed is where it belongs; returns what it said of connections.
    pub(super) fn end(self) -> Vec<Logged> {
        let until = Instant::now() + LAST;
        while self.copies.iter().any(|(_, copy)| !copy.is_finished()) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(2));
        }
        // A reader that broke down leaves its lock poisoned, and nothing to tell.
        let said = |(said, _): &Copied| said.lock().ok().map(|mut said| std::mem::take(&mut *said));
        symptoms::together(self.copies.iter().filter_map(said).map(Recogniser::finish))
    }
}

/// Starts a carrier to this stream; `None` where it can't be, and the command has to be given the stream itself.
fn carrier(
    stream: impl FnOnce() -> std::io::Result<std::os::fd::OwnedFd>,
) -> Option<(std::io::PipeWriter, Copied)> {
    let (exit, entry) = pipe().ok()?;
    let (copied, copy) = pipe().ok()?;
    Command::new("/proc/self/exe")
        .arg(RELAY)
        .stdin(exit)
        .stdout(Stdio::from(stream().ok()?))
        .stderr(copy)
        .spawn()
        .ok()?;
    let said = Arc::new(Mutex::new(Recogniser::default()));
    let listener = Arc::clone(&said);
    Some((entry, (said, std::thread::spawn(move || listen(copied, &listener)))))
}

/// Takes in the copy of a stream until it ends.
fn listen(mut copied: PipeReader, said: &Mutex<Recogniser>) {
    let mut piece = vec![0; PIECE];
    while let Ok(read @ 1..) = copied.read(&mut piece) {
        let Ok(mut said) = said.lock() else { return };
        said.read(&piece[..read]);
    }
}

/// The carrier itself: from stdin to stdout, with a copy to stderr as long as somebody reads it.
pub(crate) fn relay() -> Code {
    // A terminal's signals, and those to the group of the command, are not for this process: it ends with its input.
    let _ = setsid();
    let (mut from, mut copy) = (std::io::stdin().lock(), Some(std::io::stderr().lock()));
    let Ok(to) = std::io::stdout().as_fd().try_clone_to_owned() else { return Code(0) };
    let mut to = File::from(to);
    if let Ok(flags) = fcntl_getfl(std::io::stderr().as_fd()) {
        // A reader that has stopped must not stop the command.
        let _ = fcntl_setfl(std::io::stderr().as_fd(), flags | OFlags::NONBLOCK);
    }
    let mut piece = vec![0; PIECE];
    loop {
        let read = match from.read(&mut piece) {
            Ok(0) => return Code(0),
            Ok(read) => &piece[..read],
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => return Code(0),
        };
        // Whoever reads it has gone: the command is told so by its own pipe.
        if write(&mut to, read).is_err() {
            return Code(0);
        }
        if let Some(copied) = &mut copy
            && let Err(error) = copied.write_all(read)
            && error.kind() == std::io::ErrorKind::BrokenPipe
        {
            copy = None;
        }
    }
}

/// Writes everything, also to a stream that others have set not to wait.
fn write(to: &mut File, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match to.write(bytes) {
            Ok(0) => return Err(std::io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
