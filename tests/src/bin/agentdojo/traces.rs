//! The traces: messages of a chat with what they are known to be. Where the injected call stands is worked out from the trace.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use parapet_domain::digest;
use serde_json::{Map, Value, json};

use crate::attack;

/// Fewest characters of a value by which an injected call is told.
const MIN_VALUE: usize = 4;

/// One run of an agent.
pub(crate) struct Trace {
    pub(crate) name: String,
    pub(crate) half: Half,
    pub(crate) is_attacked: bool,
    pub(crate) attack_succeeded: bool,
    /// In the form of a chat completion request.
    pub(crate) messages: Vec<Value>,
    /// Index of the message with the first call that does what the injected text says.
    pub(crate) injected_call: Option<usize>,
}

/// Rules are developed on the one half and measured on the other. All runs of one task of the user are in the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Half {
    Development,
    HeldOut,
}

impl Half {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::HeldOut => "held-out",
        }
    }

    fn of(task: &str) -> Self {
        // The first digit of the digest after its prefix.
        let digest = digest::of_bytes("half", task.as_bytes());
        let digit = digest.as_bytes().get("half:".len() + 1).copied().unwrap_or_default();
        if char::from(digit).to_digit(16).unwrap_or_default() % 2 == 0 { Self::Development } else { Self::HeldOut }
    }
}

/// All traces of the folder's files. The first line of each file is about the file.
pub(crate) fn read(folder: &Path) -> Result<Vec<Trace>> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .with_context(|| format!("`{}` cannot be read", folder.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    let mut traces = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file)?;
        for line in text.lines().skip(1) {
            traces.push(trace(&serde_json::from_str(line)?)?);
        }
    }
    ensure!(!traces.is_empty(), "`{}` has no traces", folder.display());
    Ok(traces)
}

fn trace(row: &Value) -> Result<Trace> {
    let about = &row["metadata"];
    let word = |key: &str| about[key].as_str().unwrap_or_default();
    let messages: Vec<Value> =
        row["messages"].as_array().context("a trace has no messages")?.iter().map(message).collect();
    let is_attacked = !about["attack_type"].is_null();
    Ok(Trace {
        name: format!("{} {} {}", word("model"), word("suite_name"), word("name")),
        half: Half::of(&format!("{}/{}", word("suite_name"), word("user_task_id"))),
        is_attacked,
        attack_succeeded: is_attacked && about["security"] == true,
        injected_call: injected_call(&messages),
        messages,
    })
}

/// A message in the form of the chat surface: texts as strings, arguments as JSON in a string.
fn message(message: &Value) -> Value {
    let mut out = Map::new();
    out.insert("role".to_owned(), message["role"].clone());
    out.insert("content".to_owned(), text_of(&message["content"]).map_or(Value::Null, Value::from));
    if let Some(id) = message["tool_call_id"].as_str() {
        out.insert("tool_call_id".to_owned(), json!(id));
    }
    if let Some(calls) = message["tool_calls"].as_array() {
        out.insert("tool_calls".to_owned(), calls.iter().map(call).collect());
    }
    Value::Object(out)
}

fn call(call: &Value) -> Value {
    let function = &call["function"];
    json!({ "id": call["id"], "type": "function", "function": { "name": function["name"], "arguments": function["arguments"].to_string() } })
}

/// The text of a content, which may be in blocks.
fn text_of(content: &Value) -> Option<String> {
    match content {
        Value::String(text) => Some(text.clone()),
        Value::Array(blocks) => {
            let texts = blocks.iter().filter_map(|block| block["text"].as_str().or_else(|| block["content"].as_str()));
            Some(texts.collect::<Vec<_>>().join("\n"))
        }
        _ => None,
    }
}

/// The first call with a value that stands in an injected text, and before the call neither in what the user said nor in the rest of
/// any result.
fn injected_call(messages: &[Value]) -> Option<usize> {
    let text = |message: &Value| message["content"].as_str().unwrap_or_default().to_lowercase();
    let results = || messages.iter().filter(|message| message["role"] == "tool").map(text);
    let injected: String = results().flat_map(|text| attack::injected(&text)).collect::<Vec<_>>().join(" ");
    let mut elsewhere: Vec<String> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        match message["role"].as_str() {
            Some("user") => elsewhere.push(text(message)),
            Some("tool") => elsewhere.push(attack::without(&text(message))),
            _ => {}
        }
        let tells = |value: &String| {
            value.chars().count() >= MIN_VALUE
                && injected.contains(value)
                && !elsewhere.iter().any(|text| text.contains(value))
        };
        if message["tool_calls"].as_array().into_iter().flatten().flat_map(values).any(|value| tells(&value)) {
            return Some(index);
        }
    }
    None
}

/// The texts and numbers of a call's arguments, in lower case.
fn values(call: &Value) -> Vec<String> {
    let arguments = call["function"]["arguments"].as_str().unwrap_or_default();
    let mut stack = vec![serde_json::from_str::<Value>(arguments).unwrap_or_default()];
    let mut found = Vec::new();
    while let Some(value) = stack.pop() {
        match value {
            Value::String(text) => found.push(text.to_lowercase()),
            Value::Number(number) => found.push(number.to_string()),
            Value::Array(items) => stack.extend(items),
            Value::Object(map) => stack.extend(map.into_iter().map(|(_, value)| value)),
            Value::Bool(_) | Value::Null => {}
        }
    }
    found
}
