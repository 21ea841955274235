//! One sentence of a rule list: what action it is about, who may or must what, and what hangs on it.

use super::action::Actions;
use super::otherwise::{Split, split, trimmed};
use super::phrases::{Joint, Modal, is_anyone, is_approval, is_passive, joint, modal, names_person};
use super::policy::Effect;
use super::scope::{Read, trouble};
use super::words::{Kind, Token, tokens};

mod clauses;
mod frames;

use clauses::{passive, purpose};

/// What a sentence says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Meaning {
    /// A rule.
    Rule(Statement),
    /// An action that is free to all.
    Free(Vec<Token>),
    /// What becomes of everything else: free, or forbidden.
    Rest(bool),
    /// It leads over to what follows and rules nothing.
    Frame,
    /// It says what happens when the rule before is broken.
    Otherwise(Effect, Option<String>),
}

/// A rule, not yet resolved.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Statement {
    /// Words of the action.
    pub action: Vec<Token>,
    /// Whether what is said of the action's arguments has to hold, and is not what the rule depends on.
    pub limits_action: bool,
    /// All of these have to hold.
    pub kept: Vec<Clause>,
    /// The rule applies where all of these hold.
    pub when: Vec<Clause>,
    /// Where one of these holds, the rule does not count.
    pub unless: Vec<Clause>,
    /// Whether nothing can keep the rule but an exception.
    pub forbidden: bool,
    /// Whether a person has to approve.
    pub asks: bool,
    /// What happens when it is broken, where that is said.
    pub effect: Option<Effect>,
    /// The text of the violation, where there is one.
    pub text: Option<String>,
}

/// A condition, not yet read.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Clause {
    /// Its words.
    pub tokens: Vec<Token>,
    /// Whether it names people, so that "and" adds people.
    pub people: bool,
    /// Whether it is on the user rather than on the call.
    pub of_user: bool,
    /// Whether its opposite is meant.
    pub negated: bool,
}

impl Clause {
    fn new(tokens: &[Token]) -> Self {
        Self { tokens: trimmed(tokens).to_vec(), people: false, of_user: names_person(tokens), negated: false }
    }

    fn people(tokens: &[Token]) -> Self {
        Self { people: true, of_user: true, ..Self::new(tokens) }
    }
}

/// Reads one sentence.
pub(super) fn understand(sentence: &str, actions: &Actions<'_>) -> Read<Meaning> {
    let all = tokens(sentence);
    let Split { body, effect, text, found } = split(sentence, &all);
    let body = frames::without_opening(body);
    if body.is_empty() && found {
        return Ok(Meaning::Otherwise(effect.unwrap_or(Effect::Deny), text));
    }
    if let Some(meaning) = frames::frame(body) {
        return Ok(meaning);
    }
    let mut meaning = lead(body, actions)?;
    if let Meaning::Rule(statement) = &mut meaning {
        statement.effect = effect;
        statement.text = text;
    } else if found {
        return trouble(
            "it says what happens when a rule is broken, but states no rule",
            "say what is required, and then what happens otherwise",
        );
    }
    Ok(meaning)
}

