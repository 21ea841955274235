//! An answer that passes in windows: nothing leaves before a window has shown it, the end of a text that grows stays
//! behind, and a client gets what it would have got had all of it been held, with the same edits made.

use std::collections::BTreeMap;

use parapet_domain::{Edit, Part};
use parapet_surfaces::{Draft, HeldAnswer, ModelApi, ParsedBody, StreamError, WindowLimits, WindowedAnswer, rewrite};
use serde_json::Value;

use crate::held::{hold, texts};
use crate::input::pieces;
use crate::sse::{assert_plain_lines, read};

/// What the judge hides when it does.
const NEEDLE: &str = "SECRET";

/// How an answer passes.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    pub(crate) api: ModelApi,
    pub(crate) limits: WindowLimits,
    pub(crate) hides: bool,
}

pub(crate) fn check(way: Way, content: &[u8], seed: usize) {
    let whole = Passed::of(way, &[content]);
    for seed in [0, seed] {
        let cut = Passed::of(way, &pieces(content, seed));
        assert_eq!(whole.end.is_ok(), cut.end.is_ok(), "{:?} in one piece, {:?} cut by {seed}", whole.end, cut.end);
        if whole.end.is_ok() {
            assert_eq!((&whole.out, whole.windows), (&cut.out, cut.windows), "cut by {seed}");
        } else {
            // Bytes of one piece that cannot be read take the events before them along.
            assert!(cut.out.starts_with(&whole.out), "cut by {seed}");
        }
    }
    let Ok(end) = whole.end else { return };
    let held = at_once(way, hold(way.api, &[content]).expect("what passes in windows can be held"));
    assert_eq!(end == End::Complete, held.is_some(), "in windows it ends as {end:?}");
    let Some(held) = held else { return };
    assert_plain_lines(&whole.out);
    let client = hold(way.api, &[&whole.out]).expect("what left is an answer");
    assert_eq!(texts(&client), texts(&held), "a client gets something else than of the whole");
}

/// The answer that a client gets when all of it is held. `None` when the edits cannot be made.
fn at_once(way: Way, held: HeldAnswer) -> Option<HeldAnswer> {
    let edits: Vec<Vec<Edit>> = held.parsed.events.iter().map(|draft| edits_of(way, &draft.parts)).collect();
    if edits.iter().all(Vec::is_empty) {
        return Some(held);
    }
    let edited = rewrite(&held.body, &paired(&held.parsed, &edits)).ok()?;
    let told = way.api.replay(&edited).ok()?;
    Some(hold(way.api, &[&told]).expect("what is told anew is an answer"))
}

#[derive(Debug, PartialEq)]
enum End {
    Complete,
    /// The edits would break something, such as the arguments of a call, so the rest is refused.
    Refused,
}

/// What became of a stream.
struct Passed {
    out: Vec<u8>,
    windows: usize,
    end: Result<End, StreamError>,
    seen: Seen,
}

impl Passed {
    fn of(way: Way, pieces: &[&[u8]]) -> Self {
        let mut passed = Self { out: Vec::new(), windows: 0, end: Ok(End::Complete), seen: Seen::default() };
        passed.end = passed.run(way, pieces);
        passed
    }

    fn run(&mut self, way: Way, pieces: &[&[u8]]) -> Result<End, StreamError> {
        let mut answer = WindowedAnswer::new(way.api, way.limits);
        for piece in pieces {
            answer.push(piece)?;
            while let Some(window) = answer.window()? {
                if !self.release(way, &mut answer, &window, false) {
                    return Ok(End::Refused);
                }
            }
        }
        let rest = answer.finish()?;
        Ok(if self.release(way, &mut answer, &rest, true) { End::Complete } else { End::Refused })
    }

    /// Whether the edits of the window can be made.
    fn release(&mut self, way: Way, answer: &mut WindowedAnswer, window: &ParsedBody, last: bool) -> bool {
        self.seen.show(window);
        let edits: Vec<Vec<Edit>> = window.events.iter().map(|draft| edits_of(way, &draft.parts)).collect();
        let Ok(drawn) = answer.draw(&paired(window, &edits)) else { return false };
        self.seen.edited |= edits.iter().any(|edits| !edits.is_empty());
        if !last {
            self.seen.release(way, &drawn.bytes);
        }
        self.out.extend(&drawn.bytes);
        self.windows += 1;
        answer.advance(&drawn);
        true
    }
}

