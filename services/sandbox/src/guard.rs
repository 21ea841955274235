//! A guard's code before and after it is built.

use std::sync::Arc;

use parapet_toolbox::{Prepared, ToolConfig, tools};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wasmtime::{InstancePre, ModuleExport};

use crate::host::HostState;
use crate::image::Image;
use crate::tool::{LoadedTool, ToolLibrary};

/// Source of a guard and what it was granted.
#[derive(Debug, Clone)]
pub struct GuardCode {
    /// What the code is written in.
    pub language: Language,
    /// Rhai text in UTF-8, or a WASM module.
    pub code: Vec<u8>,
    /// Constant tables, visible to scripts as `facts`.
    pub facts: Value,
    /// Granted tools, by name.
    pub tools: Vec<String>,
    /// Patterns and phrases for the tools.
    pub tool_config: ToolConfig,
    /// The operator's own tools: those among the granted ones with their code, and the names of the others.
    pub library: ToolLibrary,
}

/// What a guard is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// A script for the interpreter that is itself a guest.
    Rhai,
    /// A module with the `guard/1` interface.
    Wasm,
}

/// A guard that is ready to run. Immutable and cheap to share.
pub struct LoadedGuard {
    pub(crate) program: Program,
    pub(crate) entry: Entry,
    pub(crate) powers: Arc<Powers>,
}

pub(crate) struct Program {
    pub(crate) instance: InstancePre<HostState>,
    /// What is put into a fresh instance before it runs: the parsed script of a Rhai guard.
    pub(crate) image: Option<Image>,
}

/// Where the exports of the interface are, found once.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) memory: ModuleExport,
    pub(crate) alloc: ModuleExport,
    pub(crate) call: ModuleExport,
}

/// All that a guard may do beyond computing. Default none.
pub(crate) struct Powers {
    /// Whether the tool of that id was granted.
    pub(crate) granted: Vec<bool>,
    /// Compiled patterns and phrases.
    pub(crate) prepared: Prepared,
    /// Granted tools of the operator, by name. Their numbers follow those of the built-in ones. A tool has none of them,
    /// so that no tool can call another of its kind, or itself.
    pub(crate) library: Vec<Arc<LoadedTool>>,
}

impl Powers {
    pub(crate) fn new(granted: &[String], prepared: Prepared, library: Vec<Arc<LoadedTool>>) -> Self {
        let granted = tools().iter().map(|tool| granted.iter().any(|name| name == tool.name)).collect();
        Self { granted, prepared, library }
    }

    pub(crate) fn grants(&self, tool: usize) -> bool {
        self.granted.get(tool).copied().unwrap_or(false)
    }

    /// The operator's tool of that number.
    pub(crate) fn library_tool(&self, id: usize) -> Option<&Arc<LoadedTool>> {
        self.library.get(id.checked_sub(tools().len())?)
    }
}

impl LoadedGuard {
    /// Least memory that a run needs before it begins, in bytes: what building the guard left behind.
    #[must_use]
    pub fn least_memory_bytes(&self) -> usize {
        self.program.image.as_ref().map_or(0, |image| image.memory_bytes)
    }

    /// Bytes that this guard holds besides the code that all guards share.
    #[must_use]
    pub fn image_bytes(&self) -> usize {
        self.program.image.as_ref().map_or(0, Image::bytes)
    }
}

impl std::fmt::Debug for LoadedGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoadedGuard").field("image_bytes", &self.image_bytes()).finish_non_exhaustive()
    }
}
