//! Turning clauses round: passives into actions, and purposes off requirements.

use crate::rules::list::action::Actions;
use crate::rules::list::comparators::starts_with;
use crate::rules::list::phrases::joint;
use crate::rules::list::words::{Kind, Token};

/// "be deleted by admins" of "repositories" is "deleted repositories", with who does it.
pub(super) fn passive(subject: &[Token], rest: &[Token]) -> (Vec<Token>, Option<Vec<Token>>) {
    if subject.is_empty() || rest.first().is_none_or(|token| token.word() != "be") {
        return (rest.to_vec(), None);
    }
    let rest = rest.get(1..).unwrap_or_default();
    let skip = rest.iter().take_while(|token| matches!(token.word(), "only" | "ever" | "never")).count();
    let Some((participle, tail)) = rest.get(skip..).and_then(<[Token]>::split_first) else {
        return (subject.to_vec(), None);
    };
    let is_call =
        matches!(participle.word(), "called" | "used" | "run" | "executed" | "invoked" | "made" | "done" | "performed");
    let mut out: Vec<Token> = if is_call { Vec::new() } else { vec![participle.clone()] };
    out.extend(subject.iter().cloned());
    match tail.split_first() {
        Some((by, people)) if by.word() == "by" => {
            let end = (0..people.len())
                .find(|at| joint(people.get(*at..).unwrap_or_default()).is_some())
                .unwrap_or(people.len());
            let (people, more) = people.split_at(end);
            out.extend(more.iter().cloned());
            (out, Some(people.to_vec()))
        }
        _ => {
            out.extend(tail.iter().cloned());
            (out, None)
        }
    }
}

/// Splits "be at least 18 to book a hotel" into the requirement and the action.
pub(super) fn purpose<'a>(rest: &'a [Token], actions: &Actions<'_>) -> Option<(&'a [Token], &'a [Token])> {
    const PHRASES: [&str; 10] = [
        "in order to",
        "to be able to",
        "to be allowed to",
        "before they",
        "before you",
        "before he",
        "before",
        "when",
        "for",
        "to",
    ];
    let found = (1..rest.len()).rev().find_map(|at| {
        let tail = rest.get(at..)?;
        let (phrase, length) = PHRASES.iter().find_map(|phrase| Some((*phrase, starts_with(tail, phrase)?)))?;
        let action = tail.get(length..)?;
        let next = action.first()?;
        let acts = match phrase {
            "for" | "when" | "before" => {
                matches!(next.kind, Kind::Code(_))
                    || next.word().ends_with("ing")
                    || actions.can_be(action) && phrase != "when"
            }
            _ => matches!(next.kind, Kind::Code(_)) || actions.starts(action),
        };
        acts.then_some((at, length))
    });
    let (mut at, mut length) = found?;
    // The last purpose is inside an earlier, longer phrase: "in order to".
    while let Some((from, whole)) = (1..at).rev().take(4).find_map(|from| {
        let tail = rest.get(from..)?;
        let whole = PHRASES.iter().take(4).find_map(|phrase| starts_with(tail, phrase))?;
        (from + whole == at + length).then_some((from, whole))
    }) {
        (at, length) = (from, whole);
    }
    Some((rest.get(..at)?, rest.get(at + length..)?))
}
