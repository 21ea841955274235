//! What is taken out of an answer, and what is weak in one.

use std::collections::HashSet;

use super::*;
use crate::text::{mark, sentences};

fn section(heading: &str, point: &str) -> Section {
    Section { id: "3".into(), within: Vec::new(), heading: heading.into(), main_point: point.into(), words: 200 }
}

fn weak(text: &str, section: &Section, before: &str) -> Vec<Weakness> {
    let cut = without_loops(text, &HashSet::new());
    let language = Language::of(&section.main_point);
    Prose.weaknesses(&DraftOf { text: &cut, raw: text, section, language, before })
}

#[test]
fn what_is_about_the_task_is_taken_out() {
    let section = section("Origins", "Where tea is from");
    for answer in [
        "Sure! Here is the section:\n\n## Origins\n\nTea is from China.\n\nWord Count: 200",
        "Paragraph 3: Tea is from China.",
        "**Paragraph 3 - Main Point**\n\nTea is from China.\n\n(Word count: 5)",
        "**Section 3: Origins**\n\nTea is from China.\n\n**Word Count:** 200 words",
        "<think>What would be good?</think>\n\nTea is from China.",
        "```markdown\nTea is from China.\n```",
        "---\n\nTea is from China.",
        "\u{feff}Tea is\u{0} from China.",
    ] {
        let wanted = if answer.contains("Paragraph 3 - Main Point") {
            "Main Point**\n\nTea is from China."
        } else {
            "Tea is from China."
        };
        let found = Prose.clean(answer, &section);
        assert!(found == wanted || found == "Tea is from China.", "{answer:?} became {found:?}");
    }
    assert_eq!(Prose.clean("第3段：茶来自中国。\n字数：200", &section), "茶来自中国。");
    assert_eq!(Prose.clean("# Tea\nis from China.", &section), "###### Tea\nis from China.");
    for text in [
        "Paragraph 3 of the treaty says this.",
        "第3次尝试成功了。",
        "Here is where it began.",
        "Section 12 was closed.",
    ] {
        assert_eq!(Prose.clean(text, &section), text);
    }
    assert_eq!(Prose.clean("<think>without an end", &section), "");
}

#[test]
fn sentences_that_turn_in_a_circle_are_taken_out() {
    let none = HashSet::new();
    let stuck = "The tea is very good today. ".repeat(50);
    assert_eq!(without_loops(&stuck, &none), "The tea is very good today.");
    let two = "The tea is very good today. The cup is very large indeed. ".repeat(50);
    assert_eq!(sentences(&without_loops(&two, &none)).count(), 4);
    let refrain = "We go where rivers always go. The night was long and cold. We go where rivers always go.";
    assert_eq!(without_loops(refrain, &none), refrain);
    let earlier: HashSet<u64> = sentences("The tea is very good today.").filter_map(mark).collect();
    assert_eq!(sentences(&without_loops(&two, &earlier)).count(), 3);
}

#[test]
fn a_text_that_repeats_itself_is_weak() {
    let section = section("Tea", "Tea");
    assert_eq!(weak(&"The tea is very good today. ".repeat(50), &section, ""), [Weakness::Repetition]);
    let circling: String =
        (0..40).map(|n| format!("The thing number {n} is that tea is very good for you. ")).collect();
    assert_eq!(weak(&circling, &section, ""), [Weakness::Repetition]);
    let once = "Tea came to Europe in the holds of Dutch ships. It was dear at first.";
    assert_eq!(weak(once, &section, ""), []);
    assert_eq!(weak(once, &section, once), [Weakness::Repetition]);
}

#[test]
fn a_text_that_misses_its_point_is_weak() {
    let section = section("Taxes on tea", "How taxes on imported leaves led to smuggling along the English coast");
    assert_eq!(weak("Dogs like to run. Cats prefer to sleep.", &section, ""), [Weakness::MainPointMissing]);
    assert_eq!(weak("Taxation made smugglers of half the coast.", &section, ""), []);
    let chinese = Section { main_point: "茶叶税如何导致走私".into(), ..section.clone() };
    assert_eq!(weak("猫喜欢睡觉，狗喜欢跑步。", &chinese, ""), [Weakness::MainPointMissing]);
    assert_eq!(weak("茶叶的重税让沿海走私盛行。", &chinese, ""), []);
}

#[test]
fn markers_refusals_and_other_languages_are_weak() {
    let section = section("Tea", "Tea");
    assert_eq!(weak("Tea. As planned, Main Point: tea.", &section, ""), [Weakness::Markers]);
    assert_eq!(weak("Tea.\n\nParagraph 4: More tea.", &section, ""), [Weakness::Markers]);
    assert_eq!(weak("I'm sorry, but I can't write that.", &section, ""), [Weakness::Refusal]);
    let chinese = "茶是一种饮料。它来自中国，后来传到欧洲。人们喜欢在下午喝它，也喜欢在早晨喝它。";
    assert_eq!(weak(chinese, &section, ""), [Weakness::OtherLanguage]);
}

#[test]
fn a_section_stands_below_the_headings_that_it_opens() {
    let section = Section { within: vec!["Part".into()], ..section("Origins", "x") };
    let piece = Piece { title: Some("Tea"), opened: &[(0, "Part")], section: &section, body: "Text.", headings: true };
    assert_eq!(Prose.render(&piece), "# Tea\n\n## Part\n\n### Origins\n\nText.");
    assert_eq!(Prose.render(&Piece { headings: false, ..piece }), "Text.");
}
