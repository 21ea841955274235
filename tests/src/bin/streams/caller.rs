//! A client that reads a streamed answer and keeps nothing of it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::api::Api;

/// What came of one answer.
pub(crate) struct Taken {
    /// Characters of text.
    pub(crate) chars: usize,
    /// Bytes on the wire.
    pub(crate) bytes: usize,
    /// Whether the last event came.
    pub(crate) complete: bool,
    /// Time from the request to the first text.
    pub(crate) first_text: Duration,
}

/// Asks for an answer of `chars` characters and reads it to its end.
pub(crate) async fn take(address: SocketAddr, api: Api, chars: usize) -> Result<Taken> {
    let body = api.asks(chars).to_string();
    let mut stream = TcpStream::connect(address).await?;
    let head =
        format!("POST {} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n", api.path());
    let asked = Instant::now();
    stream.write_all(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes()).await?;
    let mut lines = BufReader::new(stream);
    let mut taken = Taken { chars: 0, bytes: 0, complete: false, first_text: Duration::ZERO };
    let mut line = String::new();
    while lines.read_line(&mut line).await? > 0 {
        ensure!(taken.bytes > 0 || line.starts_with("HTTP/1.1 200"), "the answer begins with {line}");
        taken.bytes += line.len();
        if let Some(data) = line.trim_end().strip_prefix("data: ") {
            taken.complete |= api.is_last(data);
            taken.chars += api.text_of(data);
            if taken.first_text.is_zero() && taken.chars > 0 {
                taken.first_text = asked.elapsed();
            }
        }
        line.clear();
    }
    Ok(taken)
}
