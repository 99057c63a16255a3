//! Lines of a log that comes in pieces, each bounded.

/// No message of a client is longer. Of a line that is, its beginning and its end are read, and what is between them left out.
const LONGEST: usize = 64 * 1024;
/// How much of it is its end.
const END: usize = 16 * 1024;

/// The beginning of a line that is not complete yet.
#[derive(Default)]
pub(super) struct Lines {
    begun: Vec<u8>,
    /// What came last of what is beyond the beginning.
    rest: Vec<u8>,
    is_cut: bool,
    /// The last line was ended by a carriage return, and the line feed behind it ends no other.
    returned: bool,
}

impl Lines {
    /// Gives every line that ends in this piece. A carriage return ends one too: what a progress display overwrites is
    /// another line to a reader.
    pub(super) fn feed(&mut self, piece: &[u8], line: &mut dyn FnMut(&str)) {
        for part in piece.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let (text, end) = match part.split_last() {
                Some((end @ (b'\n' | b'\r'), text)) => (text, Some(*end)),
                _ => (part, None),
            };
            let is_second = std::mem::take(&mut self.returned) && part == b"\n";
            self.extend(text);
            if end.is_some() && !is_second {
                line(&self.ended());
            }
            self.returned = end == Some(b'\r');
        }
    }

    fn extend(&mut self, text: &[u8]) {
        let room = LONGEST - END - self.begun.len();
        let (beginning, rest) = text.split_at(text.len().min(room));
        self.begun.extend_from_slice(beginning);
        self.rest.extend_from_slice(rest);
        // Not at every piece: each time moves the end.
        if self.rest.len() > 4 * END {
            self.cut();
        }
    }

    fn cut(&mut self) {
        let beyond = self.rest.len().saturating_sub(END);
        self.is_cut |= beyond > 0;
        self.rest.drain(..beyond);
    }

    /// The line that is complete; the next begins.
    fn ended(&mut self) -> String {
        self.cut();
        let between: &[u8] = if std::mem::take(&mut self.is_cut) { b" ... " } else { b"" };
        let line = [&*self.begun, between, &self.rest].concat();
        self.begun.clear();
        self.rest.clear();
        String::from_utf8_lossy(&line).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{END, LONGEST, Lines};

    #[test]
    fn a_line_may_come_in_pieces_and_have_no_end() {
        let (mut lines, mut seen) = (Lines::default(), Vec::new());
        for piece in ["on", "e\ntw", "o\r\n", "", ""] {
            lines.feed(piece.as_bytes(), &mut |line| seen.push(line.to_owned()));
        }
        assert_eq!(seen, ["one", "two"]);
        for _ in 0..100 {
            lines.feed(&[b'x'; 4096], &mut |_| panic!("no line has ended"));
        }
        lines.feed(b"\n", &mut |line| seen.push(line.to_owned()));
        assert!(seen[2].len() <= LONGEST + 5);
    }

    #[test]
    fn of_a_line_that_is_too_long_the_end_is_read() {
        for length in [10, LONGEST - END, LONGEST - 3, LONGEST, 300_000, 3_000_000] {
            let text = format!("begin{}end", "x".repeat(length));
            for size in [1000, text.len()] {
                let (mut lines, mut seen) = (Lines::default(), Vec::new());
                for piece in text.as_bytes().chunks(size).chain([b"\n".as_slice()]) {
                    lines.feed(piece, &mut |line| seen.push(line.to_owned()));
                }
                assert_eq!(seen.len(), 1);
                assert!(seen[0].starts_with("begin") && seen[0].ends_with("end"), "{length}");
                assert!(seen[0].len() <= LONGEST + 5, "{length}");
                assert_eq!(seen[0] == text, text.len() <= LONGEST, "{length}");
            }
        }
    }
}
