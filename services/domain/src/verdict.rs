//! What one guard says of one event.

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

use crate::json::Object;

/// Severity of a verdict, least to most severe. The order of the variants is the order of the fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Passes unchanged.
    Allow,
    /// Passes with edits.
    Redact,
    /// Needs a person's approval.
    Ask,
    /// Refused.
    Deny,
}

impl Decision {
    /// All decisions, least severe first.
    pub const ALL: [Self; 4] = [Self::Allow, Self::Redact, Self::Ask, Self::Deny];

    /// The word used in JSON, headers, metrics and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Redact => "redact",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

/// A guard's verdict. Its JSON form is what a guard returns over the ABI; unknown fields are refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// How severe.
    #[serde(rename = "verdict", deserialize_with = "deserialize_word")]
    pub decision: Decision,
    /// Stable word, `[a-z0-9_]{1,64}`; empty for `allow`.
    #[serde(default)]
    pub reason_code: String,
    /// For the user, at most [`Verdict::MAX_MESSAGE_CHARS`] characters.
    #[serde(default)]
    pub message: String,
    /// For programs: any JSON that fits in the output budget, nested at most [`Verdict::MAX_DETAILS_DEPTH`] levels.
    #[serde(default, deserialize_with = "crate::json::deserialize_value")]
    pub details: Value,
    /// Replacements; only with `redact` or `ask`.
    #[serde(default, deserialize_with = "crate::json::deserialize_objects")]
    pub edits: Vec<Edit>,
}

/// Replaces a range of one part's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// Index into the event's parts.
    pub part: usize,
    /// First character, in Unicode scalar values.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// What stands there instead.
    pub replacement: String,
}

impl Verdict {
    /// Longest message, in characters.
    pub const MAX_MESSAGE_CHARS: usize = 2_000;
    /// Deepest nesting of the details: every reader of the record must be able to follow.
    pub const MAX_DETAILS_DEPTH: usize = 32;
    /// Most edits in one verdict.
    pub const MAX_EDITS: usize = 10_000;

    /// Reads an answer that came over the ABI. That it is a verdict says nothing about the rules: see [`Verdict::complaint`].
    ///
    /// # Errors
    /// The bytes are not one JSON object with these fields.
    pub fn read(answer: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(answer).map(|Object(verdict)| verdict)
    }

    /// Passes.
    #[must_use]
    pub const fn allow() -> Self {
        Self {
            decision: Decision::Allow,
            reason_code: String::new(),
            message: String::new(),
            details: Value::Null,
            edits: Vec::new(),
        }
    }

    /// What breaks the rules for verdicts, or `None`. `part_chars` gives the length of each part's text in characters.
    #[must_use]
    pub fn complaint(&self, part_chars: &[usize]) -> Option<String> {
        if self.decision == Decision::Allow && !self.reason_code.is_empty() {
            return Some("verdict `allow` must not have a reason code".to_owned());
        }
        if self.decision != Decision::Allow && !is_reason_code(&self.reason_code) {
            return Some(format!("reason code `{}` is not of the form [a-z0-9_]{{1,64}}", clip(&self.reason_code)));
        }
        if self.message.chars().count() > Self::MAX_MESSAGE_CHARS {
            return Some(format!("message is longer than {} characters", Self::MAX_MESSAGE_CHARS));
        }
        if crate::json::depth(&self.details) > Self::MAX_DETAILS_DEPTH {
            return Some(format!("details are nested deeper than {} levels", Self::MAX_DETAILS_DEPTH));
        }
        if self.edits.len() > Self::MAX_EDITS {
            return Some(format!("more than {} edits", Self::MAX_EDITS));
        }
        match (self.decision, self.edits.is_empty()) {
            (Decision::Redact, true) => return Some("verdict `redact` has no edits".to_owned()),
            (Decision::Allow | Decision::Deny, false) => {
                return Some(format!("verdict `{}` must not have edits", self.decision.as_str()));
            }
            _ => {}
        }
        self.edits.iter().find_map(|edit| match part_chars.get(edit.part) {
            None => Some(format!("edit of part {}, but the event has {} parts", edit.part, part_chars.len())),
            Some(chars) if edit.start >= edit.end || edit.end > *chars => Some(format!(
                "edit {}..{} does not lie within the {chars} characters of part {}",
                edit.start, edit.end, edit.part
            )),
            Some(_) => None,
        })
    }
}

/// The derived reader would also take `{"allow": null}`.
fn deserialize_word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decision, D::Error> {
    let word = String::deserialize(deserializer)?;
    let known = Decision::ALL.into_iter().find(|decision| decision.as_str() == word);
    known.ok_or_else(|| de::Error::custom(format_args!("`{}` is none of allow, redact, ask, deny", clip(&word))))
}

/// Whether `word` may be a reason code.
#[must_use]
pub fn is_reason_code(word: &str) -> bool {
    (1..=64).contains(&word.len()) && word.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

fn clip(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_an_object_and_so_are_its_edits() {
        let edits = r#"{"verdict":"redact","reason_code":"x","edits":[{"part":0,"start":0,"end":1,"replacement":""}]}"#;
        assert_eq!(Verdict::read(edits.as_bytes()).unwrap().edits.len(), 1);
        assert_eq!(Verdict::read(br#" {"verdict" : "allow"} "#).unwrap(), Verdict::allow());
        for other in [
            r#"["allow","","",null,[]]"#,
            r#"{"verdict":{"allow":null}}"#,
            r#"{"verdict":"maybe"}"#,
            r#"{"verdict":"redact","reason_code":"x","edits":[[0,0,1,""]]}"#,
            r#"{"verdict":"allow"}x"#,
            r#"{"verdict":"allow","verdict":"deny"}"#,
        ] {
            assert!(Verdict::read(other.as_bytes()).is_err(), "{other}");
        }
    }
}