/// What stands before the main clause: "if …,", "to …,", "only …".
fn lead(body: &[Token], actions: &Actions<'_>) -> Read<Meaning> {
    let word = |at: usize| body.get(at).map_or("", Token::word);
    let comma = body.iter().position(|token| token.is_mark(',') || token.word() == "then");
    if let (Some((joint, length)), Some(comma)) = (joint(body), comma) {
        let (before, rest) = body.split_at(comma);
        let clause = before.get(length..).unwrap_or_default();
        let rest = trimmed(rest.get(1..).unwrap_or_default());
        let rest = rest.strip_prefix_word("then");
        if clause.first().is_some_and(|token| token.word().ends_with("ing")) && joint == Joint::If {
            return main_clause(rest, Some(clause), actions);
        }
        let mut meaning = lead(rest, actions)?;
        let Meaning::Rule(statement) = &mut meaning else {
            return trouble(
                "the condition leads to no rule",
                "write \"if …, … may not …\" or \"if …, … needs approval\"",
            );
        };
        match joint {
            Joint::Unless => statement.unless.push(Clause::new(clause)),
            _ => statement.when.push(Clause::new(clause)),
        }
        return Ok(meaning);
    }
    let purpose_length = match word(0) {
        "to" | "for" | "before" => 1,
        "in" if word(1) == "order" && word(2) == "to" => 3,
        _ => 0,
    };
    if let (Some(comma), true) = (comma, purpose_length > 0) {
        let action = body.get(purpose_length..comma).unwrap_or_default();
        return main_clause(trimmed(body.get(comma..).unwrap_or_default()), Some(action), actions);
    }
    if matches!(word(0), "never" | "don't") || word(0) == "do" && word(1) == "not" {
        let length = if word(0) == "do" { 2 } else { 1 };
        return Ok(Meaning::Rule(prohibition(body.get(length..).unwrap_or_default(), None)));
    }
    let asks = word(0) == "ask" || word(0) == "always" && word(1) == "ask";
    if let Some(at) = body.iter().position(|token| token.word() == "before").filter(|_| asks) {
        let action = body.get(at + 1..).unwrap_or_default();
        return Ok(Meaning::Rule(with_tail(action, Tail::Ask)));
    }
    main_clause(body, None, actions)
}

/// The main clause; `action` where it was named before.
fn main_clause(body: &[Token], action: Option<&[Token]>, actions: &Actions<'_>) -> Read<Meaning> {
    let first = body.first().map_or("", Token::word);
    let Some((start, end, modal)) = modal(body) else { return colon(body, action) };
    let (subject, rest) = (body.get(..start).unwrap_or_default(), body.get(end..).unwrap_or_default());
    if first == "only" {
        return only(subject.get(1..).unwrap_or_default(), rest, modal);
    }
    let nobody = matches!(first, "nobody" | "none") || matches!(first, "no" | "neither");
    if nobody {
        let skip = if first == "no" { 1 } else { 0 };
        return nobody_may(subject.get(skip..).unwrap_or_default(), rest, modal, first == "no");
    }
    match modal {
        Modal::MayNot | Modal::MayOnly | Modal::May => may(subject, rest, modal, actions),
        Modal::Must => must(subject, rest, action, actions),
        Modal::Requires if is_anyone(subject) || names_person(subject) && !actions.can_be(subject) => {
            must(subject, rest, action, actions)
        }
        Modal::Requires => Ok(Meaning::Rule(required(subject, rest))),
        Modal::Forbidden => Ok(Meaning::Rule(forbidden(subject, rest))),
        Modal::OnlyAllowed | Modal::Allowed => allowed(subject, rest, modal),
        Modal::RequiredFor => required_for(subject, rest, action, actions),
    }
}

/// "Only members may shop."
fn only(people: &[Token], rest: &[Token], modal: Modal) -> Read<Meaning> {
    if !matches!(modal, Modal::May | Modal::Allowed | Modal::MayOnly) {
        return trouble("\"only\" goes with \"may\"", "write \"Only … may …\"");
    }
    let mut statement = with_tail(rest, Tail::Kept);
    statement.kept.insert(0, Clause::people(people));
    Ok(Meaning::Rule(statement))
}

/// "Nobody may …", "No guest may …", "No repository may be deleted".
fn nobody_may(subject: &[Token], rest: &[Token], modal: Modal, is_some_kind: bool) -> Read<Meaning> {
    if !matches!(modal, Modal::May | Modal::Allowed) {
        return trouble("\"nobody\" goes with \"may\"", "write \"Nobody may …\"");
    }
    if is_passive(rest) && is_some_kind && !names_person(subject) {
        let (phrase, who) = passive(subject, rest);
        return Ok(Meaning::Rule(prohibition(&phrase, who.as_deref())));
    }
    let generic = !is_some_kind || is_anyone(subject);
    Ok(Meaning::Rule(prohibition(rest, (!generic).then_some(subject))))
}

