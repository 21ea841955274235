//! From a guard's source to what the cache keeps: in a child process, with limits, never on the request path.
//! The child bounds what a build may cost; it is not a second wall, as it reads and writes the same cache.

pub(crate) mod cache;
pub(crate) mod child;
pub(crate) mod parent;
mod rhai;
mod wasm;
pub(crate) mod wire;

use std::hash::{Hash, Hasher};

use parapet_domain::digest;
use parapet_toolbox::tools;
use wasmtime::Engine;

use crate::artifacts::RHAI_GUEST;
use crate::config::BuilderCommand;
use crate::error::BuildError;
use crate::guard::{GuardCode, Language};

/// Largest source of a guard, in bytes.
const MAX_SOURCE_BYTES: usize = 4 << 20;

/// The built form of a guard: an image for Rhai, machine code for WASM.
pub(crate) struct Built {
    pub(crate) bytes: Vec<u8>,
    /// Where to keep it, when it is not from the cache: only what has been loaded is worth keeping.
    pub(crate) keep_as: Option<String>,
}

/// Builds `code`, or takes it from the cache.
pub(crate) fn built(
    engine: &Engine,
    cache: &cache::Cache,
    builder: &BuilderCommand,
    code: &GuardCode,
) -> Result<Built, BuildError> {
    check_size(&code.code, &code.facts)?;
    let key = key_of(engine, code);
    if let Some(bytes) = cache.get(&key) {
        return Ok(Built { bytes, keep_as: None });
    }
    let source = parent::Source { code: &code.code, facts: &code.facts, trace: false };
    let (bytes, _) = only(parent::build(builder, cache.dir(), code, &[source])?)?;
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
    digest::of_list("build", [env!("CARGO_PKG_VERSION").as_bytes(), RHAI_GUEST])
}

/// Everything that the result depends on. The facts go in as the exact text that the guest gets: to a script, 3 and
/// 3.0 are different.
fn key_of(engine: &Engine, code: &GuardCode) -> String {
    let language: &[u8] = match code.language {
        Language::Rhai => RHAI_GUEST,
        Language::Wasm => b"wasm",
    };
    let bindings = tools().iter().map(|tool| format!("{} {} {}\n", tool.name, tool.min_args, tool.max_args));
    let host_tools: String = bindings.chain([env!("CARGO_PKG_VERSION").to_owned()]).collect();
    let mut granted = code.tools.clone();
    granted.sort_unstable();
    let granted = granted.join("\n");
    let facts = code.facts.to_string();
    let identity = engine_identity(engine);
    let items: [&[u8]; 6] =
        [language, &identity, host_tools.as_bytes(), granted.as_bytes(), facts.as_bytes(), &code.code];
    digest::of_list("built", items)
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
pub(crate) fn check_tools(granted: &[String]) -> Result<(), BuildError> {
    match granted.iter().find(|name| parapet_toolbox::find(name).is_none()) {
        None => Ok(()),
        Some(name) => {
            let known: Vec<&str> = tools().iter().map(|tool| tool.name).collect();
            Err(BuildError::refused(
                format!("tool `{name}` does not exist"),
                format!("correct `tools` in guard.toml; there are: {}", known.join(", ")),
            ))
        }
    }
}
