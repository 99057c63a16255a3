//! The name that git gives to a file's bytes. One hash serves both questions: are these bytes equal,
//! and which version in the history are they?

use sha1::{Digest, Sha1};
use std::io::{self, Read};

/// Git's id of a blob.
pub(crate) type BlobId = [u8; 20];

/// The id that git gives to these bytes.
pub(crate) fn blob_id(bytes: &[u8]) -> BlobId {
    let mut hash = Sha1::new();
    hash.update(format!("blob {}\0", bytes.len()));
    hash.update(bytes);
    hash.finalize().into()
}

/// The id of a file of known length, read once. A file that turns out to have another length is an error.
pub(super) fn blob_id_of(mut file: impl Read, len: u64) -> io::Result<BlobId> {
    let mut hash = Sha1::new();
    hash.update(format!("blob {len}\0"));
    let (mut buffer, mut seen) = (vec![0; 64 * 1024], 0);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        seen += read as u64;
        hash.update(&buffer[..read]);
    }
    if seen != len {
        return Err(io::Error::other(format!("{seen} bytes where {len} were announced")));
    }
    Ok(hash.finalize().into())
}

/// The id that is written with 40 hexadecimal digits.
pub(super) fn from_hex(text: &str) -> Option<BlobId> {
    let mut id = [0; 20];
    if text.len() != 40 || !text.is_ascii() {
        return None;
    }
    for (byte, digits) in id.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::{blob_id, blob_id_of, from_hex};

    #[test]
    fn ids_are_those_of_git() {
        let empty = from_hex("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        let hello = from_hex("ce013625030ba8dba906f756967f9e9ca394464a");
        assert_eq!(Some(blob_id(b"")), empty);
        assert_eq!(Some(blob_id(b"hello\n")), hello);
        assert_eq!(blob_id_of(&b"hello\n"[..], 6).ok(), hello);
        assert!(blob_id_of(&b"hello\n"[..], 7).is_err());
        assert_eq!(from_hex("ce01"), None);
    }
}
