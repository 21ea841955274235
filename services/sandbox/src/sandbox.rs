//! The sandbox: the engine with its ticker, the shared code of the Rhai guest and of the tools, the places for runs.

use std::sync::Arc;

use parapet_abi::{GUARD_ALLOC_EXPORT, GUARD_CHECK_EXPORT};
use parapet_toolbox::Prepared;
use wasmtime::{Engine, InstancePre, Module};

use crate::artifacts::{RHAI_GUEST, WASM_TOOLS};
use crate::build::{self, cache::Cache};
use crate::config::SandboxConfig;
use crate::engine::{Ticker, pooled};
use crate::error::{BuildError, SandboxError};
use crate::guard::{Entry, GuardCode, Language, LoadedGuard, Powers, Program};
use crate::host::{HostState, rhai_linker, wasm_linker};
use crate::image::Image;
use crate::permits::Permits;
use crate::wasm_tools::{WasmTools, entry_of};

/// Builds, loads and runs guards.
pub struct Sandbox {
    pub(crate) engine: Engine,
    pub(crate) permits: Permits,
    pub(crate) wasm_tools: Arc<WasmTools>,
    rhai: (InstancePre<HostState>, Entry),
    pub(crate) cache: Cache,
    pub(crate) config: SandboxConfig,
    _ticker: Ticker,
}

impl Sandbox {
    /// Makes the engine and compiles Parapet's own guests, or takes them from the cache. The first start on a machine
    /// takes some seconds, later ones some milliseconds.
    ///
    /// # Errors
    /// The cache folder cannot be used, or the engine cannot start on this machine.
    pub fn new(config: SandboxConfig) -> Result<Self, SandboxError> {
        let engine = pooled(config.slots.saturating_mul(2).max(2))?;
        let cache = Cache::open(&config.cache_dir)?;
        let tools = WASM_TOOLS.into_iter().map(|(tool, wasm)| Ok((tool, cache.own_module(&engine, wasm)?)));
        let wasm_tools = Arc::new(WasmTools::new(&engine, tools.collect::<Result<_, SandboxError>>()?)?);
        let rhai = rhai_program(&engine, &cache.own_module(&engine, RHAI_GUEST)?)?;
        let permits = Permits::new(config.slots.max(1), config.max_wait);
        let ticker = Ticker::start(&engine)?;
        Ok(Self { engine, permits, wasm_tools, rhai, cache, config, _ticker: ticker })
    }

    /// Builds a guard in a child process, or takes it from the cache, and loads it.
    ///
    /// # Errors
    /// The guard is refused, with complaints that say where, what and what to do; or it cannot be built here.
    pub fn build(&self, code: &GuardCode) -> Result<LoadedGuard, BuildError> {
        build::check_tools(&code.tools)?;
        let prepared = Prepared::new(&code.tool_config)?;
        let built = build::built(&self.engine, &self.cache, &self.config.builder, code)?;
        let powers = Arc::new(Powers::new(&code.tools, prepared));
        let loaded = self.load(code.language, &built.bytes, powers)?;
        if let Some(key) = built.keep_as {
            // Without the cache the next start is slower, nothing else.
            if let Err(error) = self.cache.put(&key, &built.bytes) {
                tracing::warn!(%error, "a built guard was not kept");
            }
        }
        Ok(loaded)
    }

    pub(crate) fn load(&self, language: Language, built: &[u8], powers: Arc<Powers>) -> Result<LoadedGuard, BuildError> {
        Ok(match language {
            Language::Rhai => {
                let (instance, entry) = self.rhai.clone();
                let program = Program { instance, image: Some(Image::from_bytes(built)?) };
                LoadedGuard { program, entry, powers }
            }
            Language::Wasm => {
                // The builder's engine has no pool, so what does not fit a place of the pool shows only here.
                let module = build::cache::load_checked(&self.engine, built).map_err(does_not_fit)?;
                let (instance, entry) = wasm_program(&self.engine, &module, &powers)?;
                LoadedGuard { program: Program { instance, image: None }, entry, powers }
            }
        })
    }

    /// SHA-256 of the Rhai guest, in hex: part of the engine's identity in every decision.
    #[must_use]
    pub fn rhai_guest_digest() -> String {
        parapet_domain::digest::of_bytes("guest", RHAI_GUEST)
    }
}

fn does_not_fit(error: SandboxError) -> BuildError {
    match error {
        SandboxError::Engine(why) => BuildError::refused(why, "use at most one table and 1 MiB of globals"),
        other => other.into(),
    }
}

fn rhai_program(engine: &Engine, module: &Module) -> Result<(InstancePre<HostState>, Entry), SandboxError> {
    let entry = entry_of(module, GUARD_ALLOC_EXPORT, GUARD_CHECK_EXPORT)
        .ok_or_else(|| SandboxError::engine("the Rhai guest does not export `guard/1`"))?;
    let linker = rhai_linker(engine).map_err(SandboxError::engine)?;
    Ok((linker.instantiate_pre(module).map_err(SandboxError::engine)?, entry))
}

fn wasm_program(
    engine: &Engine,
    module: &Module,
    powers: &Powers,
) -> Result<(InstancePre<HostState>, Entry), BuildError> {
    let entry = entry_of(module, GUARD_ALLOC_EXPORT, GUARD_CHECK_EXPORT)
        .ok_or_else(|| BuildError::refused("module does not export `guard/1`", "see guest-toolbox/README.md"))?;
    let linker = wasm_linker(engine, powers).map_err(SandboxError::engine)?;
    let instance = linker.instantiate_pre(module);
    let instance = instance
        .map_err(|error| BuildError::refused(error.root_cause().to_string(), "grant the tool, or do without it"))?;
    Ok((instance, entry))
}
