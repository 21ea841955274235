//! The English texts. Sibling of `chinese`, with the same texts in the same order.

use super::Wording;
use crate::{Section, Weakness};

pub(super) const WORDING: Wording = Wording {
    plan_system: "You plan long texts. You divide what is to be written into sections, so that each has a point of its own, \
        nothing is said twice, and together they do what the instruction asks. For each section you give a short heading, its \
        main point in one or two sentences, and its number of words.",
    write_system: "You write a long text section by section. You are given the instruction for the whole text, its plan, what is \
        written so far, and the section to write now. Write this section alone, in the style that the instruction asks for. \
        Go on from what is written without saying it again. Give the text only: no heading, no title, no number of words, \
        nothing about the task.",
    condense_system: "You shorten passages. You keep what they say, their style and their language, and leave out what is said \
        twice or at length. Give the shortened passage only.",
    notes_system: "You keep notes on a long text while it is written, so that what comes later fits what stands there.",
    instruction: "The instruction for the whole text:",
    plan: "The plan of the whole text:",
    part: "Only this part of the text is planned now:",
    facts: "What is settled so far:",
    summary: "What is written so far, in short:",
    whole_text: "What is written so far:",
    end_of_text: "The end of what is written so far:",
    new_section: "The section that was written now:",
    passage: "The passage:",
    continue_it: "Go on where this stops, in the same section. Say nothing again, and give only what comes next.",
    condense_it: "Shorten this passage.",
    whole_document: "Write the whole text.",
    is_last: "It is the last section: bring the text to its end.",
    is_first: "It is the first section.",
    refused: "An earlier version of it was refused by those who check the text. Write it so that this is not said of it again:",
    plan_refused: "An earlier plan was refused by those who check the text. Plan it so that this is not said of it again:",
    plan_unread: "An earlier answer was no plan. Give nothing but the plan, with all its sections.",
    plan_doubles: "An earlier plan said the same more than once. Give each section a point of its own, not these again:",
    weak: "An earlier version of it had these faults. Write it without them:",
    elsewhere: "…",
    plan_it: |words, count, each| {
        format!(
            "Plan the text as about {count} sections of about {each} words each.\nThe words of all sections together: {words} words."
        )
    },
    write_it: |section: &Section| {
        if section.heading.is_empty() {
            format!("Write section {} now. It is about this: {}", section.id, section.main_point)
        } else {
            format!("Write section {} now, \"{}\". Its main point: {}", section.id, section.heading, section.main_point)
        }
    },
    length: |words| format!("Length: {words} words."),
    notes_it: |words| {
        format!(
            "Give the summary of all that is written so far with this section, in at most {words} words. Give the facts of this \
             section that later ones must not contradict, such as names, numbers, dates and decisions, each in a few words, at \
             most five. Give the numbers of the settled facts that this section contradicts; none is usual."
        )
    },
    words: |words| format!("{words} words"),
    weakness: |weakness| match weakness {
        Weakness::Repetition => "It says the same again and again, or what was said before.",
        Weakness::Contradiction => "It contradicts what is settled.",
        Weakness::MainPointMissing => "It does not speak of its main point.",
        Weakness::Markers => {
            "It has words about the task in it, such as a number of the paragraph or a count of words."
        }
        Weakness::Refusal => "It was no text but a refusal.",
        Weakness::Trimmed => "It was too long.",
        Weakness::OtherLanguage => "It was in another language than the instruction.",
    },
    left_out: |number| format!("*[Section {number} is left out: no version of it passed the checks.]*"),
    unwritten: |number| format!("*[Section {number} is missing: it could not be written.]*"),
    space: " ",
    tokens_per_word: 2.0,
};
