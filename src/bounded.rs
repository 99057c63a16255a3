//! Reads files, and no more of them than one of that kind can hold: a device has no end. Those that the user names on the command
//! line may be anything that can be read; those that somebody else names (a container's labels do) are read where they are regular
//! files only, because a pipe would be waited for for ever.

use rustix::fs::OFlags;
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Result};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

/// Nobody writes a longer Dockerfile, Compose file or list of variables.
const LONGEST: u64 = 4 << 20;

/// Opens a regular file.
pub(crate) fn regular(path: &Path) -> Result<File> {
    let no_wait = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file =
        OpenOptions::new().read(true).custom_flags(no_wait.bits().cast_signed()).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(Error::other("it is no regular file")) }
}

/// The bytes of a regular file that somebody wrote by hand.
pub(crate) fn written(path: &Path) -> Result<Vec<u8>> {
    taken(regular(path)?, LONGEST)
}

/// The same, as a text.
pub(crate) fn text(path: &Path) -> Result<String> {
    String::from_utf8(written(path)?).map_err(|no_text| Error::new(ErrorKind::InvalidData, no_text))
}

/// The bytes of a file of `most` bytes.
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    taken(File::open(path)?, most)
}

fn taken(file: File, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
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

#[cfg(test)]
mod tests {
    use super::{regular, text};
    use std::path::Path;
    use std::process::Command;

    #[test]
    fn what_is_no_regular_file_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for path in [&*pipe, Path::new("/dev/zero"), Path::new("/dev/tty"), folder.path()] {
            assert!(regular(path).is_err(), "{}", path.display());
        }
        let file = folder.path().join("file");
        std::fs::write(&file, "text").unwrap();
        assert_eq!(text(&file).unwrap(), "text");
        // Its length is told and nothing of it is there, so that this costs no room.
        std::fs::File::create(&file).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(text(&file).unwrap_err().to_string(), "it is larger than 4 MiB");
    }
}
