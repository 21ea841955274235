//! Chinese lengths: a number before 字 or 词, or after 字数 and its like.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::context::{Context, pattern};
use super::numerals::{self, chinese};
use super::{Bound, Mention};

/// A number in digits or characters.
macro_rules! number {
    () => {
        r"(?:\d[\d,]*(?:\.\d+)?\s*[千百万萬kw]?(?:\d+[千百])?|[零〇一二两兩三四五六七八九十百千万萬]+)"
    };
}

pattern!(
    BEFORE_UNIT,
    concat!(
        "(",
        number!(),
        r")(?:\s*(?:-|~|～|—|–|到|至|或)+\s*(",
        number!(),
        r"))?\s*(多|余|来|來|\+)?\s*(?:个|個)?\s*(?:左右|上下)?的?(?:英文|中文|汉|漢)?(?:字符?|词|詞|单词|單詞)"
    )
);
pattern!(
    AFTER_COUNT,
    concat!(
        r"(?:字数|字數|词数|詞數|篇幅)[^\d零〇一二两兩三四五六七八九十百千万萬\n。;]{0,12}(",
        number!(),
        r")(?:\s*(?:-|~|～|—|–|到|至|或)+\s*(",
        number!(),
        "))?(多|余)?"
    )
);

/// What follows 字 or 词 when a word is meant in which it stands, and no length.
const WORDS: [&str; 11] = ["母", "典", "幕", "汇", "彙", "成语", "真言", "诀", "经", "符集", "谜"];
/// Units that make a number after 字数 something else.
const OTHER_UNITS: [char; 6] = ['页', '頁', '章', '段', '%', '分'];

/// All lengths in a normalised text.
pub(super) fn mentions(text: &str) -> Vec<Mention> {
    let all = |pattern: &'static LazyLock<Option<Regex>>| pattern.as_ref().map(|pattern| pattern.captures_iter(text));
    let before_unit = all(&BEFORE_UNIT).into_iter().flatten().filter(|found| {
        let after = found.get(0).and_then(|whole| text.get(whole.end()..)).unwrap_or_default();
        !WORDS.iter().any(|word| after.starts_with(word))
    });
    let after_count = all(&AFTER_COUNT).into_iter().flatten().filter(|found| {
        let after = found.get(0).and_then(|whole| text.get(whole.end()..)).unwrap_or_default();
        !after.trim_start().starts_with(OTHER_UNITS)
    });
    let mut mentions: Vec<Mention> = Vec::new();
    for mention in before_unit.chain(after_count).filter_map(|found| mention(text, &found)) {
        if !mentions.iter().any(|there| there.span.0 == mention.span.0) {
            mentions.push(mention);
        }
    }
    mentions
}

fn mention(text: &str, found: &Captures<'_>) -> Option<Mention> {
    let (whole, first) = (found.get(0)?, found.get(1)?);
    // `千字文` is the name of a text.
    if first.as_str() == "千" && text.get(whole.end()..)?.starts_with('文') {
        return None;
    }
    let (from, both) = chinese(first.as_str())?;
    let to = found.get(2).and_then(|to| chinese(to.as_str())).map(|(to, _)| to).or(both);
    let context = Context::around(text, first.start(), whole.end());
    // Of `字数3000`, what stands before 字数.
    if Context::around(text, whole.start(), whole.end()).is_of_another_text() {
        return None;
    }
    let bound = if found.get(3).is_some() { Bound::AtLeast } else { context.bound() };
    Some(Mention {
        span: (first.start(), whole.end()),
        from: to.map_or(from.value, |to| numerals::range_start(from, to)),
        to: to.map(|to| to.value),
        bound,
        part: context.is_of_part(),
        total: context.is_total(),
    })
}
