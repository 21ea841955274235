//! Why a sandbox or a guard could not be made. How a run ends is an `Outcome`, not an error.

use std::path::PathBuf;

use parapet_abi::Complaint;
use parapet_toolbox::PrepareError;

/// The sandbox itself cannot work.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The cache folder cannot be used.
    #[error("sandbox cache `{path}` cannot be used: {cause}; give a folder that this user alone can write")]
    Cache {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The engine refused its settings or one of Parapet's own modules.
    #[error("sandbox engine cannot start: {0}")]
    Engine(String),
}

impl SandboxError {
    pub(crate) fn engine(error: impl std::fmt::Display) -> Self {
        Self::Engine(format!("{error:#}"))
    }
}

/// A guard was refused when it was built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Something is wrong with its source.
    #[error("{}", list(.0))]
    Refused(Vec<Complaint>),
    /// Its patterns or phrases cannot be compiled.
    #[error(transparent)]
    Patterns(#[from] PrepareError),
    /// The builder process hit one of its limits.
    #[error("building the guard needed more than {limit}; make the guard smaller")]
    TooCostly {
        /// Which limit.
        limit: &'static str,
    },
    /// The builder process could not do its work.
    #[error("the guard builder failed: {0}")]
    Builder(String),
    /// The machine could not give the builder process what it needed, several times in a row.
    #[error("the guard builder is short of something that the machine has to give: {0}; try again")]
    Busy(String),
    /// A tool of the operator that it is granted was refused.
    #[error("tool `{tool}` cannot be built:\n{cause}")]
    Tool {
        /// The tool.
        tool: String,
        /// Why.
        cause: Box<Self>,
    },
    /// Its compiled form cannot be kept or loaded.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
}

impl BuildError {
    pub(crate) fn refused(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Refused(vec![Complaint { line: 0, column: 0, message: message.into(), help: help.into() }])
    }

    /// What is wrong with the source, if that is what it is about.
    #[must_use]
    pub fn complaints(&self) -> &[Complaint] {
        match self {
            Self::Refused(complaints) => complaints,
            _ => &[],
        }
    }
}

fn list(complaints: &[Complaint]) -> String {
    let lines: Vec<String> = complaints
        .iter()
        .map(|c| match (c.line, c.column) {
            (0, _) => format!("{}; {}", c.message, c.help),
            (line, column) => format!("line {line}, column {column}: {}; {}", c.message, c.help),
        })
        .collect();
    lines.join("\n")
}
