//! What the model is told. The texts stand in `prompts/`; this puts the pieces of one request into them. Text from outside
//! is fenced off as data.

use std::fmt::Write as _;

use parapet_judge::GuardTest;
use parapet_models::{Message, Prompt, Role};
use serde_json::{Value, json};

use super::trial::Trial;
use crate::library::ToolDescription;
use crate::memory::{Case, Recalled};
use crate::{GuardRequest, Plan};

const SYSTEM: &str = include_str!("prompts/system.md");
const PLAN: &str = include_str!("prompts/plan.md");
const RESTATE: &str = include_str!("prompts/restate.md");
const RESTATED: &str = include_str!("prompts/restated.toml");
const TESTS: &str = include_str!("prompts/tests.md");
const ARBITRATE: &str = include_str!("prompts/arbitrate.md");

/// Example events that are shown with a past case.
const CASE_EVENTS: usize = 2;
/// Longest program, in tokens.
const PROGRAM_TOKENS: u32 = 1_400;

/// Asks for one sentence of the request in sentences that the rules compile. `before` is the conversation about the
/// sentences before it.
pub(super) fn restate(request: &GuardRequest, before: Option<&Prompt>, sentence: &str) -> Prompt {
    let schema = json!({
        "type": "object", "additionalProperties": false, "required": ["sentences"],
        "properties": {"sentences": {"type": "array", "minItems": 1, "maxItems": 8, "items": {"type": "string", "maxLength": 240}}},
    });
    let (mut messages, text) = match before {
        Some(before) => (before.messages.clone(), format!("Next sentence: {sentence}")),
        None => {
            let facts = facts_text(request);
            let facts = if facts.is_empty() { facts } else { format!("\nFacts:\n{}", fenced("toml", &facts)) };
            let context = restating(&request.agent, &request.request, sentence);
            (restated_examples(), format!("{context}{facts}"))
        }
    };
    messages.push(Message { role: Role::User, text });
    let prompt = Prompt { system: RESTATE.to_owned(), messages, max_tokens: Some(400), ..Prompt::default() };
    prompt.with_json("sentences", schema)
}

/// The conversation with the answer to its last question.
pub(super) fn answered(question: &Prompt, answer: &str) -> Prompt {
    let mut conversation = question.clone();
    conversation.messages.push(Message { role: Role::Assistant, text: answer.to_owned() });
    conversation
}

/// Asks for better sentences.
pub(super) fn restate_again(question: &Prompt, sentence: &str, restated: &[String], complaint: &str) -> Prompt {
    let answer = json!({"sentences": restated}).to_string();
    let text = format!("That is not right yet. {complaint}\nRestate once more, in other words than before: {sentence}");
    question.clone().with_reply(answer, text)
}

fn restating(agent: &str, rule: &str, sentence: &str) -> String {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("Agent: {}\nRule: {}\nFirst sentence: {sentence}", words(agent), words(rule))
}

/// Worked examples, as a conversation.
fn restated_examples() -> Vec<Message> {
    #[derive(serde::Deserialize)]
    struct File {
        example: Vec<Example>,
    }
    #[derive(serde::Deserialize)]
    struct Example {
        agent: String,
        rule: String,
        sentences: Vec<Pair>,
    }
    #[derive(serde::Deserialize)]
    struct Pair {
        given: String,
        restated: Vec<String>,
    }
    let file: File = toml::from_str(RESTATED).unwrap_or_else(|_| File { example: Vec::new() });
    let mut messages = Vec::new();
    for example in file.example {
        for (place, pair) in example.sentences.into_iter().enumerate() {
            let text = match place {
                0 => restating(&example.agent, &example.rule, &pair.given),
                _ => format!("Next sentence: {}", pair.given),
            };
            messages.push(Message { role: Role::User, text });
            let answer = json!({"sentences": pair.restated}).to_string();
            messages.push(Message { role: Role::Assistant, text: answer });
        }
    }
    messages
}

/// Asks for a plan.
pub(super) fn plan(request: &GuardRequest, tools: &[ToolDescription]) -> Prompt {
    let text = format!("{PLAN}\nToolbox:\n{}\n{}", tools_in_short(tools), task(request));
    let mut prompt = Prompt::user(text).with_system(SYSTEM).with_json("plan", plan_schema(tools));
    prompt.max_tokens = Some(900);
    prompt
}

