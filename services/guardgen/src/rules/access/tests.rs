//! Tests of what is understood, what is refused and in which words, and of hostile requests.

use super::policy::{Policy, Right};
use super::statement::{Key, Verb};
use super::{compile, policy_of};
use crate::{GuardRequest, NotUnderstood};

mod agents;
mod hostile;
mod notations;
mod refused;
mod rulings;

const AGENT: &str = "It writes Python in the part `code` with Load('table') and Get(rows, 'column, column').";

fn request(text: &str) -> GuardRequest {
    GuardRequest { id: "test".into(), request: text.into(), agent: AGENT.into(), ..GuardRequest::default() }
}

fn policy(text: &str) -> Policy {
    policy_of(&request(text)).unwrap_or_else(|complaint| panic!("{complaint}")).1
}

/// Why the request is not understood.
fn complaint(text: &str) -> NotUnderstood {
    policy_of(&request(text)).expect_err("it is understood")
}

/// What is open, as lines `role: key = fields`.
fn open(policy: &Policy) -> Vec<String> {
    let fields = |right: &Right| match right {
        Right::Listed(fields) => fields.join(" "),
        Right::AllBut(but) => format!("* -{}", but.join(" -")).trim_end_matches([' ', '-']).to_owned(),
    };
    policy.open.iter().map(|((role, key), right)| format!("{role}: {key} = {}", fields(right))).collect()
}

fn key(verb: Verb, resource: &str) -> Key {
    Key { verb, resource: resource.to_owned() }
}
