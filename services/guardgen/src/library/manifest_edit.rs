//! Changes the list of tools in the text of a `guard.toml`, and nothing else of it: comments and layout stay.

use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
struct Places {
    stages: Spanned<toml::Value>,
    tools: Option<Spanned<toml::Value>>,
}

/// `text` with `tools` as its list of tools.
///
/// # Errors
/// What the reader says of `text`.
pub(super) fn with_tools(text: &str, tools: &[String]) -> Result<String, toml::de::Error> {
    let places: Places = toml::from_str(text)?;
    let quoted: Vec<String> = tools.iter().map(|tool| format!("\"{tool}\"")).collect();
    let list = format!("[{}]", quoted.join(", "));
    let (at, new) = match places.tools {
        Some(tools) => (tools.span(), list),
        None => {
            let end = places.stages.span().end;
            (end..end, format!("\ntools = {list}"))
        }
    };
    let (before, after) = (text.get(..at.start).unwrap_or_default(), text.get(at.end..).unwrap_or_default());
    Ok(format!("{before}{new}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_list_changes() {
        let text =
            "id = \"a\" # one\nstages = [\"input\"]\ntools = [\n  \"find_pii\", # for mail\n]\n[budget]\nfuel = 1\n";
        let changed = with_tools(text, &["ours".to_owned(), "find_pii".to_owned()]).unwrap();
        assert_eq!(
            changed,
            "id = \"a\" # one\nstages = [\"input\"]\ntools = [\"ours\", \"find_pii\"]\n[budget]\nfuel = 1\n"
        );
    }

    #[test]
    fn a_list_that_is_not_there_comes_after_the_stages() {
        let changed = with_tools("stages = [\"input\"]\n[budget]\nfuel = 1\n", &["ours".to_owned()]).unwrap();
        assert_eq!(changed, "stages = [\"input\"]\ntools = [\"ours\"]\n[budget]\nfuel = 1\n");
    }
}
