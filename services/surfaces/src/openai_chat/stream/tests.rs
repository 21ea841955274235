use parapet_domain::{Edit, Stage};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::arbitrary::{self, uncovered, with_unique_texts};
use crate::openai_chat::parse_answer;
use crate::{HeldAnswer, ModelApi, StreamError, rewrite};

const LIMIT: usize = 1 << 20;

fn hold(raw: &[u8]) -> Result<HeldAnswer, StreamError> {
    let mut answer = ModelApi::OpenaiChat.stream(LIMIT);
    answer.push(raw)?;
    answer.finish()
}

fn sse(chunks: &[Value]) -> String {
    let events: String = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    format!("{events}data: [DONE]\n\n")
}

/// A chunk with one choice.
fn chunk(index: u64, delta: Value, finish_reason: Option<&str>) -> Value {
    json!({"id": "chatcmpl-7", "object": "chat.completion.chunk", "created": 12, "model": "gpt-5", "system_fingerprint": "fp_1",
        "choices": [{"index": index, "delta": delta, "logprobs": null, "finish_reason": finish_reason}]})
}

fn body(held: &HeldAnswer) -> Value {
    serde_json::from_slice(&held.body).unwrap()
}

#[test]
fn chunks_of_several_choices_and_tool_calls_become_one_completion() {
    let call = |index: u64, fields: Value| {
        let mut call = fields;
        call["index"] = index.into();
        json!({"tool_calls": [call]})
    };
    let raw = sse(&[
        chunk(1, json!({"role": "assistant", "content": ""}), None),
        chunk(0, json!({"role": "assistant", "content": null}), None),
        chunk(1, json!({"content": "Hel"}), None),
        chunk(0, call(1, json!({"id": "b", "type": "function", "function": {"name": "g", "arguments": ""}})), None),
        chunk(
            0,
            call(0, json!({"id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"x\""}})),
            None,
        ),
        chunk(1, json!({"content": "lo", "refusal": "No"}), None),
        chunk(0, call(1, json!({"function": {"arguments": "{}"}})), None),
        chunk(0, call(0, json!({"function": {"arguments": ":1}"}})), None),
        chunk(1, json!({"refusal": "pe"}), Some("stop")),
        chunk(0, json!({}), Some("tool_calls")),
        json!({"id": "chatcmpl-7", "object": "chat.completion.chunk", "created": 12, "model": "gpt-5", "choices": [], "usage": {"total_tokens": 9}}),
    ]);
    let held = hold(raw.as_bytes()).unwrap();
    assert_eq!(
        body(&held),
        json!({
            "id": "chatcmpl-7", "object": "chat.completion", "created": 12, "model": "gpt-5", "system_fingerprint": "fp_1",
            "usage": {"total_tokens": 9},
            "choices": [
                {"index": 0, "finish_reason": "tool_calls", "logprobs": null, "message": {"role": "assistant", "content": null, "tool_calls": [
                    {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"x\":1}"}},
                    {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
                ]}},
                {"index": 1, "finish_reason": "stop", "logprobs": null, "message": {"role": "assistant", "content": "Hello", "refusal": "Nope"}},
            ],
        })
    );
    let stages: Vec<_> = held.parsed.events.iter().map(|draft| draft.stage).collect();
    assert_eq!(stages, [Stage::Output, Stage::ToolCall, Stage::ToolCall]);
    assert!(held.parsed.stream && held.parsed.not_inspected.is_empty());
    assert_eq!(held.replay(None).unwrap(), raw.as_bytes());
}

#[test]
fn an_edited_answer_is_streamed_with_the_same_envelope() {
    let raw = sse(&[
        chunk(0, json!({"role": "assistant", "content": "my pin "}), None),
        chunk(0, json!({"content": "is 12"}), None),
        chunk(0, json!({"content": "34"}), Some("stop")),
        json!({"choices": [], "usage": {"total_tokens": 9}}),
    ]);
    let held = hold(raw.as_bytes()).unwrap();
    let edits = [Edit { part: 0, start: 10, end: 14, replacement: "[pin]".to_owned() }];
    let edited = rewrite(&held.body, &[(&held.parsed.events[0], &edits)]).unwrap();
    let replayed = held.replay(Some(&edited)).unwrap();
    let text = String::from_utf8(replayed.clone()).unwrap();
    assert!(text.ends_with("data: [DONE]\n\n") && !text.contains("1234"), "{text}");
    assert_eq!(text.matches("\"chat.completion.chunk\"").count(), 3);
    assert_eq!(body(&hold(&replayed).unwrap()), serde_json::from_slice::<Value>(&edited).unwrap());
    assert_eq!(
        serde_json::from_slice::<Value>(&edited).unwrap()["choices"][0]["message"]["content"],
        "my pin is [pin]"
    );
}

