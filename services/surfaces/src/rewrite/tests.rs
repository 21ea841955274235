use parapet_domain::{Origin, Role, Stage};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::arbitrary::{chat_answer, chat_request, texts};
use crate::openai_chat::{parse_answer, parse_request};

fn edit(part: usize, start: usize, end: usize, replacement: &str) -> Edit {
    Edit { part, start, end, replacement: replacement.to_owned() }
}

fn part(pointer: &str, text: &str) -> Part {
    Part { pointer: pointer.to_owned(), ..Part::text(Role::User, Origin::User, text) }
}

fn rewritten(body: &str, draft: &Draft, edits: &[Edit]) -> Result<String, RewriteError> {
    rewrite(body.as_bytes(), &[(draft, edits)]).map(|bytes| String::from_utf8(bytes).unwrap())
}

#[test]
fn only_the_edited_value_changes() {
    let body = "{ \"n\" : 1.50 , \"messages\":[ {\"role\":\"user\",\"content\":\"caf\\u00e9 \\\"555\\\"\\n\"} ],\n\"n\\u0061me\" : \"\\u0061\" }";
    let parsed = parse_request(body.as_bytes()).unwrap();
    assert_eq!(parsed.events[0].parts[0].text, "café \"555\"\n");
    let out = rewritten(body, &parsed.events[0], &[edit(0, 6, 9, "[\u{1}\"]")]).unwrap();
    assert_eq!(
        out,
        "{ \"n\" : 1.50 , \"messages\":[ {\"role\":\"user\",\"content\":\"café \\\"[\\u0001\\\"]\\\"\\n\"} ],\n\"n\\u0061me\" : \"\\u0061\" }"
    );
}

#[test]
fn arguments_that_were_json_stay_json() {
    let body = r#"{"choices":[{"message":{"tool_calls":[{"id":"1","function":{"name":"mail","arguments":"{\"to\": \"a@b.c\", \"n\": 5}"}}]}}]}"#;
    let parsed = parse_answer(body.as_bytes()).unwrap();
    let draft = &parsed.events[0];
    let out = rewritten(body, draft, &[edit(0, 8, 13, "[email]")]).unwrap();
    assert_eq!(out, body.replace("a@b.c", "[email]"));
    let broken = rewritten(body, draft, &[edit(0, 7, 13, "[email]")]).unwrap_err();
    assert_eq!(broken, RewriteError::Structure("/choices/0/message/tool_calls/0/function/arguments".to_owned()));
    let refusal = broken.refusal();
    assert_eq!((refusal.kind, refusal.reason_code.as_str()), (RefusalKind::Blocked, "redaction_impossible"));
}

#[test]
fn arguments_that_were_no_json_may_be_anything() {
    let body = r#"{"choices":[{"message":{"tool_calls":[{"function":{"name":"f","arguments":"{'to': 'a@b.c'}"}}]}}]}"#;
    let parsed = parse_answer(body.as_bytes()).unwrap();
    assert_eq!(rewritten(body, &parsed.events[0], &[edit(0, 0, 7, "")]).unwrap(), body.replace("{'to': ", ""));
}

