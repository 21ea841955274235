//! `tests.jsonl` of a tool: one test a line, arguments and what must come of them.

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap as _};
use serde_json::Value;

/// One test of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolTest {
    /// The behaviour, in plain language.
    pub description: String,
    /// The arguments.
    pub args: Vec<Value>,
    /// What must come of them.
    pub expect: ToolExpectation,
}

/// What must come of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum ToolExpectation {
    /// This result, exactly; `expect` in the file.
    Result(Value),
    /// A failure whose text has this in it; `expect_error` in the file.
    Error(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    description: String,
    args: Vec<Value>,
    #[serde(default, deserialize_with = "present")]
    expect: Option<Value>,
    #[serde(default)]
    expect_error: Option<String>,
}

/// Tells a null that is written from a value that is not there.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl ToolTest {
    /// Reads a file of tests; empty lines are left out.
    ///
    /// # Errors
    /// The 1-based line that is not understood, and why.
    pub fn parse_lines(text: &str) -> Result<Vec<Self>, (usize, String)> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        lines.map(|(n, line)| Self::parse(line).map_err(|message| (n + 1, message))).collect()
    }

    fn parse(line: &str) -> Result<Self, String> {
        let value = parapet_domain::json::parse_str(line).map_err(|error| error.to_string())?;
        let Line { description, args, expect, expect_error } =
            Line::deserialize(&value).map_err(|error| error.to_string())?;
        let expect = match (expect, expect_error) {
            (Some(result), None) => ToolExpectation::Result(result),
            (None, Some(text)) => ToolExpectation::Error(text),
            _ => return Err("a test needs either `expect` or `expect_error`".to_owned()),
        };
        Ok(Self { description, args, expect })
    }
}

impl Serialize for ToolTest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("description", &self.description)?;
        map.serialize_entry("args", &self.args)?;
        match &self.expect {
            ToolExpectation::Result(result) => map.serialize_entry("expect", result)?,
            ToolExpectation::Error(text) => map.serialize_entry("expect_error", text)?,
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_expects_a_result_or_an_error_and_null_is_a_result() {
        let lines = "{\"description\": \"a\", \"args\": [1], \"expect\": null}\n\n{\"description\": \"b\", \"args\": [], \"expect_error\": \"expected\"}\n";
        let tests = ToolTest::parse_lines(lines).unwrap();
        let expected: Vec<_> = tests.iter().map(|test| test.expect.clone()).collect();
        assert_eq!(expected, [ToolExpectation::Result(Value::Null), ToolExpectation::Error("expected".to_owned())]);
        let written: Vec<String> = tests.iter().map(|test| serde_json::to_string(test).unwrap()).collect();
        assert_eq!(ToolTest::parse_lines(&written.join("\n")).unwrap(), tests);
    }

    #[test]
    fn a_test_that_expects_both_or_nothing_or_has_an_unknown_key_is_refused_with_its_line() {
        let both = "{\"description\": \"a\", \"args\": [], \"expect\": 1, \"expect_error\": \"x\"}";
        let nothing = "\n{\"description\": \"a\", \"args\": []}";
        let unknown = "{\"description\": \"a\", \"args\": [], \"expect\": 1, \"expected\": 2}";
        let needs = "a test needs either `expect` or `expect_error`".to_owned();
        assert_eq!(ToolTest::parse_lines(both), Err((1, needs.clone())));
        assert_eq!(ToolTest::parse_lines(nothing), Err((2, needs)));
        assert!(ToolTest::parse_lines(unknown).unwrap_err().1.contains("unknown field `expected`"));
    }
}
