//! Reading JSON from outside: no duplicate keys, no invalid UTF-8, bounded depth, no number changed in silence.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Deepest nesting that is read.
pub const MAX_DEPTH: usize = 100;

/// Why bytes are not acceptable JSON. The text is fit for the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Not UTF-8.
    #[error("body is not valid UTF-8 from byte {0} on")]
    Utf8(usize),
    /// Not JSON, or an object with a key twice, or too deep.
    #[error("{0}")]
    Syntax(String),
}

/// Parses `bytes` strictly. A number that an `i64`, `u64` or `f64` would change becomes a string with its own text.
///
/// # Errors
/// The bytes are not UTF-8, not JSON, too deep, or have a key twice in one object.
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    let text = std::str::from_utf8(bytes).map_err(|e| JsonError::Utf8(e.valid_up_to()))?;
    parse_str(text)
}

/// [`parse`] for what is known to be UTF-8.
///
/// # Errors
/// As for [`parse`].
pub fn parse_str(text: &str) -> Result<Value, JsonError> {
    parse_within(text, usize::MAX)
}

/// [`parse_str`] that also refuses more than `max_values` values, counted at every level: a few bytes of JSON can
/// take some hundred in memory.
///
/// # Errors
/// As for [`parse`], or there are more values.
pub fn parse_within(text: &str, max_values: usize) -> Result<Value, JsonError> {
    let text = quote_unsafe_numbers(text);
    let mut deserializer = serde_json::Deserializer::from_str(&text);
    let left = Cell::new(max_values);
    let value = Strict { depth: 0, left: &left }.deserialize(&mut deserializer).map_err(syntax)?;
    deserializer.end().map_err(syntax)?;
    Ok(value)
}

/// For `#[serde(deserialize_with)]` on every [`Value`] that comes from outside. `Value`'s own reader takes one key for
/// raw JSON to parse anew, with the depth counted from 0 again; this one takes it for what it is.
///
/// # Errors
/// What the format's reader finds, a key twice, or nesting that is too deep.
pub fn deserialize_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    Strict { depth: 0, left: &Cell::new(usize::MAX) }.deserialize(deserializer)
}

/// [`deserialize_value`] for what may be null or absent.
///
/// # Errors
/// As for [`deserialize_value`].
pub fn deserialize_optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    deserialize_value(deserializer).map(|value| (!value.is_null()).then_some(value))
}

/// [`deserialize_value`] for an object.
///
/// # Errors
/// As for [`deserialize_value`], or it is no object.
pub fn deserialize_object<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    match deserialize_value(deserializer)? {
        Value::Object(map) => Ok(map),
        _ => Err(de::Error::custom("an object is expected")),
    }
}

/// A value that is read from a JSON object and from nothing else. The derived reader of a struct takes a list of its fields'
/// values too, which nobody wrote down and others would read as something else.
#[derive(Debug)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectReader(PhantomData))
    }
}

struct ObjectReader<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectReader<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(access)).map(Object)
    }
}

/// For `#[serde(deserialize_with)]` on a list of which each item has to be an [`Object`].
///
/// # Errors
/// It is no list, an item is no object, or what the items' reader finds.
pub fn deserialize_objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let objects = Vec::<Object<T>>::deserialize(deserializer)?;
    Ok(objects.into_iter().map(|Object(item)| item).collect())
}

/// Levels of nesting of `value`, 0 for a scalar. Recursive, so only for what a reader of this file has bounded.
#[must_use]
pub fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of map_err")]
fn syntax(error: serde_json::Error) -> JsonError {
    JsonError::Syntax(error.to_string())
}

/// `value` in canonical form (RFC 8785), if that says the same as `text`, from which [`parse`] read it: not where a number is
/// beyond what canonical JSON keeps.
pub(crate) fn canonical_exact(value: &Value, text: &str) -> Option<Vec<u8>> {
    let exact = matches!(quote_unsafe_numbers(text), Cow::Borrowed(_)) && !has_big_integer(value);
    if exact { crate::digest::canonical_json(value).ok() } else { None }
}

/// Whether an integer lies beyond ±2^53, up to which every integer is a number of its own in canonical JSON.
fn has_big_integer(value: &Value) -> bool {
    const LIMIT: u64 = 1 << 53;
    match value {
        Value::Number(n) => n.as_i64().map(i64::unsigned_abs).or_else(|| n.as_u64()).is_some_and(|m| m >= LIMIT),
        Value::Array(items) => items.iter().any(has_big_integer),
        Value::Object(map) => map.values().any(has_big_integer),
        _ => false,
    }
}