#[test]
fn a_stream_that_is_not_whole_is_not_an_answer() {
    let whole = sse(&[chunk(0, json!({"content": "x"}), Some("stop"))]);
    let error = |raw: &str| hold(raw.as_bytes()).unwrap_err();
    assert_eq!(error(whole.trim_end().trim_end_matches("data: [DONE]")), StreamError::Truncated);
    assert!(hold(whole.trim_end().as_bytes()).is_ok(), "a last event without its empty line is read");
    assert_eq!(error(""), StreamError::Truncated);
    assert_eq!(error("data: [DONE]\n\n"), StreamError::Empty);
    assert_eq!(error(&format!("{whole}data: {{\"choices\":[]}}\n\n")), StreamError::DataAfterDone);
    assert_eq!(error("data: {\"error\":{\"message\":\"overloaded\"}}\n\n"), StreamError::UpstreamEvent);
    assert_eq!(error("event: error\ndata: {\"message\":\"overloaded\"}\n\n"), StreamError::UpstreamEvent);
    assert_eq!(error("data: \u{1}\n\n"), StreamError::Malformed { event: 1, problem: "it is no acceptable JSON" });
    assert_eq!(
        error("data: {}\n\ndata: [1]\n\n").to_string(),
        "event 2 of the upstream's stream does not fit the protocol: it is no JSON object"
    );
    for (bad, problem) in [
        (json!({"choices": 1}), "`choices` is no array"),
        (json!({"choices": [1]}), "a choice is no object"),
        (json!({"choices": [{"index": -1}]}), "the `index` of a choice is no whole number"),
        (json!({"choices": [{"delta": "x"}]}), "`delta` is no object"),
        (json!({"choices": [{"delta": {"tool_calls": 1}}]}), "`tool_calls` is no array"),
        (json!({"choices": [{"delta": {"tool_calls": [1]}}]}), "a tool call is no object"),
        (
            json!({"choices": [{"delta": {"tool_calls": [{"index": "0"}]}}]}),
            "the `index` of a tool call is no whole number",
        ),
    ] {
        assert_eq!(error(&sse(&[bad])), StreamError::Malformed { event: 1, problem });
    }
    let mut answer = ModelApi::OpenaiChat.stream(100);
    assert_eq!(answer.push(&[b' '; 101]), Err(StreamError::TooLarge { limit: 100 }));
}

#[test]
fn tool_calls_without_an_index_are_told_apart_by_their_ids() {
    let delta = |fields: Value| chunk(0, json!({"tool_calls": [fields]}), None);
    let raw = sse(&[
        delta(json!({"id": "a", "function": {"name": "f", "arguments": "1"}})),
        delta(json!({"function": {"arguments": "2"}})),
        delta(json!({"id": "b", "function": {"name": "g", "arguments": "3"}})),
        delta(json!({"id": "a", "function": {"name": "f", "arguments": "4"}})),
    ]);
    let held = hold(raw.as_bytes()).unwrap();
    assert_eq!(
        body(&held)["choices"][0]["message"]["tool_calls"],
        json!([{"id": "a", "function": {"name": "f", "arguments": "124"}}, {"id": "b", "function": {"name": "g", "arguments": "3"}}])
    );
}

#[test]
fn fields_that_change_from_chunk_to_chunk_are_not_lost() {
    let raw = sse(&[
        json!({"obfuscation": "ab12", "provider": "Some Where", "note": "first secret", "choices": [{"delta": {"content": "a"}, "extra": "one two"}]}),
        json!({"obfuscation": "cd34", "provider": "Else Where", "note": "second secret", "choices": [{"delta": {"content": 5}, "extra": "three four"}]}),
        json!({"obfuscation": "ef56", "provider": "x", "note": "y", "choices": [{"delta": {"content": ["b"]}, "logprobs": {"content": [{"token": "a"}]}}]}),
    ]);
    let held = hold(raw.as_bytes()).unwrap();
    let body = body(&held);
    assert_eq!(body["obfuscation"], "ef56");
    assert_eq!(body["provider"], json!(["Some Where", "Else Where"]));
    assert_eq!(body["choices"][0]["message"]["content"], json!(["a", 5, "b"]));
    let listed: Vec<_> = held.parsed.not_inspected.iter().map(|entry| entry.pointer.as_str()).collect();
    assert!(
        ["/note", "/choices/0/extra", "/choices/0/logprobs"].iter().all(|pointer| listed.contains(pointer)),
        "{listed:?}"
    );
    assert_eq!(
        uncovered(&body, &held.parsed).into_iter().filter(|(_, text)| text.contains(' ')).collect::<Vec<_>>(),
        []
    );
}

