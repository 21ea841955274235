//! Edits made to a body: what comes out is JSON, the edited values are what was asked for, and every other byte stays.

use std::collections::BTreeMap;

use parapet_domain::{Edit, Part, json};
use parapet_surfaces::mcp::{Asked, Message, Sender};
use parapet_surfaces::{Draft, Leaves, ModelApi, RewriteError, rewrite};
use serde_json::Value;

use crate::coverage::within;
use crate::input::settings;
use crate::painted::painted;
use crate::spans::{between, span};

const REPLACEMENTS: [&str; 8] = ["", "x", "[gone]", "\"\\\n", "😀", "\u{2028}", "}", "ß\u{0}"];

pub(crate) fn check(data: &[u8]) {
    let Some(([kind, count, a, b, c], body)) = settings(data) else { return };
    let Some(drafts) = drafts(kind, body) else { return };
    let mut chance = Chance((a | b << 8 | c << 16) as u32);
    let wild: Vec<Vec<Edit>> = drafts.iter().map(|_| (0..3).map(|_| chance.wild()).collect()).collect();
    // Spans that fit nothing are refused or do nothing; they come from no verdict that was accepted.
    let _ = rewrite(body, &paired(&drafts, &wild));
    let edits: Vec<Vec<Edit>> = drafts.iter().map(|draft| chance.edits(draft, 1 + count % 6)).collect();
    let changes = Changes::of(&drafts, &edits);
    match rewrite(body, &paired(&drafts, &edits)) {
        Ok(out) => changes.assert_made(body, &out),
        Err(RewriteError::Structure(_)) => assert!(changes.touch_json(), "text alone was edited"),
        Err(RewriteError::Overlap(_)) => assert!(changes.overlap(), "no two edited values overlap"),
        Err(error) => panic!("{error}"),
    }
}

/// What a surface makes of the body.
fn drafts(kind: usize, body: &[u8]) -> Option<Vec<Draft>> {
    let api = [ModelApi::OpenaiChat, ModelApi::OpenaiResponses, ModelApi::AnthropicMessages][kind % 3];
    match kind % 8 {
        0..3 => api.parse_request(body).ok().map(|parsed| parsed.events),
        3..6 => api.parse_answer(body).ok().map(|parsed| parsed.events),
        kind => {
            let asked = Asked { method: "tools/call".to_owned(), tool: Some("look".to_owned()) };
            let sender = if kind == 6 { Sender::Client } else { Sender::Server };
            Some(Message::parse(body).ok()?.take_apart(sender, Some(&asked)).ok()?.body.events)
        }
    }
}

fn paired<'a>(drafts: &'a [Draft], edits: &'a [Vec<Edit>]) -> Vec<(&'a Draft, &'a [Edit])> {
    drafts.iter().zip(edits).map(|(draft, edits)| (draft, edits.as_slice())).collect()
}

/// Values that come of an input alone.
struct Chance(u32);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 16) as usize % end.max(1)
    }

    fn wild(&mut self) -> Edit {
        Edit { part: self.below(4), start: self.below(9), end: self.below(9), replacement: "x".to_owned() }
    }

    /// Edits that a verdict may have: each within the text of its part.
    fn edits(&mut self, draft: &Draft, count: usize) -> Vec<Edit> {
        let mut edits = Vec::new();
        for _ in 0..count {
            let part = self.below(draft.parts.len());
            let chars = draft.parts.get(part).map_or(0, |part| part.text.chars().count());
            let (start, length, which) = (self.below(chars), self.below(6), self.below(REPLACEMENTS.len()));
            if chars > 0 {
                let end = (start + 1 + length).min(chars);
                edits.push(Edit { part, start, end, replacement: REPLACEMENTS[which].to_owned() });
            }
        }
        edits
    }
}

/// What has to become of each value: its part with the edits, or nothing for what only repeats a part.
#[derive(Default)]
struct Changes<'a> {
    parts: Vec<(&'a Part, String)>,
    echoes: BTreeMap<&'a str, Leaves>,
}

