//! What the policy rules, which the guards' tests take as right.

use std::collections::BTreeMap;

use super::super::policy::Ruling;
use super::*;

fn rule(policy: &Policy, roles: &[&str], verb: Verb, resource: &str, fields: &[&str]) -> Ruling {
    policy.rule(roles, &vec![(key(verb, resource), fields.iter().map(|field| (*field).to_owned()).collect())])
}

fn missing(key: &str, fields: &[&str]) -> BTreeMap<String, Vec<String>> {
    BTreeMap::from([(key.to_owned(), fields.iter().map(|field| (*field).to_owned()).collect())])
}

#[test]
fn what_is_missing_is_listed_exactly() {
    let policy = policy(
        "Roles: nurse, clerk. A nurse may read lab (name, result) and notes. A clerk may read everything in cost but charge.",
    );
    let read = |roles: &[&str], resource: &str, fields: &[&str]| rule(&policy, roles, Verb::Read, resource, fields);
    assert_eq!(read(&["nurse"], "lab", &["result", "name"]), Ruling::Allow);
    assert_eq!(read(&["nurse"], "lab", &["name", "at", "at", "by"]), Ruling::Deny(missing("lab", &["at", "by"])));
    assert_eq!(read(&["nurse"], "lab", &["*"]), Ruling::Deny(missing("lab", &["*"])));
    assert_eq!(read(&["nurse"], "notes", &["anything", "*"]), Ruling::Allow);
    assert_eq!(read(&["nurse"], "cost", &[]), Ruling::Deny(missing("cost", &[])));
    assert_eq!(read(&["clerk"], "cost", &["sum"]), Ruling::Allow);
    assert_eq!(read(&["clerk"], "cost", &["charge", "*"]), Ruling::Deny(missing("cost", &["charge", "*"])));
    assert_eq!(read(&["clerk", "nurse"], "lab", &["name"]), Ruling::Allow);
    assert_eq!(read(&["visitor"], "lab", &[]), Ruling::Unknown);
    assert_eq!(rule(&policy, &["nurse"], Verb::Write, "notes", &["x"]), Ruling::Deny(missing("write notes", &["x"])));
}

#[test]
fn an_approval_counts_only_when_it_covers_all_that_is_missing() {
    let policy = policy("A nurse may read lab (name). A nurse needs approval to read lab (result).");
    let read = |fields: &[&str]| rule(&policy, &["nurse"], Verb::Read, "lab", fields);
    assert_eq!(read(&["name", "result"]), Ruling::Ask(missing("lab", &["result"])));
    assert_eq!(read(&["result", "by"]), Ruling::Deny(missing("lab", &["result", "by"])));
}

#[test]
fn every_pattern_of_the_sentences_around_a_table_compiles() {
    assert!(super::super::framing::all_patterns_compile());
}
