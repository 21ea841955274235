//! Rule lists: an action, what it requires of the user or of its arguments, and the text of the violation.
//! Each sentence, list item and table row is a rule, a declaration or a known frame, or the request is refused with it.

use super::NotUnderstood;
use super::markdown::{Block, blocks};
use crate::{Draft, GuardRequest};

mod action;
mod agent;
mod build;
mod cases;
mod code;
mod comparators;
mod condition;
mod facts;
mod formula;
mod kinds;
mod names;
mod oracle;
mod otherwise;
mod phrases;
mod planned;
mod policy;
mod reader;
mod scope;
mod sentences;
mod statement;
mod table;
mod topics;
mod words;

/// Longest request, in bytes.
const MOST_BYTES: usize = 64 << 10;
/// Most rules of calls: each is tried on every call.
const MOST_RULES: usize = 200;

/// What the description of an agent declares, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Names {
    /// Tools.
    pub(crate) tools: Vec<ToolName>,
    /// Attributes of the user.
    pub(crate) attributes: Vec<Declared>,
    /// Roles of the user.
    pub(crate) roles: Vec<String>,
}

/// A tool, its arguments, and what is said of it where it is declared in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ToolName {
    /// The name.
    pub(crate) name: String,
    /// Its arguments.
    pub(crate) arguments: Vec<Declared>,
    /// What it does; empty when nothing is said.
    pub(crate) about: String,
}

pub(crate) use agent::{Declared, ValueKind};
pub(crate) use names::{abbreviates, name_words, same_action, same_family};

/// Reads the declarations in the description of an agent.
pub(crate) fn names_of(description: &str) -> Names {
    let agent = agent::Agent::read(description);
    let tools = agent.tools.into_iter().map(|tool| ToolName {
        about: about(description, &tool.name),
        name: tool.name,
        arguments: tool.arguments,
    });
    Names { tools: tools.collect(), attributes: agent.attributes, roles: agent.roles }
}

/// "`issue_refund(order_id)`: pays money back" in a line of its own.
fn about(description: &str, tool: &str) -> String {
    let said = description.lines().find_map(|line| {
        let line = line.trim_start().strip_prefix(['-', '*'])?.trim_start().strip_prefix('`')?.strip_prefix(tool)?;
        let (arguments, said) = line.split_once('`')?;
        (arguments.is_empty() || arguments.starts_with('(')).then(|| said.trim_start_matches(':').trim().to_owned())
    });
    said.unwrap_or_default()
}

/// Compiles a rule list.
///
/// # Errors
/// The sentence that is no rule, or that cannot be checked.
pub(crate) fn compile(request: &GuardRequest) -> Result<Draft, NotUnderstood> {
    if request.request.len() > MOST_BYTES {
        let start: String = request.request.chars().take(80).collect();
        return Err(NotUnderstood::new(start, "the request is longer than 64 KiB", "split it into several guards"));
    }
    if request.agent.len() > MOST_BYTES {
        let start: String = request.agent.chars().take(80).collect();
        return Err(NotUnderstood::new(start, "the agent description is longer than 64 KiB", "shorten it"));
    }
    let list = reader::read(request)?;
    let Some(first) = list.rules.first() else {
        let start = request.request.trim().lines().next().unwrap_or_default();
        return Err(NotUnderstood::new(
            start,
            "no rule is stated",
            "state at least one rule, such as \"Only members may shop.\"",
        ));
    };
    if list.rules.len() > MOST_RULES {
        return Err(NotUnderstood::new(
            first.sentence.clone(),
            format!("with {} rules the list is too long for one guard", list.rules.len()),
            format!("split it into guards of at most {MOST_RULES} rules"),
        ));
    }
    let topics = topics::derive(&list)?;
    let plan = planned::plan(request, &list, topics.as_ref());
    let manifest = facts::manifest(request, &list, topics.as_ref(), &plan);
    let code = code::code(&list, topics.as_ref());
    let tests = cases::tests(request, &list, topics.as_ref());
    Ok(Draft { manifest, plan, code, tests })
}