impl<'a> Changes<'a> {
    fn of(drafts: &'a [Draft], edits: &[Vec<Edit>]) -> Self {
        let mut changes = Self::default();
        for (draft, edits) in drafts.iter().zip(edits) {
            let edited = |n: usize| edits.iter().any(|edit| edit.part == n);
            for (n, part) in draft.parts.iter().enumerate().filter(|(n, _)| edited(*n)) {
                changes.parts.push((part, painted(&part.text, n, edits)));
            }
            let echoes = draft.echoes.iter().filter(|echo| edited(echo.part));
            changes.echoes.extend(echoes.map(|echo| (echo.pointer.as_str(), echo.leaves)));
        }
        changes
    }

    fn pointers(&self) -> Vec<&str> {
        self.parts.iter().map(|(part, _)| part.pointer.as_str()).chain(self.echoes.keys().copied()).collect()
    }

    fn touch_json(&self) -> bool {
        self.parts.iter().any(|(part, _)| part.json.is_some())
    }

    fn overlap(&self) -> bool {
        let all = self.pointers();
        (0..all.len()).any(|a| (0..all.len()).any(|b| a != b && within(all[a], all[b])))
    }

    /// Pointers of what is taken out of its list.
    fn gone(&self) -> impl Iterator<Item = &str> {
        self.echoes.iter().filter(|(_, leaves)| **leaves == Leaves::Nothing).map(|(pointer, _)| *pointer)
    }

    /// The value that the body has with the changes made.
    fn made_by_hand(&self, body: &[u8]) -> Value {
        let mut value = json::parse(body).unwrap();
        for (part, text) in &self.parts {
            let place = value.pointer_mut(&part.pointer).expect("an edited value is there");
            *place = if place.is_string() { text.clone().into() } else { json::parse_str(text).unwrap() };
        }
        for pointer in self.echoes.iter().filter(|(_, leaves)| **leaves == Leaves::Null).map(|(pointer, _)| pointer) {
            *value.pointer_mut(pointer).expect("a repeated value is there") = Value::Null;
        }
        let place =
            |pointer: &str| pointer.rsplit_once('/').and_then(|(list, n)| Some((list.to_owned(), n.parse().ok()?)));
        let mut gone: Vec<(String, usize)> = self.gone().map(|pointer| place(pointer).expect("an item")).collect();
        gone.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        for (list, n) in gone {
            value.pointer_mut(&list).and_then(Value::as_array_mut).expect("a list").remove(n);
        }
        value
    }

    fn assert_made(&self, body: &[u8], out: &[u8]) {
        let value = json::parse(out).expect("what comes out is JSON");
        if self.gone().next().is_some() {
            // Places have moved, so that bytes cannot be told apart by them.
            assert_eq!(value, self.made_by_hand(body));
            return;
        }
        let (body, out) = (std::str::from_utf8(body).unwrap(), std::str::from_utf8(out).unwrap());
        let mut pointers = self.pointers();
        pointers.sort_by_key(|pointer| span(body, pointer).expect("an edited value is there").start);
        let spans = |text: &str| -> Vec<_> {
            pointers.iter().map(|pointer| span(text, pointer).expect("an edited value stays in its place")).collect()
        };
        assert_eq!(between(out, &spans(out)), between(body, &spans(body)), "something else was changed");
        for (part, expected) in &self.parts {
            let value = &out[span(out, &part.pointer).unwrap()];
            let text = serde_json::from_str::<String>(value).unwrap_or_else(|_| value.to_owned());
            let was_string = body[span(body, &part.pointer).unwrap()].starts_with('"');
            assert_eq!(if was_string { text } else { value.to_owned() }, *expected, "at {}", part.pointer);
        }
        for pointer in self.echoes.keys() {
            assert_eq!(&out[span(out, pointer).unwrap()], "null", "at {pointer}");
        }
    }
}
