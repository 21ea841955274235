//! `find_regex`: the matches of the guard's own patterns.

use serde_json::Value;

use crate::args::Args;
use crate::finding::{Finding, check_count, to_json};
use crate::prepared::Pattern;
use crate::{Prepared, ToolError, ToolRun, ToolSpec};

const NAME: &str = "find_regex";
/// Most bytes that the searches of one call may read, all patterns together.
const MAX_WORK: usize = 32 << 20;
/// How much slower the engine for Unicode word boundaries in non-ASCII text is.
const SLOW: usize = 12;

pub(crate) const SPEC: ToolSpec = ToolSpec {
    name: NAME,
    signature: "find_regex(set: string, text: string) -> [{\"name\", \"start\", \"end\", \"text\"}]",
    doc: "All matches in `text` of the regular expressions of a set in the guard's manifest, written there as \
          [patterns.SET] with NAME = 'regex' lines. The syntax is that of the Rust regex crate: no look-around, no \
          back-references; `(?i)` ignores case. Matches of one pattern do not overlap, those of different patterns may. \
          `start` and `end` count characters. Ordered by start, then by end, then by name.",
    example: "find_regex(\"ids\", \"see TK-1234\") == [#{\"name\": \"ticket\", \"start\": 4, \"end\": 11, \"text\": \"TK-1234\"}]",
    min_args: 2,
    max_args: 2,
    pure: true,
    base_fuel: 2_000,
    fuel_per_byte: 60,
    max_input_bytes: 512 << 10,
    run: ToolRun::Native(run),
};

fn run(prepared: &Prepared, args: &[Value]) -> Result<Value, ToolError> {
    let args = Args::new(NAME, args);
    let (name, text) = (args.text(0, "set")?, args.text(1, "text")?);
    let set = prepared.patterns().get(name).ok_or_else(|| unknown_set("patterns", name, prepared.patterns().keys()))?;
    let mut search = Search { text, is_ascii: text.is_ascii(), work: 0, found: Vec::new() };
    for pattern in set.candidates(text) {
        search.run(pattern)?;
    }
    search.found.sort_by_key(|f| (f.span.start, f.span.end));
    to_json(NAME, "name", text, &search.found)
}

/// All searches of one call.
struct Search<'p, 't> {
    text: &'t str,
    is_ascii: bool,
    /// Bytes that the searches can have read so far, those in a slow engine counted [`SLOW`] times.
    work: usize,
    found: Vec<Finding<'p>>,
}

impl<'p> Search<'p, '_> {
    /// Finds all matches of one pattern. A search may read on after its match, and the next one reads that again.
    fn run(&mut self, pattern: &'p Pattern) -> Result<(), ToolError> {
        let weight = if pattern.has_unicode_boundary && !self.is_ascii { SLOW } else { 1 };
        let (mut at, mut reach) = (0, 0);
        while let Some(next) = pattern.regex.find_at(self.text, at) {
            if reach < next.end() {
                reach = pattern.alphabet.reach(self.text, next.end());
            }
            let read = pattern.longest.map_or(reach, |longest| reach.min(next.start() + longest)).max(next.end());
            self.spend(pattern, (read - at) * weight)?;
            self.found.push(Finding { label: &pattern.name, span: next.range(), score: None });
            check_count(NAME, self.found.len())?;
            at = next.end();
        }
        self.spend(pattern, (self.text.len() - at) * weight)
    }

    fn spend(&mut self, pattern: &Pattern, work: usize) -> Result<(), ToolError> {
        self.work += work;
        if self.work <= MAX_WORK {
            return Ok(());
        }
        let (name, bytes) = (&pattern.name, self.text.len());
        Err(ToolError::new(format!(
            "set takes too long on this text of {bytes} bytes, at pattern `{name}`; give repetitions such as `.*` an upper bound, write `(?-u:\\b)` for `\\b` in ASCII patterns, or give it a shorter text"
        )))
    }
}

