//! Tests made from the rules themselves: each rule kept and broken, at its bounds, with missing and wrong values, and
//! everything that no rule is about. What is expected comes from the oracle.

use std::collections::BTreeSet;

use parapet_domain::Decision;
use parapet_judge::{Expectation, GuardTest};
use serde_json::{Value, json};

use super::facts::known;
use super::oracle::{Done, Expected, USER, World, expected};
use super::policy::{Action, Policy, Rule, Source};
use super::reader::List;
use super::topics::Topics;
use crate::GuardRequest;

mod values;
mod worlds;

/// Most tests of one rule, and of one guard.
const MOST_OF_RULE: usize = 24;
const MOST: usize = 600;

/// The examples of the request, then tests of every rule.
pub(super) fn tests(request: &GuardRequest, list: &List, topics: Option<&Topics>) -> Vec<GuardTest> {
    let policy = list.policy();
    let mut maker = Maker {
        list,
        topics,
        known: known(list, topics),
        policy,
        tests: request.examples.clone(),
        seen: BTreeSet::new(),
    };
    maker.rules();
    maker.everything_broken();
    maker.others();
    maker.tests
}

struct Maker<'a> {
    list: &'a List,
    topics: Option<&'a Topics>,
    known: Vec<String>,
    policy: Policy,
    tests: Vec<GuardTest>,
    seen: BTreeSet<String>,
}

