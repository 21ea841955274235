//! JSON text on one line for every reader. Clients split a stream at different characters: some take U+2028, U+0085 or a
//! form feed for a line's end, and would find a line there that nobody judged.

/// The same JSON without space between its tokens, and with each character that could end a line escaped.
pub(crate) fn one_line(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in json.chars() {
        match c {
            c if !in_string && c.is_ascii_whitespace() => {}
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => {
                in_string ^= c == '"' && !escaped;
                out.push(c);
            }
        }
        escaped = in_string && c == '\\' && !escaped;
    }
    out
}
