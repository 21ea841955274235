//! One run: a fresh instance, the guard's image, the event in, the verdict out, every limit on.

use std::sync::Arc;
use std::time::Instant;

use parapet_domain::{Budget, Failure, FailureKind, Outcome, Verdict};
use wasmtime::{Extern, Instance, Store, Trap};

use crate::engine::{TICK, make_image};
use crate::guard::{Entry, LoadedGuard, Program};
use crate::host::{HostError, HostState, Observed};
use crate::sandbox::Sandbox;

/// How a run ended, and what it used.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The verdict, or the kind of failure.
    pub outcome: Outcome,
    /// Fuel used, the work of tools included.
    pub fuel_used: u64,
    /// Wall-clock time in microseconds, without the wait for a place.
    pub duration_us: u64,
}

/// Why there is no answer, before it is put into the domain's words.
pub(crate) enum Stop {
    Engine(wasmtime::Error),
    BadOutput(String),
}

impl From<wasmtime::Error> for Stop {
    fn from(error: wasmtime::Error) -> Self {
        Self::Engine(error)
    }
}

impl Sandbox {
    /// Judges one event. `event_json` is the event in its `event/1` form, `part_chars` the length of each part's text
    /// in characters, against which edits are checked. Blocks the thread for at most the deadline and the wait.
    #[must_use]
    pub fn run(&self, guard: &LoadedGuard, event_json: &[u8], part_chars: &[usize], budget: &Budget) -> Run {
        self.run_with(guard, event_json, budget, |bytes| verdict_of(bytes, part_chars).map(Outcome::Verdict))
    }

    /// A run whose answer is read by `read`.
    pub(crate) fn run_with(
        &self,
        guard: &LoadedGuard,
        event_json: &[u8],
        budget: &Budget,
        read: impl FnOnce(&[u8]) -> Result<Outcome, String>,
    ) -> Run {
        self.run_and_watch(guard, event_json, budget, false, read).0
    }

    /// A run, and the calls of the operator's tools in it when they are to be watched.
    pub(crate) fn run_and_watch(
        &self,
        guard: &LoadedGuard,
        event_json: &[u8],
        budget: &Budget,
        watch: bool,
        read: impl FnOnce(&[u8]) -> Result<Outcome, String>,
    ) -> (Run, Vec<Observed>) {
        let Some(_permit) = self.permits.acquire() else {
            return (Run { outcome: Outcome::Failure(no_place()), fuel_used: 0, duration_us: 0 }, Vec::new());
        };
        let started = Instant::now();
        let mut store = self.store(guard, budget, started);
        store.data_mut().observed = watch.then(Vec::new);
        let answer =
            answer_of(&mut store, &guard.program, &guard.entry, event_json, (budget.fuel, budget.output_bytes));
        let fuel_used = budget.fuel.saturating_sub(store.get_fuel().unwrap_or(0));
        let outcome = match answer.and_then(|bytes| read(&bytes).map_err(Stop::BadOutput)) {
            Ok(outcome) => outcome,
            Err(stop) => Outcome::Failure(stop.into_failure()),
        };
        let observed = store.data_mut().observed.take().unwrap_or_default();
        drop(store);
        (Run { outcome, fuel_used, duration_us: micros_since(started) }, observed)
    }

    fn store(&self, guard: &LoadedGuard, budget: &Budget, started: Instant) -> Store<HostState> {
        let (powers, wasm_tools) = (Arc::clone(&guard.powers), Arc::clone(&self.wasm_tools));
        let state = HostState::new(budget.memory_bytes, powers, wasm_tools, started + budget.deadline());
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.limits);
        store.set_epoch_deadline(ticks(budget.deadline()));
        store
    }
}

/// What became of a run for which there was no place.
pub(crate) fn no_place() -> Failure {
    Failure { kind: FailureKind::NoCapacity, message: "no place came free in time".to_owned() }
}

pub(crate) fn micros_since(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// Epoch ticks that cover `time`: one more than whole ticks, since the present one is under way.
pub(crate) fn ticks(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(TICK.as_nanos())).unwrap_or(u64::MAX).saturating_add(1)
}

/// Makes a fresh instance of `program`, hands `input` over and takes the answer back, with the fuel and the longest answer
/// that are given.
pub(crate) fn answer_of(
    store: &mut Store<HostState>,
    program: &Program,
    entry: &Entry,
    input: &[u8],
    (fuel, max_output): (u64, u64),
) -> Result<Vec<u8>, Stop> {
    store.set_fuel(fuel)?;
    make_image(program.instance.module())?;
    let instance = program.instance.instantiate(&mut *store)?;
    let memory = memory_of(store, &instance, entry)?;
    store.data_mut().memory = Some(memory);
    if let Some(image) = &program.image {
        let missing = image.memory_bytes.saturating_sub(memory.data_size(&*store)) as u64;
        memory.grow(&mut *store, missing.div_ceil(64 << 10))?;
        if !image.apply(memory.data_mut(&mut *store)) {
            return Err(Stop::Engine(wasmtime::Error::msg("the guard's image does not fit its memory")));
        }
    }
    exchange(store, &instance, entry, input, max_output)
}

