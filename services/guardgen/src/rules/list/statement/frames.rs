//! Sentences and cells that are no rules of their own: openings, "anything else is free", "nothing".

use super::{Clause, Meaning, Statement, Tail, with_tail};
use crate::rules::list::otherwise::trimmed;
use crate::rules::list::phrases::is_approval;
use crate::rules::list::scope::{Read, trouble};
use crate::rules::list::words::{Kind, Token, tokens};

/// Words that begin what is said of everything else.
const REST: &[&[&str]] = &[
    &["anything", "else"],
    &["everything", "else"],
    &["all", "else"],
    &["all", "other"],
    &["any", "other"],
    &["every", "other"],
    &["other"],
    &["nothing", "else"],
    &["no", "other"],
    &["the", "rest"],
];
const NOUNS: &[&str] = &[
    "tool",
    "tools",
    "task",
    "tasks",
    "action",
    "actions",
    "call",
    "calls",
    "thing",
    "things",
    "request",
    "requests",
    "question",
    "questions",
    "are",
    "is",
];
const FREE: &[&str] = &[
    "free",
    "allowed",
    "permitted",
    "open",
    "fine",
    "unrestricted",
    "ok",
    "okay",
    "to",
    "all",
    "for",
    "everyone",
    "everybody",
    "anyone",
    "users",
    "user",
    "may",
    "be",
    "called",
    "used",
    "done",
    "by",
    "without",
    "conditions",
    "condition",
    "any",
    "restriction",
    "restrictions",
    "has",
    "have",
    "no",
    "needs",
    "need",
    "nothing",
    "requires",
    "require",
    "every",
    "the",
    "and",
    "are",
    "is",
    "can",
    "not",
    "restricted",
    "remains",
    "stays",
];
const FORBIDDEN: &[&str] = &["forbidden", "prohibited", "denied", "refused", "disallowed", "banned", "blocked"];

/// "Anything else is free.", "The rules are:"; `None` where the sentence is none of these.
pub(super) fn frame(body: &[Token]) -> Option<Meaning> {
    rest(body).or_else(|| leads_over(body).then_some(Meaning::Frame))
}

fn rest(body: &[Token]) -> Option<Meaning> {
    let words: Vec<&str> = body.iter().map(Token::word).collect();
    let start = REST.iter().find(|start| words.starts_with(start))?;
    let none = matches!(start.first(), Some(&"nothing" | &"no"));
    let said = words.get(start.len()..)?;
    let skip = said.iter().take_while(|word| NOUNS.contains(word)).count();
    let said = said.get(skip..)?;
    if said.is_empty() || words.iter().any(|word| word.is_empty()) && !body.iter().any(|token| token.is_mark(':')) {
        return None;
    }
    let forbids = said.iter().any(|word| FORBIDDEN.contains(word));
    let not = said.iter().any(|word| matches!(*word, "not" | "never")) && !said.contains(&"restricted");
    let known =
        said.iter().all(|word| FREE.contains(word) || FORBIDDEN.contains(word) || word.is_empty() || *word == "never");
    known.then_some(Meaning::Rest(!(forbids || not || none && !said.contains(&"restricted"))))
}

/// "The following rules apply:", "These are the rules.": nothing is ruled by it.
fn leads_over(body: &[Token]) -> bool {
    const OPEN: &[&str] = &[
        "the",
        "following",
        "these",
        "are",
        "rules",
        "rule",
        "apply",
        "applies",
        "here",
        "below",
        "our",
        "agent",
        "must",
        "follow",
        "for",
        "to",
        "its",
        "users",
        "user",
        "every",
        "each",
        "of",
        "this",
        "table",
        "list",
        "as",
        "follows",
        "is",
        "with",
        "a",
        "says",
        "say",
        "what",
        "required",
        "all",
        "in",
        "force",
        "policy",
        "and",
        "checked",
        "task",
        "tasks",
        "call",
        "calls",
        "tool",
        "it",
        "makes",
        "on",
        "that",
        "an",
        "action",
        "actions",
        "do",
        "may",
        "by",
        "given",
        "web",
        "assistant",
        "shall",
        "obey",
        "observe",
        "be",
        "before",
        "we",
        "have",
        "has",
        "six",
        "five",
        "four",
        "three",
        "two",
    ];
    let words: Vec<&str> = body.iter().filter(|token| !matches!(token.kind, Kind::Mark(_))).map(Token::word).collect();
    let about_rules = words.iter().any(|word| matches!(*word, "rules" | "rule" | "policy" | "table" | "following"));
    about_rules && words.iter().all(|word| OPEN.contains(word))
}

