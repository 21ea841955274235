//! The builder process: limits itself, reads guards, builds them, writes the results, ends.

use std::io::Write;
use std::process::ExitCode;

use rlimit::Resource;
use wasmtime::{Engine, Module};

use super::wire::{self, Job, Limit, Listing, Reply, Request};
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
    let Ok((request, sources)) = wire::read::<Request>(&mut std::io::stdin().lock()) else {
        return ExitCode::FAILURE;
    };
    let (replies, body) = build_all(&request, &sources);
    let mut out = std::io::stdout().lock();
    match wire::write(&mut out, &replies, &body).and_then(|()| out.flush()) {
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

/// A reply for each job, and the built guards one after the other.
fn build_all(request: &Request, mut sources: &[u8]) -> (Vec<Reply>, Vec<u8>) {
    let (mut replies, mut body) = (Vec::new(), Vec::new());
    let workshop = workshop(request);
    for job in &request.jobs {
        let cut = usize::try_from(job.source_bytes).ok().and_then(|length| sources.split_at_checked(length));
        let (source, rest) = cut.unwrap_or((sources, &[]));
        sources = rest;
        let built = match &workshop {
            Ok(workshop) => workshop.build(request, job, source),
            Err(message) => Err(Reply::Failed(message.clone())),
        };
        replies.push(match built {
            Ok((built, listing)) => {
                body.extend_from_slice(&built);
                Reply::Built { bytes: built.len() as u64, listing }
            }
            Err(reply) => reply,
        });
    }
    (replies, body)
}

/// The engine of one builder process, with its ticker.
struct Workshop {
    engine: Engine,
    /// For guards in Rhai.
    rhai: Option<Module>,
    _ticker: engine::Ticker,
}

fn workshop(request: &Request) -> Result<Workshop, String> {
    if request.build_id != super::build_id() {
        return Err(
            "the builder program was replaced by another build of it; restart parapet to use the new one".to_owned()
        );
    }
    let engine = engine::building().map_err(|error| error.to_string())?;
    let ticker = engine::Ticker::start(&engine).map_err(|error| error.to_string())?;
    let rhai = match request.language {
        Language::Rhai => Some(rhai::guest(&engine, request).map_err(|error| error.to_string())?),
        Language::Wasm => None,
    };
    Ok(Workshop { engine, rhai, _ticker: ticker })
}

impl Workshop {
    fn build(&self, request: &Request, job: &Job, source: &[u8]) -> Result<(Vec<u8>, Listing), Reply> {
        match &self.rhai {
            Some(guest) => rhai::build(&self.engine, guest, request, job, source),
            None => Ok((wasm::build(&self.engine, request, source)?, Listing::default())),
        }
    }
}

/// How guest code that runs while a guard is built may end: by its own fault, at a limit, or for want of something that the
/// machine could not give.
pub(crate) fn reply_of(stop: crate::run::Stop) -> Reply {
    use parapet_domain::FailureKind as K;
    let failure = stop.into_failure();
    match failure.kind {
        K::OutOfFuel => Reply::TooCostly(Limit::Fuel),
        K::OutOfMemory => Reply::TooCostly(Limit::Memory),
        K::TimedOut => Reply::TooCostly(Limit::Time),
        // Neither the guest's doing nor a limit.
        K::NoCapacity => Reply::Busy(failure.message),
        _ => Reply::Refused(vec![parapet_abi::Complaint {
            line: 0,
            column: 0,
            message: format!("guard stopped while it was built: {}", failure.message),
            help: "it must not trap before its first event".to_owned(),
        }]),
    }
}
