//! One call of an operator's tool: arguments checked, a fresh instance, what the caller has left and at most its own
//! budget, the result checked.

use std::sync::Arc;
use std::time::Instant;

use parapet_domain::FailureKind;
use serde_json::Value;
use wasmtime::{Engine, Store};

use super::{LoadedTool, ToolAnswer, ToolType};
use crate::host::{HostError, HostState, MAX_ARGUMENT_VALUES, arguments};
use crate::run::{Stop, answer_of, micros_since, no_place, ticks};
use crate::sandbox::Sandbox;
use crate::wasm_tools::{ToolStop, WasmTools, result_of};

/// Most bytes of the arguments' JSON.
const MAX_ARGUMENT_BYTES: usize = 1 << 20;
/// Room for `{"ok":…}` around a result, or for the text of a refusal.
const ENVELOPE_BYTES: u64 = 1 << 10;

impl LoadedTool {
    /// Refuses arguments that are too long, before they are read.
    pub(crate) fn admit(&self, bytes: usize) -> Result<(), HostError> {
        if bytes <= MAX_ARGUMENT_BYTES {
            return Ok(());
        }
        Err(self.failed(format!("{bytes} bytes of arguments given, at most {MAX_ARGUMENT_BYTES} allowed")))
    }

    /// The arguments as the tool gets them: checked against what it declares, and null for each that was left out.
    pub(crate) fn input(&self, json: &[u8]) -> Result<Vec<u8>, HostError> {
        let mut given = arguments(json).map_err(|message| self.failed(message))?;
        self.complaint(&given).map_or(Ok(()), |message| Err(self.failed(message)))?;
        given.resize(self.code.params.len(), Value::Null);
        serde_json::to_vec(&given).map_err(|error| self.failed(error.to_string()))
    }

    fn complaint(&self, given: &[Value]) -> Option<String> {
        let (min, max) = (self.code.min_args(), self.code.max_args());
        if !(usize::from(min)..=usize::from(max)).contains(&given.len()) {
            let count = if min == max { min.to_string() } else { format!("{min} to {max}") };
            return Some(format!("{} arguments given, {count} expected: {}", given.len(), self.code.signature()));
        }
        let wrong = |(param, value): &(&super::ToolParam, &Value)| {
            let left_out = param.optional && value.is_null();
            !(left_out || param.kind.admits(value))
        };
        let (param, value) = self.code.params.iter().zip(given).find(wrong)?;
        Some(format!("argument `{}` is {}, expected {}", param.name, a_kind(value), param.kind.as_str()))
    }

    /// The JSON result, and the fuel that was used.
    pub(crate) fn call(
        &self,
        engine: &Engine,
        wasm_tools: &Arc<WasmTools>,
        input: &[u8],
        fuel: u64,
        deadline: Instant,
    ) -> (Result<Vec<u8>, HostError>, u64) {
        let budget = &self.code.budget;
        let now = Instant::now();
        let (own_fuel, own_deadline) = (budget.fuel, now + budget.deadline());
        let (given, until) = (own_fuel.min(fuel), own_deadline.min(deadline));
        let state = HostState::new(budget.memory_bytes, Arc::clone(&self.powers), Arc::clone(wasm_tools), until);
        let mut store = Store::new(engine, state);
        store.limiter(|state| &mut state.limits);
        store.set_epoch_deadline(ticks(until.saturating_duration_since(now)));
        let limits = (given, budget.output_bytes.saturating_add(ENVELOPE_BYTES));
        let answer = answer_of(&mut store, &self.program, &self.entry, input, limits);
        let used = given.saturating_sub(store.get_fuel().unwrap_or(0));
        let result = answer.map_err(ToolStop::Stopped).and_then(|answer| self.checked(&answer));
        (result.map_err(|stop| self.told(stop, own_fuel > fuel, own_deadline > deadline)), used)
    }

    fn checked(&self, answer: &[u8]) -> Result<Vec<u8>, ToolStop> {
        let bad = |message: String| ToolStop::Stopped(Stop::BadOutput(message));
        let result = result_of(answer)?;
        let allowed = self.code.budget.output_bytes;
        if result.len() as u64 > allowed {
            return Err(bad(format!("result of {} bytes, {allowed} allowed", result.len())));
        }
        let text = std::str::from_utf8(&result).map_err(|_| bad("result is not valid UTF-8".to_owned()))?;
        let value = parapet_domain::json::parse_within(text, MAX_ARGUMENT_VALUES)
            .map_err(|error| bad(format!("result is no acceptable JSON: {error}")))?;
        if self.code.returns.admits(&value) {
            return Ok(result);
        }
        Err(bad(format!("result is {}, {} was declared", a_kind(&value), self.code.returns.as_str())))
    }

    /// A limit that was the caller's stays what it is; everything else is the tool's failure.
    fn told(&self, stop: ToolStop, callers_fuel: bool, callers_deadline: bool) -> HostError {
        let failure = match stop {
            ToolStop::Refused(message) => return self.failed(message),
            ToolStop::Stopped(stop) => stop.into_failure(),
        };
        match failure.kind {
            FailureKind::OutOfFuel if callers_fuel => HostError::OutOfFuel,
            FailureKind::TimedOut if callers_deadline => HostError::TimedOut,
            kind => self.failed(format!("{}: {}", kind.as_str(), failure.message)),
        }
    }

    fn failed(&self, message: String) -> HostError {
        HostError::ToolFailed { tool: self.code.name.clone(), message }
    }
}

impl Sandbox {
    /// Calls a tool by itself, as its tests do, with its own budget. Blocks the thread for at most the deadline and the
    /// wait.
    #[must_use]
    pub fn run_tool(&self, tool: &LoadedTool, arguments: &[Value]) -> ToolAnswer {
        let Some(_permit) = self.permits.acquire() else {
            return ToolAnswer { result: Err(no_place()), fuel_used: 0, duration_us: 0 };
        };
        let started = Instant::now();
        let (result, fuel_used) = self.call_alone(tool, arguments);
        let result = result.map_err(|error| error.to_failure());
        ToolAnswer { result, fuel_used, duration_us: micros_since(started) }
    }

    fn call_alone(&self, tool: &LoadedTool, arguments: &[Value]) -> (Result<Value, HostError>, u64) {
        let json = Value::Array(arguments.to_vec()).to_string();
        let input = tool.admit(json.len()).and_then(|()| tool.input(json.as_bytes()));
        let input = match input {
            Ok(input) => input,
            Err(error) => return (Err(error), 0),
        };
        let budget = &tool.code.budget;
        let deadline = Instant::now() + budget.deadline() + budget.deadline();
        let (result, used) = tool.call(&self.engine, &self.wasm_tools, &input, budget.fuel, deadline);
        let parsed = result.and_then(|json| serde_json::from_slice(&json).map_err(|e| tool.failed(e.to_string())));
        (parsed, used)
    }
}

/// What a value is, for complaints; never the value itself.
fn a_kind(value: &Value) -> &'static str {
    if value.is_null() { "null" } else { ToolType::of(value).as_str() }
}
