//! The host's side of `guard/1`: what a guest can call, each pointer checked, each unit of work paid in fuel.

use std::sync::Arc;
use std::time::Instant;

use parapet_abi::{
    CALL_TOOL_IMPORT, FAIL_IMPORT, GUARD_IMPORT_MODULE, MEMORY_EXPORT, RHAI_IMPORT_MODULE, TAKE_RESULT_IMPORT,
    TOOL_IMPORT_MODULE,
};
use parapet_domain::Budget;
use parapet_toolbox::{ToolRun, ToolSpec, tools};
use serde_json::Value;
use wasmtime::{Caller, Engine, Extern, Linker, Memory};

use crate::guard::Powers;
use crate::limits::Limits;
use crate::tool::LoadedTool;
use crate::wasm_tools::WasmTools;

/// Most values in the arguments of a tool, at all levels together.
pub(crate) const MAX_ARGUMENT_VALUES: usize = 20_000;
/// Fuel for reading one byte of arguments, on top of what the tool itself costs.
pub(crate) const READ_FUEL_PER_BYTE: u64 = 8;
/// Fuel for any call of an operator's tool, on top of what runs in it: an instance is made for it.
const LIBRARY_CALL_FUEL: u64 = 20_000;
/// Longest text that a failing script may hand over, in bytes.
const MAX_FAIL_BYTES: usize = 4096;

/// Everything that belongs to one run.
pub(crate) struct HostState {
    pub(crate) limits: Limits,
    pub(crate) powers: Arc<Powers>,
    pub(crate) wasm_tools: Arc<WasmTools>,
    /// When the run must be over; tools that are WASM themselves get what is left.
    pub(crate) deadline: Instant,
    /// The guest's memory, found once; absent while a start function runs.
    pub(crate) memory: Option<Memory>,
    /// Result of the last tool, until the guest takes it.
    pub(crate) pending: Option<Vec<u8>>,
    /// Calls of the operator's tools, for whoever asked to see them.
    pub(crate) observed: Option<Vec<Observed>>,
}

/// One call of an operator's tool that gave a result: its name, arguments and result, both as JSON.
pub(crate) struct Observed {
    pub(crate) tool: String,
    pub(crate) arguments: Vec<u8>,
    pub(crate) result: Vec<u8>,
}

impl HostState {
    pub(crate) fn new(memory_bytes: u64, powers: Arc<Powers>, wasm_tools: Arc<WasmTools>, deadline: Instant) -> Self {
        let limits = Limits { memory_bytes: memory_bytes.min(Budget::MAX_MEMORY_BYTES) };
        Self { limits, powers, wasm_tools, deadline, memory: None, pending: None, observed: None }
    }
}

/// Why the host ended a run. Told from wasmtime's own traps by its type.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum HostError {
    #[error("{0}")]
    OutOfMemory(String),
    #[error("all fuel was used")]
    OutOfFuel,
    #[error("the deadline passed")]
    TimedOut,
    #[error("tool `{tool}`: {message}")]
    ToolFailed { tool: String, message: String },
    #[error("tool `{0}` was not granted")]
    ToolNotGranted(String),
    #[error("{0}")]
    ScriptFailed(String),
    #[error("{0}")]
    BadCall(&'static str),
}

