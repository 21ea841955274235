//! What a sentence can be about: the schema of the answer about it.

mod forms;
mod heard;
mod tools;

use heard::Heard;
use serde_json::{Value, json};
use tools::tools;

pub(in super::super) use forms::object;

use super::super::words;
use super::Spoken;
use crate::rules::Names;

/// The schema of an answer about `sentence`, and what it speaks of. `before` are the tools of the sentence before, which one
/// without any goes on about.
pub(in super::super) fn offer(names: &Names, sentence: &str, before: &[String]) -> (Value, Spoken) {
    let words = words::words(sentence);
    let (tools, named) = tools(names, &words, before);
    let heard = Heard::of(names, &tools, &words);
    let schema = schema(&heard.rules(names.tools.is_empty(), &tools), 5);
    let spoken = Spoken {
        tools: if named { tools.iter().map(|tool| tool.name.clone()).collect() } else { Vec::new() },
        names: heard.needed.clone(),
        roles: heard.roles.iter().map(|(role, _)| role.clone()).collect(),
        numbers: if heard.measured.is_empty() {
            Vec::new()
        } else {
            heard.bounds.iter().map(|one| one.value.clone()).collect()
        },
        values: if heard.texts.is_empty() {
            Vec::new()
        } else {
            heard.taken.iter().chain(&heard.beginnings).cloned().collect()
        },
        asks: words::asks_for_approval(&words),
    };
    (schema, spoken)
}

/// The schema of an answer about nothing but what is `missing` from the answers so far; `None` when that is no condition.
pub(in super::super) fn narrowed(
    names: &Names,
    sentence: &str,
    before: &[String],
    missing: &[String],
) -> Option<Value> {
    let words = words::words(sentence);
    let (mut tools, _) = tools(names, &words, before);
    let mut heard = Heard::of(names, &tools, &words);
    if tools.iter().any(|tool| missing.contains(&tool.name)) {
        tools.retain(|tool| missing.contains(&tool.name));
    } else {
        heard.keep(missing)?;
    }
    let rules = heard.rules(names.tools.is_empty(), &tools);
    (!rules.is_empty()).then(|| schema(&rules, 2))
}

fn schema(rules: &[Value], most: usize) -> Value {
    json!({
        "type": "object", "additionalProperties": false, "required": ["rules"],
        "properties": {"rules": {"type": "array", "minItems": 1, "maxItems": most, "items": {"anyOf": rules}}},
    })
}
