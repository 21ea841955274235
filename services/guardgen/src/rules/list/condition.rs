//! Conditions in plain language, as they stand in rules: "be at least 18 years old and a member", "`amount` <= 1000".

use serde_json::{Number, Value};

use super::agent::ValueKind;
use super::comparators::{Comparator, bound_after, comparator, multiplier, spelled, starts_with};
use super::formula::Formula;
use super::policy::{Condition, Op, Operand, Source};
use super::scope::{Read, Scope, Theme, trouble};
use super::words::{Kind, Token};

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

/// Words that join a condition without changing what it says.
const FILLERS: &[&str] = &[
    "the",
    "a",
    "an",
    "their",
    "his",
    "her",
    "its",
    "your",
    "my",
    "user",
    "users",
    "user's",
    "users'",
    "customer",
    "customers",
    "customer's",
    "person",
    "people",
    "patient",
    "patients",
    "traveller",
    "travellers",
    "caller",
    "callers",
    "account",
    "who",
    "that",
    "which",
    "whose",
    "has",
    "have",
    "having",
    "had",
    "is",
    "are",
    "be",
    "being",
    "been",
    "was",
    "with",
    "of",
    "also",
    "both",
    "either",
    "currently",
    "must",
    "to",
    "they",
    "he",
    "she",
    "you",
    "it",
    "there",
    "any",
    "some",
    "valid",
    "current",
    "hold",
    "holds",
    "holding",
    "status",
    "already",
    "then",
    "for",
    "by",
    "as",
    "own",
    "owns",
    "themselves",
    "and/or",
    "flag",
    "does",
    "do",
    "did",
    "aged",
    "age'd",
    "on",
    "at",
    "whom",
    "this",
    "such",
    "those",
    "if",
    "when",
    "should",
    "staff",
    "members'",
    "in",
    "made",
    "call",
    "been",
    "least'",
];
/// Words for whoever has the address that a domain is compared with.
const ADDRESSEES: &[&str] =
    &["address", "addresses", "recipient", "recipients", "anyone", "anybody", "someone", "people", "mail", "domain"];
