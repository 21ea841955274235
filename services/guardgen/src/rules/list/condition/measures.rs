//! Comparisons whose name comes last or is understood: "at least 18 years old", "over 500 dollars", "outside example.com".

use serde_json::Number;

use super::Reader;
use super::lexicon::ADDRESSEES;
use crate::rules::list::comparators::{Comparator, bound_after, comparator, starts_with};
use crate::rules::list::formula::Formula;
use crate::rules::list::policy::{Condition, Op, Source};
use crate::rules::list::scope::{Read, Theme, trouble};

impl Reader<'_> {
    /// "outside example.com", "under /etc".
    pub(super) fn place(&mut self) -> Read<Option<Formula>> {
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
    pub(super) fn bare_number(&mut self) -> Read<Option<Formula>> {
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
    pub(super) fn years(&mut self) -> bool {
        let found = ["years of age", "years old", "year old", "years", "of age"]
            .iter()
            .find_map(|p| starts_with(self.rest(), p));
        self.at += found.unwrap_or(0);
        found.is_some()
    }

    pub(super) fn aged(&self) -> Read<Source> {
        match self.scope.about(Theme::Age).as_slice() {
            [source] => Ok(source.clone()),
            _ if self.scope.agent.attributes.is_empty() => Ok(Source::Attribute("age".to_owned())),
            _ => trouble("no declared attribute is an age", self.scope.declared()),
        }
    }

    /// What a number without a name before it measures.
    pub(super) fn measured(&mut self, money: bool, of_age: bool) -> Read<Source> {
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
}

pub(super) fn between(source: &Source, low: Number, high: Number) -> Formula {
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
