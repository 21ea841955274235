//! The body of a request for a long document. A key that is not known is a mistake, as it would be left out in silence.

use parapet_domain::{Origin, Part, Role, Stage, json};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::clip;
use crate::pointer::child;
use crate::{Draft, ParsedBody, SurfaceError};

/// Most characters of an id.
const MAX_ID_BYTES: usize = 64;
/// Most values in a body.
const MAX_VALUES: usize = 64;

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteRequest {
    /// Name of the document, 1 to 64 of `A-Z`, `a-z`, `0-9`, `-` and `_`, when the caller chooses it.
    pub id: Option<String>,
    /// What to write, and how long; absent to go on with what was begun under the id.
    pub order: Option<Order>,
    /// Whether the steps are told as they happen.
    pub stream: bool,
}

/// A new document.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The instruction, as it is.
    pub instruction: String,
    /// How long it is to be.
    pub words: Length,
    /// Its language; absent for that of the instruction.
    pub language: Option<Language>,
    /// Whether its sections have headings.
    pub headings: bool,
    /// Temperature of the model.
    pub temperature: Option<f64>,
    /// Seed of the model.
    pub seed: Option<u64>,
}

/// A length in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// As near to this as can be.
    Exactly(u32),
    /// This or more.
    AtLeast(u32),
    /// This or less.
    AtMost(u32),
    /// From the first to the second.
    Between(u32, u32),
}

/// A language of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    English,
    /// Chinese.
    #[serde(rename = "zh")]
    Chinese,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct Body {
    id: Option<String>,
    instruction: Option<String>,
    words: Option<Value>,
    language: Option<Language>,
    headings: Option<bool>,
    temperature: Option<f64>,
    seed: Option<u64>,
    #[serde(default = "yes")]
    stream: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    at_least: Option<u32>,
    at_most: Option<u32>,
}

const fn yes() -> bool {
    true
}

/// Takes a request apart.
///
/// # Errors
/// The body is no acceptable JSON, or [`SurfaceError::Fields`] with what is wrong with it.
pub fn parse_request(body: &[u8]) -> Result<WriteRequest, SurfaceError> {
    let text = std::str::from_utf8(body).map_err(|e| SurfaceError::Json(json::JsonError::Utf8(e.valid_up_to())))?;
    let value = json::parse_within(text, MAX_VALUES).map_err(SurfaceError::Json)?;
    let body: Body = serde_json::from_value(value).map_err(|error| wrong(error.to_string()))?;
    if body.id.as_deref().is_some_and(|id| !is_id(id)) {
        return Err(wrong("`id` must have 1 to 64 letters, digits, `-` or `_`"));
    }
    let has_settings = body.language.is_some()
        || body.headings.is_some()
        || body.temperature.is_some()
        || body.seed.is_some()
        || body.words.is_some();
    let order = match (body.instruction, body.id.is_some()) {
        (Some(instruction), _) => Some(Order {
            instruction,
            words: length(body.words)?,
            language: body.language,
            headings: body.headings.unwrap_or(true),
            temperature: body.temperature,
            seed: body.seed,
        }),
        (None, true) if has_settings => {
            return Err(wrong("without `instruction`, the document goes on as it was begun; give its `id` alone"));
        }
        (None, true) => None,
        (None, false) => {
            return Err(wrong("`instruction` is missing; give it with `words`, or the `id` of a document"));
        }
    };
    Ok(WriteRequest { id: body.id, order, stream: body.stream })
}

/// Whether a text can be the id of a document.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=MAX_ID_BYTES).contains(&text.len()) && text.bytes().all(allowed)
}

fn length(words: Option<Value>) -> Result<Length, SurfaceError> {
    let expected = "`words` must be a number, or an object with `at_least`, `at_most` or both, such as 5000";
    match words.unwrap_or_default() {
        Value::Number(number) => {
            number.as_u64().and_then(|n| u32::try_from(n).ok()).map(Length::Exactly).ok_or_else(|| wrong(expected))
        }
        bounds @ Value::Object(_) => match serde_json::from_value(bounds) {
            Ok(Bounds { at_least: Some(from), at_most: Some(to) }) => Ok(Length::Between(from, to)),
            Ok(Bounds { at_least: Some(from), at_most: None }) => Ok(Length::AtLeast(from)),
            Ok(Bounds { at_least: None, at_most: Some(to) }) => Ok(Length::AtMost(to)),
            _ => Err(wrong(expected)),
        },
        _ => Err(wrong(expected)),
    }
}

fn wrong(what: impl Into<String>) -> SurfaceError {
    SurfaceError::Fields(vec![clip(what.into())])
}

