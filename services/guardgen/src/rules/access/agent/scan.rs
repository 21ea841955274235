//! Pieces of a description: sentences, words, names in backticks, calls with their arguments.

/// Sentences, ended by a full stop before white space and outside of quotes and backticks.
pub(super) fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut quoted = None;
    for (at, letter) in text.char_indices() {
        let after = text.get(at + letter.len_utf8()..).unwrap_or_default();
        match quoted {
            Some(quote) if quote == letter => quoted = None,
            Some(_) => {}
            None if letter == '`' => quoted = Some('`'),
            None if letter == '.' && (after.is_empty() || after.starts_with(' ')) => {
                found.push(text.get(start..=at).unwrap_or_default().trim());
                start = at + 1;
            }
            None => {}
        }
    }
    found.push(text.get(start..).unwrap_or_default().trim());
    found.retain(|sentence| !sentence.is_empty());
    found
}

/// Words in lower case.
pub(super) fn words(text: &str) -> impl DoubleEndedIterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// A call as a description writes it: `FilterDB(db, 'column=value')`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call<'a> {
    /// The function.
    pub(super) name: &'a str,
    /// Its arguments, with their quotes.
    pub(super) arguments: Vec<&'a str>,
    /// The call as written.
    pub(super) written: &'a str,
    /// What stands between the call before, or the start of the sentence, and this one.
    pub(super) before: &'a str,
    /// What stands behind it in the sentence.
    pub(super) after: &'a str,
}

/// All calls in a sentence.
pub(super) fn calls(sentence: &str) -> Vec<Call<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(open) = sentence.get(from..).and_then(|rest| rest.find('(')).map(|at| at + from) {
        let head = sentence.get(from..open).unwrap_or_default();
        let name = trailing_name(head);
        let end = if name.is_empty() { None } else { closing(sentence, open) };
        let Some(end) = end else {
            from = open + 1;
            continue;
        };
        found.push(Call {
            name,
            arguments: arguments(sentence.get(open + 1..end).unwrap_or_default()),
            written: sentence.get(open - name.len()..=end).unwrap_or_default(),
            before: head.strip_suffix(name).unwrap_or(head),
            after: sentence.get(end + 1..).unwrap_or_default(),
        });
        from = end + 1;
    }
    found
}

/// The name that `text` ends with, with its dots; empty where white space stands before the bracket.
fn trailing_name(text: &str) -> &str {
    let start = text.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.').map_or(0, |at| at + 1);
    let name = text.get(start..).unwrap_or_default();
    if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') { name } else { "" }
}

/// The bracket that closes the one at `open`, outside of quotes.
fn closing(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quoted = None;
    for (at, letter) in text.char_indices().skip_while(|(at, _)| *at < open) {
        match (quoted, letter) {
            (Some(quote), _) if quote == letter => quoted = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quoted = Some(letter),
            (None, '(') => depth += 1,
            (None, ')') if depth == 1 => return Some(at),
            (None, ')') => depth -= 1,
            (None, _) => {}
        }
    }
    None
}

/// Arguments, split at commas outside of quotes and brackets.
fn arguments(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut depth, mut quoted) = (0, 0_usize, None);
    for (at, letter) in text.char_indices() {
        match (quoted, letter) {
            (Some(quote), _) if quote == letter => quoted = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quoted = Some(letter),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                found.push(text.get(start..at).unwrap_or_default().trim());
                start = at + 1;
            }
            (None, _) => {}
        }
    }
    found.push(text.get(start..).unwrap_or_default().trim());
    found.retain(|argument| !argument.is_empty());
    found
}