/// Hands `input` over and takes the answer back, by the rules that guards and tools share.
pub(crate) fn exchange<T: 'static>(
    store: &mut Store<T>,
    instance: &Instance,
    entry: &Entry,
    input: &[u8],
    max_output: u64,
) -> Result<Vec<u8>, Stop> {
    let memory = memory_of(store, instance, entry)?;
    let len = i32::try_from(input.len()).map_err(|_| Stop::BadOutput("input is larger than 2 GiB".to_owned()))?;
    let alloc = function(store, instance, &entry.alloc)?.typed::<i32, i32>(&*store)?;
    let ptr = alloc.call(&mut *store, len)?;
    let start = ptr as u32 as usize;
    let target = memory.data_mut(&mut *store).get_mut(start..start.saturating_add(input.len()));
    match target {
        Some(target) if ptr != 0 => target.copy_from_slice(input),
        _ => return Err(Stop::BadOutput(format!("the guest gave no room for {len} bytes of input"))),
    }
    let call = function(store, instance, &entry.call)?.typed::<(i32, i32), i64>(&*store)?;
    let packed = call.call(&mut *store, (ptr, len))?;
    let (ptr, len) = parapet_abi::unpack(packed as u64);
    if u64::from(len) > max_output {
        return Err(Stop::BadOutput(format!("output of {len} bytes, {max_output} allowed")));
    }
    let start = ptr as usize;
    let output = memory.data(&*store).get(start..start.saturating_add(len as usize));
    output.map(<[u8]>::to_vec).ok_or_else(|| Stop::BadOutput("output outside of the memory".to_owned()))
}

fn memory_of<T: 'static>(store: &mut Store<T>, instance: &Instance, entry: &Entry) -> Result<wasmtime::Memory, Stop> {
    match instance.get_module_export(&mut *store, &entry.memory) {
        Some(Extern::Memory(memory)) => Ok(memory),
        _ => Err(Stop::Engine(HostError::BadCall("no memory is exported").into())),
    }
}

fn function<T: 'static>(
    store: &mut Store<T>,
    instance: &Instance,
    export: &wasmtime::ModuleExport,
) -> Result<wasmtime::Func, Stop> {
    match instance.get_module_export(&mut *store, export) {
        Some(Extern::Func(function)) => Ok(function),
        _ => Err(Stop::Engine(HostError::BadCall("a function of the interface is not exported").into())),
    }
}

pub(crate) fn verdict_of(bytes: &[u8], part_chars: &[usize]) -> Result<Verdict, String> {
    let verdict = Verdict::read(bytes).map_err(|error| format!("answer is no verdict: {error}"))?;
    verdict.complaint(part_chars).map_or(Ok(verdict), Err)
}

/// Longest message of a failure, in characters: it may quote what the guest said.
const MAX_MESSAGE_CHARS: usize = 300;

impl Stop {
    /// The domain's word for it, told by type and never by text.
    pub(crate) fn into_failure(self) -> Failure {
        let (kind, message) = match self {
            Self::BadOutput(message) => (FailureKind::BadOutput, message),
            Self::Engine(error) => match (error.downcast_ref::<HostError>(), error.downcast_ref::<Trap>()) {
                (Some(host), _) => return host.to_failure(),
                (_, Some(Trap::OutOfFuel)) => (FailureKind::OutOfFuel, "all fuel was used".to_owned()),
                (_, Some(Trap::Interrupt)) => (FailureKind::TimedOut, "the deadline passed".to_owned()),
                (_, Some(trap)) => (FailureKind::Trapped, trap.to_string()),
                (None, None) => {
                    // Neither the guest's doing nor ours: the machine could not give what the run needed.
                    tracing::error!(error = %error.root_cause(), "the sandbox could not run a guard");
                    (FailureKind::NoCapacity, error.root_cause().to_string())
                }
            },
        };
        Failure { kind, message: message.chars().take(MAX_MESSAGE_CHARS).collect() }
    }
}

impl HostError {
    pub(crate) fn to_failure(&self) -> Failure {
        let message = self.to_string().chars().take(MAX_MESSAGE_CHARS).collect();
        Failure { kind: kind_of_host_error(self), message }
    }
}

const fn kind_of_host_error(error: &HostError) -> FailureKind {
    match error {
        HostError::OutOfMemory(_) => FailureKind::OutOfMemory,
        HostError::OutOfFuel => FailureKind::OutOfFuel,
        HostError::TimedOut => FailureKind::TimedOut,
        HostError::ToolFailed { .. } => FailureKind::ToolFailed,
        HostError::ToolNotGranted(_) => FailureKind::ToolNotGranted,
        HostError::ScriptFailed(_) | HostError::BadCall(_) => FailureKind::Trapped,
    }
}
