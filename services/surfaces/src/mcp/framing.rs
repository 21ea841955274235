//! Messages as lines of text: one message a line, in pieces cut anywhere.

use crate::sse::one_line;

/// A message as a line, with its end. It is the same JSON, in which no reader finds the end of another line: between its
/// tokens there is none, and in its strings there are escapes.
#[must_use]
pub fn line(message: &[u8]) -> Vec<u8> {
    let mut line = one_line(&String::from_utf8_lossy(message)).into_bytes();
    line.push(b'\n');
    line
}

/// What a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A whole line without its end.
    Whole(Vec<u8>),
    /// A line longer than the limit; its bytes are gone.
    TooLong,
}

/// Reads lines piece by piece, holding at most the limit.
#[derive(Debug)]
pub struct LineReader {
    held: Vec<u8>,
    max_bytes: usize,
    /// The rest of the line is passed over.
    overlong: bool,
}

impl LineReader {
    /// A reader of lines of at most `max_bytes`, their ends not counted.
    #[must_use]
    pub const fn new(max_bytes: usize) -> Self {
        Self { held: Vec::new(), max_bytes, overlong: false }
    }

    /// Takes the next bytes and adds the lines that they complete to `lines`. Empty lines are left out.
    pub fn push(&mut self, mut bytes: &[u8], lines: &mut Vec<Line>) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.hold(bytes.get(..end).unwrap_or_default());
            self.end(lines);
            bytes = bytes.get(end + 1..).unwrap_or_default();
        }
        self.hold(bytes);
    }

    /// The input has ended: what is held is the last line.
    pub fn finish(&mut self, lines: &mut Vec<Line>) {
        self.end(lines);
    }

    fn hold(&mut self, bytes: &[u8]) {
        // One byte more for a carriage return.
        if self.overlong || self.held.len() + bytes.len() > self.max_bytes.saturating_add(1) {
            self.overlong = true;
            self.held = Vec::new();
        } else {
            self.held.extend_from_slice(bytes);
        }
    }

    fn end(&mut self, lines: &mut Vec<Line>) {
        let mut line = std::mem::take(&mut self.held);
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        if std::mem::take(&mut self.overlong) || line.len() > self.max_bytes {
            lines.push(Line::TooLong);
        } else if line.iter().any(|byte| !byte.is_ascii_whitespace()) {
            lines.push(Line::Whole(line));
        }
    }
}
