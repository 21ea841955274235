//! Query strings to typed questions. Unknown keys, repeated keys and values that mean nothing are refused with what
//! would be right: a filter that is silently dropped shows an auditor the wrong rows.

mod approvals;
mod decisions;
mod overview;

pub(crate) use approvals::ApprovalQuery;
pub(crate) use decisions::{DecisionQuery, Format};
pub(crate) use overview::{OverviewQuery, Range};

use std::collections::BTreeMap;

use parapet_domain::Timestamp;

/// Longest value of a key, in bytes.
const MAX_VALUE_BYTES: usize = 512;

/// What is wrong with a query string, in a sentence for its writer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct QueryError(String);

impl QueryError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// The pairs of a query string, each key known and given once. Empty values count as absent: forms send them.
#[derive(Debug, Default)]
pub(crate) struct Pairs(BTreeMap<String, String>);

impl Pairs {
    pub(crate) fn parse(query: &str, known: &[&str]) -> Result<Self, QueryError> {
        let mut pairs = BTreeMap::new();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            let name: String = key.chars().take(64).collect();
            if !known.contains(&key.as_ref()) {
                return Err(QueryError(match known {
                    [] => format!("unknown query key `{name}`; there are none here"),
                    _ => format!("unknown query key `{name}`; known are {}", listed(known)),
                }));
            }
            if value.len() > MAX_VALUE_BYTES {
                return Err(QueryError(format!("the value of `{name}` is longer than {MAX_VALUE_BYTES} bytes")));
            }
            if value.chars().any(char::is_control) {
                return Err(QueryError(format!("the value of `{name}` has a control character in it")));
            }
            if !value.is_empty() && pairs.insert(key.into_owned(), value.into_owned()).is_some() {
                return Err(QueryError(format!("query key `{name}` is given twice; give it once")));
            }
        }
        Ok(Self(pairs))
    }

    /// What was written for the known keys, right or wrong.
    pub(crate) fn as_written(query: &str, known: &[&str]) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes())
            .filter(|(key, value)| known.contains(&key.as_ref()) && value.len() <= MAX_VALUE_BYTES);
        Self(pairs.map(|(key, value)| (key.into_owned(), value.into_owned())).collect())
    }

    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    fn text(&self, key: &str) -> Option<String> {
        self.0.get(key).cloned()
    }

    /// A value read by `read`, which gives `None` for what it does not know; `expected` says what would be right.
    fn typed<T>(
        &self,
        key: &str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, QueryError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| QueryError(format!("`{key}` cannot be `{value}`; give {expected}")))
    }

    fn time(&self, key: &str) -> Result<Option<Timestamp>, QueryError> {
        self.typed(key, "a time such as `2026-01-31T12:00:00Z`, `2026-01-31 12:00` (UTC) or `2026-01-31`", read_time)
    }
}

/// RFC 3339, or a civil time or date that is taken as UTC.
fn read_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(time) = Timestamp::parse(text) {
        return Some(time);
    }
    let civil = text.parse::<jiff::civil::DateTime>().ok()?;
    let utc = civil.to_zoned_datetime(jiff::tz::TimeZone::UTC).ok()?;
    Some(Timestamp::from_micros(utc.timestamp().as_microsecond()))
}

fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// `path` with a query string of `pairs`.
pub(crate) fn link<K: AsRef<str>, V: AsRef<str>>(path: &str, pairs: impl IntoIterator<Item = (K, V)>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs);
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

/// `text` as one segment of a path.
pub(crate) fn segment(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests;
