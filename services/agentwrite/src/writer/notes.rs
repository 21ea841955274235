//! Notes on a section: the summary of all so far, its facts, and the earlier facts that it contradicts. Asked of the model; when
//! its answer cannot be read, the first sentence of the section has to do.

use parapet_models::Prompt;
use serde_json::{Value, json};

use super::Desk;
use super::memory::{FACT, Memory, Note};
use crate::WriteError;
use crate::text::{first_words, last_words, one_line, sentences};
use crate::wording::fenced;

/// Facts that one section may add.
const MOST_FACTS: usize = 5;

impl Desk<'_> {
    /// Notes on a section that may come next.
    pub(super) async fn note(&self, purpose: &str, memory: &Memory, text: &str) -> Result<Note, WriteError> {
        let (wording, words) = (self.wording, self.settings().summary_words);
        let mut parts = Vec::new();
        if !memory.facts.is_empty() {
            parts.extend([wording.facts.to_owned(), memory.numbered_facts()]);
        }
        if !memory.summary.is_empty() {
            parts.extend([wording.summary.to_owned(), memory.summary.clone()]);
        }
        parts.extend([wording.new_section.to_owned(), fenced("text", text), (wording.notes_it)(words)]);
        let mut prompt =
            Prompt::user(parts.join("\n\n")).with_system(wording.notes_system).with_json("notes", schema());
        prompt.max_tokens = Some(self.tokens(words).saturating_add(400));
        let answer = self.ask(purpose, prompt).await?;
        Ok(read(&answer.text, memory.facts.len(), words).unwrap_or_else(|| self.by_hand(memory, text)))
    }

    /// The summary that can be made without a model: the first sentence of each section, the latest.
    fn by_hand(&self, memory: &Memory, text: &str) -> Note {
        let first = sentences(text).find(|sentence| !sentence.trim_start().starts_with('#')).unwrap_or_default();
        let all = format!("{}{}{}", memory.summary, self.wording.space, first.trim());
        let summary = last_words(all.trim(), self.settings().summary_words).to_owned();
        Note { summary, ..Note::default() }
    }
}

fn schema() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["summary", "facts", "contradicted"],
        "properties": {
            "summary": {"type": "string", "minLength": 1},
            "facts": {"type": "array", "maxItems": MOST_FACTS, "items": {"type": "string", "maxLength": FACT}},
            "contradicted": {"type": "array", "maxItems": MOST_FACTS, "items": {"type": "integer"}},
        },
    })
}

/// The notes in an answer; a fact that is not there cannot be contradicted.
fn read(answer: &str, facts: usize, words: u32) -> Option<Note> {
    let start = answer.find('{')?;
    let value: Value = serde_json::Deserializer::from_str(answer.get(start..)?).into_iter().next()?.ok()?;
    let summary = value.get("summary")?.as_str()?.trim();
    let list = |name: &str| value.get(name).and_then(Value::as_array).into_iter().flatten().take(MOST_FACTS);
    let number = |value: &Value| usize::try_from(value.as_u64()?).ok().filter(|number| (1..=facts).contains(number));
    (!summary.is_empty()).then(|| Note {
        summary: first_words(summary, words).to_owned(),
        facts: list("facts")
            .filter_map(Value::as_str)
            .map(|fact| one_line(fact, FACT))
            .filter(|f| !f.is_empty())
            .collect(),
        contradicted: list("contradicted").filter_map(number).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_read_within_their_limits() {
        let answer =
            "Here: {\"summary\": \"one two three\", \"facts\": [\"Ann is 30\", \"\", 7], \"contradicted\": [0, 2, 9]}";
        let wanted = Note { summary: "one two".into(), facts: vec!["Ann is 30".into()], contradicted: vec![2] };
        assert_eq!(read(answer, 3, 2), Some(wanted));
        for bad in ["", "no notes", "{\"summary\": \"\"}", "{\"summary\": \"cut off", "{\"facts\": []}"] {
            assert_eq!(read(bad, 3, 2), None, "{bad}");
        }
    }
}
