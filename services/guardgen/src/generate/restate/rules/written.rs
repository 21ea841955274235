//! Rules as sentences that the compiler understands.

use super::{ADDRESS, APPROVAL_IF, COMPARISONS, Condition, FORBIDDEN_IF, FREE, ONLY_IF, OTHERS, ROLE, Rule};
use crate::rules::{Names, ValueKind};

/// People whom the other rules of an action leave alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Exemption {
    action: String,
    /// That somebody is not one of them.
    others: String,
}

/// The exemptions among all rules: "the press office may write to anybody".
pub(in super::super) fn exemptions<'a>(rules: impl Iterator<Item = &'a Rule>) -> Vec<Exemption> {
    let exempt = rules.filter(|rule| rule.effect == FREE);
    exempt
        .filter_map(|rule| {
            let others = rule.when.first()?.opposite()?;
            Some(Exemption { action: rule.action.clone(), others })
        })
        .collect()
}

impl Rule {
    /// The rule in sentences.
    pub(in super::super) fn sentences(&self, names: &Names, exemptions: &[Exemption]) -> Vec<String> {
        let is_tool = names.tools.iter().any(|tool| tool.name == self.action);
        let action = self.action.trim().trim_end_matches('.');
        let action = action.strip_prefix("to ").unwrap_or(action);
        let done = if is_tool { format!("call `{action}`") } else { action.to_owned() };
        let others: Vec<String> =
            exemptions.iter().filter(|one| one.action == self.action).map(|one| one.others.clone()).collect();
        let mut conditions: Vec<String> = self.when.iter().filter_map(Condition::words).collect();
        match self.effect.as_str() {
            OTHERS => vec!["All other tools are forbidden.".to_owned()],
            FREE if is_tool && self.when.is_empty() => vec![format!("`{action}` is free to all.")],
            ONLY_IF => self.required(names, action, is_tool, &others),
            FORBIDDEN_IF => {
                conditions.extend(others);
                vec![forbidden(&done, &conditions)]
            }
            APPROVAL_IF => {
                let all = conditions.join(" and ");
                vec![match (is_tool, all.is_empty()) {
                    (true, true) => format!("Calling `{action}` needs approval."),
                    (true, false) => format!("If {all}, calling `{action}` needs approval."),
                    (false, true) => format!("To {action} needs approval."),
                    (false, false) => format!("To {action} needs approval if {all}."),
                }]
            }
            _ => Vec::new(),
        }
    }

    /// Each condition that has to hold is a rule of its own, with a text of its own. A switch of the call says which calls
    /// are meant: "admins push with force".
    fn required(&self, names: &Names, action: &str, is_tool: bool, others: &[String]) -> Vec<String> {
        let (switches, required): (Vec<&Condition>, Vec<&Condition>) =
            self.when.iter().partition(|one| one.is == "true" && is_switch(names, action, &one.about));
        if switches.is_empty() && others.is_empty() {
            return required.iter().filter_map(|one| one.required(action, is_tool)).collect();
        }
        let done = if is_tool { format!("call `{action}`") } else { action.to_owned() };
        let case: Vec<String> = switches.iter().filter_map(|one| one.words()).collect();
        let broken = required.iter().filter_map(|one| {
            let conditions = case.iter().cloned().chain([one.opposite()?]).chain(others.iter().cloned());
            Some(forbidden(&done, &conditions.collect::<Vec<_>>()))
        });
        let broken: Vec<String> = broken.collect();
        if broken.is_empty() {
            switches.iter().filter_map(|one| one.required(action, is_tool)).collect()
        } else {
            broken
        }
    }
}

fn is_switch(names: &Names, tool: &str, argument: &str) -> bool {
    let tool = names.tools.iter().find(|known| known.name == tool);
    tool.is_some_and(|tool| tool.arguments.iter().any(|one| one.name == argument && one.kind == ValueKind::Boolean))
}

