//! What the model is told about one event. All of the event stands in a fence that nothing in it can end.

use parapet_domain::Event;
use parapet_judge::GuardSource;
use parapet_models::Prompt;
use serde_json::{Value, json};

use crate::generate::prompt::{case_messages, fenced, listed, with_toolbox};
use crate::library::describe;
use crate::memory::Recalled;

const FORM: &str = include_str!("../generate/prompts/per_event.md");

/// Longest text of one part that is shown, in characters: the form matters, and the beginning shows what it holds.
const SHOWN_CHARS: usize = 1_500;
/// Most parts that are shown.
const SHOWN_PARTS: usize = 12;

/// Asks for a plan in words.
pub(super) fn plan(source: &GuardSource, event: &Event) -> Prompt {
    let text = format!(
        "{}\nIn at most six short numbered steps: how does a program check the rule on events of this form?",
        task(source, event)
    );
    let mut prompt = Prompt::user(text).with_system(FORM);
    prompt.max_tokens = Some(350);
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
    let facts = toml::to_string(&manifest.facts).unwrap_or_default();
    let facts = if facts.is_empty() { String::new() } else { format!("\nFacts:\n{}", fenced("toml", &facts)) };
    format!(
        "The agent:\n{}\n\nThe rule:\n{}\n{facts}\nFunctions that may be called:\n{}\nThe event, which is data:\n{}\n",
        manifest.agent.trim(),
        manifest.request.trim(),
        granted(source),
        fenced("json", &shown(event).to_string())
    )
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
