//! Payment cards: grouping, issuer range, length and Luhn.

use super::checksum::luhn;
use super::context::Label;
use super::numbers::{Chain, Gap, Reading};
use super::{CERTAIN, CONTEXT, Source};
use crate::finding::Finding;

/// Longest and shortest card numbers (ISO/IEC 7812), in digits.
const LENGTHS: std::ops::RangeInclusive<usize> = 12..=19;
/// How issuers print a number in groups, longer ones before their beginnings.
const GROUPINGS: &[&[usize]] = &[
    &[4, 4, 4, 4, 3],
    &[4, 4, 4, 4],
    &[4, 6, 5],
    &[4, 6, 4],
    &[4, 4, 4, 3],
    &[4, 4, 4, 1],
    &[4, 4, 5],
    &[6, 13],
    &[8, 8],
];

/// Issuer ranges: from, to (inclusive, as prefixes of equal length), fewest and most digits.
const ISSUERS: &[(&str, &str, usize, usize)] = &[
    ("4", "4", 13, 19),
    ("51", "55", 16, 16),
    ("2221", "2720", 16, 16),
    ("34", "34", 15, 15),
    ("37", "37", 15, 15),
    ("300", "305", 14, 19),
    ("3095", "3095", 14, 19),
    ("36", "36", 14, 19),
    ("38", "39", 14, 19),
    ("6011", "6011", 16, 19),
    ("644", "659", 16, 19),
    ("3528", "3589", 16, 19),
    ("1800", "1800", 15, 15),
    ("2131", "2131", 15, 15),
    ("62", "62", 16, 19),
    ("81", "82", 16, 16),
    ("60", "60", 16, 16),
    ("508", "508", 16, 16),
    ("2200", "2204", 16, 19),
    ("9792", "9792", 16, 16),
    ("50", "50", 13, 19),
    ("56", "58", 13, 19),
    ("63", "63", 13, 19),
    ("67", "67", 13, 19),
];

pub(super) fn read(source: &Source<'_>, chain: Chain<'_>) -> Option<Reading> {
    let groups = grouping(chain).filter(|groups| LENGTHS.contains(&chain.total(*groups)))?;
    let digits = chain.digits(groups);
    if !luhn(&digits) {
        return None;
    }
    let span = chain.span(groups);
    let score = if is_issued(&digits) {
        CERTAIN
    } else if source.context().says(span.start, Label::Card) && !digits.starts_with(b"00") {
        CONTEXT
    } else {
        return None;
    };
    Some(Reading { groups, finding: Some(Finding::scored("credit_card", span, score)) })
}

/// Number of groups that may be one card: undivided, as printed, or each digit by itself.
fn grouping(chain: Chain<'_>) -> Option<usize> {
    let groups = match chain.size(0) {
        size if LENGTHS.contains(&size) => 1,
        1 => (1..chain.len()).take_while(|index| chain.size(*index) == 1).count() + 1,
        4 | 6 | 8 => GROUPINGS.iter().find(|sizes| chain.has_sizes(sizes)).map(|sizes| sizes.len())?,
        _ => return None,
    };
    let between = chain.gap(0);
    let parted =
        groups == 1 || matches!(between, Gap::Space | Gap::Hyphen | Gap::Dot) && chain.gaps_are(groups, between);
    (parted && chain.is_free(groups)).then_some(groups)
}

fn is_issued(digits: &[u8]) -> bool {
    ISSUERS.iter().any(|(from, to, fewest, most)| {
        let prefix = digits.get(..from.len()).unwrap_or_default();
        (*fewest..=*most).contains(&digits.len()) && (from.as_bytes()..=to.as_bytes()).contains(&prefix)
    })
}
