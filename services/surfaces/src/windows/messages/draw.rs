//! What leaves of a window: the events that waited, as they came or told anew, and the text that need not be shown again.

use parapet_domain::Edit;

use super::{MessageWindows, flow};
use crate::anthropic_messages::{Told, tell};
use crate::windows::{Drawn, WindowLimits};
use crate::{Draft, Echo, ParsedBody, RewriteError, rewrite};

/// The window that is being judged.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// The events that waited.
    pub(super) plain: Vec<u8>,
    /// What they amount to; `None` when that is nothing to be judged.
    pub(super) body: Option<Vec<u8>>,
    /// Whether values stand in it that did not come.
    pub(super) restored: bool,
    /// Which block of the message its first one is.
    pub(super) first: usize,
    /// Blocks that had been taken out before.
    pub(super) gone: usize,
    /// Whether the message starts in it, its first block started before, and the message ends in it.
    pub(super) starts: bool,
    pub(super) resumed: bool,
    pub(super) ends: bool,
    /// The block whose text grows, and whether its start is in the window.
    pub(super) text: Option<(usize, bool)>,
}

impl MessageWindows {
    pub(in crate::windows) fn draw(
        &self,
        edits: &[(&Draft, &[Edit])],
        limits: &WindowLimits,
    ) -> Result<Drawn, RewriteError> {
        let shown = &self.shown;
        let pointer = shown.text.map(|(index, _)| flow::pointer(index));
        let of_flow = |draft: &Draft| draft.parts.iter().position(|part| Some(&part.pointer) == pointer.as_ref());
        let mut drawn = match &shown.body {
            Some(body) => shown.drawn(body, &apart(edits, of_flow))?,
            None => Drawn { bytes: shown.plain.clone(), ..Drawn::default() },
        };
        if let Some(flow) = &self.flow {
            let own = edits.iter().find_map(|(draft, edits)| Some((of_flow(draft)?, *edits)));
            let (part, edits) = own.unwrap_or_default();
            let cut = flow.segment.cut(part, edits, limits.overlap_chars);
            let text = flow.segment.edited(part, edits, cut);
            if !text.is_empty() {
                let index = flow.index.saturating_sub(shown.gone.saturating_add(drawn.gone));
                drawn.bytes.extend(flow::event(index, &text));
            }
            drawn.cuts.push(cut);
        }
        Ok(drawn)
    }

    pub(in crate::windows) fn advance(&mut self, drawn: &Drawn) {
        if let (Some(flow), Some(cut)) = (&mut self.flow, drawn.cuts.first()) {
            flow.segment.advance(*cut);
            flow.begun = true;
        }
        self.gone = self.gone.saturating_add(drawn.gone);
        self.shown = Shown::default();
        self.is_json = false;
        (self.resumed, self.fresh, self.ready, self.pinged, self.begun) = (None, 0, false, false, true);
    }
}

impl Shown {
    /// The events, as they came when nothing in them and before them was changed.
    fn drawn(&self, body: &[u8], edits: &[(Draft, Vec<Edit>)]) -> Result<Drawn, RewriteError> {
        if edits.is_empty() && self.gone == 0 && !self.restored {
            return Ok(Drawn { bytes: self.plain.clone(), ..Drawn::default() });
        }
        let edits: Vec<(Draft, &[Edit])> = edits
            .iter()
            .map(|(draft, edits)| (moved(draft, |index| index.saturating_sub(self.first)), edits.as_slice()))
            .collect();
        let edits: Vec<(&Draft, &[Edit])> = edits.iter().map(|(draft, edits)| (draft, *edits)).collect();
        let told = Told {
            first: self.first.saturating_sub(self.gone),
            starts: self.starts,
            resumed: self.resumed,
            open: self.text.is_some_and(|(_, starts)| starts),
            ends: self.ends,
        };
        let (before, after) = (tell(body, &told), tell(&rewrite(body, &edits)?, &told));
        let ((_, before), (bytes, after)) = (before.map_err(RewriteError::Body)?, after.map_err(RewriteError::Body)?);
        Ok(Drawn { bytes, gone: before.saturating_sub(after), ..Drawn::default() })
    }
}

/// The edits but for those of the text that grows.
fn apart(edits: &[(&Draft, &[Edit])], of_flow: impl Fn(&Draft) -> Option<usize>) -> Vec<(Draft, Vec<Edit>)> {
    let mut apart = Vec::new();
    for (draft, edits) in edits {
        let flow = of_flow(draft);
        let others: Vec<Edit> = edits.iter().filter(|edit| Some(edit.part) != flow).cloned().collect();
        if !others.is_empty() {
            apart.push(((*draft).clone(), others));
        }
    }
    apart
}

/// A draft whose pointers lead to other blocks.
fn moved(draft: &Draft, to: impl Fn(usize) -> usize) -> Draft {
    let mut draft = draft.clone();
    move_draft(&mut draft, to);
    draft
}

fn move_draft(draft: &mut Draft, to: impl Fn(usize) -> usize) {
    draft.parts.iter_mut().for_each(|part| part.pointer = moved_pointer(&part.pointer, &to));
    draft.echoes.iter_mut().for_each(|Echo { pointer, .. }| *pointer = moved_pointer(pointer, &to));
}

/// Lets the pointers lead to other blocks.
pub(super) fn move_blocks(parsed: &mut ParsedBody, to: impl Fn(usize) -> usize) {
    parsed.events.iter_mut().for_each(|draft| move_draft(draft, &to));
    parsed.not_inspected.iter_mut().for_each(|entry| entry.pointer = moved_pointer(&entry.pointer, &to));
}

fn moved_pointer(pointer: &str, to: impl Fn(usize) -> usize) -> String {
    let Some(rest) = pointer.strip_prefix("/content/") else { return pointer.to_owned() };
    let (index, below) = rest.split_once('/').map_or((rest, None), |(index, below)| (index, Some(below)));
    match (index.parse().map(to), below) {
        (Ok(index), Some(below)) => format!("/content/{index}/{below}"),
        (Ok(index), None) => format!("/content/{index}"),
        (Err(_), _) => pointer.to_owned(),
    }
}
