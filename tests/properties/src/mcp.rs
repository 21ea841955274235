//! The Model Context Protocol: lines and events cut anywhere are the same messages; a message is shown to the guards as a
//! whole or refused; what Parapet says itself is a message, with the id of what it answers.

use std::collections::BTreeSet;

use parapet_domain::fold::{Refusal, RefusalKind};
use parapet_domain::json;
use parapet_surfaces::RefusalContext;
use parapet_surfaces::mcp::{
    Asked, Kind, Line, LineReader, Message, ParsedMessage, RequestId, Sender, Split, cut, error_reply, line,
    refused_reply, split,
};
use parapet_surfaces::sse::SseEvent;
use serde_json::Value;

use crate::coverage::uncovered;
use crate::input::{pieces, settings};
use crate::spans::{between, span};
use crate::sse;

/// What an answer may answer.
const METHODS: [&str; 12] = [
    "tools/call",
    "tools/list",
    "initialize",
    "prompts/get",
    "prompts/list",
    "resources/list",
    "resources/read",
    "resources/templates/list",
    "sampling/createMessage",
    "elicitation/create",
    "roots/list",
    "vendor/unknown",
];

pub(crate) fn check(data: &[u8]) {
    let Some(([kind, seed, max, method], content)) = settings(data) else { return };
    let asked = Asked { method: METHODS[method % METHODS.len()].to_owned(), tool: Some("look".to_owned()) };
    let reader = Reading { sender: if kind & 1 == 0 { Sender::Client } else { Sender::Server }, asked, keep: seed };
    for limit in [max, usize::MAX] {
        let whole = lines(&[content], limit);
        assert_eq!(whole, by_hand(content, limit));
        for seed in [0, seed] {
            assert_eq!(lines(&pieces(content, seed), limit), whole, "cut by {seed}");
        }
    }
    if kind & 2 == 0 {
        for line in lines(&[content], usize::MAX) {
            if let Line::Whole(line) = line {
                reader.body(&line);
                assert_passed_on(&line);
            }
        }
    } else {
        for event in sse::read(&[content], usize::MAX).0 {
            reader.body(event.data.as_bytes());
            if let Ok(message) = json::parse_str(&event.data) {
                let written = SseEvent { name: String::new(), id: None, ..event }.render_json();
                sse::assert_plain_lines(written.as_bytes());
                let again = sse::read(&[written.as_bytes()], usize::MAX).0;
                assert_eq!(again.len(), 1, "one event is {written:?}");
                assert_eq!(json::parse_str(&again[0].data), Ok(message));
            }
        }
    }
}

fn lines(pieces: &[&[u8]], max: usize) -> Vec<Line> {
    let (mut reader, mut lines) = (LineReader::new(max), Vec::new());
    pieces.iter().for_each(|piece| reader.push(piece, &mut lines));
    reader.finish(&mut lines);
    lines
}

/// The same from the whole at once.
fn by_hand(content: &[u8], max: usize) -> Vec<Line> {
    let lines = content.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines
        .filter(|line| line.len() > max || line.iter().any(|byte| !byte.is_ascii_whitespace()))
        .map(|line| if line.len() > max { Line::TooLong } else { Line::Whole(line.to_vec()) })
        .collect()
}

/// A message that goes on as a line is the same JSON on one line, whatever a reader takes for the end of one.
fn assert_passed_on(message: &[u8]) {
    let Ok(value) = json::parse(message) else { return };
    let written = line(message);
    sse::assert_one_line(std::str::from_utf8(&written).unwrap().trim_end_matches('\n'));
    match lines(&[&written], usize::MAX).as_slice() {
        [Line::Whole(read)] => assert_eq!(json::parse(read), Ok(value)),
        other => panic!("one message is {other:?}"),
    }
}

struct Reading {
    sender: Sender,
    asked: Asked,
    /// Which offers of a list are kept.
    keep: usize,
}