fn may(subject: &[Token], rest: &[Token], modal: Modal, actions: &Actions<'_>) -> Read<Meaning> {
    let is_passive = is_passive(rest) && !names_person(subject);
    let limited = argument_of(subject, actions).filter(|_| modal == Modal::MayNot && !is_passive);
    if let Some(of) = limited {
        let mut tokens = of.argument;
        tokens.extend(rest.iter().cloned());
        let clause = Clause { negated: true, ..Clause::new(&tokens) };
        return Ok(Meaning::Rule(Statement { action: of.action, kept: vec![clause], ..Statement::default() }));
    }
    let acts_on = is_passive || !names_person(subject) && !actions.starts(rest) && actions.can_be(subject);
    if acts_on && !is_passive {
        // "Transfers must not exceed 1000."
        let mut statement = Statement { action: subject.to_vec(), ..Statement::default() };
        let clause = Clause { negated: modal == Modal::MayNot, ..Clause::new(rest) };
        statement.kept.push(clause);
        return Ok(Meaning::Rule(statement));
    }
    let (phrase, by) = if is_passive { passive(subject, rest) } else { (rest.to_vec(), None) };
    let who = (!is_passive && !is_anyone(subject)).then_some(subject);
    let by = by.as_deref().filter(|people| !is_anyone(people));
    if modal == Modal::MayNot {
        return Ok(Meaning::Rule(prohibition(&phrase, who.or(by))));
    }
    let mut statement = with_tail(&phrase, Tail::Kept);
    statement.kept.extend(by.map(Clause::people));
    statement.limits_action = true;
    let says_something = !statement.kept.is_empty() || actions.limits(&statement.action);
    match (who, says_something, statement.unless.is_empty()) {
        (None, false, true) if modal == Modal::May => return Ok(Meaning::Free(statement.action)),
        (Some(_), false, true) if modal == Modal::May => {
            return trouble(
                "it says who may do it, but not whether others may not",
                "write \"Only … may …\", or leave it out where all may",
            );
        }
        _ => {}
    }
    for mut exception in std::mem::take(&mut statement.unless) {
        exception.negated = true;
        statement.kept.push(exception);
    }
    statement.when.extend(who.map(Clause::people));
    Ok(Meaning::Rule(statement))
}

fn must(subject: &[Token], rest: &[Token], action: Option<&[Token]>, actions: &Actions<'_>) -> Read<Meaning> {
    if let (None, Some(of)) = (action, argument_of(subject, actions)) {
        let mut tokens = of.argument;
        tokens.extend(rest.iter().cloned());
        return Ok(Meaning::Rule(required(&of.action, &tokens)));
    }
    if action.is_none() && !names_person(subject) && actions.can_be(subject) {
        return Ok(Meaning::Rule(required(subject, rest)));
    }
    let (requirement, found) = match action {
        Some(action) => (rest, action.to_vec()),
        None => match purpose(rest, actions) {
            Some((requirement, action)) => (requirement, action.to_vec()),
            None => {
                return trouble(
                    "it says what the user must be, but not for which action",
                    "write \"The user must … to …\", and name the action",
                );
            }
        },
    };
    // "The user's age must be at least 18": the subject belongs to the condition.
    let owned = subject.iter().any(|token| {
        token.word().ends_with("'s") || token.word().ends_with("s'") || matches!(token.kind, Kind::Code(_))
    });
    let mut statement = if owned {
        let whole: Vec<Token> = subject.iter().chain(requirement).cloned().collect();
        required(&[], &whole)
    } else {
        required(&[], requirement)
    };
    statement.kept.iter_mut().for_each(|clause| clause.of_user = true);
    let mut tail = with_tail(&found, Tail::When);
    statement.action = std::mem::take(&mut tail.action);
    statement.when.extend(tail.when);
    statement.unless.extend(tail.unless);
    statement.kept.extend(tail.kept);
    if !owned && !is_anyone(subject) && !subject.is_empty() {
        statement.when.push(Clause::people(subject));
    }
    Ok(Meaning::Rule(statement))
}

