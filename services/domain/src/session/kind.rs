//! What a value looks like, from its form alone.

use super::normal;
use crate::history::ValueKind;

/// Endings by which the name of a file is told from the name of a host.
const FILE_ENDINGS: [&str; 34] = [
    "txt", "md", "pdf", "doc", "docx", "odt", "rtf", "xls", "xlsx", "ods", "csv", "tsv", "ppt", "pptx", "odp", "json",
    "xml", "yaml", "yml", "toml", "html", "htm", "log", "zip", "tar", "gz", "png", "jpg", "jpeg", "gif", "svg", "mp3",
    "mp4", "exe",
];
/// Endings of programs.
const CODE_ENDINGS: [&str; 12] = ["py", "rs", "js", "ts", "sh", "bat", "ps1", "sql", "ini", "conf", "env", "pem"];

/// The kind of a value of a tool call.
pub(super) fn of_text(text: &str) -> ValueKind {
    let mut words = normal::words(text).into_iter();
    match (words.next(), words.next()) {
        (Some(only), None) => of_word(&only.raw, &only.folded),
        // Account and telephone numbers are often written in groups.
        (Some(_), Some(_)) if is_grouped_number(text) => ValueKind::Account,
        _ => ValueKind::Text,
    }
}

/// The kind of one word.
pub(super) fn of_word(raw: &str, folded: &str) -> ValueKind {
    let digits = folded.bytes().filter(u8::is_ascii_digit).count();
    if folded.parse::<f64>().is_ok() && digits < 10 {
        return ValueKind::Number;
    }
    if is_address(folded) {
        return ValueKind::Address;
    }
    if raw.contains("://") || folded.starts_with("www.") {
        return ValueKind::Url;
    }
    let host = folded.split(['/', '?', '#']).next().unwrap_or_default();
    let ending = host.rsplit_once('.').map(|(_, ending)| ending);
    match ending {
        Some(ending) if host.len() == folded.len() && is_file_ending(ending) => ValueKind::File,
        Some(ending) if (2..=24).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_lowercase()) => {
            ValueKind::Url
        }
        _ if folded.contains('/') && digits < folded.len() / 2 => ValueKind::File,
        _ if is_account(folded, digits) => ValueKind::Account,
        _ => ValueKind::Word,
    }
}

fn is_address(word: &str) -> bool {
    word.split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.') && !domain.contains('@'))
}

fn is_file_ending(ending: &str) -> bool {
    FILE_ENDINGS.contains(&ending) || CODE_ENDINGS.contains(&ending)
}

fn is_account(word: &str, digits: usize) -> bool {
    // A date or a time has as many digits, but never so many in a row.
    let longest = word.split(|c: char| !c.is_ascii_alphanumeric()).map(str::len).max().unwrap_or_default();
    (8..=34).contains(&word.len()) && digits >= 6 && longest >= 6
}

fn is_grouped_number(text: &str) -> bool {
    let (digits, others) = text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '+')).fold(
        (0_usize, 0_usize),
        |(digits, others), c| if c.is_ascii_digit() { (digits + 1, others) } else { (digits, others + 1) },
    );
    (9..=34).contains(&digits) && others <= 6 && !text.contains(':')
}
