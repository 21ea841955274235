//! The sandbox: the engine with its ticker, the shared code of the Rhai guest and of the tools, the places for runs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};

use parapet_toolbox::Prepared;
use wasmtime::{Engine, InstancePre, Module};

use crate::artifacts::{RHAI_GUEST, WASM_TOOLS};
use crate::build::order::{Interface, Order};
use crate::build::{self, cache::Cache, parent::Source};
use crate::config::SandboxConfig;
use crate::engine::{Ticker, pooled};
use crate::error::{BuildError, SandboxError};
use crate::guard::{Entry, GuardCode, Language, LoadedGuard, Powers, Program};
use crate::host::{HostState, rhai_linker, wasm_linker};
use crate::image::Image;
use crate::permits::Permits;
use crate::tool::LoadedTool;
use crate::wasm_tools::{WasmTools, entry_of};

/// Builds, loads and runs guards.
pub struct Sandbox {
    pub(crate) engine: Engine,
    pub(crate) permits: Permits,
    pub(crate) wasm_tools: Arc<WasmTools>,
    rhai: (InstancePre<HostState>, Entry),
    pub(crate) cache: Cache,
    pub(crate) config: SandboxConfig,
    /// Tools of the operator that are in use, so that all guards share them.
    pub(crate) library: Mutex<BTreeMap<String, Weak<LoadedTool>>>,
    _ticker: Ticker,
}

impl Sandbox {
    /// Makes the engine and compiles Parapet's own guests, or takes them from the cache. The first start on a machine
    /// takes some seconds, later ones some milliseconds.
    ///
    /// # Errors
    /// The cache folder cannot be used, or the engine cannot start on this machine.
    pub fn new(config: SandboxConfig) -> Result<Self, SandboxError> {
        let engine = pooled(config.slots.saturating_mul(3).max(3))?;
        let cache = Cache::open(&config.cache_dir)?;
        cache.prune();
        let tools = WASM_TOOLS.into_iter().map(|(tool, wasm)| Ok((tool, cache.own_module(&engine, wasm)?)));
        let wasm_tools = Arc::new(WasmTools::new(&engine, tools.collect::<Result<_, SandboxError>>()?)?);
        let rhai = rhai_program(&engine, &cache.own_module(&engine, RHAI_GUEST)?)?;
        let permits = Permits::new(config.slots.max(1), config.max_wait);
        let ticker = Ticker::start(&engine)?;
        Ok(Self { engine, permits, wasm_tools, rhai, cache, config, library: Mutex::default(), _ticker: ticker })
    }

    /// Builds a guard in a child process, or takes it from the cache, and loads it.
    ///
    /// # Errors
    /// The guard is refused, with complaints that say where, what and what to do; or it cannot be built here.
    pub fn build(&self, code: &GuardCode) -> Result<LoadedGuard, BuildError> {
        let powers = self.powers(code)?;
        let source = Source { code: &code.code, facts: &code.facts, trace: false };
        let built = build::built(&self.engine, &self.cache, &self.config.builder, &Order::of(code), source)
            .map_err(|error| code.library.explain(error))?;
        let loaded = self.load(code.language, &built.bytes, powers)?;
        self.keep(&built);
        Ok(loaded)
    }

    /// Keeps what was built and could be loaded. Without the cache the next start is slower, nothing else.
    pub(crate) fn keep(&self, built: &build::Built) {
        let kept = built.keep_as.as_ref().map_or(Ok(()), |key| self.cache.put(key, &built.bytes));
        if let Err(error) = kept {
            tracing::warn!(%error, "a built guard was not kept");
        }
    }

    /// All that a guard may do, with the tools of the operator that it is granted.
    pub(crate) fn powers(&self, code: &GuardCode) -> Result<Arc<Powers>, BuildError> {
        build::check_tools(code)?;
        let prepared = Prepared::new(&code.tool_config)?;
        let library = code.library.granted.iter().map(|tool| self.build_tool(tool)).collect::<Result<_, _>>()?;
        Ok(Arc::new(Powers::new(&code.tools, prepared, library)))
    }

    pub(crate) fn load(
        &self,
        language: Language,
        built: &[u8],
        powers: Arc<Powers>,
    ) -> Result<LoadedGuard, BuildError> {
        let (program, entry) = self.program(language, Interface::Guard, built, &powers)?;
        Ok(LoadedGuard { program, entry, powers })
    }

    pub(crate) fn program(
        &self,
        language: Language,
        interface: Interface,
        built: &[u8],
        powers: &Powers,
    ) -> Result<(Program, Entry), BuildError> {
        Ok(match language {
            Language::Rhai => {
                let (instance, entry) = self.rhai.clone();
                (Program { instance, image: Some(Image::from_bytes(built)?) }, entry)
            }
            Language::Wasm => {
                // The builder's engine has no pool, so what does not fit a place of the pool shows only here.
                let module = build::cache::load_checked(&self.engine, built).map_err(does_not_fit)?;
                let (instance, entry) = wasm_program(&self.engine, &module, interface, powers)?;
                (Program { instance, image: None }, entry)
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
    let entry = entry_of(module, Interface::Guard.alloc_export(), Interface::Guard.call_export())
        .ok_or_else(|| SandboxError::engine("the Rhai guest does not export `guard/1`"))?;
    let linker = rhai_linker(engine).map_err(SandboxError::engine)?;
    Ok((linker.instantiate_pre(module).map_err(SandboxError::engine)?, entry))
}

fn wasm_program(
    engine: &Engine,
    module: &Module,
    interface: Interface,
    powers: &Powers,
) -> Result<(InstancePre<HostState>, Entry), BuildError> {
    let entry = entry_of(module, interface.alloc_export(), interface.call_export()).ok_or_else(|| {
        let message = format!("module does not export `{}`", interface.version_word());
        BuildError::refused(message, "see guest-toolbox/README.md")
    })?;
    let linker = wasm_linker(engine, powers).map_err(SandboxError::engine)?;
    let instance = linker.instantiate_pre(module);
    let instance = instance
        .map_err(|error| BuildError::refused(error.root_cause().to_string(), "grant the tool, or do without it"))?;
    Ok((instance, entry))
}
