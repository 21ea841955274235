//! Groups of digits, and chains of groups that may be one number. One pass cuts them; each chain is then read from the
//! left, and every group ends up in at most one finding.

use std::ops::Range;

use super::context::Label;
use super::{CERTAIN, Found, Source, card, phone, ssn};
use crate::borders::{after, before, is_word};
use crate::finding::Finding;

/// A chain of groups, seen from one of them.
#[derive(Clone, Copy)]
pub(super) struct Chain<'c> {
    pub(super) text: &'c str,
    /// The groups from this one on.
    groups: &'c [Range<usize>],
    /// Whether a hyphen or a dot ties this group to the one before.
    tied: bool,
}

/// What was read from the left end of a chain.
pub(super) struct Reading {
    /// Groups used up.
    pub(super) groups: usize,
    /// What they are; nothing for what is known and not personal, such as a date.
    pub(super) finding: Option<Finding<'static>>,
}

pub(super) fn find(source: &Source<'_>, found: &mut Found) {
    let groups = groups(source.text);
    let mut rest = groups.as_slice();
    while !rest.is_empty() {
        let length = 1 + rest.windows(2).take_while(|pair| joins(source.text, pair)).count();
        let (chain, next) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        read_chain(source, chain, found);
        rest = next;
    }
}

fn read_chain(source: &Source<'_>, groups: &[Range<usize>], found: &mut Found) {
    let mut at = 0;
    while let Some(left) = groups.get(at..).filter(|left| !left.is_empty()) {
        let gap = at.checked_sub(1).and_then(|before| groups.get(before..)).map_or("", |pair| gap(source.text, pair));
        let chain = Chain { text: source.text, groups: left, tied: is_tie(gap) };
        match read(source, chain) {
            Some(reading) => {
                at += reading.groups.max(1);
                found.extend(reading.finding);
            }
            None => at += 1,
        }
    }
}

/// The first reading that fits, the most certain ones first.
fn read(source: &Source<'_>, chain: Chain<'_>) -> Option<Reading> {
    date(chain)
        .or_else(|| ipv4(source, chain))
        .or_else(|| ssn::read(source, chain))
        .or_else(|| card::read(source, chain))
        .or_else(|| phone::read(source, chain))
}

impl Chain<'_> {
    /// Lengths of up to `count` groups.
    pub(super) fn sizes(&self, count: usize) -> impl Iterator<Item = usize> + Clone {
        self.groups.iter().take(count).map(ExactSizeIterator::len)
    }

    /// How many groups there are.
    pub(super) const fn len(&self) -> usize {
        self.groups.len()
    }

    /// The digits of group `index`.
    pub(super) fn group(&self, index: usize) -> &str {
        self.groups.get(index).and_then(|group| self.text.get(group.clone())).unwrap_or_default()
    }

    /// The digits of the first `count` groups.
    pub(super) fn digits(&self, count: usize) -> Vec<u8> {
        (0..count).flat_map(|index| self.group(index).bytes()).collect()
    }

    /// What stands between group `index` and the next.
    pub(super) fn gap(&self, index: usize) -> &str {
        self.groups.get(index..).map_or("", |pair| gap(self.text, pair))
    }

    /// Whether the first `count` groups all have `between` between them.
    pub(super) fn gaps_are(&self, count: usize, between: &str) -> bool {
        (0..count.saturating_sub(1)).all(|index| self.gap(index) == between)
    }

    /// Whether neither end of the first `count` groups is tied to a further group.
    pub(super) fn is_free(&self, count: usize) -> bool {
        !self.tied && !is_tie(self.gap(count - 1))
    }

    /// From the first digit to the end of group `count - 1`.
    pub(super) fn span(&self, count: usize) -> Range<usize> {
        let start = self.groups.first().map_or(0, |group| group.start);
        start..self.groups.get(count.saturating_sub(1)).map_or(start, |group| group.end)
    }
}

/// All runs of digits that no letter touches, but for a telephone extension such as `x12`.
fn groups(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let (mut groups, mut at) = (Vec::new(), 0);
    while let Some(skip) = bytes.get(at..).and_then(|rest| rest.iter().position(u8::is_ascii_digit)) {
        let start = at + skip;
        at = start + bytes.get(start..).map_or(1, |rest| rest.iter().take_while(|b| b.is_ascii_digit()).count());
        let starts_alone = !before(text, start).is_some_and(is_word);
        if starts_alone && (!after(text, at).is_some_and(is_word) || phone::extension(text, at) > 0) {
            groups.push(start..at);
        }
    }
    groups
}

/// What stands between the first two groups; empty when there is no second.
fn gap<'t>(text: &'t str, pair: &[Range<usize>]) -> &'t str {
    match pair {
        [left, right, ..] => text.get(left.end..right.start).unwrap_or_default(),
        _ => "",
    }
}

fn joins(text: &str, pair: &[Range<usize>]) -> bool {
    let gap = gap(text, pair);
    gap.len() <= 3 && matches!(gap, " " | "-" | "." | "/" | ")" | "(" | ") " | " (" | ")-" | "-(" | " - " | "\u{a0}" | "\u{2011}" | "\u{2013}")
}

fn is_tie(gap: &str) -> bool {
    matches!(gap, "-" | "." | "/" | "\u{2011}")
}

/// Dates are read first, so that no other number is made of one.
fn date(chain: Chain<'_>) -> Option<Reading> {
    let between = chain.gap(0);
    if !matches!(between, "-" | "/" | ".") || !chain.gaps_are(3, between) || chain.len() < 3 || !chain.is_free(3) {
        return None;
    }
    let number = |index: usize| chain.group(index).parse::<u16>().ok();
    let (a, b, c) = (number(0)?, number(1)?, number(2)?);
    let day_and_month = |day: u16, month: u16| (1..=31).contains(&day) && (1..=12).contains(&month);
    let is_date = match (chain.group(0).len(), chain.group(1).len(), chain.group(2).len()) {
        (4, 1..=2, 1..=2) => (1000..3000).contains(&a) && day_and_month(c, b),
        (1..=2, 1..=2, 4) => (1000..3000).contains(&c) && (day_and_month(a, b) || day_and_month(b, a)),
        (1..=2, 1..=2, 2) => day_and_month(a, b) || day_and_month(b, a),
        _ => false,
    };
    is_date.then_some(Reading { groups: 3, finding: None })
}

fn ipv4(source: &Source<'_>, chain: Chain<'_>) -> Option<Reading> {
    let octet = |index: usize| {
        let group = chain.group(index);
        group.len() <= 3 && (group == "0" || !group.starts_with('0')) && group.parse::<u8>().is_ok()
    };
    let quad = chain.len() >= 4 && chain.gaps_are(4, ".") && (0..4).all(octet);
    // A further dot makes it a longer version number; a slash begins a prefix length or a path.
    if !quad || chain.tied || chain.gap(3) == "." || chain.gap(3) == "-" {
        return None;
    }
    let span = chain.span(4);
    let is_version = source.context().nearest(span.start) == Some(Label::Other) && version_before(chain.text, span.start);
    Some(Reading { groups: 4, finding: (!is_version).then(|| Finding::scored("ip_address", span, CERTAIN)) })
}

fn version_before(text: &str, at: usize) -> bool {
    let head = text.get(text.floor_char_boundary(at.saturating_sub(12))..at).unwrap_or_default().to_ascii_lowercase();
    ["version", "release", "build"].iter().any(|word| head.contains(word))
}
