//! A text that comes in pieces: what has come of it and not left yet.

use parapet_domain::{Edit, Part, redact};

#[derive(Debug, Default)]
pub(super) struct Segment {
    text: String,
    chars: usize,
    /// Characters at the end of `text` that no window has shown.
    pub(super) fresh: usize,
    /// Characters that have left.
    pub(super) released: u64,
}

impl Segment {
    pub(super) fn push(&mut self, text: &str) {
        let chars = text.chars().count();
        self.text.push_str(text);
        self.chars += chars;
        self.fresh += chars;
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    pub(super) const fn bytes(&self) -> usize {
        self.text.len()
    }

    /// As a part of a window, with the text put into `template`.
    pub(super) fn part(&self, template: Part) -> Part {
        Part { text: self.text.clone(), offset: self.released, is_final: false, ..template }
    }

    /// How many characters may leave: all but the overlap. An edit across that border leaves whole when more text follows it;
    /// one that reaches to the end may go on in what is still to come, so it stays whole.
    pub(super) fn cut(&self, part: usize, edits: &[Edit], overlap: usize) -> usize {
        let border = self.chars.saturating_sub(overlap);
        let across = edits.iter().find(|edit| edit.part == part && edit.start < border && border < edit.end);
        across.map_or(border, |edit| if edit.end < self.chars { edit.end } else { edit.start })
    }

    /// The first `cut` characters with the edits made.
    pub(super) fn edited(&self, part: usize, edits: &[Edit], cut: usize) -> String {
        let within: Vec<Edit> = edits.iter().filter(|edit| edit.part == part && edit.end <= cut).cloned().collect();
        redact::apply(self.text.get(..self.byte_of(cut)).unwrap_or_default(), part, &within)
    }

    /// The first `cut` characters have left, and all of the text has been shown.
    pub(super) fn advance(&mut self, cut: usize) {
        self.text.drain(..self.byte_of(cut));
        self.chars -= cut.min(self.chars);
        self.released = self.released.saturating_add(cut as u64);
        self.fresh = 0;
    }

    fn byte_of(&self, position: usize) -> usize {
        self.text.char_indices().nth(position).map_or(self.text.len(), |(byte, _)| byte)
    }
}