#[test]
fn structured_values_are_edited_within_their_json() {
    let body = r#"{"messages":[{"content":"x"}], "metadata": {"note" : "call \u0035\u0035\u0035", "n": 1}}"#;
    let parsed = parse_request(body.as_bytes()).unwrap();
    let (index, part) =
        parsed.events[0].parts.iter().enumerate().find(|(_, part)| part.pointer == "/metadata").unwrap();
    let start = part.text.find("555").unwrap();
    let out = rewritten(body, &parsed.events[0], &[edit(index, start, start + 3, "***")]).unwrap();
    assert_eq!(out, r#"{"messages":[{"content":"x"}], "metadata": {"note" : "call ***", "n": 1}}"#);
    assert!(matches!(rewritten(body, &parsed.events[0], &[edit(index, 0, 1, "")]), Err(RewriteError::Structure(_))));
}

#[test]
fn what_repeats_an_edited_text_goes_with_it() {
    let body = r#"{"choices":[{"message":{"content":"my pin 1234"},"logprobs":{"content":[{"token":"1234"}]}},{"message":{"content":"b"},"logprobs":{"content":[{"token":"b"}]}}]}"#;
    let parsed = parse_answer(body.as_bytes()).unwrap();
    let out = rewritten(body, &parsed.events[0], &[edit(0, 7, 11, "[pin]")]).unwrap();
    assert_eq!(
        out,
        r#"{"choices":[{"message":{"content":"my pin [pin]"},"logprobs":null},{"message":{"content":"b"},"logprobs":{"content":[{"token":"b"}]}}]}"#
    );
}

#[test]
fn what_is_signed_is_taken_out_whole_or_stays_as_it_was() {
    let thought = r#"{"type":"thinking","thinking":"pin 1234","signature":"c2ln"}"#;
    let other = r#"{"type":"thinking","thinking":"none","signature":"c2ln"}"#;
    let text = r#"{"type":"text","text":"pin 1234"}"#;
    let edited = |blocks: &[&str]| {
        let body = format!(r#"{{"content": [ {} ],"id":"m"}}"#, blocks.join(" , "));
        let parsed = crate::ModelApi::AnthropicMessages.parse_answer(body.as_bytes()).unwrap();
        let draft = &parsed.events[0];
        let pins = draft.parts.iter().enumerate().filter(|(_, part)| part.text.starts_with("pin"));
        let edits: Vec<Edit> = pins.map(|(n, _)| edit(n, 4, 8, "*")).collect();
        rewritten(&body, draft, &edits)
    };
    let left = |blocks: &[&str]| Ok(format!(r#"{{"content": [ {} ],"id":"m"}}"#, blocks.join(" , ")));
    let hidden = r#"{"type":"text","text":"pin *"}"#;
    assert_eq!(edited(&[other, text]), left(&[other, hidden]));
    assert_eq!(edited(&[thought, text]), left(&[hidden]));
    assert_eq!(edited(&[text, thought]), left(&[hidden]));
    assert_eq!(edited(&[thought, thought, other, thought, thought]), left(&[other]));
    assert_eq!(edited(&[thought, text, thought, other, thought]), left(&[hidden, other]));
    let alone = RewriteError::Alone("/content/0".to_owned());
    assert_eq!(alone.refusal().reason_code, "redaction_impossible");
    assert_eq!(edited(&[thought]), Err(alone));
    // A single block in the place of a list.
    let body = format!(r#"{{"content":{thought}}}"#);
    let parsed = crate::ModelApi::AnthropicMessages.parse_answer(body.as_bytes()).unwrap();
    let alone = RewriteError::Alone("/content".to_owned());
    assert_eq!(rewritten(&body, &parsed.events[0], &[edit(0, 4, 8, "*")]), Err(alone));
    // One without a signature is text like any other.
    let unsigned = thought.replace("c2ln", "");
    assert_eq!(edited(&[&unsigned]), left(&[&unsigned.replace("1234", "*")]));
}

#[test]
fn a_signature_that_is_edited_takes_its_thought_with_it() {
    let body = r#"{"content":[{"type":"thinking","thinking":"a","signature":"secret"},{"type":"text","text":"b"}]}"#;
    let parsed = crate::ModelApi::AnthropicMessages.parse_answer(body.as_bytes()).unwrap();
    let at = parsed.events[0].parts.iter().position(|part| part.text == "secret").unwrap();
    let out = rewritten(body, &parsed.events[0], &[edit(at, 0, 6, "*")]).unwrap();
    assert_eq!(out, r#"{"content":[{"type":"text","text":"b"}]}"#);
}

#[test]
fn edits_of_several_drafts_are_made_together() {
    let body = r#"{"messages":[{"role":"user","content":"aaa"},{"role":"tool","content":"bbb"},{"role":"user","content":"ccc"}]}"#;
    let parsed = parse_request(body.as_bytes()).unwrap();
    let edits = [vec![edit(0, 0, 1, "1"), edit(1, 2, 3, "")], vec![edit(0, 1, 2, "22")]];
    let drafts: Vec<_> = parsed.events.iter().zip(&edits).map(|(draft, edits)| (draft, edits.as_slice())).collect();
    let out = rewrite(body.as_bytes(), &drafts).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        r#"{"messages":[{"role":"user","content":"1aa"},{"role":"tool","content":"b22b"},{"role":"user","content":"cc"}]}"#
    );
}

#[test]
fn a_draft_of_another_body_is_told() {
    let draft = |pointer: &str| Draft::new(Stage::Input, vec![part(pointer, "abc"), part("/a/b", "x")]);
    let not_found = |pointer: &str| Err(RewriteError::NotFound(pointer.to_owned()));
    assert_eq!(rewritten(r#"{"b":1}"#, &draft("/a"), &[edit(0, 0, 1, "")]), not_found("/a"));
    assert_eq!(rewritten("[1]", &draft("/1"), &[edit(0, 0, 1, "")]), not_found("/1"));
    assert_eq!(rewritten("3", &draft("/x/y"), &[edit(0, 0, 1, "")]), not_found("/x/y"));
    assert_eq!(rewritten("{}", &draft("no pointer"), &[edit(0, 0, 1, "")]), not_found("no pointer"));
    assert_eq!(rewritten("{}", &draft("/a"), &[edit(7, 0, 1, "")]), not_found("part 7"));
    assert!(matches!(rewritten("{", &draft("/a"), &[edit(0, 0, 1, "")]), Err(RewriteError::Body(_))));
    let overlap = Err(RewriteError::Overlap("/a/b".to_owned()));
    assert_eq!(rewritten(r#"{"a":{"b":"x"}}"#, &draft("/a"), &[edit(0, 0, 1, ""), edit(1, 0, 1, "")]), overlap);
    assert_eq!(rewritten(r#"{"a":{"b":"x"}}"#, &draft("/a/b"), &[edit(0, 0, 1, ""), edit(1, 0, 1, "")]), overlap);
    assert_eq!(rewritten("\"abc\"", &draft(""), &[edit(0, 0, 1, "X")]).unwrap(), "\"Xbc\"");
}

/// Ten thousand edited parts in one body, and ten thousand edits in one part: quadratic work would take minutes.
#[test]
fn many_edits_take_linear_time() {
    let body = json!({"messages": (0..9_000).map(|n| json!({"role": "user", "content": format!("text {n}")})).collect::<Vec<_>>()}).to_string();
    let parsed = parse_request(body.as_bytes()).unwrap();
    let edits: Vec<_> = (0..9_000).map(|n| edit(n, 0, 4, "TEXT")).collect();
    assert_eq!(rewritten(&body, &parsed.events[0], &edits).unwrap(), body.replace("text", "TEXT"));
    let body = json!({"messages": [{"role": "user", "content": "é".repeat(1_000_000)}]}).to_string();
    let parsed = parse_request(body.as_bytes()).unwrap();
    let edits: Vec<_> = (0..10_000).map(|n| edit(0, n * 100, n * 100 + 1, "e")).collect();
    let out = rewritten(&body, &parsed.events[0], &edits).unwrap();
    assert_eq!(out.matches('e').count(), 10_000 + body.matches('e').count());
}

/// Edits that keep JSON valid wherever they fall within a string: letters become `x`.
fn letters(draft: &Draft, seed: usize) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (index, part) in draft.parts.iter().enumerate().filter(|(_, part)| part.json.is_none()) {
        let count = part.text.chars().count();
        if count > 0 {
            let start = seed % count;
            edits.push(edit(index, start, (start + 2).min(count), "x\"\\\n"));
        }
    }
    edits
}

proptest! {
    #[test]
    fn without_edits_the_body_is_the_same_to_the_byte(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let draft = Draft::new(Stage::Input, vec![part("/a", "x")]);
        prop_assert_eq!(rewrite(&bytes, &[(&draft, &[])]).unwrap(), bytes);
    }

    #[test]
    fn exactly_the_edited_texts_change(body in chat_request(), answer in chat_answer(), seed in 0usize..100) {
        for (body, parsed) in [
            (&body, parse_request(serde_json::to_string_pretty(&body).unwrap().as_bytes())),
            (&answer, parse_answer(serde_json::to_string_pretty(&answer).unwrap().as_bytes())),
        ] {
            let Ok(parsed) = parsed else { continue };
            let edits: Vec<_> = parsed.events.iter().map(|draft| letters(draft, seed)).collect();
            let drafts: Vec<_> = parsed.events.iter().zip(&edits).map(|(draft, edits)| (draft, edits.as_slice())).collect();
            let out = rewrite(serde_json::to_string_pretty(&body).unwrap().as_bytes(), &drafts).unwrap();
            let mut expected = body.clone();
            for (draft, edits) in &drafts {
                for edit in *edits {
                    let part = &draft.parts[edit.part];
                    *expected.pointer_mut(&part.pointer).unwrap() = Value::String(redact::apply(&part.text, edit.part, std::slice::from_ref(edit)));
                }
                for echo in draft.echoes.iter().filter(|echo| edits.iter().any(|edit| edit.part == echo.part)) {
                    *expected.pointer_mut(&echo.pointer).unwrap() = Value::Null;
                }
            }
            prop_assert_eq!(json::parse(&out).unwrap(), expected);
        }
    }

    #[test]
    fn no_draft_makes_it_panic(body in crate::arbitrary::json(), pointer in "(/[a-z0-9~*]{0,8}){0,3}", start in 0usize..9, len in 0usize..9, index in 0usize..3) {
        let draft = Draft::new(Stage::Input, vec![part(&pointer, "some text"), part("/content", "ü")]);
        let _ = rewritten(&body.to_string(), &draft, &[edit(index, start, start + len, "x"), edit(0, len, start, "y")]);
        let _ = texts(&body);
    }
}
