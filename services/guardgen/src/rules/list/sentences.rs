//! Splits a text into sentences, not inside quotations, backticks or brackets.

const ABBREVIATIONS: [&str; 7] = ["e.g", "i.e", "etc", "vs", "approx", "no", "incl"];

/// The sentences of `text`, trimmed, with their final mark.
pub(super) fn sentences(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let (mut from, mut inside, mut depth) = (0, None, 0_usize);
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let next = text.get(at + c.len_utf8()..).and_then(|rest| rest.chars().next());
        match inside {
            Some(close) if c == close && (c != '\'' || next.is_none_or(|n| !n.is_alphanumeric())) => inside = None,
            Some(_) => {}
            None if c == '(' => depth += 1,
            None if c == ')' => depth = depth.saturating_sub(1),
            None => inside = opened(c, before),
        }
        let ends = matches!(c, '.' | '!' | '?') || (c != before && before_ends_quotation(text, at, c));
        if ends && inside.is_none() && depth == 0 && next.is_none_or(char::is_whitespace) {
            let sentence = text.get(from..at + c.len_utf8()).unwrap_or_default();
            if !ends_in_abbreviation(sentence) {
                out.push(sentence.trim());
                from = at + c.len_utf8();
            }
        }
        before = c;
    }
    out.push(text.get(from..).unwrap_or_default().trim());
    out.retain(|sentence| !sentence.is_empty());
    out
}

/// Whether a quotation is open at the end of `text`.
pub(super) fn is_open(text: &str) -> bool {
    let (mut inside, mut before) = (None, ' ');
    for (at, c) in text.char_indices() {
        let next = text.get(at + c.len_utf8()..).and_then(|rest| rest.chars().next());
        match inside {
            Some(close) if c == close && (c != '\'' || next.is_none_or(|n| !n.is_alphanumeric())) => inside = None,
            Some(_) => {}
            None => inside = opened(c, before),
        }
        before = c;
    }
    inside.is_some()
}

/// "… say: 'No.'" ends with the quotation: the stop stands inside it.
fn before_ends_quotation(text: &str, at: usize, c: char) -> bool {
    let stop =
        text.get(..at).and_then(|before| before.chars().next_back()).is_some_and(|c| matches!(c, '.' | '!' | '?'));
    let rest = text.get(at + c.len_utf8()..).unwrap_or_default().trim_start();
    stop && matches!(c, '"' | '\'' | '\u{201d}' | '\u{2019}') && rest.chars().next().is_none_or(char::is_uppercase)
}

const fn opened(c: char, before: char) -> Option<char> {
    match c {
        '`' => Some('`'),
        '"' => Some('"'),
        '\u{201c}' => Some('\u{201d}'),
        '\'' if !before.is_ascii_alphanumeric() => Some('\''),
        _ => None,
    }
}

fn ends_in_abbreviation(sentence: &str) -> bool {
    let word = sentence.trim_end_matches('.').rsplit([' ', '(']).next().unwrap_or_default().to_lowercase();
    sentence.ends_with('.') && ABBREVIATIONS.contains(&word.as_str())
}

#[cfg(test)]
mod tests {
    use super::sentences;

    #[test]
    fn sentences_end_at_their_marks_and_not_inside_quotations() {
        let text = "Only members may shop; else say: 'Join first. Then shop.' Guests (e.g. visitors. New ones) may look, e.g. at 1.5 items. Ask!";
        assert_eq!(
            sentences(text),
            [
                "Only members may shop; else say: 'Join first. Then shop.'",
                "Guests (e.g. visitors. New ones) may look, e.g. at 1.5 items.",
                "Ask!"
            ]
        );
        assert_eq!(sentences("The driver's licence. The user's."), ["The driver's licence.", "The user's."]);
    }
}