impl Reading {
    /// One message or a batch.
    fn body(&self, bytes: &[u8]) {
        match split(bytes, true) {
            Ok(Split::One) => self.message(bytes),
            Ok(Split::Batch(ranges)) => {
                let all: Vec<Value> = serde_json::from_slice(bytes).expect("a batch is an array");
                assert_eq!(ranges.len(), all.len());
                for (range, item) in ranges.into_iter().zip(all) {
                    assert_eq!(serde_json::from_slice::<Value>(&bytes[range.clone()]).ok(), Some(item));
                    self.message(&bytes[range]);
                }
            }
            Err(error) => assert_reply(&error_reply(&error), error.id()),
        }
    }

    fn message(&self, bytes: &[u8]) {
        let message = match Message::parse(bytes) {
            Ok(message) => message,
            Err(error) => return assert_reply(&error_reply(&error), error.id()),
        };
        let value = json::parse(bytes).expect("a message is JSON");
        assert_kind(message.kind(), &value);
        match message.take_apart(self.sender, Some(&self.asked)) {
            Ok(parsed) => {
                assert_eq!(uncovered(&without_envelope(&value), &parsed.body), [], "in {value}");
                self.offers(bytes, &parsed);
            }
            Err(error) => assert_reply(&error_reply(&error), error.id()),
        }
        if let Kind::Request { id, method } = message.kind() {
            let refusal = Refusal {
                kind: RefusalKind::Blocked,
                reason_code: "word".to_owned(),
                message: "no".to_owned(),
                details: Value::Null,
            };
            let reply = refused_reply(id, method, &refusal, &RefusalContext::default());
            assert_eq!(Message::parse(&reply).unwrap().kind(), &Kind::Response { id: id.clone() });
        }
    }

    /// Items that are left out are gone, and everything else stays.
    fn offers(&self, bytes: &[u8], parsed: &ParsedMessage) {
        let Some((list, items)) = &parsed.offers else { return };
        assert_eq!(items.len(), parsed.body.events.len(), "an event without its place in the list");
        let gone: BTreeSet<usize> = items.iter().flatten().copied().filter(|n| self.keep >> (n % 8) & 1 == 0).collect();
        if gone.is_empty() {
            return;
        }
        let (out, body) = (cut(bytes, list, &gone).expect("the list is there"), std::str::from_utf8(bytes).unwrap());
        let out = std::str::from_utf8(&out).unwrap();
        let (before, after) = (span(body, list).unwrap(), span(out, list).unwrap());
        assert_eq!(between(out, std::slice::from_ref(&after)), between(body, std::slice::from_ref(&before)));
        let all: Vec<Value> = serde_json::from_str(&body[before]).unwrap();
        let kept: Vec<Value> =
            all.into_iter().enumerate().filter(|(n, _)| !gone.contains(n)).map(|(_, item)| item).collect();
        assert_eq!(serde_json::from_str::<Vec<Value>>(&out[after]).unwrap(), kept);
    }
}

fn without_envelope(message: &Value) -> Value {
    let mut message = message.clone();
    message.as_object_mut().unwrap().retain(|key, _| !["jsonrpc", "id", "method"].contains(&key.as_str()));
    message
}

fn assert_kind(kind: &Kind, value: &Value) {
    assert_eq!(kind.method(), value["method"].as_str());
    let id = match kind {
        Kind::Request { id, .. } | Kind::Response { id } => Some(id),
        Kind::Notification { .. } => None,
    };
    // Whole numbers of up to twenty digits are read as text when a number would not hold them.
    let same = |id: &RequestId| id.label() == value["id"].as_str().map_or(value["id"].to_string(), str::to_owned);
    assert!(id.is_none_or(same), "{id:?} in {value}");
    assert_eq!(id.is_some(), value.get("id").is_some());
}

/// An error is an answer to the message, or to nobody when its id could not be read.
fn assert_reply(reply: &[u8], id: Option<&RequestId>) {
    let reply: Value = serde_json::from_slice(reply).expect("an answer is JSON");
    assert_eq!((&reply["jsonrpc"], reply["error"]["code"].is_i64()), (&Value::from("2.0"), true));
    assert_eq!(
        Some(reply["id"].to_string()),
        id.map_or(Some("null".to_owned()), |id| {
            serde_json::from_str::<Value>(id.as_json()).ok().map(|id| id.to_string())
        })
    );
}
