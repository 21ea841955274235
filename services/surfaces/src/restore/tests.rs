use parapet_domain::fold::{Coverage, FoldPolicy};
use parapet_domain::{Decision, GuardRun, Mode, OnError, Outcome, Stage, Verdict, fold};
use serde_json::{Value, json};

use super::*;
use crate::{HeldAnswer, StreamError};

/// Tokens `[V_1_70000000]`, `[V_2_70000000]`, … for these values.
pub(crate) fn tokens(values: &[&str]) -> Tokens {
    let parts: Vec<Part> = values.iter().map(|value| Part::text(Role::User, Origin::User, *value)).collect();
    let whole = |(part, value): (usize, &&str)| Edit {
        part,
        start: 0,
        end: value.chars().count(),
        replacement: "[v]".to_owned(),
    };
    let edits = values.iter().enumerate().map(whole).collect();
    let verdict = Verdict { decision: Decision::Redact, reason_code: "r".to_owned(), edits, ..Verdict::allow() };
    let run = GuardRun {
        guard: "g".to_owned(),
        guard_hash: String::new(),
        mode: Mode::Enforce,
        on_error: OnError::Deny,
        outcome: Outcome::Verdict(verdict),
        fuel_used: 0,
        duration_us: 0,
    };
    let (mut ruling, mut folded) = fold((), &[run], &Coverage::default(), FoldPolicy::default());
    let mut tokens = Tokens::new([7], b"").unwrap();
    assert_eq!(tokens.stand_in(&parts, &mut ruling, &mut folded), 0);
    tokens
}

const ANN: &str = "[V_1_70000000]";
const BOB: &str = "[V_2_70000000]";
/// As it stands in JSON.
const BOB_WRITTEN: &str = r#"Bob \"X\"\n\\"#;

fn restoring(api: ModelApi) -> Restoring {
    Restoring::new(tokens(&["ann@a.example", "Bob \"X\"\n\\"]), ToolFilter::default(), Some(api))
}

fn apply(restoring: &Restoring, body: &Value) -> (Value, ParsedBody) {
    let api = restoring.api.unwrap();
    let body = body.to_string();
    let parsed = api.parse_answer(body.as_bytes()).unwrap();
    let (restored, parsed) = restoring.apply(body.as_bytes(), parsed, Room::default(), |body| api.parse_answer(body));
    let restored = restored.unwrap_or_else(|| body.into_bytes());
    // Guards and client see the same, and the log can be told what came.
    let again = api.parse_answer(&restored).unwrap();
    for (draft, again) in parsed.events.iter().zip(&again.events) {
        assert_eq!(draft.parts, again.parts);
        for (index, part) in draft.parts.iter().enumerate() {
            let logged = redact::apply(&part.text, index, &redact::merge(&draft.restored));
            assert!(!logged.contains("ann@") && !logged.contains("Bob"), "{logged}");
        }
    }
    (serde_json::from_slice(&restored).unwrap(), parsed)
}