impl Maker<'_> {
    fn rules(&mut self) {
        let base = worlds::base(&self.policy);
        for n in 0..self.policy.rules.len() {
            let Some(rule) = self.policy.rules.get(n).cloned() else { continue };
            let from = self.tests.len();
            for (what, world) in worlds::of_rule(&rule, &base) {
                for done in self.doings(n, &rule, what.starts_with("kept") || what.starts_with("broken")) {
                    if self.tests.len() - from < MOST_OF_RULE {
                        self.add(&format!("{}: {what}", short(&rule.text)), &done, &world);
                    }
                }
            }
        }
    }

    /// What is done to try a rule; where all of it is worth trying, each tool or example.
    fn doings(&self, n: usize, rule: &Rule, all: bool) -> Vec<Doing> {
        let doings: Vec<Doing> = match (&rule.action, self.topics) {
            (Action::Tools(tools), _) => tools.iter().map(|tool| Doing::Call(tool.clone())).collect(),
            (Action::Task(_), Some(topics)) => {
                topics.examples.get(n).into_iter().flatten().map(|task| Doing::Task(task.clone())).collect()
            }
            (Action::Task(_), None) => Vec::new(),
        };
        let most = if all { 3 } else { 1 };
        doings.into_iter().take(most).collect()
    }

    /// A user that nothing is known of, and values that keep no rule.
    fn everything_broken(&mut self) {
        let worst = worlds::worst(&self.policy);
        for n in 0..self.policy.rules.len() {
            let Some(rule) = self.policy.rules.get(n).cloned() else { continue };
            for doing in self.doings(n, &rule, false) {
                self.add("whatever can be broken is", &doing, &worst);
                self.add("nothing is known of the user", &doing, &World { nobody: true, ..worst.clone() });
            }
        }
        let tasks: Vec<String> = self
            .topics
            .map_or_else(Vec::new, |topics| topics.examples.iter().filter_map(|e| e.first().cloned()).collect());
        for pair in tasks.windows(2).take(3) {
            let both = pair.join(", and then ");
            self.add("a task about two things", &Doing::Task(both), &worst);
        }
    }

    /// What no rule is about, and events without anything to judge.
    fn others(&mut self) {
        let nobody = World { nobody: true, ..World::default() };
        let Some(topics) = self.topics else {
            let free: Vec<String> = self
                .list
                .agent
                .tools
                .iter()
                .map(|tool| tool.name.clone())
                .filter(|tool| !self.known.contains(tool))
                .collect();
            for tool in free.into_iter().take(3).chain(["some_other_tool".to_owned()]) {
                self.add("no rule names the tool", &Doing::Call(tool), &nobody);
            }
            for tool in self.list.free_tools.clone() {
                self.add("the tool is free", &Doing::Call(tool), &nobody);
            }
            self.no_tool();
            return;
        };
        for task in topics.others().into_iter().take(6) {
            self.add("no rule is about the task", &Doing::Task(task.to_owned()), &nobody);
        }
        self.histories(topics);
        self.no_task();
    }

    fn add(&mut self, what: &str, doing: &Doing, world: &World) {
        let (parts, expected, shown) = match doing {
            Doing::Call(tool) => {
                let done = Done::Call { tool, known: self.known.contains(tool) };
                let parts = json!([{ "tool": tool, "json": world.arguments() }]);
                (parts, expected(&self.policy, &done, world), tool.clone())
            }
            Doing::Task(task) => (json!([self.task_part(task)]), self.of_task(task, "", world), task.clone()),
        };
        self.push(&format!("{what}; {}", short(&shown)), world, &parts, &expected);
    }

    fn of_task(&self, task: &str, history: &str, world: &World) -> Expected {
        let Some(topics) = self.topics else { return Expected::Allow };
        let found = topics.in_force(task, history);
        let rules: Vec<usize> = (0..topics.of_rule.len())
            .filter(|n| topics.of_rule.get(*n).is_some_and(|topic| found.contains(topic)))
            .collect();
        let known = found.iter().any(|topic| self.known.contains(topic));
        expected(&self.policy, &Done::Task { rules: &rules, known }, world)
    }

    fn task_part(&self, task: &str) -> Value {
        match &self.list.agent.task_part {
            Some(name) => json!({ "name": name, "text": task }),
            None => json!({ "text": task }),
        }
    }

    fn push(&mut self, description: &str, world: &World, parts: &Value, expected: &Expected) {
        let stage = if self.topics.is_some() { "input" } else { "tool_call" };
        let mut event = json!({ "stage": stage, "agent": "agent", "parts": parts });
        if let (false, Some(map)) = (world.nobody, event.as_object_mut()) {
            let id = world.values.get(&Source::Id).cloned().unwrap_or_else(|| json!(USER));
            let roles = world.values.get(&Source::Roles).cloned().unwrap_or_else(|| json!([]));
            map.insert("principal".to_owned(), json!({ "id": id, "roles": roles, "attributes": world.attributes() }));
        }
        if self.tests.len() < MOST && self.seen.insert(event.to_string()) {
            self.tests.push(GuardTest {
                description: description.to_owned(),
                event,
                facts: serde_json::Map::new(),
                expect: expectation(expected),
            });
        }
    }

    /// What was done so far tells what a vague task is about; text without an arrow tells nothing.
    fn histories(&mut self, topics: &Topics) {
        let Some(part) = self.list.agent.history_part.clone() else { return };
        let worst = worlds::worst(&self.policy);
        let vague = "Choose the cheapest one";
        for example in topics.examples.iter().filter_map(|examples| examples.first()).take(3) {
            let lines: String = (1..4).map(|n| format!("[link]  {example} {n} -> CLICK\n")).collect();
            let parts = json!([self.task_part(vague), { "name": part, "text": format!("Actions so far:\n{lines}") }]);
            let expected = self.of_task(vague, &lines, &worst);
            self.push(&format!("the actions so far count; {}", short(example)), &worst, &parts, &expected);
            let parts = json!([self.task_part(vague), { "name": part, "text": example }]);
            let expected = self.of_task(vague, "", &worst);
            self.push(
                &format!("what is no action so far does not count; {}", short(example)),
                &worst,
                &parts,
                &expected,
            );
        }
    }

    fn no_task(&mut self) {
        let event = json!({ "stage": "input", "agent": "agent", "parts": [{ "name": "unrelated", "role": "system", "text": "hello" }] });
        self.refused("an event without a task is refused", event, "task_missing");
        if let (Some(_), Some(task)) =
            (&self.list.agent.task_part, self.topics.and_then(|topics| topics.examples.first()?.first()))
        {
            let worst = worlds::worst(&self.policy);
            let expected = self.of_task(task, "", &worst);
            self.push("a task in a part without a name counts", &worst, &json!([{ "text": task }]), &expected);
        }
    }

    fn no_tool(&mut self) {
        let event = json!({ "stage": "tool_call", "agent": "agent", "parts": [{ "json": {} }] });
        self.refused("a call without the name of a tool is refused", event, "tool_missing");
        let worst = worlds::worst(&self.policy);
        let mixed: Vec<Value> = self
            .policy
            .rules
            .iter()
            .filter_map(|rule| if let Action::Tools(tools) = &rule.action { tools.first() } else { None })
            .take(2)
            .map(|tool| json!({ "tool": tool, "json": "no object" }))
            .collect();
        let event_world = World {
            values: worst.values.into_iter().filter(|(source, _)| !matches!(source, Source::Argument(_))).collect(),
            nobody: false,
        };
        if let [Value::Object(first), ..] = mixed.as_slice() {
            let tool = first.get("tool").and_then(Value::as_str).unwrap_or_default().to_owned();
            let expected = expected(&self.policy, &Done::Call { tool: &tool, known: true }, &event_world);
            self.push("arguments that are no object tell nothing", &event_world, &json!([first]), &expected);
        }
    }

    fn refused(&mut self, description: &str, event: Value, reason_code: &str) {
        let expect = Expectation {
            verdict: Some(Decision::Deny),
            reason_code: Some(reason_code.to_owned()),
            ..Expectation::default()
        };
        self.tests.push(GuardTest {
            description: description.to_owned(),
            event,
            facts: serde_json::Map::new(),
            expect,
        });
    }
}

enum Doing {
    Call(String),
    Task(String),
}

fn expectation(expected: &Expected) -> Expectation {
    let refusal = |verdict, code: &str, texts: &[String]| Expectation {
        verdict: Some(verdict),
        reason_code: Some(code.to_owned()),
        message: texts.first().cloned(),
        details: Some(json!({ "violated": texts })),
        ..Expectation::default()
    };
    match expected {
        Expected::Allow => Expectation { verdict: Some(Decision::Allow), ..Expectation::default() },
        Expected::Deny(texts) => refusal(Decision::Deny, "rule_violated", texts),
        Expected::Ask(texts) => refusal(Decision::Ask, "approval_required", texts),
    }
}

fn short(text: &str) -> String {
    if text.chars().count() <= 90 { text.to_owned() } else { text.chars().take(87).chain("...".chars()).collect() }
}
