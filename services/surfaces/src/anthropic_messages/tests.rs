use std::collections::HashSet;

use parapet_domain::{Edit, Stage};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::arbitrary::{json, listed, messages_answer, messages_request, shown, uncovered, with_unique_texts};
use crate::document::is_plain_word;
use crate::{ParsedBody, SurfaceError, limits, rewrite};

fn request(body: &Value) -> ParsedBody {
    parse_request(body.to_string().as_bytes()).unwrap()
}

fn answer(body: &Value) -> ParsedBody {
    parse_answer(body.to_string().as_bytes()).unwrap()
}

fn ask(content: Value) -> ParsedBody {
    request(&json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": content}]}))
}

#[test]
fn a_request_becomes_one_input_event_and_one_event_for_each_tool_result() {
    let parsed = request(&json!({
        "model": "claude", "max_tokens": 9, "stream": true, "temperature": 0.5, "stop_sequences": ["END"], "metadata": {"user_id": "u-1"},
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "tools": [{"name": "look", "description": "Looks it up", "input_schema": {"type": "object"}}],
        "tool_choice": {"type": "auto"}, "thinking": {"type": "enabled", "budget_tokens": 1024},
        "messages": [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "t1", "name": "look", "input": {"what": "x"}},
                {"type": "tool_use", "id": "t2", "name": "now", "input": {}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "t1", "is_error": false, "content": [
                    {"type": "text", "text": "{\"found\": \"\\u0061\"}"},
                    {"type": "search_result", "source": "https://a.b", "title": "A", "content": [{"type": "text", "text": "body"}]}]},
                {"type": "tool_result", "tool_use_id": "t2"},
                {"type": "text", "text": "And now?"}]},
        ],
    }));
    assert!(parsed.stream);
    assert_eq!((parsed.model.as_deref(), listed(&parsed)), (Some("claude"), vec![]));
    insta::assert_snapshot!(shown(&parsed), @r#"
    == input
    /messages/0/content ["text","user","user"] [- - -] Hello
    /messages/1/content/0/signature ["text","assistant","model"] [signature - -] c2ln
    /messages/1/content/0/thinking ["text","assistant","model"] [thinking - -] Hm.
    /messages/1/content/1/text ["text","assistant","model"] [- - -] I look.
    /messages/1/content/2/input ["tool_call","assistant","model"] [- look t1] {"what":"x"}
    /messages/1/content/3/input ["tool_call","assistant","model"] [- now t2] {}
    /messages/2/content/2/text ["text","user","user"] [- - -] And now?
    /metadata ["json","user","user"] [metadata - -] {"user_id":"u-1"}
    /stop_sequences/0 ["text","user","user"] [stop_sequences - -] END
    /system/0/text ["text","system","operator"] [- - -] Be brief.
    /tools/0 ["tool_definition","developer","operator"] [- look -] {"description":"Looks it up","input_schema":{"type":"object"},"name":"look"}
    == tool_result
    /messages/2/content/0/content/0/text ["tool_result","tool","tool"] [- look t1] {"found": "a"}
    /messages/2/content/0/content/1/content/0/text ["tool_result","tool","tool"] [- look t1] body
    /messages/2/content/0/content/1/source ["tool_result","tool","tool"] [source look t1] https://a.b
    /messages/2/content/0/content/1/title ["tool_result","tool","tool"] [title look t1] A
    == tool_result
    /messages/2/content/1/content ["tool_result","tool","tool"] [- now t2]
    "#);
    assert_eq!(parsed.events[1].parts[0].json, Some(json!({"found": "a"})));
}

