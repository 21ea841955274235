use parapet_domain::{Edit, Stage};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::arbitrary::{self, listed, with_unique_texts};
use crate::{HeldAnswer, ModelApi, StreamError, rewrite};

fn hold(raw: &[u8]) -> Result<HeldAnswer, StreamError> {
    let mut answer = ModelApi::AnthropicMessages.stream(1 << 20);
    answer.push(raw)?;
    answer.finish()
}

/// The events as a server writes them, with their names.
fn sse(events: &[Value]) -> String {
    events.iter().map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap())).collect()
}

fn start() -> Value {
    json!({"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 5, "output_tokens": 1}}})
}

fn block(index: u64, block: Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn delta(index: u64, delta: Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}

fn stop(index: u64) -> Value {
    json!({"type": "content_block_stop", "index": index})
}

fn end() -> Vec<Value> {
    vec![
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null}, "usage": {"output_tokens": 9}}),
        json!({"type": "message_stop"}),
    ]
}

/// A whole stream around `events`.
fn message(events: Vec<Value>) -> String {
    sse(&[vec![start()], events, end()].concat())
}

fn text(pieces: &[&str]) -> Vec<Value> {
    let deltas = pieces.iter().map(|piece| delta(0, json!({"type": "text_delta", "text": piece})));
    std::iter::once(block(0, json!({"type": "text", "text": ""}))).chain(deltas).chain([stop(0)]).collect()
}

fn body(held: &HeldAnswer) -> Value {
    serde_json::from_slice(&held.body).unwrap()
}

#[test]
fn the_events_of_every_kind_of_block_become_one_message() {
    let raw = message(vec![
        json!({"type": "ping"}),
        block(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
        delta(0, json!({"type": "thinking_delta", "thinking": "Hm"})),
        delta(0, json!({"type": "thinking_delta", "thinking": "."})),
        delta(0, json!({"type": "signature_delta", "signature": "c2ln"})),
        stop(0),
        block(1, json!({"type": "text", "text": ""})),
        delta(1, json!({"type": "text_delta", "text": "Hel"})),
        delta(1, json!({"type": "citations_delta", "citation": {"cited_text": "a b"}})),
        delta(1, json!({"type": "text_delta", "text": "lo"})),
        stop(1),
        block(2, json!({"type": "tool_use", "id": "t1", "name": "f", "input": {}})),
        delta(2, json!({"type": "input_json_delta", "partial_json": ""})),
        delta(2, json!({"type": "input_json_delta", "partial_json": "{\"n\": 123456789012345678901234, "})),
        delta(2, json!({"type": "input_json_delta", "partial_json": "\"s\": \"\\u0061\"}"})),
        stop(2),
        block(3, json!({"type": "tool_use", "id": "t2", "name": "now", "input": {}})),
        stop(3),
    ]);
    let held = hold(raw.as_bytes()).unwrap();
    assert_eq!(
        body(&held),
        json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn", "stop_sequence": null,
            "usage": {"input_tokens": 5, "output_tokens": 9},
            "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
                {"type": "text", "text": "Hello", "citations": [{"cited_text": "a b"}]},
                {"type": "tool_use", "id": "t1", "name": "f", "input": "{\"n\": 123456789012345678901234, \"s\": \"\\u0061\"}"},
                {"type": "tool_use", "id": "t2", "name": "now", "input": {}}],
        })
    );
    let stages: Vec<_> = held.parsed.events.iter().map(|draft| draft.stage).collect();
    assert_eq!(stages, [Stage::Output, Stage::ToolCall, Stage::ToolCall]);
    let call = &held.parsed.events[1].parts[0];
    assert_eq!(
        (call.text.as_str(), call.tool.as_deref()),
        ("{\"n\": 123456789012345678901234, \"s\": \"a\"}", Some("f"))
    );
    assert_eq!(call.json.as_ref().unwrap()["s"], "a");
    assert!(held.parsed.stream && held.parsed.not_inspected.is_empty());
    assert_eq!(String::from_utf8(held.replay(None).unwrap()).unwrap(), raw);
}

#[test]
fn an_edited_message_is_streamed_anew() {
    let mut events = text(&["my pin ", "is 12", "34"]);
    events.extend([
        block(1, json!({"type": "tool_use", "id": "t", "name": "f", "input": {}})),
        delta(1, json!({"type": "input_json_delta", "partial_json": "{\"pin\":"})),
        delta(1, json!({"type": "input_json_delta", "partial_json": "1234}"})),
        stop(1),
    ]);
    let held = hold(message(events).as_bytes()).unwrap();
    let edit = |start, end| [Edit { part: 0, start, end, replacement: "0".to_owned() }];
    let (output, call) = (&held.parsed.events[0], &held.parsed.events[1]);
    let edited = rewrite(&held.body, &[(output, &edit(10, 14)), (call, &edit(7, 11))]).unwrap();
    let replayed = held.replay(Some(&edited)).unwrap();
    let told = String::from_utf8(replayed.clone()).unwrap();
    assert!(
        !told.contains("1234") && told.ends_with("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"),
        "{told}"
    );
    let again = body(&hold(&replayed).unwrap());
    assert_eq!(
        (&again["content"][0]["text"], &again["content"][1]["input"]),
        (&json!("my pin is 0"), &json!("{\"pin\":0}"))
    );
    assert_eq!(again, serde_json::from_slice::<Value>(&edited).unwrap());
}

