//! What `audit = "required"` promises, seen from the kernel: the system calls of the sidecar, traced with strace, show the
//! flush of the log's file after the request was read and before the answer is written to the socket.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper that panics fails its test"
)]

use std::process::Command;

use parapet_tests::sidecar::{Sidecar, binary};
use parapet_tests::upstream::Upstream;
use parapet_tests::world::{CHECK_KEY, World};

/// Calls that can move the request, the log or the answer.
const CALLS: &str = "trace=read,recvfrom,readv,write,writev,sendto,sendmsg,pwrite64,fsync,fdatasync";

fn traced(world: &World) -> Sidecar {
    let mut command = Command::new("strace");
    // -y names the file behind each descriptor; -f follows the threads.
    command.args(["-f", "-y", "-s", "120", "-e", CALLS, "-o"]).arg(world.path("trace")).arg(binary().unwrap());
    command.args(["serve", "--json", "--config"]).arg(world.config()).arg("--state-dir").arg(world.path("state"));
    Sidecar::spawn(command, &world.path("state")).expect("strace runs; tests/setup.sh installs it")
}

/// Index of the first line from `from` on that `holds`.
fn find(trace: &[&str], from: usize, what: &str, holds: impl Fn(&str) -> bool) -> usize {
    let found = trace.iter().enumerate().skip(from).find(|(_, line)| holds(line)).map(|(n, _)| n);
    found.unwrap_or_else(|| panic!("the trace has no {what} after line {from}:\n{}", trace[from..].join("\n")))
}

/// A flush of the log that has returned. A call that waits while other threads run is shown in two lines, begun and
/// resumed; the second one has the result.
fn flushed(trace: &[&str], from: usize) -> usize {
    let names_log = |line: &str| line.contains("parapet.db");
    let is_flush = |line: &str| line.contains("fdatasync(") || line.contains("fsync(");
    let begun = find(trace, from, "flush of the log", |line| is_flush(line) && names_log(line));
    if trace[begun].contains("= 0") {
        return begun;
    }
    let thread = trace[begun].split_whitespace().next().unwrap().to_owned();
    find(trace, begun + 1, "end of the flush", |line| {
        line.starts_with(&thread) && line.contains("sync resumed>") && line.contains("= 0")
    })
}

#[tokio::test]
async fn the_log_is_flushed_before_the_answer_leaves() {
    let model = Upstream::saying("yes").await.unwrap();
    let world = World::new(model.address).unwrap();
    let mut sidecar = traced(&world);
    let body = r#"{"stage":"input","text":"is this flushed first?"}"#;
    let headers = [("content-type", "application/json"), ("x-parapet-key", CHECK_KEY)];
    let answer = sidecar.client.send("POST", "/v1/check", &headers, body).await.unwrap();
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
    sidecar.stop().unwrap();

    let text = std::fs::read_to_string(world.path("trace")).unwrap();
    let trace: Vec<&str> = text.lines().collect();
    let request = find(&trace, 0, "request", |line| line.contains("POST /v1/check"));
    let sent = find(&trace, request, "answer", |line| line.contains("HTTP/1.1 200"));
    let written =
        find(&trace, request, "write to the log", |line| line.contains("pwrite64(") && line.contains("parapet.db"));
    let flushed = flushed(&trace, written);
    assert!(
        request < written && written < flushed && flushed < sent,
        "request {request}, written {written}, flushed {flushed}, sent {sent}:\n{}",
        trace[request..=sent.max(flushed)].join("\n")
    );
}
