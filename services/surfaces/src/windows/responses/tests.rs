use parapet_domain::{Edit, Stage};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{HeldAnswer, WindowedAnswer, rewrite};

const NEEDLE: &str = "SECRET";

fn limits(window_chars: usize, overlap_chars: usize) -> WindowLimits {
    WindowLimits { window_chars, overlap_chars, max_buffer_bytes: 1 << 20, whole_first: false }
}

fn windows(limits: WindowLimits) -> WindowedAnswer {
    WindowedAnswer::new(ModelApi::OpenaiResponses, limits)
}

fn sse(events: &[Value]) -> String {
    let numbered = |(number, event): (usize, &Value)| {
        let mut event = event.clone();
        event["sequence_number"] = number.into();
        format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap())
    };
    events.iter().enumerate().map(numbered).collect()
}

fn event(kind: &str, mut fields: Value) -> Value {
    fields["type"] = format!("response.{kind}").into();
    fields
}

fn response(status: &str, output: &[Value]) -> Value {
    json!({"id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": "m", "instructions": "Be brief.", "tools": [],
        "error": null, "usage": if status == "completed" { json!({"total_tokens": 3}) } else { Value::Null }, "output": output})
}

/// A message and the events that tell it.
fn message(index: usize, pieces: &[&str]) -> (Value, Vec<Value>) {
    let (id, text) = (format!("msg_{index}"), pieces.concat());
    let part = |text: &str| json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []});
    let item = |status: &str, content: Value| json!({"id": id, "type": "message", "role": "assistant", "status": status, "content": content});
    let at = |kind: &str, key: &str, value: Value| {
        let mut event = event(kind, json!({"item_id": id, "output_index": index, "content_index": 0}));
        event[key] = value;
        event
    };
    let mut events = vec![
        event("output_item.added", json!({"output_index": index, "item": item("in_progress", json!([]))})),
        at("content_part.added", "part", part("")),
    ];
    events.extend(pieces.iter().map(|piece| {
        let mut event = at("output_text.delta", "delta", json!(piece));
        event["logprobs"] = json!([]);
        event["obfuscation"] = "x1".into();
        event
    }));
    let whole = item("completed", json!([part(&text)]));
    events.extend([
        at("output_text.done", "text", json!(text)),
        at("content_part.done", "part", part(&text)),
        event("output_item.done", json!({"output_index": index, "item": whole})),
    ]);
    (whole, events)
}

fn call(index: usize, pieces: &[&str]) -> (Value, Vec<Value>) {
    let id = format!("fc_{index}");
    let item = |status: &str, arguments: &str| json!({"id": id, "type": "function_call", "call_id": id, "name": "pay", "status": status, "arguments": arguments});
    let mut events = vec![event("output_item.added", json!({"output_index": index, "item": item("in_progress", "")}))];
    let at = json!({"item_id": id, "output_index": index});
    let with = |kind: &str, key: &str, value: &str| {
        let mut event = event(kind, at.clone());
        event[key] = value.into();
        event
    };
    events.extend(pieces.iter().map(|piece| with("function_call_arguments.delta", "delta", piece)));
    let whole = item("completed", &pieces.concat());
    events.push(with("function_call_arguments.done", "arguments", &pieces.concat()));
    events.push(event("output_item.done", json!({"output_index": index, "item": whole})));
    (whole, events)
}

fn thought(index: usize, pieces: &[&str]) -> (Value, Vec<Value>) {
    let (id, text) = (format!("rs_{index}"), pieces.concat());
    let at = |kind: &str, key: &str, value: Value| {
        let mut event = event(kind, json!({"item_id": id, "output_index": index, "summary_index": 0}));
        event[key] = value;
        event
    };
    let part = |text: &str| json!({"type": "summary_text", "text": text});
    let item = |summary: Value| json!({"id": id, "type": "reasoning", "summary": summary});
    let mut events = vec![
        event("output_item.added", json!({"output_index": index, "item": item(json!([]))})),
        at("reasoning_summary_part.added", "part", part("")),
    ];
    events.extend(pieces.iter().map(|piece| at("reasoning_summary_text.delta", "delta", json!(piece))));
    let whole = item(json!([part(&text)]));
    events.extend([
        at("reasoning_summary_text.done", "text", json!(text)),
        at("reasoning_summary_part.done", "part", part(&text)),
        event("output_item.done", json!({"output_index": index, "item": whole})),
    ]);
    (whole, events)
}