#[test]
fn all_that_a_stream_releases_is_in_the_completion_that_is_judged() {
    let raw = sse(&[
        json!({"citations": ["https://a"], "related_questions": ["one"], "search_results": [{"title": "t1"}], "extra": "x",
            "choices": [{"text": "my pin ", "delta": {"reasoning_details": [{"index": 0, "id": "p1", "n": 4}]}, "more": 1}]}),
        json!({"citations": ["https://b"], "related_questions": ["two"], "search_results": [{"title": "t2"}], "extra": "y",
            "choices": [{"text": "is 12", "delta": {"reasoning_details": [{"index": 0, "id": "p2", "n": 5}]}, "more": 2}]}),
        json!({"citations": ["https://a"], "extra": "y", "choices": [{"text": "34", "delta": {}, "more": 1}]}),
    ]);
    let held = hold(raw.as_bytes()).unwrap();
    assert_eq!(
        body(&held),
        json!({
            "object": "chat.completion", "citations": ["https://a", "https://b", "https://a"], "related_questions": ["one", "two"],
            "search_results": [{"title": "t1"}, {"title": "t2"}], "extra": ["x", "y", "y"],
            "choices": [{"index": 0, "text": "my pin is 1234", "more": [1, 2, 1],
                "message": {"content": null, "reasoning_details": [{"index": 0, "id": ["p1", "p2"], "n": [4, 5]}]}}],
        })
    );
}

#[test]
fn nothing_is_released_besides_the_chunks_that_were_judged() {
    let raw = "\u{feff}: call me\nid: secret\nretry: 1\nnote: secret\nevent: secret\r\ndata: {\"choices\" : [\ndata: {\"delta\": \
               {\"content\": \"a \\\\ \\\" b\u{2028}c\u{2029}d\u{85}e\u{7f} \", \"n\": 1.50}}\t]}\n\ndata\n\n: x\ndata:[DONE]\n\n: bye\n\ndata: [DONE]";
    let held = hold(raw.as_bytes()).unwrap();
    assert_eq!(
        String::from_utf8(held.clone().replay(None).unwrap()).unwrap(),
        "data: {\"choices\":[{\"delta\":{\"content\":\"a \\\\ \\\" b\\u2028c\\u2029d\\u0085e\\u007f \",\"n\":1.50}}]}\n\ndata: [DONE]\n\n"
    );
    assert_eq!(hold(&held.plain).unwrap(), held);
}

#[test]
fn two_tool_calls_with_one_index_are_refused() {
    let call =
        |id: Value| chunk(0, json!({"tool_calls": [{"index": 0, "id": id, "function": {"arguments": "{}"}}]}), None);
    let problem = "two tool calls share an index";
    let error = hold(sse(&[call(json!("a")), call(json!("b"))]).as_bytes()).unwrap_err();
    assert_eq!(error, StreamError::Malformed { event: 2, problem });
    assert!(hold(sse(&[call(json!("a")), call(json!("")), call(json!(null)), call(json!("a"))]).as_bytes()).is_ok());
}

/// Cuts a completion's texts into deltas.
fn deltas(content: &str, arguments: &[String], size: usize) -> Vec<Value> {
    let pieces = |text: &str| {
        text.chars().collect::<Vec<_>>().chunks(size).map(|piece| piece.iter().collect::<String>()).collect::<Vec<_>>()
    };
    let mut chunks = vec![chunk(0, json!({"role": "assistant", "content": ""}), None)];
    chunks.extend(pieces(content).into_iter().map(|piece| chunk(0, json!({"content": piece}), None)));
    for (index, text) in arguments.iter().enumerate() {
        let head = json!({"index": index, "id": format!("call_{index}"), "type": "function", "function": {"name": "f", "arguments": ""}});
        chunks.push(chunk(0, json!({"tool_calls": [head]}), None));
        let tails = pieces(text)
            .into_iter()
            .map(|piece| json!({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}));
        chunks.extend(tails.map(|delta| chunk(0, delta, None)));
    }
    chunks.push(chunk(0, json!({}), Some("stop")));
    chunks
}