fn forbidden(done: &str, conditions: &[String]) -> String {
    if conditions.is_empty() {
        format!("Nobody may {done}.")
    } else {
        format!("Nobody may {done} if {}.", conditions.join(" and "))
    }
}

impl Condition {
    /// As a requirement of an action.
    fn required(&self, action: &str, is_tool: bool) -> Option<String> {
        if self.about == ROLE && self.is == "one of" {
            let done = if is_tool { format!("call `{action}`") } else { action.to_owned() };
            return Some(format!("Only {} may {done}.", self.roles()?.join(" and ")));
        }
        if self.about == ADDRESS {
            let done = if is_tool { format!("call `{action}`") } else { action.to_owned() };
            return Some(forbidden(&done, &[self.opposite()?]));
        }
        let words = self.words()?;
        Some(match (is_tool, self.is.as_str()) {
            (true, "given") => format!("`{action}` requires that {words}."),
            (true, _) => format!("`{action}` requires {words}."),
            (false, _) => format!("The user must have {words} to {action}."),
        })
    }

    /// The condition as the rules read it.
    fn words(&self) -> Option<String> {
        self.worded(false)
    }

    /// That it does not hold.
    fn opposite(&self) -> Option<String> {
        self.worded(true)
    }

    fn worded(&self, negated: bool) -> Option<String> {
        let Self { about, is, .. } = self;
        if about == ROLE {
            let not = if (is == "none of") == negated { "" } else { "not " };
            return Some(format!("role is {not}{}", self.roles()?.join(" or ")));
        }
        if about == ADDRESS {
            let where_to = if (is == "outside") == negated { "inside" } else { "outside" };
            return Some(format!("address {where_to} {}", self.values.first()?));
        }
        match (is.as_str(), negated) {
            ("true", false) | ("false", true) => return Some(format!("`{about}`")),
            ("false", false) | ("true", true) => return Some(format!("not `{about}`")),
            ("given", false) => return Some(format!("`{about}` is given")),
            ("given", true) => return Some(format!("`{about}` is not given")),
            _ => {}
        }
        let (_, operator, opposite) = COMPARISONS.iter().find(|(word, ..)| word == is)?;
        let operator = if negated { opposite } else { operator };
        let values: Vec<String> = self.values.iter().map(|value| literal(value)).collect();
        let value = if operator.ends_with("one of") { values.join(", ") } else { values.first()?.clone() };
        (!value.is_empty()).then(|| format!("`{about}` {operator} {value}"))
    }

    fn roles(&self) -> Option<Vec<String>> {
        let roles: Vec<String> = self.values.iter().map(|role| format!("`{role}`")).collect();
        (!roles.is_empty()).then_some(roles)
    }
}

