//! Parapet's own guests, as committed in `guest-toolbox/artifacts` and part of the binary.

use parapet_toolbox::WasmTool;

/// The Rhai interpreter, its engine already made.
pub(crate) const RHAI_GUEST: &[u8] = include_bytes!("../../../guest-toolbox/artifacts/rhai-guest.wasm");
const PYTHON_CALLS: &[u8] = include_bytes!("../../../guest-toolbox/artifacts/python-calls.wasm");
const SQL_COLUMNS: &[u8] = include_bytes!("../../../guest-toolbox/artifacts/sql-columns.wasm");

/// All tools that are themselves WASM, with their modules.
pub(crate) const WASM_TOOLS: [(WasmTool, &[u8]); 2] =
    [(WasmTool::PythonCalls, PYTHON_CALLS), (WasmTool::SqlColumns, SQL_COLUMNS)];
