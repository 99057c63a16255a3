//! The context's side of a comparison: the bytes that a copy would put into the image.

use super::blob::{BlobId, blob_id, blob_id_of};
use crate::bounded;
use std::cell::Cell;
use std::fs;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Bytes of the context that are read for one comparison, at most.
const MOST_BYTES: u64 = 256 << 20;

/// Where the bytes are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Local {
    /// A file of the context.
    File(PathBuf),
    /// A symbolic link of the context: its target counts.
    Link(PathBuf),
    /// A here-document of the Dockerfile.
    Text(Vec<u8>),
}

/// The bytes of one file, as far as they matter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Version {
    /// How many.
    pub(super) len: u64,
    /// Git's id of them.
    pub(super) blob: BlobId,
}

/// How much may still be read.
#[derive(Debug)]
pub(super) struct Budget(Cell<u64>);

impl Default for Budget {
    fn default() -> Self {
        Self(Cell::new(MOST_BYTES))
    }
}

impl Local {
    /// Whether this is a link.
    pub(super) fn is_link(&self) -> bool {
        matches!(self, Self::Link(_))
    }

    /// Reads the bytes.
    ///
    /// # Errors
    ///
    /// Returns why they cannot be read.
    pub(super) fn version(&self, budget: &Budget) -> Result<Version, String> {
        self.read(budget).map_err(|error| error.to_string())
    }

    fn read(&self, budget: &Budget) -> io::Result<Version> {
        match self {
            Self::Text(bytes) => Ok(of_bytes(bytes)),
            Self::Link(path) => Ok(of_bytes(fs::read_link(path)?.as_os_str().as_bytes())),
            Self::File(path) => {
                let file = bounded::regular(path)?;
                let len = file.metadata()?.len();
                budget.take(len)?;
                Ok(Version { len, blob: blob_id_of(file, len)? })
            }
        }
    }

    /// The id of the bytes with line feeds instead of carriage returns and line feeds. Nothing where there are none.
    pub(super) fn with_line_feeds(&self) -> Option<BlobId> {
        const MOST: u64 = 8 << 20;
        let Self::File(path) = self else { return None };
        if fs::metadata(path).ok()?.len() > MOST {
            return None;
        }
        let mut bytes = Vec::new();
        bounded::regular(path).ok()?.take(MOST).read_to_end(&mut bytes).ok()?;
        let text = String::from_utf8(bytes).ok().filter(|text| text.contains("\r\n"))?;
        Some(blob_id(text.replace("\r\n", "\n").as_bytes()))
    }
}

impl Budget {
    fn take(&self, bytes: u64) -> io::Result<()> {
        let left = self.0.get().checked_sub(bytes);
        self.0.set(
            left.ok_or_else(|| io::Error::other("the files together are larger than 256 MiB"))?,
        );
        Ok(())
    }
}

fn of_bytes(bytes: &[u8]) -> Version {
    Version { len: bytes.len() as u64, blob: blob_id(bytes) }
}

#[cfg(test)]
mod tests {
    use super::{Budget, Local, of_bytes};
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn files_links_and_texts_are_read_by_their_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("f"), dir.path().join("l"));
        fs::write(&file, "a\r\nb\r\n").unwrap();
        symlink("some/where", &link).unwrap();
        let budget = Budget::default();
        assert_eq!(Local::File(file.clone()).version(&budget), Ok(of_bytes(b"a\r\nb\r\n")));
        assert_eq!(Local::Link(link).version(&budget), Ok(of_bytes(b"some/where")));
        assert_eq!(Local::Text(b"x".to_vec()).version(&budget), Ok(of_bytes(b"x")));
        assert_eq!(Local::File(file).with_line_feeds(), Some(of_bytes(b"a\nb\n").blob));
        assert!(Local::File(dir.path().join("none")).version(&budget).is_err());
    }

    #[test]
    fn a_huge_file_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("huge");
        fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
        let error = Local::File(path).version(&Budget::default()).unwrap_err();
        assert_eq!(error, "the files together are larger than 256 MiB");
    }
}
