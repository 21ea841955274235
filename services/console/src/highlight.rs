//! Colours for Rhai code, line by line: comments, texts, numbers, keywords and the four verdicts.
//! Only cuts the text into spans; the template escapes them.

/// A piece of a line with its CSS class; empty for plain text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) class: &'static str,
    pub(crate) text: String,
}

const KEYWORDS: &[&str] = &[
    "fn",
    "let",
    "const",
    "if",
    "else",
    "for",
    "in",
    "while",
    "loop",
    "do",
    "until",
    "switch",
    "return",
    "break",
    "continue",
    "throw",
    "try",
    "catch",
    "true",
    "false",
    "private",
    "this",
    "is_def_var",
];
const VERDICTS: &[&str] = &["allow", "deny", "redact", "ask", "edit"];

/// Cuts `code` into lines of spans.
pub(crate) fn lines(code: &str) -> Vec<Vec<Span>> {
    let mut lines = vec![Vec::new()];
    let mut rest = code;
    while let Some(length) = token_length(rest) {
        let (token, after) = rest.split_at(length);
        let class = class_of(token);
        for (n, piece) in token.split('\n').enumerate() {
            if n > 0 {
                lines.push(Vec::new());
            }
            if let (false, Some(line)) = (piece.is_empty(), lines.last_mut()) {
                push(line, class, piece.trim_end_matches('\r'));
            }
        }
        rest = after;
    }
    if code.ends_with('\n') {
        lines.pop();
    }
    lines
}

fn push(line: &mut Vec<Span>, class: &'static str, text: &str) {
    match line.last_mut() {
        Some(last) if last.class == class => last.text.push_str(text),
        _ => line.push(Span { class, text: text.to_owned() }),
    }
}

/// Bytes of the first token of `text`, always on a character's border; `None` at the end.
fn token_length(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    let upto = |end: &str| text.find(end).map_or(text.len(), |at| at + end.len());
    Some(match first {
        '/' if text.starts_with("//") => text.find('\n').unwrap_or(text.len()),
        '/' if text.starts_with("/*") => upto("*/"),
        '"' | '\'' | '`' => quoted_length(text, first),
        c if c.is_alphanumeric() || c == '_' => {
            text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len())
        }
        c => c.len_utf8(),
    })
}

fn quoted_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote != '`' => escaped = true,
            // Only back-quoted texts run over several lines.
            '\n' if quote != '`' => return at,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

fn class_of(token: &str) -> &'static str {
    match token.chars().next() {
        Some('/') if token.len() > 1 => "c",
        Some('"' | '\'' | '`') => "s",
        Some(c) if c.is_ascii_digit() => "n",
        _ if KEYWORDS.contains(&token) => "k",
        _ if VERDICTS.contains(&token) => "v",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(code: &str) -> Vec<Vec<(&'static str, String)>> {
        lines(code).into_iter().map(|line| line.into_iter().map(|span| (span.class, span.text)).collect()).collect()
    }

    #[test]
    fn code_is_cut_into_coloured_lines() {
        let s = |class, text: &str| (class, text.to_owned());
        assert_eq!(
            classes("fn check(e) { // hi\n  deny(\"a\\\"b\", 12)\n}\n"),
            [
                vec![s("k", "fn"), s("", " check(e) { "), s("c", "// hi")],
                vec![
                    s("", "  "),
                    s("v", "deny"),
                    s("", "("),
                    s("s", "\"a\\\"b\""),
                    s("", ", "),
                    s("n", "12"),
                    s("", ")")
                ],
                vec![s("", "}")],
            ]
        );
    }

    #[test]
    fn any_text_comes_out_as_it_went_in() {
        for code in ["", "\n\n", "/* open\nend", "\"open\nx", "`two\nlines` é\u{202e}", "'\\", "/", "//", "`", "a/**/b"]
        {
            let joined: Vec<String> =
                lines(code).iter().map(|line| line.iter().map(|span| span.text.as_str()).collect()).collect();
            assert_eq!(joined.join("\n"), code.strip_suffix('\n').unwrap_or(code), "{code:?}");
        }
    }
}