/// Imports of the Rhai guest: one door to all tools, the grant checked on every call.
pub(crate) fn rhai_linker(engine: &Engine) -> wasmtime::Result<Linker<HostState>> {
    let mut linker = Linker::new(engine);
    linker.func_wrap(
        RHAI_IMPORT_MODULE,
        CALL_TOOL_IMPORT,
        |mut caller: Caller<'_, HostState>, id: i32, ptr: i32, len: i32| {
            let number = usize::try_from(id).ok();
            let library = number.and_then(|id| caller.data().powers.library_tool(id)).cloned();
            if let Some(tool) = library {
                return call_library(&mut caller, &tool, ptr, len);
            }
            let Some((id, tool)) = number.and_then(|id| Some((id, tools().get(id)?))) else {
                return Err(HostError::ToolNotGranted(format!("number {id}")).into());
            };
            if !caller.data().powers.grants(id) {
                return Err(HostError::ToolNotGranted(tool.name.to_owned()).into());
            }
            call_tool(&mut caller, tool, ptr, len)
        },
    )?;
    linker.func_wrap(RHAI_IMPORT_MODULE, FAIL_IMPORT, |mut caller: Caller<'_, HostState>, ptr: i32, len: i32| {
        let bytes = read(&mut caller, ptr, len.clamp(0, MAX_FAIL_BYTES as i32))?;
        Err::<(), _>(HostError::ScriptFailed(String::from_utf8_lossy(&bytes).into_owned()).into())
    })?;
    take_result(&mut linker)?;
    Ok(linker)
}

/// Imports of a WASM guard or tool: one for each granted tool, so that any other fails to link.
pub(crate) fn wasm_linker(engine: &Engine, powers: &Powers) -> wasmtime::Result<Linker<HostState>> {
    let mut linker = Linker::new(engine);
    for (_, tool) in tools().iter().enumerate().filter(|(id, _)| powers.grants(*id)) {
        linker.func_wrap(TOOL_IMPORT_MODULE, tool.name, |mut caller: Caller<'_, HostState>, ptr: i32, len: i32| {
            call_tool(&mut caller, tool, ptr, len)
        })?;
    }
    for tool in &powers.library {
        let called = Arc::clone(tool);
        linker.func_wrap(
            TOOL_IMPORT_MODULE,
            tool.name(),
            move |mut caller: Caller<'_, HostState>, ptr: i32, len: i32| call_library(&mut caller, &called, ptr, len),
        )?;
    }
    take_result(&mut linker)?;
    Ok(linker)
}

fn take_result(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    linker.func_wrap(GUARD_IMPORT_MODULE, TAKE_RESULT_IMPORT, |mut caller: Caller<'_, HostState>, ptr: i32| {
        let result =
            caller.data_mut().pending.take().ok_or(HostError::BadCall("`take_result` without a waiting result"))?;
        let memory = memory(&mut caller)?;
        let start = ptr as u32 as usize;
        let target = memory.data_mut(&mut caller).get_mut(start..start.saturating_add(result.len()));
        target.ok_or(HostError::BadCall("`take_result` outside of the memory"))?.copy_from_slice(&result);
        Ok(())
    })?;
    Ok(())
}

/// Charges, reads, runs, and keeps the result until the guest takes it. Returns its length.
fn call_tool(caller: &mut Caller<'_, HostState>, tool: &'static ToolSpec, ptr: i32, len: i32) -> wasmtime::Result<i32> {
    let failed = |message: String| HostError::ToolFailed { tool: tool.name.to_owned(), message };
    let size = len as u32 as usize;
    if size > tool.max_input_bytes {
        return Err(failed(format!("{size} bytes of arguments given, at most {} allowed", tool.max_input_bytes)).into());
    }
    let per_byte = tool.fuel_per_byte.saturating_add(READ_FUEL_PER_BYTE);
    charge(caller, tool.base_fuel.saturating_add(per_byte.saturating_mul(size as u64)))?;
    let bytes = read(caller, ptr, len)?;
    let result = match tool.run {
        ToolRun::Native(run) => {
            let arguments = arguments(&bytes).map_err(failed)?;
            check_arity(tool, arguments.len()).map_err(failed)?;
            let value = run(&caller.data().powers.prepared, &arguments).map_err(|e| failed(e.message))?;
            serde_json::to_vec(&value).map_err(|e| failed(e.to_string()))?
        }
        ToolRun::Wasm(module) => {
            let wasm_tools = Arc::clone(&caller.data().wasm_tools);
            let (fuel, deadline) = (caller.get_fuel()?, caller.data().deadline);
            let (result, used) = wasm_tools.call(module, &bytes, fuel, deadline);
            charge(caller, used)?;
            result.map_err(|stop| stop.into_host_error(tool.name))?
        }
    };
    keep(caller, tool.name, result)
}

