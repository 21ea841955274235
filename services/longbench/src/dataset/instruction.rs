//! Instructions to write by. Each has to say its length itself; the others are dropped before anything is asked.

use std::collections::HashSet;

use parapet_agentwrite::Target;
use serde::Deserialize;

use super::asked::{Asked, asked_length, required_words};
use super::dropped::Reason;
use crate::author::Task;
use crate::row::{Row, RowError, check_kind, check_prompt, check_words, read_lines};

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Instruction {
    /// What is to be written.
    pub prompt: String,
    /// Words to write; without it the length is read from the prompt.
    #[serde(default)]
    pub length: Option<u32>,
    /// Kind of the text.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
}

/// Reads `{"prompt": …}` lines, each with `length` and `type` if it has them.
///
/// # Errors
/// The first line that is no instruction, or a limit that the file passes.
pub fn read_instructions(bytes: &[u8]) -> Result<Vec<Instruction>, RowError> {
    read_lines(bytes, |instruction: &Instruction| {
        check_prompt(&instruction.prompt)?;
        instruction.kind.as_deref().map_or(Ok(()), check_kind)?;
        instruction.length.map_or(Ok(()), check_words)
    })
}

/// The instructions that can be written by, and why the others cannot.
pub(super) fn sort(instructions: &[Instruction]) -> (Vec<Task>, Vec<(usize, Reason)>) {
    let mut seen = HashSet::new();
    let (mut tasks, mut dropped) = (Vec::new(), Vec::new());
    for (line, instruction) in instructions.iter().enumerate() {
        let key: String = instruction.prompt.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let reason = match asked_length(&instruction.prompt) {
            _ if !seen.insert(key) => Reason::DuplicatePrompt,
            Asked::Nothing => Reason::NoExplicitLength,
            Asked::PartsOnly => Reason::LengthOfPartsOnly,
            Asked::Whole(target) => {
                tasks.push(task(line, instruction, target));
                continue;
            }
        };
        dropped.push((line, reason));
    }
    (tasks, dropped)
}

fn task(line: usize, instruction: &Instruction, asked: Target) -> Task {
    // A length that the file gives goes before the one that is read from the prompt.
    let target = instruction.length.map_or(asked, Target::Equal);
    let kind = instruction.kind.clone().unwrap_or_else(|| "instruction".to_owned());
    Task { line, row: Row { prompt: instruction.prompt.clone(), kind, length: required_words(target) }, target }
}

#[cfg(test)]
mod tests {
    use parapet_agentwrite::Language;

    use super::*;

    #[test]
    fn only_instructions_with_a_length_of_their_own_are_written_by() {
        let text = r#"{"prompt": "Write 3000 words on rope."}
{"prompt": "Write on rope."}
{"prompt": "write  3000 words on ROPE."}
{"prompt": "写五篇日记，每篇400字", "length": 2000}
{"prompt": "不少于2000字的游记", "type": "游记"}
{"prompt": "Write 2000 to 2500 words on ink.", "length": 2400}"#;
        let (tasks, dropped) = sort(&read_instructions(text.as_bytes()).unwrap());
        let told: Vec<_> = tasks.iter().map(|task| (task.line, task.target, task.row.length)).collect();
        assert_eq!(
            told,
            [(0, Target::Equal(3_000), 3_000), (4, Target::AtLeast(2_000), 2_000), (5, Target::Equal(2_400), 2_400)]
        );
        assert_eq!(
            dropped,
            [(1, Reason::NoExplicitLength), (2, Reason::DuplicatePrompt), (3, Reason::LengthOfPartsOnly)]
        );
        assert_eq!((tasks[1].row.kind.as_str(), tasks[1].row.language()), ("游记", Language::Chinese));
    }

    #[test]
    fn lines_of_another_shape_are_refused() {
        let told = |text: &str| read_instructions(text.as_bytes()).unwrap_err().to_string();
        assert!(told(r#"{"text": "p"}"#).contains("missing field `prompt`"));
        assert_eq!(told(r#"{"prompt": ""}"#), "line 1: `prompt` is empty");
        assert!(told(r#"{"prompt": "p", "length": 0}"#).contains("`length` is 0"));
    }
}
