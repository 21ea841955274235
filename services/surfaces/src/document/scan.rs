//! The pass that finds where each value begins and ends. Runs on text that the strict parser accepted, which bounds the
//! depth; on anything else it may find nonsense, but it ends and does not panic.

use std::borrow::Cow;

use parapet_domain::json::JsonError;

use super::{Node, Shape, decode};
use crate::SurfaceError;
use crate::limits::MAX_VALUES;

/// Finds the places of all values.
pub(super) fn scan(text: &str) -> Result<Node<'_>, SurfaceError> {
    u32::try_from(text.len()).map_err(|_| SurfaceError::TooManyValues)?;
    Scanner { text, at: 0, values: 0 }.value()
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    values: usize,
}

impl<'a> Scanner<'a> {
    fn value(&mut self) -> Result<Node<'a>, SurfaceError> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(SurfaceError::TooManyValues);
        }
        let start = self.skip_space();
        let shape = match self.peek() {
            Some(b'{') => self.object()?,
            Some(b'[') => self.array()?,
            Some(b'"') => {
                self.string();
                Shape::String
            }
            Some(_) => self.scalar(),
            None => return Err(unfinished()),
        };
        Ok(Node { start: place(start)?, end: place(self.at)?, shape })
    }

    fn object(&mut self) -> Result<Shape<'a>, SurfaceError> {
        let mut members = Vec::new();
        self.at += 1;
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'"') => {
                    let key = self.string();
                    self.skip_space();
                    self.at += 1; // the colon
                    members.push((decode(key), self.value()?));
                }
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Shape::Object(members));
                }
                Some(_) => self.at += 1, // a comma
                None => return Err(unfinished()),
            }
        }
    }

    fn array(&mut self) -> Result<Shape<'a>, SurfaceError> {
        let mut items = Vec::new();
        self.at += 1;
        loop {
            self.skip_space();
            match self.peek() {
                Some(b']') => {
                    self.at += 1;
                    return Ok(Shape::Array(items));
                }
                Some(b',') => self.at += 1,
                Some(_) => items.push(self.value()?),
                None => return Err(unfinished()),
            }
        }
    }

    /// Passes a string, quotes included.
    fn string(&mut self) -> &'a str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let token = rest.get(..string_len(rest)).unwrap_or_default();
        self.at += token.len();
        token
    }

    fn scalar(&mut self) -> Shape<'a> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let len = rest.iter().take_while(|b| !matches!(b, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r')).count();
        // At least one byte, so that every loop above ends.
        self.at += len.max(1);
        match rest.first() {
            Some(b't') => Shape::Bool(true),
            Some(b'f') => Shape::Bool(false),
            Some(b'n') => Shape::Null,
            _ => Shape::Number,
        }
    }

    fn skip_space(&mut self) -> usize {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.at
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

/// How many values JSON text holds, at every level: each but the first of its array or object comes after a comma.
/// For text that is no JSON, some number.
pub(super) fn count_values(text: &str) -> usize {
    let (mut count, mut in_string, mut escaped, mut opened) = (1, false, false, false);
    for byte in text.bytes() {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = byte == b'\\' && !escaped;
            continue;
        }
        if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            continue;
        }
        let first = std::mem::take(&mut opened) && !matches!(byte, b']' | b'}');
        count += usize::from(first || byte == b',');
        opened = matches!(byte, b'[' | b'{');
        in_string = byte == b'"';
    }
    count
}

/// Length of the string that `text` begins with, both quotes included.
fn string_len(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// JSON text in which a string escapes only what it must. An escape such as `\u0069` would hide a word from a guard
/// that reads the text, and means the same to everyone else.
pub(super) fn without_needless_escapes(json: &str) -> Cow<'_, str> {
    if !json.contains("\\u") && !json.contains("\\/") {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some((before, string)) = rest.find('"').and_then(|at| rest.split_at_checked(at)) {
        let (token, after) = string.split_at_checked(string_len(string)).unwrap_or((string, ""));
        out.push_str(before);
        match serde_json::to_string(&decode(token)) {
            Ok(encoded) if token.contains('\\') => out.push_str(&encoded),
            _ => out.push_str(token),
        }
        rest = after;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn place(at: usize) -> Result<u32, SurfaceError> {
    u32::try_from(at).map_err(|_| SurfaceError::TooManyValues)
}

fn unfinished() -> SurfaceError {
    SurfaceError::Json(JsonError::Syntax("it ends too early".to_owned()))
}
