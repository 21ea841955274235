//! Tools that are WASM themselves: parsers of hostile text, whose stack overflow must not end the process.
//! Each call gets a fresh instance, the caller's remaining fuel and the caller's deadline.

use std::time::Instant;

use parapet_abi::{MEMORY_EXPORT, TOOL_ALLOC_EXPORT, TOOL_CALL_EXPORT};
use parapet_domain::{Budget, FailureKind};
use parapet_toolbox::WasmTool;
use serde::Deserialize;
use serde_json::value::RawValue;
use wasmtime::{Engine, InstancePre, Linker, Module, Store};

use crate::SandboxError;
use crate::engine::make_image;
use crate::guard::Entry;
use crate::host::HostError;
use crate::limits::Limits;
use crate::run::{Stop, exchange, ticks};

/// Longest result of a tool, in bytes.
const MAX_RESULT_BYTES: u64 = 1 << 20;

/// All tools of this kind, compiled and linked. They import nothing.
pub(crate) struct WasmTools {
    engine: Engine,
    tools: Vec<(WasmTool, InstancePre<Limits>, Entry)>,
}

/// Why a tool gave no result.
pub(crate) enum ToolStop {
    /// It refused its arguments.
    Refused(String),
    /// It hit a limit or trapped.
    Stopped(Stop),
}

impl WasmTools {
    pub(crate) fn new(engine: &Engine, modules: Vec<(WasmTool, Module)>) -> Result<Self, SandboxError> {
        let linker = Linker::new(engine);
        let tools = modules.into_iter().map(|(tool, module)| {
            let entry = entry_of(&module, TOOL_ALLOC_EXPORT, TOOL_CALL_EXPORT)
                .ok_or_else(|| SandboxError::engine(format_args!("{tool:?} does not export `tool/1`")))?;
            let instance = linker.instantiate_pre(&module).map_err(SandboxError::engine)?;
            Ok((tool, instance, entry))
        });
        Ok(Self { engine: engine.clone(), tools: tools.collect::<Result<_, SandboxError>>()? })
    }

    /// The JSON result, and the fuel that was used.
    pub(crate) fn call(
        &self,
        tool: WasmTool,
        input: &[u8],
        fuel: u64,
        deadline: Instant,
    ) -> (Result<Vec<u8>, ToolStop>, u64) {
        let mut store = Store::new(&self.engine, Limits { memory_bytes: Budget::MAX_MEMORY_BYTES });
        store.limiter(|limits| limits);
        store.set_epoch_deadline(ticks(deadline.saturating_duration_since(Instant::now())));
        let result = self.call_in(&mut store, tool, input, fuel);
        (result, fuel.saturating_sub(store.get_fuel().unwrap_or(0)))
    }

    fn call_in(&self, store: &mut Store<Limits>, tool: WasmTool, input: &[u8], fuel: u64) -> Result<Vec<u8>, ToolStop> {
        let stopped = |error: wasmtime::Error| ToolStop::Stopped(Stop::Engine(error));
        let known = self.tools.iter().find(|(known, _, _)| *known == tool);
        let (_, instance, entry) = known.ok_or_else(|| ToolStop::Refused("is not part of this build".to_owned()))?;
        store.set_fuel(fuel).map_err(stopped)?;
        make_image(instance.module()).map_err(stopped)?;
        let instance = instance.instantiate(&mut *store).map_err(stopped)?;
        let answer = exchange(store, &instance, entry, input, MAX_RESULT_BYTES).map_err(ToolStop::Stopped)?;
        result_of(&answer)
    }
}

/// Where the exports of an interface are.
pub(crate) fn entry_of(module: &Module, alloc: &str, call: &str) -> Option<Entry> {
    Some(Entry {
        memory: module.get_export_index(MEMORY_EXPORT)?,
        alloc: module.get_export_index(alloc)?,
        call: module.get_export_index(call)?,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Answer<'a> {
    #[serde(borrow)]
    Ok(&'a RawValue),
    Error(String),
}

/// The result's JSON in an answer by `tool/1`.
pub(crate) fn result_of(answer: &[u8]) -> Result<Vec<u8>, ToolStop> {
    match serde_json::from_slice(answer) {
        Ok(Answer::Ok(value)) => Ok(value.get().as_bytes().to_vec()),
        Ok(Answer::Error(message)) => Err(ToolStop::Refused(message)),
        Err(error) => Err(ToolStop::Stopped(Stop::BadOutput(format!("answer is not understood: {error}")))),
    }
}

impl ToolStop {
    /// The caller's own limits stay what they are; everything else is the tool's failure.
    pub(crate) fn into_host_error(self, tool: &str) -> HostError {
        let failed = |message| HostError::ToolFailed { tool: tool.to_owned(), message };
        let failure = match self {
            Self::Refused(message) => return failed(message),
            Self::Stopped(stop) => stop.into_failure(),
        };
        match failure.kind {
            FailureKind::OutOfFuel => HostError::OutOfFuel,
            FailureKind::TimedOut => HostError::TimedOut,
            kind => failed(format!("{}: {}", kind.as_str(), failure.message)),
        }
    }
}
