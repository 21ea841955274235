//! Splits prose into sentences: by paragraphs, list items, and the marks that end a sentence or a clause; and reads the
//! sentences of an answer.

use serde_json::{Value, json};

/// Most sentences that are restated one by one.
pub(super) const MOST: usize = 40;
/// Ends of words that are no ends of sentences.
const ABBREVIATIONS: [&str; 8] = ["e.g.", "i.e.", "etc.", "no.", "mr.", "mrs.", "dr.", "vs."];

/// The sentences of `text`, in order, each on one line.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    for block in blocks(text) {
        let (mut sentence, mut depth) = (String::new(), 0_i32);
        for word in block.split_whitespace() {
            if !sentence.is_empty() {
                sentence.push(' ');
            }
            sentence.push_str(word);
            depth += i32::from(word.starts_with('('))
                - i32::from(word.trim_end_matches(['.', ',', ';', ':']).ends_with(')'));
            if ends(word) || depth <= 0 && word.ends_with(';') {
                let ended = std::mem::take(&mut sentence);
                sentences.push(ended.trim_end_matches(';').to_owned());
                depth = 0;
            }
        }
        if !sentence.is_empty() {
            sentences.push(sentence);
        }
    }
    sentences
}

/// Words that say what somebody may do.
const MODALS: [&str; 4] = ["may", "can", "must", "cannot"];

/// The clauses of a sentence on what somebody may do and what else they may do, each with its subject: what is said of one is
/// not said of the other.
pub(super) fn clauses(sentence: &str) -> Vec<String> {
    let words: Vec<&str> = sentence.split_whitespace().collect();
    let is_modal = |at: &usize| words.get(*at).is_some_and(|word| MODALS.contains(word));
    let Some(first) = (0..words.len()).find(is_modal) else { return vec![sentence.to_owned()] };
    let subject = words.get(..first).unwrap_or_default();
    let mut starts = vec![first];
    let mut ends = Vec::new();
    for at in (first + 1..words.len()).filter(is_modal) {
        let word =
            |before: usize| at.checked_sub(before).and_then(|place| words.get(place)).copied().unwrap_or_default();
        let pronoun = usize::from(matches!(word(1), "they" | "he" | "she"));
        let joint = usize::from(matches!(word(pronoun + 1), "and" | "but"));
        if joint > 0 || word(pronoun + 1).ends_with(',') {
            starts.push(at);
            ends.push(at - pronoun - joint);
        }
    }
    ends.push(words.len());
    let clause = |(start, end): (&usize, &usize)| {
        let said = words.get(*start..*end).unwrap_or_default();
        [subject, said].concat().join(" ").trim_end_matches(',').to_owned()
    };
    starts.iter().zip(&ends).map(clause).collect()
}

/// Paragraphs and list items. A line that only goes on belongs to the one before.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines().map(str::trim) {
        let item = ["- ", "* ", "+ "].iter().find_map(|dash| line.strip_prefix(dash));
        match (line.is_empty() || line.starts_with('#'), item, blocks.last_mut()) {
            (true, ..) => open = false,
            (_, None, Some(last)) if open => {
                last.push(' ');
                last.push_str(line);
            }
            (_, item, _) => {
                blocks.push(item.unwrap_or(line).to_owned());
                open = true;
            }
        }
    }
    blocks
}

fn ends(word: &str) -> bool {
    let word = word.trim_end_matches(['"', '\'', ')', '”', '’']);
    word.ends_with(['.', '!', '?']) && !ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

/// The schema of an answer in sentences.
pub(super) fn schema() -> Value {
    json!({
        "type": "object", "additionalProperties": false, "required": ["sentences"],
        "properties": {"sentences": {"type": "array", "minItems": 1, "maxItems": 8, "items": {"type": "string", "maxLength": 240}}},
    })
}

/// The sentences of an answer, each on one line, without the dash of a list.
pub(super) fn read(answer: &Value) -> Vec<String> {
    let rows = answer.get("sentences").and_then(Value::as_array).into_iter().flatten();
    let texts = rows.filter_map(Value::as_str).map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let texts = texts.map(|text| text.trim_start_matches("- ").to_owned());
    texts.filter(|text| !text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_else_somebody_may_do_is_a_clause_of_its_own() {
        assert_eq!(
            clauses(
                "Clerks may read books without the price, all of loans, and may read and change fees, but they must not delete them."
            ),
            [
                "Clerks may read books without the price, all of loans",
                "Clerks may read and change fees",
                "Clerks must not delete them."
            ]
        );
        for whole in ["Clerks and bosses may read books, guests may not.", "Books have a title.", ""] {
            assert_eq!(clauses(whole), [whole]);
        }
    }

    #[test]
    fn sentences_of_an_answer_are_one_line_each() {
        let answer = json!({"sentences": ["- Only `a` may\ncall `b`.", "", 7, "Anything else is free."]});
        assert_eq!(read(&answer), ["Only `a` may call `b`.", "Anything else is free."]);
        assert_eq!(read(&json!([])), Vec::<String>::new());
    }

    #[test]
    fn prose_is_split_at_the_ends_of_sentences_paragraphs_and_items() {
        let text = "# Title\nTellers pay out, e.g. cash,\nup to 1.5 units. Nobody \"pays.\" Twice?\n\nOne; (a; b) two;\n\nNo end here\n- first item\n  goes on.\n- second";
        assert_eq!(
            split(text),
            [
                "Tellers pay out, e.g. cash, up to 1.5 units.",
                "Nobody \"pays.\"",
                "Twice?",
                "One",
                "(a; b) two",
                "No end here",
                "first item goes on.",
                "second"
            ]
        );
        assert_eq!(split(" \n\n"), Vec::<String>::new());
    }
}
