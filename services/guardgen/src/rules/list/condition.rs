//! Conditions in plain language, as they stand in rules: "be at least 18 years old and a member", "`amount` <= 1000".
//! Here is how they are joined; `measures`, `names`, `compare` and `values` read what is joined.

use super::comparators::{Comparator, bound_after, comparator};
use super::formula::Formula;
use super::policy::{Op, Source};
use super::scope::{Read, Scope, trouble};
use super::words::Token;
use lexicon::NEGATIONS;

mod compare;
mod lexicon;
mod measures;
mod names;
mod values;

/// Reads all of `tokens` as a condition. With `union`, "admins and owners" means either of them.
pub(super) fn read(text: &str, tokens: &[Token], scope: &Scope<'_>, union: bool) -> Read<Formula> {
    let mut reader = Reader { text, tokens, at: 0, scope, union, depth: 0 };
    let formula = reader.any()?;
    reader.skip_fillers();
    match reader.peek() {
        None => Ok(formula),
        Some(token) => {
            let rest = reader.slice(token.start, tokens.last().map_or(token.end, |last| last.end));
            trouble(
                format!("`{rest}` is left over after the condition"),
                "write one condition as `name` operator value, and join several with \"and\" or \"or\"",
            )
        }
    }
}

/// Most brackets inside each other.
const MOST_NESTED: usize = 8;

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
    scope: &'a Scope<'a>,
    union: bool,
    /// Brackets that are open.
    depth: usize,
}

impl<'a> Reader<'a> {
    fn any(&mut self) -> Read<Formula> {
        let mut parts = vec![self.all()?];
        while self.accept_or() {
            parts.push(self.all()?);
        }
        Ok(match parts.len() {
            1 => parts.remove(0),
            // "not banned or suspended" is neither.
            _ if is_negated(parts.first()) && parts.iter().skip(1).all(|part| !is_negated(Some(part))) => {
                let inner = parts.into_iter().map(|part| if let Formula::Not(inner) = part { *inner } else { part });
                Formula::Any(inner.collect()).negated()
            }
            _ => Formula::Any(parts),
        })
    }

    fn all(&mut self) -> Read<Formula> {
        let mut parts = vec![self.atom()?];
        while self.accept_and() {
            parts.push(self.atom()?);
        }
        if parts.len() == 1 {
            return Ok(parts.remove(0));
        }
        let kinds_of_people = parts.iter().all(is_kind_of_people);
        Ok(if self.union && kinds_of_people { Formula::Any(parts) } else { Formula::All(parts) })
    }

    fn accept_or(&mut self) -> bool {
        let comma = usize::from(self.mark_at(0, ','));
        let is_or = matches!(self.word_at(comma), "or" | "nor") && bound_after(self.rest()).is_none();
        self.at += if is_or { comma + 1 } else { 0 };
        is_or
    }

    fn accept_and(&mut self) -> bool {
        let comma = usize::from(self.mark_at(0, ',') || self.mark_at(0, ';'));
        let and = match self.word_at(comma) {
            "and" | "but" | "plus" => 1,
            "as" if self.word_at(comma + 1) == "well" => 3,
            "or" | "nor" => return false,
            _ => 0,
        };
        if comma + and == 0 && self.qualifies_further() {
            return true;
        }
        let more = self.tokens.len() > self.at + comma + and;
        let accepted = comma + and > 0 && more;
        self.at += if accepted { comma + and } else { 0 };
        accepted
    }

    /// "verified users over 18", "members with a licence": a further condition without "and".
    fn qualifies_further(&self) -> bool {
        let rest = self.rest();
        let people = rest
            .iter()
            .take_while(|token| {
                matches!(
                    token.word(),
                    "user" | "users" | "customer" | "customers" | "people" | "patients" | "travellers"
                )
            })
            .count();
        let rest = rest.get(people..).unwrap_or_default();
        let word = rest.first().map_or("", Token::word);
        matches!(word, "with" | "without" | "who" | "whose" | "aged") && rest.len() > 1
            || matches!(comparator(rest), Some((Comparator::Op(op, false), _)) if matches!(op, Op::More | Op::Less | Op::AtLeast | Op::AtMost))
                && word != "from"
    }

    /// One comparison, with what negates it.
    fn atom(&mut self) -> Read<Formula> {
        let mut negated = false;
        loop {
            self.skip_fillers_of_atom();
            let Some(word) = self.peek().map(Token::word).filter(|word| NEGATIONS.contains(word)) else { break };
            // "no more than" compares; it negates nothing.
            if comparator(self.rest()).is_some() {
                break;
            }
            negated ^= word != "nor";
            self.at += 1;
        }
        let formula = self.positive()?;
        Ok(if negated { formula.negated() } else { formula })
    }

    fn positive(&mut self) -> Read<Formula> {
        if self.mark_at(0, '(') {
            self.at += 1;
            self.depth += 1;
            if self.depth > MOST_NESTED {
                return trouble("its brackets are nested too deep", "write it as several rules");
            }
            let inner = self.any()?;
            self.depth -= 1;
            self.at += usize::from(self.mark_at(0, ')'));
            return Ok(inner);
        }
        if let Some(found) = self.place()? {
            return Ok(found);
        }
        if let Some(found) = self.bare_number()? {
            return Ok(found);
        }
        if let Some(found) = self.role()? {
            return Ok(found);
        }
        if let Some(found) = self.value_before_name()? {
            return Ok(found);
        }
        if let Some((source, kind, opposite)) = self.name()? {
            let formula = self.compare(&source, kind)?;
            return Ok(if opposite { formula.negated() } else { formula });
        }
        if let Some(found) = self.only_argument()? {
            return Ok(found);
        }
        let what = self.peek().map_or("", |token| self.slice(token.start, token.end));
        if what.is_empty() {
            return trouble("a condition is missing", "say what is required, as `name` operator value");
        }
        if self.word_at(0).starts_with("approv") {
            return trouble(
                "what stands with the approval is not understood",
                "write \"… needs approval\", and conditions after \"if\"",
            );
        }
        trouble(
            format!("`{}` is neither a declared attribute nor an argument nor a role", what.trim_matches('`')),
            self.scope.declared(),
        )
    }
}

fn is_negated(formula: Option<&Formula>) -> bool {
    matches!(formula, Some(Formula::Not(_)))
}

/// Roles, and attributes that are simply true.
fn is_kind_of_people(formula: &Formula) -> bool {
    match formula {
        Formula::Is(condition) => condition.of == Source::Roles,
        Formula::Any(parts) => parts.iter().all(is_kind_of_people),
        _ => false,
    }
}
