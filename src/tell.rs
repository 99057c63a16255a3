//! What goes to stderr: a reader that has gone away, or a disk that is full, is no trouble of the run's.

use crate::render::clean;
use std::io::Write;

/// One line on stderr, without what could write on the terminal.
pub(crate) fn tell(line: &str) {
    write(&format!("econn: {}\n", clean(line)));
}

/// A text on stderr as it is.
pub(crate) fn write(text: &str) {
    let mut err = std::io::stderr().lock();
    drop(err.write_all(text.as_bytes()).and_then(|()| err.flush()));
}
