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
    /// Tools with their arguments.
    pub(crate) tools: Vec<(String, Vec<String>)>,
    /// Attributes of the user.
    pub(crate) attributes: Vec<String>,
    /// Roles of the user.
    pub(crate) roles: Vec<String>,
}

/// Reads the declarations in the description of an agent.
pub(crate) fn names_of(description: &str) -> Names {
    let agent = agent::Agent::read(description);
    let plain = |declared: Vec<agent::Declared>| declared.into_iter().map(|one| one.name).collect();
    Names {
        tools: agent.tools.into_iter().map(|tool| (tool.name, plain(tool.arguments))).collect(),
        attributes: plain(agent.attributes),
        roles: agent.roles,
    }
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
