//! The one engine, with every setting made by hand, and the ticker of its epoch.
//! Whoever makes the engine owns the ticker, so a deadline cannot be set while nothing counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use parapet_domain::Budget;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, Module, OperatorCost, PoolingAllocationConfig,
    VariableOperatorCost, WasmFeatures,
};

use crate::SandboxError;

/// One tick of the epoch.
pub(crate) const TICK: Duration = Duration::from_millis(1);
/// Most entries of all tables of one instance.
pub(crate) const MAX_TABLE_ELEMENTS: usize = 20_000;
/// Bytes of memory and tables that are reset by copying rather than given back to the kernel, which does not scale
/// over cores.
const KEEP_RESIDENT: usize = 4 << 20;

/// An engine for running: instances come from a pool.
pub(crate) fn pooled(slots: u32) -> Result<Engine, SandboxError> {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(slots)
        .total_memories(slots)
        .total_tables(slots)
        .max_memories_per_module(1)
        .max_tables_per_module(1)
        .table_elements(MAX_TABLE_ELEMENTS)
        .max_core_instance_size(1 << 20)
        .max_memory_size(Budget::MAX_MEMORY_BYTES as usize)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(64 << 10)
        .max_unused_warm_slots(slots)
        .pagemap_scan(Enabled::Auto);
    let mut config = code_config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config).map_err(SandboxError::engine)
}

/// An engine for the builder process: compiles code that [`pooled`] accepts.
pub(crate) fn building() -> Result<Engine, SandboxError> {
    let mut config = code_config();
    config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    Engine::new(&config).map_err(SandboxError::engine)
}

/// Makes the image that instances of `module` begin with, if it is not there. The kernel refuses to seal its file while it
/// works on one of the pages itself, as it does when memory is short. That passes, so it is tried again.
pub(crate) fn make_image(module: &Module) -> wasmtime::Result<()> {
    const ATTEMPTS: usize = 3;
    let mut made = module.initialize_copy_on_write_image();
    for _ in 1..ATTEMPTS {
        if made.is_ok() {
            break;
        }
        made = module.initialize_copy_on_write_image();
    }
    made
}

/// Everything that decides about the code. Both engines share it, or the one would not load what the other compiled.
fn code_config() -> Config {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .operator_cost(operator_cost())
        .epoch_interruption(true)
        .max_wasm_stack(512 << 10)
        .wasm_backtrace_max_frames(None)
        .memory_init_cow(true)
        // With a guard region for every 32-bit address, no access needs a bounds check.
        .memory_reservation(4 << 30)
        .memory_guard_size(32 << 20)
        .memory_may_move(false);
    config.wasm_features(WasmFeatures::all(), false);
    config.wasm_features(
        WasmFeatures::MUTABLE_GLOBAL
            | WasmFeatures::SATURATING_FLOAT_TO_INT
            | WasmFeatures::SIGN_EXTENSION
            | WasmFeatures::MULTI_VALUE
            | WasmFeatures::BULK_MEMORY
            | WasmFeatures::REFERENCE_TYPES
            | WasmFeatures::FLOATS,
        true,
    );
    config
}

/// One unit an operator; more for what makes the host work or allocate.
fn operator_cost() -> OperatorCost {
    let mut cost = OperatorCost::new();
    cost.MemoryGrow = 255;
    cost.TableGrow = 255;
    cost.variable = VariableOperatorCost {
        memory_grow_per_page: 255,
        table_grow_per_element: 16,
        table_fill_per_element: 2,
        ..VariableOperatorCost::new()
    };
    cost
}

/// Advances the epoch of an engine until it is dropped.
pub(crate) struct Ticker {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    pub(crate) fn start(engine: &Engine) -> Result<Self, SandboxError> {
        let stop = Arc::new(AtomicBool::new(false));
        let (seen, engine) = (Arc::clone(&stop), engine.weak());
        let thread = std::thread::Builder::new()
            .name("parapet-epoch".to_owned())
            .spawn(move || {
                while !seen.load(Ordering::Relaxed) {
                    std::thread::park_timeout(TICK);
                    let Some(engine) = engine.upgrade() else { return };
                    engine.increment_epoch();
                }
            })
            .map_err(SandboxError::engine)?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // The thread cannot panic; if it did, there is nothing left to stop.
            let _ = thread.join();
        }
    }
}
