//! A model server that streams as many characters as the request's text says, as fast as they are taken.

use std::convert::Infallible;
use std::net::SocketAddr;

use anyhow::Result;
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use http::{Request, Response, header};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::api::Api;

const SENTENCE: &str = "The quick brown fox jumps over the lazy dog and then it rests for a while. ";
/// Characters of a chunk.
const CHUNK: usize = 300;

/// Starts it on a free port.
pub(crate) async fn start() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let connection =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
            tokio::spawn(connection);
        }
    });
    Ok(address)
}

type Frames = std::pin::Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, Infallible>> + Send>>;

async fn answer(request: Request<Incoming>) -> Result<Response<StreamBody<Frames>>, Infallible> {
    let api = Api::of_path(request.uri().path());
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let chars: usize = Api::asked(&body).split(' ').find_map(|word| word.parse().ok()).unwrap_or(0);
    let frames: Frames = Box::pin(stream::unfold(Some(chars), move |left| async move {
        let (events, next) = events(api, chars, left?);
        Some((Ok(Frame::data(Bytes::from(events))), next))
    }));
    let mut response = Response::new(StreamBody::new(frames));
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/event-stream"));
    Ok(response)
}

/// The next events of an answer of which `left` characters of `all` are to come, and how many are after that; `None` after the end.
fn events(api: Api, all: usize, left: usize) -> (String, Option<usize>) {
    let text = |chars| SENTENCE.chars().cycle().take(chars).collect::<String>();
    if left == 0 {
        let whole = if api.is_constant() { String::new() } else { chunks(all).map(text).collect() };
        return (api.end(&whole), None);
    }
    let size = left.min(CHUNK);
    let begin = if left == all { api.begin() } else { String::new() };
    (begin + &api.says(&text(size)), Some(left - size))
}

/// The sizes of the texts that such an answer comes in.
fn chunks(all: usize) -> impl Iterator<Item = usize> {
    (0..all.div_ceil(CHUNK)).map(move |at| CHUNK.min(all - at * CHUNK))
}