#[test]
fn every_kind_of_content_is_inspected_or_listed_with_its_reason() {
    let parsed = ask(json!([
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
        {"type": "image", "source": {"type": "url", "url": "https://a.b/c.png"}},
        {"type": "document", "title": "Paper", "context": "about x", "citations": {"enabled": true}, "source": {"type": "text", "media_type": "text/plain", "data": "plain words"}},
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}},
        {"type": "document", "source": {"type": "file", "file_id": "file_1"}},
        {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "chunk"}, {"type": "image", "source": {"type": "file", "file_id": "f"}}]}},
        {"type": "search_result", "source": "https://a.b", "title": "A", "content": [{"type": "text", "text": "found"}]},
        {"type": "container_upload", "file_id": "file_2"},
        {"type": "text", "text": "cited", "citations": [{"type": "char_location", "cited_text": "words", "document_index": 0}]},
        {"type": "redacted_thinking", "data": "b3BhcXVl"},
        {"type": "mcp_tool_use", "id": "m1", "name": "fetch", "server_name": "srv", "input": {"u": 1}},
        {"type": "mcp_tool_result", "tool_use_id": "m1", "content": [{"type": "text", "text": "fetched"}]},
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "q r"}},
        {"type": "web_search_tool_result", "tool_use_id": "s1", "content": [
            {"type": "web_search_result", "url": "https://c.d", "title": "C", "page_age": "2 days", "encrypted_content": "ZW5j"}]},
        {"type": "code_execution_tool_result", "tool_use_id": "s2", "content": {"type": "code_execution_result", "stdout": "out", "stderr": "", "return_code": 0,
            "content": [{"type": "code_execution_output", "file_id": "file_3"}]}},
        {"type": "hologram", "beam": "secret beam", "text": "still read"},
        "a bare string", 4111,
    ]));
    insta::assert_snapshot!(shown(&parsed), @r#"
    == input
    /messages/0/content/2/context ["text","user","retrieved"] [context - -] about x
    /messages/0/content/2/source/data ["text","user","retrieved"] [- - -] plain words
    /messages/0/content/2/title ["text","user","retrieved"] [title - -] Paper
    /messages/0/content/5/source/content/0/text ["text","user","retrieved"] [- - -] chunk
    /messages/0/content/6/content/0/text ["text","user","retrieved"] [- - -] found
    /messages/0/content/6/source ["text","user","retrieved"] [source - -] https://a.b
    /messages/0/content/6/title ["text","user","retrieved"] [title - -] A
    /messages/0/content/8/citations/0 ["json","user","user"] [citations - -] {"cited_text":"words","document_index":0,"type":"char_location"}
    /messages/0/content/8/text ["text","user","user"] [- - -] cited
    /messages/0/content/10/input ["tool_call","user","user"] [- fetch m1] {"u":1}
    /messages/0/content/12/input ["tool_call","user","user"] [- web_search s1] {"query":"q r"}
    /messages/0/content/15/text ["text","user","user"] [- - -] still read
    /messages/0/content/16 ["text","user","user"] [- - -] a bare string
    /messages/0/content/17 ["json","user","user"] [- - -] 4111
    == tool_result
    /messages/0/content/11/content/0/text ["tool_result","tool","tool"] [- fetch m1] fetched
    == tool_result
    /messages/0/content/13/content/0/page_age ["tool_result","tool","retrieved"] [page_age web_search s1] 2 days
    /messages/0/content/13/content/0/title ["tool_result","tool","retrieved"] [title web_search s1] C
    /messages/0/content/13/content/0/url ["tool_result","tool","retrieved"] [url web_search s1] https://c.d
    == tool_result
    /messages/0/content/14/content/stderr ["tool_result","tool","tool"] [stderr code_execution s2] 
    /messages/0/content/14/content/stdout ["tool_result","tool","tool"] [stdout code_execution s2] out
    "#);
    insta::assert_snapshot!(listed(&parsed).join("\n"), @r#"
    /messages/0/content/0/source/data image
    /messages/0/content/1/source/url image
    /messages/0/content/3/source/data file
    /messages/0/content/4/source/file_id file
    /messages/0/content/5/source/content/1/source/file_id image
    /messages/0/content/7/file_id file
    /messages/0/content/9/data encrypted
    /messages/0/content/13/content/0/encrypted_content encrypted
    /messages/0/content/14/content/content/0/file_id file
    /messages/0/content/15/beam unmapped_field
    "#);
}

#[test]
fn what_the_provider_keeps_is_listed_and_servers_of_tools_are_inspected() {
    let parsed = request(&json!({
        "messages": [{"role": "user", "content": "x"}], "container": "container_1", "system": "Be brief.",
        "mcp_servers": [{"type": "url", "url": "https://mcp.example", "name": "srv", "authorization_token": "tok"}],
        "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}, "Messages": [{"content": "y"}],
        "output_config": {"format": {"type": "json_schema", "schema": {"description": "Say nice things"}}},
    }));
    assert_eq!(listed(&parsed), ["/Messages unmapped_field", "/container stored_elsewhere"]);
    let seen: Vec<_> = parsed.events[0].parts.iter().map(|part| part.pointer.as_str()).collect();
    assert_eq!(seen, ["/mcp_servers/0", "/messages/0/content", "/output_config", "/system"]);
}

#[test]
fn an_answer_becomes_one_output_event_and_events_for_tools() {
    let parsed = answer(&json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "stop_reason": "stop_sequence", "stop_sequence": "the end", "usage": {"input_tokens": 1, "output_tokens": 2},
        "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
            {"type": "redacted_thinking", "data": "b3BhcXVl"},
            {"type": "text", "text": "Hi", "citations": null},
            {"type": "tool_use", "id": "t1", "name": "rm", "input": {"path": "/"}},
            {"type": "tool_use", "id": "t2", "name": "now", "input": {}},
            {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "q r"}},
            {"type": "web_search_tool_result", "tool_use_id": "s1", "content": [{"type": "web_search_result", "url": "https://c.d", "title": "C"}]}],
    }));
    insta::assert_snapshot!(shown(&parsed), @r#"
    == output
    /content/0/signature ["text","assistant","model"] [signature - -] c2ln
    /content/0/thinking ["text","assistant","model"] [thinking - -] Hm.
    /content/2/text ["text","assistant","model"] [- - -] Hi
    /stop_sequence ["text","assistant","model"] [stop_sequence - -] the end
    == tool_call
    /content/3/input ["tool_call","assistant","model"] [- rm t1] {"path":"/"}
    == tool_call
    /content/4/input ["tool_call","assistant","model"] [- now t2] {}
    == tool_call
    /content/5/input ["tool_call","assistant","model"] [- web_search s1] {"query":"q r"}
    == tool_result
    /content/6/content/0/title ["tool_result","tool","retrieved"] [title web_search s1] C
    /content/6/content/0/url ["tool_result","tool","retrieved"] [url web_search s1] https://c.d
    "#);
    assert_eq!(listed(&parsed), ["/content/1/data encrypted"]);
}

