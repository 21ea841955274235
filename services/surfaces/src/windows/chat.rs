//! Chat completions: texts that grow side by side make windows. What is no plain text ends them, and the rest is held whole.

mod lanes;

#[cfg(test)]
mod tests;

use parapet_domain::{Edit, Part, Stage};

use super::segment::Segment;
use super::{Drawn, WindowLimits};
use crate::restore::Restorer;
use crate::sse::SseEvent;
use crate::{Draft, HeldAnswer, ModelApi, ParsedBody, RewriteError, StreamAnswer, StreamError, rewrite};
use lanes::Lane;
pub(super) use lanes::{ChatLanes, Reading};

/// Lanes (texts that grow side by side) that are told apart. With more than these the answer is held whole.
const MAX_LANES: usize = 64;

#[derive(Debug, Default)]
pub(super) struct ChatWindows {
    lanes: ChatLanes,
    segments: Vec<(Lane, Segment)>,
    /// The segments that the window shows which is being judged, in the order of its parts.
    shown: Vec<usize>,
    /// What follows the windows.
    rest: Option<StreamAnswer>,
    rest_bytes: usize,
    /// The rest, once it is complete.
    held: Option<HeldAnswer>,
    /// What becomes of tokens.
    pub(super) restorer: Option<Restorer>,
}

impl ChatWindows {
    pub(super) fn take(&mut self, event: &SseEvent, limits: &WindowLimits) -> Result<(), StreamError> {
        if self.rest.is_some() {
            return self.take_rest(event, limits);
        }
        match self.lanes.read(event) {
            Reading::Texts(texts) => texts.into_iter().try_for_each(|(lane, text)| self.grow(lane, &text, limits)),
            Reading::Other => self.end_windows(event, limits),
        }
    }

    pub(super) fn is_due(&self, limits: &WindowLimits) -> bool {
        let fresh: usize = self.segments.iter().map(|(_, segment)| segment.fresh).sum();
        self.rest.is_none() && fresh >= limits.window_chars
    }

    /// The window: one part for each lane with new text.
    pub(super) fn show(&mut self) -> ParsedBody {
        let shows = |at: &usize| self.segments.get(*at).is_some_and(|(_, segment)| segment.fresh > 0);
        self.shown = (0..self.segments.len()).filter(shows).collect();
        let shown = || self.shown.iter().filter_map(|at| self.segments.get(*at));
        let parts = shown().map(|(lane, segment)| segment.part(lane.template())).collect();
        let restored = shown().enumerate().flat_map(|(part, (_, segment))| segment.undoing(part)).collect();
        let draft = Draft { restored, ..Draft::new(Stage::Output, parts) };
        ParsedBody { events: vec![draft], stream: true, ..ParsedBody::default() }
    }

    pub(super) fn is_done(&self) -> bool {
        self.rest.as_ref().is_some_and(StreamAnswer::is_done)
    }

    pub(super) fn finish(&mut self) -> Result<ParsedBody, StreamError> {
        let mut held = self.rest.take().ok_or(StreamError::Truncated)?.finish()?;
        if let Some(restorer) = &mut self.restorer {
            let of_part = |part: &Part| self.segments.iter().find(|(lane, _)| lane.pointer() == part.pointer);
            held = restorer.held(held, &|part| of_part(part).is_some_and(|(_, segment)| segment.is_json()));
        }
        let mut parsed = std::mem::take(&mut held.parsed);
        for part in parsed.events.iter_mut().flat_map(|draft| &mut draft.parts) {
            let segment = self.segments.iter().find(|(lane, _)| lane.pointer() == part.pointer);
            part.offset = segment.map_or(0, |(_, segment)| segment.released);
        }
        self.shown.clear();
        self.held = Some(held);
        Ok(parsed)
    }

    pub(super) fn draw(&self, edits: &[(&Draft, &[Edit])], limits: &WindowLimits) -> Result<Drawn, RewriteError> {
        if let Some(held) = &self.held {
            return Ok(Drawn { bytes: whole(held, edits)?, ..Drawn::default() });
        }
        let edits = edits.first().map_or(&[][..], |(_, edits)| edits);
        let mut drawn = Drawn::default();
        let shown = self.shown.iter().filter_map(|at| self.segments.get(*at));
        for (part, (lane, segment)) in shown.enumerate() {
            let cut = segment.cut(part, edits, limits.overlap_chars);
            let text = segment.edited(part, edits, cut);
            if !text.is_empty() {
                drawn.bytes.extend(self.lanes.event(lane, &text));
            }
            drawn.cuts.push(cut);
        }
        Ok(drawn)
    }

    pub(super) fn advance(&mut self, drawn: &Drawn) {
        for (at, cut) in std::mem::take(&mut self.shown).into_iter().zip(&drawn.cuts) {
            if let Some((lane, segment)) = self.segments.get_mut(at) {
                segment.advance(*cut);
                self.lanes.has_left(lane, *cut);
            }
        }
    }

    fn grow(&mut self, lane: Lane, text: &str, limits: &WindowLimits) -> Result<(), StreamError> {
        match self.segments.iter_mut().find(|(known, _)| *known == lane) {
            Some((_, segment)) => segment.take(text, self.restorer.as_mut()),
            None => {
                let mut segment = Segment::default();
                segment.take(text, self.restorer.as_mut());
                self.segments.push((lane, segment));
            }
        }
        let limit = limits.max_buffer_bytes;
        if self.waiting() > limit { Err(StreamError::TooLarge { limit }) } else { Ok(()) }
    }

    fn waiting(&self) -> usize {
        self.segments.iter().map(|(_, segment)| segment.bytes()).sum()
    }

    /// From here on all is held: what waits of the windows, with the tokens that came, `event` and what follows it.
    fn end_windows(&mut self, event: &SseEvent, limits: &WindowLimits) -> Result<(), StreamError> {
        let mut rest = ModelApi::OpenaiChat.stream(limits.max_buffer_bytes);
        for (lane, segment) in &self.segments {
            rest.take(&SseEvent { data: self.lanes.chunk(lane, &segment.as_it_came()), ..SseEvent::default() })?;
        }
        self.rest_bytes = self.waiting();
        self.rest = Some(rest);
        self.take_rest(event, limits)
    }

    fn take_rest(&mut self, event: &SseEvent, limits: &WindowLimits) -> Result<(), StreamError> {
        self.rest_bytes = self.rest_bytes.saturating_add(event.data.len());
        let limit = limits.max_buffer_bytes;
        if self.rest_bytes > limit {
            return Err(StreamError::TooLarge { limit });
        }
        self.rest.as_mut().map_or(Ok(()), |rest| rest.take(event))
    }
}

/// All that was held: as it came, or told anew with its edits.
fn whole(held: &HeldAnswer, edits: &[(&Draft, &[Edit])]) -> Result<Vec<u8>, RewriteError> {
    if edits.iter().all(|(_, edits)| edits.is_empty()) {
        return Ok(held.plain.clone());
    }
    held.api.replay(&rewrite(&held.body, edits)?).map_err(RewriteError::Body)
}
