//! Takes out of an answer what is about the task and not of the text: thoughts, fences, a greeting, the heading again, markers
//! such as `Paragraph 3`, a count of words at the end. Pure.

use std::collections::{HashMap, HashSet};

use crate::Section;
use crate::text::{mark, sentences};

/// Longest answer that is read, in bytes.
const MOST_BYTES: usize = 128 << 10;

/// Beginnings of lines that speak about the task, in lower case.
const MARKERS: &[&str] = &[
    "word count",
    "main point",
    "words:",
    "length:",
    "[end",
    "(end",
    "字数：",
    "字数:",
    "长度：",
    "主要观点",
    "（字数",
    "(字数",
    "（完",
    "(word count",
    "[word count",
];
/// Beginnings of a first line that announces a text.
const GREETINGS: &[&str] =
    &["sure", "certainly", "of course", "here is", "here's", "okay", "好的", "当然", "以下是", "下面是"];
/// Words that such a line numbers a step with.
const STEPS: &[&str] = &["paragraph", "section", "段落", "第"];

pub(super) fn clean(answer: &str, section: &Section) -> String {
    let mut end = answer.len().min(MOST_BYTES);
    while !answer.is_char_boundary(end) {
        end -= 1;
    }
    let answer = answer.get(..end).unwrap_or_default().replace("\r\n", "\n");
    let answer: String = answer.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    let text = unfenced(without_thoughts(answer.trim_start_matches('\u{feff}').trim()).trim());
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        if is_about_the_task(line, lines.iter().all(|line| line.trim().is_empty()), section) {
            continue;
        }
        lines.push(lower_heading(without_step(line)));
    }
    lines.join("\n").trim().to_owned()
}

/// What follows the thoughts that some models write before their answer.
fn without_thoughts(text: &str) -> &str {
    match text.strip_prefix("<think>") {
        Some(rest) => rest.split_once("</think>").map_or("", |(_, answer)| answer),
        None => text,
    }
}

/// The inside of an answer that is one block as a whole.
fn unfenced(text: &str) -> &str {
    let inside =
        text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```")).filter(|rest| !rest.contains("```"));
    inside.and_then(|rest| rest.split_once('\n')).map_or(text, |(_, body)| body.trim())
}

fn is_about_the_task(line: &str, is_first: bool, section: &Section) -> bool {
    let bare = line.trim().trim_matches(|c: char| "#*_-> ".contains(c)).trim();
    let lower = bare.to_lowercase();
    if MARKERS.iter().any(|marker| lower.starts_with(marker)) || without_step(bare).is_empty() != bare.is_empty() {
        return true;
    }
    let greets = || {
        let announces = lower.ends_with([':', '：', '!', '！']);
        announces && bare.chars().count() < 160 && GREETINGS.iter().any(|greeting| lower.starts_with(greeting))
    };
    let repeats_heading = || {
        let named = without_step(bare).trim_matches(|c: char| "*_.:：\" ".contains(c));
        !section.heading.is_empty() && named.eq_ignore_ascii_case(&section.heading)
    };
    // A rule between the heading and the text, or behind it, is no text either.
    is_first && (bare.is_empty() || greets() || repeats_heading())
}

/// A line without `Paragraph 3:` in front of it. `第3段` counts, `第3次` is text.
pub(super) fn without_step(line: &str) -> &str {
    let body = line.trim_start_matches(|c: char| "*_# ".contains(c));
    let found = STEPS.iter().find_map(|step| {
        let rest = body.get(..step.len()).filter(|head| head.eq_ignore_ascii_case(step)).and(body.get(step.len()..))?;
        let rest = rest.trim_start();
        let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        if after.len() == rest.len() {
            return None;
        }
        let after = if *step == "第" { after.strip_prefix(['段', '节'])? } else { after };
        let after = after.trim_start_matches('*').trim_start();
        let marked = after.is_empty() || after.starts_with([':', '：', '-', '–', '—', '.']);
        marked.then(|| after.trim_start_matches(|c: char| ":：-–—.* ".contains(c)))
    });
    found.unwrap_or(line)
}

/// A heading within a section goes below all of the document's own.
fn lower_heading(line: &str) -> String {
    let rest = line.trim_start_matches('#');
    if rest.len() < line.len() && rest.starts_with(' ') { format!("######{rest}") } else { line.to_owned() }
}

/// A text without the sentences that turn in a circle: a sentence that follows itself, and one that was there twice before, in the
/// text or in `earlier`. A refrain, or a sentence said again once, stays.
pub(crate) fn without_loops(text: &str, earlier: &HashSet<u64>) -> String {
    let (mut seen, mut last, mut out) = (HashMap::<u64, u32>::new(), None, String::with_capacity(text.len()));
    for sentence in sentences(text) {
        let Some(known_by) = mark(sentence) else {
            out.push_str(sentence);
            continue;
        };
        let times = seen.entry(known_by).or_insert(u32::from(earlier.contains(&known_by)));
        *times += 1;
        if *times <= 2 && last != Some(known_by) {
            out.push_str(sentence);
        }
        last = Some(known_by);
    }
    out.trim_end().to_owned()
}
