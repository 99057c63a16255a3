//! Where output goes: stdout, or a file that the user named.

use crate::exit::Failure;
use crate::words::words;
use std::io::Write;
use std::path::Path;

pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|e| {
        Failure::usage(format!(
            "{} can't be written: {}; name a file that can",
            path.display(),
            words(&e)
        ))
    })
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
