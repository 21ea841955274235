//! The wall. All guard code runs here: a fresh wasmtime instance for each run, with fuel, a deadline, a memory
//! limit and an output limit, and with no power that was not granted. The only crate that knows wasmtime.

mod artifacts;
mod build;
mod config;
mod engine;
mod error;
mod guard;
mod host;
mod image;
mod limits;
mod permits;
mod run;
mod sandbox;
mod tool;
mod trace;
mod variants;
mod wasm_tools;

pub use build::child::child_main;
pub use config::{BuilderCommand, SandboxConfig};
pub use error::{BuildError, SandboxError};
pub use guard::{GuardCode, Language, LoadedGuard};
pub use parapet_abi::{Complaint, Probe, ProbeKind, ScriptToken, TokenKind};
pub use run::Run;
pub use sandbox::Sandbox;
pub use tool::observe::ToolObservation;
pub use tool::{LoadedTool, ToolAnswer, ToolCode, ToolLibrary, ToolParam, ToolType};
pub use trace::{TracedGuard, TracedRun};
pub use variants::Variant;
