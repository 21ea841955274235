//! Whether a value looks like a secret: random rather than written, and not a stand-in for one.

/// Beginnings of values that stand for a secret kept elsewhere, or for none. Lower case.
const STAND_INS: &[&str] = &[
    "$",
    "<",
    "{",
    "%(",
    "%{",
    "[",
    "*",
    "...",
    "xxx",
    "your",
    "my_",
    "my-",
    "change",
    "placeholder",
    "redacted",
    "hidden",
    "removed",
    "dummy",
    "example",
    "sample",
    "insert",
    "enter",
    "process.env",
    "os.environ",
    "os.getenv",
    "getenv",
    "env.",
    "env[",
    "config.",
    "settings.",
    "secrets.",
    "vault:",
    "ref:",
    "self.",
    "this.",
    "args.",
    "options.",
];
/// Words that stand after a name in prose, in schemas and in forms. Lower case.
const PLAIN_WORDS: &[&str] = &[
    "string",
    "text",
    "required",
    "optional",
    "invalid",
    "incorrect",
    "wrong",
    "expired",
    "missing",
    "unknown",
    "undefined",
    "password",
    "passwd",
    "secret",
    "number",
    "boolean",
    "varchar",
    "object",
    "default",
    "disabled",
    "enabled",
    "manager",
    "protected",
    "encrypted",
    "unchanged",
    "strong",
    "correct",
    "forgotten",
    "policy",
    "reset",
    "please",
    "should",
    "cannot",
    "nullable",
];

/// Whether `value` may be a password: six characters or more, no stand-in or link, and of more than one kind of character unless quoted.
pub(super) fn is_password(value: &str, quoted: bool) -> bool {
    let plain = PLAIN_WORDS.iter().any(|word| value.eq_ignore_ascii_case(word));
    value.len() >= 6
        && !value.contains("://")
        && (quoted && !value.contains(' ') || kinds(value) >= 2)
        && !plain
        && !is_stand_in(value)
}

/// Whether `value` is random enough for a key: 16 characters or more, letters and digits, no words.
pub(super) fn is_key(value: &str) -> bool {
    // Two colons make a path in a program.
    let body = Some(value.trim_end_matches('=')).filter(|body| !body.contains("::")).unwrap_or_default();
    let charset =
        body.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'_' | b'-' | b'.' | b'~' | b':'));
    body.len() >= 16 && charset && is_mixed(value) && !is_stand_in(value) && entropy(value.as_bytes()) >= 3.0
}

/// Whether there are digits and letters.
pub(super) fn is_mixed(value: &str) -> bool {
    value.bytes().any(|b| b.is_ascii_digit()) && value.bytes().any(|b| b.is_ascii_alphabetic())
}

fn is_stand_in(value: &str) -> bool {
    let begins = |s: &str| value.get(..s.len()).is_some_and(|head| head.eq_ignore_ascii_case(s));
    let first = value.bytes().next();
    STAND_INS.iter().any(|s| begins(s))
        || value.contains("${")
        || value.contains("{{")
        || value.bytes().all(|b| Some(b) == first)
}

/// How many of: lower case, upper case beyond the first letter, digits, marks that do not end a sentence.
fn kinds(value: &str) -> usize {
    let (mut lower, mut upper, mut digit, mut mark) = (false, false, false, false);
    for (at, c) in value.trim_end_matches(['.', '!', '?', ':']).char_indices() {
        lower |= c.is_lowercase();
        upper |= at > 0 && c.is_uppercase();
        digit |= c.is_ascii_digit();
        mark |= c.is_ascii_punctuation();
    }
    [lower, upper, digit, mark].into_iter().filter(|kind| *kind).count()
}

/// Shannon entropy of the bytes, in bits for each.
fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let total = bytes.len().max(1) as f64;
    let share = |count: &u32| f64::from(*count) / total;
    counts.iter().filter(|count| **count > 0).map(|count| -share(count) * share(count).log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_zero_for_one_symbol_and_log2_for_equal_shares() {
        assert!(entropy(b"aaaa").abs() < 1e-9);
        assert!((entropy(b"abcdabcd") - 2.0).abs() < 1e-9);
        assert!(entropy(b"").abs() < 1e-9);
    }

    #[test]
    fn words_and_stand_ins_are_no_passwords() {
        for value in [
            "required",
            "Required.",
            "short",
            "${DB_PASSWORD}",
            "<password>",
            "xxxxxxxx",
            "********",
            "your-password-1",
            "incorrect!",
        ] {
            assert!(!is_password(value, false), "{value}");
        }
        for value in ["hunter2", "Tr0ub4dor&3", "correct-horse"] {
            assert!(is_password(value, false), "{value}");
        }
        assert!(is_password("letmein", true) && !is_password("letmein", false));
    }
}
