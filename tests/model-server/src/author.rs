//! An author for the scripted server: it plans and writes what the prompts of long documents ask for, in words that mean nothing,
//! and misses every length by a share that depends on its seed and the question alone.

use serde_json::{Value, json};

use crate::{Asked, Step, answer};

/// What a question asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// A plan.
    Plan,
    /// Notes on a section.
    Notes,
    /// A section, or the whole of a short text.
    Write,
    /// More of a section.
    Continue,
    /// A shorter passage.
    Condense,
}

/// An author. The same question gets the same answer.
#[derive(Debug, Clone, Copy)]
pub struct Author {
    seed: u64,
    /// Least and most of what was asked for that it writes.
    lengths: (f64, f64),
}

impl Author {
    /// An author who writes `lengths.0` to `lengths.1` times what it is asked for.
    #[must_use]
    pub const fn new(seed: u64, lengths: (f64, f64)) -> Self {
        Self { seed, lengths }
    }

    /// One who writes exactly what it is asked for.
    #[must_use]
    pub const fn exact() -> Self {
        Self::new(1, (1.0, 1.0))
    }

    /// Its answer, as the server gives it.
    #[must_use]
    pub fn step(&self, asked: &Asked) -> Step {
        said_at_length(&self.says(asked), "stop")
    }

    /// Its answer.
    #[must_use]
    pub fn says(&self, asked: &Asked) -> String {
        let mut dice = Dice::of(self.seed, &asked.body.to_string());
        match task(asked) {
            Task::Plan => plan(asked, &mut dice),
            Task::Notes => notes(asked, &mut dice),
            task => {
                let (least, most) = self.lengths;
                let share = least + (most - least) * dice.share();
                let words = (f64::from(length(asked).unwrap_or(100)) * share).round().max(1.0) as u32;
                let begin = if task == Task::Write { main_point(asked) } else { None };
                prose(words, begin.as_deref(), is_chinese(asked), &mut dice)
            }
        }
    }
}

/// A whole answer whose tokens fit its length.
#[must_use]
pub fn said_at_length(text: &str, finish: &str) -> Step {
    let body = json!({
        "id": "c1", "object": "chat.completion", "model": "small-v2",
        "choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 100, "completion_tokens": text.len() / 4 + 1, "total_tokens": text.len() / 4 + 101},
    });
    answer(200, body.to_string())
}

/// What a question asks for, by its words.
#[must_use]
pub fn task(asked: &Asked) -> Task {
    let last = last_message(asked);
    if asked.body.to_string().contains("main_point") {
        Task::Plan
    } else if asked.body.to_string().contains("contradicted") {
        Task::Notes
    } else if last.contains("Go on where this stops") || last.contains("接着上文往下写") {
        Task::Continue
    } else if last.contains("Shorten this passage") || last.contains("把这段文字改短") {
        Task::Condense
    } else {
        Task::Write
    }
}

/// The last message of a question.
#[must_use]
pub fn last_message(asked: &Asked) -> &str {
    let messages = asked.body.pointer("/messages").and_then(Value::as_array);
    messages.and_then(|all| all.last()).and_then(|message| message.get("content")?.as_str()).unwrap_or_default()
}

/// The number of words that a question asks for.
#[must_use]
pub fn length(asked: &Asked) -> Option<u32> {
    let text = last_message(asked);
    let after = |marker: &str| text.rfind(marker).and_then(|at| text.get(at + marker.len()..));
    let rest = after("Length: ").or_else(|| after("长度："))?;
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
}

/// The main point that a section is asked for with.
fn main_point(asked: &Asked) -> Option<String> {
    let text = last_message(asked);
    let markers = ["Its main point: ", "It is about this: ", "要点：", "内容是："];
    let (at, marker) = markers.iter().filter_map(|marker| Some((text.rfind(marker)?, marker))).max()?;
    let point = text.get(at + marker.len()..)?.lines().next()?;
    let end = ["It is the last section", "这是最后一节"].iter().find_map(|marker| point.find(marker));
    Some(point.get(..end.unwrap_or(point.len()))?.trim().to_owned())
}

