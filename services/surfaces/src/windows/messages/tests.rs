use parapet_domain::{Edit, Stage};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{HeldAnswer, RewriteError, WindowedAnswer, rewrite};

mod tokens;

const NEEDLE: &str = "SECRET";

fn limits(window_chars: usize, overlap_chars: usize) -> WindowLimits {
    WindowLimits { window_chars, overlap_chars, max_buffer_bytes: 1 << 20, whole_first: false }
}

fn windows(limits: WindowLimits) -> WindowedAnswer {
    WindowedAnswer::new(ModelApi::AnthropicMessages, limits)
}

fn sse(events: &[Value]) -> String {
    events.iter().map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap())).collect()
}

fn start() -> Value {
    json!({"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 5, "output_tokens": 1}}})
}

fn end() -> Vec<Value> {
    vec![
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null}, "usage": {"output_tokens": 9}}),
        json!({"type": "message_stop"}),
    ]
}

fn block(index: usize, block: Value, deltas: &[Value]) -> Vec<Value> {
    let mut events = vec![json!({"type": "content_block_start", "index": index, "content_block": block})];
    events.extend(deltas.iter().map(|delta| json!({"type": "content_block_delta", "index": index, "delta": delta})));
    events.push(json!({"type": "content_block_stop", "index": index}));
    events
}

fn text(index: usize, pieces: &[&str]) -> Vec<Value> {
    let deltas: Vec<Value> = pieces.iter().map(|text| json!({"type": "text_delta", "text": text})).collect();
    block(index, json!({"type": "text", "text": ""}), &deltas)
}

fn call(index: usize, pieces: &[&str]) -> Vec<Value> {
    let deltas: Vec<Value> =
        pieces.iter().map(|json| json!({"type": "input_json_delta", "partial_json": json})).collect();
    block(index, json!({"type": "tool_use", "id": "t", "name": "pay", "input": {}}), &deltas)
}

fn thought(index: usize, pieces: &[&str]) -> Vec<Value> {
    let mut deltas: Vec<Value> =
        pieces.iter().map(|text| json!({"type": "thinking_delta", "thinking": text})).collect();
    deltas.push(json!({"type": "signature_delta", "signature": "c2ln"}));
    block(index, json!({"type": "thinking", "thinking": "", "signature": ""}), &deltas)
}

fn message(blocks: Vec<Vec<Value>>) -> String {
    sse(&[vec![start()], blocks.concat(), end()].concat())
}

/// Edits that hide every needle.
fn hide(parsed: &ParsedBody) -> Vec<(&Draft, Vec<Edit>)> {
    let of_part = |(part, text): (usize, &str)| {
        let found: Vec<usize> = text.match_indices(NEEDLE).map(|(at, _)| text[..at].chars().count()).collect();
        found.into_iter().map(move |start| Edit {
            part,
            start,
            end: start + NEEDLE.len(),
            replacement: "[x]".to_owned(),
        })
    };
    let edits =
        |draft: &Draft| draft.parts.iter().map(|part| part.text.as_str()).enumerate().flat_map(of_part).collect();
    parsed
        .events
        .iter()
        .map(|draft| (draft, edits(draft)))
        .filter(|(_, edits): &(_, Vec<Edit>)| !edits.is_empty())
        .collect()
}

