use parapet_domain::{Edit, Stage};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::arbitrary::{self, listed, with_unique_texts};
use crate::{HeldAnswer, ModelApi, StreamError, rewrite};

fn hold(raw: &[u8]) -> Result<HeldAnswer, StreamError> {
    let mut answer = ModelApi::OpenaiResponses.stream(1 << 20);
    answer.push(raw)?;
    answer.finish()
}

/// The events as a server writes them, with their names.
fn sse(events: &[Value]) -> String {
    events.iter().map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap())).collect()
}

fn event(kind: &str, mut fields: Value) -> Value {
    fields["type"] = format!("response.{kind}").into();
    fields["sequence_number"] = 7.into();
    fields
}

fn response(status: &str, output: &[Value]) -> Value {
    json!({"id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": "m", "instructions": "Be brief.", "tools": [],
        "error": null, "usage": if status == "completed" { json!({"total_tokens": 3}) } else { Value::Null }, "output": output})
}

fn message(text: &str) -> Value {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [
        {"type": "output_text", "text": text, "annotations": [], "logprobs": []}]})
}

/// The whole life of a message, told in pieces.
fn told(pieces: &[&str]) -> Vec<Value> {
    let text = pieces.concat();
    let at = |more: Value| {
        let mut fields = json!({"item_id": "msg_1", "output_index": 0, "content_index": 0});
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    let part = |text: &str| json!({"part": {"type": "output_text", "text": text, "annotations": [], "logprobs": []}});
    let mut events = vec![
        event("created", json!({"response": response("in_progress", &[])})),
        event("in_progress", json!({"response": response("in_progress", &[])})),
        event(
            "output_item.added",
            json!({"output_index": 0, "item": {"id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}}),
        ),
        event("content_part.added", at(part(""))),
    ];
    events.extend(
        pieces
            .iter()
            .map(|piece| event("output_text.delta", at(json!({"delta": piece, "logprobs": [], "obfuscation": "x1"})))),
    );
    events.extend([
        event("output_text.done", at(json!({"text": text, "logprobs": []}))),
        event("content_part.done", at(part(&text))),
        event("output_item.done", json!({"output_index": 0, "item": message(&text)})),
        event("completed", json!({"response": response("completed", &[message(&text)])})),
    ]);
    events
}

fn body(held: &HeldAnswer) -> Value {
    serde_json::from_slice(&held.body).unwrap()
}

#[test]
fn the_response_at_the_end_is_judged_and_the_events_are_released() {
    let raw = sse(&told(&["Hel", "lo"]));
    let held = hold(raw.as_bytes()).unwrap();
    assert_eq!(body(&held), response("completed", &[message("Hello")]));
    assert_eq!(listed(&held.parsed), [""; 0]);
    assert!(held.parsed.stream);
    assert_eq!(String::from_utf8(held.replay(None).unwrap()).unwrap(), raw);
}

#[test]
fn every_kind_of_item_is_told_anew_and_read_again() {
    let items = [
        json!({"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}], "content": [{"type": "reasoning_text", "text": "Raw."}]}),
        message("Hi"),
        json!({"id": "msg_2", "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "refusal", "refusal": "No."}]}),
        json!({"id": "fc_1", "type": "function_call", "call_id": "c1", "name": "f", "arguments": "{\"a\":1}", "status": "completed"}),
        json!({"id": "ct_1", "type": "custom_tool_call", "call_id": "c2", "name": "sh", "input": "ls -l"}),
        json!({"id": "mc_1", "type": "mcp_call", "name": "g", "arguments": "{}", "output": "fetched", "server_label": "s"}),
        json!({"id": "ci_1", "type": "code_interpreter_call", "code": "print(1)", "container_id": "c", "outputs": null}),
        json!({"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "q r"}}),
    ];
    let whole = response("completed", &items);
    let told = replay(whole.to_string().as_bytes()).unwrap();
    let text = String::from_utf8(told.clone()).unwrap();
    for kind in [
        "output_text",
        "refusal",
        "reasoning_text",
        "reasoning_summary_text",
        "function_call_arguments",
        "custom_tool_call_input",
        "mcp_call_arguments",
        "code_interpreter_call_code",
    ] {
        for end in ["delta", "done"] {
            assert_eq!(text.matches(&format!("event: response.{kind}.{end}\n")).count(), 1, "{kind}.{end}\n{text}");
        }
    }
    let held = hold(&told).unwrap();
    assert_eq!(body(&held), whole);
    let stages: Vec<_> = held.parsed.events.iter().map(|draft| draft.stage).collect();
    let [output, call, result] = [Stage::Output, Stage::ToolCall, Stage::ToolResult];
    assert_eq!(stages, [output, call, call, call, result, call, call]);
}

#[test]
fn an_edited_response_is_streamed_anew() {
    let held = hold(sse(&told(&["my pin ", "is 12", "34"])).as_bytes()).unwrap();
    let part = held.parsed.events[0].parts.iter().position(|part| part.pointer.ends_with("/text")).unwrap();
    let edits = [Edit { part, start: 10, end: 14, replacement: "[pin]".to_owned() }];
    let edited = rewrite(&held.body, &[(&held.parsed.events[0], &edits)]).unwrap();
    let replayed = held.replay(Some(&edited)).unwrap();
    let text = String::from_utf8(replayed.clone()).unwrap();
    assert!(!text.contains("1234") && text.matches("my pin is [pin]").count() == 5, "{text}");
    assert_eq!(body(&hold(&replayed).unwrap()), serde_json::from_slice::<Value>(&edited).unwrap());
}

#[test]
fn events_that_tell_something_else_than_the_response_are_refused() {
    let disagrees = "the response is not what the events before it told";
    let good = told(&["Hel", "lo"]);
    let last = good.len();
    let changed = |at: usize, place: &str, value: Value| {
        let mut events = good.clone();
        *events[at].pointer_mut(place).unwrap() = value;
        events
    };
    for (at, place, value) in [
        (0, "/response/instructions", json!("secret order")),
        (1, "/response/tools", json!([{"type": "function", "name": "secret"}])),
        (2, "/item/role", json!("secret role")),
        (3, "/part/text", json!("secret")),
        (3, "/part/annotations", json!([{"type": "url_citation", "title": "secret"}])),
        (4, "/delta", json!("secret")),
        (4, "/output_index", json!(1)),
        (4, "/content_index", json!(1)),
        (6, "/text", json!("secret")),
        (7, "/part/text", json!("secret")),
        (8, "/item/content/0/text", json!("secret")),
        (
            8,
            "/item/content",
            json!([{"type": "output_text", "text": "Hello"}, {"type": "output_text", "text": "secret"}]),
        ),
        (8, "/output_index", json!(1)),
        (9, "/response/output", json!([])),
        (9, "/response/output/0/content/0/text", json!("harmless")),
    ] {
        let error = hold(sse(&changed(at, place, value)).as_bytes()).unwrap_err();
        assert_eq!(error, StreamError::Malformed { event: last, problem: disagrees }, "{at} {place}");
    }
    // Settings may change, and the output may be told by the items alone.
    assert!(hold(sse(&changed(1, "/response/status", json!("queued"))).as_bytes()).is_ok());
    let held = hold(sse(&changed(9, "/response/output", Value::Null)).as_bytes()).unwrap();
    assert_eq!(body(&held)["output"], json!([message("Hello")]));
}

#[test]
fn a_text_told_in_two_ways_at_once_is_refused() {
    // Put together they are what is judged; each by itself they are not.
    let mut events = told(&["a", "b"]);
    events[5]["type"] = "response.reasoning_text.delta".into();
    assert!(matches!(hold(sse(&events).as_bytes()), Err(StreamError::Malformed { .. })));
    // Behind a text that the part begins with.
    let mut events = told(&["ab"]);
    events[3]["part"]["text"] = "ab".into();
    assert!(matches!(hold(sse(&events).as_bytes()), Err(StreamError::Malformed { .. })));
    // Before the part begins.
    let mut events = told(&["ab"]);
    events.swap(3, 4);
    let problem = "a text begins after its first piece";
    assert_eq!(hold(sse(&events).as_bytes()).unwrap_err(), StreamError::Malformed { event: 5, problem });
    // Behind output that the response begins with.
    let mut events = told(&["ab"]);
    events[0]["response"]["output"] = json!([message("ab")]);
    let problem = "the response has output before its first item";
    assert_eq!(hold(sse(&events).as_bytes()).unwrap_err(), StreamError::Malformed { event: 1, problem });
}

#[test]
fn a_stream_that_is_not_in_order_is_refused() {
    let good = told(&["x"]);
    let with = |at: usize, change: &dyn Fn(&mut Value)| {
        let mut events = good.clone();
        change(&mut events[at]);
        hold(sse(&events).as_bytes()).unwrap_err()
    };
    let malformed = |event: usize, problem: &'static str| StreamError::Malformed { event, problem };
    assert_eq!(with(3, &|event| event["content_index"] = json!(1)), malformed(4, "a content part is out of order"));
    assert_eq!(with(3, &|event| event["content_index"] = json!("0")), malformed(4, "an index is no whole number"));
    assert_eq!(with(4, &|event| event["delta"] = json!(1)), malformed(5, "a delta is no text"));
    assert_eq!(with(2, &|event| event["item"] = json!("x")), malformed(3, "it does not hold what its type says"));
    let mut twice = good.clone();
    twice.insert(3, good[2].clone());
    assert_eq!(hold(sse(&twice).as_bytes()).unwrap_err(), malformed(4, "an output item is added twice"));

    let error = |raw: &str| hold(raw.as_bytes()).unwrap_err();
    let whole = sse(&good);
    assert_eq!(
        error(&whole.replacen("event: response.created", "event: response.queued", 1)),
        malformed(1, "its name and its `type` differ")
    );
    assert_eq!(error(&sse(&good[..8])), StreamError::Truncated);
    assert_eq!(error("data: [DONE]\n\n"), malformed(1, "it is no acceptable JSON"));
    assert_eq!(error(&format!("{whole}{}", sse(&good[..1]))), StreamError::DataAfterDone);
    assert!(hold(format!("{whole}data: [DONE]\n\n").as_bytes()).unwrap().plain.ends_with(b"}\n\n"));
    assert_eq!(
        error(&sse(&[json!({"type": "error", "code": "server_error", "message": "m"})])),
        StreamError::UpstreamEvent
    );
}

#[test]
fn what_has_no_place_in_the_response_is_listed() {
    let mut events = told(&["x"]);
    events[4]["logprobs"] = json!([{"token": "x"}]);
    events[4]["extra"] = "secret extra".into();
    events.insert(5, event("new_event", json!({"output_index": 0, "note": "secret note"})));
    events.insert(
        5,
        event(
            "image_generation_call.partial_image",
            json!({"output_index": 0, "partial_image_index": 0, "partial_image_b64": "AAAA"}),
        ),
    );
    events.insert(5, event("web_search_call.searching", json!({"output_index": 0, "item_id": "ws_1"})));
    events.insert(5, json!({"type": "keepalive", "sequence_number": 3}));
    let held = hold(sse(&events).as_bytes()).unwrap();
    assert_eq!(listed(&held.parsed), ["/logprobs logprobs", "/unknown_events unmapped_field"]);
    assert_eq!(body(&held)["unknown_events"].as_array().unwrap().len(), 3);
    let replayed = String::from_utf8(replay(&held.body).unwrap()).unwrap();
    assert!(!replayed.contains("secret") && !replayed.contains("AAAA"), "only what is known is told anew");
}

#[test]
fn a_response_that_failed_or_was_cut_short_is_an_answer() {
    for (status, kind) in [("incomplete", "incomplete"), ("failed", "failed")] {
        let mut last = response(status, &[]);
        last["error"] =
            if status == "failed" { json!({"code": "server_error", "message": "it broke"}) } else { Value::Null };
        let raw = sse(&[
            event("created", json!({"response": response("in_progress", &[])})),
            event(kind, json!({"response": last})),
        ]);
        let held = hold(raw.as_bytes()).unwrap();
        assert!(String::from_utf8(replay(&held.body).unwrap()).unwrap().contains(&format!("event: response.{kind}\n")));
    }
}

#[test]
fn no_line_is_found_where_there_is_none() {
    let held = hold(sse(&told(&["a\u{2028}data: x"])).as_bytes()).unwrap();
    for told in
        [String::from_utf8(held.plain.clone()).unwrap(), String::from_utf8(replay(&held.body).unwrap()).unwrap()]
    {
        assert!(!told.contains('\u{2028}') && told.contains("a\\u2028data: x"), "{told}");
    }
}

proptest! {
    #[test]
    fn a_replayed_response_assembles_to_itself(mut response in arbitrary::responses_answer().prop_map(with_unique_texts)) {
        response.as_object_mut().unwrap().remove("logprobs");
        response.as_object_mut().unwrap().remove("error");
        response["output"].as_array_mut().unwrap().retain(Value::is_object);
        let bytes = response.to_string().into_bytes();
        prop_assume!(ModelApi::OpenaiResponses.parse_answer(&bytes).is_ok());
        let raw = replay(&bytes).unwrap();
        // What is told has to be in shape: parts that are no objects are not.
        if let Ok(held) = hold(&raw) {
            prop_assert_eq!(body(&held), response);
        }
    }

    #[test]
    fn the_cut_of_texts_and_bytes_changes_nothing(content in "[a-zä😀\\\\\" \n]{0,40}", size in 1usize..5, step in 1usize..50) {
        let pieces: Vec<String> = content.chars().collect::<Vec<_>>().chunks(size).map(|piece| piece.iter().collect()).collect();
        let raw = sse(&told(&pieces.iter().map(String::as_str).collect::<Vec<_>>()));
        let mut answer = ModelApi::OpenaiResponses.stream(1 << 20);
        for bytes in raw.as_bytes().chunks(step) {
            answer.push(bytes).unwrap();
        }
        prop_assert!(answer.is_done());
        let held = answer.finish().unwrap();
        prop_assert_eq!(&body(&held)["output"][0]["content"][0]["text"], &json!(content));
        prop_assert_eq!(hold(&held.plain).unwrap(), held);
    }

    #[test]
    fn no_text_of_any_events_is_lost(parts in prop::collection::vec((0usize..10, arbitrary::json(), "[a-z_]{1,9}"), 1..6)) {
        let mut events = told(&["x", "y"]);
        for (at, value, key) in parts {
            let fields = events[at].as_object_mut().unwrap();
            fields.insert(key, value.clone());
            for holder in ["response", "item", "part"] {
                if let Some(Value::Object(held)) = fields.get_mut(holder) {
                    held.insert("more".to_owned(), value.clone());
                }
            }
            events[at].as_object_mut().unwrap().remove("error");
        }
        let all = with_unique_texts(Value::from(events));
        if let Ok(held) = hold(sse(all.as_array().unwrap()).as_bytes()) {
            let kept = String::from_utf8(held.body.clone()).unwrap();
            for (place, text) in arbitrary::texts(&all).into_iter().filter(|(_, text)| text.starts_with("secret")) {
                let text = serde_json::to_string(&text).unwrap();
                prop_assert!(kept.contains(text.trim_matches('"')), "{} {} is not in {}", place, text, kept);
            }
        }
    }
}
