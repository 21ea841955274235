//! The guards of a route as the gate of a document: each passage is judged, recorded, and only then counts.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use parapet_agentwrite::{Gate, GateError, Passage, PassageKind, Ruling};
use parapet_domain::Stage;
use parapet_gateway::{Passages, Passed, Withheld};
use parapet_surfaces::write::Piece;

/// The gate of one document.
pub(crate) struct GuardGate {
    passages: Arc<Passages>,
    /// What the writing stopped at.
    stopped_at: Mutex<Option<Withheld>>,
}

impl GuardGate {
    pub(crate) fn new(passages: Arc<Passages>) -> Self {
        Self { passages, stopped_at: Mutex::default() }
    }

    /// The passage at which the writing stopped, as there was no ruling on it.
    pub(crate) fn stopped_at(&self) -> Option<Withheld> {
        self.stopped_at.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[async_trait]
impl Gate for GuardGate {
    async fn judge(&self, passage: &Passage<'_>) -> Result<Ruling, GateError> {
        let piece = match passage.kind {
            PassageKind::Plan => Piece { name: "plan", place: None, text: passage.text },
            PassageKind::Section => Piece { name: "section", place: Some(passage.section), text: passage.text },
        };
        match self.passages.judge(Stage::Output, piece).await {
            Ok(Passed { decision, edited: None }) => Ok(Ruling::Allowed { decision: decision.to_string() }),
            Ok(Passed { decision, edited: Some(text) }) => {
                Ok(Ruling::Redacted { decision: decision.to_string(), text })
            }
            Err(withheld) if withheld.is_final() => Ok(denied(withheld)),
            Err(withheld) => {
                let error = unruled(&withheld);
                *self.stopped_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(withheld);
                Err(error)
            }
        }
    }

    fn fingerprint(&self) -> String {
        self.passages.fingerprint()
    }
}

fn denied(withheld: Withheld) -> Ruling {
    Ruling::Denied {
        decision: withheld.decision.map(|id| id.to_string()).unwrap_or_default(),
        code: withheld.refusal.reason_code,
        reason: withheld.refusal.message,
    }
}

/// No capacity, no record, or a person who has yet to decide.
fn unruled(withheld: &Withheld) -> GateError {
    let code = &withheld.refusal.reason_code;
    let reason = match withheld.approval {
        Some(id) => format!("a guard asks a person about it (`{code}`); approve or deny `{id}`"),
        None => format!("{} (`{code}`)", withheld.refusal.message),
    };
    GateError { decision: withheld.decision.map(|id| id.to_string()), reason }
}
