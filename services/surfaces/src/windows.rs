//! A streamed answer judged in overlapping windows: text leaves while more of it comes, and memory stays constant. The end of each
//! window waits to be shown again with what follows. What is no plain text ends the windows, and the rest is held whole.

mod chat;
mod segment;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use parapet_domain::{Edit, Stage};

use crate::sse::{SseEvent, SseParser};
use crate::{Draft, HeldAnswer, ModelApi, ParsedBody, StreamAnswer, StreamError};
use chat::{ChatLanes, Reading};
use segment::{Lane, Segment};

/// Lanes (texts that grow side by side) that are told apart. With more than these the answer is held whole.
const MAX_LANES: usize = 64;

/// How an answer is cut into windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowLimits {
    /// New text that makes a window, in Unicode scalar values.
    pub window_chars: usize,
    /// Text at the end of a window that waits for the next one, in Unicode scalar values. What a guard looks for must not be longer.
    pub overlap_chars: usize,
    /// Most bytes that may wait: of text in windows, and of what follows them.
    pub max_buffer_bytes: usize,
}

/// A streamed answer that is coming in.
#[derive(Debug)]
pub struct WindowedAnswer {
    limits: WindowLimits,
    parser: SseParser,
    coming: VecDeque<SseEvent>,
    lanes: ChatLanes,
    segments: Vec<Segment>,
    /// The segments that the window shows which is being judged, in the order of its parts.
    shown: Vec<usize>,
    /// What follows the windows.
    rest: Option<StreamAnswer>,
    rest_bytes: usize,
}

/// What may leave of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// Server-sent events with the text that was judged and need not be shown again. May be empty.
    pub bytes: Vec<u8>,
    /// How much of each part that is, in Unicode scalar values before the edits.
    cuts: Vec<usize>,
}

impl WindowedAnswer {
    /// An answer in the form of OpenAI chat completions.
    #[must_use]
    pub fn new(limits: WindowLimits) -> Self {
        Self {
            limits,
            parser: SseParser::new(limits.max_buffer_bytes),
            coming: VecDeque::new(),
            lanes: ChatLanes::default(),
            segments: Vec::new(),
            shown: Vec::new(),
            rest: None,
            rest_bytes: 0,
        }
    }

