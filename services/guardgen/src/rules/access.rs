//! Access tables: role → resource → fields, compiled into a guard over what an agent reads.

use parapet_domain::Budget;
use parapet_judge::{Manifest, Parts, Streaming};

use super::markdown::{Block, blocks};
use super::{NotUnderstood, markdown};
use crate::{Draft, GuardRequest};

mod agent;
mod build;
mod cases;
mod cell;
mod code;
mod facts;
mod framing;
mod listed;
mod name;
mod outline;
mod plan;
mod policy;
mod reach;
mod sentence;
mod statement;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use build::roles_of_examples;
use policy::Policy;
use statement::Statement;
pub(crate) use statement::Verb;

/// Longest request and longest agent description, in bytes.
const MAX_BYTES: usize = 256 << 10;
/// What a run may use: a program of 64 KiB with SQL in it takes less.
const BUDGET: Budget =
    Budget { fuel: 400_000_000, memory_bytes: Budget::MAX_MEMORY_BYTES, deadline_ms: 1_000, output_bytes: 65_536 };

/// Whether the request looks like an access table rather than a list of rules.
pub(super) fn claims(request: &GuardRequest) -> bool {
    let found = blocks(&request.request);
    let speaks = |text: &str| sentence::read(text, text).is_some_and(|found| found.is_ok());
    request.facts.contains_key("access")
        || found.iter().any(|block| match block {
            Block::Table(table) => table::read(table).is_ok(),
            Block::Sentence(text) => {
                speaks(text) || text.ends_with(':') && matches!(sentence::opening(text, text), Some(Ok(_)))
            }
            Block::Item { text, .. } => speaks(text),
            Block::Heading { .. } => false,
        })
}

/// Compiles an access table.
///
/// # Errors
/// The sentence that is no part of one.
pub(super) fn compile(request: &GuardRequest) -> Result<Draft, NotUnderstood> {
    let (title, policy) = policy_of(request)?;
    let agent = agent::read(&request.agent)?;
    for verb in policy.verbs() {
        if !agent.can(verb) {
            let why = format!("the request is about what may be {}, and the agent has no way to", past(verb));
            let help = "describe the function or tool that does it, or leave it out of the request";
            return Err(NotUnderstood::new("agent", why, help));
        }
    }
    let pieces = code::pieces(&policy, &agent);
    let tools =
        [("program", "python_calls"), ("sql", "sql_columns")].iter().filter(|(piece, _)| pieces.contains(piece));
    let tools: Vec<String> = tools.map(|(_, tool)| *tool).chain(["check_access"]).map(str::to_owned).collect();
    let plan = plan::write(title.clone(), &policy, &agent, &pieces, tools.clone());
    let manifest = Manifest {
        id: request.id.clone(),
        title,
        request: request.request.clone(),
        agent: request.agent.clone(),
        stages: plan.stages.clone(),
        tools,
        streaming: Streaming::Whole,
        parts: Parts::Together,
        per_event: false,
        session: Default::default(),
        words: Default::default(),
        budget: BUDGET,
        facts: facts::write(&policy, &agent, &pieces, &request.facts),
        patterns: std::collections::BTreeMap::new(),
        phrases: std::collections::BTreeMap::new(),
    };
    let tests = cases::all(&policy, &agent).into_iter().chain(request.examples.iter().cloned()).collect();
    Ok(Draft { manifest, plan, code: code::write(&pieces), tests })
}

/// The title and the policy that a request states.
fn policy_of(request: &GuardRequest) -> Result<(String, Policy), NotUnderstood> {
    for (name, text) in [("request", &request.request), ("agent", &request.agent)] {
        if text.len() > MAX_BYTES {
            let why = format!("it has {} bytes", text.len());
            return Err(NotUnderstood::new(name, why, format!("a guard takes {MAX_BYTES}; split it")));
        }
    }
    let known = build::roles_of_examples(&request.examples);
    let mut outline = outline::read(&markdown::blocks(&request.request), &known)?;
    let keys: Vec<(String, String)> = outline.statements.iter().filter_map(listed_under).collect();
    outline.statements.extend(listed::read(&request.facts, &keys)?);
    let title = outline.title.unwrap_or_else(|| "Which role may reach which fields of which resources".to_owned());
    Ok((title, build::policy(&outline.statements, &known)?))
}

fn listed_under(statement: &Statement) -> Option<(String, String)> {
    match statement {
        Statement::Listed { sentence, key } => Some((sentence.clone(), key.clone())),
        _ => None,
    }
}

const fn past(verb: Verb) -> &'static str {
    match verb {
        Verb::Read => "read",
        Verb::Write => "written",
        Verb::Delete => "deleted",
    }
}

/// Whether the description of an agent says how it reaches data, so that rules for it are about access.
pub(crate) fn reaches_data(description: &str) -> bool {
    agent::read(description)
        .is_ok_and(|agent| [Verb::Read, Verb::Write, Verb::Delete].iter().any(|verb| agent.can(*verb)))
}
