//! What the model is told. The texts stand in `prompts/`; this puts the pieces of one request into them. Text from outside
//! is fenced off as data.

use std::fmt::Write as _;

use parapet_judge::GuardTest;
use parapet_models::{Message, Prompt, Role};
use serde_json::{Value, json};

use super::restate::{Notation, typed};
use super::trial::Trial;
use crate::library::ToolDescription;
use crate::memory::{Case, Recalled};
use crate::{GuardRequest, Plan};

const SYSTEM: &str = include_str!("prompts/system.md");
const PLAN: &str = include_str!("prompts/plan.md");
const RESTATE: &str = include_str!("prompts/restate.md");
const RESTATE_RULES: &str = include_str!("prompts/restate_rules.md");
const RESTATED_RULES: &str = include_str!("prompts/restated_rules.toml");
const RESTATED: &str = include_str!("prompts/restated.toml");
const TESTS: &str = include_str!("prompts/tests.md");
const ARBITRATE: &str = include_str!("prompts/arbitrate.md");

/// Example events that are shown with a past case.
const CASE_EVENTS: usize = 2;
/// Longest program, in tokens.
const PROGRAM_TOKENS: u32 = 1_400;

/// Asks what one sentence of the request says, in the form of `notation`. `before` is the conversation about the sentences
/// before it.
pub(super) fn restate(request: &GuardRequest, notation: &Notation, before: Option<&Prompt>, sentence: &str) -> Prompt {
    let (mut messages, text) = match before {
        Some(before) => (before.messages.clone(), format!("Next sentence: {sentence}")),
        None => {
            let facts = facts_text(request);
            let facts = if facts.is_empty() { facts } else { format!("\nFacts:\n{}", fenced("toml", &facts)) };
            let context = restating(&request.agent, &request.request, sentence);
            (worked(notation), format!("{context}{facts}"))
        }
    };
    messages.push(Message { role: Role::User, text });
    let (system, name, schema) = match notation {
        Notation::Rules(names) => (RESTATE_RULES, "rules", typed::schema(names)),
        Notation::Sentences => (RESTATE, "sentences", sentences_schema()),
    };
    let prompt = Prompt { system: system.to_owned(), messages, max_tokens: Some(600), ..Prompt::default() };
    prompt.with_json(name, schema)
}

fn sentences_schema() -> Value {
    json!({
        "type": "object", "additionalProperties": false, "required": ["sentences"],
        "properties": {"sentences": {"type": "array", "minItems": 1, "maxItems": 8, "items": {"type": "string", "maxLength": 240}}},
    })
}

/// The conversation with the answer to its last question.
pub(super) fn answered(question: &Prompt, answer: &str) -> Prompt {
    let mut conversation = question.clone();
    conversation.messages.push(Message { role: Role::Assistant, text: answer.to_owned() });
    conversation
}

/// Asks for something better than `answer`.
pub(super) fn restate_again(question: &Prompt, sentence: &str, answer: &str, complaint: &str) -> Prompt {
    let text = format!("That is not right yet. {complaint}\nOnce more, and not the same as before: {sentence}");
    question.clone().with_reply(answer, text)
}

fn restating(agent: &str, rule: &str, sentence: &str) -> String {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("Agent: {}\nRule: {}\nFirst sentence: {sentence}", words(agent), words(rule))
}

/// The worked example in this notation, as a conversation.
fn worked(notation: &Notation) -> Vec<Message> {
    #[derive(serde::Deserialize)]
    struct Example {
        agent: String,
        rule: String,
        turns: Vec<Turn>,
    }
    #[derive(serde::Deserialize)]
    struct Turn {
        given: String,
        #[serde(flatten)]
        answer: serde_json::Map<String, Value>,
    }
    let (text, key) = match notation {
        Notation::Rules(names) if names.tools.is_empty() => (RESTATED_RULES, "tasks"),
        Notation::Rules(_) => (RESTATED_RULES, "tools"),
        Notation::Sentences => (RESTATED, "data"),
    };
    let example = toml::from_str::<std::collections::BTreeMap<String, Example>>(text).ok();
    let Some(example) = example.and_then(|mut all| all.remove(key)) else { return Vec::new() };
    let mut messages = Vec::new();
    for (place, turn) in example.turns.into_iter().enumerate() {
        let text = match place {
            0 => restating(&example.agent, &example.rule, &turn.given),
            _ => format!("Next sentence: {}", turn.given),
        };
        messages.push(Message { role: Role::User, text });
        messages.push(Message { role: Role::Assistant, text: Value::Object(turn.answer).to_string() });
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

    /// Compiles what the answers of a worked example say.
    fn compiles(text: &str, key: &str, notation: &Notation) {
        let file: toml::Table = toml::from_str(text).unwrap();
        let agent = file[key]["agent"].as_str().unwrap();
        let answers = worked(notation).into_iter().filter(|message| message.role == Role::Assistant);
        let sentences = answers.flat_map(|answer| {
            let answer = serde_json::from_str(&answer.text).unwrap();
            let sentences = notation.sentences(&answer);
            assert!(!sentences.is_empty(), "{answer}");
            sentences
        });
        let list: String = sentences.map(|sentence| format!("- {sentence}\n")).collect();
        let agent = agent.to_owned();
        crate::compile(&GuardRequest { id: "x".to_owned(), request: list, agent, ..GuardRequest::default() }).unwrap();
    }

    #[test]
    fn every_worked_example_of_restating_is_read_and_compiles() {
        compiles(RESTATED, "data", &Notation::Sentences);
        for key in ["tools", "tasks"] {
            let file: toml::Table = toml::from_str(RESTATED_RULES).unwrap();
            let names = crate::rules::names_of(file[key]["agent"].as_str().unwrap());
            assert_eq!(names.tools.is_empty(), key == "tasks");
            compiles(RESTATED_RULES, key, &Notation::Rules(names));
        }
    }
}
