//! A relay in front of the real model server that remembers what it was asked: a call that is made twice shows here.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use http::Uri;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Largest request that is read, in bytes.
const MOST: usize = 8 << 20;

/// The relay. It ends with the runtime.
pub(crate) struct Relay {
    /// Address to ask in place of the server's.
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<u64>>>,
}

impl Relay {
    /// A relay to `url`, which is plain HTTP.
    pub(crate) async fn to(url: &str) -> Result<Self> {
        let uri: Uri = url.parse().with_context(|| format!("`{url}` is no address"))?;
        let host = uri.host().with_context(|| format!("`{url}` names no host"))?;
        let server = format!("{host}:{}", uri.port_u16().unwrap_or(80));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}{}", listener.local_addr()?, uri.path().trim_end_matches('/'));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let remembered = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (server, asked) = (server.clone(), Arc::clone(&remembered));
                // Whoever asked may be killed meanwhile; that is what this is for.
                tokio::spawn(async move { relay(stream, &server, &asked).await });
            }
        });
        Ok(Self { url, asked })
    }

    /// Questions so far, and how many of them were asked before.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let different: HashSet<&u64> = asked.iter().collect();
        (asked.len(), asked.len() - different.len())
    }
}

async fn relay(mut client: TcpStream, server: &str, asked: &Mutex<Vec<u64>>) -> Result<()> {
    let (head, body) = read(&mut client).await?;
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(hasher.finish());
    let mut upstream = TcpStream::connect(server).await?;
    // One exchange a connection: the end of the answer is the end of the connection.
    let head = head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    upstream.write_all(head.as_bytes()).await?;
    upstream.write_all(&body).await?;
    tokio::io::copy(&mut upstream, &mut client).await?;
    client.shutdown().await?;
    Ok(())
}

/// Head, with its empty line, and body of a request.
async fn read(client: &mut TcpStream) -> Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let end = loop {
        anyhow::ensure!(client.read_buf(&mut bytes).await? > 0 && bytes.len() < MOST, "no whole request");
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
    };
    let body = bytes.split_off(end);
    let head = String::from_utf8(bytes)?;
    let length = |line: &str| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    };
    let length = head.lines().find_map(length).unwrap_or_default();
    anyhow::ensure!(length < MOST, "a request of {length} bytes");
    let mut body = body;
    while body.len() < length {
        anyhow::ensure!(client.read_buf(&mut body).await? > 0, "no whole request");
    }
    Ok((head, body))
}
