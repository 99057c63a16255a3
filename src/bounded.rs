//! Reads files that the user named, and no more of them than one of that kind can hold: a device has no end.

use std::fs::File;
use std::io::{Error, Read, Result};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// The bytes of a file of `most` bytes.
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
        return Err(Error::other(format!("it is larger than {} MiB", most >> 20)));
    }
    Ok(bytes)
}

/// A log may be of any length, where it has an end: of a device only its beginning is read, and then it is refused.
pub(crate) struct Log {
    file: File,
    is_device: bool,
    read: u64,
}

/// Nobody writes a longer log by hand, and no device is one.
const BEGINNING: u64 = 1 << 20;

impl Log {
    /// Opens a log.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path)?;
        let is_device = file.metadata()?.file_type().is_char_device();
        Ok(Self { file, is_device, read: 0 })
    }
}

impl Read for Log {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.is_device && self.read > BEGINNING {
            return Err(Error::other("it is a device without an end"));
        }
        let read = self.file.read(buffer)?;
        self.read += read as u64;
        Ok(read)
    }
}
