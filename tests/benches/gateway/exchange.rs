//! The one exchange: a chat request and its answer, 2,048 bytes of JSON each, in which no guard finds anything.

use bytes::Bytes;
use serde_json::{Value, json};

/// Length of each body, in bytes.
pub(crate) const BYTES: usize = 2048;
/// Path at the upstream.
pub(crate) const PATH: &str = "/v1/chat/completions";

const RULES: &str =
    "You help the readers of a city library. Answer in plain words, name the shelf, and say so when you do not know.";
const QUESTION: &str = "I am looking for something about the history of bridges, for a talk that I give at school next month. \
    It should explain why stone arches hold without mortar, how the builders of the nineteenth century came to iron and then to \
    steel, and what went wrong when a bridge began to swing in the wind. Pictures and drawings would help, as most of my listeners \
    are about twelve years old and have never thought about forces. I have read two general books already and found them too dry. ";
const ANSWER: &str = "There are several good books on the second floor, in the room to the left of the stairs. The one that most of our \
    younger readers like begins with a wooden plank over a stream and goes on to the long suspension bridges; each chapter has a \
    model that can be built from paper and string. For the arches, take the volume with the grey cover: it shows stone by stone why \
    the load holds the ring together. The story of the bridge that swung in the wind is told in the last chapter, with photographs. ";

/// The request.
pub(crate) fn request() -> Bytes {
    filled(QUESTION, |text| {
        json!({
            "model": "m", "temperature": 0.2, "max_tokens": 512,
            "messages": [{ "role": "system", "content": RULES }, { "role": "user", "content": text }],
        })
    })
}

/// What the upstream answers.
pub(crate) fn answer() -> Bytes {
    filled(ANSWER, |text| parapet_tests::upstream::completion(&json!({ "role": "assistant", "content": text })))
}

/// The body with as much of `text`, again and again, as makes it [`BYTES`] long. The text has nothing to escape.
fn filled(text: &str, body: impl Fn(&str) -> Value) -> Bytes {
    let room = BYTES.saturating_sub(body("").to_string().len());
    let long: String = text.chars().cycle().take(room).collect();
    Bytes::from(body(&long).to_string())
}
