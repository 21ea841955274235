//! Turns byte offsets into offsets in Unicode scalar values, in one pass over the text.

/// Character offsets of a known list of byte offsets.
pub(crate) enum Offsets {
    /// Every byte is a character.
    Ascii,
    /// Pairs of byte offset and character offset, ascending.
    Known(Vec<(usize, usize)>),
}

impl Offsets {
    /// Counts once through `text` for all of `bytes`, which must be character borders, in any order.
    pub(crate) fn new(text: &str, bytes: impl Iterator<Item = usize>) -> Self {
        if text.is_ascii() {
            return Self::Ascii;
        }
        let mut wanted: Vec<usize> = bytes.collect();
        wanted.sort_unstable();
        wanted.dedup();
        let (mut counted, mut chars) = (0, 0);
        let known = wanted.into_iter().map(|byte| {
            chars += text.get(counted..byte).unwrap_or_default().chars().count();
            counted = byte;
            (byte, chars)
        });
        Self::Known(known.collect())
    }

    /// Character offset of `byte`, which must be one of the list.
    pub(crate) fn chars(&self, byte: usize) -> usize {
        match self {
            Self::Ascii => byte,
            Self::Known(known) => match known.binary_search_by_key(&byte, |(b, _)| *b) {
                Ok(at) | Err(at) => known.get(at).map_or(byte, |(_, chars)| *chars),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_count_scalar_values_in_any_order() {
        let text = "äöü€😀x";
        let all: Vec<usize> = text.char_indices().map(|(byte, _)| byte).chain([text.len()]).collect();
        let offsets = Offsets::new(text, all.iter().rev().copied());
        let chars: Vec<usize> = all.iter().map(|byte| offsets.chars(*byte)).collect();
        assert_eq!(chars, [0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn ascii_text_needs_no_counting() {
        assert!(matches!(Offsets::new("plain", [3].into_iter()), Offsets::Ascii));
    }
}
