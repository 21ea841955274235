//! What the finders report: labelled spans of a text. Bytes inside, Unicode scalar values in the JSON.

use std::ops::Range;

use serde_json::{Map, Value, json};

use crate::ToolError;
use crate::spans::Offsets;

/// Most findings of one call. More is an error, never a shortened list: a guard must not take a part for the whole.
pub(crate) const MAX_FINDINGS: usize = 1_000;

/// A labelled span.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finding<'a> {
    /// Type, pattern name or phrase.
    pub(crate) label: &'a str,
    /// In bytes, on character borders.
    pub(crate) span: Range<usize>,
    /// How sure, from 0 to 1; none for what the guard's author defined.
    pub(crate) score: Option<f64>,
}

impl<'a> Finding<'a> {
    pub(crate) const fn scored(label: &'a str, span: Range<usize>, score: f64) -> Self {
        Self { label, span, score: Some(score) }
    }

    fn beats(&self, other: &Self) -> bool {
        let rank = |f: &Self| (f.score.unwrap_or(0.0), f.span.len());
        rank(self) > rank(other)
    }
}

/// Makes findings disjoint and orders them. Where some overlap, one finding covers them all, with the label of the
/// surest and then the longest: nothing that was found is left uncovered.
pub(crate) fn resolve(mut findings: Vec<Finding<'_>>) -> Vec<Finding<'_>> {
    findings.sort_by_key(|f| (f.span.start, std::cmp::Reverse(f.span.end)));
    let mut disjoint: Vec<Finding<'_>> = Vec::with_capacity(findings.len());
    for finding in findings {
        match disjoint.last_mut() {
            Some(last) if finding.span.start < last.span.end => {
                let span = last.span.start..last.span.end.max(finding.span.end);
                if finding.beats(last) {
                    *last = finding;
                }
                last.span = span;
            }
            _ => disjoint.push(finding),
        }
    }
    disjoint
}

/// The JSON list of `findings`, with the label under `label_key`.
///
/// # Errors
/// More than [`MAX_FINDINGS`].
pub(crate) fn to_json(tool: &str, label_key: &str, text: &str, findings: &[Finding<'_>]) -> Result<Value, ToolError> {
    check_count(tool, findings.len())?;
    let offsets = Offsets::new(text, findings.iter().flat_map(|f| [f.span.start, f.span.end]));
    let list = findings.iter().map(|finding| {
        let mut map = Map::new();
        map.insert(label_key.to_owned(), finding.label.into());
        map.insert("start".to_owned(), offsets.chars(finding.span.start).into());
        map.insert("end".to_owned(), offsets.chars(finding.span.end).into());
        map.insert("text".to_owned(), text.get(finding.span.clone()).unwrap_or_default().into());
        if let Some(score) = finding.score {
            map.insert("score".to_owned(), json!(score));
        }
        Value::Object(map)
    });
    Ok(Value::Array(list.collect()))
}

/// Refuses more than [`MAX_FINDINGS`].
pub(crate) fn check_count(tool: &str, count: usize) -> Result<(), ToolError> {
    if count > MAX_FINDINGS {
        return Err(ToolError::new(format!(
            "`{tool}` found more than {MAX_FINDINGS} matches in one text; give it a shorter text or narrower patterns"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_findings_become_one_that_covers_both() {
        let found = resolve(vec![
            Finding::scored("weak", 3..9, 0.5),
            Finding::scored("sure", 0..5, 0.9),
            Finding::scored("apart", 9..10, 0.1),
        ]);
        assert_eq!(found, vec![Finding::scored("sure", 0..9, 0.9), Finding::scored("apart", 9..10, 0.1)]);
    }

    #[test]
    fn too_many_findings_are_an_error_not_a_shortened_list() {
        let text = "x".repeat(MAX_FINDINGS + 1);
        let found: Vec<_> =
            (0..=MAX_FINDINGS).map(|at| Finding { label: "x", span: at..at + 1, score: None }).collect();
        assert!(to_json("find_x", "name", &text, &found).unwrap_err().message.contains("more than 1000 matches"));
        assert!(to_json("find_x", "name", &text, &found[1..]).is_ok());
    }
}