fn told(items: Vec<(Value, Vec<Value>)>) -> Vec<Value> {
    let (items, events): (Vec<Value>, Vec<Vec<Value>>) = items.into_iter().unzip();
    let mut all = vec![
        event("created", json!({"response": response("in_progress", &[])})),
        event("in_progress", json!({"response": response("in_progress", &[])})),
    ];
    all.extend(events.concat());
    all.push(event("completed", json!({"response": response("completed", &items)})));
    all
}

/// Edits that hide every needle.
fn hide(parsed: &ParsedBody) -> Vec<(&Draft, Vec<Edit>)> {
    let of_part = |(part, text): (usize, &str)| {
        let found: Vec<usize> = text.match_indices(NEEDLE).map(|(at, _)| text[..at].chars().count()).collect();
        let edit = move |start| Edit { part, start, end: start + NEEDLE.len(), replacement: "[x]".to_owned() };
        found.into_iter().map(edit)
    };
    let edits =
        |draft: &Draft| draft.parts.iter().map(|part| part.text.as_str()).enumerate().flat_map(of_part).collect();
    let hidden = parsed.events.iter().map(|draft| (draft, edits(draft)));
    hidden.filter(|(_, edits): &(_, Vec<Edit>)| !edits.is_empty()).collect()
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
    /// The text that was judged.
    shown: String,
}

impl Got {
    fn take(&mut self, answer: &mut WindowedAnswer, window: &ParsedBody) {
        self.judged.push(window.events.iter().map(|event| event.stage).collect());
        self.shown.extend(window.events.iter().flat_map(|event| &event.parts).map(|part| part.text.as_str()));
        let drawn = answer.draw(&borrowed(&hide(window))).unwrap();
        self.out.extend(&drawn.bytes);
        answer.advance(&drawn);
    }

    fn text(&self) -> String {
        String::from_utf8(self.out.clone()).unwrap()
    }
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

fn hold(raw: &[u8]) -> HeldAnswer {
    let mut answer = ModelApi::OpenaiResponses.stream(1 << 20);
    answer.push(raw).unwrap();
    answer.finish().unwrap()
}

/// The response that a client makes of a stream. All events that told it agree with it.
fn body(raw: &[u8]) -> Value {
    serde_json::from_slice(&hold(raw).body).unwrap()
}

/// What the same stream becomes when it is held.
fn held(raw: &[u8]) -> Value {
    let held = hold(raw);
    let edited = rewrite(&held.body, &borrowed(&hide(&held.parsed))).unwrap();
    body(&held.replay(Some(&edited)).unwrap())
}

fn malformed(events: &[Value]) -> Option<&'static str> {
    match through(limits(4, 2), &[sse(events).as_bytes()]) {
        Err(StreamError::Malformed { problem, .. }) => Some(problem),
        _ => None,
    }
}

#[test]
fn the_items_leave_one_after_the_other_and_the_end_repeats_them() {
    let raw = sse(&told(vec![
        thought(0, &["Hm", "."]),
        message(1, &["one two three four", " five six seven"]),
        call(2, &["{\"amount\":", "5}"]),
    ]));
    let got = through(limits(10, 4), &[raw.as_bytes()]).unwrap();
    assert_eq!(body(&got.out), body(raw.as_bytes()));
    let [output, call] = [Stage::Output, Stage::ToolCall];
    assert_eq!(got.judged, [vec![output], vec![output], vec![output], vec![output], vec![call], vec![output]]);
    assert!(got.text().contains("event: response.in_progress\n") && got.text().contains("\"total_tokens\":3"));
}

#[test]
fn text_leaves_before_its_item_is_complete_and_bears_its_place() {
    let events = told(vec![message(0, &["abcdefgh", "ij", "klm"])]);
    let mut answer = windows(limits(8, 3));
    answer.push(sse(&events[..5]).as_bytes()).unwrap();
    let window = answer.window().unwrap().unwrap();
    let shown: Vec<_> = window.events[0]
        .parts
        .iter()
        .map(|part| (part.pointer.as_str(), part.text.as_str(), part.offset, part.is_final))
        .collect();
    assert_eq!(shown, [("/instructions", "Be brief.", 0, true), ("/output/0/content/0/text", "abcdefgh", 0, false)]);
    let drawn = answer.draw(&[]).unwrap();
    let left = String::from_utf8(drawn.bytes.clone()).unwrap();
    assert!(
        left.starts_with("event: response.created\n") && left.contains("\"abcde\"") && !left.contains("fgh"),
        "{left}"
    );
    answer.advance(&drawn);
    answer.push(sse(&events[5..10]).as_bytes()).unwrap();
    let window = answer.window().unwrap().unwrap();
    let part = &window.events[0].parts[0];
    assert_eq!(
        (part.text.as_str(), part.offset, part.is_final),
        ("fghijklm", 5, true),
        "what has left is not judged again"
    );
    let drawn = answer.draw(&[]).unwrap();
    assert!(String::from_utf8(drawn.bytes.clone()).unwrap().contains("\"text\":\"abcdefghijklm\""));
    answer.advance(&drawn);
    answer.push(sse(&events[10..]).as_bytes()).unwrap();
    assert_eq!(answer.window().unwrap(), None);
    let rest = answer.finish().unwrap();
    let texts: Vec<&str> = rest.events[0].parts.iter().map(|part| part.text.as_str()).collect();
    assert_eq!(texts, ["Be brief."], "the end is judged but for the items that it repeats");
}

