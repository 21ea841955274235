//! From a guard's source to what the cache keeps: in a child process, with limits, never on the request path.

pub(crate) mod cache;
pub(crate) mod child;
mod parent;
mod rhai;
mod wasm;
mod wire;

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

/// The built form of `code`: an image for Rhai, machine code for WASM. From the cache when it is there.
pub(crate) fn built(engine: &Engine, cache: &cache::Cache, builder: &BuilderCommand, code: &GuardCode) -> Result<Vec<u8>, BuildError> {
    if code.code.len() > MAX_SOURCE_BYTES {
        return Err(BuildError::refused(
            format!("source of {} bytes, at most {MAX_SOURCE_BYTES} allowed", code.code.len()),
            "move tables into `[facts]`, or split the guard",
        ));
    }
    let key = key_of(engine, code)?;
    if let Some(bytes) = cache.get(&key) {
        return Ok(bytes);
    }
    let bytes = parent::build(builder, cache.dir(), code)?;
    cache.put(&key, &bytes)?;
    Ok(bytes)
}

/// Everything that the result depends on.
fn key_of(engine: &Engine, code: &GuardCode) -> Result<String, BuildError> {
    let facts = digest::canonical_json(&code.facts).map_err(|e| BuildError::refused(format!("facts: {e}"), "correct them"))?;
    let language: &[u8] = match code.language {
        Language::Rhai => RHAI_GUEST,
        Language::Wasm => b"wasm",
    };
    let host_tools: Vec<u8> = tools().iter().flat_map(|tool| [tool.name.as_bytes(), b"\n"].concat()).collect();
    let mut granted = code.tools.clone();
    granted.sort_unstable();
    let granted = granted.join("\n");
    let items: [&[u8]; 6] = [language, &engine_identity(engine), &host_tools, granted.as_bytes(), &facts, &code.code];
    Ok(digest::of_list("built", items))
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
