//! Splits prose into sentences: by paragraphs, list items, and the marks that end a sentence.

/// Most sentences that are restated one by one.
pub(super) const MOST: usize = 40;
/// Ends of words that are no ends of sentences.
const ABBREVIATIONS: [&str; 8] = ["e.g.", "i.e.", "etc.", "no.", "mr.", "mrs.", "dr.", "vs."];

/// The sentences of `text`, in order, each on one line.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    for block in blocks(text) {
        let mut sentence = String::new();
        for word in block.split_whitespace() {
            if !sentence.is_empty() {
                sentence.push(' ');
            }
            sentence.push_str(word);
            if ends(word) {
                sentences.push(std::mem::take(&mut sentence));
            }
        }
        if !sentence.is_empty() {
            sentences.push(sentence);
        }
    }
    sentences
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_split_at_the_ends_of_sentences_paragraphs_and_items() {
        let text = "# Title\nTellers pay out, e.g. cash,\nup to 1.5 units. Nobody \"pays.\" Twice?\n\nNo end here\n- first item\n  goes on.\n- second";
        assert_eq!(
            split(text),
            [
                "Tellers pay out, e.g. cash, up to 1.5 units.",
                "Nobody \"pays.\"",
                "Twice?",
                "No end here",
                "first item goes on.",
                "second"
            ]
        );
        assert_eq!(split(" \n\n"), Vec::<String>::new());
    }
}
