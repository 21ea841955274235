//! What a tool is: its documentation, its limits and what runs it.

use serde_json::Value;

use crate::Prepared;

/// One tool, as granted to guards and as shown to whoever writes them.
#[derive(Debug)]
pub struct ToolSpec {
    /// Function name in guards.
    pub name: &'static str,
    /// Arguments and result, for people and models.
    pub signature: &'static str,
    /// What it does, what it needs, what it cannot do.
    pub doc: &'static str,
    /// Rhai that is true: for a native tool `name(arguments) == result`. A test runs it.
    pub example: &'static str,
    /// Fewest arguments.
    pub min_args: u8,
    /// Most arguments.
    pub max_args: u8,
    /// Whether the same arguments always give the same result.
    pub pure: bool,
    /// Fuel for any call.
    pub base_fuel: u64,
    /// Fuel for each byte of the arguments' JSON, charged before the work.
    pub fuel_per_byte: u64,
    /// Most bytes of the arguments' JSON.
    pub max_input_bytes: usize,
    /// What runs it.
    pub run: ToolRun,
}

/// What runs a tool.
#[derive(Debug, Clone, Copy)]
pub enum ToolRun {
    /// A function in this crate, linear in its input.
    Native(fn(&Prepared, &[Value]) -> Result<Value, ToolError>),
    /// A parser of hostile text, which the sandbox runs as a guest of its own.
    Wasm(WasmTool),
}

/// The tools that are WASM modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WasmTool {
    /// The Python parser.
    PythonCalls,
    /// The SQL parser.
    SqlColumns,
}

/// Why a call was refused: a wrong argument, or a limit. It ends the guard's run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ToolError {
    /// For the author of the guard.
    pub message: String,
}

impl ToolError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl ToolSpec {
    /// Fuel for a call whose arguments are `argument_bytes` of JSON.
    #[must_use]
    pub const fn fuel(&self, argument_bytes: usize) -> u64 {
        self.base_fuel.saturating_add(self.fuel_per_byte.saturating_mul(argument_bytes as u64))
    }

    /// Checks the size and the number of the arguments, for native and WASM tools alike.
    ///
    /// # Errors
    /// More than [`ToolSpec::max_input_bytes`], or too few or too many arguments.
    pub fn admit(&self, argument_bytes: usize, argument_count: usize) -> Result<(), ToolError> {
        let Self { name, min_args, max_args, max_input_bytes, .. } = self;
        if argument_bytes > *max_input_bytes {
            return Err(ToolError::new(format!(
                "arguments of `{name}` take {argument_bytes} bytes; the limit is {max_input_bytes}"
            )));
        }
        if argument_count < usize::from(*min_args) || argument_count > usize::from(*max_args) {
            let signature = self.signature;
            return Err(ToolError::new(format!("`{name}` was called with {argument_count} arguments: {signature}")));
        }
        Ok(())
    }
}
