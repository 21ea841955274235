use parapet_domain::redact;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::WindowedAnswer;
use crate::sse::SseParser;

mod tokens;

const NEEDLE: &str = "SECRET";

fn limits(window_chars: usize, overlap_chars: usize) -> WindowLimits {
    WindowLimits { window_chars, overlap_chars, max_buffer_bytes: 1 << 20, whole_first: false }
}

fn chat(limits: WindowLimits) -> WindowedAnswer {
    WindowedAnswer::new(ModelApi::OpenaiChat, limits)
}

fn chunk(delta: Value) -> String {
    let choice = json!({"index": 0, "delta": delta, "finish_reason": null});
    format!("data: {}\n\n", json!({"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": [choice]}))
}

fn end() -> String {
    let choice = json!({"index": 0, "delta": {}, "finish_reason": "stop"});
    format!("data: {}\n\ndata: [DONE]\n\n", json!({"id": "c1", "model": "m", "choices": [choice]}))
}

/// Edits that hide every needle in a text.
fn hide(part: usize, text: &str) -> Vec<Edit> {
    let chars: Vec<char> = text.chars().collect();
    let needle: Vec<char> = NEEDLE.chars().collect();
    let mut edits = Vec::new();
    let mut at = 0;
    while at + needle.len() <= chars.len() {
        if chars[at..at + needle.len()] == needle[..] {
            edits.push(Edit { part, start: at, end: at + needle.len(), replacement: "[x]".to_owned() });
            at += needle.len();
        } else {
            at += 1;
        }
    }
    edits
}

fn edits_of(parsed: &ParsedBody) -> Vec<Edit> {
    parsed.events[0].parts.iter().enumerate().flat_map(|(n, part)| hide(n, &part.text)).collect()
}

/// What a client gets: all windows and the rest, with every needle hidden. Also the longest text that a window showed.
fn through(limits: WindowLimits, pieces: &[&[u8]]) -> Result<(Vec<u8>, usize), StreamError> {
    let mut answer = chat(limits);
    let (mut out, mut longest) = (Vec::new(), 0);
    for piece in pieces {
        answer.push(piece)?;
        while let Some(window) = answer.window()? {
            longest = longest.max(window.events[0].parts.iter().map(|part| part.text.chars().count()).sum());
            let drawn = answer.draw(&[(&window.events[0], &edits_of(&window))]).unwrap();
            out.extend(&drawn.bytes);
            answer.advance(&drawn);
        }
    }
    let rest = answer.finish()?;
    out.extend(answer.draw(&[(&rest.events[0], &edits_of(&rest))]).unwrap().bytes);
    Ok((out, longest))
}

/// The text of the first choice as a client puts it together.
fn client_text(stream: &[u8]) -> (String, String) {
    let mut events = Vec::new();
    let mut parser = SseParser::new(1 << 20);
    parser.push(stream, &mut events).unwrap();
    let (mut text, mut role) = (String::new(), String::new());
    assert_eq!(events.pop().unwrap().data, "[DONE]");
    for event in events {
        let chunk: Value = serde_json::from_str(&event.data).unwrap();
        assert_eq!(chunk["id"], "c1");
        let delta = &chunk["choices"][0]["delta"];
        text.push_str(delta["content"].as_str().unwrap_or_default());
        role.push_str(delta["role"].as_str().unwrap_or_default());
    }
    (text, role)
}

fn stream_of(texts: &[&str]) -> Vec<u8> {
    let mut stream = chunk(json!({"role": "assistant", "content": ""}));
    stream.extend(texts.iter().map(|text| chunk(json!({"content": text}))));
    stream.push_str(&end());
    stream.into_bytes()
}

#[test]
fn what_leaves_is_hidden_across_the_borders_of_chunks_and_windows() {
    let stream = stream_of(&["one SEC", "RET two S", "E", "CRET three ", "four five six seven"]);
    for window in 1..30 {
        let (out, _) = through(limits(window, 8), &[&stream]).unwrap();
        assert_eq!(client_text(&out), ("one [x] two [x] three four five six seven".to_owned(), "assistant".to_owned()));
    }
}

