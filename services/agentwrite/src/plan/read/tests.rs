//! What counts as a plan, and what does not.

use super::{Item, read};

fn item(heading: &str, point: &str, words: u32) -> Item {
    Item { heading: heading.to_owned(), point: point.to_owned(), words }
}

#[test]
fn the_published_form_is_read_and_nothing_around_it() {
    let answer = "Sure! Here is the plan for your text, with 2 paragraphs:\n\n\
        **Paragraph 1 - Main Point: How tea came to Europe, and why - Word Count: 300 words**\n\
        I hope that this first step helps.\n\
        Paragraph 2 - Main Point: Tea today - Word Count: 1,200\n\n\
        Let me know whether I should write it!";
    let outline = read(answer);
    assert_eq!(
        outline.items,
        [item("How tea came to Europe", "How tea came to Europe, and why", 300), item("Tea today", "Tea today", 1_200)]
    );
}

#[test]
fn its_parts_may_stand_on_lines_of_their_own_and_in_chinese() {
    let answer =
        "Paragraph 1\n- Main Point: Tea\n- Word Count: 200\nParagraph 2\n- Main Point: Coffee\n- Word Count: about 250";
    assert_eq!(read(answer).items, [item("Tea", "Tea", 200), item("Coffee", "Coffee", 250)]);
    let answer = "段落1 - 主要观点：茶的历史 - 字数：300字\n段落2 - 主要观点：茶的今天 - 字数：400字";
    assert_eq!(read(answer).items, [item("茶的历史", "茶的历史", 300), item("茶的今天", "茶的今天", 400)]);
    let answer = "1. Of tea (300 words): how it came\n2. Of coffee (200 words)\n3. no number of them";
    assert_eq!(read(answer).items, [item("Of tea", "how it came", 300), item("Of coffee", "Of coffee", 200)]);
}

#[test]
fn json_is_read_in_the_form_asked_for_and_near_it() {
    let whole = r###"{"title": "Tea", "sections": [{"heading": "## Section 1: Origins", "main_point": "Where it is from", "words": 300}]}"###;
    let outline = read(whole);
    assert_eq!((outline.title.as_str(), outline.items), ("Tea", vec![item("Origins", "Where it is from", 300)]));
    let near =
        "```json\n[{\"title\": \"Origins\", \"summary\": \"Where it is from\", \"word_count\": \"300 words\"}]\n```";
    assert_eq!(read(near).items, [item("Origins", "Where it is from", 300)]);
    let strange =
        r#"{"sections": [{"heading": "A", "main_point": "B", "words": -5}, {"heading": "", "main_point": "  "}, 7]}"#;
    assert_eq!(read(strange).items, [item("A", "B", 0)]);
}

#[test]
fn of_json_that_is_cut_off_the_whole_sections_count() {
    let cut = r#"{"title": "Tea", "sections": [{"heading": "A", "main_point": "B", "words": 1}, {"heading": "C", "main_point": "D", "words": 2}, {"heading": "E", "main_po"#;
    let outline = read(cut);
    assert_eq!((outline.title.as_str(), outline.items), ("Tea", vec![item("A", "B", 1), item("C", "D", 2)]));
}

#[test]
fn what_is_no_plan_gives_no_section() {
    for answer in [
        "",
        "Tea is a drink.\nIt came to Europe in 1610.\nMany words were said about it.",
        "I'm sorry, but I can't help with that.",
        "{\"error\": {\"message\": \"overloaded\"}}",
        "[1, 2, 3]",
        "Error: 502 Bad Gateway",
    ] {
        assert_eq!(read(answer).items, [], "{answer}");
    }
    // Hostile nesting is bounded.
    assert!(read(&"{\"a\":".repeat(40_000)).items.is_empty());
}

#[test]
fn a_plan_with_hundreds_of_sections_is_read_and_one_with_thousands_is_bounded() {
    let lines = |n: usize| {
        (1..=n).map(|i| format!("Paragraph {i} - Main Point: Point {i} - Word Count: 9\n")).collect::<String>()
    };
    assert_eq!(read(&lines(200)).items.len(), 200);
    assert_eq!(read(&lines(3_000)).items.len(), 1_000);
}
