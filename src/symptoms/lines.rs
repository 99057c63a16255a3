//! Lines of a log that comes in pieces, each bounded.

/// No message of a client is longer; what is beyond it on a line is left out.
const LONGEST: usize = 64 * 1024;

/// The beginning of a line that is not complete yet.
#[derive(Default)]
pub(super) struct Lines {
    begun: Vec<u8>,
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
            let room = LONGEST - self.begun.len();
            self.begun.extend_from_slice(&text[..text.len().min(room)]);
            if end.is_some() && !is_second {
                line(&String::from_utf8_lossy(&self.begun));
                self.begun.clear();
            }
            self.returned = end == Some(b'\r');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Lines};

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
        assert!(seen[2].len() <= LONGEST + 3);
    }
}
