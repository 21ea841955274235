//! How large a policy may be: its facts have to fit a guard's memory, its tests have to be run.

use super::super::name::Parsed;
use super::super::policy::{Policy, Right};
use crate::NotUnderstood;

const MAX_ROLES: usize = 64;
const MAX_RESOURCES: usize = 256;
const MAX_PAIRS: usize = 1_024;
const MAX_NAMES: usize = 20_000;

/// Checks the size.
pub(super) fn check(policy: &Policy) -> Parsed<()> {
    let (roles, resources) = (policy.roles.len(), policy.resources.len());
    if policy.open.is_empty() && policy.approval.is_empty() {
        return Err(NotUnderstood::new("", "nothing is opened to anyone", "say which role may read which resource"));
    }
    let named = |right: &Right| match right {
        Right::Listed(fields) | Right::AllBut(fields) => fields.len(),
    };
    let names: usize = policy.open.values().chain(policy.approval.values()).map(named).sum();
    let pairs = policy.open.len() + policy.approval.len();
    if roles > MAX_ROLES || resources > MAX_RESOURCES || pairs > MAX_PAIRS || names > MAX_NAMES {
        let size = format!("{roles} roles, {resources} resources, {pairs} grants and {names} names of fields");
        let why = format!("the table is too large for one guard, with {size}");
        let help = format!(
            "split it by resource; a guard takes {MAX_ROLES} roles, {MAX_RESOURCES} resources, {MAX_PAIRS} grants and {MAX_NAMES} names"
        );
        return Err(NotUnderstood::new("", why, help));
    }
    Ok(())
}