#[test]
fn a_signed_thought_in_which_something_was_edited_is_not_streamed() {
    let held = hold(
        message(vec![
            block(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
            delta(0, json!({"type": "thinking_delta", "thinking": "pin 12"})),
            delta(0, json!({"type": "thinking_delta", "thinking": "34"})),
            delta(0, json!({"type": "signature_delta", "signature": "c2ln"})),
            stop(0),
            block(1, json!({"type": "text", "text": "said"})),
            stop(1),
        ])
        .as_bytes(),
    )
    .unwrap();
    let part = held.parsed.events[0].parts.iter().position(|part| part.pointer == "/content/0/thinking").unwrap();
    let edits = [Edit { part, start: 4, end: 8, replacement: "*".to_owned() }];
    let edited = rewrite(&held.body, &[(&held.parsed.events[0], &edits)]).unwrap();
    let told = String::from_utf8(held.replay(Some(&edited)).unwrap()).unwrap();
    assert!(!told.contains("pin") && !told.contains("c2ln") && !told.contains("thinking"), "{told}");
    assert!(
        told.contains(r#"{"content_block":{"text":"","type":"text"},"index":0,"type":"content_block_start"}"#),
        "{told}"
    );
}

#[test]
fn a_stream_that_clients_would_read_in_different_ways_is_refused() {
    let use_block = |input: Value| block(0, json!({"type": "tool_use", "id": "t", "name": "f", "input": input}));
    let json_delta = delta(0, json!({"type": "input_json_delta", "partial_json": "{}"}));
    let text_delta = delta(0, json!({"type": "text_delta", "text": "x"}));
    for (events, event, problem) in [
        (vec![start()], 2, "the message starts twice"),
        (vec![block(1, json!({"type": "text", "text": ""}))], 2, "a content block is out of order"),
        (vec![use_block(json!({})), use_block(json!({}))], 3, "a content block is out of order"),
        (vec![text_delta.clone()], 2, "it belongs to no open content block"),
        (vec![use_block(json!({})), stop(0), json_delta.clone()], 4, "it belongs to no open content block"),
        (vec![use_block(json!({})), text_delta.clone()], 3, "a delta does not fit its content block"),
        (vec![use_block(json!({"a": 1})), json_delta], 3, "a tool's input comes twice"),
        (vec![block(0, json!({"type": "text", "text": 5})), text_delta], 3, "a delta adds to what is no text"),
        (vec![block(0, json!("x"))], 2, "it has no content block"),
        (vec![json!({"type": "content_block_stop", "index": "0"})], 2, "its `index` is no whole number"),
    ] {
        assert_eq!(hold(message(events).as_bytes()).unwrap_err(), StreamError::Malformed { event, problem });
    }
    let early = sse(&[block(0, json!({"type": "text"}))]);
    assert_eq!(
        hold(early.as_bytes()).unwrap_err(),
        StreamError::Malformed { event: 1, problem: "it comes before `message_start`" }
    );
    let error = |raw: &str| hold(raw.as_bytes()).unwrap_err();
    let whole = message(text(&["x"]));
    assert_eq!(
        error(&whole.replace("event: content_block_delta", "event: ping")),
        StreamError::Malformed { event: 3, problem: "its name and its `type` differ" }
    );
    assert_eq!(error("data: {\"a\": 1}\n\n"), StreamError::Malformed { event: 1, problem: "its `type` is no word" });
    assert_eq!(
        error("data: {\"type\": \"ping\", \"type\": \"pong\"}\n\n"),
        StreamError::Malformed { event: 1, problem: "it is no acceptable JSON" }
    );
    assert_eq!(error(&whole.replace("message_stop", "ping")), StreamError::Truncated);
    assert_eq!(error(&format!("{whole}{}", sse(&[json!({"type": "ping"})]))), StreamError::DataAfterDone);
    assert_eq!(
        error(&sse(&[json!({"type": "error", "error": {"type": "overloaded_error"}})])),
        StreamError::UpstreamEvent
    );
    assert_eq!(error("event: error\ndata: {\"type\": \"ping\"}\n\n"), StreamError::UpstreamEvent);
}

#[test]
fn what_has_no_place_in_the_message_is_listed() {
    let events = vec![
        block(0, json!({"type": "text", "text": ""})),
        json!({"type": "content_block_delta", "index": 0, "extra": "secret extra",
            "delta": {"type": "text_delta", "text": "y", "more": 1}}),
        delta(0, json!({"type": "new_delta", "words": "secret words"})),
        stop(0),
        json!({"type": "new_event", "note": "secret note"}),
        json!({"type": "ping", "flag": true, "nothing": null}),
    ];
    let held = hold(message(events).as_bytes()).unwrap();
    assert_eq!(listed(&held.parsed), ["/unknown_events unmapped_field"]);
    assert_eq!(
        body(&held)["unknown_events"],
        json!([{"type": "content_block_delta", "extra": "secret extra", "delta": {"more": 1}},
            {"type": "content_block_delta", "delta": {"type": "new_delta", "words": "secret words"}},
            {"type": "new_event", "note": "secret note"}])
    );
    let replayed = replay(&held.body).unwrap();
    assert!(!String::from_utf8(replayed).unwrap().contains("secret"), "only what is known is told anew");
}

#[test]
fn no_line_is_found_where_there_is_none() {
    let raw = message(text(&["a\u{2028}data: x\u{85}b"]));
    let held = hold(raw.as_bytes()).unwrap();
    for told in
        [String::from_utf8(held.plain.clone()).unwrap(), String::from_utf8(replay(&held.body).unwrap()).unwrap()]
    {
        assert!(
            !told.contains('\u{2028}') && !told.contains('\u{85}') && told.contains("a\\u2028data: x\\u0085b"),
            "{told}"
        );
    }
}

/// A message as a stream can tell it.
fn streamable() -> impl Strategy<Value = Value> {
    arbitrary::messages_answer().prop_map(with_unique_texts).prop_map(|mut body| {
        let fields = body.as_object_mut().unwrap();
        fields.remove("error");
        if !fields.get("usage").is_some_and(Value::is_object) {
            fields.insert("usage".to_owned(), json!({"output_tokens": 1}));
        }
        for block in fields["content"].as_array_mut().unwrap() {
            let fields = block.as_object_mut().unwrap();
            for key in ["text", "thinking", "signature"] {
                fields.entry(key).and_modify(|value| *value = value.as_str().unwrap_or_default().into());
            }
            fields.entry("citations").and_modify(|value| *value = json!([value.take()]));
            fields.entry("input").and_modify(|value| *value = value.to_string().into());
        }
        body
    })
}

proptest! {
    #[test]
    fn a_replayed_message_assembles_to_itself(message in streamable()) {
        let bytes = message.to_string().into_bytes();
        prop_assume!(ModelApi::AnthropicMessages.parse_answer(&bytes).is_ok());
        let held = hold(&replay(&bytes).unwrap()).unwrap();
        prop_assert_eq!(body(&held), message);
    }

    #[test]
    fn the_cut_of_texts_and_bytes_changes_nothing(
        content in "[a-zä😀\\\\\" \n]{0,40}", input in "[a-z{}\" :ü]{1,20}", size in 1usize..5, step in 1usize..50,
    ) {
        let pieces = |text: &str| text.chars().collect::<Vec<_>>().chunks(size).map(|piece| piece.iter().collect::<String>()).collect::<Vec<_>>();
        let mut events = text(&pieces(&content).iter().map(String::as_str).collect::<Vec<_>>());
        events.push(block(1, json!({"type": "tool_use", "id": "t", "name": "f", "input": {}})));
        events.extend(pieces(&input).iter().map(|piece| delta(1, json!({"type": "input_json_delta", "partial_json": piece}))));
        events.push(stop(1));
        let raw = message(events);
        let mut answer = ModelApi::AnthropicMessages.stream(1 << 20);
        for bytes in raw.as_bytes().chunks(step) {
            answer.push(bytes).unwrap();
        }
        prop_assert!(answer.is_done());
        let held = answer.finish().unwrap();
        prop_assert_eq!(&body(&held)["content"][0]["text"], &json!(content));
        prop_assert_eq!(&body(&held)["content"][1]["input"], &json!(input));
        prop_assert_eq!(hold(&held.plain).unwrap(), held);
    }

    #[test]
    fn no_text_of_any_events_is_lost(events in prop::collection::vec(arbitrary::json(), 1..4), deltas in prop::collection::vec(arbitrary::json(), 1..4)) {
        let kinds = ["message_delta", "ping", "new_event"];
        let typed = |(n, mut event): (usize, Value)| {
            if !event.is_object() {
                event = json!({ "x": event });
            }
            event["type"] = kinds[n % kinds.len()].into();
            event.as_object_mut().unwrap().remove("error");
            event
        };
        let mut all = vec![start(), block(0, json!({"type": "text", "text": ""}))];
        all.extend(deltas.into_iter().map(|fields| json!({"type": "content_block_delta", "index": 0, "more": fields, "delta": {"type": "text_delta", "text": "t", "more": fields}})));
        all.extend(events.into_iter().enumerate().map(typed));
        all.extend(end());
        let all = with_unique_texts(Value::from(all));
        if let Ok(held) = hold(sse(all.as_array().unwrap()).as_bytes()) {
            let told = String::from_utf8(held.body.clone()).unwrap();
            for (place, text) in arbitrary::texts(&all).into_iter().filter(|(_, text)| text.starts_with("secret")) {
                let text = serde_json::to_string(&text).unwrap();
                prop_assert!(told.contains(text.trim_matches('"')), "{} {} is not in {}", place, text, told);
            }
            let missed: Vec<_> = arbitrary::uncovered(&body(&held), &held.parsed).into_iter().filter(|(_, text)| text.starts_with("secret")).collect();
            prop_assert_eq!(missed, vec![]);
        }
    }
}
