//! The form in which phrases and texts are compared: compatibility-decomposed, lower case, single spaces, nothing
//! invisible. Full-width letters, ligatures, accents in either form, line breaks and zero-width characters are equal then.

use std::cell::OnceCell;
use std::ops::Range;

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// A text ready for phrase search, with the way back to its own bytes.
pub(crate) enum Folded<'t> {
    /// The text itself will do: ASCII with single spaces; the automaton ignores ASCII case.
    Same(&'t str),
    /// A folded copy of `source`.
    Copy { text: String, source: &'t str, steps: OnceCell<Vec<Step>> },
}

/// From `folded` on (a byte offset in the copy), until the next step, the copy comes from one character of the original.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    folded: usize,
    source: usize,
    source_end: usize,
}

impl<'t> Folded<'t> {
    pub(crate) fn new(source: &'t str) -> Self {
        if is_plain(source) {
            return Self::Same(source);
        }
        Self::Copy { text: fold(source, |_| {}), source, steps: OnceCell::new() }
    }

    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Same(text) => text,
            Self::Copy { text, .. } => text,
        }
    }

    /// The span in the original text of the non-empty span `start..end` of the folded one. Most texts have no finding, so
    /// the steps are worked out by a second pass when they are first needed.
    pub(crate) fn source(&self, start: usize, end: usize) -> Range<usize> {
        let Self::Copy { source, steps, .. } = self else { return start..end };
        let steps = steps.get_or_init(|| {
            let mut steps = Vec::with_capacity(source.len());
            fold(source, |step| steps.push(step));
            steps
        });
        let at = |folded: usize| {
            steps.partition_point(|s| s.folded <= folded).checked_sub(1).and_then(|index| steps.get(index))
        };
        at(start).map_or(0, |s| s.source)..at(end.saturating_sub(1)).map_or(0, |s| s.source_end)
    }
}

/// Folds `source`, and tells of each character that left something.
fn fold(source: &str, mut tell: impl FnMut(Step)) -> String {
    let mut out = String::with_capacity(source.len());
    let mut in_space = false;
    for (at, c) in source.char_indices() {
        let folded = out.len();
        let space = is_space(c);
        match (space, in_space) {
            (true, true) => {}
            (true, false) => out.push(' '),
            (false, _) => fold_char(c, &mut |f| out.push(f)),
        }
        // Invisible characters inside a run of white space do not end the run.
        in_space = space || (in_space && out.len() == folded);
        if out.len() > folded {
            tell(Step { folded, source: at, source_end: at + c.len_utf8() });
        }
    }
    out
}

/// A phrase in folded form, without white space at its ends.
pub(crate) fn fold_phrase(phrase: &str) -> String {
    fold(phrase, |_| {}).trim().to_owned()
}

/// Whether a character of folded text belongs to a word. Marks do: `cafe` must not be found in a decomposed `café`.
pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || is_combining_mark(c)
}

/// ASCII without control characters and without two spaces in a row.
fn is_plain(text: &str) -> bool {
    let mut last = 0;
    text.bytes().all(|byte| {
        let doubled = byte == b' ' && last == b' ';
        last = byte;
        matches!(byte, b' '..=b'~') && !doubled
    })
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || c.is_ascii_control()
}

fn fold_char(c: char, emit: &mut impl FnMut(char)) {
    if c.is_ascii() {
        return emit(c.to_ascii_lowercase());
    }
    if is_invisible(c) {
        return;
    }
    decompose_compatible(c, |part| {
        for lower in part.to_lowercase() {
            emit(if lower == 'ς' { 'σ' } else { lower });
        }
    });
}

/// Soft hyphen, zero-width and direction marks, variation selectors, tags: used to hide words from filters.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_the_same_word_fold_to_the_same_text() {
        for form in ["Café", "cafe\u{301}", "ＣＡＦÉ", "ca\u{200b}f\u{ad}é"] {
            assert_eq!(fold_phrase(form), "cafe\u{301}", "{form}");
        }
        assert_eq!(fold_phrase(" a \t\u{200b}\n b "), "a b");
        assert_eq!(fold_phrase("ΟΔΟΣ"), fold_phrase("οδος"));
    }

    #[test]
    fn spans_lead_back_to_the_original() {
        let text = "Ä  ﬁsh";
        let folded = Folded::new(text);
        assert_eq!(folded.text(), "a\u{308} fish");
        assert_eq!(&text[folded.source(0, 3)], "Ä");
        assert_eq!(&text[folded.source(4, 8)], "ﬁsh");
        assert_eq!(&text[folded.source(5, 6)], "ﬁ");
    }

    #[test]
    fn plain_text_is_not_copied() {
        assert!(matches!(Folded::new("Plain text."), Folded::Same(_)));
        assert!(matches!(Folded::new("two  spaces"), Folded::Copy { .. }));
    }
}