/// Without "Please note that", "Also,", "However,", "1.".
pub(super) fn without_opening(body: &[Token]) -> &[Token] {
    const OPENINGS: &[&[&str]] = &[
        &["please", "note", "that"],
        &["note", "that"],
        &["please"],
        &["also"],
        &["in", "addition"],
        &["in", "general"],
        &["however"],
        &["finally"],
        &["furthermore"],
        &["moreover"],
        &["but"],
        &["and"],
    ];
    // A quotation in Markdown says what it says.
    let quoted = body.iter().take_while(|token| token.kind == Kind::Sign(">")).count();
    let body = body.get(quoted..).unwrap_or_default();
    let words: Vec<&str> = body.iter().take(3).map(Token::word).collect();
    let length = OPENINGS.iter().find(|opening| words.starts_with(opening)).map_or(0, |opening| opening.len());
    trimmed(body.get(length..).unwrap_or_default())
}

/// The requirement of a cell or after a colon.
pub(super) fn requirement(action: &[Token], cell: &[Token]) -> Read<Meaning> {
    let cell = trimmed(cell);
    let words: Vec<&str> = cell.iter().map(Token::word).collect();
    let free = matches!(
        words.as_slice(),
        [] | ["nothing"]
            | ["none"]
            | ["free"]
            | ["no", "restriction"]
            | ["no", "requirement"]
            | ["allowed"]
            | ["always"]
            | ["n/a"]
            | ["free", "to", "all"]
    );
    if free {
        return match frame_of_rest(action) {
            true => Ok(Meaning::Rest(true)),
            false => Ok(Meaning::Free(trimmed(action).to_vec())),
        };
    }
    let forbidden = matches!(
        words.as_slice(),
        ["forbidden"]
            | ["never"]
            | ["never", "allowed"]
            | ["not", "allowed"]
            | ["prohibited"]
            | ["nobody"]
            | ["denied"]
    );
    if frame_of_rest(action) {
        return if forbidden {
            Ok(Meaning::Rest(false))
        } else {
            trouble("everything else can only be free or forbidden", "write \"nothing\" or \"forbidden\"")
        };
    }
    let head = with_tail(action, Tail::When);
    if forbidden {
        return Ok(Meaning::Rule(Statement { forbidden: true, ..head }));
    }
    let skip = cell
        .iter()
        .take_while(|token| {
            matches!(token.word(), "requires" | "needs" | "only" | "required" | "must" | "need") || token.is_mark(':')
        })
        .count();
    let people = words.first() == Some(&"only");
    let mut tail = with_tail(cell.get(skip..).unwrap_or_default(), Tail::When);
    let said = std::mem::take(&mut tail.action);
    let mut statement = head;
    if is_approval(&said) {
        statement.asks = true;
    } else if !said.is_empty() {
        let clause = if people { Clause::people(&said) } else { Clause::new(&said) };
        statement.kept.push(clause);
    }
    statement.kept.append(&mut tail.kept);
    statement.when.append(&mut tail.when);
    statement.unless.append(&mut tail.unless);
    Ok(Meaning::Rule(statement))
}

fn frame_of_rest(action: &[Token]) -> bool {
    let mut whole = action.to_vec();
    whole.extend(tokens("is free"));
    rest(&whole).is_some()
}
