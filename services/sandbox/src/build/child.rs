//! The builder process: limits itself, reads one guard, builds it, writes the result, ends.

use std::io::Write;
use std::process::ExitCode;

use rlimit::Resource;

use super::wire::{self, Limit, Reply, Request};
use super::{rhai, wasm};
use crate::engine;
use crate::guard::Language;

/// CPU seconds.
const MAX_CPU_SECONDS: u64 = 30;
/// Bytes of writable memory.
const MAX_DATA_BYTES: u64 = 1 << 30;
/// Bytes of any one file.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// Body of the builder process, to be called first thing by the program that [`crate::BuilderCommand`] names.
#[must_use]
pub fn child_main() -> ExitCode {
    if limit_self().is_err() {
        return ExitCode::FAILURE;
    }
    let Ok((request, source)) = wire::read::<Request>(&mut std::io::stdin().lock()) else {
        return ExitCode::FAILURE;
    };
    let (reply, body) = match build(&request, &source) {
        Ok(bytes) => (Reply::Built, bytes),
        Err(reply) => (reply, Vec::new()),
    };
    let mut out = std::io::stdout().lock();
    match wire::write(&mut out, &reply, &body).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn limit_self() -> std::io::Result<()> {
    limit(Resource::CPU, MAX_CPU_SECONDS)?;
    limit(Resource::DATA, MAX_DATA_BYTES)?;
    limit(Resource::CORE, 0)?;
    // Its files are the cache's, and the anonymous ones in which wasmtime keeps memory images.
    limit(Resource::FSIZE, MAX_FILE_BYTES)
}

/// Lowers a limit; one that is lower already stays.
fn limit(resource: Resource, wanted: u64) -> std::io::Result<()> {
    let (_, hard) = resource.get()?;
    let value = wanted.min(hard);
    resource.set(value, value)
}

fn build(request: &Request, source: &[u8]) -> Result<Vec<u8>, Reply> {
    if request.build_id != super::build_id() {
        let message = "the builder program was replaced by another build of it; restart parapet to use the new one";
        return Err(Reply::Failed(message.to_owned()));
    }
    let engine = engine::building().map_err(|error| Reply::Failed(error.to_string()))?;
    let ticker = engine::Ticker::start(&engine).map_err(|error| Reply::Failed(error.to_string()))?;
    let built = match request.language {
        Language::Rhai => rhai::build(&engine, request, source),
        Language::Wasm => wasm::build(&engine, request, source),
    };
    drop(ticker);
    built
}

/// How guest code that runs while a guard is built may end: by its own fault, or at a limit.
pub(crate) fn reply_of(stop: crate::run::Stop) -> Reply {
    use parapet_domain::FailureKind as K;
    let failure = stop.into_failure();
    match failure.kind {
        K::OutOfFuel => Reply::TooCostly(Limit::Fuel),
        K::OutOfMemory => Reply::TooCostly(Limit::Memory),
        K::TimedOut => Reply::TooCostly(Limit::Time),
        _ => Reply::Refused(vec![parapet_abi::Complaint {
            line: 0,
            column: 0,
            message: format!("guard stopped while it was built: {}", failure.message),
            help: "it must not trap before its first event".to_owned(),
        }]),
    }
}
