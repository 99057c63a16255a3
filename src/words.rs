//! Errors of the system in words that say what is wrong, not which number the kernel gave it.

use std::io::{Error, ErrorKind};

/// What went wrong, to stand behind the path or the address that it went wrong with.
pub(crate) fn words(error: &Error) -> String {
    let known = match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder",
        ErrorKind::PermissionDenied => "no permission",
        ErrorKind::IsADirectory => "it is a folder",
        ErrorKind::NotADirectory => "a part of its path is no folder",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "the disk is full",
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only",
        ErrorKind::InvalidData => "it is not text",
        ErrorKind::InvalidInput | ErrorKind::InvalidFilename => "that is no name of a file",
        ErrorKind::BrokenPipe => "the reader has gone",
        ErrorKind::UnexpectedEof => "it ends too early",
        ErrorKind::ConnectionRefused => "the connection was refused",
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => "the connection was reset",
        ErrorKind::TimedOut => "no answer in time",
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "there is no route to it",
        ErrorKind::AddrNotAvailable => "no address of that kind (or no free port) is there",
        ErrorKind::OutOfMemory => "there is no memory left",
        _ => return unnamed(error),
    };
    known.to_owned()
}

/// The system's own sentence without its number.
fn unnamed(error: &Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::words;
    use std::io::Error;

    #[test]
    fn no_number_and_no_class_of_rust_is_shown() {
        for code in 1..=133 {
            let said = words(&Error::from_raw_os_error(code));
            assert!(!said.is_empty() && !said.contains("os error"), "{code}: {said}");
            assert!(!said.contains("entity") && !said.contains("uncategorized"), "{code}: {said}");
        }
        assert_eq!(words(&Error::from_raw_os_error(2)), "there is no such file or folder");
        assert_eq!(words(&Error::from_raw_os_error(24)), "too many open files");
    }
}
