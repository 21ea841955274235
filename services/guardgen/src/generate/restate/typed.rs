//! Rules as typed values: the model chooses among the names that the agent declares and a few words, held to a schema, and
//! the sentences that the rules compile are written from that. No name can be invented, and no form missed.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::rules::Names;

/// Words for comparing, and how the rules write each.
const COMPARISONS: [(&str, &str); 12] = [
    ("equal to", "=="),
    ("not equal to", "!="),
    ("at most", "<="),
    ("less than", "<"),
    ("at least", ">="),
    ("more than", ">"),
    ("one of", "is one of"),
    ("none of", "is not one of"),
    ("starts with", "starts with"),
    ("does not start with", "does not start with"),
    ("ends with", "ends with"),
    ("does not end with", "does not end with"),
];
/// Words that need no value.
const STATES: [&str; 3] = ["true", "false", "given"];
const EFFECTS: [&str; 4] = ["only_if", "forbidden_if", "approval_if", "free"];
const OTHERS: &str = "all_other_tools_forbidden";
const ROLE: &str = "role";

#[derive(Debug, Deserialize)]
struct Rule {
    /// A tool's name, or what is done in words.
    action: String,
    effect: String,
    #[serde(default)]
    conditions: Vec<Condition>,
}

#[derive(Debug, Deserialize)]
struct Condition {
    what: String,
    is: String,
    #[serde(default)]
    values: Vec<String>,
}

/// The schema of an answer about an agent with these names.
pub(crate) fn schema(names: &Names) -> Value {
    let mut whats: Vec<&str> = Vec::new();
    let arguments = names.tools.iter().flat_map(|(_, arguments)| arguments);
    for name in arguments.chain(&names.attributes) {
        if !whats.contains(&name.as_str()) {
            whats.push(name);
        }
    }
    if !names.roles.is_empty() && !whats.contains(&ROLE) {
        whats.push(ROLE);
    }
    let words: Vec<&str> = COMPARISONS.iter().map(|(word, _)| *word).chain(STATES).collect();
    let tools: Vec<&str> = names.tools.iter().map(|(name, _)| name.as_str()).collect();
    let (action, mut effects) = if tools.is_empty() {
        (json!({"type": "string", "maxLength": 60}), EFFECTS.to_vec())
    } else {
        (json!({"type": "string", "enum": tools}), EFFECTS.to_vec())
    };
    if !tools.is_empty() {
        effects.push(OTHERS);
    }
    let condition = json!({
        "type": "object", "additionalProperties": false, "required": ["what", "is", "values"],
        "properties": {
            "what": {"type": "string", "enum": whats}, "is": {"type": "string", "enum": words},
            "values": {"type": "array", "maxItems": 8, "items": {"type": "string", "maxLength": 60}},
        },
    });
    json!({
        "type": "object", "additionalProperties": false, "required": ["rules"],
        "properties": {"rules": {"type": "array", "minItems": 1, "maxItems": 6, "items": {
            "type": "object", "additionalProperties": false, "required": ["action", "effect", "conditions"],
            "properties": {
                "action": action, "effect": {"type": "string", "enum": effects},
                "conditions": {"type": "array", "maxItems": 4, "items": condition},
            },
        }}},
    })
}

/// The sentences of an answer, each once.
pub(crate) fn sentences(answer: &Value, names: &Names) -> Vec<String> {
    let rows = answer.get("rules").and_then(Value::as_array).into_iter().flatten();
    let mut all: Vec<String> = Vec::new();
    for sentence in rows.filter_map(|row| Rule::deserialize(row).ok()).flat_map(|rule| rule.sentences(names)) {
        if !all.contains(&sentence) {
            all.push(sentence);
        }
    }
    all
}

impl Rule {
    fn sentences(&self, names: &Names) -> Vec<String> {
        let is_tool = names.tools.iter().any(|(name, _)| *name == self.action);
        let action = self.action.trim().trim_end_matches('.');
        let action = action.strip_prefix("to ").unwrap_or(action);
        let done = if is_tool { format!("call `{action}`") } else { action.to_owned() };
        let conditions: Vec<String> = self.conditions.iter().filter_map(Condition::words).collect();
        let all = conditions.join(" and ");
        match self.effect.as_str() {
            OTHERS => vec!["All other tools are forbidden.".to_owned()],
            "free" if is_tool => vec![format!("`{action}` is free to all.")],
            // Conditions that all have to hold are rules of their own, and each has a text of its own then.
            "only_if" => self.conditions.iter().filter_map(|one| one.required(action, is_tool)).collect(),
            "forbidden_if" if all.is_empty() => vec![format!("Nobody may {done}.")],
            "forbidden_if" => vec![format!("Nobody may {done} if {all}.")],
            "approval_if" if is_tool && all.is_empty() => vec![format!("Calling `{action}` needs approval.")],
            "approval_if" if is_tool => vec![format!("If {all}, calling `{action}` needs approval.")],
            "approval_if" if all.is_empty() => vec![format!("To {action} needs approval.")],
            "approval_if" => vec![format!("To {action} needs approval if {all}.")],
            _ => Vec::new(),
        }
    }
}

