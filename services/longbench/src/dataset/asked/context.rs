//! What stands around a length: limits to one side, parts, totals, other texts.

use std::sync::LazyLock;

use regex::Regex;

use super::Bound;

/// Patterns that are part of this file and are compiled once; one that did not compile would match nothing, and the tests
/// would fail.
macro_rules! pattern {
    ($name:ident, $text:expr) => {
        static $name: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new($text).ok());
    };
}
pub(super) use pattern;

pub(super) fn is_in(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

/// Characters before a length that are looked at.
const BEFORE: usize = 56;
/// Characters after it.
const AFTER: usize = 28;

/// The text around a length, within its sentence.
pub(super) struct Context<'t> {
    pub(super) before: &'t str,
    pub(super) after: &'t str,
}

impl<'t> Context<'t> {
    pub(super) fn around(text: &'t str, from: usize, to: usize) -> Self {
        let before = text.get(..from).unwrap_or_default();
        let start = before.char_indices().rev().nth(BEFORE - 1).map_or(0, |(at, _)| at);
        let before = before.get(start..).unwrap_or_default();
        let before = before.rsplit(['\n', '。', '!', '?', ';']).next().unwrap_or_default();
        let before = before.rsplit(". ").next().unwrap_or_default();
        let after = text.get(to..).unwrap_or_default();
        let end = after.char_indices().nth(AFTER).map_or(after.len(), |(at, _)| at);
        let after = after.get(..end).unwrap_or_default();
        Self { before, after: after.split(['\n', '。', '!', '?', ';']).next().unwrap_or_default() }
    }

    /// Which side is open.
    pub(super) fn bound(&self) -> Bound {
        // The negated forms first: `no more than` ends with `more than`.
        let ladder = [
            (&*NOT_LESS, Bound::AtLeast),
            (&*NOT_MORE, Bound::AtMost),
            (&*MORE, Bound::AtLeast),
            (&*LESS, Bound::AtMost),
        ];
        let before = ladder.iter().find(|(pattern, _)| matches(pattern, self.before)).map(|(_, bound)| *bound);
        let after = || {
            let sides = [(&*THEN_MORE, Bound::AtLeast), (&*THEN_LESS, Bound::AtMost)];
            sides.iter().find(|(pattern, _)| matches(pattern, self.after)).map(|(_, bound)| *bound)
        };
        before.or_else(after).unwrap_or(Bound::About)
    }

    /// Whether it is the length of a part.
    pub(super) fn is_of_part(&self) -> bool {
        is_in(&PART_BEFORE, self.before) || is_in(&PART_AFTER, self.after)
    }

    /// Whether it is called the total.
    pub(super) fn is_total(&self) -> bool {
        is_in(&TOTAL_BEFORE, self.before) || is_in(&TOTAL_AFTER, self.after)
    }

    /// Whether it is the length of a text that is there already, or no length at all.
    pub(super) fn is_of_another_text(&self) -> bool {
        is_in(&OTHER, self.before)
    }
}

fn matches(pattern: &Option<Regex>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

pattern!(
    NOT_LESS,
    r"(?x) (?: \b(?:no|not) \s+ (?:be\s+)? (?:less|fewer|shorter|lower) \s+ than | \bat \s* lea(?:st|se)
    | \bmin(?:imum)? (?:\s+(?:length|word\s+count))? (?:\s+of|\s*:)? | 不(?:能|得|可|要|宜|应)?(?:少于|少於|低于|低於|小于|小於) | 至少 | 最少 | 起码 )
    (?: \s+(?:about|around|approximately) )? \s* $"
);
pattern!(
    NOT_MORE,
    r"(?x) (?: \b(?:no|not) \s+ (?:be\s+)? (?:more|longer|greater) \s+ than | \b(?:not|n't) \s+ (?:to\s+)? exceed (?:ing)?
    | \bat \s+ most | \bup \s+ to | \bmax(?:imum)? (?:\s+(?:length|word\s+count))? (?:\s+of|\s*:)? | \blimit(?:ed)? \s+ (?:of|to)
    | 不(?:能|得|可|要|宜|应)?(?:超过|超過|多于|多於|大于|高于|超出) | 最多 | 至多 ) \s* $"
);
pattern!(MORE, r"(?:\b(?:more than|over|above|exceed(?:s|ing)?)|超过|超過|多于|多於|大于)\s*$");
pattern!(LESS, r"(?:\b(?:less than|fewer than|under|below|within)|少于|少於|小于|低于|不到)\s*$");
pattern!(
    THEN_MORE,
    r"^\s*(?:or\s+(?:more|longer|above)|at\s+(?:the\s+)?(?:least|minimum)|and\s+(?:above|up|more)|min(?:imum)?\b|\+|或?以上|及以上|起|之上|打底)"
);
pattern!(
    THEN_LESS,
    r"^\s*(?:or\s+(?:less|fewer|under|below)|at\s+(?:the\s+)?(?:most|maximum)|max(?:imum)?\b|limit\b|或?以内|以內|之内|以下|内)"
);
pattern!(
    PART_BEFORE,
    r"(?x) (?: \b(?:each|every|per)\b [^.]{0,44} | \b(?:\d+|two|three|four|five|six|seven|eight|nine|ten|twelve|several|multiple) \s+ (?:[a-z]+\s+){0,2} [a-z]+s \s+
    (?:of|with|at) \s+ (?:(?:about|around|approximately|roughly|at\s+least)\s+)? | (?:每|各|分别)[^,]{0,12} ) $"
);
pattern!(
    PART_AFTER,
    r"^\s*(?:each\b|apiece|per\b|every\b|for\s+(?:each|every)\b|a\s+(?:day|week|piece|section|chapter|paragraph|page|part)\b|/|每|一(?:篇|章|段|节|天))"
);
pattern!(
    TOTAL_BEFORE,
    r"(?:\b(?:total(?:ing|ling)?|altogether|overall|whole|entire)\b[^.]{0,28}|(?:总|總|共|全文|一共|合计)[^,]{0,10})$"
);
pattern!(TOTAL_AFTER, r"^\s*(?:in\s+(?:total|all)|total\b|altogether|overall)");
pattern!(
    OTHER,
    r"(?:\b(?:first|last|next|following|these|those|this|that|previous|above|my|worth)\s+|(?:第|前|后|这|该|此|上述|以下|下面|几|数|數|好几)\s*)$"
);
