//! Groups of digits, and chains of groups that may be one number. Chains are read from the left, and every group ends up
//! in at most one finding.

use std::ops::Range;

use super::context::Label;
use super::{CERTAIN, Found, Source, card, phone, ssn};
use crate::borders::{after, before, is_word};
use crate::finding::Finding;

/// Groups that are looked at together: as many as a card number written digit by digit has.
const MAX_GROUPS: usize = 20;

/// What stands between two groups of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// The groups do not belong together.
    Apart,
    Space,
    Hyphen,
    Dot,
    Slash,
    /// A bracket that opens, closes, or both, with or without a space or a hyphen.
    Bracket,
    /// ` - `.
    Dash,
}

/// A run of digits that no letter touches.
#[derive(Debug, Clone)]
pub(super) struct Group {
    start: usize,
    end: usize,
    /// To the group before.
    gap: Gap,
}

/// Groups that may be one number, from some group on.
#[derive(Clone, Copy)]
pub(super) struct Chain<'c> {
    pub(super) text: &'c str,
    groups: &'c [Group],
}

/// What was read from the left end of a chain.
pub(super) struct Reading {
    /// Groups used up.
    pub(super) groups: usize,
    /// What they are; nothing for what is known and not personal, such as a date.
    pub(super) finding: Option<Finding<'static>>,
}

pub(super) fn find(source: &Source<'_>, found: &mut Found) {
    let groups = groups(source);
    let mut at = 0;
    while let Some(rest) = groups.get(at..).filter(|rest| !rest.is_empty()) {
        let joined = rest.iter().skip(1).take(MAX_GROUPS).take_while(|group| group.gap != Gap::Apart).count();
        let chain = Chain { text: source.text, groups: rest.get(..=joined).unwrap_or(rest) };
        let reading = read(source, chain);
        at += reading.as_ref().map_or(1, |reading| reading.groups.max(1));
        found.extend(reading.and_then(|reading| reading.finding));
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
    /// How many groups there are.
    pub(super) const fn len(&self) -> usize {
        self.groups.len()
    }

    /// Digits in group `index`; 0 when there is none.
    pub(super) fn size(&self, index: usize) -> usize {
        self.groups.get(index).map_or(0, |group| group.end - group.start)
    }

    /// Whether the first groups have these numbers of digits.
    pub(super) fn has_sizes(&self, sizes: &[usize]) -> bool {
        sizes.iter().enumerate().all(|(index, size)| self.size(index) == *size)
    }

    /// Digits in the first `count` groups.
    pub(super) fn total(&self, count: usize) -> usize {
        (0..count).map(|index| self.size(index)).sum()
    }

    /// The digits of group `index`.
    pub(super) fn group(&self, index: usize) -> &str {
        self.groups.get(index).and_then(|group| self.text.get(group.start..group.end)).unwrap_or_default()
    }

    /// The digits of the first `count` groups.
    pub(super) fn digits(&self, count: usize) -> Vec<u8> {
        (0..count).flat_map(|index| self.group(index).bytes()).collect()
    }

    /// What stands after group `index`.
    pub(super) fn gap(&self, index: usize) -> Gap {
        self.groups.get(index + 1).map_or(Gap::Apart, |group| group.gap)
    }

    /// Whether the first `count` groups all have `gap` between them.
    pub(super) fn gaps_are(&self, count: usize, gap: Gap) -> bool {
        (1..count).all(|index| self.gap(index - 1) == gap)
    }

    /// Whether neither end of the first `count` groups is tied to a further group.
    pub(super) fn is_free(&self, count: usize) -> bool {
        let tie = |gap: Gap| matches!(gap, Gap::Hyphen | Gap::Dot | Gap::Slash);
        !self.groups.first().is_some_and(|group| tie(group.gap)) && !tie(self.gap(count - 1))
    }

    /// Whether a dot or a hyphen ties the first group to the one before.
    fn is_tied(&self) -> bool {
        self.groups.first().is_some_and(|group| matches!(group.gap, Gap::Hyphen | Gap::Dot))
    }

    /// From the first digit to the end of group `count - 1`.
    pub(super) fn span(&self, count: usize) -> Range<usize> {
        let start = self.groups.first().map_or(0, |group| group.start);
        start..self.groups.get(count - 1).map_or(start, |group| group.end)
    }
}

/// All runs of digits that no letter touches, but for a telephone extension such as `x12`.
fn groups(source: &Source<'_>) -> Vec<Group> {
    let text = source.text;
    let runs = source.digit_runs();
    let mut groups: Vec<Group> = Vec::with_capacity(runs.len());
    for Range { start, end } in runs.iter().cloned() {
        let extended = || phone::extension(text, end) > 0;
        if !before(text, start).is_some_and(is_word) && (!after(text, end).is_some_and(is_word) || extended()) {
            let gap = groups.last().map_or(Gap::Apart, |last| gap(text, last.end, start));
            groups.push(Group { start, end, gap });
        }
    }
    groups
}

fn gap(text: &str, from: usize, to: usize) -> Gap {
    if to - from > 3 {
        return Gap::Apart;
    }
    match text.get(from..to).unwrap_or_default() {
        " " | "\u{a0}" => Gap::Space,
        "-" | "\u{2011}" | "\u{2013}" => Gap::Hyphen,
        "." => Gap::Dot,
        "/" => Gap::Slash,
        ")" | "(" | ") " | " (" | ")-" | "-(" => Gap::Bracket,
        " - " => Gap::Dash,
        _ => Gap::Apart,
    }
}

/// Dates are read first, so that no other number is made of one.
fn date(chain: Chain<'_>) -> Option<Reading> {
    let between = chain.gap(0);
    if !matches!(between, Gap::Hyphen | Gap::Slash | Gap::Dot)
        || chain.len() < 3
        || !chain.gaps_are(3, between)
        || !chain.is_free(3)
    {
        return None;
    }
    let number = |index: usize| chain.group(index).parse::<u16>().ok();
    let (a, b, c) = (number(0)?, number(1)?, number(2)?);
    let day_and_month = |day: u16, month: u16| (1..=31).contains(&day) && (1..=12).contains(&month);
    let is_date = match (chain.size(0), chain.size(1), chain.size(2)) {
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
    let quad = chain.len() >= 4 && chain.gaps_are(4, Gap::Dot) && (0..4).all(octet);
    // A further dot makes it a longer version number; a slash begins a prefix length or a path.
    if !quad || chain.is_tied() || matches!(chain.gap(3), Gap::Dot | Gap::Hyphen) {
        return None;
    }
    let span = chain.span(4);
    let is_version = source.context().nearest(span.start) == Some(Label::Version);
    Some(Reading { groups: 4, finding: (!is_version).then(|| Finding::scored("ip_address", span, CERTAIN)) })
}
