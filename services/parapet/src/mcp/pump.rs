//! Moves lines between the client on standard input and output and the server in the child process. Each side is read by a
//! loop of its own, so that one that does not read cannot stop the other.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use bytes::Bytes;
use parapet_gateway::McpBridge;
use parapet_surfaces::mcp::{Line, LineReader};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::mpsc::{self, Receiver, Sender, WeakSender};
use tokio::sync::oneshot;

/// Pieces and lines that may wait for the other side.
const AHEAD: usize = 16;
const PIECE_BYTES: usize = 64 << 10;

/// What the client sends. Read by a thread, as a read of standard input cannot be given up.
pub(crate) fn standard_input() -> Receiver<Bytes> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    std::thread::spawn(move || {
        let (mut input, mut piece) = (std::io::stdin().lock(), vec![0; PIECE_BYTES]);
        while let Ok(read @ 1..) = input.read(&mut piece) {
            let bytes = Bytes::copy_from_slice(piece.get(..read).unwrap_or_default());
            if sender.blocking_send(bytes).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Where lines for the client go; the second says when all of them have gone.
pub(crate) fn standard_output() -> (Sender<Bytes>, oneshot::Receiver<()>) {
    let (sender, mut receiver) = mpsc::channel::<Bytes>(AHEAD);
    let (done, written) = oneshot::channel();
    std::thread::spawn(move || {
        let mut output = std::io::stdout().lock();
        while let Some(line) = receiver.blocking_recv() {
            if output.write_all(&line).and_then(|()| output.flush()).is_err() {
                return;
            }
        }
        // Who waited may have given up.
        let _ = done.send(());
    });
    (sender, written)
}

/// Where lines for the server go. Its input is closed when all senders are gone.
pub(crate) fn server_input(mut stdin: ChildStdin) -> Sender<Bytes> {
    let (sender, mut receiver) = mpsc::channel::<Bytes>(AHEAD);
    tokio::spawn(async move {
        while let Some(line) = receiver.recv().await {
            // A server that has closed its input is about to end.
            if stdin.write_all(&line).await.is_err() || stdin.flush().await.is_err() {
                return;
            }
        }
    });
    sender
}

/// Carries what the client sends, until it sends no more.
pub(crate) async fn from_client(
    bridge: &McpBridge,
    mut pieces: Receiver<Bytes>,
    to_client: Sender<Bytes>,
    to_server: Sender<Bytes>,
) {
    let mut reader = LineReader::new(bridge.max_line_bytes());
    let mut lines = Vec::new();
    loop {
        let piece = pieces.recv().await;
        match &piece {
            Some(piece) => reader.push(piece, &mut lines),
            None => reader.finish(&mut lines),
        }
        for line in lines.drain(..) {
            let carried = bridge.from_client(line).await;
            // A side that is gone takes nothing; the other end of the pump notices.
            send_all(&to_client, carried.to_client).await;
            send_all(&to_server, carried.to_server).await;
        }
        if piece.is_none() {
            return;
        }
    }
}

/// Carries what the server sends, until it sends no more.
pub(crate) async fn from_server(
    bridge: &McpBridge,
    mut stdout: ChildStdout,
    to_client: Sender<Bytes>,
    to_server: WeakSender<Bytes>,
) {
    let mut reader = LineReader::new(bridge.max_line_bytes());
    let (mut lines, mut piece) = (Vec::new(), vec![0; PIECE_BYTES]);
    loop {
        let read = stdout.read(&mut piece).await.unwrap_or(0);
        match read {
            0 => reader.finish(&mut lines),
            read => reader.push(piece.get(..read).unwrap_or_default(), &mut lines),
        }
        for line in lines.drain(..) {
            carry(bridge, line, &to_client, &to_server).await;
        }
        if read == 0 {
            send_all(&to_client, bridge.server_ended()).await;
            return;
        }
    }
}

async fn carry(bridge: &McpBridge, line: Line, to_client: &Sender<Bytes>, to_server: &WeakSender<Bytes>) {
    let carried = bridge.from_server(line).await;
    send_all(to_client, carried.to_client).await;
    for line in carried.to_server {
        // Waiting here for a server that waits to be read would be waiting for ever.
        if to_server.upgrade().is_none_or(|to_server| to_server.try_send(line).is_err()) {
            tracing::warn!("the server does not read, so it is not told of a refusal");
        }
    }
}

async fn send_all(to: &Sender<Bytes>, lines: Vec<Bytes>) {
    for line in lines {
        if to.send(line).await.is_err() {
            return;
        }
    }
}

/// Waits until what was sent has gone out, but no longer than a reader may take.
pub(crate) async fn written(all: oneshot::Receiver<()>, limit: Duration) {
    // The writer may have failed, or its reader may not read; then there is nobody to wait for.
    let _ = tokio::time::timeout(limit, all).await;
}