fn borrowed<'a>(edits: &'a [(&'a Draft, Vec<Edit>)]) -> Vec<(&'a Draft, &'a [Edit])> {
    edits.iter().map(|(draft, edits)| (*draft, edits.as_slice())).collect()
}

/// What a client got of a stream in windows.
#[derive(Default)]
struct Got {
    out: Vec<u8>,
    /// Stages of what was judged, one list for each window.
    judged: Vec<Vec<Stage>>,
    /// Texts of the parts that were judged.
    shown: Vec<String>,
}

fn through(limits: WindowLimits, pieces: &[&[u8]]) -> Result<Got, StreamError> {
    let (mut answer, mut got) = (windows(limits), Got::default());
    for piece in pieces {
        answer.push(piece)?;
        while let Some(window) = answer.window()? {
            got.take(&mut answer, &window);
        }
    }
    let rest = answer.finish()?;
    got.take(&mut answer, &rest);
    Ok(got)
}

impl Got {
    fn take(&mut self, answer: &mut WindowedAnswer, window: &ParsedBody) {
        self.judged.push(window.events.iter().map(|event| event.stage).collect());
        self.shown.extend(window.events.iter().flat_map(|event| &event.parts).map(|part| part.text.clone()));
        let drawn = answer.draw(&borrowed(&hide(window))).unwrap();
        self.out.extend(&drawn.bytes);
        answer.advance(&drawn);
    }
}

fn hold(raw: &[u8]) -> HeldAnswer {
    let mut answer = ModelApi::AnthropicMessages.stream(1 << 20);
    answer.push(raw).unwrap();
    answer.finish().unwrap()
}

/// The message that a client makes of a stream.
fn body(raw: &[u8]) -> Value {
    serde_json::from_slice(&hold(raw).body).unwrap()
}

/// What the same stream becomes when it is held.
fn held(raw: &[u8]) -> Result<Value, RewriteError> {
    let held = hold(raw);
    let edited = rewrite(&held.body, &borrowed(&hide(&held.parsed)))?;
    Ok(body(&held.replay(Some(&edited)).unwrap()))
}

#[test]
fn the_blocks_leave_one_after_the_other() {
    let raw = message(vec![
        thought(0, &["Hm", "."]),
        text(1, &["one two three four", " five six seven"]),
        call(2, &["{\"amount\":", "5}"]),
        text(3, &["paid"]),
    ]);
    let got = through(limits(10, 4), &[raw.as_bytes()]).unwrap();
    assert_eq!(body(&got.out), body(raw.as_bytes()));
    let [output, call] = [Stage::Output, Stage::ToolCall];
    assert_eq!(got.judged, [vec![output], vec![output], vec![output], vec![output, call], vec![output]]);
    assert!(got.out.ends_with(b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"));
    let usage = json!({"input_tokens": 5, "output_tokens": 9});
    assert_eq!(body(&got.out)["usage"], usage, "the numbers of the start and of the end are told as they came");
}

#[test]
fn text_leaves_before_its_block_is_complete_and_bears_its_place() {
    let events = [vec![start()], text(0, &["abcdefgh", "ij", "klm"])].concat();
    let mut answer = windows(limits(8, 3));
    answer.push(sse(&events[..3]).as_bytes()).unwrap();
    let window = answer.window().unwrap().unwrap();
    let part = &window.events[0].parts[0];
    assert_eq!(
        (part.pointer.as_str(), part.text.as_str(), part.offset, part.is_final),
        ("/content/0/text", "abcdefgh", 0, false)
    );
    let drawn = answer.draw(&[]).unwrap();
    let left = String::from_utf8(drawn.bytes.clone()).unwrap();
    assert!(
        left.starts_with("event: message_start\n") && left.contains("\"abcde\"") && !left.contains("fgh"),
        "{left}"
    );
    answer.advance(&drawn);
    answer.push(sse(&[events[3..].to_vec(), end()].concat()).as_bytes()).unwrap();
    assert_eq!(answer.window().unwrap(), None, "five new characters are no window");
    assert!(answer.is_done());
    let rest = answer.finish().unwrap();
    let part = &rest.events[0].parts[0];
    assert_eq!(
        (part.pointer.as_str(), part.text.as_str(), part.offset, part.is_final),
        ("/content/0/text", "fghijklm", 5, true)
    );
}

#[test]
fn no_byte_of_a_call_leaves_before_it_is_complete() {
    let events = [vec![start()], text(0, &["I shall pay now. "]), call(1, &["{\"amount\":", "5}"])].concat();
    let (mut answer, mut left) = (windows(limits(4, 2)), String::new());
    for (at, event) in events.iter().enumerate() {
        answer.push(sse(std::slice::from_ref(event)).as_bytes()).unwrap();
        while let Some(window) = answer.window().unwrap() {
            if at + 1 == events.len() {
                assert_eq!(window.events[1].parts[0].json, Some(json!({"amount": 5})));
                assert_eq!(window.events[1].parts[0].pointer, "/content/1/input");
            }
            let drawn = answer.draw(&[]).unwrap();
            left.push_str(std::str::from_utf8(&drawn.bytes).unwrap());
            answer.advance(&drawn);
        }
        assert_eq!(left.contains("tool_use"), at + 1 == events.len(), "{left}");
    }
    assert!(left.contains("amount"), "it leaves as soon as it is complete");
}

#[test]
fn a_signed_thought_with_a_needle_is_taken_out_and_the_others_move_up() {
    let raw = message(vec![
        thought(0, &["a SEC", "RET thought"]),
        text(1, &["a SECRET text of some length"]),
        call(2, &["{\"note\":\"SECRET\"}"]),
        thought(3, &["harmless"]),
        text(4, &["the end"]),
    ]);
    let got = through(limits(6, 6), &[raw.as_bytes()]).unwrap();
    let told = String::from_utf8(got.out.clone()).unwrap();
    assert!(!told.contains("thought") && !told.contains(NEEDLE), "{told}");
    assert_eq!(Ok(body(&got.out)), held(raw.as_bytes()));
    assert_eq!(body(&got.out)["content"].as_array().unwrap().len(), 4);
}

#[test]
fn a_message_of_nothing_but_a_thought_with_a_needle_is_no_answer() {
    let raw = message(vec![thought(0, &["a SECRET"])]);
    assert_eq!(held(raw.as_bytes()), Err(RewriteError::Alone("/content/0".to_owned())));
    assert_eq!(through(limits(6, 6), &[raw.as_bytes()]).err(), Some(StreamError::Empty));
}

#[test]
fn citations_and_unknown_things_are_held_with_their_block_and_listed() {
    let mut cited = text(0, &["one two three four five"]);
    let citation = json!({"type": "citations_delta", "citation": {"cited_text": "a SECRET source"}});
    cited.insert(2, json!({"type": "content_block_delta", "index": 0, "delta": citation}));
    cited
        .insert(3, json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " six"}}));
    let raw = message(vec![cited, text(1, &["and on and on"])]);
    let got = through(limits(5, 2), &[raw.as_bytes()]).unwrap();
    assert_eq!(Ok(body(&got.out)), held(raw.as_bytes()));
    assert!(got.shown.contains(&"{\"cited_text\":\"a SECRET source\"}".to_owned()), "{:?}", got.shown);

    let mut answer = windows(limits(5, 2));
    answer
        .push(message(vec![vec![json!({"type": "new_event", "note": "odd"})], text(0, &["and on and on"])]).as_bytes())
        .unwrap();
    let window = answer.window().unwrap().unwrap();
    assert_eq!(window.not_inspected[0].pointer, "/unknown_events");
    assert!(String::from_utf8(answer.draw(&[]).unwrap().bytes).unwrap().contains("odd"), "where the route allows it");
}

