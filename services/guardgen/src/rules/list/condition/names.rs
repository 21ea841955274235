//! Attributes, arguments and roles in conditions: by their name, by their words, or by a value beside the name.

use super::Reader;
use super::lexicon::FILLERS;
use crate::rules::list::agent::ValueKind;
use crate::rules::list::comparators::comparator;
use crate::rules::list::formula::Formula;
use crate::rules::list::policy::{Condition, Op, Source};
use crate::rules::list::scope::Read;
use crate::rules::list::words::{Kind, Token};

impl Reader<'_> {
    /// "role teller", "the `admin` role", "managers".
    pub(super) fn role(&mut self) -> Read<Option<Formula>> {
        if matches!(self.word_at(0), "role" | "roles") {
            self.at += 1;
            return self.roles_after().map(Some);
        }
        let next_is_role = matches!(self.word_at(1), "role" | "roles");
        if let Some(name) = self.peek().map(|token| self.plain_text(token)).filter(|_| next_is_role) {
            let role = self.scope.role_name(&name)?;
            self.at += 2;
            return Ok(Some(has_role(vec![role])));
        }
        let words: Vec<&str> = self.rest().iter().map(Token::word).collect();
        if let Some((role, length)) = self.scope.role(&words) {
            self.at += length;
            return Ok(Some(has_role(vec![role])));
        }
        let Some(Kind::Code(name)) = self.peek().map(|token| &token.kind) else { return Ok(None) };
        if self.scope.agent.roles.contains(name) && !self.scope.agent.attributes.iter().any(|a| a.name == *name) {
            self.at += 1;
            return Ok(Some(has_role(vec![name.clone()])));
        }
        // "non-managers"
        Ok(None)
    }

    /// The roles after "role is", "role in", "roles".
    pub(super) fn roles_after(&mut self) -> Read<Formula> {
        let mut negated = false;
        while let Some(token) = self.peek() {
            match token.word() {
                "is" | "are" | "be" | "of" | "a" | "an" | "the" | "either" | "one" | "any" | "in" | "includes"
                | "contains" => self.at += 1,
                "not" | "isn't" => {
                    negated = !negated;
                    self.at += 1;
                }
                _ if token.is_mark(':') => self.at += 1,
                _ if token.kind == Kind::Sign("==") => self.at += 1,
                _ if token.kind == Kind::Sign("!=") => {
                    negated = !negated;
                    self.at += 1;
                }
                _ => break,
            }
        }
        let names = self.list()?;
        let roles: Vec<String> =
            names.iter().map(|name| self.scope.role_name(name.as_str().unwrap_or_default())).collect::<Read<_>>()?;
        let formula = has_role(roles);
        Ok(if negated { formula.negated() } else { formula })
    }

    /// "the finance department", "the `main` branch".
    pub(super) fn value_before_name(&mut self) -> Read<Option<Formula>> {
        let Some(token) = self.peek() else { return Ok(None) };
        let usable = match &token.kind {
            Kind::Word(word) => {
                self.scope.words(&[word.as_str()])?.is_none() && comparator(self.rest()).is_none() && !is_negative(word)
            }
            Kind::Quote(_) => true,
            Kind::Code(name) => self.scope.name(name, false).is_err(),
            _ => false,
        };
        let name_after = self.word_at(1).to_owned();
        if !usable || name_after.is_empty() || FILLERS.contains(&name_after.as_str()) {
            return Ok(None);
        }
        match self.scope.words(&[name_after.as_str()])? {
            Some((source, ValueKind::Any | ValueKind::Text)) => {
                let whole = self.scope.words(&[token.word(), name_after.as_str()])?;
                if whole.is_some() {
                    return Ok(None);
                }
                let value = self.plain_text(token);
                self.at += 2;
                Ok(Some(Formula::Is(Condition::new(source, Op::Equal, value))))
            }
            _ => Ok(None),
        }
    }

    /// The name that comes next, and whether its word says the opposite, as "unvaccinated" does.
    pub(super) fn name(&mut self) -> Read<Option<(Source, ValueKind, bool)>> {
        let Some(token) = self.peek() else { return Ok(None) };
        if let Kind::Code(name) = &token.kind {
            let of_user = self.at > 0
                && self
                    .tokens
                    .get(self.at - 1)
                    .is_some_and(|before| before.word().ends_with("'s") || before.word() == "their");
            let (source, kind) = self.scope.name(name, of_user)?;
            self.at += 1;
            return Ok(Some((source, kind, false)));
        }
        let words: Vec<&str> =
            self.rest().iter().take(4).map(Token::word).take_while(|word| !word.is_empty()).collect();
        for length in (1..=words.len()).rev() {
            let words = words.get(..length).unwrap_or_default();
            if let Some((source, kind)) = self.scope.words(words)? {
                self.at += length;
                return Ok(Some((source, kind, false)));
            }
        }
        for prefix in ["un", "non-", "non"] {
            let Some(stem) = words.first().and_then(|word| word.strip_prefix(prefix)).filter(|stem| stem.len() > 3)
            else {
                continue;
            };
            if let Some((source, kind)) = self.scope.words(&[stem])? {
                self.at += 1;
                return Ok(Some((source, kind, true)));
            }
        }
        Ok(None)
    }

    /// "to `main`": the tool has a single argument, so that it is the one that is meant.
    pub(super) fn only_argument(&mut self) -> Read<Option<Formula>> {
        let (Some(Kind::Quote(value) | Kind::Code(value)), Some(source)) =
            (self.peek().map(|t| &t.kind), self.scope.only_argument())
        else {
            return Ok(None);
        };
        self.at += 1;
        Ok(Some(Formula::Is(Condition::new(source, Op::Equal, value.clone()))))
    }
}

fn is_negative(word: &str) -> bool {
    word.starts_with("un") || word.starts_with("non")
}

fn has_role(roles: Vec<String>) -> Formula {
    Formula::Is(Condition::new(Source::Roles, Op::HasAny, roles))
}