impl Condition {
    /// As a requirement of an action.
    fn required(&self, action: &str, is_tool: bool) -> Option<String> {
        if self.what == ROLE && matches!(self.is.as_str(), "equal to" | "one of") {
            let roles: Vec<String> = self.values.iter().map(|role| format!("`{role}`")).collect();
            let done = if is_tool { format!("call `{action}`") } else { action.to_owned() };
            return (!roles.is_empty()).then(|| format!("Only {} may {done}.", roles.join(" and ")));
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
        let Self { what, is, values } = self;
        if what == ROLE {
            let roles: Vec<String> = values.iter().map(|role| format!("`{role}`")).collect();
            let not = if matches!(is.as_str(), "not equal to" | "none of") { "not " } else { "" };
            return (!roles.is_empty()).then(|| format!("role is {not}{}", roles.join(" or ")));
        }
        match is.as_str() {
            "true" => return Some(format!("`{what}`")),
            "false" => return Some(format!("not `{what}`")),
            "given" => return Some(format!("`{what}` is given")),
            _ => {}
        }
        let (_, operator) = COMPARISONS.iter().find(|(word, _)| word == is)?;
        let values: Vec<String> = values.iter().map(|value| literal(value)).collect();
        let listed = operator.ends_with("one of");
        let value = if listed { values.join(", ") } else { values.first()?.clone() };
        (!value.is_empty()).then(|| format!("`{what}` {operator} {value}"))
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
    use super::*;

    fn names() -> Names {
        crate::rules::names_of(
            "The agent of a library. Its tools are `lend(days: number, shelf: text)` and `burn(name)`. \
             The user's attributes are `verified` (boolean); the roles are `librarian` and `guest`.",
        )
    }

    #[test]
    fn every_effect_and_condition_becomes_a_sentence_that_the_rules_compile() {
        let condition = |what: &str, is: &str, values: &[&str]| json!({"what": what, "is": is, "values": values});
        let rule = |effect: &str, conditions: Vec<Value>| json!({"action": "lend", "effect": effect, "conditions": conditions});
        let mut rules = vec![
            rule(
                "only_if",
                vec![condition("role", "one of", &["librarian", "guest"]), condition("shelf", "given", &[])],
            ),
            rule(
                "forbidden_if",
                vec![condition("role", "not equal to", &["guest"]), condition("verified", "false", &[])],
            ),
            rule("approval_if", vec![condition("days", "more than", &["14"])]),
            rule("approval_if", vec![]),
            rule("forbidden_if", vec![]),
            rule("free", vec![]),
            json!({"action": "burn", "effect": OTHERS, "conditions": []}),
        ];
        for (word, _) in COMPARISONS {
            let (what, value) =
                if word.contains("with") || word.contains("one of") { ("shelf", "a") } else { ("days", "5") };
            rules.push(rule("only_if", vec![condition(what, word, &[value])]));
        }
        for rule in rules {
            let sentences = sentences(&json!({"rules": [rule]}), &names());
            assert!(!sentences.is_empty(), "{rule}");
            for sentence in sentences {
                let others = if sentence.starts_with("All other") { "Nobody may call `burn`. " } else { "" };
                let request = crate::GuardRequest {
                    id: "x".to_owned(),
                    request: format!("{others}{sentence}"),
                    agent: "The agent of a library. Its tools are `lend(days: number, shelf: text)` and `burn(name)`. The user's \
                            attributes are `verified` (boolean); the roles are `librarian` and `guest`."
                        .to_owned(),
                    ..crate::GuardRequest::default()
                };
                let free = sentence.ends_with("free to all.");
                assert!(free || crate::compile(&request).is_ok(), "{sentence}: {:?}", crate::compile(&request).err());
            }
        }
    }

    #[test]
    fn what_people_write_about_is_an_action_in_words() {
        let names = crate::rules::names_of(
            "People write to it. The user's attributes are `age` (number) and `child` (boolean).",
        );
        let rule = |effect: &str, what: &str, is: &str| json!({"action": "to rent a car", "effect": effect, "conditions": [{"what": what, "is": is, "values": ["18"]}]});
        let answer = json!({"rules": [rule("only_if", "age", "at least"), rule("approval_if", "child", "true"), rule("forbidden_if", "child", "true")]});
        assert_eq!(
            sentences(&answer, &names),
            [
                "The user must have `age` >= 18 to rent a car.",
                "To rent a car needs approval if `child`.",
                "Nobody may rent a car if `child`."
            ]
        );
    }
}