fn completion(message: Value) -> Value {
    json!({"id": "c", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
}

fn chat_call(tool: &str, arguments: &str) -> Value {
    completion(json!({"role": "assistant", "content": null, "tool_calls": [
        {"id": "t", "type": "function", "function": {"name": tool, "arguments": arguments}}]}))
}

fn arguments(body: &Value) -> &str {
    body["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"].as_str().unwrap()
}

#[test]
fn all_that_a_chat_model_says_gets_its_values_back() {
    let restoring = restoring(ModelApi::OpenaiChat);
    let said = completion(
        json!({"role": "assistant", "content": format!("ü {ANN}, {BOB} {ANN}"), "refusal": format!("not {ANN}"),
        "reasoning_content": format!("{BOB}?")}),
    );
    let (body, parsed) = apply(&restoring, &said);
    let message = &body["choices"][0]["message"];
    assert_eq!(message["content"], "ü ann@a.example, Bob \"X\"\n\\ ann@a.example");
    assert_eq!(
        (&message["refusal"], &message["reasoning_content"]),
        (&json!("not ann@a.example"), &json!("Bob \"X\"\n\\?"))
    );
    assert_eq!(parsed.events[0].restored.len(), 5);
}

#[test]
fn values_are_escaped_within_arguments_and_answers_in_json() {
    let restoring = restoring(ModelApi::OpenaiChat);
    let (body, parsed) =
        apply(&restoring, &chat_call("mail", &format!(r#"{{"to":["{ANN}"],"text":"Hi {BOB}","n":1.50}}"#)));
    assert_eq!(arguments(&body), format!(r#"{{"to":["ann@a.example"],"text":"Hi {BOB_WRITTEN}","n":1.50}}"#));
    assert_eq!(parsed.events[0].parts[0].json.as_ref().unwrap()["text"], "Hi Bob \"X\"\n\\");
    // A server may write a token with escapes.
    let (body, _) = apply(&restoring, &chat_call("mail", r#"{"to":"\u005bV_1_7000000\u0030]"}"#));
    assert_eq!(arguments(&body), r#"{"to":"ann@a.example"}"#);
    let (body, _) =
        apply(&restoring, &completion(json!({"role": "assistant", "content": format!(r#"{{"who":"{BOB}"}}"#)})));
    assert_eq!(body["choices"][0]["message"]["content"], format!(r#"{{"who":"{BOB_WRITTEN}"}}"#));
}

#[test]
fn a_value_does_not_change_the_structure_of_a_call() {
    let restoring =
        Restoring::new(tokens(&["1, \"admin\": true", "ann"]), ToolFilter::default(), Some(ModelApi::OpenaiChat));
    for arguments_text in [format!(r#"{{"n": {ANN}}}"#), ANN.to_owned(), format!(r#"{{"n": "{ANN}""#)] {
        let (body, parsed) = apply(&restoring, &chat_call("mail", &arguments_text));
        assert_eq!((arguments(&body), parsed.events[0].restored.len()), (arguments_text.as_str(), 0));
    }
    // Two keys that become one.
    let keys = format!(r#"{{"{BOB}":1,"ann":2}}"#);
    assert_eq!(arguments(&apply(&restoring, &chat_call("mail", &keys)).0), keys);
}

#[test]
fn free_text_for_a_tool_gets_its_values_as_they_are() {
    let restoring = restoring(ModelApi::OpenaiChat);
    let body = completion(json!({"role": "assistant", "content": null, "tool_calls": [
        {"id": "t", "type": "custom", "custom": {"name": "sql", "input": format!("where mail = '{ANN}' or name = '{BOB}'")}}]}));
    let (body, _) = apply(&restoring, &body);
    let input = &body["choices"][0]["message"]["tool_calls"][0]["custom"]["input"];
    assert_eq!(input, "where mail = 'ann@a.example' or name = 'Bob \"X\"\n\\'");
}

#[test]
fn tools_that_are_not_on_the_list_get_tokens() {
    let tools = ToolFilter::new(Some(vec!["crm_*".to_owned()]), Vec::new()).unwrap();
    let restoring = Restoring::new(tokens(&["ann"]), tools, Some(ModelApi::OpenaiChat));
    let to = format!(r#"{{"to":"{ANN}"}}"#);
    assert_eq!(arguments(&apply(&restoring, &chat_call("crm_mail", &to)).0), r#"{"to":"ann"}"#);
    assert_eq!(arguments(&apply(&restoring, &chat_call("fetch", &to)).0), to);
    let said = completion(json!({"role": "assistant", "content": ANN}));
    assert_eq!(apply(&restoring, &said).0["choices"][0]["message"]["content"], "ann", "the list is about tools alone");
}

#[test]
fn what_looks_like_a_token_and_names_stay_as_they_are() {
    let restoring = restoring(ModelApi::OpenaiChat);
    for text in ["[V_1_70000001]", "[v_1_70000000]", "[V_3_70000000]", "[V_1_7000", "V_1_70000000]"] {
        let said = completion(json!({"role": "assistant", "content": text}));
        assert_eq!(apply(&restoring, &said).0, said);
    }
    let call = json!({"role": "assistant", "content": null, "tool_calls": [
        {"id": ANN, "type": "function", "function": {"name": BOB, "arguments": "{}"}}]});
    assert_eq!(apply(&restoring, &completion(call.clone())).0, completion(call));
}

#[test]
fn log_probabilities_go_and_sound_keeps_its_transcript() {
    let restoring = restoring(ModelApi::OpenaiChat);
    let mut said = completion(json!({"role": "assistant", "content": ANN}));
    said["choices"][0]["logprobs"] = json!({"content": [{"token": "[V"}]});
    assert_eq!(apply(&restoring, &said).0["choices"][0]["logprobs"], Value::Null);
    let spoken = completion(
        json!({"role": "assistant", "content": null, "audio": {"id": "a", "transcript": ANN, "data": "UklGRg=="}}),
    );
    assert_eq!(apply(&restoring, &spoken).0, spoken);
}

#[test]
fn responses_get_their_values_back_where_the_model_speaks() {
    let restoring = restoring(ModelApi::OpenaiResponses);
    let body = json!({"id": "r", "object": "response", "status": "completed", "instructions": format!("serve {ANN}"), "output": [
        {"id": "rs", "type": "reasoning", "summary": [{"type": "summary_text", "text": format!("for {ANN}")}]},
        {"id": "m", "type": "message", "role": "assistant", "content": [
            {"type": "output_text", "text": format!("Dear {BOB}"), "annotations": []}, {"type": "refusal", "refusal": format!("no {ANN}")}]},
        {"id": "f", "type": "function_call", "call_id": "c", "name": "mail", "arguments": format!(r#"{{"to":"{BOB}"}}"#)},
        {"id": "x", "type": "custom_tool_call", "call_id": "d", "name": "sql", "input": format!("'{ANN}'")},
        {"id": "w", "type": "mcp_call", "name": "look", "server_label": "s", "arguments": "{}", "output": format!("a page with {ANN}")},
    ]});
    let (restored, _) = apply(&restoring, &body);
    let output = &restored["output"];
    assert_eq!(output[0]["summary"][0]["text"], "for ann@a.example");
    assert_eq!(output[1]["content"][0]["text"], "Dear Bob \"X\"\n\\");
    assert_eq!(output[1]["content"][1]["refusal"], "no ann@a.example");
    assert_eq!(output[2]["arguments"], format!(r#"{{"to":"{BOB_WRITTEN}"}}"#));
    assert_eq!(output[3]["input"], "'ann@a.example'");
    assert_eq!(
        (&restored["instructions"], &output[4]),
        (&body["instructions"], &body["output"][4]),
        "nobody but the model"
    );
}

#[test]
fn messages_get_their_values_back_and_signed_thoughts_stay() {
    let restoring = restoring(ModelApi::AnthropicMessages);
    let body = json!({"id": "m", "type": "message", "role": "assistant", "content": [
        {"type": "thinking", "thinking": ANN, "signature": "c2ln"},
        {"type": "text", "text": format!("Hi {BOB}")},
        {"type": "tool_use", "id": "t", "name": "mail", "input": {"to": [ANN], "text": format!("{BOB}!")}},
        {"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"type": "web_search_result", "title": ANN, "url": "https://x"}]},
    ]});
    let (restored, parsed) = apply(&restoring, &body);
    let content = &restored["content"];
    assert_eq!((&content[0], &content[3]), (&body["content"][0], &body["content"][3]));
    assert_eq!(content[1]["text"], "Hi Bob \"X\"\n\\");
    assert_eq!(content[2]["input"], json!({"to": ["ann@a.example"], "text": "Bob \"X\"\n\\!"}));
    let call = parsed.events.iter().find(|event| event.stage == Stage::ToolCall).unwrap();
    assert_eq!(call.restored.len(), 2);
}

#[test]
fn only_so_much_is_put_back() {
    let restoring = restoring(ModelApi::OpenaiChat);
    let body = completion(json!({"role": "assistant", "content": format!("{ANN}{ANN}{ANN}")})).to_string();
    let parsed = ModelApi::OpenaiChat.parse_answer(body.as_bytes()).unwrap();
    let (restored, _) =
        restoring.apply(body.as_bytes(), parsed, Room(30), |body| ModelApi::OpenaiChat.parse_answer(body));
    let restored: Value = serde_json::from_slice(&restored.unwrap()).unwrap();
    assert_eq!(restored["choices"][0]["message"]["content"], format!("ann@a.exampleann@a.example{ANN}"));
}

fn hold(api: ModelApi, stream: &str) -> Result<HeldAnswer, StreamError> {
    let mut answer = api.stream(1 << 20);
    answer.push(stream.as_bytes())?;
    answer.finish()
}

#[test]
fn a_held_stream_is_told_anew_with_its_values_and_untouched_without() {
    let chunks = |texts: &[&str]| -> String {
        let chunk = |text: &&str| {
            format!(
                "data: {}\n\n",
                json!({"id": "c", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]})
            )
        };
        texts.iter().map(chunk).collect::<String>() + "data: [DONE]\n\n"
    };
    let restoring = restoring(ModelApi::OpenaiChat);
    let held =
        hold(ModelApi::OpenaiChat, &chunks(&["to [V_1_", "7000", "0000] and more"])).unwrap().restored(&restoring);
    let told = String::from_utf8(held.plain.clone()).unwrap();
    assert!(told.contains("to ann@a.example and more") && !told.contains("V_1"), "{told}");
    assert_eq!(held.parsed.events[0].parts[0].text, "to ann@a.example and more");
    assert!(held.parsed.stream);
    let untouched = hold(ModelApi::OpenaiChat, &chunks(&["to [V_1_", "[more"])).unwrap();
    assert_eq!(untouched.clone().restored(&restoring), untouched);
}

#[test]
fn streamed_arguments_are_restored_on_every_api() {
    let event = |event: Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap());
    let anthropic = [
        json!({"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "content": [], "usage": {}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "t", "name": "mail", "input": {}}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": "{\"to\":\"[V_2_"}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": "70000000]\"}"}}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 1}}),
        json!({"type": "message_stop"}),
    ];
    let item = json!({"id": "f", "type": "function_call", "call_id": "c", "name": "mail", "arguments": "{\"to\":\"[V_2_70000000]\"}"});
    let responses = [
        json!({"type": "response.created", "response": {"id": "r", "status": "in_progress", "output": []}}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
        json!({"type": "response.completed", "response": {"id": "r", "status": "completed", "output": [item]}}),
    ];
    for (api, events) in [(ModelApi::AnthropicMessages, &anthropic[..]), (ModelApi::OpenaiResponses, &responses[..])] {
        let stream: String = events.iter().cloned().map(event).collect();
        let held = hold(api, &stream).unwrap().restored(&restoring(api));
        let told = String::from_utf8(held.plain.clone()).unwrap();
        assert!(!told.contains("V_2"), "{told}");
        let part = &held.parsed.events[0].parts[0];
        assert_eq!(
            (part.text.as_str(), &part.json),
            (&*format!(r#"{{"to":"{BOB_WRITTEN}"}}"#), &Some(json!({"to": "Bob \"X\"\n\\"})))
        );
        let again = hold(api, &told).unwrap();
        assert_eq!(again.parsed.events[0].parts[0].text, part.text, "clients put together what was judged");
    }
}