    /// Takes the next bytes, cut anywhere.
    ///
    /// # Errors
    /// An event is too long or no UTF-8. The answer is of no more use.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), StreamError> {
        let mut events = Vec::new();
        self.parser.push(bytes, &mut events)?;
        self.coming.extend(events);
        Ok(())
    }

    /// The next window of what has come so far, or `None` when more has to come. It is to be judged, and then to be taken out with
    /// [`draw`](Self::draw) and [`advance`](Self::advance) before the next one is asked for.
    ///
    /// # Errors
    /// What came is no answer of the protocol, or more than may wait.
    pub fn window(&mut self) -> Result<Option<ParsedBody>, StreamError> {
        while let Some(event) = self.coming.pop_front() {
            self.take(event)?;
            if self.rest.is_none() && self.fresh_chars() >= self.limits.window_chars {
                return Ok(Some(self.show()));
            }
        }
        Ok(None)
    }

    /// Whether the end of the answer has come, so that nothing more has to be waited for.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.rest.as_ref().is_some_and(StreamAnswer::is_done)
    }

    /// The upstream has ended its stream: what is left of it, to be judged as a whole.
    ///
    /// # Errors
    /// The stream is incomplete, or the rest cannot be taken apart.
    pub fn finish(mut self) -> Result<HeldAnswer, StreamError> {
        let mut events = Vec::new();
        self.parser.finish(&mut events)?;
        self.coming.extend(events);
        while let Some(event) = self.coming.pop_front() {
            self.take(event)?;
        }
        let rest = self.rest.take().ok_or(StreamError::Truncated)?;
        let mut held = rest.finish()?;
        for part in held.parsed.events.iter_mut().flat_map(|draft| &mut draft.parts) {
            let segment = self.segments.iter().find(|segment| segment.lane.pointer() == part.pointer);
            part.offset = segment.map_or(0, |segment| segment.released);
        }
        Ok(held)
    }

    /// What may leave of the window under the edits of its parts, which have to be disjoint and in text order.
    #[must_use]
    pub fn draw(&self, edits: &[Edit]) -> Drawn {
        let mut drawn = Drawn { bytes: Vec::new(), cuts: Vec::with_capacity(self.shown.len()) };
        for (part, segment) in self.shown.iter().filter_map(|at| self.segments.get(*at)).enumerate() {
            let cut = segment.cut(part, edits, self.limits.overlap_chars);
            let text = segment.edited(part, edits, cut);
            if !text.is_empty() {
                drawn.bytes.extend(self.lanes.event(&segment.lane, &text));
            }
            drawn.cuts.push(cut);
        }
        drawn
    }

    /// Takes what was drawn out of the window.
    pub fn advance(&mut self, drawn: &Drawn) {
        for (at, cut) in std::mem::take(&mut self.shown).into_iter().zip(&drawn.cuts) {
            if let Some(segment) = self.segments.get_mut(at) {
                segment.advance(*cut);
                self.lanes.has_left(&segment.lane, *cut);
            }
        }
    }

    fn take(&mut self, event: SseEvent) -> Result<(), StreamError> {
        if self.rest.is_some() {
            return self.take_rest(&event);
        }
        match self.lanes.read(&event) {
            Reading::Texts(texts) => texts.into_iter().try_for_each(|(lane, text)| self.grow(lane, &text)),
            Reading::Other => self.end_windows(&event),
        }
    }

    fn grow(&mut self, lane: Lane, text: &str) -> Result<(), StreamError> {
        let segment = match self.segments.iter().position(|segment| segment.lane == lane) {
            Some(at) => self.segments.get_mut(at),
            None => {
                self.segments.push(Segment::new(lane));
                self.segments.last_mut()
            }
        };
        if let Some(segment) = segment {
            segment.push(text);
        }
        let waiting: usize = self.segments.iter().map(Segment::bytes).sum();
        let limit = self.limits.max_buffer_bytes;
        if waiting > limit { Err(StreamError::TooLarge { limit }) } else { Ok(()) }
    }

    /// From here on all is held: what waits of the windows, `event` and what follows it.
    fn end_windows(&mut self, event: &SseEvent) -> Result<(), StreamError> {
        let mut rest = ModelApi::OpenaiChat.stream(self.limits.max_buffer_bytes);
        for segment in &self.segments {
            rest.take(&SseEvent { data: self.lanes.chunk(&segment.lane, segment.text()), ..SseEvent::default() })?;
        }
        self.rest_bytes = self.segments.iter().map(Segment::bytes).sum();
        self.rest = Some(rest);
        self.take_rest(event)
    }

    fn take_rest(&mut self, event: &SseEvent) -> Result<(), StreamError> {
        self.rest_bytes = self.rest_bytes.saturating_add(event.data.len());
        let limit = self.limits.max_buffer_bytes;
        if self.rest_bytes > limit {
            return Err(StreamError::TooLarge { limit });
        }
        self.rest.as_mut().map_or(Ok(()), |rest| rest.take(event))
    }

    fn fresh_chars(&self) -> usize {
        self.segments.iter().map(|segment| segment.fresh).sum()
    }

    /// The window: one part for each lane with new text.
    fn show(&mut self) -> ParsedBody {
        self.shown =
            (0..self.segments.len()).filter(|at| self.segments.get(*at).is_some_and(|s| s.fresh > 0)).collect();
        let parts = self.shown.iter().filter_map(|at| self.segments.get(*at)).map(Segment::part).collect();
        ParsedBody { events: vec![Draft::new(Stage::Output, parts)], stream: true, ..ParsedBody::default() }
    }
}
