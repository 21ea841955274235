//! A tool that is granted and never called is a power for nothing.

use parapet_sandbox::TokenKind;

use super::report::{Check, CheckComplaint};
use super::script::Script;

/// A complaint for each tool of `granted` that the script never names.
pub(super) fn unused(script: &Script<'_>, granted: &[String]) -> Vec<CheckComplaint> {
    let named = |tool: &str| {
        script.tokens().iter().any(|token| match token.kind {
            TokenKind::Name => script.word(token) == tool,
            // `Fn("find_pii")` names it too.
            TokenKind::String => script.word(token).trim_matches('"') == tool,
            _ => false,
        })
    };
    let complaint = |tool: &String| {
        CheckComplaint::warning(
            Check::Tools,
            format!("tool `{tool}` is granted and never called"),
            format!("remove \"{tool}\" from `tools` in guard.toml, or call it"),
        )
    };
    granted.iter().filter(|tool| !named(tool)).map(complaint).collect()
}
