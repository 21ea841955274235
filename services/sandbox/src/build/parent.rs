//! The parent's side: starts the builder process, waits no longer than it may take, reads no more than it may say.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use super::order::Order;
use super::wire::{self, Job, Limit, Listing, Reply, Request};
use crate::config::BuilderCommand;
use crate::error::BuildError;

/// Wall-clock limit; the child's own CPU limit is lower.
const MAX_TIME: Duration = Duration::from_secs(60);

/// Most children that are asked for the same.
const ATTEMPTS: usize = 3;

/// One guard to build.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) code: &'a [u8],
    pub(crate) facts: &'a Value,
    pub(crate) trace: bool,
}

/// What the child made of one guard.
pub(crate) type Done = Result<(Vec<u8>, Listing), BuildError>;

/// Builds all `sources` in one child process, as `order` says. An error of the whole is one
/// of the child; it answers for each source otherwise. When the machine was short of something, another child is asked.
pub(crate) fn build(
    builder: &BuilderCommand,
    cache_dir: &Path,
    order: &Order<'_>,
    sources: &[Source<'_>],
) -> Result<Vec<Done>, BuildError> {
    let is_busy = |done: &Done| matches!(done, Err(BuildError::Busy(_)));
    for _ in 1..ATTEMPTS {
        let done = build_once(builder, cache_dir, order, sources)?;
        if !done.iter().any(is_busy) {
            return Ok(done);
        }
        tracing::warn!("the machine was short of what a guard's build needs; building anew");
    }
    build_once(builder, cache_dir, order, sources)
}

fn build_once(
    builder: &BuilderCommand,
    cache_dir: &Path,
    order: &Order<'_>,
    sources: &[Source<'_>],
) -> Result<Vec<Done>, BuildError> {
    let mut child = start(builder)?;
    let result = converse(&mut child, cache_dir, order, sources);
    // Whatever it was doing, it is not needed any more.
    let _ = child.kill();
    let status = child.wait();
    result.unwrap_or_else(|| Err(died(status.ok())))
}

fn start(builder: &BuilderCommand) -> Result<Child, BuildError> {
    Command::new(&builder.program)
        .args(&builder.arguments)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| BuildError::Builder(format!("`{}` cannot be started: {error}", builder.program.display())))
}

/// `None` when the child ended without a reply.
fn converse(
    child: &mut Child,
    cache_dir: &Path,
    order: &Order<'_>,
    sources: &[Source<'_>],
) -> Option<Result<Vec<Done>, BuildError>> {
    let (mut stdin, mut stdout) = (child.stdin.take()?, child.stdout.take()?);
    let job = |source: &Source<'_>| Job {
        facts: source.facts.to_string(),
        trace: source.trace,
        source_bytes: source.code.len() as u64,
    };
    let request = Request {
        build_id: super::build_id(),
        language: order.language,
        interface: order.interface,
        tools: order.tools.to_vec(),
        library: order.library.clone(),
        cache_dir: cache_dir.to_owned(),
        jobs: sources.iter().map(job).collect(),
    };
    let body: Vec<u8> = sources.iter().flat_map(|source| source.code).copied().collect();
    // Both directions at once, and neither can hold this thread longer than the time limit.
    let (reply, replied) = mpsc::channel();
    let writer = std::thread::Builder::new().spawn(move || wire::write(&mut stdin, &request, &body));
    let reader = std::thread::Builder::new().spawn(move || reply.send(wire::read::<Vec<Reply>>(&mut stdout)));
    if let Some(error) = writer.err().or(reader.err()) {
        return Some(Err(BuildError::Builder(format!("a thread cannot be started: {error}"))));
    }
    match replied.recv_timeout(MAX_TIME) {
        Err(_) => Some(Err(BuildError::TooCostly { limit: Limit::Time.as_str() })),
        Ok(Err(_)) => None,
        Ok(Ok((replies, _))) if replies.len() != sources.len() => None,
        Ok(Ok((replies, bytes))) => Some(Ok(done(replies, &bytes))),
    }
}

fn done(replies: Vec<Reply>, mut bytes: &[u8]) -> Vec<Done> {
    let mut take = |length: u64| {
        let (built, rest) = usize::try_from(length).ok().and_then(|length| bytes.split_at_checked(length))?;
        bytes = rest;
        Some(built.to_vec())
    };
    let outcome = |reply| match reply {
        Reply::Built { bytes, listing } => match take(bytes) {
            Some(built) => Ok((built, listing)),
            None => Err(BuildError::Builder("its answer is shorter than it says".to_owned())),
        },
        Reply::Refused(complaints) => Err(BuildError::Refused(complaints)),
        Reply::TooCostly(limit) => Err(BuildError::TooCostly { limit: limit.as_str() }),
        Reply::Failed(message) => Err(BuildError::Builder(message)),
        Reply::Busy(message) => Err(BuildError::Busy(message)),
    };
    replies.into_iter().map(outcome).collect()
}

/// A child that died without a word was ended by one of its resource limits, or crashed.
fn died(status: Option<std::process::ExitStatus>) -> BuildError {
    use std::os::unix::process::ExitStatusExt;
    const SIGABRT: i32 = 6;
    const SIGKILL: i32 = 9;
    const SIGXCPU: i32 = 24;
    const SIGXFSZ: i32 = 25;
    match status.and_then(|status| status.signal()) {
        Some(SIGXCPU) => BuildError::TooCostly { limit: Limit::Time.as_str() },
        // Rust aborts when an allocation fails; the kernel kills when the machine is out of memory.
        Some(SIGABRT | SIGKILL | SIGXFSZ) => BuildError::TooCostly { limit: Limit::Memory.as_str() },
        signal => BuildError::Builder(format!("it ended without a reply (status {status:?}, signal {signal:?})")),
    }
}
