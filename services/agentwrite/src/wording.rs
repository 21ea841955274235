//! What the model is told, in the language of the document. Texts from outside are put beside each other, never into a template:
//! nothing in them is expanded, whatever it looks like.

mod chinese;
mod english;

use std::fmt::Write as _;

use crate::{Language, Plan, Section, Weakness};

/// The fixed texts of a language.
pub(crate) struct Wording {
    pub(crate) plan_system: &'static str,
    pub(crate) write_system: &'static str,
    pub(crate) condense_system: &'static str,
    pub(crate) notes_system: &'static str,
    pub(crate) instruction: &'static str,
    pub(crate) plan: &'static str,
    pub(crate) part: &'static str,
    pub(crate) facts: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) whole_text: &'static str,
    pub(crate) end_of_text: &'static str,
    pub(crate) new_section: &'static str,
    pub(crate) passage: &'static str,
    pub(crate) continue_it: &'static str,
    pub(crate) condense_it: &'static str,
    pub(crate) whole_document: &'static str,
    pub(crate) is_last: &'static str,
    pub(crate) is_first: &'static str,
    pub(crate) refused: &'static str,
    pub(crate) plan_refused: &'static str,
    pub(crate) plan_unread: &'static str,
    pub(crate) plan_doubles: &'static str,
    pub(crate) weak: &'static str,
    pub(crate) elsewhere: &'static str,
    /// How many sections, and of which length.
    pub(crate) plan_it: fn(words: u32, count: u32, each: u32) -> String,
    pub(crate) write_it: fn(section: &Section) -> String,
    /// The last line of every question for a text. It names the number that the answer is held to.
    pub(crate) length: fn(words: u32) -> String,
    pub(crate) notes_it: fn(words: u32) -> String,
    pub(crate) words: fn(words: u32) -> String,
    pub(crate) weakness: fn(weakness: Weakness) -> &'static str,
    /// What stands in the document for a section that was refused, and for one that the model did not write.
    pub(crate) left_out: fn(number: usize) -> String,
    pub(crate) unwritten: fn(number: usize) -> String,
    /// Between two sentences.
    pub(crate) space: &'static str,
    /// Tokens that a word may take.
    pub(crate) tokens_per_word: f64,
}

/// The texts of a language.
pub(crate) const fn of(language: Language) -> &'static Wording {
    match language {
        Language::English => &english::WORDING,
        Language::Chinese => &chinese::WORDING,
    }
}

/// A text from outside, set off from what is asked.
pub(crate) fn fenced(name: &str, text: &str) -> String {
    format!("<{name}>\n{}\n</{name}>", text.trim())
}

impl Wording {
    /// The plan as far as it has a place: all of it within `most` words, else the parts, and the sections near `at` in full.
    pub(crate) fn shown_plan(&self, plan: &Plan, at: usize, most: u32) -> String {
        let lines: Vec<String> = plan.sections.iter().map(|section| self.plan_line(section)).collect();
        let lengths: Vec<u32> = lines.iter().map(|line| crate::words::count(line)).collect();
        let near = near(&lengths, at, most);
        let mut out = String::new();
        let mut part: &[String] = &[];
        for (index, (section, line)) in plan.sections.iter().zip(&lines).enumerate() {
            let is_near = near.contains(&index);
            if section.within != part && (is_near || part.first() != section.within.first()) {
                // Writing to a string does not fail.
                let _ = writeln!(out, "{}", section.within.join(" / "));
            }
            part = &section.within;
            if is_near {
                let _ = writeln!(out, "{line}");
            } else if index + 1 == near.start || index == near.end {
                let _ = writeln!(out, "{}", self.elsewhere);
            }
        }
        out
    }

    fn plan_line(&self, section: &Section) -> String {
        let words = (self.words)(section.words);
        if section.heading.is_empty() {
            return format!("{}. {} ({words})", section.id, section.main_point);
        }
        format!("{}. {}: {} ({words})", section.id, section.heading, section.main_point)
    }
}

/// The sections around `at` that have at most `most` words together; `at` itself in any case.
fn near(lengths: &[u32], at: usize, most: u32) -> std::ops::Range<usize> {
    let (mut from, mut to) = (at, at + 1);
    let mut left = most.saturating_sub(lengths.get(at).copied().unwrap_or_default());
    loop {
        let before = from.checked_sub(1).and_then(|index| lengths.get(index)).filter(|words| **words <= left);
        if let Some(words) = before {
            left -= words;
            from -= 1;
        }
        let behind = lengths.get(to).filter(|words| **words <= left);
        if let Some(words) = behind {
            left -= words;
            to += 1;
        }
        if before.is_none() && behind.is_none() {
            return from..to;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(parts: usize, each: usize) -> Plan {
        let section = |part: usize, n: usize| Section {
            id: format!("{part}.{n}"),
            within: vec![format!("Part number {part}")],
            heading: format!("Heading {n}"),
            main_point: "the point of it".into(),
            words: 300,
        };
        let sections = (1..=parts).flat_map(|part| (1..=each).map(move |n| section(part, n))).collect();
        Plan { title: "T".into(), sections }
    }

    #[test]
    fn a_short_plan_is_shown_whole() {
        let shown = of(Language::English).shown_plan(&plan(2, 2), 0, 1_000);
        assert_eq!(
            shown,
            "Part number 1\n1.1. Heading 1: the point of it (300 words)\n1.2. Heading 2: the point of it (300 words)\n\
             Part number 2\n2.1. Heading 1: the point of it (300 words)\n2.2. Heading 2: the point of it (300 words)\n"
        );
    }

    #[test]
    fn of_a_long_plan_what_is_near_is_shown_and_the_parts_of_the_rest() {
        let shown = of(Language::English).shown_plan(&plan(20, 20), 205, 100);
        assert!(shown.contains("\n11.6. Heading 6"), "{shown}");
        assert!(shown.contains("Part number 1\n") && shown.contains("Part number 20\n"), "{shown}");
        assert!(!shown.contains("\n1.1. ") && crate::words::count(&shown) < 250, "{shown}");
    }
}
