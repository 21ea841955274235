//! `find_phrases`: the guard's own phrases, whatever their case, spacing or Unicode form.

use aho_corasick::Match;
use serde_json::Value;

use crate::args::Args;
use crate::find_regex::unknown_set;
use crate::finding::{Finding, check_count, to_json};
use crate::folded::{Folded, is_word};
use crate::prepared::PhraseSet;
use crate::{Prepared, ToolError, ToolRun, ToolSpec};

const NAME: &str = "find_phrases";
/// Candidates for each byte of text before the search gives up: only nested phrases made for it come near.
const MAX_CANDIDATES_PER_BYTE: usize = 4;

pub(crate) const SPEC: ToolSpec = ToolSpec {
    name: NAME,
    signature: "find_phrases(set: string, text: string) -> [{\"phrase\", \"start\", \"end\", \"text\"}]",
    doc: "All places in `text` where a phrase of a set in the guard's manifest stands, written there as SET = [\"...\"] under \
          [phrases]. Case, accents' encoding, full-width forms, invisible characters and the kind and amount of white space make no \
          difference. A phrase is found as whole words only: `art` is not in `party`. Phrases that overlap are all reported. \
          `start` and `end` count characters. Ordered by start, then by end.",
    example: "find_phrases(\"injection\", \"Please IGNORE  previous\\ninstructions!\") == [#{\"phrase\": \"ignore previous instructions\", \
              \"start\": 7, \"end\": 36, \"text\": \"IGNORE  previous\\ninstructions\"}]",
    min_args: 2,
    max_args: 2,
    pure: true,
    base_fuel: 1_000,
    fuel_per_byte: 40,
    max_input_bytes: 1 << 20,
    run: ToolRun::Native(run),
};

fn run(prepared: &Prepared, args: &[Value]) -> Result<Value, ToolError> {
    let args = Args::new(NAME, args);
    let (name, text) = (args.text(0, "set")?, args.text(1, "text")?);
    let set = prepared.phrases().get(name).ok_or_else(|| unknown_set("phrases", name, prepared.phrases().keys()))?;
    let mut found = search(set, &Folded::new(text))?;
    found.sort_by_key(|f| (f.span.start, f.span.end));
    to_json(NAME, "phrase", text, &found)
}

/// Overlapping search: with leftmost-longest, a longer phrase that ends inside a word would hide a shorter one that does not.
fn search<'s>(set: &'s PhraseSet, folded: &Folded<'_>) -> Result<Vec<Finding<'s>>, ToolError> {
    let text = folded.text();
    let limit = text.len().saturating_mul(MAX_CANDIDATES_PER_BYTE);
    let mut found = Vec::new();
    for (count, candidate) in set.automaton.find_overlapping_iter(text).enumerate() {
        if count > limit {
            return Err(ToolError::new(
                "phrases of the set repeat each other too often in this text; remove nested phrases",
            ));
        }
        if let Some(label) = whole_words(set, text, &candidate) {
            found.push(Finding { label, span: folded.source(candidate.start(), candidate.end()), score: None });
            check_count(NAME, found.len())?;
        }
    }
    Ok(found)
}

/// The phrase, if it does not begin or end within a word.
fn whole_words<'s>(set: &'s PhraseSet, text: &str, candidate: &Match) -> Option<&'s str> {
    let phrase = set.phrases.get(candidate.pattern().as_usize())?;
    let before = text.get(..candidate.start())?.chars().next_back();
    let after = text.get(candidate.end()..)?.chars().next();
    let inside = (phrase.word_first && before.is_some_and(is_word)) || (phrase.word_last && after.is_some_and(is_word));
    (!inside).then_some(phrase.text.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ToolConfig;
    use serde_json::json;

    fn prepare(phrases: &[&str]) -> Result<Prepared, String> {
        let set = phrases.iter().map(|p| (*p).to_owned()).collect();
        let config = ToolConfig { phrases: [("s".to_owned(), set)].into(), ..ToolConfig::default() };
        Prepared::new(&config).map_err(|e| e.to_string())
    }

    fn find(phrases: &[&str], text: &str) -> Vec<(String, u64, String)> {
        let list = run(&prepare(phrases).unwrap(), &[json!("s"), json!(text)]).unwrap();
        let one = |f: &Value| {
            (
                f["phrase"].as_str().unwrap().to_owned(),
                f["start"].as_u64().unwrap(),
                f["text"].as_str().unwrap().to_owned(),
            )
        };
        list.as_array().unwrap().iter().map(one).collect()
    }

    #[test]
    fn case_spacing_and_unicode_form_make_no_difference() {
        for text in ["DROP TABLE", "drop\n\ttable", "ｄｒｏｐ table", "dr\u{200b}op\u{a0}table"] {
            assert_eq!(find(&["Drop table"], text), [("Drop table".to_owned(), 0, text.to_owned())]);
        }
        assert_eq!(find(&["straße"], "€ STRAßE"), [("straße".to_owned(), 2, "STRAßE".to_owned())]);
    }

    #[test]
    fn only_whole_words_are_found() {
        assert_eq!(find(&["art"], "party art, tart"), [("art".to_owned(), 6, "art".to_owned())]);
        assert!(find(&["cafe"], "cafe\u{301} café").is_empty());
        assert_eq!(find(&["c++"], "use c++11 or c++").len(), 2);
        assert!(find(&["кот"], "который").is_empty());
    }

    #[test]
    fn a_longer_phrase_that_fails_does_not_hide_a_shorter_one() {
        assert_eq!(find(&["root", "root pass"], "root password"), [("root".to_owned(), 0, "root".to_owned())]);
        assert_eq!(find(&["root", "root pass", "pass"], "root pass").len(), 3);
    }

    #[test]
    fn limits_are_told() {
        assert!(prepare(&[]).unwrap_err().contains("a set has 1 to 5000"));
        assert_eq!(prepare(&["\u{200b} "]).unwrap_err(), "phrases.s: phrase `\u{200b} ` has no visible character");
        assert!(prepare(&[&"x".repeat(201)]).unwrap_err().contains("longer than 200 bytes"));
        let error = run(&prepare(&["a"]).unwrap(), &[json!("s"), json!("a ".repeat(1_001))]).unwrap_err();
        assert!(error.message.contains("more than 1000 matches"));
    }

    #[test]
    fn nested_phrases_on_a_hostile_text_are_stopped() {
        let nested: Vec<String> = (1..=150).map(|n| "a".repeat(n)).collect();
        let nested: Vec<&str> = nested.iter().map(String::as_str).collect();
        let error = run(&prepare(&nested).unwrap(), &[json!("s"), json!("a".repeat(10_000))]).unwrap_err();
        assert!(error.message.contains("remove nested phrases"));
    }
}
