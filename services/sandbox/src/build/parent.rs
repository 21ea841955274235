//! The parent's side: starts the builder process, waits no longer than it may take, reads no more than it may say.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::wire::{self, Limit, Reply, Request};
use crate::config::BuilderCommand;
use crate::error::BuildError;
use crate::guard::GuardCode;

/// Wall-clock limit; the child's own CPU limit is lower.
const MAX_TIME: Duration = Duration::from_secs(60);

/// Builds `code` in a child process.
pub(crate) fn build(builder: &BuilderCommand, cache_dir: &Path, code: &GuardCode) -> Result<Vec<u8>, BuildError> {
    let mut child = start(builder)?;
    let result = converse(&mut child, cache_dir, code);
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
fn converse(child: &mut Child, cache_dir: &Path, code: &GuardCode) -> Option<Result<Vec<u8>, BuildError>> {
    let (mut stdin, mut stdout) = (child.stdin.take()?, child.stdout.take()?);
    let request = Request {
        build_id: super::build_id(),
        language: code.language,
        facts: code.facts.to_string(),
        tools: code.tools.clone(),
        cache_dir: cache_dir.to_owned(),
    };
    let source = code.code.clone();
    // Both directions at once, and neither can hold this thread longer than the time limit.
    let (reply, replied) = mpsc::channel();
    let writer = std::thread::Builder::new().spawn(move || wire::write(&mut stdin, &request, &source));
    let reader = std::thread::Builder::new().spawn(move || reply.send(wire::read::<Reply>(&mut stdout)));
    if let Some(error) = writer.err().or(reader.err()) {
        return Some(Err(BuildError::Builder(format!("a thread cannot be started: {error}"))));
    }
    match replied.recv_timeout(MAX_TIME) {
        Err(_) => Some(Err(BuildError::TooCostly { limit: Limit::Time.as_str() })),
        Ok(Err(_)) => None,
        Ok(Ok((Reply::Built, bytes))) => Some(Ok(bytes)),
        Ok(Ok((Reply::Refused(complaints), _))) => Some(Err(BuildError::Refused(complaints))),
        Ok(Ok((Reply::TooCostly(limit), _))) => Some(Err(BuildError::TooCostly { limit: limit.as_str() })),
        Ok(Ok((Reply::Failed(message), _))) => Some(Err(BuildError::Builder(message))),
    }
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