/// A completion as a stream can tell it: choices and calls in order, with their indices.
fn streamable() -> impl Strategy<Value = Value> {
    arbitrary::chat_answer().prop_map(with_unique_texts).prop_map(|mut body| {
        body["object"] = "chat.completion".into();
        body.as_object_mut().unwrap().remove("error");
        for (index, choice) in body["choices"].as_array_mut().unwrap().iter_mut().enumerate() {
            let choice = choice.as_object_mut().unwrap();
            choice.remove("delta");
            choice.insert("index".to_owned(), index.into());
            choice.entry("finish_reason").or_insert(Value::Null);
            if !choice.get("message").is_some_and(Value::is_object) {
                choice.insert("message".to_owned(), json!({}));
            }
            let message = choice["message"].as_object_mut().unwrap();
            message.entry("content").or_insert(Value::Null);
            if let Some(Value::Array(calls)) = message.get_mut("tool_calls") {
                calls.retain(Value::is_object);
                calls.iter_mut().for_each(|call| {
                    call.as_object_mut().unwrap().remove("index");
                });
            }
            if message.get("tool_calls").is_some_and(|calls| calls.as_array().is_none_or(Vec::is_empty)) {
                message.remove("tool_calls");
            }
        }
        body
    })
}

proptest! {
    #[test]
    fn a_replayed_completion_assembles_to_itself(completion in streamable()) {
        let bytes = completion.to_string().into_bytes();
        prop_assume!(parse_answer(&bytes).is_ok());
        let held = hold(&replay(&bytes).unwrap()).unwrap();
        let mut expected = completion;
        if expected.get("usage").is_some_and(Value::is_null) {
            expected.as_object_mut().unwrap().remove("usage");
        }
        prop_assert_eq!(body(&held), expected);
    }

    #[test]
    fn the_cut_of_texts_and_bytes_changes_nothing(
        content in "[a-zä😀\\\\\" \n]{0,40}", arguments in prop::collection::vec("[a-z{}\" :ü]{0,20}", 0..3), size in 1usize..5, step in 1usize..50,
    ) {
        let raw = sse(&deltas(&content, &arguments, size));
        let mut answer = ModelApi::OpenaiChat.stream(LIMIT);
        for bytes in raw.as_bytes().chunks(step) {
            answer.push(bytes).unwrap();
        }
        prop_assert!(answer.is_done());
        let held = answer.finish().unwrap();
        let body = body(&held);
        let message = &body["choices"][0]["message"];
        prop_assert_eq!(&message["content"], &json!(content));
        for (index, text) in arguments.iter().enumerate() {
            prop_assert_eq!(&message["tool_calls"][index]["function"]["arguments"], &json!(text));
        }
        let again = hold(&held.plain).unwrap();
        prop_assert_eq!(&again.body, &held.body);
        prop_assert_eq!(again.plain, held.plain);
    }

    #[test]
    fn no_text_of_any_chunks_is_lost(chunks in prop::collection::vec(arbitrary::json(), 1..4), deltas in prop::collection::vec(arbitrary::json(), 1..4)) {
        let chunks = chunks.into_iter().chain(deltas.into_iter().map(|delta| json!({"choices": [{"delta": delta}]}))).collect::<Vec<_>>();
        let chunks = with_unique_texts(Value::from(chunks));
        if let Ok(held) = hold(sse(chunks.as_array().unwrap()).as_bytes()) {
            let body = body(&held);
            prop_assert_eq!(uncovered(&body, &held.parsed).into_iter().filter(|(_, text)| !crate::document::is_plain_word(text)).collect::<Vec<_>>(), vec![]);
            let kept = held.body;
            let kept = String::from_utf8(kept).unwrap();
            for (place, text) in arbitrary::texts(&chunks).into_iter().filter(|(_, text)| text.starts_with("secret")) {
                let text = serde_json::to_string(&text).unwrap();
                prop_assert!(kept.contains(text.trim_matches('"')), "{} {} is not in {}", place, text, kept);
            }
        }
    }
}
