//! Puts the crates together, in the order in which one needs the other: sandbox, guards, store, recorder, data plane.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use parapet_agentwrite::DatabaseState;
use parapet_gateway::{App, Config, Documents, Parts, digest_key};
use parapet_guardgen::{EventCoder, Generator, Memory, PerEventOptions};
use parapet_judge::{GuardSets, Judge};
use parapet_models::{ModelClient, ModelConfig};
use parapet_sandbox::{BuilderCommand, Sandbox, SandboxConfig};
use parapet_store::{Recorder, Store};

use crate::cli::Command;
use crate::state_dir::StateDir;
use crate::write::compose::Desk;
use crate::write::service::WriteService;

/// How long a guard run of a command waits for a place in the sandbox.
pub(crate) const MAX_WAIT: Duration = Duration::from_millis(500);
/// Guards running at once for each core. A run takes tens of microseconds, but one at its deadline blocks a place.
const SLOTS_PER_CORE: u32 = 8;

/// The parts of a sidecar that outlive its start.
pub(crate) struct Assembled {
    pub(crate) app: App,
    pub(crate) sets: Arc<GuardSets>,
    pub(crate) store: Store,
    pub(crate) recorder: Recorder,
    pub(crate) generator: Generator,
}

/// Opens a sandbox whose guards are built by this same binary in a child process.
pub(crate) fn sandbox(cache_dir: PathBuf, slots: Option<u32>, max_wait: Duration) -> Result<Sandbox> {
    let program = own_program()?;
    let cores = std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1));
    let config = SandboxConfig {
        slots: slots.unwrap_or(cores * SLOTS_PER_CORE),
        max_wait,
        cache_dir,
        builder: BuilderCommand { program, arguments: vec![Command::BUILD_CHILD.to_owned()] },
    };
    Ok(Sandbox::new(config)?)
}

/// The program that is running, even when its file was replaced by another version meanwhile: the images that a builder
/// makes fit only the guest of the same build.
fn own_program() -> Result<PathBuf> {
    let running = PathBuf::from("/proc/self/exe");
    if running.exists() {
        return Ok(running);
    }
    std::env::current_exe().context("the path of this program is not known")
}

/// Makes everything that `config` describes. Opens no port.
pub(crate) async fn assemble(config: Config, state: &StateDir) -> Result<Assembled> {
    let digest_key = digest_key::load(&config.audit.digest_key)?;
    let (model, per_event, tenant) = (model(&config)?, per_event(&config)?, config.server.tenant.clone());
    // The store first: a database that is away is found before guards are built.
    let store = Store::open(&config.store).await?;
    let cache_dir = config.sandbox.cache_dir.clone().unwrap_or_else(|| state.join("cache"));
    let (guards_dir, slots, max_wait) = (config.guards.dir.clone(), config.sandbox.slots, config.sandbox.max_wait);
    let built = tokio::task::spawn_blocking(move || -> Result<(Arc<Sandbox>, GuardSets)> {
        let sandbox = Arc::new(sandbox(cache_dir, slots, max_wait)?);
        let sets = GuardSets::load(Arc::clone(&sandbox), guards_dir.as_deref())?;
        Ok((sandbox, sets))
    });
    let (sandbox, sets) = built.await??;
    let memory = Memory::open(store.clone(), tenant);
    let (sets, mut judge) = (Arc::new(sets), Judge::new(Arc::clone(&sandbox)));
    if let Some(model) = model.clone() {
        let coder = EventCoder::new(model, Arc::clone(&sandbox), memory.clone(), per_event);
        judge = judge.with_coder(Arc::new(coder));
    }
    let documents = documents(model.clone(), &store, &config);
    let generator = Generator::new(sandbox, memory, model);
    let recorder = Recorder::start(store.clone(), config.audit.recorder.clone());
    let parts = Parts {
        sets: Arc::clone(&sets),
        judge,
        recorder: recorder.clone(),
        store: store.clone(),
        digest_key,
        documents,
    };
    let app = App::build(config, parts)?;
    Ok(Assembled { app, sets, store, recorder, generator })
}

/// Writes long documents, where there is a model.
fn documents(model: Option<ModelClient>, store: &Store, config: &Config) -> Option<Arc<dyn Documents>> {
    let state = DatabaseState::new(store.clone(), config.server.tenant.clone());
    let desk = Desk { client: model?, state: Arc::new(state) };
    Some(Arc::new(WriteService::new(desk, config.write)))
}

/// The model of the configuration, else that of the environment, if there is one.
pub(crate) fn model(config: &Config) -> Result<Option<ModelClient>> {
    let model = match &config.model {
        Some(table) => Some(ModelConfig::from_toml(&toml::to_string(table)?, &|name| std::env::var(name).ok())),
        None => ModelConfig::from_env().transpose(),
    };
    Ok(model.transpose()?.map(ModelClient::new).transpose()?)
}

/// The limits of making code for one event.
fn per_event(config: &Config) -> Result<PerEventOptions> {
    let table = config.per_event.clone().unwrap_or_default();
    table.try_into().context("the table `[per_event]` of the configuration cannot be used")
}
