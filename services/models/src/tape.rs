//! Real exchanges as files, and files as exchanges: one readable JSON file for each, named by the prompt's digest and a
//! counter. The key is in none of them. Only whole answers are kept; a broken connection leaves no file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Secret;
use crate::transport::TransportError;

/// Headers of answers that mean something to the client.
const KEPT_HEADERS: [&str; 5] = ["content-type", "retry-after", "retry-after-ms", "x-request-id", "request-id"];

/// What happens to exchanges.
#[derive(Clone)]
pub(crate) enum Tape {
    /// Nothing.
    Off,
    /// Each is kept.
    Record(Arc<Reel>),
    /// Each is played.
    Replay(Arc<Reel>),
}

/// A folder of exchanges.
pub(crate) struct Reel {
    folder: PathBuf,
    key: Option<Secret>,
    /// Exchanges so far, by digest.
    counts: Mutex<HashMap<String, u64>>,
}

/// A file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    prompt: String,
    url: String,
    /// Seconds until the answer was whole.
    seconds: f64,
    request: Value,
    status: u16,
    headers: std::collections::BTreeMap<String, String>,
    /// The body: as JSON when it is JSON, else as text.
    response: Body,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Body {
    Json(Value),
    Text(String),
}

/// The part of an exchange that is known before its answer.
pub(crate) struct Note {
    url: String,
    request: Value,
}

impl Reel {
    pub(crate) fn new(folder: &Path, key: Option<Secret>) -> Arc<Self> {
        Arc::new(Self { folder: folder.to_owned(), key, counts: Mutex::default() })
    }

    /// The file of the next exchange of this prompt, and its number.
    fn next(&self, digest: &str) -> (PathBuf, u64) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(digest.to_owned()).or_default();
        *count += 1;
        (self.path(digest, *count), *count)
    }

    fn path(&self, digest: &str, number: u64) -> PathBuf {
        let hex = digest.rsplit(':').next().unwrap_or(digest);
        self.folder.join(format!("{hex}-{number}.json"))
    }

    fn scrub(&self, text: &str) -> String {
        self.key.as_ref().map_or_else(|| text.to_owned(), |key| key.scrub(text))
    }
}

impl Tape {
    /// Whether answers come from files, so that nobody has to wait for a server.
    pub(crate) const fn is_replay(&self) -> bool {
        matches!(self, Self::Replay(_))
    }

    /// The recorded answer, `None` when this is no replay.
    pub(crate) async fn play(&self, digest: &str) -> Option<Result<Response<Bytes>, TransportError>> {
        let Self::Replay(reel) = self else { return None };
        let (path, _) = reel.next(digest);
        let read = tokio::fs::read(&path).await;
        Some(match read {
            Ok(bytes) => response(&bytes).map_err(|reason| TransportError::Tape { path, reason }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(TransportError::NotRecorded(path)),
            Err(error) => Err(TransportError::Tape { path, reason: error.to_string() }),
        })
    }

    /// What is written down of a request, when this is a recording.
    pub(crate) fn note(&self, request: &Request<Bytes>) -> Option<Note> {
        let Self::Record(reel) = self else { return None };
        let body = reel.scrub(&String::from_utf8_lossy(request.body()));
        let request_body = serde_json::from_str(&body).unwrap_or(Value::String(body));
        Some(Note { url: request.uri().to_string(), request: request_body })
    }

    /// Writes an exchange.
    pub(crate) async fn keep(
        &self,
        digest: &str,
        note: Note,
        response: &Response<Bytes>,
        time: Duration,
    ) -> Result<(), TransportError> {
        let Self::Record(reel) = self else { return Ok(()) };
        let (path, number) = reel.next(digest);
        let exchange = exchange(reel, digest, note, response, time);
        let failed = |reason: String| TransportError::Tape { path: path.clone(), reason };
        let text = serde_json::to_string_pretty(&exchange).map_err(|error| failed(error.to_string()))?;
        if number == 1 {
            clear(reel, digest).await;
        }
        let unfinished = path.with_extension("part");
        tokio::fs::create_dir_all(&reel.folder).await.map_err(|error| failed(error.to_string()))?;
        tokio::fs::write(&unfinished, text + "\n").await.map_err(|error| failed(error.to_string()))?;
        tokio::fs::rename(&unfinished, &path).await.map_err(|error| failed(error.to_string()))
    }
}

/// Removes an earlier recording of the prompt: what is left of a longer one would be played after the new one.
async fn clear(reel: &Reel, digest: &str) {
    for number in 1.. {
        if tokio::fs::remove_file(reel.path(digest, number)).await.is_err() {
            return;
        }
    }
}

fn exchange(reel: &Reel, digest: &str, note: Note, response: &Response<Bytes>, time: Duration) -> Exchange {
    let kept = KEPT_HEADERS.into_iter().filter_map(|name| {
        let value = response.headers().get(name)?.to_str().ok()?;
        Some((name.to_owned(), reel.scrub(value)))
    });
    let body = reel.scrub(&String::from_utf8_lossy(response.body()));
    Exchange {
        prompt: digest.to_owned(),
        url: note.url,
        seconds: time.as_secs_f64(),
        request: note.request,
        status: response.status().as_u16(),
        headers: kept.collect(),
        response: serde_json::from_str(&body).map_or_else(|_| Body::Text(body), Body::Json),
    }
}

/// The answer in a file.
fn response(bytes: &[u8]) -> Result<Response<Bytes>, String> {
    let exchange: Exchange = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let body = match exchange.response {
        Body::Json(value) => value.to_string(),
        Body::Text(text) => text,
    };
    let mut builder = Response::builder().status(exchange.status);
    for (name, value) in exchange.headers {
        builder = builder.header(name, value);
    }
    builder.body(Bytes::from(body)).map_err(|error| error.to_string())
}
