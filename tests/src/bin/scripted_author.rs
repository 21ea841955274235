//! A model server whose author plans and writes what long documents ask for, at random lengths of a fixed seed. Prints its
//! address, and serves until it is ended.

use anyhow::Result;
use parapet_test_model_server::{Author, Server};

/// How much of what it is asked for the author writes.
const LENGTHS: (f64, f64) = (0.5, 1.5);

#[tokio::main]
#[expect(clippy::print_stdout, reason = "whoever starts it has to know where it listens")]
async fn main() -> Result<()> {
    let author = Author::new(11, LENGTHS);
    let server = Server::answering(move |asked| author.step(asked)).await;
    println!("{}/v1", server.url);
    std::future::pending().await
}
