//! What is weak in a section of prose, found without a model. Pure. Whether it contradicts the facts is asked of the model.

use std::collections::HashSet;

use super::clean::without_step;
use crate::material::DraftOf;
use crate::text::{mark, sentences, terms};
use crate::words::{count, is_han};
use crate::{Language, Weakness};

/// Neighbouring words by which a text that turns in a circle is known, and the share of them that is to be new.
const NEIGHBOURS: usize = 4;
const NEW: f64 = 0.6;
/// Share of a text that may be sentences which were there before.
const OLD: f64 = 0.2;
/// Share of the words of a main point that its section is to have.
const SPOKEN_OF: f64 = 0.2;

const REFUSALS: &[&str] = &[
    "i'm sorry",
    "i am sorry",
    "i apologize",
    "i cannot",
    "i can't",
    "i can’t",
    "as an ai",
    "sorry, but",
    "抱歉",
    "对不起",
    "很抱歉",
    "作为一个人工智能",
    "作为ai",
    "我无法",
    "我不能",
];
const LEFT_IN: &[&str] =
    &["word count:", "main point:", "字数：", "主要观点：", "<instruction>", "</instruction>", "<text>", "</text>"];

pub(super) fn weaknesses(draft: &DraftOf<'_>) -> Vec<Weakness> {
    let found = [
        (Weakness::Repetition, repeats(draft)),
        (Weakness::MainPointMissing, misses_the_point(draft)),
        (Weakness::Markers, has_markers(draft.text)),
        (Weakness::Refusal, is_refusal(draft.text)),
        (Weakness::OtherLanguage, is_other_language(draft)),
    ];
    found.into_iter().filter(|(_, is)| *is).map(|(weakness, _)| weakness).collect()
}

fn repeats(draft: &DraftOf<'_>) -> bool {
    let words = f64::from(count(draft.raw).max(1));
    let taken_out = words - f64::from(count(draft.text));
    let before: HashSet<u64> = sentences(draft.before).filter_map(mark).collect();
    let (mut seen, mut old) = (HashSet::new(), 0_u32);
    for sentence in sentences(draft.text) {
        let Some(known_by) = mark(sentence) else { continue };
        if before.contains(&known_by) || !seen.insert(known_by) {
            old += count(sentence);
        }
    }
    (f64::from(old) + taken_out) / words > OLD || circles(draft.text)
}

/// Whether the same few words come again and again.
fn circles(text: &str) -> bool {
    let all = terms(text);
    let groups: Vec<&[String]> = all.windows(NEIGHBOURS).collect();
    let new: HashSet<&&[String]> = groups.iter().collect();
    groups.len() > 40 && (new.len() as f64) < NEW * groups.len() as f64
}

fn misses_the_point(draft: &DraftOf<'_>) -> bool {
    // The stem will do: a section on "taxes" may speak of taxation.
    let stem = |term: &String| term.chars().take(5).collect::<String>();
    let says_something = |term: &String| term.chars().any(is_han) || term.chars().count() > 3;
    let wanted: HashSet<String> =
        terms(&draft.section.main_point).iter().filter(|t| says_something(t)).map(stem).collect();
    let said: HashSet<String> = terms(draft.text).iter().map(stem).collect();
    wanted.len() >= 3 && (wanted.intersection(&said).count() as f64) < SPOKEN_OF * wanted.len() as f64
}

fn has_markers(text: &str) -> bool {
    let lower = text.to_lowercase();
    LEFT_IN.iter().any(|marker| lower.contains(marker)) || text.lines().any(|line| without_step(line) != line)
}

fn is_refusal(text: &str) -> bool {
    let lower = text.trim_start().to_lowercase();
    count(text) < 120 && REFUSALS.iter().any(|refusal| lower.starts_with(refusal))
}

fn is_other_language(draft: &DraftOf<'_>) -> bool {
    let han = draft.text.chars().filter(|c| is_han(*c)).count();
    let words = count(draft.text) as usize;
    let is_chinese = han * 2 > words;
    words >= 30 && is_chinese != (draft.language == Language::Chinese)
}
