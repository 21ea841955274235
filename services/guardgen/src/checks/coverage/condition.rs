//! What a test has to look like for a condition to come out one way.

use parapet_sandbox::{Probe, TokenKind};

use crate::checks::report::CheckComplaint;
use crate::checks::script::{Script, excerpt};

/// How the two sides of a comparison are to each other when it is true, and when it is false.
const COMPARISONS: [(&str, &str, &str); 8] = [
    (">", "is above", "is at most"),
    (">=", "is at least", "is below"),
    ("<", "is below", "is at least"),
    ("<=", "is at most", "is above"),
    ("==", "is", "is not"),
    ("!=", "is not", "is"),
    ("in", "is in", "is not in"),
    ("!in", "is not in", "is in"),
];

/// The complaint about a condition that was never `outcome`.
pub(super) fn complaint(script: &Script<'_>, probe: &Probe, outcome: bool) -> CheckComplaint {
    let condition = script.excerpt(probe);
    let message = format!("the branch where `{condition}` is {outcome} is never run by a test");
    let help = match comparison(script, probe) {
        Some((left, (_, when_true, when_false), right)) => {
            let relation = if outcome { when_true } else { when_false };
            format!("add a test whose `{left}` {relation} `{right}`")
        }
        None => format!("add a test for which this condition is {outcome}"),
    };
    super::warning(message, help).at(probe.line, probe.column)
}

/// The two sides and the operator of a condition that is one comparison.
fn comparison(
    script: &Script<'_>,
    probe: &Probe,
) -> Option<(String, (&'static str, &'static str, &'static str), String)> {
    let mut depth = 0_usize;
    let mut found = None;
    for token in script.tokens().iter().filter(|token| token.start >= probe.start && token.end <= probe.end) {
        let word = script.word(token);
        match word {
            "(" | "[" | "{" | "#{" | "?[" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ if depth > 0 || !matches!(token.kind, TokenKind::Symbol | TokenKind::Keyword) => {}
            "&&" | "||" | "!" | "|" | "??" => return None,
            _ => {
                let known = COMPARISONS.into_iter().find(|(operator, ..)| *operator == word);
                match (known, found) {
                    (Some(known), None) => found = Some((token, known)),
                    (Some(_), Some(_)) => return None,
                    (None, _) => {}
                }
            }
        }
    }
    let (token, known) = found?;
    let (left, right) = (script.slice(probe.start, token.start), script.slice(token.end, probe.end));
    Some((excerpt(left), known, excerpt(right)))
}
