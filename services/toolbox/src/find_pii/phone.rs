//! Telephone numbers: international, North American, national with a trunk zero; any other form after a word such as `phone`.

use std::ops::Range;

use super::context::Label;
use super::numbers::{Chain, Reading};
use super::{CONTEXT, LIKELY, STRONG, Source};
use crate::borders::{ahead, before, is_word};
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
    let start = chain.span(1).start;
    let plus = before(chain.text, start) == Some(b'+') || chain.text.get(..start).is_some_and(|head| head.ends_with("+("));
    let zeros = first.starts_with("00") && !first.starts_with("000") && chain.len() > 1;
    if !(plus && !first.starts_with('0') || zeros) {
        return None;
    }
    let prefix = if zeros { 2 } else { 0 };
    let country_one = first.get(prefix..).is_some_and(|code| code.starts_with('1'));
    let most = prefix + if country_one { 11 } else { MAX_DIGITS };
    let groups = longest(chain, most);
    let digits = total(chain, groups);
    (digits >= prefix + 8).then_some((groups, if plus { STRONG } else { LIKELY }))
}

/// `212-555-0123`, `(212) 555-0123`, `1.212.555.0123`.
fn north_american(chain: Chain<'_>) -> Option<(usize, f64)> {
    let skip = usize::from(chain.group(0) == "1");
    let count = skip + 3;
    let sizes = chain.sizes(count).skip(skip).eq([3, 3, 4]);
    let area = chain.group(skip).starts_with(['2', '3', '4', '5', '6', '7', '8', '9']);
    let parted = (0..count - 1).all(|index| !matches!(chain.gap(index), "/" | " - "));
    (sizes && area && parted && chain.is_free(count)).then_some((count, STRONG))
}

/// `(0341) 838 7176`: an area code in brackets.
fn bracketed(chain: Chain<'_>) -> Option<(usize, f64)> {
    let open = before(chain.text, chain.span(1).start) == Some(b'(');
    let closed = chain.gap(0).starts_with(')');
    let groups = longest(chain, MAX_DIGITS);
    let plausible = (2..=5).contains(&chain.group(0).len()) && (9..=12).contains(&total(chain, groups)) && chain.is_free(groups);
    (open && closed && plausible).then_some((groups, LIKELY))
}

/// `0490 75 40 81`: a trunk zero and three to five groups with one separator.
fn trunk(chain: Chain<'_>) -> Option<(usize, f64)> {
    let between = chain.gap(0);
    let first = chain.group(0);
    let groups = (3..=5).rev().find(|count| chain.len() >= *count && (9..=11).contains(&total(chain, *count)))?;
    let sizes = (2..=5).contains(&first.len()) && chain.sizes(groups).skip(1).all(|size| (2..=4).contains(&size));
    let zero = first.starts_with('0') && !first.starts_with("00");
    let parted = matches!(between, " " | "-" | "." | "\u{a0}") && chain.gaps_are(groups, between);
    (zero && sizes && parted && chain.is_free(groups)).then_some((groups, LIKELY))
}

/// Any number of 7 to 15 digits of which the words before it speak.
fn named(source: &Source<'_>, chain: Chain<'_>) -> Option<(usize, f64)> {
    let groups = longest(chain, MAX_DIGITS);
    let enough = total(chain, groups) >= 7 && chain.is_free(groups);
    (enough && source.context().nearest(chain.span(1).start) == Some(Label::Phone)).then_some((groups, CONTEXT))
}

/// Most groups with at most `most` digits together; at least one.
fn longest(chain: Chain<'_>, most: usize) -> usize {
    let fits = |count: &usize| total(chain, *count) <= most && (*count == 1 || chain.gap(count - 2) != " - ");
    (1..=chain.len().min(MAX_GROUPS)).take_while(fits).last().unwrap_or(1)
}

fn total(chain: Chain<'_>, groups: usize) -> usize {
    chain.sizes(groups).sum()
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
    let rest = ahead(text, end, 24);
    let lower = rest.to_ascii_lowercase();
    let word = lower.trim_start_matches([' ', ',']);
    let Some(name) = ["extension", "ext.", "ext", "x", "#"].iter().find(|name| word.starts_with(**name)) else { return 0 };
    let number = word.get(name.len()..).unwrap_or_default().trim_start_matches([' ', ':', '.']);
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    let touches = number.as_bytes().get(digits).is_some_and(|b| is_word(*b));
    if (1..=6).contains(&digits) && !touches { rest.len() - number.len() + digits } else { 0 }
}