/// A piece of a document, as a body of its own that is judged and edited like any other. Its pointer, such as `/section/2.3`,
/// says in the record which piece it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'p> {
    /// What it is, and what guards know its part by: `instruction`, `plan` or `section`.
    pub name: &'p str,
    /// Which of several.
    pub place: Option<&'p str>,
    /// Its text.
    pub text: &'p str,
}

impl Piece<'_> {
    /// The body, and what of it is to be judged.
    #[must_use]
    pub fn body(&self, stage: Stage) -> (Vec<u8>, ParsedBody) {
        let (pointer, content) = match self.place {
            Some(place) => (child(&child("", self.name), place), json!({ place: self.text })),
            None => (child("", self.name), json!(self.text)),
        };
        let body = json!({ self.name: content }).to_string().into_bytes();
        let (role, origin) =
            if stage == Stage::Input { (Role::User, Origin::User) } else { (Role::Assistant, Origin::Model) };
        let part = Part { name: Some(self.name.to_owned()), pointer, ..Part::text(role, origin, self.text) };
        (body, ParsedBody { events: vec![Draft::new(stage, vec![part])], ..ParsedBody::default() })
    }

    /// The text of a body that was let go, its edits made.
    #[must_use]
    pub fn released(&self, body: &[u8]) -> Option<String> {
        let mut value = json::parse(body).ok()?;
        let content = value.get_mut(self.name)?;
        let content = match self.place {
            Some(place) => content.get_mut(place)?,
            None => content,
        };
        match content.take() {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(body: &str) -> String {
        parse_request(body.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn every_way_to_say_a_length_is_read() {
        for (words, length) in [
            ("5000", Length::Exactly(5_000)),
            (r#"{"at_least": 10}"#, Length::AtLeast(10)),
            (r#"{"at_most": 10}"#, Length::AtMost(10)),
            (r#"{"at_least": 10, "at_most": 20}"#, Length::Between(10, 20)),
        ] {
            let body = format!(r#"{{"instruction": "Write.", "words": {words}, "language": "zh", "stream": false}}"#);
            let request = parse_request(body.as_bytes()).unwrap();
            let order = request.order.unwrap();
            assert_eq!((order.words, order.language, order.headings), (length, Some(Language::Chinese), true));
            assert!(!request.stream);
        }
    }

    #[test]
    fn an_id_alone_goes_on_with_what_was_begun() {
        let request = parse_request(br#"{"id": "report-1"}"#).unwrap();
        assert_eq!(request, WriteRequest { id: Some("report-1".to_owned()), order: None, stream: true });
    }

    #[test]
    fn what_cannot_be_meant_is_refused_and_says_what_to_do() {
        for (body, says) in [
            ("[]", "an object"),
            ("{}", "`instruction` is missing; give it with `words`, or the `id` of a document"),
            (r#"{"instruction": "x"}"#, "`words` must be a number"),
            (r#"{"instruction": "x", "words": -1}"#, "`words` must be a number"),
            (r#"{"instruction": "x", "words": {}}"#, "`words` must be a number"),
            (r#"{"instruction": "x", "words": {"at_lest": 5}}"#, "`words` must be a number"),
            (r#"{"instruction": "x", "words": 5, "model": "m"}"#, "unknown field `model`"),
            (r#"{"instruction": "x", "words": 5, "language": "fr"}"#, "unknown variant `fr`"),
            (r#"{"id": "../x"}"#, "`id` must have 1 to 64"),
            (r#"{"id": "x", "words": 5}"#, "without `instruction`"),
            (r#"{"id": "x", "id": "y"}"#, "the body is not acceptable JSON"),
        ] {
            assert!(told(body).contains(says), "{body}: {}", told(body));
        }
    }

    #[test]
    fn a_piece_comes_back_with_its_edits() {
        let text = "A \"quoted\" SECRET\n人";
        for (place, pointer) in [(None, "/section"), (Some("2.3"), "/section/2.3"), (Some("a/b"), "/section/a~1b")] {
            let piece = Piece { name: "section", place, text };
            let (body, parsed) = piece.body(Stage::Output);
            assert_eq!(piece.released(&body).as_deref(), Some(text));
            let [draft] = parsed.events.as_slice() else { panic!("one event") };
            assert_eq!(draft.parts[0].pointer, pointer);
            let edit = parapet_domain::Edit { part: 0, start: 11, end: 17, replacement: "***".to_owned() };
            let edited = crate::rewrite(&body, &[(draft, &[edit][..])]).unwrap();
            assert_eq!(piece.released(&edited).as_deref(), Some("A \"quoted\" ***\n人"));
            assert_eq!(piece.released(b"{}"), None);
        }
    }
}