/// Asks for the program, after worked cases.
pub(super) fn program(request: &GuardRequest, plan: &Plan, cases: &[Recalled], offered: &[ToolDescription]) -> Prompt {
    let system = with_toolbox(&listed(offered, &plan.tools));
    let mut messages = case_messages(cases);
    let text = format!("{}\nPlan:\n{}\nWrite the guard.", task(request), steps(plan));
    messages.push(Message { role: Role::User, text });
    Prompt { system, messages, max_tokens: Some(PROGRAM_TOKENS), ..Prompt::default() }
}

/// What guards are, and the functions of the toolbox.
pub(crate) fn with_toolbox(toolbox: &str) -> String {
    format!("{SYSTEM}\nFunctions of the toolbox:\n{toolbox}")
}

/// Past cases as a conversation. The nearest stands last: what a model read last weighs most.
pub(crate) fn case_messages(cases: &[Recalled]) -> Vec<Message> {
    let mut messages = Vec::new();
    for recalled in cases.iter().rev() {
        messages.push(Message { role: Role::User, text: case_task(&recalled.case) });
        messages.push(Message { role: Role::Assistant, text: case_answer(&recalled.case) });
    }
    messages
}

/// Asks for a better one, with what is wrong with the last.
pub(super) fn repair(first: &Prompt, trial: &Trial) -> Prompt {
    let complaint = format!(
        "The guard is not right yet.\n{}\nThink about which lines decide here and correct them; keep what is right. Write the whole guard again.",
        trial.complaint
    );
    first.clone().with_reply(trial.answer.clone(), complaint)
}

/// Asks for tests.
pub(super) fn tests(request: &GuardRequest, most: usize) -> Prompt {
    let schema = json!({
        "type": "object", "additionalProperties": false, "required": ["tests"],
        "properties": {"tests": {"type": "array", "maxItems": most, "items": {
            "type": "object", "additionalProperties": false, "required": ["description", "event", "because", "verdict"],
            "properties": {
                "description": {"type": "string"}, "event": event_schema(), "because": {"type": "string"},
                "verdict": verdict_schema(),
            },
        }}},
    });
    let text = format!("{}\nWrite {most} tests.", task(request));
    let mut prompt = Prompt::user(text).with_system(TESTS).with_json("tests", schema);
    prompt.max_tokens = Some(2_000);
    prompt
}

/// Asks which verdict an event deserves.
pub(super) fn arbitrate(request: &GuardRequest, event: &Value) -> Prompt {
    let schema = json!({
        "type": "object", "additionalProperties": false, "required": ["because", "verdict"],
        "properties": {"because": {"type": "string", "maxLength": 400}, "verdict": verdict_schema()},
    });
    let text = format!(
        "{}\nThe event:\n{}\nWhich verdict follows from the rule?",
        task(request),
        fenced("json", &event.to_string())
    );
    let mut prompt = Prompt::user(text).with_system(ARBITRATE).with_json("verdict", schema);
    prompt.max_tokens = Some(250);
    prompt
}

/// Rule, agent and examples.
fn task(request: &GuardRequest) -> String {
    task_of(&request.request, &request.agent, &facts_text(request), &request.examples)
}

fn task_of(rule: &str, agent: &str, facts: &str, examples: &[GuardTest]) -> String {
    let mut text = format!("The agent:\n{}\n\nThe rule:\n{}\n", agent.trim(), rule.trim());
    if !facts.is_empty() {
        let _ = write!(text, "\nFacts that are given:\n{}\n", fenced("toml", facts));
    }
    if !examples.is_empty() {
        text.push_str("\nExample events with the right verdict:\n");
        for example in examples {
            let _ = writeln!(text, "{} -> {}", example.event, expected(example));
        }
    }
    text
}

fn expected(example: &GuardTest) -> String {
    let verdict = example.expect.verdict.map_or("an error", |verdict| verdict.as_str());
    let code = example.expect.reason_code.as_deref().map(|code| format!(" with reason code \"{code}\""));
    let details = example.expect.details.as_ref().map(|details| format!(" and details {details}"));
    format!("{verdict}{}{}", code.unwrap_or_default(), details.unwrap_or_default())
}

fn facts_text(request: &GuardRequest) -> String {
    toml::to_string(&request.facts).unwrap_or_default()
}

fn case_task(case: &Case) -> String {
    let shown: Vec<GuardTest> = case.tests.iter().take(CASE_EVENTS).cloned().collect();
    format!("{}\nWrite the guard.", task_of(&case.request, &case.agent, "", &shown))
}

