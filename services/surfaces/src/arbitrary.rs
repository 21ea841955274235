//! Arbitrary bodies for the property tests, and the question that they all ask: is each text in the body covered?

use parapet_domain::fold::NotInspected;
use parapet_domain::{Part, json};
use proptest::prelude::*;
use serde_json::Value;

use crate::{ParsedBody, pointer};

/// Keys of all levels, so that values of every shape come to stand under every key.
const KEYS: &str = "annotations arguments citations extra_content thinking_blocks audio cache_control choices content created custom data delta document error file \
    finish_reason function function_call functions id image_url index input input_audio logprobs message \
    messages metadata model n name parameters prediction reasoning_content refusal response_format role stop \
    stream_options system temperature text tool_call_id tool_calls tool_choice tools transcript type usage \
    user video_url web_search_options Messages source signature thinking tool_use_id stdout encrypted_content mcp_servers \
    output item summary call_id results action instructions annotations input_text a/b~c ключ";
/// Keys that are no words.
const ODD_KEYS: &[&str] = &["a b", ""];

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => (-1e6..1e6).prop_map(Value::from),
        2 => "[ -~\\n\\\\\"ä€😀\\x00-\\x1f]{0,12}".prop_map(Value::from),
        4 => prop::sample::select(&["user", "system", "tool", "assistant", "text", "function", "{\"a\": \"\\u0062\"}", "[1]"][..]).prop_map(Value::from),
    ]
}

fn key() -> impl Strategy<Value = String> {
    let keys: Vec<&str> = KEYS.split(' ').chain(ODD_KEYS.iter().copied()).collect();
    prop::sample::select(keys).prop_map(str::to_owned)
}

/// Any JSON, with keys that mean something to a surface.
pub(crate) fn json() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            2 => prop::collection::btree_map(key(), inner, 0..6).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// An object with any keys, some of which are given.
fn object(given: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let given: Vec<_> = given
        .into_iter()
        .map(|(key, value)| {
            prop::option::weighted(0.7, value).prop_map(move |value| value.map(|value| (key.to_owned(), value)))
        })
        .collect();
    (prop::collection::btree_map(key(), json(), 0..3), given)
        .prop_map(|(any, given)| Value::Object(any.into_iter().chain(given.into_iter().flatten()).collect()))
        .boxed()
}

fn list(item: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    prop::collection::vec(item, 0..4).prop_map(Value::from).boxed()
}

fn one_of(words: &'static [&'static str]) -> BoxedStrategy<Value> {
    prop::sample::select(words).prop_map(Value::from).boxed()
}

fn content() -> BoxedStrategy<Value> {
    let part = object(vec![
        ("type", one_of(&["text", "image_url", "input_audio", "refusal", "file", "x"])),
        ("text", json().boxed()),
        ("image_url", json().boxed()),
    ]);
    prop_oneof![leaf(), list(part), json()].boxed()
}

/// A tool call, mostly in shape.
fn tool_call() -> BoxedStrategy<Value> {
    let function = object(vec![("name", leaf().boxed()), ("arguments", json().boxed())]);
    prop_oneof![4 => object(vec![("id", leaf().boxed()), ("function", function)]), 1 => json()].boxed()
}

fn message() -> BoxedStrategy<Value> {
    object(vec![
        ("role", one_of(&["system", "developer", "user", "assistant", "tool", "function", "critic"])),
        ("content", content()),
        ("tool_calls", list(tool_call())),
        ("audio", json().boxed()),
    ])
}

/// A chat request, mostly in shape.
pub(crate) fn chat_request() -> impl Strategy<Value = Value> {
    let fields = object(vec![
        ("tools", list(json().boxed())),
        ("stream", any::<bool>().prop_map(Value::from).boxed()),
        ("prediction", object(vec![("content", content())])),
        ("stop", list(leaf().boxed())),
    ]);
    (fields, prop::collection::vec(message(), 1..5))
        .prop_map(|(fields, messages)| with(fields, "messages", messages.into()))
}

