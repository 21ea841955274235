//! Plans as lines: `Paragraph N - Main Point: … - Word Count: …`, its Chinese form, and near relatives. The parts may stand
//! on lines of their own. Everything that people write around them is left out.

use super::Item;

const POINT: &[&str] = &["main point", "main idea", "主要观点", "主要内容", "要点", "主旨"];
const COUNT: &[&str] = &["word count", "words", "字数"];
const STEP: &[&str] = &["paragraph", "section", "段落", "part"];

pub(super) fn read(answer: &str) -> Vec<Item> {
    let (mut items, mut open): (Vec<Item>, Option<Item>) = (Vec::new(), None);
    for line in answer.lines() {
        let lower = line.to_lowercase();
        // Lower case may have other lengths; then nothing of it can be found in the line.
        if lower.len() != line.len() {
            continue;
        }
        let words = after(&lower, COUNT).and_then(|at| first_number(lower.get(at..)?));
        if let Some(at) = after(&lower, POINT) {
            items.extend(open.take());
            let point = line.get(at..).unwrap_or_default();
            let end = place(&point.to_lowercase(), COUNT).unwrap_or(point.len());
            let point = point.get(..end).unwrap_or(point).trim_matches(|c: char| " -–—:：|*,，(（".contains(c));
            open = Item::new("", point, words.unwrap_or_default());
        } else if let (Some(words), Some(item)) = (words, open.as_mut().filter(|item| item.words == 0)) {
            item.words = u32::try_from(words).unwrap_or_default();
        } else if let Some(item) = listed(line, &lower) {
            items.extend(open.take());
            items.push(item);
        }
    }
    items.extend(open);
    items
}

/// `3. Of tea (300 words): how it came` and `段落3：茶 300字`: a number in front, and a number of words.
fn listed(line: &str, lower: &str) -> Option<Item> {
    let body = line.trim_start_matches(|c: char| c.is_whitespace() || "*#-".contains(c));
    let lower_body = lower.get(lower.len() - body.len()..)?;
    let numbered = STEP.iter().find_map(|step| lower_body.strip_prefix(step)).unwrap_or(lower_body).trim_start();
    let rest = numbered.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.len() == numbered.len() {
        return None;
    }
    let (at, unit) = ["words", "字"].iter().find_map(|unit| Some((rest.rfind(unit)?, unit)))?;
    let digits = rest.get(..at)?.trim_end();
    let number = digits.len() - digits.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let words = digits.get(digits.len() - number..)?.parse().ok()?;
    let text = line.get(line.len() - rest.len()..)?;
    let (before, behind) = (text.get(..digits.len() - number)?, text.get(at + unit.len()..)?);
    let edges = |c: char| " .:-–—()（）：、*[]".contains(c);
    let (before, behind) = (before.trim_matches(edges), behind.trim_matches(edges));
    if before.is_empty() { Item::new("", behind, words) } else { Item::new(before, behind, words) }
}

/// Where one of the words stands.
fn place(lower: &str, words: &[&str]) -> Option<usize> {
    words.iter().filter_map(|word| lower.find(word)).min()
}

/// The place behind one of the words and its colon.
fn after(lower: &str, words: &[&str]) -> Option<usize> {
    words.iter().find_map(|word| {
        let end = lower.find(word)? + word.len();
        let rest = lower.get(end..)?;
        let gap = rest.len() - rest.trim_start_matches([' ', '*']).len();
        let colon = rest.get(gap..)?.chars().next().filter(|c| matches!(c, ':' | '：'))?;
        Some(end + gap + colon.len_utf8())
    })
}

/// The first number in a text, `1,200` being one.
pub(super) fn first_number(text: &str) -> Option<u64> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let digits: String = text.get(start..)?.chars().take_while(|c| c.is_ascii_digit() || *c == ',').collect();
    digits.replace(',', "").parse().ok()
}
