//! Words about the task that a writer leaves in its text, such as `Paragraph 3 - Main Point: …` or `字数：400`. Those that
//! stand apart from the text are taken out; a text with others is no example to learn from.

use std::sync::LazyLock;

use regex::Regex;

/// A paragraph's number by itself, or before its text.
static NUMBERED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?imx) ^ [\ \t]* [\#*\[(【（]* [\ \t]*
        (?: paragraph \s* \d+ | 段落 \s* [\d一二三四五六七八九十]+ | 第 \s* [\d一二三四五六七八九十]+ \s* 段 )
        [\ \t]* (?: [\])】）*:：.、\-–—]+ [\ \t*]* | $ )",
    )
    .ok()
});

/// What is left of a plan.
static LEFT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?imx)
          \b main \s+ point s? \*{0,2} \s* [:：]
        | \b word \s+ count \*{0,2} \s* [:：] [\s*]* (?:about|approximately|~|约)? \s* \d
        | ^ .{0,8} \b paragraph \s+ \d+ \s* [-–—:：]
        | [\[(] \s* (?: end \s+ of \s+ )? paragraph \s* \d+ [^\])]{0,40} [\])]
        | [\[(（] \s* (?:about|approximately|approx\.?|约|共)? \s* \d{2,6} \s* (?: words? | 字 ) \s* [\])）] [\ \t]* $
        | (?: 段落 | 本段 ) \s* (?: 主旨 | 要点 | 主要内容 | 字数 ) \s* [:：]
        | 字数 (?: 要求 | 统计 )? \s* [:：] \s* 约? \s* \d
        | (?: 主旨 | 要点 ) \s* [:：] .{0,80} 字数
        ",
    )
    .ok()
});

/// The text without the numbers of its paragraphs.
pub(super) fn without_numbers(text: &str) -> String {
    let Some(pattern) = NUMBERED.as_ref() else { return text.to_owned() };
    let plain = pattern.replace_all(text, "");
    // A line that was nothing but a number leaves an empty one.
    let mut lines: Vec<&str> = Vec::new();
    for line in plain.lines().map(str::trim_end) {
        if !(line.is_empty() && lines.last().is_none_or(|last| last.is_empty())) {
            lines.push(line);
        }
    }
    lines.join("\n").trim().to_owned()
}

/// The first marker that is left in the text.
pub(super) fn left_in(text: &str) -> Option<String> {
    let found = LEFT.as_ref()?.find(text)?;
    Some(found.as_str().trim().chars().take(80).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_paragraphs_are_taken_out() {
        for (text, plain) in [
            ("Paragraph 1: Once upon a time.\n\nParagraph 2:\n\nThe end.", "Once upon a time.\n\nThe end."),
            ("**Paragraph 3**\nA text.", "A text."),
            ("### Paragraph 12 - A text.", "A text."),
            ("[Paragraph 4]\nA text.", "A text."),
            ("第三段：从前有座山。\n段落4\n山上有座庙。", "从前有座山。\n\n山上有座庙。"),
        ] {
            assert_eq!(without_numbers(text), plain, "{text}");
        }
    }

    #[test]
    fn headings_and_prose_stay_as_they_are() {
        for text in [
            "## Part 2\n\nIn the third paragraph of the letter he wrote: come.",
            "Section 3: Methods",
            "The statute says in paragraph 5 that dogs are welcome.",
            "第三章 归来\n\n他在信的第二段里写道。",
            "Chapter 1\n\nA word.",
        ] {
            assert_eq!(without_numbers(text), text);
            assert_eq!(left_in(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_left_of_a_plan_is_found() {
        for text in [
            "Intro - Main Point: the sea - Word Count: 400 words\nText.",
            "Text.\n\n**Word Count:** 412",
            "Text.\n(450 words)",
            "Text. [End of paragraph 3]",
            "正文。（约500字）",
            "字数：800\n正文。",
            "Next: Paragraph 3 - the storm",
        ] {
            assert!(left_in(text).is_some(), "{text}");
        }
    }
}
