//! What may be said of a program's stderr: how much it was, the class of an exception, and complaints of a connection that
//! are recognised. Never a line of it.

use crate::symptoms::{self, Recogniser};
use regex::Regex;
use std::fmt;
use std::io::Read;
use std::sync::LazyLock;

/// How much of it is looked at; the rest is only counted.
const LOOKED_AT: usize = 256 * 1024;

static EXCEPTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^(?:[A-Za-z_]\w{0,40}\.){0,4}([A-Z][A-Za-z]{0,40}(?:Error|Exception|Interrupt))(?::|\s*$)")
        .expect("a pattern of the program itself")
});

/// What was heard.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    lines: usize,
    exception: Option<String>,
    symptoms: Vec<String>,
}

impl Heard {
    /// Reads it to its end.
    pub(super) fn read(mut stream: impl Read) -> Self {
        let (mut begin, mut lines, mut ended) = (Vec::new(), 0, true);
        let mut piece = [0; 8192];
        while let Ok(read @ 1..) = stream.read(&mut piece) {
            let piece = &piece[..read];
            lines += piece.split(|byte| *byte == b'\n').count() - 1;
            ended = piece.ends_with(b"\n");
            let room = LOOKED_AT - begin.len();
            begin.extend_from_slice(&piece[..read.min(room)]);
        }
        let text = String::from_utf8_lossy(&begin);
        let exception = EXCEPTION.captures_iter(&text).last().map(|found| found[1].to_owned());
        let mut recogniser = Recogniser::default();
        recogniser.read(&begin);
        let symptoms = symptoms::together([recogniser.finish()]);
        Self {
            lines: lines + usize::from(!ended),
            exception,
            symptoms: symptoms.iter().take(3).map(ToString::to_string).collect(),
        }
    }
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lines {
            0 => return f.write_str("nothing on stderr"),
            1 => f.write_str("1 line on stderr")?,
            lines => write!(f, "{lines} lines on stderr")?,
        }
        let said = self.exception.iter().chain(&self.symptoms);
        said.enumerate()
            .try_for_each(|(at, what)| write!(f, "{}{what}", if at == 0 { ": " } else { ", " }))
    }
}
