//! The exit codes of every command, in one place; `docs/operations.md` shows the same table.
//! Commands return an [`Exit`] or an error; what an error exits with is decided here alone.

use std::process::ExitCode;

use parapet_domain::Decision;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done; for `check` and `guard run`: the content may pass.
    Success,
    /// Something else went wrong; the message says what to do.
    Failure,
    /// `hook`: the agent may not go on. Coding agents take this code, and no other, for a refusal.
    Blocked,
    /// The configuration is wrong.
    Config,
    /// A guard or a tool is refused, or its own tests failed.
    Guard,
    /// The database is away, not writable, or of another version.
    Store,
    /// An address cannot be listened on.
    Listen,
    /// `check` and `guard run`: the content may pass with edits.
    Redact,
    /// `check` and `guard run`: a person has to approve.
    Ask,
    /// `check` and `guard run`: the content is refused.
    Deny,
    /// `mcp wrap`: what the server ended with.
    Wrapped(u8),
}

impl Exit {
    /// The table printed by `parapet --help`. Code 2 is clap's own too, so that a hook that is called wrongly refuses.
    pub(crate) const TABLE: &str = "\
Exit codes:
   0  done; `check` and `guard run`: allow
   1  failure; the message says what to do
   2  wrong usage: unknown option, missing argument; `hook`: the agent may not go on
   3  the configuration is wrong; all its errors are listed
   4  a guard or tool is refused, or its own tests failed
   5  the database is away, not writable, or of another version
   6  an address cannot be listened on
  10  `check` and `guard run`: redact
  11  `check` and `guard run`: ask; `write`: a person has to decide, then the same command goes on
  12  `check` and `guard run`: deny; `write`: the guards refused what was asked, or all of it";

    /// The number that the process ends with.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Blocked => 2,
            Self::Config => 3,
            Self::Guard => 4,
            Self::Store => 5,
            Self::Listen => 6,
            Self::Redact => 10,
            Self::Ask => 11,
            Self::Deny => 12,
            Self::Wrapped(code) => code,
        }
    }
}

impl From<Decision> for Exit {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Allow => Self::Success,
            Decision::Redact => Self::Redact,
            Decision::Ask => Self::Ask,
            Decision::Deny => Self::Deny,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
