//! The guard's tests, from the policy: what is right is told by [`Policy::rule`], never by running the guard.

use parapet_domain::Decision;
use parapet_judge::{Expectation, GuardTest};
use serde_json::{Value, json};

use super::agent::{Agent, Tool};
use super::policy::{Missing, Needs, Policy, Right, Ruling};
use super::reach::{Reach, Writer};
use super::statement::{Key, Verb};

mod edges;
mod python;
mod sql;
mod tools;

/// A field that is in no list, with the first and the last of all letters of names.
const UNLISTED: &str = "a_to_z_0_to_9";

/// Most fields in one test.
const MOST_FIELDS: usize = 32;

/// All tests of a policy over an agent.
pub(super) fn all(policy: &Policy, agent: &Agent) -> Vec<GuardTest> {
    let mut cases = Cases { policy, agent, tests: Vec::new() };
    cases.by_role_and_resource();
    cases.by_tool();
    cases.edges();
    cases.of_programs();
    cases.of_queries();
    cases.of_tools();
    cases.tests
}

struct Cases<'a> {
    policy: &'a Policy,
    agent: &'a Agent,
    tests: Vec<GuardTest>,
}

impl<'a> Cases<'a> {
    const fn writer(&self) -> Writer<'a> {
        Writer { agent: self.agent, policy: self.policy, upper: false }
    }

    /// For every role, resource and verb: what it has, and what it has not.
    fn by_role_and_resource(&mut self) {
        let policy = self.policy;
        for role in &policy.roles {
            for resource in &policy.resources {
                for verb in policy.verbs() {
                    let key = Key { verb, resource: resource.name.clone() };
                    let what = format!("{} {}", verb.as_str(), resource.name);
                    let (had, lacked) = (self.had(role, &key), self.lacked(role, &key));
                    if let Some(fields) = had {
                        self.want(&format!("{role} may {what}"), &[role], &[(key.clone(), fields)]);
                    }
                    if let Some(fields) = lacked {
                        self.want(&format!("{role} may not {what} beyond what is listed"), &[role], &[(key, fields)]);
                    }
                }
            }
        }
    }

    /// Fields that the role has.
    fn had(&self, role: &str, key: &Key) -> Option<Vec<String>> {
        let found = self.policy.resource(&key.resource)?;
        let fields: Vec<String> = match self.policy.open.get(&(role.to_owned(), key.clone()))? {
            Right::Listed(fields) => fields.iter().take(MOST_FIELDS).cloned().collect(),
            Right::AllBut(but) => {
                let known: Vec<String> =
                    found.mentioned.iter().filter(|name| !but.contains(name)).take(2).cloned().collect();
                if known.is_empty() { vec![UNLISTED.to_owned()] } else { known }
            }
        };
        Some(fields)
    }

    /// A field that the role has, and at most three that it lacks.
    fn lacked(&self, role: &str, key: &Key) -> Option<Vec<String>> {
        let found = self.policy.resource(&key.resource)?;
        let right = self.policy.open.get(&(role.to_owned(), key.clone()));
        let has = |field: &str| match right {
            Some(Right::Listed(fields)) => fields.iter().any(|known| known == field),
            Some(Right::AllBut(but)) => !but.iter().any(|known| known == field),
            None => false,
        };
        let candidates = || found.mentioned.iter().map(String::as_str).chain([UNLISTED]);
        let mut fields: Vec<String> = candidates().filter(|field| has(field)).take(1).map(str::to_owned).collect();
        let lacking: Vec<String> = candidates().filter(|field| !has(field)).take(3).map(str::to_owned).collect();
        if lacking.is_empty() {
            return None;
        }
        fields.extend(lacking);
        Some(fields)
    }

    /// Tools that reach fixed fields, for every role.
    fn by_tool(&mut self) {
        let (policy, agent) = (self.policy, self.agent);
        for tool in agent.tools.iter().filter(|tool| !tool.opens.is_empty()) {
            let needs = self.writer().opens(tool);
            for role in &policy.roles {
                let parts = json!([{ "tool": tool.name, "json": {} }]);
                self.rule(&format!("{role} and tool {}", tool.name), &[role], parts, &needs);
            }
        }
    }

    /// The test of a role that wants something, when the agent can reach for it.
    fn want(&mut self, description: &str, roles: &[&str], wants: &[(Key, Vec<String>)]) {
        if let Some(Reach { parts, needs }) = self.writer().reach(wants) {
            self.rule(description, roles, parts, &needs);
        }
    }

    /// The test of parts whose needs are known.
    fn rule(&mut self, description: &str, roles: &[&str], parts: Value, needs: &Needs) {
        let ruling = self.policy.rule(roles, needs);
        let note = match &ruling {
            Ruling::Allow => "passes",
            Ruling::Unknown => "refused, as no role is known",
            Ruling::Deny(_) => "refused, with exactly what is missing",
            Ruling::Ask(_) => "needs approval, with exactly what is missing",
        };
        let expect = match ruling {
            Ruling::Allow => Expectation { verdict: Some(Decision::Allow), ..Expectation::default() },
            Ruling::Unknown => expect(Decision::Deny, "role_unknown"),
            Ruling::Deny(missing) => {
                let message = "the user's roles do not open all that is needed of: ";
                expect_missing(Decision::Deny, "access_denied", message, &missing)
            }
            Ruling::Ask(missing) => {
                let message = if self.policy.ask {
                    "this needs approval, as the user's roles do not open all of: "
                } else {
                    "this needs approval: "
                };
                expect_missing(Decision::Ask, "approval_needed", message, &missing)
            }
        };
        self.add(&format!("{description}: {note}"), Some(roles), parts, expect);
    }

    /// The test of parts that must be refused with a code.
    fn refuse(&mut self, description: &str, roles: Option<&[&str]>, parts: Value, code: &str) {
        self.add(description, roles, parts, expect(Decision::Deny, code));
    }

    /// Adds a test unless one with the same event is there.
    fn add(&mut self, description: &str, roles: Option<&[&str]>, parts: Value, expect: Expectation) {
        let stage = if self.agent.tools.is_empty() { "output" } else { "tool_call" };
        let mut event = json!({ "stage": stage, "parts": parts });
        if let (Some(roles), Some(event)) = (roles, event.as_object_mut()) {
            event.insert("principal".to_owned(), json!({ "id": "u", "roles": roles }));
        }
        if !self.tests.iter().any(|test| test.event == event) {
            self.tests.push(GuardTest {
                description: description.to_owned(),
                event,
                facts: serde_json::Map::new(),
                expect,
            });
        }
    }

    /// The role with the most, and something of it that can be reached.
    fn best(&self) -> Option<(String, Key, Vec<String>)> {
        let count = |role: &&String| self.policy.open.keys().filter(|(known, _)| known == *role).count();
        let role = self.policy.roles.iter().max_by_key(count)?;
        self.something_of(role)
    }

    /// Something that a role has and the agent can reach: two fields of it where that can be.
    fn something_of(&self, role: &str) -> Option<(String, Key, Vec<String>)> {
        let keys = self.policy.open.keys().filter(|(known, key)| known == role && key.verb == Verb::Read);
        let fitting = keys.filter_map(|(_, key)| Some((role.to_owned(), key.clone(), self.had(role, key)?)));
        let passes = |(role, key, fields): &(String, Key, Vec<String>)| {
            let reached = self.writer().reach(&[(key.clone(), fields.clone())]);
            reached.is_some_and(|reach| self.policy.rule(&[role], &reach.needs) == Ruling::Allow)
        };
        let mut fitting: Vec<_> = fitting.filter(passes).collect();
        fitting.sort_by_key(|(.., fields)| std::cmp::Reverse(fields.len()));
        fitting.into_iter().next()
    }

    fn harmless_tools(&self) -> impl Iterator<Item = &Tool> {
        self.agent.tools.iter().filter(|tool| tool.harmless())
    }
}

fn expect(verdict: Decision, code: &str) -> Expectation {
    Expectation { verdict: Some(verdict), reason_code: Some(code.to_owned()), ..Expectation::default() }
}

/// With exactly what is missing, and a message that names the resources.
fn expect_missing(verdict: Decision, code: &str, message: &str, missing: &Missing) -> Expectation {
    let names: Vec<&str> = missing.keys().map(String::as_str).collect();
    Expectation {
        message: Some(format!("{message}{}", names.join(", "))),
        details: Some(json!({ "missing": missing })),
        ..expect(verdict, code)
    }
}