/// What windows have shown of each text so far, and how much of it has left, both without edits.
#[derive(Default)]
struct Seen {
    shown: BTreeMap<String, Vec<char>>,
    left: BTreeMap<String, Vec<char>>,
    edited: bool,
}

impl Seen {
    fn show(&mut self, window: &ParsedBody) {
        for part in window.events.iter().flat_map(|draft| &draft.parts) {
            let shown = self.shown.entry(part.pointer.clone()).or_default();
            let offset = usize::try_from(part.offset).unwrap();
            assert!(offset <= shown.len(), "text between two windows was shown in neither");
            let text: Vec<char> = part.text.chars().collect();
            assert!(text.starts_with(&shown[offset..]), "a window shows other text again than before");
            shown.truncate(offset);
            shown.extend(text);
        }
    }

    fn release(&mut self, way: Way, bytes: &[u8]) {
        // Every text of a chat grows to the end; the blocks of a message are complete one after the other.
        let stays = if way.api == ModelApi::OpenaiChat { way.limits.overlap_chars } else { 0 };
        for (place, text) in texts_of(way.api, bytes) {
            let left = self.left.entry(place.clone()).or_default();
            left.extend(text.chars());
            if self.edited {
                assert!(!String::from_iter(left.iter()).contains(NEEDLE), "what was to be hidden has left");
            } else {
                let shown = self.shown.get(&place).map_or(&[][..], Vec::as_slice);
                assert!(shown.starts_with(left), "what left at {place} is not what was shown");
                assert!(left.is_empty() || left.len() + stays <= shown.len(), "the end of a window left with it");
            }
        }
    }
}

/// The texts in the events of a stream, by their place in the answer.
fn texts_of(api: ModelApi, stream: &[u8]) -> Vec<(String, String)> {
    let events = read(&[stream], usize::MAX).0.into_iter().filter(|event| event.data != "[DONE]");
    let events = events.map(|event| serde_json::from_str::<Value>(&event.data).expect("what leaves is JSON"));
    let texts = |event: Value| match api {
        ModelApi::OpenaiChat => of_chunk(&event),
        ModelApi::AnthropicMessages => of_block(&event),
        // Its events repeat their texts; what a client gets of them in the end is compared for all protocols.
        ModelApi::OpenaiResponses => Vec::new(),
    };
    events.flat_map(texts).collect()
}

fn of_chunk(chunk: &Value) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for choice in chunk["choices"].as_array().into_iter().flatten() {
        for (field, text) in choice["delta"].as_object().into_iter().flatten().filter(|(key, _)| *key != "role") {
            let place = format!("/choices/{}/message/{field}", choice["index"]);
            all.push((place, text.as_str().expect("a text").to_owned()));
        }
    }
    all
}

/// What clients add up: a delta of another type is no text to them, and is listed where it has any.
fn of_block(event: &Value) -> Vec<(String, String)> {
    let text = [("/content_block", "text"), ("/delta", "text_delta")].into_iter().find_map(|(pointer, kind)| {
        let block = event.pointer(pointer).filter(|block| block["type"] == kind)?;
        Some((format!("/content/{}/text", event["index"]), block["text"].as_str()?.to_owned()))
    });
    text.into_iter().collect()
}

fn paired<'a>(parsed: &'a ParsedBody, edits: &'a [Vec<Edit>]) -> Vec<(&'a Draft, &'a [Edit])> {
    let all = parsed.events.iter().zip(edits).filter(|(_, edits)| !edits.is_empty());
    all.map(|(draft, edits)| (draft, edits.as_slice())).collect()
}

fn edits_of(way: Way, parts: &[Part]) -> Vec<Edit> {
    let all = parts.iter().enumerate().filter(|_| way.hides);
    all.flat_map(|(part, content)| {
        content.text.match_indices(NEEDLE).map(move |(byte, _)| {
            let start = content.text[..byte].chars().count();
            Edit { part, start, end: start + NEEDLE.len(), replacement: "[x]".to_owned() }
        })
    })
    .collect()
}
