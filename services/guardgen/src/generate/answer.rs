//! Reads what a model answered: fenced blocks, tolerantly. What is read is checked like anything else from outside.

use std::collections::BTreeMap;

/// The settings of a guard that stand beside its code.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Settings {
    pub(super) facts: toml::Table,
    pub(super) patterns: BTreeMap<String, BTreeMap<String, String>>,
    pub(super) phrases: BTreeMap<String, Vec<String>>,
}

/// The program in an answer: the last block that defines `check`, else the text from the first `fn` on.
pub(crate) fn program(answer: &str) -> Option<String> {
    let defines = |text: &&str| text.contains("fn check");
    let block = blocks(answer).map(|(_, text)| text).filter(defines).last();
    let bare = || {
        let start = answer.find("fn ")?;
        let text = answer.get(start..)?.split("```").next()?;
        Some(text).filter(defines)
    };
    block.or_else(bare).map(|text| format!("{}\n", text.trim()))
}

/// The settings in an answer. `None` when it has none.
pub(super) fn settings(answer: &str) -> Option<Result<Settings, String>> {
    let (_, text) = blocks(answer).find(|(language, text)| *language == "toml" && !text.contains("fn check"))?;
    Some(toml::from_str::<toml::Table>(text).map_err(|error| error.to_string()).and_then(settings_of))
}

/// `[facts]`, `[patterns]` and `[phrases]`; a table of another name is taken for a fact of that name.
fn settings_of(table: toml::Table) -> Result<Settings, String> {
    let mut settings = Settings::default();
    for (key, value) in table {
        let failed = |error: toml::de::Error| format!("[{key}]: {}", error.message());
        match (key.as_str(), value) {
            ("facts", toml::Value::Table(facts)) => settings.facts.extend(facts),
            ("patterns", value) => settings.patterns = value.try_into().map_err(failed)?,
            ("phrases", value) => settings.phrases = value.try_into().map_err(failed)?,
            (_, value) => {
                settings.facts.insert(key, value);
            }
        }
    }
    Ok(settings)
}

/// All fenced blocks with their language. A block that is not closed goes to the end.
fn blocks(answer: &str) -> impl Iterator<Item = (&str, &str)> {
    answer.split("```").skip(1).step_by(2).map(|block| {
        let (language, text) = block.split_once('\n').unwrap_or(("", block));
        (language.trim(), text)
    })
}

/// Which of `tools` the program calls.
pub(super) fn tools_called(program: &str, tools: &[String]) -> Vec<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let called = |tool: &&String| {
        program.match_indices(tool.as_str()).any(|(at, _)| {
            let (before, after) = (program.get(..at), program.get(at + tool.len()..));
            !before.is_some_and(|text| text.ends_with(is_name))
                && after.is_some_and(|text| text.trim_start().starts_with('('))
        })
    };
    tools.iter().filter(called).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_in_and_out_of_blocks() {
        let fenced = "Here it is:\n```rhai\nfn check(event) {\n    allow()\n}\n```\nDone.";
        assert_eq!(program(fenced).unwrap(), "fn check(event) {\n    allow()\n}\n");
        assert_eq!(program("```rhai\nfn check(event) { allow()").unwrap(), "fn check(event) { allow()\n", "not closed");
        assert_eq!(program("Sure!\nfn check(event) { allow() }").unwrap(), "fn check(event) { allow() }\n");
        assert_eq!(program("```\nlet x = 1;\n```"), None);
        let twice =
            "```rhai\nfn check(event) { allow() }\n```\nBetter:\n```rust\nfn check(event) { deny(\"a\", \"b\") }\n```";
        assert!(program(twice).unwrap().contains("deny"), "the last one counts");
    }

    #[test]
    fn settings_stand_in_their_own_block() {
        let answer = "```toml\n[facts]\nmost = 3\n[patterns.salary]\nx = 'y+'\n[limits]\na = 1\n```\n```rhai\nfn check(event) { allow() }\n```";
        let found = settings(answer).unwrap().unwrap();
        assert_eq!(found.facts.get("most"), Some(&toml::Value::Integer(3)));
        assert!(found.facts.contains_key("limits"));
        assert_eq!(found.patterns["salary"]["x"], "y+");
        assert!(settings("```toml\nmost = \n```").unwrap().is_err());
        assert!(settings("```rhai\nfn check(event) { allow() }\n```").is_none());
    }

    #[test]
    fn only_tools_that_are_called_are_granted() {
        let tools = ["find_pii".to_owned(), "check_rules".to_owned()];
        assert_eq!(tools_called("let a = find_pii (text); my_check_rules(1); check_rules", &tools), ["find_pii"]);
    }
}