#[test]
fn a_window_shows_new_text_once_and_its_end_again() {
    let mut answer = chat(limits(4, 2));
    answer.push(chunk(json!({"role": "assistant", "content": "abcdef"})).as_bytes()).unwrap();
    let window = answer.window().unwrap().unwrap();
    let part = &window.events[0].parts[0];
    assert_eq!((part.text.as_str(), part.offset, part.is_final), ("abcdef", 0, false));
    assert_eq!((part.pointer.as_str(), part.choice), ("/choices/0/message/content", Some(0)));
    let drawn = answer.draw(&[]).unwrap();
    answer.advance(&drawn);
    assert_eq!(answer.window().unwrap(), None);
    answer.push(chunk(json!({"content": "ghi"})).as_bytes()).unwrap();
    assert_eq!(answer.window().unwrap(), None, "three new characters are no window");
    answer.push(chunk(json!({"content": "j"})).as_bytes()).unwrap();
    let window = answer.window().unwrap().unwrap();
    assert_eq!((window.events[0].parts[0].text.as_str(), window.events[0].parts[0].offset), ("efghij", 4));
}

#[test]
fn the_rest_knows_how_much_has_left() {
    let mut answer = chat(limits(4, 2));
    answer.push(chunk(json!({"role": "assistant", "content": "abcdef"})).as_bytes()).unwrap();
    answer.window().unwrap().unwrap();
    let drawn = answer.draw(&[]).unwrap();
    answer.advance(&drawn);
    answer.push(end().as_bytes()).unwrap();
    assert_eq!(answer.window().unwrap(), None);
    assert!(answer.is_done());
    let rest = answer.finish().unwrap();
    let part = &rest.events[0].parts[0];
    assert_eq!((part.text.as_str(), part.offset, part.is_final), ("ef", 4, true));
}

#[test]
fn a_tool_call_ends_the_windows_and_is_judged_whole() {
    let call = |arguments: &str| {
        chunk(
            json!({"tool_calls": [{"index": 0, "id": "t", "type": "function", "function": {"name": "pay", "arguments": arguments}}]}),
        )
    };
    let stream =
        [chunk(json!({"role": "assistant", "content": "I shall pay now. "})), call("{\"amount\":"), call("5}")]
            .concat();
    let mut answer = chat(limits(4, 2));
    answer.push(stream.as_bytes()).unwrap();
    let window = answer.window().unwrap().unwrap();
    assert_eq!(window.events.len(), 1);
    let drawn = answer.draw(&[]).unwrap();
    assert!(!String::from_utf8_lossy(&drawn.bytes).contains("pay\""), "no byte of the call leaves before it is whole");
    answer.advance(&drawn);
    answer.push(chunk(json!({"content": "and so on and on"})).as_bytes()).unwrap();
    assert_eq!(answer.window().unwrap(), None, "no windows after a call has begun");
    answer.push(end().as_bytes()).unwrap();
    let rest = answer.finish().unwrap();
    let stages: Vec<Stage> = rest.events.iter().map(|event| event.stage).collect();
    assert_eq!(stages, [Stage::Output, Stage::ToolCall]);
    assert_eq!(rest.events[1].parts[0].json, Some(json!({"amount": 5})));
}

#[test]
fn whatever_is_no_plain_text_ends_the_windows() {
    for odd in [
        json!({"choices": [{"index": 0, "delta": {"content": "x"}, "logprobs": {"content": [{"token": "x"}]}}]}),
        json!({"choices": [{"index": 0, "delta": {"audio": {"transcript": "x"}}}]}),
        json!({"choices": [{"index": 0, "delta": {"content": ["x"]}}]}),
        json!({"choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": "stop"}]}),
        json!({"choices": [{"index": -1, "delta": {"content": "x"}}]}),
        json!({"choices": [], "usage": {"total_tokens": 3}}),
        json!({"choices": [], "unheard_of": "text"}),
        json!({"error": {"message": "x"}}),
        json!({"choices": [{"index": 0, "delta": {"content": "x"}}], "model": "words that are no setting"}),
    ] {
        let event = SseEvent { data: odd.to_string(), ..SseEvent::default() };
        assert_eq!(ChatLanes::default().read(&event), Reading::Other, "{odd}");
    }
    for data in ["[DONE]", "[]", "{", "{\"a\":1,\"a\":2}"] {
        assert_eq!(
            ChatLanes::default().read(&SseEvent { data: data.to_owned(), ..SseEvent::default() }),
            Reading::Other
        );
    }
}