#[test]
fn pings_pass_and_do_not_fill_the_buffer() {
    let ping = sse(&[json!({"type": "ping"})]);
    let mut answer = windows(WindowLimits { max_buffer_bytes: 1_000, ..limits(4, 2) });
    answer.push(sse(&[start()]).as_bytes()).unwrap();
    for _ in 0..1_000 {
        answer.push(ping.as_bytes()).unwrap();
        assert_eq!(answer.window().unwrap(), None);
    }
    answer.push(sse(&text(0, &["some text"])[..2]).as_bytes()).unwrap();
    assert!(answer.window().unwrap().is_some());
    let left = String::from_utf8(answer.draw(&[]).unwrap().bytes).unwrap();
    assert_eq!(left.matches("event: ping").count(), 1, "{left}");
}

#[test]
fn what_is_out_of_order_or_too_long_is_refused() {
    let malformed = |events: Vec<Value>| through(limits(4, 2), &[sse(&events).as_bytes()]).err().unwrap();
    let problem = |problem| move |error: StreamError| matches!(error, StreamError::Malformed { problem: found, .. } if found == problem);
    assert!(problem("it comes before `message_start`")(malformed(text(0, &["x"]))));
    assert!(problem("a content block is out of order")(malformed(
        [vec![start()], text(0, &["some text"]), text(2, &["x"])].concat()
    )));
    let mut again = [vec![start()], text(0, &["some text and more"])].concat();
    again.push(json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x"}}));
    assert!(problem("it belongs to no open content block")(malformed(again)));
    assert!(problem("the message starts twice")(malformed(
        [vec![start()], text(0, &["some text"]), vec![start()]].concat()
    )));
    assert_eq!(malformed([vec![start()], text(0, &["some text"])].concat()), StreamError::Truncated);
    assert_eq!(
        malformed(vec![start(), json!({"type": "error", "error": {"type": "overloaded_error"}})]),
        StreamError::UpstreamEvent
    );
    let after = [vec![start()], text(0, &["x"]), end(), text(1, &["x"])].concat();
    assert_eq!(malformed(after), StreamError::DataAfterDone);
    let long = message(vec![call(0, &[&"x".repeat(600), &"x".repeat(600)])]);
    let small = WindowLimits { max_buffer_bytes: 1_500, ..limits(4, 2) };
    assert_eq!(through(small, &[long.as_bytes()]).err(), Some(StreamError::TooLarge { limit: 1_500 }));
}

#[test]
fn a_message_that_is_held_first_leaves_in_windows_once_the_buffer_fills() {
    let raw = message(vec![thought(0, &["Hm"]), call(1, &["{}"]), text(2, &["short"])]);
    let first = WindowLimits { whole_first: true, max_buffer_bytes: 4_000, window_chars: 500, overlap_chars: 10 };
    let got = through(first, &[raw.as_bytes()]).unwrap();
    assert_eq!(got.judged, [[Stage::Output, Stage::ToolCall]], "what fits is judged as one");
    assert_eq!(got.out, hold(raw.as_bytes()).plain);
    let long = "word ".repeat(150);
    let raw = message(vec![thought(0, &["Hm"]), text(1, &[long.as_str(), &long, &long]), call(2, &["{}"])]);
    let got = through(first, &[raw.as_bytes()]).unwrap();
    assert!(got.judged.len() > 2, "{:?}", got.judged);
    assert_eq!(body(&got.out), body(raw.as_bytes()));
}

fn words() -> impl Strategy<Value = Vec<&'static str>> {
    let word = prop_oneof![Just(NEEDLE), Just("SEC"), Just("RET"), Just("ü"), Just(" "), Just("plain text ")];
    proptest::collection::vec(word, 0..20)
}