/// A chat completion, mostly in shape.
pub(crate) fn chat_answer() -> impl Strategy<Value = Value> {
    let choice = object(vec![
        ("message", message()),
        ("logprobs", json().boxed()),
        ("index", (0u32..9).prop_map(Value::from).boxed()),
    ]);
    (object(vec![("usage", json().boxed())]), list(choice))
        .prop_map(|(fields, choices)| with(fields, "choices", choices))
}

/// A content block of Anthropic Messages, mostly in shape.
fn block() -> BoxedStrategy<Value> {
    let source = object(vec![
        ("type", one_of(&["text", "base64", "url", "content", "file"])),
        ("data", leaf().boxed()),
        ("content", json().boxed()),
    ]);
    object(vec![
        (
            "type",
            one_of(&[
                "text",
                "thinking",
                "image",
                "document",
                "tool_use",
                "tool_result",
                "web_search_tool_result",
                "x",
            ]),
        ),
        ("text", leaf().boxed()),
        ("thinking", leaf().boxed()),
        ("signature", leaf().boxed()),
        ("input", json().boxed()),
        ("content", json().boxed()),
        ("source", prop_oneof![source, leaf()].boxed()),
    ])
}

/// A Messages request, mostly in shape.
pub(crate) fn messages_request() -> impl Strategy<Value = Value> {
    let fields = object(vec![
        ("system", prop_oneof![leaf(), list(block())].boxed()),
        ("tools", list(json().boxed())),
        ("stream", any::<bool>().prop_map(Value::from).boxed()),
        ("stop_sequences", list(leaf().boxed())),
        ("mcp_servers", list(json().boxed())),
    ]);
    let message = object(vec![
        ("role", one_of(&["user", "assistant", "system", "critic"])),
        ("content", prop_oneof![leaf().boxed(), list(block()), json().boxed()].boxed()),
    ]);
    (fields, prop::collection::vec(message, 1..5))
        .prop_map(|(fields, messages)| with(fields, "messages", messages.into()))
}

/// A Messages answer, mostly in shape.
pub(crate) fn messages_answer() -> impl Strategy<Value = Value> {
    let fields = object(vec![("usage", json().boxed()), ("stop_sequence", leaf().boxed())]);
    (fields, list(block())).prop_map(|(fields, blocks)| with(fields, "content", blocks))
}

/// An item of the Responses API, mostly in shape.
fn item() -> BoxedStrategy<Value> {
    let part = object(vec![
        ("type", one_of(&["input_text", "output_text", "refusal", "summary_text", "input_image", "x"])),
        ("text", leaf().boxed()),
        ("logprobs", json().boxed()),
    ]);
    let content = prop_oneof![leaf().boxed(), list(part)];
    object(vec![
        (
            "type",
            one_of(&[
                "message",
                "reasoning",
                "function_call",
                "function_call_output",
                "mcp_call",
                "item_reference",
                "x",
            ]),
        ),
        ("role", one_of(&["user", "assistant", "developer", "critic"])),
        ("content", content.clone().boxed()),
        ("summary", content.boxed()),
        ("arguments", json().boxed()),
        ("output", json().boxed()),
        ("action", json().boxed()),
    ])
}

/// A Responses request, mostly in shape.
pub(crate) fn responses_request() -> impl Strategy<Value = Value> {
    let fields = object(vec![
        ("instructions", prop_oneof![leaf().boxed(), list(item())].boxed()),
        ("tools", list(json().boxed())),
        ("stream", any::<bool>().prop_map(Value::from).boxed()),
        ("prompt", json().boxed()),
    ]);
    (fields, prop_oneof![leaf().boxed(), list(item())]).prop_map(|(fields, input)| with(fields, "input", input))
}

/// A Responses answer, mostly in shape.
pub(crate) fn responses_answer() -> impl Strategy<Value = Value> {
    let fields =
        object(vec![("usage", json().boxed()), ("instructions", leaf().boxed()), ("tools", list(json().boxed()))]);
    (fields, list(item())).prop_map(|(fields, items)| with(fields, "output", items))
}

fn with(fields: Value, key: &str, value: Value) -> Value {
    let Value::Object(mut map) = fields else { panic!("not an object") };
    map.insert(key.to_owned(), value);
    Value::Object(map)
}

