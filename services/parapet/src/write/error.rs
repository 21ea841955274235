//! Why a command has written no document, and what to do.

use parapet_agentwrite::WriteError;
use parapet_gateway::Withheld;

use super::compose::Failed;
use crate::exit::Exit;

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct NotWritten {
    message: String,
    /// What the command ends with.
    pub(crate) exit: Exit,
}

impl NotWritten {
    /// `id` is the document's.
    pub(crate) fn of(failed: Failed, id: &str) -> Self {
        match failed {
            Failed::Withheld(withheld) => Self::withheld(&withheld, id),
            Failed::OtherSettings => Self::failure(format!(
                "`{id}` was begun with another --temperature, --seed or --no-headings; give the same, or another --id"
            )),
            Failed::Write(error) => Self::write(&error, id),
        }
    }

    fn withheld(withheld: &Withheld, id: &str) -> Self {
        let (code, said) = (&withheld.refusal.reason_code, &withheld.refusal.message);
        let decision = withheld.decision.map_or_else(String::new, |id| format!(", decision `{id}`"));
        match withheld.approval {
            Some(approval) if withheld.waits_for_person() => Self {
                message: format!(
                    "a guard asks a person about a passage (`{code}`{decision}); `parapet approvals show {approval}` shows it, \
                     `parapet approvals approve {approval}` lets it pass, and then {}",
                    resumes(id)
                ),
                exit: Exit::Ask,
            },
            _ if withheld.is_final() => Self {
                message: format!("the guards refuse the instruction: {said} (`{code}`{decision}); change it"),
                exit: Exit::Deny,
            },
            _ => Self::failure(format!("a passage could not be judged: {said} (`{code}`{decision}); {}", resumes(id))),
        }
    }

    fn write(error: &WriteError, id: &str) -> Self {
        let refused = |message: String| Self { message, exit: Exit::Deny };
        match error {
            WriteError::Stopped => Self::failure(format!("stopped; what is written is kept, and {}", resumes(id))),
            WriteError::OtherBrief { .. } => Self::failure(format!(
                "`{id}` is a document with another instruction or length; resume it with its own, or take another --id"
            )),
            // What the model answered was judged by nobody, and is not shown.
            WriteError::NoPlan { tries, .. } => Self::failure(format!(
                "in {tries} tries the model gave no plan that could be read; ask another model, or for fewer words"
            )),
            WriteError::PlanDenied { .. } => refused(error.to_string()),
            WriteError::NothingWritten { denied: 1.., .. } => {
                refused(format!("{error}; `parapet audit query --session {id}` shows the decisions"))
            }
            error if error.is_resumable() => Self::failure(format!("{error}; {}", resumes(id))),
            error => Self::failure(error.to_string()),
        }
    }

    const fn failure(message: String) -> Self {
        Self { message, exit: Exit::Failure }
    }
}

fn resumes(id: &str) -> String {
    format!("the same command with `--id {id}` goes on where this one ended")
}
