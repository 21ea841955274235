//! The bytes that a pattern can consume. A search that has found a match reads on at most to the first byte outside of
//! them, which bounds how much of the text the next search reads again.

use regex_syntax::hir::{Class, Hir, HirKind};

/// A set of bytes.
#[derive(Debug)]
pub(crate) struct Alphabet([bool; 256]);

impl Alphabet {
    pub(super) fn of(hir: &Hir) -> Self {
        let mut alphabet = Self([false; 256]);
        alphabet.add(hir);
        alphabet
    }

    /// The first position from `at` on whose byte is not in the set, or the end.
    pub(crate) fn reach(&self, text: &str, at: usize) -> usize {
        let rest = text.as_bytes().get(at..).unwrap_or_default();
        let outside = |byte: &u8| !self.0.get(usize::from(*byte)).copied().unwrap_or(true);
        rest.iter().position(outside).map_or(text.len(), |skip| at + skip)
    }

    fn add(&mut self, hir: &Hir) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => literal.0.iter().for_each(|byte| self.add_range(*byte, *byte)),
            HirKind::Class(Class::Bytes(class)) => {
                class.iter().for_each(|range| self.add_range(range.start(), range.end()))
            }
            HirKind::Class(Class::Unicode(class)) => {
                class.iter().for_each(|range| self.add_chars(range.start(), range.end()))
            }
            HirKind::Repetition(repetition) => self.add(&repetition.sub),
            HirKind::Capture(capture) => self.add(&capture.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().for_each(|part| self.add(part)),
        }
    }

    /// Any character beyond ASCII stands for all bytes beyond ASCII.
    fn add_chars(&mut self, from: char, to: char) {
        let ascii = |c: char| u8::try_from(c).ok().filter(u8::is_ascii);
        if let Some(from) = ascii(from) {
            self.add_range(from, ascii(to).unwrap_or(0x7f));
        }
        if ascii(to).is_none() {
            self.add_range(0x80, 0xff);
        }
    }

    fn add_range(&mut self, from: u8, to: u8) {
        for byte in from..=to {
            if let Some(member) = self.0.get_mut(usize::from(byte)) {
                *member = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(pattern: &str, text: &str) -> usize {
        Alphabet::of(&regex_syntax::parse(pattern).unwrap()).reach(text, 0)
    }

    #[test]
    fn the_reach_ends_at_the_first_byte_that_the_pattern_cannot_consume() {
        assert_eq!(reach("[a-c]+x|(?i:z)", "abcxZzd"), 6);
        assert_eq!(reach("a.*", "any text\nmore"), 8);
        assert_eq!(reach(r"\w+", "Käse 1"), 5);
        assert_eq!(reach("(?s).+", "a\nb"), 3);
        assert_eq!(reach("a", "b"), 0);
    }
}
