//! Where output goes: stdout, or a file that the user named.

use crate::exit::Failure;
use crate::words::words;
use rustix::fs::OFlags;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    put(path, bytes).map_err(|e| {
        Failure::usage(format!(
            "{} can't be written: {}; name a file that can",
            path.display(),
            words(&e)
        ))
    })
}

/// A pipe that nobody reads is not waited for.
fn put(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if std::fs::metadata(path).map_or(true, |at| at.is_file()) {
        return std::fs::write(path, bytes);
    }
    let mut stream = unwaited(path)?;
    // Who reads may be slower than econn.
    rustix::fs::fcntl_setfl(&stream, OFlags::APPEND)?;
    stream.write_all(bytes)
}

/// Opens a pipe or a device to write to. One that nobody reads is not waited for.
pub(super) fn unwaited(path: &Path) -> std::io::Result<File> {
    let no_wait = OFlags::NONBLOCK.bits().cast_signed();
    OpenOptions::new().append(true).custom_flags(no_wait).open(path)
}

/// Writes to stdout. A reader that has seen enough is no error.
pub(super) fn stdout(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::incomplete(format!("the report can't be printed: {}", words(&e))))
        }
        _ => Ok(()),
    }
}