#[test]
fn an_error_of_the_upstream_is_inspected_like_an_answer() {
    let parsed = answer(
        &json!({"type": "error", "error": {"type": "invalid_request_error", "message": "the prompt said: x"}, "request_id": "req_1"}),
    );
    assert_eq!((parsed.events[0].parts[0].pointer.as_str(), parsed.events.len()), ("/error", 1));
}

#[test]
fn a_signed_thought_in_which_something_is_edited_is_taken_out() {
    let body = json!({"content": [
        {"type": "thinking", "thinking": "the pin is 1234", "signature": "c2ln"},
        {"type": "thinking", "thinking": "nothing", "signature": "b3RoZXI"}]});
    let parsed = answer(&body);
    let part = parsed.events[0].parts.iter().position(|part| part.pointer == "/content/0/thinking").unwrap();
    let edits = [Edit { part, start: 11, end: 15, replacement: "****".to_owned() }];
    let edited = rewrite(body.to_string().as_bytes(), &[(&parsed.events[0], &edits)]).unwrap();
    let edited: Value = serde_json::from_slice(&edited).unwrap();
    assert_eq!(edited["content"], json!([{"type": "thinking", "thinking": "nothing", "signature": "b3RoZXI"}]));
}

#[test]
fn an_edit_of_an_input_leaves_valid_json_or_is_refused() {
    let body = json!({"content": [{"type": "tool_use", "id": "t", "name": "f", "input": {"a": "pin 1234"}}]});
    let parsed = answer(&body);
    assert_eq!(parsed.events[0].stage, Stage::ToolCall);
    let edited = |replacement: &str| {
        let edits = [Edit { part: 0, start: 10, end: 14, replacement: replacement.to_owned() }];
        rewrite(body.to_string().as_bytes(), &[(&parsed.events[0], &edits)])
    };
    assert!(String::from_utf8(edited("****").unwrap()).unwrap().contains(r#"{"a":"pin ****"}"#));
    assert!(edited("\"").is_err());
}

#[test]
fn what_is_no_message_body_is_refused_with_the_place_and_what_to_do() {
    let complaint = |body: &str| parse_request(body.as_bytes()).unwrap_err().to_string();
    assert_eq!(complaint("[]"), "the body: has to be an object with `model`, `max_tokens` and `messages`");
    assert_eq!(complaint("{}"), "the body: has no `messages`; give an array of messages");
    assert_eq!(complaint(r#"{"messages":"hi"}"#), "`/messages`: has to be an array of messages");
    assert_eq!(complaint(r#"{"messages":[]}"#), "`/messages`: has to hold at least one message");
    assert_eq!(complaint(r#"{"messages":["hi"]}"#), "`/messages/0`: has to be a message with `role` and `content`");
    assert_eq!(complaint(r#"{"messages":[{}],"stream":1}"#), "`/stream`: has to be true or false");
    assert!(complaint(r#"{"messages":[{"content":"a","content":"b"}]}"#).contains("key `content` stands twice"));
    let deep = format!(r#"{{"messages":[{{"content":{}"x"{}}}]}}"#, "[".repeat(120), "]".repeat(120));
    assert!(complaint(&deep).contains("not acceptable JSON"));
    assert_eq!(parse_answer(b"{}").unwrap_err().to_string(), "the body: has to be an object with `content`");
}

#[test]
fn limits_are_named_errors() {
    let many = |count: usize, content: &Value| {
        let messages = vec![json!({"role": "user", "content": content}); count];
        parse_request(json!({ "messages": messages }).to_string().as_bytes())
    };
    assert_eq!(many(limits::MAX_MESSAGES + 1, &json!("x")), Err(SurfaceError::TooManyMessages));
    assert_eq!(
        many(limits::MAX_EVENTS, &json!([{"type": "tool_result", "tool_use_id": "a"}])),
        Err(SurfaceError::TooManyEvents)
    );
    let blocks = vec![json!({"type": "text", "text": "x"}); limits::MAX_PARTS + 1];
    assert_eq!(many(1, &json!(blocks)), Err(SurfaceError::TooManyParts));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_text_of_a_request_is_inspected_or_listed(body in messages_request().prop_map(with_unique_texts)) {
        if let Ok(parsed) = parse_request(body.to_string().as_bytes()) {
            let missed: Vec<_> = uncovered(&body, &parsed).into_iter().filter(|(_, text)| !is_plain_word(text)).collect();
            prop_assert_eq!(missed, vec![]);
        }
    }

    #[test]
    fn every_text_of_an_answer_is_inspected_or_listed(body in messages_answer().prop_map(with_unique_texts)) {
        if let Ok(parsed) = parse_answer(body.to_string().as_bytes()) {
            let missed: Vec<_> = uncovered(&body, &parsed).into_iter().filter(|(_, text)| !is_plain_word(text)).collect();
            prop_assert_eq!(missed, vec![]);
        }
    }

    #[test]
    fn a_word_goes_unseen_only_in_a_field_for_settings(body in messages_request()) {
        if let Ok(parsed) = parse_request(body.to_string().as_bytes()) {
            let known: HashSet<&str> = [settings::REQUEST, settings::MESSAGE, settings::BLOCK, settings::TOOL_USE, settings::TOOL_RESULT]
                .concat().into_iter().chain(["name", "id", "tool_use_id"]).collect();
            for (place, text) in uncovered(&body, &parsed) {
                prop_assert!(is_plain_word(&text) && place.split('/').any(|key| known.contains(key)), "{} {}", place, text);
            }
        }
    }

    #[test]
    fn no_json_and_no_bytes_make_it_panic(value in json(), bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = parse_request(value.to_string().as_bytes());
        let _ = parse_answer(value.to_string().as_bytes());
        let _ = parse_request(&bytes);
        let _ = parse_answer(&bytes);
    }
}

#[test]
fn most_generated_bodies_are_in_shape() {
    use proptest::{strategy::ValueTree as _, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut good = (0, 0);
    for _ in 0..200 {
        let body = messages_request().prop_map(with_unique_texts).new_tree(&mut runner).unwrap().current();
        good.0 += usize::from(parse_request(body.to_string().as_bytes()).is_ok());
        let body = messages_answer().new_tree(&mut runner).unwrap().current();
        good.1 += usize::from(parse_answer(body.to_string().as_bytes()).is_ok());
    }
    assert!(good.0 > 100 && good.1 > 100, "the properties would say little: {good:?}");
}