/// Puts quotes around each number that would not survive, so that it is read as a string. Borrows when there is none.
fn quote_unsafe_numbers(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let (mut copied, mut at, mut in_string) = (0, 0, false);
    while let Some(&byte) = bytes.get(at) {
        if in_string {
            match byte {
                b'\\' => at += 1,
                b'"' => in_string = false,
                _ => {}
            }
            at += 1;
        } else if byte == b'-' || byte.is_ascii_digit() {
            let rest = text.get(at..).unwrap_or_default();
            let len = rest.bytes().take_while(|b| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')).count();
            let (token, after) = (rest.get(..len).unwrap_or_default(), rest.get(len..).unwrap_or_default());
            // A number in the place of a key is no JSON, and quotes must not make it some.
            let is_key = after.trim_start_matches([' ', '\t', '\n', '\r']).starts_with(':');
            if !is_key && !survives(token) {
                out.push_str(text.get(copied..at).unwrap_or_default());
                out.push('"');
                out.push_str(token);
                out.push('"');
                copied = at + len;
            }
            at += len;
        } else {
            in_string = byte == b'"';
            at += 1;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// Whether a number token keeps its value. What is no JSON number at all is left for the parser to refuse.
fn survives(token: &str) -> bool {
    if token.len() <= 15 && token.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-') {
        return true;
    }
    if serde_json::from_str::<&serde_json::value::RawValue>(token).is_err() {
        return true;
    }
    if token.parse::<i64>().is_ok() || token.parse::<u64>().is_ok() {
        return true;
    }
    token.parse::<f64>().is_ok_and(|f| f.is_finite() && decimal(&format!("{f:e}")) == decimal(token))
}

/// Significant digits and exponent of a decimal number: equal exactly for equal values.
fn decimal(token: &str) -> Option<(bool, String, i64)> {
    let (negative, token) = token.strip_prefix('-').map_or((false, token), |rest| (true, rest));
    let (mantissa, exponent) = token.split_once(['e', 'E']).unwrap_or((token, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let exponent = exponent.parse::<i64>().ok()?.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let trimmed = digits.trim_end_matches('0');
    let exponent = exponent.checked_add(i64::try_from(digits.len() - trimmed.len()).ok()?)?;
    let significant = trimmed.trim_start_matches('0').to_owned();
    let exponent = if significant.is_empty() { 0 } else { exponent };
    Some((negative, significant, exponent))
}

#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    /// Values that may still come.
    left: &'a Cell<usize>,
}

impl Strict<'_> {
    fn deeper<E: de::Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom(format_args!("nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let left = self.left.get().checked_sub(1).ok_or_else(|| de::Error::custom("too many values"))?;
        self.left.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }

    fn visit_i64<E: de::Error>(self, v: i64) -> Result<Value, E> {
        Ok(Value::Number(v.into()))
    }

    fn visit_u64<E: de::Error>(self, v: u64) -> Result<Value, E> {
        Ok(Value::Number(v.into()))
    }

    fn visit_f64<E: de::Error>(self, v: f64) -> Result<Value, E> {
        Number::from_f64(v).map(Value::Number).ok_or_else(|| E::custom("number is not finite"))
    }

    fn visit_str<E: de::Error>(self, v: &str) -> Result<Value, E> {
        Ok(Value::String(v.to_owned()))
    }

    fn visit_string<E: de::Error>(self, v: String) -> Result<Value, E> {
        Ok(Value::String(v))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            let value = access.next_value_seed(inner)?;
            if map.contains_key(&key) {
                return Err(de::Error::custom(format_args!("key `{key}` stands twice in one object")));
            }
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_key_twice_is_refused() {
        let error = parse(br#"{"a":1,"b":{"c":1,"c":2}}"#).unwrap_err();
        assert_eq!(error.to_string(), "key `c` stands twice in one object at line 1 column 24");
    }

    #[test]
    fn numbers_that_would_change_keep_their_text() {
        let value = parse(br#"[123456789012345678901234567890, 0.1, 1e400, 18446744073709551615, 0.12345678901234567890123, 1.50, 1E2, -0.0, "9999999999999999999999"]"#).unwrap();
        assert_eq!(
            value,
            json!([
                "123456789012345678901234567890",
                0.1,
                "1e400",
                u64::MAX,
                "0.12345678901234567890123",
                1.5,
                100.0,
                -0.0,
                "9999999999999999999999"
            ])
        );
    }

    #[test]
    fn bad_json_stays_bad() {
        for bad in [
            "",
            "{",
            "{123456789012345678901234567890:1}",
            "01",
            "1.",
            "--1",
            "1e",
            "{\"a\":1}x",
            "[1,]",
            "\"\u{1}\"",
            "nul",
            "99999999999999999999.e",
        ] {
            assert!(parse_str(bad).is_err(), "{bad:?} was accepted");
        }
        assert_eq!(parse(b"\"\xff\"").unwrap_err(), JsonError::Utf8(1));
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(parse_str(&deep(MAX_DEPTH)).is_ok());
        assert!(parse_str(&deep(MAX_DEPTH + 1)).is_err());
    }

    #[test]
    fn exponents_of_any_size_are_read_without_overflow() {
        assert_eq!(
            parse_str("[0e9223372036854775807, 10e9223372036854775807]").unwrap(),
            json!(["0e9223372036854775807", "10e9223372036854775807"])
        );
    }

    #[test]
    fn the_number_of_values_can_be_bounded() {
        assert!(parse_within("[1,2,{}]", 4).is_ok());
        assert_eq!(parse_within("[1,2,{}]", 3).unwrap_err().to_string(), "too many values at line 1 column 5");
    }

    #[test]
    fn no_key_makes_the_reader_start_anew() {
        const KEY: &str = "$serde_json::private::RawValue";
        let text = json!({ KEY: "[[[[1]]]]" }).to_string();
        assert_eq!(parse_str(&text).unwrap()[KEY], "[[[[1]]]]");
        let read = deserialize_value(&mut serde_json::Deserializer::from_str(&text)).unwrap();
        assert_eq!(read[KEY], "[[[[1]]]]");
    }

    #[test]
    fn a_backslash_before_a_quote_does_not_end_the_string() {
        assert_eq!(
            parse_str(r#"["\"123456789012345678901234567890\\",1]"#).unwrap(),
            json!(["\"123456789012345678901234567890\\", 1])
        );
    }
}
