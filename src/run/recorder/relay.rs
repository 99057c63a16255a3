//! What the command prints, carried past econn. A terminal is the command's own: it keeps its width and its colours. Any
//! other stream goes through a small process in a session of its own, which writes every byte on and gives econn a copy. It
//! lives as long as the command writes: whatever becomes of econn, no byte is lost and nobody's pipe breaks.

use crate::cli::RELAY;
use crate::exit::Code;
use crate::symptoms::{self, Recogniser};
use checks::model::Logged;
use rustix::fs::fstat;
use rustix::process::setsid;
use std::fs::File;
use std::io::{IsTerminal, PipeReader, Read, Write, pipe};
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long what was printed is waited for once the command has ended: so long after the last that came, and so long in all,
/// since others that it started may go on printing.
const LAST: Duration = Duration::from_millis(500);
const ALL: Duration = Duration::from_secs(3);
/// How long a carrier waits for econn to take in its copy, when all is printed.
const TAKEN: Duration = Duration::from_secs(2);
/// So much is carried at a time.
const PIECE: usize = 64 << 10;
/// So many bytes of a copy wait at most; what comes then is carried, and not copied.
const WAITING: usize = 8 << 20;
/// How a carrier ends that could not copy everything.
const NOT_ALL: u8 = 3;
/// How it ends where what it carries could not be written: the disk is full, say.
const LOST: u8 = 4;

/// The streams of a command.
pub(super) struct Streams {
    copies: Vec<Copied>,
}

/// A stream's copy.
struct Copied {
    /// What it says of connections so far.
    said: Arc<Mutex<Recogniser>>,
    /// How many bytes of it were read.
    read: Arc<AtomicUsize>,
    /// Whether some of them are being searched.
    is_busy: Arc<AtomicBool>,
    listener: JoinHandle<()>,
    carrier: Child,
}

/// What a command said of connections.
pub(super) struct Said {
    pub(super) logged: Vec<Logged>,
    /// Whether all that it printed was read.
    pub(super) is_whole: bool,
    /// Whether something of it could not be written to where it belongs.
    pub(super) is_lost: bool,
}

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
    pub(super) fn end(mut self) -> Said {
        let (began, mut since) = (Instant::now(), Instant::now());
        let read = || self.copies.iter().map(|copy| copy.read.load(Ordering::Relaxed)).sum();
        let mut before: usize = read();
        while self.copies.iter().any(|copy| !copy.listener.is_finished())
            && since.elapsed() < LAST
            && began.elapsed() < ALL
        {
            std::thread::sleep(Duration::from_millis(2));
            let now = read();
            let is_busy = self.copies.iter().any(|copy| copy.is_busy.load(Ordering::Relaxed));
            if now != before || is_busy {
                (before, since) = (now, Instant::now());
            }
        }
        // A reader that broke down leaves its lock poisoned, and nothing to tell.
        let said = |copy: &Copied| copy.said.lock().ok().map(|mut said| std::mem::take(&mut *said));
        let logged =
            self.copies.iter().filter_map(said).map(Recogniser::finish).collect::<Vec<_>>();
        // What still comes after all that time was not read: from the command, or from others that it started.
        let is_idle = since.elapsed() >= LAST;
        let ends: Vec<Option<u8>> = self.copies.iter_mut().map(Copied::ended).collect();
        let is_whole = |end: &Option<u8>| end.map_or(is_idle, |code| code != NOT_ALL);
        Said {
            logged: symptoms::together(logged),
            is_whole: ends.iter().all(is_whole),
            is_lost: ends.contains(&Some(LOST)),
        }
    }
}

impl Copied {
    /// How its carrier has ended; `None` while there is something to carry, or may be.
    fn ended(&mut self) -> Option<u8> {
        if !self.listener.is_finished() {
            return None;
        }
        let code = self.carrier.wait().ok().and_then(|status| status.code());
        Some(code.and_then(|code| u8::try_from(code).ok()).unwrap_or_default())
    }
}