/// A past case as the model should have answered it.
fn case_answer(case: &Case) -> String {
    let mut settings = serde_json::Map::new();
    for (name, value) in
        [("facts", json!(case.facts)), ("patterns", json!(case.patterns)), ("phrases", json!(case.phrases))]
    {
        if value.as_object().is_some_and(|map| !map.is_empty()) {
            settings.insert(name.to_owned(), value);
        }
    }
    let program = fenced("rhai", case.code.trim());
    match toml::to_string(&settings) {
        Ok(text) if !settings.is_empty() => format!("{}\n{program}", fenced("toml", text.trim())),
        _ => program,
    }
}

/// Text as a block. A fence inside it is broken up, so that the text cannot end its block.
pub(crate) fn fenced(language: &str, text: &str) -> String {
    format!("```{language}\n{}\n```", text.replace("```", "` ` `"))
}

fn steps(plan: &Plan) -> String {
    let steps = plan.steps.iter().enumerate().map(|(n, step)| format!("{}. {}\n", n + 1, step.what));
    steps.collect()
}

/// What each tool is for, in one sentence: enough to choose by.
fn tools_in_short(tools: &[ToolDescription]) -> String {
    tools.iter().map(|tool| format!("- {}: {}\n", tool.name, tool.doc.split(". ").next().unwrap_or_default())).collect()
}

/// Those of `tools` that have one of these names.
pub(crate) fn listed(tools: &[ToolDescription], names: &[String]) -> String {
    let tools = tools.iter().filter(|tool| names.contains(&tool.name));
    let text: String = tools.map(|tool| format!("- {}: {}\n", tool.signature, tool.doc)).collect();
    if text.is_empty() { "(none)\n".to_owned() } else { text }
}

fn verdict_schema() -> Value {
    json!({"type": "string", "enum": ["allow", "redact", "ask", "deny"]})
}

fn plan_schema(tools: &[ToolDescription]) -> Value {
    let tools: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
    let text = json!({"type": "string", "maxLength": 300});
    json!({
        "type": "object", "additionalProperties": false, "required": ["title", "stages", "tools", "steps"],
        "properties": {
            "title": {"type": "string", "maxLength": 100},
            "stages": {"type": "array", "minItems": 1, "maxItems": 4, "items": {"type": "string", "enum": ["input", "output", "tool_call", "tool_result"]}},
            "tools": {"type": "array", "maxItems": 4, "items": {"type": "string", "enum": tools}},
            "steps": {"type": "array", "minItems": 1, "maxItems": 6, "items": {
                "type": "object", "additionalProperties": false, "required": ["action", "what"],
                "properties": {"action": {"type": "string", "enum": ["select", "extract", "compare", "decide"]}, "what": text},
            }},
        },
    })
}

fn event_schema() -> Value {
    let part = json!({
        "type": "object", "additionalProperties": false,
        "properties": {"name": {"type": "string"}, "text": {"type": "string"}, "tool": {"type": "string"}, "json": {"type": "object"}},
    });
    let principal = json!({
        "type": "object", "additionalProperties": false, "required": ["id"],
        "properties": {"id": {"type": "string"}, "roles": {"type": "array", "items": {"type": "string"}}, "attributes": {"type": "object"}},
    });
    json!({
        "type": "object", "additionalProperties": false, "required": ["parts"],
        "properties": {
            "stage": {"type": "string", "enum": ["input", "output", "tool_call", "tool_result"]},
            "principal": principal, "parts": {"type": "array", "minItems": 1, "maxItems": 4, "items": part},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_worked_example_of_restating_is_read_and_compiles() {
        assert_eq!(restated_examples().len(), 28);
        let file: toml::Table = toml::from_str(RESTATED).unwrap();
        for example in file["example"].as_array().unwrap() {
            let sentences = example["sentences"].as_array().unwrap().iter();
            let restated = sentences.flat_map(|pair| pair["restated"].as_array().unwrap().clone());
            let list: String = restated.map(|text| format!("- {}\n", text.as_str().unwrap())).collect();
            let request = GuardRequest {
                id: "example".to_owned(),
                request: list,
                agent: example["agent"].as_str().unwrap().to_owned(),
                ..GuardRequest::default()
            };
            crate::compile(&request).unwrap();
        }
    }
}
