//! Telephone numbers: international, North American, national with a trunk zero; any other form after a word such as `phone`.

use std::ops::Range;

use super::context::Label;
use super::numbers::{Chain, Gap, Reading};
use super::{CONTEXT, LIKELY, STRONG, Source};
use crate::borders::{after, ahead, before, is_word};
use crate::finding::Finding;

/// Most digits (ITU-T E.164), and most groups.
const MAX_DIGITS: usize = 15;
const MAX_GROUPS: usize = 7;

pub(super) fn read(source: &Source<'_>, chain: Chain<'_>) -> Option<Reading> {
    let (groups, score) = international(chain)
        .or_else(|| north_american(chain))
        .or_else(|| bracketed(chain))
        .or_else(|| trunk(chain))
        .or_else(|| named(source, chain))?;
    let span = with_signs(chain, groups);
    Some(Reading { groups, finding: Some(Finding::scored("phone", span, score)) })
}

/// `+41 (0)71 526 99 04`, `0041 71 526 99 04`.
fn international(chain: Chain<'_>) -> Option<(usize, f64)> {
    let first = chain.group(0);
    let head = chain.text.get(..chain.span(1).start)?;
    let plus = (head.ends_with('+') || head.ends_with("+(")) && !first.starts_with('0');
    let zeros = first.starts_with("00") && !first.starts_with("000") && chain.len() > 1;
    if !plus && !zeros {
        return None;
    }
    let prefix = if zeros { 2 } else { 0 };
    let north_american = first.get(prefix..).is_some_and(|code| code.starts_with('1'));
    let groups = longest(chain, prefix + if north_american { 11 } else { MAX_DIGITS });
    (chain.total(groups) >= prefix + 8).then_some((groups, if plus { STRONG } else { LIKELY }))
}

/// `212-555-0123`, `(212) 555-0123`, `1.212.555.0123`.
fn north_american(chain: Chain<'_>) -> Option<(usize, f64)> {
    let (count, area) = match chain.group(0) {
        "1" if chain.has_sizes(&[1, 3, 3, 4]) => (4, 1),
        _ if chain.has_sizes(&[3, 3, 4]) => (3, 0),
        _ => return None,
    };
    let fits = !chain.group(area).starts_with(['0', '1'])
        && (1..count).all(|index| !matches!(chain.gap(index - 1), Gap::Slash | Gap::Dash));
    (fits && chain.is_free(count)).then_some((count, STRONG))
}

/// `(0341) 838 7176`: an area code in brackets.
fn bracketed(chain: Chain<'_>) -> Option<(usize, f64)> {
    if before(chain.text, chain.span(1).start) != Some(b'(')
        || chain.gap(0) != Gap::Bracket
        || !(2..=5).contains(&chain.size(0))
    {
        return None;
    }
    let groups = longest(chain, MAX_DIGITS);
    ((9..=12).contains(&chain.total(groups)) && chain.is_free(groups)).then_some((groups, LIKELY))
}

/// `0490 75 40 81`: a trunk zero and three to five groups with one separator.
fn trunk(chain: Chain<'_>) -> Option<(usize, f64)> {
    let first = chain.group(0);
    if !first.starts_with('0') || first.starts_with("00") || !(2..=5).contains(&first.len()) {
        return None;
    }
    let groups = (3..=5).rev().find(|count| chain.len() >= *count && (9..=11).contains(&chain.total(*count)))?;
    let sizes = (1..groups).all(|index| (2..=4).contains(&chain.size(index)));
    let between = chain.gap(0);
    let parted = matches!(between, Gap::Space | Gap::Hyphen | Gap::Dot) && chain.gaps_are(groups, between);
    (sizes && parted && chain.is_free(groups)).then_some((groups, LIKELY))
}

/// Any number of 7 to 15 digits of which the words before it speak.
fn named(source: &Source<'_>, chain: Chain<'_>) -> Option<(usize, f64)> {
    let groups = longest(chain, MAX_DIGITS);
    let enough = (7..=MAX_DIGITS).contains(&chain.total(groups)) && chain.is_free(groups);
    (enough && source.context().nearest(chain.span(1).start) == Some(Label::Phone)).then_some((groups, CONTEXT))
}

/// Most groups with at most `most` digits together; at least one.
fn longest(chain: Chain<'_>, most: usize) -> usize {
    let mut total = 0;
    let fits = |index: &usize| {
        total += chain.size(*index);
        total <= most && (*index == 0 || chain.gap(index - 1) != Gap::Dash)
    };
    (0..chain.len().min(MAX_GROUPS)).take_while(fits).count().max(1)
}

/// The span with the `+` or bracket before it and the extension after it.
fn with_signs(chain: Chain<'_>, groups: usize) -> Range<usize> {
    let Range { start, end } = chain.span(groups);
    let head = chain.text.get(..start).unwrap_or_default();
    let sign = ["+(", "+", "("].iter().find(|sign| head.ends_with(**sign)).map_or(0, |sign| sign.len());
    let closed = chain.text.get(start..end).is_some_and(|number| number.contains(')'));
    let sign = if sign == 1 && head.ends_with('(') && !closed { 0 } else { sign };
    start - sign..end + extension(chain.text, end)
}

/// Length of an extension such as ` x123` or ` ext. 123` at `end`; 0 when there is none.
pub(super) fn extension(text: &str, end: usize) -> usize {
    if !matches!(after(text, end), Some(b' ' | b',' | b'x' | b'X' | b'e' | b'E' | b'#')) {
        return 0;
    }
    let rest = ahead(text, end, 24);
    let lower = rest.to_ascii_lowercase();
    let word = lower.trim_start_matches([' ', ',']);
    let Some(name) = ["extension", "ext.", "ext", "x", "#"].iter().find(|name| word.starts_with(**name)) else {
        return 0;
    };
    let number = word.get(name.len()..).unwrap_or_default().trim_start_matches([' ', ':', '.']);
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    let touches = number.as_bytes().get(digits).is_some_and(|b| is_word(*b));
    if (1..=6).contains(&digits) && !touches { rest.len() - number.len() + digits } else { 0 }
}
