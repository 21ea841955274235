//! US social security numbers and individual taxpayer numbers.

use super::context::Label;
use super::numbers::{Chain, Gap, Reading};
use super::{CONTEXT, STRONG, Source};
use crate::finding::Finding;

pub(super) fn read(source: &Source<'_>, chain: Chain<'_>) -> Option<Reading> {
    let (groups, hyphens) = form(chain)?;
    let span = chain.span(groups);
    let named = source.context().says(span.start, Label::Ssn);
    if !named && !hyphens {
        return None;
    }
    let kind = kind(&chain.digits(groups))?;
    let score = if hyphens { STRONG } else { CONTEXT };
    Some(Reading { groups, finding: Some(Finding::scored(kind, span, score)) })
}

/// Number of groups, and whether hyphens part them. Without hyphens the number is too ordinary to stand alone.
fn form(chain: Chain<'_>) -> Option<(usize, bool)> {
    if chain.has_sizes(&[3, 2, 4]) && chain.is_free(3) {
        let between = chain.gap(0);
        let parted = matches!(between, Gap::Hyphen | Gap::Space | Gap::Dot) && chain.gaps_are(3, between);
        return parted.then_some((3, between == Gap::Hyphen));
    }
    (chain.size(0) == 9 && chain.is_free(1)).then_some((1, false))
}

/// Rules of the Social Security Administration and the IRS: areas 000, 666 and 900 to 999, group 00 and serial 0000 are
/// never issued as SSN; taxpayer numbers are 9xx with certain groups.
fn kind(digits: &[u8]) -> Option<&'static str> {
    let text = std::str::from_utf8(digits).ok()?;
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u16>().ok();
    let (area, group, serial) = (number(0..3)?, number(3..5)?, number(5..9)?);
    if area >= 900 {
        return matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99).then_some("us_itin");
    }
    (area != 0 && area != 666 && group != 0 && serial != 0).then_some("us_ssn")
}
