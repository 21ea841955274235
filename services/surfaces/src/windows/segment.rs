//! A text that comes in pieces: what has come of it and not left yet.

use parapet_domain::{Edit, Part, redact};

use crate::restore::{Restorer, written};

/// What a value that was put back takes besides its text.
const RESTORED_BYTES: usize = size_of::<Edit>() + 64;

#[derive(Debug, Default)]
pub(super) struct Segment {
    text: String,
    chars: usize,
    /// Characters at the end of `text` that no window has shown.
    pub(super) fresh: usize,
    /// Characters that have left.
    pub(super) released: u64,
    /// The end of what came, which may go on as a token.
    pending: String,
    /// Where values were put back, with their tokens.
    restored: Vec<Edit>,
    /// The first character that is no white space.
    first: Option<char>,
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

    /// Takes text in which tokens become values, if there is anything to be put back.
    pub(super) fn take(&mut self, text: &str, restorer: Option<&mut Restorer>) {
        match restorer {
            Some(restorer) => self.push_restored(text, restorer),
            None => self.push(text),
        }
    }

    /// Tokens beyond the room stay what they are.
    fn push_restored(&mut self, text: &str, restorer: &mut Restorer) {
        let (tokens, room) = restorer.tokens();
        self.first = self.first.or_else(|| text.trim_start().chars().next());
        let mut coming = std::mem::take(&mut self.pending);
        coming.push_str(text);
        self.pending = coming.split_off(tokens.unfinished(&coming));
        let mut copied = 0;
        for found in tokens.find(&coming) {
            if !room.take(found.value.len()) {
                break;
            }
            self.push(coming.get(copied..found.start).unwrap_or_default());
            let start = self.chars;
            self.push(&written(found.value, self.is_json()));
            self.restored.push(Edit { part: 0, start, end: self.chars, replacement: found.token.to_owned() });
            copied = found.range().end;
        }
        self.push(coming.get(copied..).unwrap_or_default());
    }

    /// Whether the text is an answer in JSON, as far as its beginning tells.
    pub(super) fn is_json(&self) -> bool {
        self.first == Some('{')
    }

    /// What has not left, with the tokens that came.
    pub(super) fn as_it_came(&self) -> String {
        redact::apply(&self.text, 0, &self.restored) + &self.pending
    }

    /// Edits that would put the tokens back, for part `part` of a window.
    pub(super) fn undoing(&self, part: usize) -> impl Iterator<Item = Edit> {
        self.restored.iter().map(move |edit| Edit { part, ..edit.clone() })
    }

    pub(super) const fn bytes(&self) -> usize {
        self.text.len() + self.pending.len() + self.restored.len() * RESTORED_BYTES
    }

    /// As a part of a window, with the text put into `template`.
    pub(super) fn part(&self, template: Part) -> Part {
        Part { text: self.text.clone(), offset: self.released, is_final: false, ..template }
    }

    /// How many characters may leave: all but the overlap. An edit across that border leaves whole when more text follows it;
    /// one that reaches to the end may go on in what is still to come, so it stays whole. So does a value that was put back.
    pub(super) fn cut(&self, part: usize, edits: &[Edit], overlap: usize) -> usize {
        let border = self.chars.saturating_sub(overlap);
        let whole = edits.iter().filter(|edit| edit.part == part).cloned().chain(self.undoing(part));
        let whole = redact::merge(&whole.collect::<Vec<_>>());
        let across = whole.iter().find(|edit| edit.start < border && border < edit.end);
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
        self.restored.retain(|edit| edit.end > cut);
        for edit in &mut self.restored {
            (edit.start, edit.end) = (edit.start.saturating_sub(cut), edit.end - cut);
        }
        self.fresh = 0;
    }

    fn byte_of(&self, position: usize) -> usize {
        self.text.char_indices().nth(position).map_or(self.text.len(), |(byte, _)| byte)
    }
}