#[test]
fn more_lanes_than_are_told_apart_end_the_windows() {
    let mut lanes = ChatLanes::default();
    let chunk = |n: usize| SseEvent {
        data: json!({"choices": [{"index": n, "delta": {"content": "x"}}]}).to_string(),
        ..SseEvent::default()
    };
    for n in 0..MAX_LANES {
        assert!(matches!(lanes.read(&chunk(n)), Reading::Texts(_)));
    }
    assert_eq!(lanes.read(&chunk(MAX_LANES)), Reading::Other);
}

#[test]
fn two_choices_are_two_parts_of_a_window() {
    let two = json!({"id": "c1", "choices": [{"index": 0, "delta": {"content": "first"}}, {"index": 1, "delta": {"reasoning_content": "second"}}]});
    let mut answer = chat(limits(4, 1));
    answer.push(format!("data: {two}\n\n").as_bytes()).unwrap();
    let window = answer.window().unwrap().unwrap();
    let parts: Vec<_> = window.events[0].parts.iter().map(|p| (p.choice, p.name.as_deref(), p.text.as_str())).collect();
    assert_eq!(parts, [(Some(0), None, "first"), (Some(1), Some("reasoning_content"), "second")]);
    let out = String::from_utf8(answer.draw(&[]).unwrap().bytes).unwrap();
    assert!(out.contains("\"firs\"") && out.contains("\"reasoning_content\":\"secon\""), "{out}");
}

#[test]
fn an_edit_that_may_go_on_stays_whole_and_too_much_of_it_is_too_much() {
    let mut answer =
        chat(WindowLimits { window_chars: 4, overlap_chars: 2, max_buffer_bytes: 1_000, whole_first: false });
    let all = |window: &ParsedBody| {
        vec![Edit {
            part: 0,
            start: 0,
            end: window.events[0].parts[0].text.chars().count(),
            replacement: "*".to_owned(),
        }]
    };
    let error = loop {
        answer.push(chunk(json!({"content": "0123456789"})).as_bytes()).unwrap();
        match answer.window() {
            Ok(Some(window)) => {
                let drawn = answer.draw(&[(&window.events[0], &all(&window))]).unwrap();
                assert!(drawn.bytes.is_empty(), "nothing of it leaves");
                answer.advance(&drawn);
            }
            Ok(None) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(error, StreamError::TooLarge { limit: 1_000 });
}

#[test]
fn a_stream_that_breaks_off_is_no_answer() {
    let mut answer = chat(limits(4, 2));
    answer.push(chunk(json!({"content": "abc"})).as_bytes()).unwrap();
    assert_eq!(answer.window().unwrap(), None);
    assert_eq!(answer.finish().unwrap_err(), StreamError::Truncated);
}

proptest! {
    /// However a stream is cut and whatever the windows, a client gets the text with every needle hidden, and no window holds
    /// more than the window, the overlap and one chunk.
    #[test]
    fn any_cut_gives_the_same_text(
        words in proptest::collection::vec(prop_oneof![Just("SECRET"), Just("SEC"), Just("RET"), Just("ü"), Just(" "), Just("plain text ")], 0..60),
        cuts in proptest::collection::vec(1_usize..40, 1..30),
        window in 1_usize..60,
        overlap in 6_usize..30,
    ) {
        let whole = words.concat();
        let stream = stream_of(&words);
        let mut pieces = Vec::new();
        let (mut at, mut n) = (0, 0);
        while at < stream.len() {
            let next = (at + cuts[n % cuts.len()]).min(stream.len());
            pieces.push(&stream[at..next]);
            (at, n) = (next, n + 1);
        }
        let (out, longest) = through(limits(window, overlap), &pieces).unwrap();
        let expected = redact::apply(&whole, 0, &redact::merge(&hide(0, &whole)));
        prop_assert_eq!(client_text(&out).0, expected);
        prop_assert!(longest <= window + overlap + 12 + NEEDLE.len());
    }
}

#[test]
fn nothing_can_be_drawn_twice() {
    let mut answer = chat(limits(2, 0));
    answer.push(chunk(json!({"content": "abcd"})).as_bytes()).unwrap();
    answer.window().unwrap().unwrap();
    let drawn = answer.draw(&[]).unwrap();
    answer.advance(&drawn);
    assert!(answer.draw(&[]).unwrap().bytes.is_empty());
}
