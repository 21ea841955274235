//! Values assigned to a name that says they are secret, and authorization headers.

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::LIKELY;
use super::plausible::{is_key, is_mixed, is_password};
use crate::borders::{after, ahead, before, is_word};
use crate::constant_patterns::ascii;
use crate::finding::Finding;

/// What a name announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// People choose it.
    Password,
    /// A program made it.
    Key,
    /// `Bearer` in a header.
    Bearer,
    /// `Basic` in a header.
    Basic,
}

pub(super) const NAMES: &[(Name, &[&str])] = &[
    (Name::Password, &["password", "passwd", "passphrase", "pwd", "db_pass", "dbpass", "_pass"]),
    (
        Name::Key,
        &[
            "secret",
            "token",
            "api_key",
            "apikey",
            "api-key",
            "api key",
            "access_key",
            "accesskey",
            "access-key",
            "private_key",
            "privatekey",
            "account_key",
            "accountkey",
            "auth_key",
            "authkey",
            "signing_key",
            "encryption_key",
            "credential",
            "sharedaccesskey",
        ],
    ),
    (Name::Bearer, &["bearer "]),
    (Name::Basic, &["authorization: basic "]),
];

/// Longest value that is read, in bytes.
const MAX_VALUE: usize = 200;

/// Rest of the name, quote, and the sign, perhaps after a type: `_key"]: str = `.
static SIGN: LazyLock<Regex> = LazyLock::new(|| {
    ascii(
        r#"(?x)^[A-Za-z0-9_-]{0,24} \\?["'`]? \]? [\ \t]{0,4}
        (?: :[\ \t]{0,2}[A-Za-z_][A-Za-z0-9_]{0,20}[\ \t]{0,2}= | := | => | = | : | \ (?i:is)[\ :] ) [\ \t]{0,4}"#,
    )
});
static HEADER_VALUE: LazyLock<Regex> = LazyLock::new(|| ascii(r"^[ ]{0,3}([A-Za-z0-9._~+/-]{12,2048}={0,2})"));

pub(super) fn build_patterns() {
    LazyLock::force(&SIGN);
    LazyLock::force(&HEADER_VALUE);
}

/// The value after the name in `name_span`, if it looks like a secret.
pub(super) fn read(text: &str, name_span: Range<usize>, name: Name) -> Option<Finding<'static>> {
    match name {
        Name::Password | Name::Key => assignment(text, &name_span, name),
        Name::Bearer if before(text, name_span.start).is_some_and(is_word) => None,
        Name::Bearer => header("bearer_token", text, name_span.end),
        Name::Basic => header("basic_auth", text, name_span.end),
    }
}

fn assignment(text: &str, name_span: &Range<usize>, name: Name) -> Option<Finding<'static>> {
    let start = name_span.end + SIGN.find(ahead(text, name_span.end, 96).as_bytes())?.end();
    let (skip, value) = value(ahead(text, start, MAX_VALUE + 2));
    // A bare value before a bracket is a function.
    if skip == 0 && after(text, start + value.len()) == Some(b'(') {
        return None;
    }
    let kind = match name {
        Name::Password if is_password(value, skip > 0) => "password",
        Name::Key if is_key(value) => "secret",
        _ => return None,
    };
    Some(Finding::scored(kind, start + skip..start + skip + value.len(), LIKELY))
}

/// Length of the opening quote, and what stands in quotes, else up to white space or a mark that ends values.
fn value(rest: &str) -> (usize, &str) {
    let quote = rest.strip_prefix('\\').unwrap_or(rest).chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
    let skip = quote.map_or(0, |_| 1 + usize::from(rest.starts_with('\\')));
    let ends = |c: char| match quote {
        Some(quote) => c == quote || matches!(c, '\\' | '\n' | '\r'),
        None => {
            c.is_ascii_whitespace()
                || matches!(
                    c,
                    '"' | '\'' | '`' | ',' | ';' | '(' | ')' | '{' | '}' | '[' | ']' | '<' | '>' | '&' | '|' | '\\'
                )
        }
    };
    let value = rest.get(skip..).unwrap_or_default();
    (skip, value.find(ends).and_then(|end| value.get(..end)).unwrap_or(value))
}

fn header(kind: &'static str, text: &str, start: usize) -> Option<Finding<'static>> {
    let value = HEADER_VALUE.captures(ahead(text, start, 4 << 10).as_bytes())?.get(1)?;
    let span = start + value.start()..start + value.end();
    is_mixed(text.get(span.clone())?).then(|| Finding::scored(kind, span, LIKELY))
}
