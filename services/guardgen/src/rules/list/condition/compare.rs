//! What follows a name: a comparison with a value, or nothing where the name alone says it.

use serde_json::Value;

use super::Reader;
use super::measures::between;
use crate::rules::list::agent::ValueKind;
use crate::rules::list::comparators::{Comparator, bound_after, comparator};
use crate::rules::list::formula::Formula;
use crate::rules::list::policy::{Condition, Op, Operand, Source};
use crate::rules::list::scope::{Read, trouble};
use crate::rules::list::words::{Kind, Token};

impl Reader<'_> {
    /// What follows a name: a comparison, a value, or nothing, where the name alone is the condition.
    pub(super) fn compare(&mut self, source: &Source, kind: ValueKind) -> Read<Formula> {
        let mut negated = false;
        let mut said_is = false;
        loop {
            match self.word_at(0) {
                "is" | "are" | "be" | "was" | "being" | "does" | "do" | "must" | "should" | "has" | "can" | "stay"
                | "stays" => said_is = true,
                "to" | "a" | "an" if said_is => {}
                "that" | "which" | "who" => {}
                "of" if comparator(self.rest().get(1..).unwrap_or_default()).is_some() || self.number_at(1) => {}
                "not" | "isn't" | "aren't" | "doesn't" | "never" if comparator_is_whole(self.rest()).is_none() => {
                    negated = !negated
                }
                "cannot" => negated = !negated,
                _ => break,
            }
            self.at += 1;
        }
        let formula = self.compared(source, kind, said_is)?;
        Ok(if negated { formula.negated() } else { formula })
    }

    pub(super) fn compared(&mut self, source: &Source, kind: ValueKind, said_is: bool) -> Read<Formula> {
        if *source == Source::Roles {
            return self.roles_after();
        }
        if let Some(Kind::Sign(sign)) = self.peek().map(|token| &token.kind) {
            let (op, not) = Op::of_sign(sign).unwrap_or((Op::Equal, false));
            self.at += 1;
            return self.with_value(source, kind, op, not);
        }
        if let Some((Comparator::Between, length)) = comparator(self.rest()) {
            self.at += length;
            return self.between_values(source);
        }
        // "with the amount over 500": a word such as "in" may also begin what comes next.
        match comparator(self.rest()) {
            Some((Comparator::Op(op, not), length)) if self.value_follows(length) => {
                self.at += length;
                return self.with_value(source, kind, op, not);
            }
            Some((Comparator::Given(given), length)) if said_is => {
                self.at += length;
                let formula = self.given(source, kind);
                return Ok(if given { formula } else { formula.negated() });
            }
            _ => {}
        }
        let bare = kind == ValueKind::Text && self.is_bare_value(self.word_at(0), 0) && !self.word_at(0).is_empty();
        if said_is && self.is_value(0) || self.is_plain_value(0) || bare {
            return self.with_value(source, kind, Op::Equal, false);
        }
        if said_is && self.peek().is_some() && !matches!(self.word_at(0), "and" | "or" | "") {
            let what = self.peek().map_or("", |token| self.slice(token.start, token.end));
            return trouble(
                format!("`{what}` is no value that `{}` could have", source.key()),
                "write the value in quotation marks",
            );
        }
        self.alone(source, kind)
    }

    pub(super) fn between_values(&mut self, source: &Source) -> Read<Formula> {
        let (low, _) =
            self.number()?.map_or_else(|| trouble("the first bound is no number", "write between 1 and 10"), Ok)?;
        self.at += usize::from(matches!(self.word_at(0), "and" | "to"));
        let (high, _) =
            self.number()?.map_or_else(|| trouble("the second bound is no number", "write between 1 and 10"), Ok)?;
        self.skip_unit();
        Ok(between(source, low, high))
    }

    pub(super) fn with_value(&mut self, source: &Source, kind: ValueKind, op: Op, not: bool) -> Read<Formula> {
        let formula = match op {
            Op::In => {
                let list = self.list()?;
                Formula::Is(Condition::new(source.clone(), Op::In, list))
            }
            Op::Equal => self.equal(source)?,
            _ => {
                let value = self.operand(op, source)?;
                let op = if op == Op::Contains && kind == ValueKind::List { Op::Contains } else { op };
                Formula::Is(Condition { of: source.clone(), op, value, not: false })
            }
        };
        Ok(if not { formula.negated() } else { formula })
    }

    /// One value, or several with "or" between them.
    pub(super) fn equal(&mut self, source: &Source) -> Read<Formula> {
        let first = self.operand(Op::Equal, source)?;
        if let (Source::Argument(_), Operand::Literal(Value::Bool(wanted))) = (source, &first) {
            let given = Formula::Is(Condition::new(source.clone(), Op::Exists, true));
            return Ok(if *wanted { given } else { given.negated() });
        }
        if let Some((bound, length)) = bound_after(self.rest()) {
            self.at += length;
            return Ok(Formula::Is(Condition { of: source.clone(), op: bound, value: first, not: false }));
        }
        let Operand::Literal(first) = first else {
            return Ok(Formula::Is(Condition { of: source.clone(), op: Op::Equal, value: first, not: false }));
        };
        let mut values = vec![first];
        while self.more_values() {
            values.push(self.value()?);
        }
        Ok(Formula::Is(match values.len() {
            1 => Condition::new(source.clone(), Op::Equal, values.remove(0)),
            _ => Condition::new(source.clone(), Op::In, values),
        }))
    }

    /// A name alone: "vaccinated", "with a `reason`".
    pub(super) fn alone(&self, source: &Source, kind: ValueKind) -> Read<Formula> {
        match (source, kind) {
            (Source::Attribute(name), ValueKind::Number | ValueKind::Text | ValueKind::List) => trouble(
                format!("it does not say which value of `{name}` is meant"),
                format!("write `{name}` operator value, or that `{name}` is given"),
            ),
            _ => Ok(self.given(source, kind)),
        }
    }

    #[expect(clippy::unused_self, reason = "reads like the other steps")]
    pub(super) fn given(&self, source: &Source, kind: ValueKind) -> Formula {
        Formula::Is(match (source, kind) {
            (Source::Attribute(_), ValueKind::Any | ValueKind::Boolean) => {
                Condition::new(source.clone(), Op::Equal, true)
            }
            _ => Condition::new(source.clone(), Op::Exists, true),
        })
    }
}

/// The comparator, where "not" belongs to it.
fn comparator_is_whole(tokens: &[Token]) -> Option<usize> {
    comparator(tokens).map(|(_, length)| length)
}
