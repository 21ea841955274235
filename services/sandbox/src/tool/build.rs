//! Building a tool: its name must be free, its grants built-in tools, its code what `args` says.

use std::sync::{Arc, PoisonError};

use parapet_domain::digest;
use parapet_toolbox::{Prepared, tools};
use serde_json::Value;

use super::{LoadedTool, ToolCode, script};
use crate::build::order::{Interface, Order};
use crate::build::parent::{self, Source};
use crate::build::{self, Built};
use crate::error::BuildError;
use crate::guard::{Language, Powers};
use crate::sandbox::Sandbox;

/// Most arguments of a tool.
const MAX_PARAMS: usize = 8;
/// Names that mean something to every script, although no function has them.
const VARIABLES: [&str; 2] = ["event", "facts"];

impl Sandbox {
    /// Builds a tool in a child process, or takes it from the cache, and loads it. Guards that are granted the same tool
    /// share it.
    ///
    /// # Errors
    /// The tool is refused, with complaints that say where, what and what to do; or it cannot be built here.
    pub fn build_tool(&self, code: &ToolCode) -> Result<Arc<LoadedTool>, BuildError> {
        self.loaded_tool(code).map_err(|cause| BuildError::Tool { tool: code.name.clone(), cause: Box::new(cause) })
    }

    fn loaded_tool(&self, code: &ToolCode) -> Result<Arc<LoadedTool>, BuildError> {
        check_shape(code)?;
        let text = match code.language {
            Language::Rhai => script::with_entry(code),
            Language::Wasm => code.code.clone(),
        };
        let (order, source) = (Order::of_tool(code), Source { code: &text, facts: &code.facts, trace: false });
        let key = identity(code, &build::key_of(&self.engine, &order, &source));
        if let Some(known) = self.known_tool(&key) {
            return Ok(known);
        }
        let tool = Arc::new(self.new_tool(code, &order, source)?);
        let mut library = self.library.lock().unwrap_or_else(PoisonError::into_inner);
        library.retain(|_, tool| tool.strong_count() > 0);
        library.insert(key, Arc::downgrade(&tool));
        Ok(tool)
    }

    fn known_tool(&self, key: &str) -> Option<Arc<LoadedTool>> {
        self.library.lock().unwrap_or_else(PoisonError::into_inner).get(key)?.upgrade()
    }

    fn new_tool(&self, code: &ToolCode, order: &Order<'_>, source: Source<'_>) -> Result<LoadedTool, BuildError> {
        let powers = Arc::new(Powers::new(&code.tools, Prepared::new(&code.tool_config)?, Vec::new()));
        let built = self.built_tool(code, order, source)?;
        let (program, entry) = self.program(code.language, Interface::Tool, &built.bytes, &powers)?;
        let least = program.image.as_ref().map_or(0, |image| image.memory_bytes) as u64;
        if code.budget.memory_bytes < least {
            let help = format!("give it a `memory_bytes` of at least {least} in [budget] of tool.toml");
            return Err(BuildError::refused("tool would always run out of memory", help));
        }
        self.keep(&built);
        Ok(LoadedTool { code: code.clone(), program, entry, powers })
    }

    fn built_tool(&self, code: &ToolCode, order: &Order<'_>, source: Source<'_>) -> Result<Built, BuildError> {
        // A name that was free when the tool was built stays free: what it depends on is part of the key.
        let name_is_free = || self.check_name(&code.name);
        let built = build::built_if(&self.engine, &self.cache, &self.config.builder, order, source, name_is_free);
        match (built, code.language) {
            (Err(BuildError::Refused(complaints)), Language::Rhai) => {
                Err(BuildError::Refused(script::reword(code, complaints)))
            }
            (built, _) => built,
        }
    }

    /// Asks the interpreter itself whether a script can have a function of that name: all that it can complain of is that
    /// there is none.
    fn check_name(&self, name: &str) -> Result<(), BuildError> {
        let (language, interface) = (Language::Rhai, Interface::Guard);
        let order = Order { language, interface, name: "", tools: &[], library: Vec::new() };
        let call = format!("fn check(event) {{ {name}() }}");
        let source = Source { code: call.as_bytes(), facts: &Value::Null, trace: false };
        let done = build::only(parent::build(&self.config.builder, self.cache.dir(), &order, &[source])?);
        match done {
            Err(BuildError::Refused(complaints))
                if complaints.iter().all(|c| c.message == format!("function `{name}` does not exist")) =>
            {
                Ok(())
            }
            Ok(_) | Err(BuildError::Refused(_)) => Err(taken(name)),
            Err(other) => Err(other),
        }
    }
}

/// Two tools with this in common are one. What `key` covers does not depend on the names of the arguments, for one.
fn identity(code: &ToolCode, key: &str) -> String {
    let declared = format!("{} {:?} {:?} {:?}", code.signature(), code.params, code.budget, code.tool_config);
    digest::of_list("tool", [key.as_bytes(), declared.as_bytes()])
}

fn taken(name: &str) -> BuildError {
    BuildError::refused(
        format!("`{name}` is the name of a built-in tool, function, verdict or word of the language"),
        "choose another name, for the folder and in tool.toml",
    )
}

fn check_shape(code: &ToolCode) -> Result<(), BuildError> {
    if parapet_toolbox::find(&code.name).is_some() || VARIABLES.contains(&code.name.as_str()) {
        return Err(taken(&code.name));
    }
    if code.params.len() > MAX_PARAMS {
        let message = format!("{} arguments declared, at most {MAX_PARAMS} are allowed", code.params.len());
        return Err(BuildError::refused(message, "pass an object that holds several of them"));
    }
    if code.params.windows(2).any(|pair| matches!(pair, [first, second] if first.optional && !second.optional)) {
        return Err(BuildError::refused("a required argument follows an optional one", "put optional arguments last"));
    }
    match code.tools.iter().find(|name| parapet_toolbox::find(name).is_none()) {
        None => Ok(()),
        Some(name) => {
            let known: Vec<&str> = tools().iter().map(|tool| tool.name).collect();
            Err(BuildError::refused(
                format!("tool `{name}` cannot be granted to a tool"),
                format!("a tool can be granted built-in tools alone; there are: {}", known.join(", ")),
            ))
        }
    }
}