/// "A membership is required to shop."
fn required_for(subject: &[Token], rest: &[Token], action: Option<&[Token]>, actions: &Actions<'_>) -> Read<Meaning> {
    if names_person(subject) && rest.first().is_some_and(|token| token.word() == "to") {
        return must(subject, rest.get(1..).unwrap_or_default(), action, actions);
    }
    let named = match rest.first().map_or("", Token::word) {
        "to" | "for" | "before" | "when" => rest.get(1..),
        "in" => rest.get(3..),
        _ => None,
    };
    let Some(action) = action.or(named).filter(|action| !action.is_empty()) else {
        return trouble("it says what is required, but not for which action", "write \"… is required to …\"");
    };
    let mut statement = with_tail(action, Tail::When);
    if is_approval(subject) {
        statement.asks = true;
    } else {
        statement.kept.push(Clause::new(subject));
    }
    Ok(Meaning::Rule(statement))
}

/// "`amount` of `issue_refund`".
struct ArgumentOf {
    argument: Vec<Token>,
    action: Vec<Token>,
}

fn argument_of(subject: &[Token], actions: &Actions<'_>) -> Option<ArgumentOf> {
    let at = subject.iter().rposition(|token| matches!(token.word(), "of" | "in" | "for" | "to"))?;
    let (argument, action) = (subject.get(..at)?, subject.get(at + 1..)?);
    let found = !argument.is_empty() && actions.can_be(action);
    found.then(|| ArgumentOf { argument: argument.to_vec(), action: action.to_vec() })
}

/// "… requires R if …".
fn required(action: &[Token], rest: &[Token]) -> Statement {
    let mut statement = with_tail(rest, Tail::When);
    let requirement = std::mem::replace(&mut statement.action, action.to_vec());
    if is_approval(&requirement) {
        statement.asks = true;
    } else if !requirement.is_empty() {
        statement.kept.push(Clause::new(&requirement));
    }
    let head = with_tail(action, Tail::When);
    statement.action = head.action;
    statement.when.extend(head.when);
    statement.unless.extend(head.unless);
    statement.kept.extend(head.kept);
    statement
}

fn forbidden(action: &[Token], rest: &[Token]) -> Statement {
    let mut statement = prohibition(action, None);
    let tail = with_tail(rest, Tail::When);
    let people = tail.action.first().is_some_and(|token| matches!(token.word(), "for" | "to"));
    if people {
        statement.when.push(Clause::people(tail.action.get(1..).unwrap_or_default()));
    } else if !trimmed(&tail.action).is_empty() {
        statement.when.push(Clause::new(&tail.action));
    }
    statement.when.extend(tail.when);
    statement.unless.extend(tail.unless);
    statement
}

/// "… is only allowed for managers", "… is allowed if …", "… is limited to 500 dollars".
fn allowed(action: &[Token], rest: &[Token], modal: Modal) -> Read<Meaning> {
    let mut statement = with_tail(action, Tail::When);
    let mut tail = with_tail(rest, Tail::Kept);
    let said = std::mem::take(&mut tail.action);
    let said = trimmed(&said);
    let to_all = said.iter().all(|token| {
        matches!(token.word(), "for" | "to" | "all" | "everyone" | "everybody" | "anyone" | "users" | "free" | "open")
    });
    if to_all && tail.kept.is_empty() && tail.unless.is_empty() {
        return match modal {
            Modal::Allowed => Ok(Meaning::Free(statement.action)),
            _ => trouble("it does not say for whom or when alone it is allowed", "write \"… is only allowed if …\""),
        };
    }
    let people = said.first().is_some_and(|token| matches!(token.word(), "for" | "to" | "by"));
    let after = said.get(1..).unwrap_or_default();
    let is_number = after.first().is_some_and(|token| matches!(token.kind, Kind::Number(..)));
    if people && is_number {
        let mut limit = tokens("at most");
        limit.extend(after.iter().cloned());
        statement.kept.push(Clause::new(&limit));
    } else if people && !to_all {
        statement.kept.push(Clause::people(after));
    } else if !to_all {
        statement.kept.push(Clause::new(said));
    }
    statement.kept.append(&mut tail.kept);
    statement.unless.append(&mut tail.unless);
    Ok(Meaning::Rule(statement))
}

