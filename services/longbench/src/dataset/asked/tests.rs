use Asked::{Nothing, PartsOnly, Whole};
use Target::{AtLeast, AtMost, Equal, Range};

use super::*;

#[test]
fn english_digits() {
    for (prompt, asked) in [
        ("Write a 750-word obituary of a lighthouse keeper.", Equal(750)),
        ("Write about tides in 1,250 words.", Equal(1_250)),
        ("An essay on bees; 3000 words.", Equal(3_000)),
        ("I need 2k words on soil.", Equal(2_000)),
        ("I need about 2.5k words on soil.", Equal(2_500)),
        ("Write 12 thousand words on glaciers", Equal(12_000)),
        ("A report of ４５００ words", Equal(4_500)),
        ("A blog post (word count: 900) on tea.", Equal(900)),
        ("The word count should be around 1800.", Equal(1_800)),
    ] {
        assert_eq!(asked_length(prompt), Whole(asked), "{prompt}");
    }
}

#[test]
fn english_number_words() {
    for (prompt, asked) in [
        ("Write two thousand words about rope.", Equal(2_000)),
        ("Write a five-hundred-word note.", Equal(500)),
        ("Write a thousand words on moss.", Equal(1_000)),
        ("A story of fifteen hundred words", Equal(1_500)),
        ("twelve hundred and fifty words on salt", Equal(1_250)),
        ("seventy-five hundred words on canals", Equal(7_500)),
        ("two and a half thousand words on ink", Equal(2_500)),
        ("three thousand two hundred words on wool", Equal(3_200)),
    ] {
        assert_eq!(asked_length(prompt), Whole(asked), "{prompt}");
    }
}

#[test]
fn english_ranges_and_limits() {
    for (prompt, asked) in [
        ("between 600 and 800 words", Range(600, 800)),
        ("a 1000 to 1500 word essay", Range(1_000, 1_500)),
        ("2-3k words, please", Range(2_000, 3_000)),
        ("two to three thousand words", Range(2_000, 3_000)),
        ("1,500–2,000 words", Range(1_500, 2_000)),
        ("at least 3000 words", AtLeast(3_000)),
        ("no less than 900 words", AtLeast(900)),
        ("it should not be less than 1200 words", AtLeast(1_200)),
        ("more than 4000 words", AtLeast(4_000)),
        ("4000+ words on trains", AtLeast(4_000)),
        ("4000 words or more", AtLeast(4_000)),
        ("a minimum of 700 words", AtLeast(700)),
        ("no more than 300 words", AtMost(300)),
        ("up to 2,000 words", AtMost(2_000)),
        ("in under 500 words", AtMost(500)),
        ("must not exceed 1500 words", AtMost(1_500)),
        ("word limit: 650", Equal(650)),
        ("a 650-word limit", AtMost(650)),
        ("a maximum of 250 words", AtMost(250)),
    ] {
        assert_eq!(asked_length(prompt), Whole(asked), "{prompt}");
    }
}

#[test]
fn chinese_numbers_ranges_and_limits() {
    for (prompt, asked) in [
        ("写一篇1800字的游记", Equal(1_800)),
        ("写一篇两千五百字的小说", Equal(2_500)),
        ("写一部三万字的小说", Equal(30_000)),
        ("写一篇1.5万字的报告", Equal(15_000)),
        ("写一篇1万5千字的报告", Equal(15_000)),
        ("写一篇一万五的报告，字数一万五", Equal(15_000)),
        ("写一篇二〇〇〇字的文章", Equal(2_000)),
        ("写十万字小说", Equal(100_000)),
        ("写一篇千字左右的随笔", Equal(1_000)),
        ("大概八百个字", Equal(800)),
        ("写一篇300词的英语作文", Equal(300)),
        ("字数要求：2000左右", Equal(2_000)),
        ("字数在3000到5000之间", Range(3_000, 5_000)),
        ("字数要求100至200字", Range(100, 200)),
        ("写1-2万字的剧本", Range(10_000, 20_000)),
        ("写三五百字", Range(300, 500)),
        ("一两千字即可", Range(1_000, 2_000)),
        ("不少于2000字", AtLeast(2_000)),
        ("字数不少于1500", AtLeast(1_500)),
        ("不得少于一千字", AtLeast(1_000)),
        ("800字以上", AtLeast(800)),
        ("3000多字", AtLeast(3_000)),
        ("至少五千字", AtLeast(5_000)),
        ("不超过500字", AtMost(500)),
        ("200字以内", AtMost(200)),
        ("最多６００字", AtMost(600)),
    ] {
        assert_eq!(asked_length(prompt), Whole(asked), "{prompt}");
    }
}

#[test]
fn what_is_no_length_of_the_text() {
    for prompt in [
        "Write an essay about courage.",
        "In other words, explain gravity.",
        "Explain it in three words.",
        "List the key words of this field.",
        "A picture is worth a thousand words: discuss.",
        "Summarise this 2000-word article.",
        "Improve the first 500 words of the text below.",
        "Write a few thousand words on rivers.",
        "Write a 50-page novel.",
        "In 2024, 300 people said the word hello.",
        "写一篇几千字的文章",
        "介绍一下千字文",
        "用四字成语写一段话",
        "总结前500字",
        "英语有26个字母",
        "写一篇关于2024年经济的文章",
    ] {
        assert_eq!(asked_length(prompt), Nothing, "{prompt}");
    }
}

#[test]
fn parts_are_told_from_the_whole() {
    for prompt in [
        "Write five diary entries, 400 words each.",
        "Each chapter should have about 1,000 words.",
        "Write 3 stories of about 500 words",
        "800 words per section",
        "写五篇日记，每篇400字左右",
        "两部分各写1000字",
    ] {
        assert_eq!(asked_length(prompt), PartsOnly, "{prompt}");
    }
    for (prompt, asked) in [
        ("Write 2,000 words in five parts of 400 words each.", Equal(2_000)),
        ("写一篇2000字的报告，分两部分，各1000字", Equal(2_000)),
        ("An abstract of 200 words and then the paper, 3000 words in total.", Equal(3_000)),
    ] {
        assert_eq!(asked_length(prompt), Whole(asked), "{prompt}");
    }
}

#[test]
fn hostile_prompts_end() {
    for text in ["1,", "one and ", "words ", "一二三", "a hundred ", "9", "word count : "] {
        let _ = asked_length(&text.repeat(60_000 / text.len()));
    }
    assert_eq!(asked_length(&format!("{} words", "9".repeat(400))), Nothing);
}