/// Starts a carrier to this stream; `None` where it can't be, and the command has to be given the stream itself.
fn carrier(
    stream: impl FnOnce() -> std::io::Result<std::os::fd::OwnedFd>,
) -> Option<(std::io::PipeWriter, Copied)> {
    let (exit, entry) = pipe().ok()?;
    let (copied, copy) = pipe().ok()?;
    let carrier = Command::new("/proc/self/exe")
        .arg(RELAY)
        .stdin(exit)
        .stdout(Stdio::from(stream().ok()?))
        .stderr(copy)
        .spawn()
        .ok()?;
    let (said, read) = (Arc::<Mutex<Recogniser>>::default(), Arc::<AtomicUsize>::default());
    let is_busy = Arc::<AtomicBool>::default();
    let of_listener = (Arc::clone(&said), Arc::clone(&read), Arc::clone(&is_busy));
    let listener = std::thread::spawn(move || {
        listen(copied, &of_listener.0, &of_listener.1, &of_listener.2);
    });
    Some((entry, Copied { said, read, is_busy, listener, carrier }))
}

/// Takes in the copy of a stream until it ends.
fn listen(
    mut copied: PipeReader,
    said: &Mutex<Recogniser>,
    all: &AtomicUsize,
    is_busy: &AtomicBool,
) {
    let mut piece = vec![0; PIECE];
    while let Ok(read @ 1..) = copied.read(&mut piece) {
        is_busy.store(true, Ordering::Relaxed);
        let Ok(mut said) = said.lock() else { return };
        said.read(&piece[..read]);
        all.fetch_add(read, Ordering::Relaxed);
        is_busy.store(false, Ordering::Relaxed);
    }
}

/// The carrier itself: from stdin to stdout, with a copy to stderr as long as somebody reads it.
pub(crate) fn relay() -> Code {
    // A terminal's signals, and those to the group of the command, are not for this process: it ends with its input.
    let _ = setsid();
    let mut from = std::io::stdin().lock();
    let Ok(to) = std::io::stdout().as_fd().try_clone_to_owned() else { return Code(0) };
    let (mut to, mut copy) = (File::from(to), Copy::begin());
    let mut piece = vec![0; PIECE];
    loop {
        let read = match from.read(&mut piece) {
            Ok(0) => return copy.end(),
            Ok(read) => &piece[..read],
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => return copy.end(),
        };
        // Whoever reads it has gone: the command is told so by its own pipe, unless it was its last word.
        if let Err(error) = write(&mut to, read) {
            let is_unread = error.kind() == std::io::ErrorKind::BrokenPipe;
            let code = copy.end();
            return if is_unread { code } else { Code(LOST) };
        }
        copy.take(read);
    }
}

/// The copy of what is carried. Its reader may be slow or stand still, which must not stop the command: what it has not taken in
/// yet waits here.
struct Copy {
    queue: Sender<Vec<u8>>,
    waiting: Arc<AtomicUsize>,
    writer: JoinHandle<()>,
    is_whole: bool,
}

impl Copy {
    fn begin() -> Self {
        let (queue, pieces) = channel::<Vec<u8>>();
        let waiting = Arc::<AtomicUsize>::default();
        let left = Arc::clone(&waiting);
        let writer = std::thread::spawn(move || {
            let mut copied = std::io::stderr().lock();
            for piece in pieces {
                // Nobody reads it any more.
                if copied.write_all(&piece).is_err() {
                    return;
                }
                left.fetch_sub(piece.len(), Ordering::Relaxed);
            }
        });
        Self { queue, waiting, writer, is_whole: true }
    }

    fn take(&mut self, piece: &[u8]) {
        if self.writer.is_finished() {
            return;
        }
        if self.waiting.fetch_add(piece.len(), Ordering::Relaxed) > WAITING
            || self.queue.send(piece.to_vec()).is_err()
        {
            self.waiting.fetch_sub(piece.len(), Ordering::Relaxed);
            self.is_whole = false;
        }
    }

    fn end(self) -> Code {
        drop(self.queue);
        let until = Instant::now() + TAKEN;
        while !self.writer.is_finished() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
        Code(if self.is_whole && self.writer.is_finished() { 0 } else { NOT_ALL })
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
