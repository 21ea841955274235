//! The task plan: how a guard request is going to be checked, as typed steps and as text.

use std::fmt::Write as _;

use parapet_domain::Stage;
use serde::{Deserialize, Serialize};

/// A plan, made before any code is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// One line: what the guard makes sure of.
    pub title: String,
    /// Stages whose events have to be judged.
    pub stages: Vec<Stage>,
    /// Tools that the code needs.
    pub tools: Vec<String>,
    /// The steps in order.
    pub steps: Vec<Step>,
    /// What the guard does not cover, one line each.
    #[serde(default)]
    pub not_covered: Vec<String>,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The kind of work.
    pub action: Action,
    /// The work, in one or two sentences.
    pub what: String,
    /// Fields of the event that it reads, such as `parts[name=code].text` or `principal.roles`.
    #[serde(default)]
    pub reads: Vec<String>,
    /// The tool that does it, if one does.
    #[serde(default)]
    pub tool: Option<String>,
    /// Facts that it uses, by key.
    #[serde(default)]
    pub facts: Vec<String>,
    /// Reason codes that it can end with.
    #[serde(default)]
    pub reason_codes: Vec<String>,
}

/// The kinds of work in a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Find the parts of the event that matter.
    Select,
    /// Get out of them what the rule is about.
    Extract,
    /// Compare that with the facts or the principal.
    Compare,
    /// Turn the comparison into a verdict.
    Decide,
}

impl Plan {
    /// The plan as `plan.md`.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = format!("# Plan\n\n{}\n", self.title);
        for (number, step) in self.steps.iter().enumerate() {
            // Writing to a string does not fail.
            let _ = write!(text, "\n{}. **{}**: {}", number + 1, step.action.as_str(), step.what);
            for (label, values) in [("Reads", &step.reads), ("Facts", &step.facts), ("Ends with", &step.reason_codes)] {
                if !values.is_empty() {
                    let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
                    let _ = write!(text, " {label}: {}.", values.join(", "));
                }
            }
            if let Some(tool) = &step.tool {
                let _ = write!(text, " Tool: `{tool}`.");
            }
        }
        text.push('\n');
        if !self.not_covered.is_empty() {
            text.push_str("\nNot covered:\n");
            self.not_covered.iter().for_each(|line| {
                let _ = writeln!(text, "- {line}");
            });
        }
        text
    }
}

impl Action {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Extract => "extract",
            Self::Compare => "compare",
            Self::Decide => "decide",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_reads_as_a_numbered_list() {
        let plan = Plan {
            title: "Nobody under 18 books a hotel.".into(),
            stages: vec![Stage::Input],
            tools: vec!["check_rules".into()],
            steps: vec![Step {
                action: Action::Compare,
                what: "Check the rules.".into(),
                reads: vec!["principal.attributes.age".into()],
                tool: Some("check_rules".into()),
                facts: vec!["rules".into()],
                reason_codes: vec![],
            }],
            not_covered: vec!["other languages than English".into()],
        };
        assert_eq!(
            plan.to_markdown(),
            "# Plan\n\nNobody under 18 books a hotel.\n\n1. **compare**: Check the rules. Reads: \
             `principal.attributes.age`. Facts: `rules`. Tool: `check_rules`.\n\nNot covered:\n- other languages than English\n"
        );
    }
}