fn any_block() -> impl Strategy<Value = (u8, Vec<&'static str>)> {
    (0_u8..5, words())
}

proptest! {
    /// However a message is cut and whatever the windows, a client gets what it would get had all of it been held, and it has nothing that
    /// was not shown before.
    #[test]
    fn any_cut_gives_what_the_held_message_gives(
        blocks in proptest::collection::vec(any_block(), 0..6),
        cuts in proptest::collection::vec(1_usize..200, 1..30),
        window in 1_usize..60,
        overlap in 6_usize..30,
    ) {
        let of = |(index, (kind, words)): (usize, &(u8, Vec<&str>))| match kind {
            0 => thought(index, words),
            1 => call(index, &[&["{\"note\":\""], words.as_slice(), &["\"}"]].concat()),
            _ => text(index, words),
        };
        let mut all: Vec<Vec<Value>> = blocks.iter().enumerate().map(of).collect();
        all.push(text(all.len(), &["the ", "end"]));
        let raw = message(all).into_bytes();
        let (mut pieces, mut at, mut n) = (Vec::new(), 0, 0);
        while at < raw.len() {
            let next = (at + cuts[n % cuts.len()]).min(raw.len());
            pieces.push(&raw[at..next]);
            (at, n) = (next, n + 1);
        }
        let (mut answer, mut got) = (windows(limits(window, overlap)), Got::default());
        for piece in pieces {
            answer.push(piece).unwrap();
            while let Some(shown) = answer.window().unwrap() {
                got.take(&mut answer, &shown);
                let left = String::from_utf8(got.out.clone()).unwrap();
                prop_assert!(!left.contains(NEEDLE), "{}", left);
            }
        }
        let rest = answer.finish().unwrap();
        got.take(&mut answer, &rest);
        prop_assert_eq!(Ok(body(&got.out)), held(&raw));
    }
}
