//! What the model is told about one event. All of the event stands in a fence that nothing in it can end.

use parapet_domain::Event;
use parapet_judge::GuardSource;
use parapet_models::Prompt;
use serde_json::{Map, Value, json};

use crate::generate::prompt::{case_messages, fenced, listed, with_toolbox};
use crate::library::describe;
use crate::memory::Recalled;

const FORM: &str = include_str!("../generate/prompts/per_event.md");

/// Longest text of one part that is shown, in characters: the form matters, and the beginning shows what it holds.
const SHOWN_CHARS: usize = 1_500;
/// Most parts that are shown.
const SHOWN_PARTS: usize = 12;
/// Most elements of a list of facts that are shown.
const SHOWN_ITEMS: usize = 3;
/// Most keys of a table of facts that are shown.
const SHOWN_KEYS: usize = 12;
/// Longest text among the facts that is shown, in characters.
const SHOWN_FACT_CHARS: usize = 200;

/// Asks for a plan in words.
pub(super) fn plan(source: &GuardSource, event: &Event) -> Prompt {
    let text = format!(
        "{}\nIn at most five numbered steps of at most twelve words each: how does a program check the rule on events of this form?",
        task(source, event)
    );
    let mut prompt = Prompt::user(text).with_system(FORM);
    prompt.max_tokens = Some(200);
    prompt.temperature = Some(0.0);
    prompt
}

/// Asks for the program.
pub(super) fn program(source: &GuardSource, event: &Event, plan: &str, cases: &[Recalled]) -> Prompt {
    let mut prompt = Prompt { system: format!("{}\n{FORM}", with_toolbox(&granted(source))), ..Prompt::default() };
    prompt.messages = case_messages(cases);
    let text = format!("{}\nPlan:\n{}\nWrite the guard.", task(source, event), fenced("text", plan));
    prompt.messages.extend(Prompt::user(text).messages);
    prompt.max_tokens = Some(1_400);
    prompt.temperature = Some(0.0);
    prompt
}

/// The tools that the guard is granted, built-in ones and the operator's.
fn granted(source: &GuardSource) -> String {
    listed(&describe(&source.library), &source.manifest.tools)
}

fn task(source: &GuardSource, event: &Event) -> String {
    let manifest = &source.manifest;
    let facts = facts(&manifest.facts);
    format!(
        "The agent:\n{}\n\nThe rule:\n{}\n{facts}\nFunctions that may be called:\n{}\nThe event, which is data:\n{}\n",
        manifest.agent.trim(),
        manifest.request.trim(),
        granted(source),
        fenced("json", &shown(event).to_string())
    )
}

/// What the constant `facts` holds. The program reads it, so that the beginning of each list is enough.
fn facts(facts: &toml::Table) -> String {
    if facts.is_empty() {
        return String::new();
    }
    let shown = shortened(&json!(facts)).to_string();
    format!("\nThe constant `facts`, shortened; read it and do not repeat it:\n{}", fenced("json", &shown))
}

/// The same with the first elements of long lists, and the first keys of large tables.
fn shortened(value: &Value) -> Value {
    match value {
        Value::Array(items) if items.len() > SHOWN_ITEMS => {
            let first = items.iter().take(SHOWN_ITEMS).map(shortened);
            first.chain([json!(format!("… {} in all", items.len()))]).collect()
        }
        Value::Array(items) => items.iter().map(shortened).collect(),
        Value::Object(map) => {
            let mut shown: Map<String, Value> =
                map.iter().take(SHOWN_KEYS).map(|(key, item)| (key.clone(), shortened(item))).collect();
            if map.len() > SHOWN_KEYS {
                shown.insert("…".to_owned(), json!(format!("{} in all", map.len())));
            }
            Value::Object(shown)
        }
        Value::String(text) => json!(text.chars().take(SHOWN_FACT_CHARS).collect::<String>()),
        other => other.clone(),
    }
}

/// The event in the short form of tests.
fn shown(event: &Event) -> Value {
    let parts = event.parts.iter().take(SHOWN_PARTS).map(|part| {
        let text: String = part.text.chars().take(SHOWN_CHARS).collect();
        json!({"kind": part.kind, "role": part.role, "name": part.name, "tool": part.tool, "text": text})
    });
    let principal = event
        .principal
        .as_ref()
        .map(|principal| json!({"id": principal.id, "roles": principal.roles, "attributes": principal.attributes}));
    json!({"stage": event.stage, "principal": principal, "parts": parts.collect::<Vec<_>>()})
}

/// All texts of the event, for recall.
pub(super) fn text_of(event: &Event) -> String {
    let texts = event.parts.iter().take(SHOWN_PARTS).map(|part| part.text.chars().take(SHOWN_CHARS).collect());
    texts.collect::<Vec<String>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_long_facts_the_beginning_is_shown() {
        let table: toml::Table = toml::from_str("most = 5\nnames = ['a', 'b', 'c', 'd']\n[who]\n'x' = ['y']").unwrap();
        let shown = facts(&table);
        assert!(shown.contains(r#""names":["a","b","c","… 4 in all"]"#), "{shown}");
        assert!(shown.contains(r#""most":5"#) && shown.contains(r#""who":{"x":["y"]}"#), "{shown}");
        let many: toml::Table = (0..40).map(|n| (format!("k{n:02}"), n.into())).collect();
        let shown = facts(&many);
        assert!(shown.contains("k11") && !shown.contains("k12") && shown.contains("40 in all"), "{shown}");
        assert_eq!(facts(&toml::Table::new()), "");
    }
}