fn is_chinese(asked: &Asked) -> bool {
    last_message(asked).contains("长度：") || last_message(asked).contains("字。")
}

/// The limits of a list in the schema that was sent.
fn limits(asked: &Asked) -> (u64, u64) {
    let places = ["/response_format/json_schema/schema", "/response_format/schema"];
    let sections = places
        .iter()
        .find_map(|place| asked.body.pointer(&format!("{place}/properties/sections")))
        .cloned()
        .unwrap_or_default();
    let limit = |name: &str| sections.get(name).and_then(Value::as_u64);
    (limit("minItems").unwrap_or(3), limit("maxItems").unwrap_or(8))
}

/// A plan with lengths that nobody asked for.
fn plan(asked: &Asked, dice: &mut Dice) -> String {
    let (fewest, most) = limits(asked);
    let number = fewest + dice.below(most - fewest + 1);
    let chinese = is_chinese(asked);
    let mut point = || {
        let words: Vec<String> = (0..6).map(|_| if chinese { hanzi(4, dice) } else { word(dice) }).collect();
        (words.join(if chinese { "" } else { " " }), dice.below(3_000))
    };
    let sections: Vec<Value> = (0..number)
        .map(|_| {
            let ((heading, _), (point, words)) = (point(), point());
            json!({"heading": heading.chars().take(20).collect::<String>(), "main_point": point, "words": words})
        })
        .collect();
    json!({"title": word(dice), "sections": sections}).to_string()
}

fn notes(asked: &Asked, dice: &mut Dice) -> String {
    let chinese = last_message(asked).contains("摘要");
    json!({
        "summary": prose(40, None, chinese, dice),
        "facts": [prose(6, None, chinese, dice), prose(6, None, chinese, dice)],
        "contradicted": [],
    })
    .to_string()
}

/// So many words in sentences and paragraphs, the first sentence being `begin`.
fn prose(words: u32, begin: Option<&str>, chinese: bool, dice: &mut Dice) -> String {
    let (stop, space) = if chinese { ("。", "") } else { (".", " ") };
    let count = |text: &str| text.split(' ').map(|word| if chinese { word.chars().count() } else { 1 }).sum::<usize>();
    let mut left = u64::from(words);
    let mut sentences = Vec::new();
    if let Some(begin) = begin.map(|text| text.trim_end_matches(['.', '。'])).filter(|text| !text.is_empty()) {
        left = left.saturating_sub(count(begin) as u64);
        sentences.push(format!("{begin}{stop}"));
    }
    while left > 0 {
        let number = (8 + dice.below(7)).min(left);
        left -= number;
        let text =
            if chinese { hanzi(number, dice) } else { (0..number).map(|_| word(dice)).collect::<Vec<_>>().join(" ") };
        sentences.push(format!("{text}{stop}"));
    }
    sentences.chunks(5).map(|paragraph| paragraph.join(space)).collect::<Vec<_>>().join("\n\n")
}

/// A word of three to four syllables: there are enough that no two sentences are the same.
fn word(dice: &mut Dice) -> String {
    const SYLLABLES: [&str; 24] = [
        "ba", "co", "de", "fi", "gu", "ha", "jo", "ke", "li", "mu", "na", "po", "re", "si", "tu", "va", "wo", "ze",
        "bri", "clo", "dra", "fle", "gro", "sta",
    ];
    (0..3 + dice.below(2)).map(|_| SYLLABLES[dice.below(24) as usize]).collect()
}

fn hanzi(number: u64, dice: &mut Dice) -> String {
    (0..number).filter_map(|_| char::from_u32(0x4e00 + dice.below(5_000) as u32)).collect()
}

/// Random numbers from a seed and a text.
struct Dice(u64);

impl Dice {
    fn of(seed: u64, text: &str) -> Self {
        // FNV-1a: what is drawn depends on the question, not on the order of questions.
        let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Self(text.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, fold))
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
