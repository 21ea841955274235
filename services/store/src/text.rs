//! Text as it is stored. Postgres text cannot hold U+0000, and SQLite's functions end at it, so it is escaped with
//! U+0010 ("data link escape"), which itself is doubled. All other text is stored as it is.

use std::borrow::Cow;

const ESCAPE: char = '\u{10}';

/// The stored form of `text`.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', ESCAPE]) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\0' => out.extend([ESCAPE, '0']),
            ESCAPE => out.extend([ESCAPE, ESCAPE]),
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

/// The text of a stored form. What [`escape`] cannot have made is left as it is.
pub(crate) fn unescape(stored: String) -> String {
    if !stored.contains(ESCAPE) {
        return stored;
    }
    let mut out = String::with_capacity(stored.len());
    let mut chars = stored.chars();
    while let Some(c) = chars.next() {
        match (c, if c == ESCAPE { chars.next() } else { None }) {
            (ESCAPE, Some('0')) => out.push('\0'),
            (ESCAPE, Some(ESCAPE)) => out.push(ESCAPE),
            (c, after) => out.extend(std::iter::once(c).chain(after)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_as_it_was() {
        for text in ["", "plain", "\0", "a\0b", "\u{10}", "\u{10}0", "\0\u{10}\0", "ä\u{10}\u{10}0\0😀"] {
            let stored = escape(text);
            assert!(!stored.contains('\0'), "{text:?}");
            assert_eq!(unescape(stored.into_owned()), text);
        }
    }

    #[test]
    fn different_texts_stay_different() {
        assert_ne!(escape("\0"), escape("\u{10}0"));
    }
}