/// The same body in which every non-empty string that is not a type or role, is told apart from all others and is no plain word.
pub(crate) fn with_unique_texts(mut value: Value) -> Value {
    fn mark(value: &mut Value, key: &str, next: &mut usize) {
        match value {
            Value::String(text)
                if !matches!(key, "role" | "type") && !text.is_empty() && json::parse_str(text).is_err() =>
            {
                *next += 1;
                text.insert_str(0, &format!("secret {next} "));
            }
            Value::Array(items) => items.iter_mut().for_each(|item| mark(item, key, next)),
            Value::Object(map) => map.iter_mut().for_each(|(key, value)| mark(value, key, next)),
            _ => {}
        }
    }
    mark(&mut value, "", &mut 0);
    value
}

/// One line for each event, and one for each part: where it stands, what it is, whose it is, what it says.
pub(crate) fn shown(parsed: &ParsedBody) -> String {
    let mut lines = Vec::new();
    for draft in &parsed.events {
        lines.push(format!("== {}", draft.stage.as_str()));
        for p in &draft.parts {
            let tags =
                [p.name.as_deref(), p.tool.as_deref(), p.call_id.as_deref()].map(|tag| tag.unwrap_or("-")).join(" ");
            let kind = serde_json::to_value((p.kind, p.role, p.origin)).unwrap();
            lines.push(format!("{} {kind} [{tags}] {}", p.pointer, p.text));
        }
    }
    lines.join("\n")
}

/// Where what is not inspected stands, and why.
pub(crate) fn listed(parsed: &ParsedBody) -> Vec<String> {
    parsed.not_inspected.iter().map(|entry| format!("{} {}", entry.pointer, entry.reason)).collect()
}

/// Every string in the body with its pointer, and every key that is no plain word.
pub(crate) fn texts(value: &Value) -> Vec<(String, String)> {
    fn walk(value: &Value, place: &str, out: &mut Vec<(String, String)>) {
        match value {
            Value::String(text) if !text.is_empty() => out.push((place.to_owned(), text.clone())),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(n, item)| walk(item, &pointer::item(place, n), out))
            }
            Value::Object(map) => map.iter().for_each(|(key, value)| {
                let place = pointer::child(place, key);
                if !key.is_empty() && !crate::document::is_plain_word(key) {
                    out.push((place.clone(), key.clone()));
                }
                walk(value, &place, out);
            }),
            _ => {}
        }
    }
    let mut out = Vec::new();
    walk(value, "", &mut out);
    out
}

/// The texts of `body` that are neither in a part nor listed.
pub(crate) fn uncovered(body: &Value, parsed: &ParsedBody) -> Vec<(String, String)> {
    let parts: Vec<&Part> = parsed.events.iter().flat_map(|draft| &draft.parts).collect();
    texts(body)
        .into_iter()
        .filter(|(place, text)| !is_listed(place, &parsed.not_inspected) && !inspected(place, text, &parts))
        .collect()
}

fn within(place: &str, outer: &str) -> bool {
    place.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn is_listed(place: &str, list: &[NotInspected]) -> bool {
    list.iter().any(|entry| within(place, &entry.pointer))
}

/// In the text of a part at or above the place, or in its parsed JSON; or the value is a tool's name or a call's id.
fn inspected(place: &str, text: &str, parts: &[&Part]) -> bool {
    let in_part = |part: &&&Part| {
        part.text.contains(text)
            || json::parse_str(text).is_ok_and(|value| part.json.as_ref() == Some(&value))
            || part.json.as_ref().is_some_and(|json| texts(json).iter().any(|(_, found)| found == text))
    };
    parts.iter().filter(|part| within(place, &part.pointer)).any(|part| in_part(&part))
}

/// The pointers of all values of a body.
pub(crate) fn pointers(value: &Value) -> Vec<String> {
    fn walk(value: &Value, place: String, out: &mut Vec<String>) {
        match value {
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(n, item)| walk(item, pointer::item(&place, n), out))
            }
            Value::Object(map) => map.iter().for_each(|(key, item)| walk(item, pointer::child(&place, key), out)),
            _ => {}
        }
        out.push(place);
    }
    let mut out = Vec::new();
    walk(value, String::new(), &mut out);
    out
}
