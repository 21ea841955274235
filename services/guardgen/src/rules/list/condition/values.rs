//! The values in conditions, and the small steps of the reader.

use serde_json::{Number, Value};

use super::Reader;
use super::lexicon::{FILLERS, NEGATIONS};
use crate::rules::list::comparators::{bound_after, comparator, multiplier, spelled, starts_with};
use crate::rules::list::policy::{Op, Operand, Source};
use crate::rules::list::scope::{Read, trouble};
use crate::rules::list::words::{Kind, Token};

impl<'a> Reader<'a> {
    pub(super) fn rest(&self) -> &'a [Token] {
        self.tokens.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    pub(super) fn token_at(&self, ahead: usize) -> Option<&'a Token> {
        self.tokens.get(self.at + ahead)
    }

    pub(super) fn word_at(&self, ahead: usize) -> &'a str {
        self.token_at(ahead).map_or("", Token::word)
    }

    pub(super) fn mark_at(&self, ahead: usize, mark: char) -> bool {
        self.token_at(ahead).is_some_and(|token| token.is_mark(mark))
    }

    pub(super) fn number_at(&self, ahead: usize) -> bool {
        self.token_at(ahead).is_some_and(|token| matches!(token.kind, Kind::Number(..)))
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// The token's text as it is written, without quotation marks or backticks.
    pub(super) fn plain_text(&self, token: &Token) -> String {
        match &token.kind {
            Kind::Code(text) | Kind::Quote(text) => text.clone(),
            _ => self.slice(token.start, token.end).to_owned(),
        }
    }

    pub(super) fn skip_fillers(&mut self) {
        while let Some(token) = self.peek() {
            let ends = token.is_mark('.') || token.is_mark('!') || token.is_mark(',') || token.is_mark(';');
            if !(ends || FILLERS.contains(&token.word()) && !token.word().is_empty()) {
                return;
            }
            self.at += 1;
        }
    }

    /// Fillers before a comparison; a word that may itself compare stays.
    pub(super) fn skip_fillers_of_atom(&mut self) {
        while let Some(token) = self.peek() {
            let word = token.word();
            let names_something = self.scope.words(&[word]).is_ok_and(|found| found.is_some())
                || comparator(self.rest()).is_some() && word != "in";
            if word.is_empty()
                || !FILLERS.contains(&word)
                || names_something && !matches!(word, "is" | "to" | "a" | "the")
            {
                return;
            }
            self.at += 1;
        }
    }

    /// A number, in digits or spelled out, and whether it is money.
    pub(super) fn number(&mut self) -> Read<Option<(Number, bool)>> {
        let Some(token) = self.peek() else { return Ok(None) };
        let (number, money) = match &token.kind {
            Kind::Number(number, money) => (number.clone(), *money),
            Kind::Word(word) => match spelled(word).map(Number::from) {
                Some(number) => (number, false),
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        self.at += 1;
        let Some(factor) = multiplier(self.word_at(0)) else { return Ok(Some((number, money))) };
        self.at += 1;
        match multiplied(&number, factor) {
            Some(product) => Ok(Some((product, money))),
            None => trouble(format!("`{number}` is too large"), "write the number in digits"),
        }
    }

    /// A unit that says nothing more about a value that has its name already.
    pub(super) fn skip_unit(&mut self) {
        const UNITS: [&str; 14] = [
            "dollars",
            "dollar",
            "euros",
            "euro",
            "usd",
            "eur",
            "pounds",
            "percent",
            "years old",
            "years of age",
            "years",
            "items",
            "minutes",
            "days",
        ];
        let unit = UNITS.iter().find_map(|unit| starts_with(self.rest(), unit));
        self.at += unit.unwrap_or_else(|| usize::from(self.mark_at(0, '%')));
    }

    pub(super) fn operand(&mut self, op: Op, source: &Source) -> Read<Operand> {
        if let Some(reference) = self.reference()? {
            return Ok(Operand::Of(reference));
        }
        let ordered = matches!(op, Op::Less | Op::AtMost | Op::More | Op::AtLeast);
        let value = self.value()?;
        if ordered && !(value.is_number() || value.is_string() && is_date(value.as_str().unwrap_or_default())) {
            return trouble(
                format!("`{}` is compared with something that is no number", source.key()),
                "write the number in digits",
            );
        }
        let texts = matches!(op, Op::StartsWith | Op::EndsWith);
        if texts && !value.is_string() {
            return trouble(
                format!("`{}` is compared with something that is no text", source.key()),
                "write the text in quotation marks",
            );
        }
        Ok(Operand::Literal(value))
    }

    /// "the user's `limit`", "their own id".
    fn reference(&mut self) -> Read<Option<Source>> {
        let from = self.at;
        self.at += usize::from(self.word_at(0) == "the");
        let whose = matches!(
            self.word_at(0),
            "user's" | "users'" | "their" | "his" | "customer's" | "caller's" | "own" | "patient's" | "your"
        );
        if !whose {
            self.at = from;
            return Ok(None);
        }
        self.at += 1 + usize::from(self.word_at(1) == "own");
        if matches!(self.word_at(0), "id" | "identifier") {
            self.at += 1;
            return Ok(Some(Source::Id));
        }
        match self.name()? {
            Some((source, _, _)) => Ok(Some(source)),
            None => trouble("it is not clear which value of the user is meant", self.scope.declared()),
        }
    }

    /// A value: number, true or false, quoted text, name in backticks or a word.
    pub(super) fn value(&mut self) -> Read<Value> {
        while matches!(self.word_at(0), "a" | "an" | "the") {
            self.at += 1;
        }
        if let Some((number, _)) = self.number()? {
            self.skip_unit();
            return Ok(Value::Number(number));
        }
        let Some(token) = self.peek() else { return trouble("a value is missing", "write `name` operator value") };
        self.at += 1;
        match &token.kind {
            Kind::Quote(text) => Ok(Value::String(text.clone())),
            Kind::Code(text) => Ok(self.scope.fact(text).unwrap_or_else(|| typed(text))),
            Kind::Word(word) if word == "true" || word == "yes" => Ok(Value::Bool(true)),
            Kind::Word(word) if word == "false" => Ok(Value::Bool(false)),
            Kind::Word(_) => Ok(Value::String(self.proper_name(token))),
            _ => trouble(
                format!("`{}` is no value", self.slice(token.start, token.end)),
                "write the value in quotation marks",
            ),
        }
    }

    /// "United Kingdom": words with capitals belong together.
    fn proper_name(&mut self, first: &Token) -> String {
        let mut end = first.end;
        let capital =
            |start: usize| self.text.get(start..).and_then(|text| text.chars().next()).is_some_and(char::is_uppercase);
        if capital(first.start) {
            while let Some(next) = self.tokens.get(self.at).filter(|t| !t.word().is_empty() && capital(t.start)) {
                end = next.end;
                self.at += 1;
            }
        }
        self.slice(first.start, end).to_owned()
    }

    /// "A, B or C", "[a, b]", "(a, b)", or the name of a list among the facts.
    pub(super) fn list(&mut self) -> Read<Vec<Value>> {
        let bracket = self.mark_at(0, '[') || self.mark_at(0, '(') || self.mark_at(0, '{');
        self.at += usize::from(bracket);
        let mut values = vec![self.value()?];
        while self.more_values() || bracket && self.inside_bracket() {
            values.push(self.value()?);
        }
        self.at += usize::from(bracket);
        Ok(values
            .into_iter()
            .flat_map(|value| if let Value::Array(items) = value { items } else { vec![value] })
            .collect())
    }

    fn inside_bracket(&mut self) -> bool {
        let comma = self.mark_at(0, ',');
        self.at += usize::from(comma);
        comma
    }

    /// Whether a comma, "or" or "and" leads to one more value and not to another condition.
    pub(super) fn more_values(&mut self) -> bool {
        if bound_after(self.rest()).is_some() {
            return false;
        }
        let comma = usize::from(self.mark_at(0, ','));
        let joined = usize::from(matches!(self.word_at(comma), "or" | "and"));
        let joint = comma + joined;
        let next = joint + usize::from(matches!(self.word_at(joint), "a" | "an" | "the"));
        let value = match self.token_at(next).map(|token| &token.kind) {
            Some(Kind::Quote(_)) => true,
            Some(Kind::Code(name)) => {
                self.scope.name(name, false).is_err() || self.scope.tools.is_empty() && !self.is_attribute(name)
            }
            Some(Kind::Number(..)) => true,
            Some(Kind::Word(word)) => self.is_bare_value(word, next),
            _ => false,
        };
        // A name with a comparison after it is a condition of its own.
        let compares = self.token_at(next + 1).is_some_and(|t| {
            matches!(t.kind, Kind::Sign(_)) || matches!(t.word(), "is" | "are" | "at" | "over" | "under")
        });
        let more = joint > 0 && value && !compares;
        self.at += if more { joint } else { 0 };
        more
    }

    fn is_attribute(&self, name: &str) -> bool {
        self.scope.agent.attributes.iter().any(|declared| declared.name == name)
    }

    pub(super) fn is_bare_value(&self, word: &str, ahead: usize) -> bool {
        let words = [word];
        let names = self.scope.words(&words).is_ok_and(|found| found.is_some());
        let rest = self.tokens.get(self.at + ahead..).unwrap_or_default();
        !names && comparator(rest).is_none() && !FILLERS.contains(&word) && !NEGATIONS.contains(&word)
    }

    /// Whether something that can be a value comes after `ahead` tokens.
    pub(super) fn is_value(&self, ahead: usize) -> bool {
        match self.token_at(ahead).map(|token| &token.kind) {
            Some(Kind::Word(word)) => !matches!(word.as_str(), "and" | "or" | "" | "but"),
            Some(Kind::Quote(_) | Kind::Code(_) | Kind::Number(..)) => true,
            _ => false,
        }
    }

    /// A value that needs no "is" before it: `branch` `main`.
    pub(super) fn is_plain_value(&self, ahead: usize) -> bool {
        match self.token_at(ahead).map(|token| &token.kind) {
            Some(Kind::Quote(_) | Kind::Number(..)) => true,
            Some(Kind::Code(name)) => self.scope.name(name, false).is_err(),
            Some(Kind::Word(word)) => matches!(word.as_str(), "true" | "false"),
            _ => false,
        }
    }

    pub(super) fn value_follows(&self, ahead: usize) -> bool {
        self.is_value(ahead) || self.mark_at(ahead, '[') || self.mark_at(ahead, '(') || self.mark_at(ahead, '{')
    }
}

/// What stands in backticks is a number or a truth value where it looks like one.
fn typed(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value @ (Value::Number(_) | Value::Bool(_))) => value,
        _ => Value::String(text.trim_matches(['\'', '"']).to_owned()),
    }
}

/// Dates in ISO form are in order as texts.
fn is_date(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape.starts_with("0000-00-00")
}

#[expect(clippy::cast_possible_truncation, reason = "only whole numbers below 2^53 are written so")]
fn multiplied(number: &Number, factor: i64) -> Option<Number> {
    let product = number.as_f64()? * f64::from(i32::try_from(factor).ok()?);
    if product.fract() == 0.0 && product.abs() < 9e15 {
        Some(Number::from(product as i64))
    } else {
        Number::from_f64(product)
    }
}