#[test]
fn no_byte_of_a_call_leaves_before_it_is_complete() {
    let events = told(vec![message(0, &["I shall pay now. "]), call(1, &["{\"amount\":", "5}"])]);
    let (mut answer, mut left) = (windows(limits(4, 2)), String::new());
    for (at, event) in events[..events.len() - 1].iter().enumerate() {
        answer.push(sse(std::slice::from_ref(event)).as_bytes()).unwrap();
        while let Some(window) = answer.window().unwrap() {
            if at + 2 == events.len() {
                assert_eq!(window.events[0].parts[0].json, Some(json!({"amount": 5})));
                assert_eq!(window.events[0].parts[0].pointer, "/output/1/arguments");
            }
            let drawn = answer.draw(&[]).unwrap();
            left.push_str(std::str::from_utf8(&drawn.bytes).unwrap());
            answer.advance(&drawn);
        }
        assert_eq!(left.contains("function_call"), at + 2 == events.len(), "{left}");
    }
}

#[test]
fn what_was_redacted_is_redacted_wherever_it_is_repeated() {
    let raw = sse(&told(vec![
        thought(0, &["about the SEC", "RET"]),
        message(1, &["a SECRET text and more of it, SE", "CRET", " to the end"]),
        call(2, &["{\"note\":\"SECRET\"}"]),
        message(3, &["harmless"]),
    ]));
    for window in 1..40 {
        let got = through(limits(window, 6), &[raw.as_bytes()]).unwrap();
        assert!(!got.text().contains(NEEDLE), "{}", got.text());
        assert_eq!(body(&got.out), held(raw.as_bytes()), "{window}");
    }
}

#[test]
fn what_the_response_says_besides_its_items_is_judged_and_redacted_too() {
    let raw = sse(&told(vec![message(0, &["one two three four five"])])).replace("Be brief.", "Say SECRET.");
    let got = through(limits(5, 2), &[raw.as_bytes()]).unwrap();
    assert!(!got.text().contains(NEEDLE) && got.text().matches("Say [x].").count() == 2, "{}", got.text());
    assert_eq!(body(&got.out)["output"], body(raw.as_bytes())["output"]);
}

#[test]
fn closing_events_that_tell_something_else_are_refused() {
    let good = told(vec![message(0, &["these are the words", " that are told"]), call(1, &["{}"])]);
    let changed = |at: usize, place: &str, value: Value| {
        let mut events = good.clone();
        *events[at].pointer_mut(place).unwrap() = value;
        malformed(&events)
    };
    let last = good.len() - 1;
    for (at, place, value) in [
        (1, "/response/instructions", json!("other order")),
        (6, "/text", json!("other words")),
        (7, "/part/text", json!("other words")),
        (8, "/item/content/0/text", json!("other words")),
        (last, "/response/instructions", json!("other order")),
        (last, "/response/output/0/content/0/text", json!("other words")),
        (last, "/response/output/1/name", json!("steal")),
        (last, "/response/output", json!([])),
    ] {
        assert_eq!(changed(at, place, value), Some(DISAGREES), "{at} {place}");
    }
    // All of the events that close an item may agree, and not with what has left.
    let mut events = good.clone();
    for (at, place) in
        [(6, "/text"), (7, "/part/text"), (8, "/item/content/0/text"), (last, "/response/output/0/content/0/text")]
    {
        *events[at].pointer_mut(place).unwrap() = "these are the words that were not told".into();
    }
    assert_eq!(malformed(&events), Some(DISAGREES));
    // A message does not become a call.
    assert_eq!(changed(last, "/response/output/0/type", json!("function_call")), Some(DISAGREES));
    // Settings may change between an item's end and the response's.
    let mut events = good.clone();
    events[last]["response"]["output"][0]["status"] = "incomplete".into();
    assert!(through(limits(4, 2), &[sse(&events).as_bytes()]).is_ok());
    events[last]["response"]["output"] = Value::Null;
    assert!(through(limits(4, 2), &[sse(&events).as_bytes()]).is_ok());
}

