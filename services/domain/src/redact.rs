//! Applies edits to texts. Spans count Unicode scalar values; bytes stay inside this file.

use crate::Edit;

/// Merges edits of several guards, given in the guards' fixed order, into disjoint ones in text order.
/// Where edits overlap, one edit covers them all and bears the replacement of the earliest guard.
#[must_use]
pub fn merge(edits: &[Edit]) -> Vec<Edit> {
    let mut order: Vec<(usize, &Edit)> = edits.iter().enumerate().collect();
    order.sort_by_key(|(rank, e)| (e.part, e.start, *rank));
    let mut merged: Vec<(usize, Edit)> = Vec::with_capacity(edits.len());
    for (rank, edit) in order {
        match merged.last_mut() {
            Some((best, last)) if last.part == edit.part && edit.start < last.end => {
                last.end = last.end.max(edit.end);
                if rank < *best {
                    *best = rank;
                    last.replacement.clone_from(&edit.replacement);
                }
            }
            _ => merged.push((rank, edit.clone())),
        }
    }
    merged.into_iter().map(|(_, edit)| edit).collect()
}

/// `text` of part `part` with those of `edits` that concern it applied. `edits` must come from [`merge`].
#[must_use]
pub fn apply(text: &str, part: usize, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut bytes = Bytes::of(text);
    let mut copied = 0;
    for edit in edits.iter().filter(|e| e.part == part) {
        out.push_str(text.get(copied..bytes.before(edit.start)).unwrap_or_default());
        out.push_str(&edit.replacement);
        copied = bytes.before(edit.end);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    out
}

/// What those of `edits` that concern part `part` take out of its `text`. `edits` must come from [`merge`].
#[must_use]
pub fn taken<'t>(text: &'t str, part: usize, edits: &[Edit]) -> Vec<&'t str> {
    let mut bytes = Bytes::of(text);
    let spans = edits.iter().filter(|e| e.part == part).map(|e| (bytes.before(e.start), bytes.before(e.end)));
    spans.map(|(start, end)| text.get(start..end).unwrap_or_default()).collect()
}

/// Counts the bytes before a character; positions must not go back, so that a text is walked once.
struct Bytes<'t> {
    rest: std::str::Chars<'t>,
    len: usize,
    position: usize,
}

impl<'t> Bytes<'t> {
    fn of(text: &'t str) -> Self {
        Self { rest: text.chars(), len: text.len(), position: 0 }
    }

    fn before(&mut self, position: usize) -> usize {
        while self.position < position && self.rest.next().is_some() {
            self.position += 1;
        }
        self.len - self.rest.as_str().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: usize, end: usize, replacement: &str) -> Edit {
        Edit { part: 0, start, end, replacement: replacement.to_owned() }
    }

    #[test]
    fn spans_count_characters_not_bytes() {
        assert_eq!(apply("äöü€😀x", 0, &merge(&[edit(1, 2, "O"), edit(4, 5, ":)")])), "äOü€:)x");
    }

    #[test]
    fn edits_that_touch_stay_apart_and_edits_that_overlap_become_one() {
        assert_eq!(apply("abcdef", 0, &merge(&[edit(2, 4, "2"), edit(0, 2, "1")])), "12ef");
        assert_eq!(merge(&[edit(2, 5, "first"), edit(0, 3, "second")]), vec![edit(0, 5, "first")]);
    }

    #[test]
    fn only_the_edits_of_the_part_apply() {
        assert_eq!(apply("abc", 1, &[edit(0, 3, "x")]), "abc");
        assert_eq!(apply("", 0, &[]), "");
        assert_eq!(apply("abc", 0, &[edit(0, 3, "")]), "");
        assert_eq!(taken("abc", 1, &[edit(0, 3, "x")]), Vec::<&str>::new());
    }

    #[test]
    fn what_is_taken_out_is_known() {
        assert_eq!(taken("äöü€😀x", 0, &merge(&[edit(4, 5, ""), edit(1, 3, ""), edit(3, 4, "")])), ["öü", "€", "😀"]);
    }
}
