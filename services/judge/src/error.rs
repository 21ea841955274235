//! Why a guard folder or a guard set was refused. Each text says what to do.

use std::path::PathBuf;

use parapet_sandbox::BuildError;

/// A guard folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// A file or folder cannot be read.
    #[error("`{path}` cannot be read: {cause}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A file is larger than allowed.
    #[error("`{path}` has {bytes} bytes, at most {limit} are allowed")]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// A needed file is not there.
    #[error("guard `{guard}` has no `{file}`; {help}")]
    Missing {
        /// Folder name.
        guard: String,
        /// File name.
        file: &'static str,
        /// What to do.
        help: &'static str,
    },
    /// `guard.toml` is not understood.
    #[error("guard `{guard}`: guard.toml: {message}")]
    Manifest {
        /// Folder name.
        guard: String,
        /// What is wrong, with its position.
        message: String,
    },
    /// `tests.jsonl` is not understood.
    #[error("guard `{guard}`: tests.jsonl line {line}: {message}")]
    Test {
        /// Folder name.
        guard: String,
        /// 1-based line.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// A tool's folder is not understood.
    #[error("tool `{tool}`: {message}")]
    Tool {
        /// Folder name.
        tool: String,
        /// What is wrong, and in which file.
        message: String,
    },
    /// A tool's code was refused.
    #[error("tool `{tool}` cannot be built:\n{cause}")]
    ToolBuild {
        /// The tool.
        tool: String,
        /// Complaints or cause.
        cause: BuildError,
    },
    /// The code was refused.
    #[error("guard `{guard}` cannot be built:\n{cause}")]
    Build {
        /// Guard id.
        guard: String,
        /// Complaints or cause.
        cause: BuildError,
    },
}

impl GuardError {
    /// An error of a build: of the guard's code, or of a tool that it is granted.
    pub(crate) fn of_build(guard: &str, cause: BuildError) -> Self {
        match cause {
            BuildError::Tool { tool, cause } => Self::ToolBuild { tool, cause: *cause },
            cause => Self::Build { guard: guard.to_owned(), cause },
        }
    }
}

/// A guard set was refused as a whole: every fault of every guard is listed.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
    /// Some guards cannot be used.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Guards(Vec<GuardError>),
    /// `set.toml` is not understood or does not fit the guards.
    #[error("set.toml: {0}")]
    SetFile(String),
    /// There is no guard at all.
    #[error("`{0}` has no guard folder; make one with `parapet guard new`")]
    Empty(String),
}