const NEGATIONS: &[&str] = &[
    "not", "no", "never", "without", "isn't", "aren't", "doesn't", "don't", "hasn't", "haven't", "nor", "neither",
    "lacks", "lack", "lacking",
];

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

    /// "outside example.com", "under /etc".
    fn place(&mut self) -> Read<Option<Formula>> {
        let whom = usize::from(ADDRESSEES.contains(&self.word_at(0)));
        let outside = self.word_at(whom) == "outside";
        let before = match self.word_at(whom) {
            "outside" | "inside" | "within" | "under" | "below" | "at" | "in" => {
                whom + 1 + usize::from(self.word_at(whom + 1) == "of")
            }
            _ => 0,
        };
        let skip = (0..3)
            .find(|n| !matches!(self.word_at(before + n), "the" | "domain" | "directory" | "folder" | "at" | "in"))
            .unwrap_or(0);
        let Some(place) = self.token_at(before + skip).map(|token| self.plain_text(token)) else { return Ok(None) };
        let place = place.trim_start_matches('@').to_owned();
        let formula = if is_domain(&place) {
            let addresses = self.scope.about(Theme::Address);
            if addresses.is_empty() {
                return trouble(
                    format!("no declared argument is an address that `{place}` could be compared with"),
                    "write `argument` ends with `text`, or name an argument `to`, `recipient` or `address` in the agent description",
                );
            }
            in_domain(&addresses, &place)
        } else if place.starts_with('/') && before > 0 {
            let paths = self.scope.about(Theme::Path);
            let [path] = paths.as_slice() else {
                return trouble(
                    format!("it is not clear which argument is the path that `{place}` is compared with"),
                    "write `argument` starts with `text`",
                );
            };
            Formula::Is(Condition::new(path.clone(), Op::StartsWith, format!("{}/", place.trim_end_matches('/'))))
        } else {
            return Ok(None);
        };
        self.at += before + skip + 1;
        Ok(Some(if outside { formula.negated() } else { formula }))
    }

    /// A number whose name comes after it or is understood: "at least 18 years old", "over 500 dollars".
    fn bare_number(&mut self) -> Read<Option<Formula>> {
        let from = self.at;
        let comparator = comparator(self.rest());
        let of_age = matches!(self.word_at(0), "older" | "younger" | "aged");
        self.at += comparator.map_or(0, |(_, length)| length);
        if matches!(comparator, Some((Comparator::Between, _)))
            && let Some((low, _)) = self.number()?
        {
            self.at += usize::from(matches!(self.word_at(0), "and" | "to"));
            let Some((high, money)) = self.number()? else {
                return trouble("the second bound is missing", "write between 1 and 10");
            };
            let source = self.measured(money, false)?;
            return Ok(Some(between(&source, low, high)));
        }
        let Some((number, money)) = self.number()?.filter(|_| !matches!(comparator, Some((Comparator::Given(_), _))))
        else {
            self.at = from;
            return Ok(None);
        };
        let years = self.years();
        let (mut op, not) = match comparator {
            Some((Comparator::Op(op, not), _)) => (op, not),
            _ => (Op::Equal, false),
        };
        if let Some((bound, length)) = bound_after(self.rest()) {
            op = bound;
            self.at += length;
        }
        let years = years || self.years();
        let source = if years { self.aged()? } else { self.measured(money, of_age)? };
        let formula = Formula::Is(Condition::new(source, op, number));
        Ok(Some(if not { formula.negated() } else { formula }))
    }

    /// "years old", "years of age".
    fn years(&mut self) -> bool {
        let found = ["years of age", "years old", "year old", "years", "of age"]
            .iter()
            .find_map(|p| starts_with(self.rest(), p));
        self.at += found.unwrap_or(0);
        found.is_some()
    }

    fn aged(&self) -> Read<Source> {
        match self.scope.about(Theme::Age).as_slice() {
            [source] => Ok(source.clone()),
            _ if self.scope.agent.attributes.is_empty() => Ok(Source::Attribute("age".to_owned())),
            _ => trouble("no declared attribute is an age", self.scope.declared()),
        }
    }

    /// What a number without a name before it measures.
    fn measured(&mut self, money: bool, of_age: bool) -> Read<Source> {
        let unit = self.word_at(0).to_owned();
        let money = money
            || matches!(
                unit.as_str(),
                "dollar" | "dollars" | "euro" | "euros" | "pounds" | "usd" | "eur" | "gbp" | "francs" | "yen"
            );
        if money {
            self.at += usize::from(!unit.is_empty() && !matches!(unit.as_str(), "or" | "and" | "to"));
            return match self.scope.about(Theme::Money).as_slice() {
                [source] => Ok(source.clone()),
                [] => trouble("no declared name is an amount of money", self.scope.declared()),
                _ => trouble("several names are amounts of money", "write the name that is meant in backticks"),
            };
        }
        if let Some((source, _, _)) = self.name()? {
            return Ok(source);
        }
        let ages = self.scope.about(Theme::Age);
        if let ([age], true) = (ages.as_slice(), of_age || self.scope.tools.is_empty()) {
            return Ok(age.clone());
        }
        let amounts = self.scope.about(Theme::Money);
        match (self.scope.only_number(), amounts.as_slice()) {
            (Some(source), _) => Ok(source),
            (None, [source]) => Ok(source.clone()),
            _ => trouble("it is not clear what the number is compared with", "write `name` operator number"),
        }
    }

    /// "role teller", "the `admin` role", "managers".
    fn role(&mut self) -> Read<Option<Formula>> {
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
    fn roles_after(&mut self) -> Read<Formula> {
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
    fn value_before_name(&mut self) -> Read<Option<Formula>> {
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
    fn name(&mut self) -> Read<Option<(Source, ValueKind, bool)>> {
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
    fn only_argument(&mut self) -> Read<Option<Formula>> {
        let (Some(Kind::Quote(value) | Kind::Code(value)), Some(source)) =
            (self.peek().map(|t| &t.kind), self.scope.only_argument())
        else {
            return Ok(None);
        };
        self.at += 1;
        Ok(Some(Formula::Is(Condition::new(source, Op::Equal, value.clone()))))
    }

    /// What follows a name: a comparison, a value, or nothing, where the name alone is the condition.
    fn compare(&mut self, source: &Source, kind: ValueKind) -> Read<Formula> {
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

    fn compared(&mut self, source: &Source, kind: ValueKind, said_is: bool) -> Read<Formula> {
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

    fn between_values(&mut self, source: &Source) -> Read<Formula> {
        let (low, _) =
            self.number()?.map_or_else(|| trouble("the first bound is no number", "write between 1 and 10"), Ok)?;
        self.at += usize::from(matches!(self.word_at(0), "and" | "to"));
        let (high, _) =
            self.number()?.map_or_else(|| trouble("the second bound is no number", "write between 1 and 10"), Ok)?;
        self.skip_unit();
        Ok(between(source, low, high))
    }

    fn with_value(&mut self, source: &Source, kind: ValueKind, op: Op, not: bool) -> Read<Formula> {
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
    fn equal(&mut self, source: &Source) -> Read<Formula> {
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
    fn alone(&self, source: &Source, kind: ValueKind) -> Read<Formula> {
        match (source, kind) {
            (Source::Attribute(name), ValueKind::Number | ValueKind::Text | ValueKind::List) => trouble(
                format!("it does not say which value of `{name}` is meant"),
                format!("write `{name}` operator value, or that `{name}` is given"),
            ),
            _ => Ok(self.given(source, kind)),
        }
    }

    #[expect(clippy::unused_self, reason = "reads like the other steps")]
    fn given(&self, source: &Source, kind: ValueKind) -> Formula {
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

fn is_negative(word: &str) -> bool {
    word.starts_with("un") || word.starts_with("non")
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

fn has_role(roles: Vec<String>) -> Formula {
    Formula::Is(Condition::new(Source::Roles, Op::HasAny, roles))
}

fn between(source: &Source, low: Number, high: Number) -> Formula {
    Formula::All(vec![
        Formula::Is(Condition::new(source.clone(), Op::AtLeast, low)),
        Formula::Is(Condition::new(source.clone(), Op::AtMost, high)),
    ])
}

/// The first address has to be there; further ones, such as copies, only count where they are given.
fn in_domain(addresses: &[Source], domain: &str) -> Formula {
    let inside = |of: &Source| Formula::Is(Condition::new(of.clone(), Op::InDomain, vec![domain.to_lowercase()]));
    let parts = addresses.iter().enumerate().map(|(n, of)| match n {
        0 => inside(of),
        _ => Formula::Any(vec![Formula::Is(Condition::new(of.clone(), Op::Exists, true)).negated(), inside(of)]),
    });
    Formula::All(parts.collect())
}

/// `example.com`
fn is_domain(text: &str) -> bool {
    let labels: Vec<&str> = text.split('.').collect();
    let plain = |label: &&str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    labels.len() > 1
        && labels.iter().all(plain)
        && labels.last().is_some_and(|last| last.len() > 1 && last.chars().all(char::is_alphabetic))
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

fn spelled_number(word: &str) -> Option<Number> {
    spelled(word).map(Number::from)
}

fn scale(word: &str) -> Option<i64> {
    multiplier(word)
}
