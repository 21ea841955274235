//! From a guard's source to what the cache keeps: in a child process, with limits, never on the request path.
//! The child bounds what a build may cost; it is not a second wall, as it reads and writes the same cache.

pub(crate) mod cache;
pub(crate) mod child;
pub(crate) mod order;
pub(crate) mod parent;
mod rhai;
mod wasm;
pub(crate) mod wire;

use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use parapet_domain::digest;
use parapet_toolbox::tools;
use wasmtime::Engine;

use crate::artifacts::RHAI_GUEST;
use crate::config::BuilderCommand;
use crate::error::BuildError;
use crate::guard::{GuardCode, Language};
use order::Order;

/// Largest source of a guard, in bytes.
const MAX_SOURCE_BYTES: usize = 4 << 20;

/// The built form of a guard: an image for Rhai, machine code for WASM.
pub(crate) struct Built {
    pub(crate) bytes: Vec<u8>,
    /// Where to keep it, when it is not from the cache: only what has been loaded is worth keeping.
    pub(crate) keep_as: Option<String>,
}

/// Builds `source` as `order` says, or takes it from the cache.
pub(crate) fn built(
    engine: &Engine,
    cache: &cache::Cache,
    builder: &BuilderCommand,
    order: &Order<'_>,
    source: parent::Source<'_>,
) -> Result<Built, BuildError> {
    built_if(engine, cache, builder, order, source, || Ok(()))
}

/// [`built`], with a check that is made only when there is something to build.
pub(crate) fn built_if(
    engine: &Engine,
    cache: &cache::Cache,
    builder: &BuilderCommand,
    order: &Order<'_>,
    source: parent::Source<'_>,
    check: impl FnOnce() -> Result<(), BuildError>,
) -> Result<Built, BuildError> {
    check_size(source.code, source.facts)?;
    let key = key_of(engine, order, &source);
    if let Some(bytes) = cache.get(&key) {
        return Ok(Built { bytes, keep_as: None });
    }
    check()?;
    let (bytes, _) = only(parent::build(builder, cache.dir(), order, &[source])?)?;
    Ok(Built { bytes, keep_as: Some(key) })
}

/// The answer of a child that had one guard to build.
pub(crate) fn only(done: Vec<parent::Done>) -> parent::Done {
    let nothing = || Err(BuildError::Builder("it answered for no guard".to_owned()));
    done.into_iter().next().unwrap_or_else(nothing)
}

/// Refuses a source that is too large to be sent to the builder.
pub(crate) fn check_size(code: &[u8], facts: &serde_json::Value) -> Result<(), BuildError> {
    if code.len() > MAX_SOURCE_BYTES {
        return Err(BuildError::refused(
            format!("source of {} bytes, at most {MAX_SOURCE_BYTES} allowed", code.len()),
            "move tables into `[facts]`, or split the guard",
        ));
    }
    if facts.to_string().len() as u64 > wire::MAX_HEADER_BYTES / 2 {
        return Err(BuildError::refused("facts are larger than 4 MiB as JSON", "keep only what the guard needs"));
    }
    Ok(())
}

/// Tells one build of this program from another: an image made by one must not be put into the guest of the other.
pub(crate) fn build_id() -> String {
    static ID: OnceLock<String> = OnceLock::new();
    let id = || digest::of_list("build", [env!("CARGO_PKG_VERSION").as_bytes(), wire::VERSION, RHAI_GUEST]);
    ID.get_or_init(id).clone()
}

/// Everything that the result depends on. The facts go in as the exact text that the guest gets: to a script, 3 and
/// 3.0 are different.
pub(crate) fn key_of(engine: &Engine, order: &Order<'_>, source: &parent::Source<'_>) -> String {
    let language: &[u8] = match order.language {
        Language::Rhai => b"rhai",
        Language::Wasm => b"wasm",
    };
    let bindings = tools().iter().map(|tool| format!("{} {} {}\n", tool.name, tool.min_args, tool.max_args));
    let host_tools: String = bindings.chain([build_id()]).collect();
    let mut granted = order.tools.to_vec();
    granted.sort_unstable();
    let granted = granted.join("\n");
    let library = order.library.iter().map(|tool| format!("{} {} {}\n", tool.name, tool.min_args, tool.max_args));
    let library: String = library.collect();
    let facts = source.facts.to_string();
    let identity = engine_identity(engine);
    let texts = [order.interface.version_word(), order.name, &host_tools, &granted, &library, &facts];
    let texts = texts.map(str::as_bytes);
    digest::of_list("built", [language, &identity].into_iter().chain(texts).chain([source.code]))
}

/// Changes whenever machine code compiled before could not be loaded any more.
pub(crate) fn engine_identity(engine: &Engine) -> [u8; 8] {
    // Two processes must agree, so the hasher's keys are fixed; the cache's own MAC guards against collisions on purpose.
    #[expect(deprecated, reason = "the one hasher of the standard library with documented fixed keys")]
    let mut hasher = std::hash::SipHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.finish().to_be_bytes()
}

/// Refuses a grant of a tool that does not exist.
pub(crate) fn check_tools(code: &GuardCode) -> Result<(), BuildError> {
    let library = code.library.granted.iter().map(|tool| tool.name.as_str());
    let known: Vec<&str> = tools().iter().map(|tool| tool.name).chain(library).collect();
    match code.tools.iter().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let others = code.library.others.iter().map(String::as_str);
            let known: Vec<&str> = known.into_iter().chain(others).collect();
            Err(BuildError::refused(
                format!("tool `{name}` does not exist"),
                format!(
                    "correct `tools` in guard.toml; there are: {}; a tool of your own is a folder tools/{name} in the \
                     guards' folder, made with `parapet tool new {name}`",
                    known.join(", ")
                ),
            ))
        }
    }
}
