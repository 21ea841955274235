//! What the sandbox needs to know from outside.

use std::path::PathBuf;
use std::time::Duration;

/// Settings of a [`crate::Sandbox`].
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// Most guard runs at a time. The pool has three slots for each: the guard's, one for a tool of the operator, and one for a
    /// built-in tool that is itself WASM.
    pub slots: u32,
    /// How long a run waits for a slot before it ends as `no_capacity`.
    pub max_wait: Duration,
    /// Private folder for compiled code, made with mode 0700. What is in it is checked by a MAC before it is loaded.
    pub cache_dir: PathBuf,
    /// How to start the child process that builds guards.
    pub builder: BuilderCommand,
}

/// A program that ends in [`crate::child_main`].
#[derive(Debug, Clone)]
pub struct BuilderCommand {
    /// The executable.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
}
