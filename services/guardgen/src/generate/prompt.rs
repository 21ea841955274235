//! What the model is told. The texts stand in `prompts/`; this puts the pieces of one request into them. Text from outside
//! is fenced off as data.

use std::fmt::Write as _;

use parapet_judge::GuardTest;
use parapet_models::{Message, Prompt, Role};
use serde_json::{Value, json};

use super::restate::Notation;
use super::trial::Trial;
use crate::library::ToolDescription;
use crate::memory::{Case, Recalled};
use crate::{GuardRequest, Plan};

const SYSTEM: &str = include_str!("prompts/system.md");
const PLAN: &str = include_str!("prompts/plan.md");
const RESTATE: &str = include_str!("prompts/restate.md");
const RESTATE_RULES: &str = include_str!("prompts/restate_rules.md");
const RESTATED_RULES: &str = include_str!("prompts/restated_rules.toml");
const RESTATE_GRANTS: &str = include_str!("prompts/restate_grants.md");
const RESTATED_GRANTS: &str = include_str!("prompts/restated_grants.toml");
const RESTATED: &str = include_str!("prompts/restated.toml");
const TESTS: &str = include_str!("prompts/tests.md");
const ARBITRATE: &str = include_str!("prompts/arbitrate.md");

/// Example events that are shown with a past case.
const CASE_EVENTS: usize = 2;
/// Longest program, in tokens.
const PROGRAM_TOKENS: u32 = 1_400;

/// Asks what one sentence of the request says, in the form of `notation`, held to `schema`. All questions about a request begin
/// alike, so that a server that keeps what it read has to read the sentence alone.
pub(super) fn restate(request: &GuardRequest, notation: &Notation, sentence: &str, schema: Value) -> Prompt {
    let facts = facts_text(request);
    let facts = if facts.is_empty() { facts } else { format!("Facts:\n{}\n", fenced("toml", &facts)) };
    let mut messages = worked(notation);
    messages
        .push(Message { role: Role::User, text: format!("{}{facts}Sentence: {sentence}", notation.context(request)) });
    let system = match notation {
        Notation::Rules(_) => RESTATE_RULES,
        Notation::Grants(_) => RESTATE_GRANTS,
        Notation::Sentences => RESTATE,
    };
    let prompt = Prompt { system: system.to_owned(), messages, max_tokens: Some(600), ..Prompt::default() };
    prompt.with_json(notation.name(), schema).with_shown_form()
}

/// Asks for something better than `answer`.
pub(super) fn restate_again(question: &Prompt, sentence: &str, answer: &str, complaint: &str) -> Prompt {
    let text =
        format!("That is not right yet. {complaint}\nOnce more, and not the same as before. Sentence: {sentence}");
    question.clone().with_reply(answer, text)
}

/// The worked example in this notation, as a conversation.
fn worked(notation: &Notation) -> Vec<Message> {
    #[derive(serde::Deserialize)]
    struct Example {
        context: String,
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
        Notation::Grants(_) => (RESTATED_GRANTS, "grants"),
        Notation::Sentences => (RESTATED, "data"),
    };
    let example = toml::from_str::<std::collections::BTreeMap<String, Example>>(text).ok();
    let Some(example) = example.and_then(|mut all| all.remove(key)) else { return Vec::new() };
    let mut messages = Vec::new();
    for (place, turn) in example.turns.into_iter().enumerate() {
        let context = if place == 0 { example.context.as_str() } else { "" };
        messages.push(Message { role: Role::User, text: format!("{context}Sentence: {}", turn.given) });
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

    /// Every worked answer as sentences of its own, which have to compile together with `more`.
    fn compiles(notation: &Notation, agent: &str, more: &str) {
        let answers: Vec<Value> = worked(notation)
            .into_iter()
            .filter(|message| message.role == Role::Assistant)
            .map(|message| serde_json::from_str(&message.text).unwrap())
            .collect();
        assert!(answers.len() > 3);
        let sentences = answers.iter().flat_map(|answer| {
            let sentences = notation.sentences(answer);
            assert!(!sentences.is_empty(), "{answer}");
            sentences
        });
        let list: String = sentences.map(|sentence| format!("- {sentence}\n")).collect();
        let request = format!("{more}{list}");
        let agent = agent.to_owned();
        crate::compile(&GuardRequest { id: "x".to_owned(), request, agent, ..GuardRequest::default() }).unwrap();
    }

    #[test]
    fn every_worked_example_of_restating_is_read_and_compiles() {
        let archive = "The tool `look_up` with arguments `table`, `fields` and `filter` reads records; the tool `change` with arguments \
                       `table`, `record_id` and `values` changes one; the tool `drop` with arguments `table` and `record_id` deletes one. \
                       Roles: clerk, auditor, boss.";
        compiles(&Notation::Sentences, archive, "");
        let tables = "- books has the columns title, author, price.\n- loans has the columns book, reader, due_on.\n";
        let request = GuardRequest { agent: archive.to_owned(), ..GuardRequest::default() };
        let clauses = ["books (title, author, price)".to_owned(), "loans (book, reader, due_on)".to_owned()];
        let grants = Notation::of(&request, &clauses);
        assert_eq!(grants.name(), "grants");
        compiles(&grants, archive, tables);
        let library = "Its tools are `lend_book(days: number, shelf: text, express: boolean)`, `burn_book(name)`, `delete_book(name)`, \
                       `move_book(shelf: text, note)` and `find_book(name)`. The user's attributes are `verified` (boolean) and `team` (text); \
                       the roles are `librarian`, `guest` and `boss`.";
        let club = "People write to it. The user's attributes are `age` (number), `member` (boolean), `child` (boolean), `grade` (text), \
                    `banned` (boolean), `helmet` (boolean) and `ticket` (boolean).";
        for agent in [library, club] {
            let request = GuardRequest { agent: agent.to_owned(), ..GuardRequest::default() };
            compiles(&Notation::of(&request, &[]), agent, "");
        }
    }
}