/// A number or a truth value as it is, anything else in quotes.
fn literal(text: &str) -> String {
    let text = text.trim();
    if text.parse::<f64>().is_ok() || matches!(text, "true" | "false") {
        return text.to_owned();
    }
    format!("'{}'", text.replace(['\'', '\n'], ""))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::read;
    use super::*;

    const LIBRARY: &str = "The agent of a library. Its tools are `lend(days: number, shelf: text, express: boolean, to: text)` and \
                           `burn(name)`. The user's attributes are `verified` (boolean); the roles are `librarian` and `guest`.";

    fn condition(about: &str, is: &str, values: &[&str]) -> Value {
        json!({"about": about, "is": is, "values": values})
    }

    fn sentences(rules: &Value, agent: &str) -> Vec<String> {
        let (rules, names) = (read(rules), crate::rules::names_of(agent));
        let exemptions = exemptions(rules.iter());
        rules.iter().flat_map(|rule| rule.sentences(&names, &exemptions)).collect()
    }

    fn compiles(sentence: &str, agent: &str) {
        // What is free, or about the rest, is no rule by itself.
        let request = crate::GuardRequest {
            id: "x".to_owned(),
            request: format!("Nobody may call `burn`. {sentence}"),
            agent: agent.to_owned(),
            ..crate::GuardRequest::default()
        };
        assert!(crate::compile(&request).is_ok(), "{sentence}: {:?}", crate::compile(&request).err());
    }

    #[test]
    fn every_effect_and_condition_becomes_a_sentence_that_the_rules_compile() {
        let rule = |effect: &str, when: Vec<Value>| json!({"action": "lend", "effect": effect, "when": when});
        let mut rules = vec![
            rule(ONLY_IF, vec![condition("role", "one of", &["librarian", "guest"]), condition("shelf", "given", &[])]),
            rule(ONLY_IF, vec![condition("role", "none of", &["guest"])]),
            rule(ONLY_IF, vec![condition("role", "one of", &["librarian"]), condition("express", "true", &[])]),
            rule(ONLY_IF, vec![condition("shelf", "given", &[]), condition("express", "true", &[])]),
            rule(ONLY_IF, vec![condition("express", "true", &[])]),
            rule(ONLY_IF, vec![condition(ADDRESS, "inside", &["example.com"])]),
            rule(FORBIDDEN_IF, vec![condition(ADDRESS, "outside", &["example.com"])]),
            rule(FORBIDDEN_IF, vec![condition("role", "one of", &["guest"]), condition("verified", "false", &[])]),
            rule(APPROVAL_IF, vec![condition("days", "more than", &["14"])]),
            rule(APPROVAL_IF, vec![]),
            rule(FORBIDDEN_IF, vec![]),
            rule(FREE, vec![]),
            json!({"action": "burn", "effect": OTHERS}),
        ];
        for (word, ..) in COMPARISONS {
            let (about, value) = if word.contains("with") || word.contains("one of") || word.contains("none of") {
                ("shelf", "a")
            } else {
                ("days", "5")
            };
            rules.push(rule(ONLY_IF, vec![condition(about, word, &[value])]));
            rules.push(rule(ONLY_IF, vec![condition(about, word, &[value]), condition("express", "true", &[])]));
        }
        for rule in rules {
            let sentences = sentences(&json!({"rules": [rule]}), LIBRARY);
            assert!(!sentences.is_empty(), "{rule}");
            sentences.iter().for_each(|sentence| compiles(sentence, LIBRARY));
        }
    }

    #[test]
    fn people_who_are_exempt_are_left_alone_by_the_other_rules() {
        let answer = json!({"rules": [
            {"action": "lend", "effect": ONLY_IF, "when": [condition(ADDRESS, "inside", &["example.com"])]},
            {"action": "lend", "effect": ONLY_IF, "when": [condition("days", "at most", &["5"])]},
            {"action": "lend", "effect": FREE, "when": [condition("role", "one of", &["librarian"])]},
        ]});
        let sentences = sentences(&answer, LIBRARY);
        assert_eq!(
            sentences,
            [
                "Nobody may call `lend` if address outside example.com and role is not `librarian`.",
                "Nobody may call `lend` if `days` > 5 and role is not `librarian`.",
            ]
        );
        sentences.iter().for_each(|sentence| compiles(sentence, LIBRARY));
    }

    #[test]
    fn what_people_write_about_is_an_action_in_words() {
        let agent = "People write to it. The user's attributes are `age` (number) and `child` (boolean).";
        let rule = |effect: &str, about: &str, is: &str| json!({"action": "to rent a car", "effect": effect, "when": [condition(about, is, &["18"])]});
        let answer = json!({"rules": [rule(ONLY_IF, "age", "at least"), rule(APPROVAL_IF, "child", "true"), rule(FORBIDDEN_IF, "child", "true")]});
        assert_eq!(
            sentences(&answer, agent),
            [
                "The user must have `age` >= 18 to rent a car.",
                "To rent a car needs approval if `child`.",
                "Nobody may rent a car if `child`."
            ]
        );
    }
}
