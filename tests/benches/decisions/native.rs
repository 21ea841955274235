//! The same decisions in plain Rust, parsed with serde: the limit, since nothing isolates them.

use std::collections::{BTreeMap, HashMap, HashSet};

use aho_corasick::AhoCorasick;
use parapet_toolbox::ToolConfig;
use regex::Regex;
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) struct Access(HashMap<String, HashMap<String, HashSet<String>>>);

#[derive(Deserialize)]
struct AccessRequest<'a> {
    role: &'a str,
    #[serde(borrow)]
    request: BTreeMap<&'a str, Vec<&'a str>>,
}

impl Access {
    pub(crate) fn new(policy: &Value) -> Self {
        Self(serde_json::from_value(policy.clone()).expect("a policy"))
    }

    pub(crate) fn missing(&self, input: &[u8]) -> Vec<(String, Vec<String>)> {
        let request: AccessRequest<'_> = serde_json::from_slice(input).expect("a request");
        let role = self.0.get(request.role);
        let mut missing = Vec::new();
        for (table, columns) in request.request {
            let allowed = role.and_then(|tables| tables.get(table));
            let refused = columns.iter().filter(|column| !allowed.is_some_and(|set| set.contains(**column)));
            let refused: Vec<String> = refused.map(|column| (*column).to_owned()).collect();
            if !refused.is_empty() {
                missing.push((table.to_owned(), refused));
            }
        }
        missing
    }
}

#[derive(Deserialize)]
struct WebRequest<'a> {
    profile: Profile,
    task_class: &'a str,
}

#[derive(Deserialize)]
struct Profile {
    age: i64,
    has_driving_licence: bool,
    vaccinated: bool,
    domestic: bool,
    membership: bool,
}

/// Category of the task, attribute, and what it must be.
const RULES: [(&[&str], &str, &str); 6] = [
    (&["car_rental", "auto"], "has_driving_licence", "no licence"),
    (&["movie", "music"], "domestic", "abroad"),
    (&["hotel"], "age", "under 18"),
    (&["jobs"], "age", "under 15"),
    (&["fashion", "general"], "membership", "no member"),
    (&["flight"], "vaccinated", "not vaccinated"),
];

/// The six rules as data for `check_rules`.
pub(crate) fn rules() -> Value {
    let rule = |(tasks, attribute, violation): &(&[&str], &str, &str)| {
        let (op, value) = match *violation {
            "under 18" => (">=", json!(18)),
            "under 15" => (">=", json!(15)),
            _ => ("==", json!(true)),
        };
        json!({"when": {"task": {"op": "in", "value": tasks}}, "require": {"attribute": attribute, "op": op, "value": value}, "violation": violation})
    };
    RULES.iter().map(rule).collect()
}

pub(crate) fn violated(input: &[u8]) -> Vec<String> {
    let request: WebRequest<'_> = serde_json::from_slice(input).expect("a request");
    let profile = &request.profile;
    let holds = |attribute: &str, violation: &str| match attribute {
        "has_driving_licence" => profile.has_driving_licence,
        "domestic" => profile.domestic,
        "membership" => profile.membership,
        "vaccinated" => profile.vaccinated,
        _ => profile.age >= if violation == "under 18" { 18 } else { 15 },
    };
    let broken = RULES
        .iter()
        .filter(|(tasks, attribute, violation)| tasks.contains(&request.task_class) && !holds(attribute, violation));
    broken.map(|(_, _, violation)| (*violation).to_owned()).collect()
}

pub(crate) struct Scan {
    patterns: Vec<(String, Regex)>,
    phrases: AhoCorasick,
}

#[derive(Deserialize)]
struct TextRequest {
    text: String,
}

impl Scan {
    pub(crate) fn new(config: &ToolConfig) -> Self {
        let patterns = config
            .patterns
            .values()
            .flatten()
            .map(|(name, regex)| (name.clone(), Regex::new(regex).expect("a pattern")));
        let phrases = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(config.phrases.values().flatten())
            .expect("phrases");
        Self { patterns: patterns.collect(), phrases }
    }

    pub(crate) fn findings(&self, input: &[u8]) -> Vec<(String, usize, usize)> {
        let request: TextRequest = serde_json::from_slice(input).expect("a request");
        let mut findings: Vec<(String, usize, usize)> = Vec::new();
        for (name, regex) in &self.patterns {
            findings.extend(regex.find_iter(&request.text).map(|m| (name.clone(), m.start(), m.end())));
        }
        findings.extend(
            self.phrases
                .find_iter(&request.text)
                .map(|m| (format!("phrase {}", m.pattern().as_usize()), m.start(), m.end())),
        );
        findings
    }
}
