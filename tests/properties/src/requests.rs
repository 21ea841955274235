//! Whole bodies of the other surfaces: every text is shown to a guard or listed, each part stands where it says.

use std::sync::OnceLock;

use parapet_domain::{Part, Stage, json};
use parapet_surfaces::ext_authz::{self, Inspects};
use parapet_surfaces::generic::{self, GenericMapping, PartMapping};
use parapet_surfaces::{ModelApi, ParsedBody, Turns, check as check_api, claude_code, litellm};
use serde_json::Value;

use crate::coverage::{shows, texts, uncovered, within};
use crate::input::settings;

const APIS: [ModelApi; 3] = [ModelApi::OpenaiChat, ModelApi::OpenaiResponses, ModelApi::AnthropicMessages];
const NOTICE: &str = "[cut]";

pub(crate) fn check(data: &[u8]) {
    let Some(([kind, which], body)) = settings(data) else { return };
    let api = APIS[kind % 3];
    match kind % 11 {
        0..3 => {
            if let Ok(parsed) = api.parse_request(body) {
                assert_covered(body, &parsed, &[]);
                assert_turns_are_cut(api, body, &parsed, which);
            }
        }
        3..6 => {
            if let Ok(parsed) = api.parse_answer(body) {
                assert_covered(body, &parsed, &[]);
            }
        }
        6 => check_litellm(body),
        7 => check_claude_code(body),
        8 => {
            if let Ok(check) = check_api::parse_request(body) {
                let parsed = ParsedBody {
                    events: vec![check.draft],
                    not_inspected: check.not_inspected,
                    ..ParsedBody::default()
                };
                let free = ["/agent", "/session", "/principal"];
                let mut missed = missed(body, &parsed, &free);
                // Names of tools and ids of calls are shown as what they are.
                let labels =
                    parsed.events.iter().flat_map(|draft| &draft.parts).map(|part| [&part.tool, &part.call_id]);
                let labels: Vec<&String> = labels.flatten().flatten().collect();
                missed.retain(|(_, text)| !labels.contains(&text));
                assert_eq!(missed, []);
            }
        }
        9 => check_ext_authz(api, body),
        _ => {
            if let Ok(parsed) = generic::parse_request(body, mapping()) {
                assert_covered(body, &parsed, &["/meta"]);
            }
        }
    }
}

/// `free` are places that are not content.
fn assert_covered(body: &[u8], parsed: &ParsedBody, free: &[&str]) {
    let value = json::parse(body).expect("a body is JSON");
    assert_eq!(missed(body, parsed, free), [], "in {value}");
    for part in parsed.events.iter().flat_map(|draft| &draft.parts) {
        if let (Some(Value::String(text)), None) = (value.pointer(&part.pointer), &part.json) {
            assert_eq!(*text, part.text, "at {}", part.pointer);
        }
    }
}

/// The texts that are neither shown nor listed.
fn missed(body: &[u8], parsed: &ParsedBody, free: &[&str]) -> Vec<(String, String)> {
    let mut missed = uncovered(&json::parse(body).expect("a body is JSON"), parsed);
    missed.retain(|(place, _)| !free.iter().any(|free| within(place, free)));
    missed
}

/// Turns that are cut out are gone or say so; all others are what they were, in their order.
fn assert_turns_are_cut(api: ModelApi, body: &[u8], parsed: &ParsedBody, which: usize) {
    let turns = Turns::of(api.conversation(), &parsed.events);
    let cut: Vec<usize> = turns.earlier().iter().map(|(n, _)| *n).filter(|n| which >> (n % 8) & 1 == 1).collect();
    let Ok(out) = turns.cut(body, &cut, NOTICE) else { return };
    let messages = |body: &[u8]| -> Vec<Value> {
        let body = json::parse(body).expect("what comes out is JSON");
        body.pointer(api.conversation()).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let mut left = messages(&out).into_iter();
    for (n, message) in messages(body).into_iter().enumerate().filter(|(n, _)| !cut.contains(n)) {
        assert!(left.any(|other| other == message), "turn {n} is gone or has changed");
    }
}

/// The texts of a proxy repeat what stands in its messages, so each may be shown at another place.
fn check_litellm(body: &[u8]) {
    let Ok(question) = litellm::parse_question(body) else { return };
    let value = json::parse(body).expect("a body is JSON");
    let parts: Vec<&Part> = question.parsed.events.iter().flat_map(|draft| &draft.parts).collect();
    let listed = |place: &str| question.parsed.not_inspected.iter().any(|entry| within(place, &entry.pointer));
    for (place, text) in texts(&value) {
        assert!(listed(&place) || parts.iter().any(|part| shows(part, &text)), "{text:?} at {place} in {value}");
    }
    assert_reply(&question.allowed(body, body).expect("nothing was changed").body);
}

fn check_claude_code(body: &[u8]) {
    let Ok(question) = claude_code::parse_question(body) else { return };
    // The call that led to a result was judged before it was made.
    let is_result = question.parsed.events[0].stage == Stage::ToolResult;
    assert_covered(body, &question.parsed, if is_result { &["/tool_input"] } else { &[] });
    assert_reply(&question.allowed(body, body).expect("nothing was changed").body);
}

fn check_ext_authz(api: ModelApi, body: &[u8]) {
    let end = body.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (Ok(path), body) = (std::str::from_utf8(&body[..end]), &body[end..]) else { return };
    let Ok(question) = ext_authz::parse_question(path, body, &Inspects::Model(api)) else { return };
    let paths =
        question.parsed.events.iter().flat_map(|draft| &draft.parts).filter(|part| part.pointer == ext_authz::PATH);
    assert_eq!(paths.count(), 1, "the path is judged once");
    if !body.is_empty() {
        assert_covered(body, &question.parsed, &[]);
    }
}

fn assert_reply(body: &[u8]) {
    json::parse(body).expect("a reply is JSON");
}

fn mapping() -> &'static GenericMapping {
    static MAPPING: OnceLock<GenericMapping> = OnceLock::new();
    let part = |name: &str, pointer: &str| PartMapping {
        name: name.to_owned(),
        pointer: pointer.to_owned(),
        role: None,
        origin: None,
        kind: None,
        required: false,
        tool: None,
        tool_pointer: None,
    };
    MAPPING.get_or_init(|| {
        let parts = vec![part("question", "/question"), part("item", "/items/*/text"), part("any", "/more/*")];
        GenericMapping::new(Stage::Input, parts, &["/meta".to_owned()]).expect("the mapping is right")
    })
}