/// The error for a set that the manifest does not have.
pub(crate) fn unknown_set<'a>(kind: &str, name: &str, known: impl Iterator<Item = &'a String>) -> ToolError {
    let known: Vec<String> = known.map(|set| format!("`{set}`")).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    ToolError::new(format!("the manifest has no set `{name}` under `{kind}`; it has {known}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ToolConfig;
    use serde_json::json;

    fn prepare(patterns: &[(&str, &str)]) -> Result<Prepared, String> {
        let set = patterns.iter().map(|(name, pattern)| ((*name).to_owned(), (*pattern).to_owned())).collect();
        let config = ToolConfig { patterns: [("s".to_owned(), set)].into(), ..ToolConfig::default() };
        Prepared::new(&config).map_err(|e| e.to_string())
    }

    fn find(patterns: &[(&str, &str)], text: &str) -> Result<Value, String> {
        run(&prepare(patterns).unwrap(), &[json!("s"), json!(text)]).map_err(|e| e.message)
    }

    #[test]
    fn matches_are_in_text_order_with_character_spans() {
        let got = find(&[("b", "[0-9]+"), ("a", "(?i)ä[0-9]")], "€ Ä12 34").unwrap();
        assert_eq!(
            got,
            json!([
                {"name": "a", "start": 2, "end": 4, "text": "Ä1"},
                {"name": "b", "start": 3, "end": 5, "text": "12"},
                {"name": "b", "start": 6, "end": 8, "text": "34"},
            ])
        );
        assert_eq!(find(&[("a", "x")], ""), Ok(json!([])));
    }

    #[test]
    fn word_boundaries_hold_in_any_script() {
        assert_eq!(find(&[("a", r"\bкот\b")], "кот, который").unwrap().as_array().unwrap().len(), 1);
        assert_eq!(
            find(&[("a", r"\bid\B.")], "é id1 éid2"),
            Ok(json!([{"name": "a", "start": 2, "end": 5, "text": "id1"}]))
        );
        assert_eq!(find(&[("a", r"(?:\b|x)(?i:KEY)\b")], "mykey xkey").unwrap()[0]["start"], json!(6));
    }

    #[test]
    fn a_set_that_the_manifest_lacks_is_an_error_that_lists_the_others() {
        let error = run(&prepare(&[("a", "x")]).unwrap(), &[json!("t"), json!("")]).unwrap_err();
        assert_eq!(error.message, "the manifest has no set `t` under `patterns`; it has `s`");
    }

    #[test]
    fn a_pattern_that_would_reread_the_text_for_each_match_is_stopped() {
        let error = find(&[("greedy", ".*[^A-Z]|[A-Z]")], &"A".repeat(300_000)).unwrap_err();
        assert!(error.starts_with("set takes too long on this text of 300000 bytes, at pattern `greedy`;"), "{error}");
    }

    #[test]
    fn many_matches_in_a_long_text_are_fine_when_each_search_ends_soon() {
        let email = r"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}\b";
        let text = format!("{}é", format!("ann@example.com {}", "x ".repeat(200)).repeat(900));
        assert_eq!(find(&[("a", email)], &text).unwrap().as_array().unwrap().len(), 900);
    }

    #[test]
    fn too_many_matches_are_an_error() {
        assert!(find(&[("a", "a")], &"a".repeat(1_001)).unwrap_err().contains("more than 1000 matches"));
        assert_eq!(find(&[("a", "a")], &"a".repeat(1_000)).unwrap().as_array().unwrap().len(), 1_000);
    }

    #[test]
    fn bad_patterns_are_named_with_the_position() {
        for (pattern, complaint) in [
            ("a(b", "patterns.s.p: `a(b` is no regular expression: unclosed group, at character 2"),
            (
                "ä(?=b)",
                "patterns.s.p: `ä(?=b)` is no regular expression: look-around, including look-ahead and look-behind, is not supported, at character 2",
            ),
            ("a*", "patterns.s.p: `a*` can match nothing at all, so it would match everywhere; require a character"),
            (r"\b", r"patterns.s.p: `\b` can match nothing at all, so it would match everywhere; require a character"),
            (
                r"\w{1000}",
                r"patterns.s.p: `\w{1000}` compiles to more than 524288 bytes; use smaller repetitions or ASCII classes such as [0-9]",
            ),
        ] {
            assert_eq!(prepare(&[("p", pattern)]).unwrap_err(), complaint);
        }
        assert!(prepare(&[("p", &"a".repeat(2_001))]).unwrap_err().contains("longer than 2000 bytes"));
        assert!(prepare(&[("a b", "x")]).unwrap_err().contains("`a b` is no name"));
        assert!(prepare(&[]).unwrap_err().contains("a set has 1 to 64"));
    }
}