#[test]
fn what_is_out_of_order_or_too_long_is_refused() {
    let good = told(vec![message(0, &["some text and more"])]);
    let swapped = told(vec![message(1, &["some text"])]);
    assert_eq!(malformed(&swapped), Some("an output item is out of order"));
    let mut late = good.clone();
    late.insert(8, good[4].clone());
    assert_eq!(malformed(&late), Some("it belongs to an output item that is complete"));
    let error = |events: &[Value]| through(limits(4, 2), &[sse(events).as_bytes()]).err();
    assert_eq!(error(&good[..8]), Some(StreamError::Truncated));
    assert_eq!(
        error(&[json!({"type": "error", "code": "server_error", "message": "m"})]),
        Some(StreamError::UpstreamEvent)
    );
    let long = "word ".repeat(1_000);
    let raw = sse(&told(vec![message(0, &[&long, &long])]));
    let small = WindowLimits { max_buffer_bytes: 8_000, ..limits(100, 20) };
    let error = through(small, &[raw.as_bytes()]).err();
    assert_eq!(error, Some(StreamError::TooLarge { limit: 8_000 }), "the events that close an item repeat all of it");
}

#[test]
fn what_is_no_plain_text_waits_for_the_end_of_its_item() {
    // Log probabilities, an annotation, an event that is not known: before any text, and after some.
    let odd = [
        event(
            "output_text.annotation.added",
            json!({"output_index": 0, "content_index": 0, "annotation_index": 0, "annotation": {"title": "a SECRET source"}}),
        ),
        event("new_event", json!({"output_index": 0, "note": "odd"})),
    ];
    for (odd, at) in odd.iter().flat_map(|odd| [(odd, 4), (odd, 5)]) {
        let mut events = told(vec![message(0, &["some text and more", "some text and more"])]);
        events.insert(at, odd.clone());
        if odd["annotation"].is_object() {
            for place in
                ["/item/content/0/annotations", "/part/annotations", "/response/output/0/content/0/annotations"]
            {
                for event in &mut events[6..] {
                    event.pointer_mut(place).into_iter().for_each(|list| *list = json!([{"title": "a SECRET source"}]));
                }
            }
        }
        let mut answer = windows(limits(4, 2));
        let mut got = Got::default();
        for event in &events[..events.len() - 2] {
            answer.push(sse(std::slice::from_ref(event)).as_bytes()).unwrap();
            while let Some(window) = answer.window().unwrap() {
                got.take(&mut answer, &window);
            }
        }
        assert_eq!(got.judged.len(), at - 4, "one window before it, and none after it");
        assert!(!got.text().contains("odd") && !got.text().contains("source"), "{}", got.text());
        answer.push(sse(&events[events.len() - 2..events.len() - 1]).as_bytes()).unwrap();
        let window = answer.window().unwrap().unwrap();
        let listed: Vec<&str> = window.not_inspected.iter().map(|entry| entry.pointer.as_str()).collect();
        let shown: Vec<&str> = window.events[0].parts.iter().map(|part| part.text.as_str()).collect();
        assert!(
            listed == ["/unknown_events"] || shown.iter().any(|text| text.contains("source")),
            "{listed:?} {shown:?}"
        );
    }
    let mut events = told(vec![message(0, &["some text and more"])]);
    events[4]["logprobs"] = json!([{"token": "some"}]);
    let got = through(limits(4, 2), &[sse(&events).as_bytes()]).unwrap();
    assert_eq!(got.judged.len(), 2, "the item and the end");
}

#[test]
fn signs_of_life_pass_and_do_not_fill_the_buffer() {
    let mut answer = windows(WindowLimits { max_buffer_bytes: 3_000, ..limits(4, 2) });
    let events = told(vec![message(0, &["some text"])]);
    answer.push(sse(&events[..4]).as_bytes()).unwrap();
    for _ in 0..1_000 {
        answer.push(sse(&[json!({"type": "keepalive"})]).as_bytes()).unwrap();
        assert_eq!(answer.window().unwrap(), None);
    }
    answer.push(sse(&events[4..5]).as_bytes()).unwrap();
    assert!(answer.window().unwrap().is_some());
    let left = String::from_utf8(answer.draw(&[]).unwrap().bytes).unwrap();
    assert_eq!(left.matches("event: keepalive").count(), 1, "{left}");
}

