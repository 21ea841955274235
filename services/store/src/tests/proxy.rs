//! Stands between the store and Postgres, to cut the connection where a test wants it cut.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use url::Url;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// Bytes pass.
    Open,
    /// Connections are cut, and new ones are closed at once.
    Away,
    /// Passes everything but the next answer to a COMMIT: the server has committed, the client never learns of it.
    LosesNextCommit,
}

pub(super) struct Proxy {
    line: watch::Sender<Line>,
    address: SocketAddr,
    server: String,
    lost: Arc<Mutex<u32>>,
}

impl Proxy {
    pub(super) async fn to(url: &str) -> Self {
        let url = Url::parse(url).unwrap();
        let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            line: watch::Sender::new(Line::Open),
            address: listener.local_addr().unwrap(),
            server,
            lost: Arc::default(),
        };
        let (line, server, lost) = (proxy.line.clone(), proxy.server.clone(), Arc::clone(&proxy.lost));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server.clone(), line.clone(), Arc::clone(&lost)));
            }
        });
        proxy
    }

    /// `url` with the proxy's address in it.
    pub(super) fn url(&self, url: &str) -> String {
        let mut url = Url::parse(url).unwrap();
        url.set_ip_host(self.address.ip()).unwrap();
        url.set_port(Some(self.address.port())).unwrap();
        url.into()
    }

    pub(super) fn set(&self, line: Line) {
        self.line.send_replace(line);
    }

    /// How many answers to a COMMIT were lost.
    pub(super) fn lost(&self) -> u32 {
        *self.lost.lock().unwrap()
    }
}

/// Both directions of one connection, until one side or the test ends it.
async fn carry(mut client: TcpStream, server: String, line: watch::Sender<Line>, lost: Arc<Mutex<u32>>) {
    let mut seen = line.subscribe();
    if *seen.borrow() == Line::Away {
        return;
    }
    let Ok(mut upstream) = TcpStream::connect(server).await else { return };
    let (mut up, mut down) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            () = away(&mut seen) => return,
            n = client.read(&mut up) => {
                let n = n.unwrap_or(0);
                if n == 0 || upstream.write_all(&up[..n]).await.is_err() { return }
            }
            n = upstream.read(&mut down) => {
                let n = n.unwrap_or(0);
                let commit = down[..n].windows(7).any(|bytes| bytes == b"COMMIT\0");
                if commit && *line.borrow() == Line::LosesNextCommit {
                    *lost.lock().unwrap() += 1;
                    line.send_replace(Line::Open);
                    return;
                }
                if n == 0 || client.write_all(&down[..n]).await.is_err() { return }
            }
        }
    }
}

async fn away(line: &mut watch::Receiver<Line>) {
    // The sender lives as long as the connection.
    let _ = line.wait_for(|line| *line == Line::Away).await;
}
