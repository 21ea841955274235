//! An answer that passes in windows: nothing leaves before a window has shown it, the end of each window stays behind, and
//! a client gets what it would have got of the whole, with the same edits made.

use std::collections::BTreeMap;

use parapet_domain::{Edit, Part};
use parapet_surfaces::{HeldAnswer, ModelApi, ParsedBody, StreamError, WindowLimits, WindowedAnswer, rewrite};
use serde_json::Value;

use crate::held::{hold, texts};
use crate::input::pieces;
use crate::sse::{assert_plain_lines, read};

/// What the judge hides when it does.
const NEEDLE: &str = "SECRET";
const HIDDEN: &str = "[x]";

pub(crate) fn check(limits: WindowLimits, content: &[u8], seed: usize, hides: bool) {
    let whole = Passed::of(limits, &[content], hides);
    for seed in [0, seed] {
        let cut = Passed::of(limits, &pieces(content, seed), hides);
        assert_eq!(whole.end.is_some(), cut.end.is_some(), "{:?} in one piece, {:?} cut by {seed}", whole.end, cut.end);
        if whole.end.is_some() {
            assert_eq!((&whole.out, &whole.windows), (&cut.out, &cut.windows), "cut by {seed}");
        } else {
            // Bytes of one piece that cannot be read take the events before them along.
            assert!(cut.out.starts_with(&whole.out), "cut by {seed}");
        }
    }
    let Some(Some(out)) = whole.end else { return };
    assert_plain_lines(&out);
    let direct = hold(ModelApi::OpenaiChat, &[content]).expect("what passes in windows can be held");
    let client = hold(ModelApi::OpenaiChat, &[&out]).expect("what left is an answer");
    let expected: Vec<_> =
        texts(&direct).into_iter().map(|(place, kind, text)| (place, kind, judge(hides, text))).collect();
    let got: Vec<_> = texts(&client).into_iter().map(|(place, kind, text)| (place, kind, text.to_owned())).collect();
    assert_eq!(got, expected, "a client gets something else than was judged");
}

/// What became of a stream.
struct Passed {
    /// What left in windows.
    out: Vec<u8>,
    windows: usize,
    /// All that left, when the stream came to its end; within it `None` when its rest was refused.
    end: Option<Option<Vec<u8>>>,
}

impl Passed {
    fn of(limits: WindowLimits, pieces: &[&[u8]], hides: bool) -> Self {
        let mut passed = Self { out: Vec::new(), windows: 0, end: None };
        let end = passed.run(limits, pieces, hides);
        passed.end = end.ok();
        passed
    }

    fn run(&mut self, limits: WindowLimits, pieces: &[&[u8]], hides: bool) -> Result<Option<Vec<u8>>, StreamError> {
        let mut answer = WindowedAnswer::new(limits);
        let mut seen = Seen::default();
        for piece in pieces {
            answer.push(piece)?;
            while let Some(window) = answer.window()? {
                seen.show(&window);
                let edits = edits_of(hides, &window.events[0].parts);
                let drawn = answer.draw(&edits);
                seen.release(&drawn.bytes, limits.overlap_chars, edits.is_empty());
                self.out.extend(&drawn.bytes);
                self.windows += 1;
                answer.advance(&drawn);
            }
        }
        Ok(rest(answer.finish()?, hides).map(|rest| [self.out.as_slice(), &rest].concat()))
    }
}

/// What leaves of the rest. `None` when the edits would break the arguments of a call, which is refused then.
fn rest(held: HeldAnswer, hides: bool) -> Option<Vec<u8>> {
    let edits: Vec<Vec<Edit>> = held.parsed.events.iter().map(|draft| edits_of(hides, &draft.parts)).collect();
    if edits.iter().all(Vec::is_empty) {
        return Some(held.replay(None).expect("an unchanged answer"));
    }
    let drafts: Vec<_> =
        held.parsed.events.iter().zip(&edits).map(|(draft, edits)| (draft, edits.as_slice())).collect();
    let edited = rewrite(&held.body, &drafts).ok()?;
    held.replay(Some(&edited)).ok()
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
        for part in &window.events[0].parts {
            let shown = self.shown.entry(part.pointer.clone()).or_default();
            let offset = usize::try_from(part.offset).unwrap();
            assert!(offset <= shown.len(), "text between two windows was shown in neither");
            let text: Vec<char> = part.text.chars().collect();
            assert!(text.starts_with(&shown[offset..]), "a window shows other text again than before");
            shown.truncate(offset);
            shown.extend(text);
        }
    }

    fn release(&mut self, bytes: &[u8], overlap: usize, unedited: bool) {
        self.edited |= !unedited;
        for (place, text) in texts_of(bytes) {
            let (left, shown) = (self.left.entry(place.clone()).or_default(), &self.shown[&place]);
            left.extend(text.chars());
            if !self.edited {
                assert!(shown.starts_with(left), "what left is not what was shown");
                assert!(left.len() + overlap <= shown.len(), "the end of a window left with it");
            }
            assert!(!self.edited || !String::from_iter(left.iter()).contains(NEEDLE), "what was to be hidden has left");
        }
    }
}

/// The texts in the chunks of a stream, by their place in the answer.
fn texts_of(stream: &[u8]) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for event in read(&[stream], usize::MAX).0 {
        let chunk: Value = serde_json::from_str(&event.data).expect("what leaves is JSON");
        for choice in chunk["choices"].as_array().into_iter().flatten() {
            for (field, text) in choice["delta"].as_object().into_iter().flatten().filter(|(key, _)| *key != "role") {
                let place = format!("/choices/{}/message/{field}", choice["index"]);
                all.push((place, text.as_str().expect("a text").to_owned()));
            }
        }
    }
    all
}

fn edits_of(hides: bool, parts: &[Part]) -> Vec<Edit> {
    let all = parts.iter().enumerate().filter(|_| hides);
    all.flat_map(|(part, content)| {
        content.text.match_indices(NEEDLE).map(move |(byte, _)| {
            let start = content.text[..byte].chars().count();
            Edit { part, start, end: start + NEEDLE.len(), replacement: HIDDEN.to_owned() }
        })
    })
    .collect()
}

fn judge(hides: bool, text: &str) -> String {
    if hides { text.replace(NEEDLE, HIDDEN) } else { text.to_owned() }
}