#[test]
fn what_is_hidden_in_a_setting_of_an_event_is_not_passed_on_unseen() {
    let good = told(vec![message(0, &["some text", " and more"])]);
    let last = good.len() - 1;
    for at in [0, 1, 2, 3, 4, last] {
        let mut raw: Vec<String> = good.iter().map(|event| sse(std::slice::from_ref(event))).collect();
        raw[at] = raw[at].replace("\"sequence_number\":0", "\"sequence_number\":\"words that are no number\"");
        let got = through(limits(4, 2), &[raw.concat().as_bytes()]);
        let mut answer = windows(limits(4, 2));
        answer.push(raw.concat().as_bytes()).unwrap();
        let mut listed = Vec::new();
        while let Some(window) = answer.window().unwrap() {
            listed.extend(window.not_inspected);
            let drawn = answer.draw(&[]).unwrap();
            let told = String::from_utf8(drawn.bytes.clone()).unwrap();
            assert!(!told.contains("no number") || !listed.is_empty(), "{at} {told}");
            answer.advance(&drawn);
        }
        listed.extend(answer.finish().unwrap().not_inspected);
        assert!(got.is_ok() && !listed.is_empty(), "{at}");
    }
    let odd = "event: keepalive\ndata: {\"type\":\"keepalive\",\"sequence_number\":\"words\"}\n\n";
    let mut answer = windows(limits(4, 2));
    answer.push([sse(&good[..4]), odd.to_owned(), sse(&good[4..6])].concat().as_bytes()).unwrap();
    assert_eq!(answer.window().unwrap(), None, "nothing leaves in windows beside it");
}

#[test]
fn a_beginning_that_is_told_again_is_passed_on_only_with_the_first() {
    let mut events = told(vec![message(0, &["one two three four", " five six seven"])]);
    for event in &mut events[..2] {
        event["response"]["instructions"] = "Say SECRET.".into();
    }
    let again = events.remove(1);
    events.insert(4, again);
    let last = events.len() - 1;
    events[last]["response"]["instructions"] = "Say SECRET.".into();
    let got = through(limits(5, 6), &[sse(&events).as_bytes()]).unwrap();
    assert!(!got.text().contains(NEEDLE) && !got.text().contains("in_progress\n"), "{}", got.text());
}

#[test]
fn a_response_that_is_cut_short_ends_with_what_there_is() {
    let mut events = told(vec![message(0, &["some text and more of it"])]);
    events.truncate(5);
    let mut item = message(0, &["some text and more of it"]).0;
    item["status"] = "incomplete".into();
    let mut whole = response("incomplete", &[item]);
    whole["incomplete_details"] = json!({"reason": "max_output_tokens"});
    events.push(event("incomplete", json!({"response": whole})));
    let got = through(limits(8, 2), &[sse(&events).as_bytes()]).unwrap();
    assert!(got.text().contains("event: response.incomplete\n"));
    assert_eq!(body(&got.out), whole);
}

proptest! {
    /// However a response is cut and whatever the windows, a client gets what it would get had all of it been held.
    #[test]
    fn any_cut_gives_what_the_held_response_gives(
        items in proptest::collection::vec((0_u8..4, proptest::collection::vec(prop_oneof![
            Just(NEEDLE), Just("SEC"), Just("RET"), Just("ü"), Just(" "), Just("plain text ")], 0..12)), 0..5),
        cuts in proptest::collection::vec(1_usize..400, 1..30),
        window in 1_usize..60,
        overlap in 6_usize..30,
    ) {
        let of = |(index, (kind, words)): (usize, &(u8, Vec<&str>))| match kind {
            0 => thought(index, words),
            1 => call(index, &[&["{\"note\":\""], words.as_slice(), &["\"}"]].concat()),
            _ => message(index, words),
        };
        let raw = sse(&told(items.iter().enumerate().map(of).collect())).into_bytes();
        let (mut pieces, mut at, mut n) = (Vec::new(), 0, 0);
        while at < raw.len() {
            let next = (at + cuts[n % cuts.len()]).min(raw.len());
            pieces.push(&raw[at..next]);
            (at, n) = (next, n + 1);
        }
        let got = through(limits(window, overlap), &pieces).unwrap();
        prop_assert!(!got.text().contains(NEEDLE), "{}", got.text());
        prop_assert_eq!(body(&got.out), held(&raw));
    }
}
