//! The one place where an error becomes a message for people and an exit code.

use std::io::{ErrorKind, Write as _};
use std::net::SocketAddr;

use anstyle::AnsiColor;
use parapet_gateway::ConfigErrors;
use parapet_guardgen::TestsFailed;
use parapet_guardgen::library::PromoteError;
use parapet_judge::{GuardError, SetError};
use parapet_models::ModelConfigError;
use parapet_store::StoreError;

use crate::exit::Exit;
use crate::output;
use crate::write::NotWritten;

/// An address that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {}", self.help())]
pub(crate) struct ListenError {
    /// The address.
    pub(crate) address: SocketAddr,
    /// The option that changes it.
    pub(crate) option: &'static str,
    /// What the system said.
    pub(crate) cause: std::io::Error,
}

impl ListenError {
    fn help(&self) -> String {
        let option = self.option;
        match self.cause.kind() {
            ErrorKind::AddrInUse => {
                format!("another process listens there; stop it, or choose another address with `--{option}`")
            }
            ErrorKind::AddrNotAvailable => {
                format!("this machine does not have that address; choose one of its own with `--{option}`")
            }
            ErrorKind::PermissionDenied => {
                format!("this user may not use that port; choose one above 1023 with `--{option}`")
            }
            _ => format!("{}; choose another address with `--{option}`", self.cause),
        }
    }
}

/// Prints `error` on standard error, unless nobody reads the output any more, and says what to exit with.
pub(crate) fn report(error: &anyhow::Error, json: bool) -> Exit {
    if output::is_broken_pipe(error) {
        return Exit::Success;
    }
    let exit = exit_of(error);
    let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
    let message = without_repeats(&chain).join(": ");
    let text = if json {
        serde_json::json!({ "error": { "message": message, "exit_code": exit.code() } }).to_string()
    } else {
        format!("{} {message}", output::paint(AnsiColor::Red.on_default().bold(), "error:"))
    };
    // When standard error is gone there is nobody left to tell.
    let _ = writeln!(anstream::stderr(), "{text}");
    exit
}

/// Some errors repeat their cause in their own text; it is said once.
fn without_repeats(chain: &[String]) -> Vec<&str> {
    let mut said: Vec<&str> = Vec::new();
    for text in chain {
        if !said.iter().any(|earlier| earlier.contains(text.as_str())) {
            said.push(text);
        }
    }
    said
}

fn exit_of(error: &anyhow::Error) -> Exit {
    for cause in error.chain() {
        if cause.is::<ConfigErrors>() || cause.is::<ModelConfigError>() {
            return Exit::Config;
        }
        if cause.is::<GuardError>() || cause.is::<SetError>() || cause.is::<TestsFailed>() || cause.is::<PromoteError>()
        {
            return Exit::Guard;
        }
        if cause.is::<StoreError>() {
            return Exit::Store;
        }
        if let Some(failed) = cause.downcast_ref::<NotWritten>() {
            return failed.exit;
        }
        if cause.is::<ListenError>() {
            return Exit::Listen;
        }
    }
    Exit::Failure
}
