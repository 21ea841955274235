//! Texts as sentences and as sets of words, in English and Chinese alike. Pure.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::words::{count, is_han};

/// The sentences of a text, each with the space behind it: together they are the text. A line ends a sentence too.
pub(crate) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (sentence, after) = rest.split_at_checked(sentence_length(rest))?;
        rest = after;
        (!sentence.is_empty()).then_some(sentence)
    })
}

/// Length in bytes of the first sentence, with the space behind it.
fn sentence_length(text: &str) -> usize {
    let (mut ended, mut in_space) = (None, false);
    for (at, c) in text.char_indices() {
        match c {
            '\n' => (ended, in_space) = (Some('\n'), true),
            c if c.is_whitespace() => in_space |= ended.is_some(),
            _ if in_space => return at,
            '.' | '!' | '?' | '…' | '。' | '！' | '？' => ended = Some(c),
            '"' | '\'' | '”' | '’' | ')' | '）' | '」' | '』' | '*' if ended.is_some() => {}
            // Chinese puts no space between sentences.
            _ if matches!(ended, Some('。' | '！' | '？')) => return at,
            _ => ended = None,
        }
    }
    text.len()
}

/// Whether a text ends with a whole sentence.
pub(crate) fn ends_whole(text: &str) -> bool {
    let end = text.trim_end().trim_end_matches(['"', '\'', '”', '’', ')', '）', '」', '』', '*', '`']);
    end.ends_with(['.', '!', '?', '…', '。', '！', '？', ':', '：', '|'])
}

/// `text` up to the end of its last whole sentence; as it is when it has none.
pub(crate) fn up_to_whole_sentence(text: &str) -> &str {
    if ends_whole(text) {
        return text.trim_end();
    }
    let all: Vec<&str> = sentences(text).collect();
    let whole = all.iter().rposition(|sentence| ends_whole(sentence)).map_or(0, |at| at + 1);
    let bytes: usize = all.iter().take(whole).map(|sentence| sentence.len()).sum();
    text.get(..bytes).filter(|kept| !kept.trim().is_empty()).unwrap_or(text).trim_end()
}

/// The end of `text` from the beginning of a sentence on, with at most `words` words unless the last sentence has more.
pub(crate) fn last_words(text: &str, words: u32) -> &str {
    // What is asked for is small; a long document is not walked through for it.
    let mut from = text.len().saturating_sub(usize::try_from(words).unwrap_or(usize::MAX).saturating_mul(40));
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let tail = text.get(from..).unwrap_or(text);
    let all: Vec<&str> = sentences(tail).collect();
    let (mut kept, mut seen) = (0, 0_u32);
    for sentence in all.iter().rev() {
        seen = seen.saturating_add(count(sentence));
        if seen > words && kept > 0 {
            break;
        }
        kept += sentence.len();
    }
    tail.get(tail.len() - kept..).unwrap_or(tail)
}

/// `text` cut behind at most `words` words, at the end of a word.
pub(crate) fn first_words(text: &str, words: u32) -> &str {
    let (mut end, mut seen) = (0, 0_u32);
    for piece in text.split_inclusive(|c: char| c.is_whitespace() || is_han(c)) {
        seen = seen.saturating_add(count(piece));
        if seen > words {
            break;
        }
        end += piece.len();
    }
    text.get(..end).unwrap_or(text).trim_end()
}

/// At most `most` characters of a text, in one line.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(most).collect::<String>().trim().to_owned()
}

/// What a sentence is known by: its letters and digits, whatever their case. `None` for one too short to mean anything.
pub(crate) fn mark(sentence: &str) -> Option<u64> {
    if count(sentence) < 5 {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    sentence.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).for_each(|c| c.hash(&mut hasher));
    Some(hasher.finish())
}

/// The words of a text in lower case; of Han characters, each pair of neighbours, as Chinese writes no spaces.
pub(crate) fn terms(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let chars: Vec<char> = word.chars().collect();
        if chars.iter().any(|c| is_han(*c)) {
            all.extend(chars.windows(2).map(|pair| pair.iter().collect::<String>()));
        } else {
            all.push(word.to_lowercase());
        }
    }
    all
}

/// How much two texts have the same terms, from 0 to 1: what both have, of what either has.
pub(crate) fn similarity(one: &HashSet<String>, other: &HashSet<String>) -> f64 {
    let both = one.intersection(other).count();
    let either = one.len() + other.len() - both;
    if either == 0 { 1.0 } else { both as f64 / either as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_together_are_the_text() {
        let text = "It is 3.14 today. \"Really?\" he said!\n\n他说：“好。”然后走了。End";
        let all: Vec<_> = sentences(text).collect();
        assert_eq!(all, ["It is 3.14 today. ", "\"Really?\" ", "he said!\n\n", "他说：“好。”", "然后走了。", "End"]);
        assert_eq!(all.concat(), text);
        assert_eq!(sentences("").count(), 0);
    }

    #[test]
    fn a_text_is_cut_behind_a_whole_sentence() {
        for (text, cut) in [
            ("One. Two three", "One."),
            ("One. Two.", "One. Two."),
            ("no end at all", "no end at all"),
            ("第一句。第二", "第一句。"),
            ("He said: \"Go.\" And th", "He said: \"Go.\""),
        ] {
            assert_eq!(up_to_whole_sentence(text), cut);
        }
    }

    #[test]
    fn the_end_and_the_beginning_of_a_text_have_the_words_asked_for() {
        assert_eq!(last_words("One two three. Four five. Six.", 3), "Four five. Six.");
        assert_eq!(last_words("One two three four.", 2), "One two three four.");
        assert_eq!(last_words("第一句。第二句。", 3), "第二句。");
        assert_eq!(first_words("one two three", 2), "one two");
        assert_eq!(first_words("一二三四", 3), "一二三");
        assert_eq!(last_words("", 5), "");
    }

    #[test]
    fn texts_with_the_same_words_are_alike() {
        let set = |text: &str| terms(text).into_iter().collect::<HashSet<_>>();
        let similarity = |one: &str, other: &str| similarity(&set(one), &set(other));
        assert!(similarity("The history of tea", "history: of the TEA!") > 0.99);
        assert!(similarity("茶的历史", "茶的历史") > 0.99);
        assert!(similarity("茶的历史", "咖啡的种植") < 0.3);
        assert!(similarity("a history of tea", "how coffee is grown") < 0.2);
    }
}
