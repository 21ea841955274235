//! Actions in free text: verbs, the things they are done to, and places, by the toolbox's vocabulary.

use parapet_toolbox::{base_forms, meanings};

use crate::rules::list::policy::Task;
use crate::rules::list::scope::{Read, trouble};
use crate::rules::list::words::{Kind, Token};

const PREPOSITIONS: &[&str] =
    &["in", "at", "from", "to", "with", "by", "on", "for", "into", "near", "via", "through", "about"];
const EMPTY: &[&str] = &[
    "a",
    "an",
    "the",
    "any",
    "some",
    "it",
    "something",
    "anything",
    "them",
    "their",
    "your",
    "his",
    "her",
    "online",
    "user's",
    "themselves",
    "themself",
    "himself",
    "herself",
    "itself",
    "yourself",
    "myself",
    "alone",
];

/// How a part of the phrase is joined to what stands before it.
#[derive(Clone, Copy, PartialEq)]
enum Join {
    Start,
    List,
    Preposition,
}

/// A part of the phrase with the preposition that leads it, if one does.
struct Part<'a> {
    join: Join,
    preposition: &'a str,
    words: Vec<&'a str>,
}

/// Reads the phrase.
pub(super) fn read(tokens: &[Token]) -> Read<Task> {
    if let Some(token) = tokens.iter().find(|t| matches!(t.kind, Kind::Code(_))) {
        let Kind::Code(name) = &token.kind else { return trouble("no action is named", "name the action") };
        return trouble(
            format!("`{name}` is no tool that the agent description declares"),
            format!("declare it there, as in: the tool `{name}(argument, argument)`"),
        );
    }
    if tokens.iter().any(|token| matches!(token.kind, Kind::Number(..) | Kind::Sign(_) | Kind::Quote(_))) {
        return trouble(
            "numbers and quoted values cannot be compared in a task that is free text",
            "declare the agent's tools with their arguments, or leave the value out",
        );
    }
    let mut task = Task::default();
    let mut verbs_open = true;
    let parts = parts(tokens);
    for (n, part) in parts.iter().enumerate() {
        add_part(&mut task, part, n + 1 < parts.len(), &mut verbs_open);
    }
    if task.verbs.is_empty() && task.things.is_empty() {
        return trouble("no action is named", "say what is done to what, such as \"book a hotel\"");
    }
    Ok(task)
}

/// One part: a leading verb, then a thing or a place. `more` parts may follow.
fn add_part(task: &mut Task, part: &Part<'_>, more: bool, verbs_open: &mut bool) {
    let mut rest = part.words.as_slice();
    if let Some((first, after)) = rest.split_first().filter(|_| *verbs_open || part.join == Join::List) {
        let place = Place {
            first: task.verbs.is_empty() && part.join == Join::Start,
            last: after.is_empty() && !more,
            verbs_open: *verbs_open,
            before_article: after.first().is_some_and(|word| EMPTY.contains(word)),
        };
        if let Some(verb) = verb(first, &place) {
            task.verbs.push(verb);
            rest = after;
            *verbs_open = true;
        }
    }
    if rest.iter().all(|word| EMPTY.contains(word)) {
        return;
    }
    let led = [part.preposition].into_iter().filter(|word| !word.is_empty());
    let written = led.chain(rest.iter().copied()).collect::<Vec<_>>().join(" ");
    match part.join {
        Join::Preposition if !*verbs_open => task.places.push(written),
        _ => task.things.push(written),
    }
    *verbs_open = false;
}

/// Where a word stands.
struct Place {
    /// It starts the phrase.
    first: bool,
    /// Nothing follows it.
    last: bool,
    /// Only verbs stand before it.
    verbs_open: bool,
    /// An article follows it.
    before_article: bool,
}

/// The base form, if the word is a verb here.
fn verb(word: &str, place: &Place) -> Option<String> {
    let found = meanings(word);
    let meaning = found.first().filter(|meaning| !meaning.is_grammar)?;
    let thing = meaning.things.first().map_or(0, |(_, sure)| *sure);
    let is_verb = if meaning.actions.is_empty() {
        // A verb that the vocabulary lacks: "unlock the door", "unlocking the door".
        place.first && meaning.things.is_empty() && !place.last
    } else if place.verbs_open {
        !place.last || thing < 7
    } else {
        // After things, only a clear verb begins a new action.
        thing == 0 || place.before_article
    };
    is_verb.then(|| base(word))
}

/// "booking" is "book".
pub(super) fn base(word: &str) -> String {
    let acts =
        |form: &str| meanings(form).first().is_some_and(|meaning| !meaning.actions.is_empty() && meaning.text == form);
    if let Some(form) = base_forms(word).into_iter().skip(1).find(|form| acts(form)) {
        return form;
    }
    let Some(stem) = word.strip_suffix("ing").filter(|stem| stem.len() > 2) else { return word.to_owned() };
    let mut letters = stem.chars().rev();
    let (last, before) = (letters.next(), letters.next());
    if last == before && !matches!(last, Some('l' | 's')) {
        return stem.chars().take(stem.chars().count() - 1).collect();
    }
    let needs_e = matches!(last, Some('v' | 'c' | 's' | 'u' | 'z')) || stem.ends_with("at") || stem.ends_with("rg");
    if needs_e { format!("{stem}e") } else { stem.to_owned() }
}

/// The phrase at its commas, conjunctions and prepositions. "of" keeps what it joins together.
fn parts(tokens: &[Token]) -> Vec<Part<'_>> {
    let part = |join, preposition| Part { join, preposition, words: Vec::new() };
    let mut out = vec![part(Join::Start, "")];
    for token in tokens {
        let word = token.word();
        let next = match word {
            "" | "and" | "or" => Some(part(Join::List, "")),
            _ if PREPOSITIONS.contains(&word) => Some(part(Join::Preposition, word)),
            _ => None,
        };
        match (next, out.last_mut()) {
            (Some(next), Some(last)) if last.words.is_empty() && last.join != Join::Start => *last = next,
            (Some(next), _) => out.push(next),
            (None, Some(last)) => last.words.push(word),
            (None, None) => {}
        }
    }
    out.retain(|part| !part.words.is_empty());
    out
}