/// The same for a tool of the operator, which runs in an instance of its own, on what fuel and time the caller has left,
/// at most on its own budget.
fn call_library(caller: &mut Caller<'_, HostState>, tool: &LoadedTool, ptr: i32, len: i32) -> wasmtime::Result<i32> {
    let size = len as u32 as usize;
    tool.admit(size)?;
    charge(caller, LIBRARY_CALL_FUEL.saturating_add(READ_FUEL_PER_BYTE.saturating_mul(size as u64)))?;
    let arguments = read(caller, ptr, len)?;
    let input = tool.input(&arguments)?;
    let wasm_tools = Arc::clone(&caller.data().wasm_tools);
    let (fuel, deadline) = (caller.get_fuel()?, caller.data().deadline);
    let (result, used) = tool.call(caller.engine(), &wasm_tools, &input, fuel, deadline);
    charge(caller, used)?;
    let result = result?;
    charge(caller, READ_FUEL_PER_BYTE.saturating_mul(result.len() as u64))?;
    if let Some(observed) = &mut caller.data_mut().observed {
        observed.push(Observed { tool: tool.name().to_owned(), arguments, result: result.clone() });
    }
    keep(caller, tool.name(), result)
}

/// Keeps the result of a tool until the guest takes it. Returns its length.
fn keep(caller: &mut Caller<'_, HostState>, tool: &str, result: Vec<u8>) -> wasmtime::Result<i32> {
    let too_large = || HostError::ToolFailed { tool: tool.to_owned(), message: "result is too large".to_owned() };
    let length = i32::try_from(result.len()).map_err(|_| too_large())?;
    charge(caller, result.len() as u64 / 8)?;
    caller.data_mut().pending = Some(result);
    Ok(length)
}

/// Reads the arguments strictly: `Value`'s own reader can be made to start anew inside a string, without end.
pub(crate) fn arguments(bytes: &[u8]) -> Result<Vec<Value>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "arguments are not valid UTF-8".to_owned())?;
    match parapet_domain::json::parse_within(text, MAX_ARGUMENT_VALUES) {
        Ok(Value::Array(arguments)) => Ok(arguments),
        Ok(_) => Err("arguments are no JSON array".to_owned()),
        Err(error) => Err(format!("arguments are no acceptable JSON: {error}")),
    }
}

fn check_arity(tool: &ToolSpec, given: usize) -> Result<(), String> {
    if (usize::from(tool.min_args)..=usize::from(tool.max_args)).contains(&given) {
        return Ok(());
    }
    Err(format!("{given} arguments given, {} to {} expected", tool.min_args, tool.max_args))
}

fn read(caller: &mut Caller<'_, HostState>, ptr: i32, len: i32) -> wasmtime::Result<Vec<u8>> {
    let memory = memory(caller)?;
    let (start, len) = (ptr as u32 as usize, len as u32 as usize);
    let bytes = memory.data(&*caller).get(start..start.saturating_add(len));
    Ok(bytes.ok_or(HostError::BadCall("argument outside of the memory"))?.to_vec())
}

fn memory(caller: &mut Caller<'_, HostState>) -> wasmtime::Result<Memory> {
    if let Some(memory) = caller.data().memory {
        return Ok(memory);
    }
    match caller.get_export(MEMORY_EXPORT) {
        Some(Extern::Memory(memory)) => Ok(memory),
        _ => Err(HostError::BadCall("no memory is exported").into()),
    }
}

fn charge(caller: &mut Caller<'_, HostState>, units: u64) -> wasmtime::Result<()> {
    match caller.get_fuel()?.checked_sub(units) {
        Some(left) => caller.set_fuel(left),
        None => {
            caller.set_fuel(0)?;
            Err(HostError::OutOfFuel.into())
        }
    }
}
