//! Which tools a sentence can mean.

use super::super::super::words::{self, Word};
use crate::rules::{Names, ToolName, ValueKind, name_words, same_action};

/// The tools that the words can mean, and whether they speak of them.
pub(super) fn tools<'a>(names: &'a Names, words: &[Word], before: &[String]) -> (Vec<&'a ToolName>, bool) {
    let named: Vec<&ToolName> =
        names.tools.iter().filter(|tool| words.iter().any(|word| word.raw == tool.name)).collect();
    if !named.is_empty() {
        return (named, true);
    }
    let heard: Vec<(&ToolName, Vec<usize>)> = names.tools.iter().map(|tool| (tool, heard(tool, words))).collect();
    let within =
        |small: &[usize], large: &[usize]| small.len() < large.len() && small.iter().all(|at| large.contains(at));
    let best =
        heard.iter().filter(|(_, places)| !places.is_empty() && !heard.iter().any(|(_, other)| within(places, other)));
    let mut best: Vec<&ToolName> = best.map(|(tool, _)| *tool).collect();
    // "with force": a switch of a tool stands for it.
    let switched = |tool: &&ToolName| {
        tool.arguments.iter().any(|one| one.kind == ValueKind::Boolean && is_named(words, &one.name))
    };
    let switched: Vec<&ToolName> =
        names.tools.iter().filter(switched).filter(|tool| !best.iter().any(|one| one.name == tool.name)).collect();
    best.extend(switched);
    if !best.is_empty() {
        return (best, true);
    }
    let before: Vec<&ToolName> = names.tools.iter().filter(|tool| before.contains(&tool.name)).collect();
    (if before.is_empty() { names.tools.iter().collect() } else { before }, false)
}

/// The words that speak of a tool: of its name, of what it does, or of the same kind of action.
fn heard(tool: &ToolName, words: &[Word]) -> Vec<usize> {
    let parts = words::parts(&tool.name);
    let about = words::words(&tool.about);
    let verb = name_words(&tool.name).into_iter().next().unwrap_or_default();
    let of_name = |word: &Word| parts.iter().any(|part| words::is_part(word, part));
    let of_about = |word: &Word| {
        about.iter().any(|other| words::is_part(word, &other.lower) && words::is_part(other, &other.lower))
    };
    let nouns = words.iter().any(of_name) || words.iter().filter(|word| of_about(word)).count() > 1;
    if !nouns {
        return Vec::new();
    }
    let means = |word: &Word| of_name(word) || of_about(word) || same_action(&verb, &word.lower);
    words.iter().enumerate().filter(|(_, word)| means(word)).map(|(at, _)| at).collect()
}

/// Whether the words name it: as a whole, or by its last part.
pub(super) fn is_named(words: &[Word], name: &str) -> bool {
    let head = words::parts(name).pop();
    !words::places(words, name).is_empty()
        || head.is_some_and(|head| words.iter().any(|word| words::is_part(word, &head)))
}
