//! Builds a Rhai guard: the script is parsed inside the guest, and what that changed in memory is the guard's image.

use parapet_abi::{Complaint, GUARD_ALLOC_EXPORT, GUARD_BUILD_EXPORT, ScriptBuild, ScriptBuilt, ToolBinding};
use parapet_domain::Budget;
use parapet_toolbox::tools;
use wasmtime::{Engine, Extern, Instance, Linker, Module, Store};

use super::cache::Cache;
use super::child::reply_of;
use super::wire::{Job, Listing, Reply, Request};
use crate::artifacts::RHAI_GUEST;
use crate::engine::make_image;
use crate::error::SandboxError;
use crate::image::Image;
use crate::limits::Limits;
use crate::run::{Stop, exchange, ticks};
use crate::wasm_tools::entry_of;

/// What parsing may cost. A script of 100 KB takes a hundredth of it.
const BUDGET: Budget =
    Budget { fuel: 20_000_000_000, memory_bytes: Budget::MAX_MEMORY_BYTES, deadline_ms: 20_000, output_bytes: 1 << 20 };

/// Longest answer about a script whose tokens and probes are asked for, in bytes.
const MAX_LISTING_BYTES: u64 = 6 << 20;

/// The compiled interpreter.
pub(crate) fn guest(engine: &Engine, request: &Request) -> Result<Module, SandboxError> {
    Cache::open(&request.cache_dir)?.own_module(engine, RHAI_GUEST)
}

pub(crate) fn build(
    engine: &Engine,
    guest: &Module,
    request: &Request,
    job: &Job,
    source: &[u8],
) -> Result<(Vec<u8>, Listing), Reply> {
    let failed = |error: &dyn std::fmt::Display| Reply::Failed(error.to_string());
    let script = String::from_utf8(source.to_vec()).map_err(|_| not_utf8())?;
    let mut store = store(engine).map_err(|e| failed(&e))?;
    let mut linker = Linker::new(engine);
    // Nothing in a script runs while it is parsed, so no import is ever called.
    linker.define_unknown_imports_as_traps(guest).map_err(|e| failed(&e))?;
    let made = make_image(guest).and_then(|()| linker.instantiate(&mut store, guest));
    let instance = made.map_err(|error| reply_of(Stop::Engine(error)))?;

    let base = memory(&mut store, &instance)?;
    let (facts_json, tools) = (job.facts.clone(), bindings(request));
    let build = ScriptBuild { script, facts_json, tools, trace: job.trace, tokens: job.trace };
    let built = parse(&mut store, &instance, guest, &build)?;
    if !built.complaints.is_empty() {
        return Err(Reply::Refused(built.complaints));
    }
    let image = Image::diff(&base, &memory(&mut store, &instance)?).to_bytes();
    Ok((image, Listing { probes: built.probes, tokens: built.tokens }))
}

fn store(engine: &Engine) -> wasmtime::Result<Store<Limits>> {
    let mut store = Store::new(engine, Limits { memory_bytes: BUDGET.memory_bytes });
    store.limiter(|limits| limits);
    store.set_fuel(BUDGET.fuel)?;
    store.set_epoch_deadline(ticks(BUDGET.deadline()));
    Ok(store)
}

fn parse(
    store: &mut Store<Limits>,
    instance: &Instance,
    module: &Module,
    build: &ScriptBuild,
) -> Result<ScriptBuilt, Reply> {
    let entry = entry_of(module, GUARD_ALLOC_EXPORT, GUARD_BUILD_EXPORT)
        .ok_or_else(|| Reply::Failed("the Rhai guest does not export `guard/1`".to_owned()))?;
    let max_answer = if build.trace { MAX_LISTING_BYTES } else { BUDGET.output_bytes };
    let request = serde_json::to_vec(build).map_err(|e| Reply::Failed(e.to_string()))?;
    let answer = exchange(store, instance, &entry, &request, max_answer).map_err(reply_of)?;
    serde_json::from_slice(&answer)
        .map_err(|e| Reply::Failed(format!("the Rhai guest's answer is not understood: {e}")))
}

/// A copy of the memory. The stack pointer, the one mutable global, is back at its start between two calls.
fn memory(store: &mut Store<Limits>, instance: &Instance) -> Result<Vec<u8>, Reply> {
    match instance.get_export(&mut *store, parapet_abi::MEMORY_EXPORT) {
        Some(Extern::Memory(memory)) => Ok(memory.data(&*store).to_vec()),
        _ => Err(reply_of(Stop::BadOutput("the Rhai guest exports no memory".to_owned()))),
    }
}

/// The built-in tools by their number, then the granted ones of the operator.
fn bindings(request: &Request) -> Vec<ToolBinding> {
    let binding = |(id, tool): (usize, &parapet_toolbox::ToolSpec)| ToolBinding {
        id: i32::try_from(id).unwrap_or(-1),
        name: tool.name.to_owned(),
        min_args: tool.min_args,
        max_args: tool.max_args,
        granted: request.tools.iter().any(|name| name == tool.name),
    };
    tools().iter().enumerate().map(binding).chain(request.library.iter().cloned()).collect()
}

fn not_utf8() -> Reply {
    Reply::Refused(vec![Complaint {
        line: 0,
        column: 0,
        message: "script is not valid UTF-8".to_owned(),
        help: "save guard.rhai as UTF-8".to_owned(),
    }])
}