/// "Book a hotel: age at least 18."
fn colon(body: &[Token], action: Option<&[Token]>) -> Read<Meaning> {
    let at = body.iter().position(|token| token.is_mark(':'));
    let (action, rest) = match (action, at) {
        (Some(action), None) => (action, body),
        (None, Some(at)) => (body.get(..at).unwrap_or_default(), body.get(at + 1..).unwrap_or_default()),
        _ => {
            return trouble(
                "it has no word such as \"may\", \"must\", \"requires\", \"only\" or \"forbidden\" that makes it a rule",
                "write \"The user must … to …\", \"Only … may …\", \"… requires …\" or \"… may not …\"",
            );
        }
    };
    frames::requirement(action, rest)
}

/// What a table or "action: requirement" says.
pub(super) fn of_cells(action: &[Token], requirement: &[Token]) -> Read<Meaning> {
    frames::requirement(action, requirement)
}

/// What conditions in the tail of an action mean.
#[derive(Clone, Copy, PartialEq)]
enum Tail {
    /// "if" says when the rule applies.
    When,
    /// "if" says what has to hold.
    Kept,
    /// As `When`; a person has to approve.
    Ask,
}

fn prohibition(phrase: &[Token], who: Option<&[Token]>) -> Statement {
    let mut statement = with_tail(phrase, Tail::When);
    statement.forbidden = true;
    statement.when.extend(who.map(Clause::people));
    statement
}

/// The action with the clauses that hang on it.
fn with_tail(phrase: &[Token], tail: Tail) -> Statement {
    let mut statement = Statement { asks: tail == Tail::Ask, ..Statement::default() };
    let starts: Vec<(usize, Joint, usize)> = (0..phrase.len())
        .filter_map(|at| joint(phrase.get(at..)?).map(|(joint, length)| (at, joint, length)))
        .fold(Vec::new(), |mut found: Vec<(usize, Joint, usize)>, next| {
            // "only if" holds an "if" of its own.
            if found.last().is_none_or(|(at, _, length)| at + length <= next.0) {
                found.push(next);
            }
            found
        });
    let first = starts.first().map_or(phrase.len(), |(at, _, _)| *at);
    statement.action = trimmed(phrase.get(..first).unwrap_or_default()).to_vec();
    for (n, (at, joint, length)) in starts.iter().enumerate() {
        let end = starts.get(n + 1).map_or(phrase.len(), |(next, _, _)| *next);
        let words = phrase.get(at + length..end).unwrap_or_default();
        match (joint, tail) {
            (Joint::OnlyFor, _) => statement.kept.push(Clause::people(words)),
            (Joint::OnlyIf, _) | (Joint::If, Tail::Kept) => statement.kept.push(Clause::new(words)),
            (Joint::If, _) => statement.when.push(Clause::new(words)),
            (Joint::Unless, _) => statement.unless.push(Clause::people(words)),
        }
    }
    statement
}

/// Strips a word from the front of tokens.
trait StripWord {
    /// Without the word, if they start with it.
    fn strip_prefix_word(&self, word: &str) -> &[Token];
}

impl StripWord for [Token] {
    fn strip_prefix_word(&self, word: &str) -> &[Token] {
        match self.split_first() {
            Some((first, rest)) if first.word() == word => rest,
            _ => self,
        }
    }
}
