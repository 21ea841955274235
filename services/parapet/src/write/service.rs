//! Documents for the data plane: `POST /v1/write` and what is below it.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use parapet_agentwrite::{Brief, Language, Progress, Settings, Target, WriteError};
use parapet_domain::{Refusal, RefusalKind, reason};
use parapet_gateway::config::WriteLimits;
use parapet_gateway::{DocumentError, Documents, Passages, Withheld, Writing};
use parapet_models::{Budget, ModelError};
use parapet_surfaces::Fault;
use parapet_surfaces::write::{Language as Asked, Length, Order, WriteRequest};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::compose::{Desk, Failed};
use super::kept::KeptOnly;

/// Writes for whoever asks the data plane.
pub(crate) struct WriteService {
    desk: Desk,
    limits: WriteLimits,
}

impl WriteService {
    pub(crate) const fn new(desk: Desk, limits: WriteLimits) -> Self {
        Self { desk, limits }
    }

    /// What to write, and how: as it is asked for, or as it was begun.
    async fn wanted(&self, passages: &Passages, asked: WriteRequest) -> Result<(Brief, Settings), DocumentError> {
        let Some(order) = asked.order else {
            let begun = self.desk.begun(passages).await.map_err(|error| failed(error.into()))?;
            let begun = begun.ok_or_else(unknown)?;
            return Ok((begun.brief, Settings { budget: self.budget(), ..begun.settings }));
        };
        let settings = Settings {
            headings: order.headings,
            temperature: order.temperature,
            seed: order.seed,
            budget: self.budget(),
            ..Settings::for_context(self.limits.context_tokens)
        };
        let brief = self.brief(order)?;
        let settings = self.desk.settings(passages, settings).await.map_err(failed)?;
        Ok((brief, settings))
    }

    fn brief(&self, order: Order) -> Result<Brief, DocumentError> {
        let (target, most) = match order.words {
            Length::Exactly(words) => (Target::Equal(words), words),
            Length::AtLeast(words) => (Target::AtLeast(words), words),
            Length::AtMost(words) => (Target::AtMost(words), words),
            Length::Between(from, to) => (Target::Range(from, to), to),
        };
        if most > self.limits.words {
            let message = format!("{most} words are more than the {} that can be asked for here", self.limits.words);
            return Err(DocumentError::Failed { fault: Fault::MalformedBody, message, resumable: false });
        }
        let brief = Brief::new(order.instruction, target).map_err(|error| failed(Failed::Write(error.into())))?;
        Ok(match order.language {
            None => brief,
            Some(Asked::English) => brief.with_language(Language::English),
            Some(Asked::Chinese) => brief.with_language(Language::Chinese),
        })
    }

    fn budget(&self) -> Budget {
        Budget {
            calls: Some(self.limits.calls),
            tokens: self.limits.tokens,
            cost: None,
            seconds: Some(self.limits.run.as_secs()),
        }
    }
}

#[async_trait]
impl Documents for WriteService {
    async fn write(&self, asked: WriteRequest, writing: Writing<'_>) -> Result<Value, DocumentError> {
        let Writing { passages, tell, stop } = writing;
        let (brief, settings) = self.wanted(&passages, asked).await?;
        let watch = |step: Progress| tell(json!(step));
        let document = self.desk.write(passages, brief, settings, &watch, stop).await.map_err(failed)?;
        Ok(finished(&json!(document)))
    }

    async fn show(&self, passages: Arc<Passages>) -> Result<Value, DocumentError> {
        let begun = self.desk.begun(&passages).await.map_err(|error| failed(error.into()))?.ok_or_else(unknown)?;
        let kept = Arc::new(KeptOnly::new(Arc::clone(&self.desk.state)));
        let desk = Desk { state: Arc::<KeptOnly>::clone(&kept), ..self.desk.clone() };
        let last = Mutex::new(Value::Null);
        let watch = |step: Progress| {
            if matches!(step, Progress::Planned { .. } | Progress::Done { .. }) {
                *last.lock().unwrap_or_else(PoisonError::into_inner) = json!(step);
            }
        };
        let settings = Settings { budget: Budget::default(), ..begun.settings };
        let read = desk.judged(passages, &begun.brief, settings, &watch, CancellationToken::new()).await;
        match read {
            Ok(document) => Ok(finished(&json!(document))),
            Err(_) if kept.is_unfinished() => {
                let progress = last.into_inner().unwrap_or_else(PoisonError::into_inner);
                Ok(json!({ "state": "unfinished", "progress": progress }))
            }
            Err(error) => Err(failed(error)),
        }
    }
}

fn finished(document: &Value) -> Value {
    let mut told = json!({ "state": "finished" });
    if let (Value::Object(told), Value::Object(fields)) = (&mut told, document) {
        // The id within the store is nobody's but the store's.
        told.extend(fields.iter().filter(|(name, _)| *name != "id").map(|(name, value)| (name.clone(), value.clone())));
    }
    told
}

fn unknown() -> DocumentError {
    let message = "there is no such document, or it is not yours; send the identity that it was begun with".to_owned();
    DocumentError::Failed { fault: Fault::UnknownDocument, message, resumable: false }
}

/// What the caller gets to hear. Nothing of a model's answer is in it, nor where the model server is.
fn failed(failed: Failed) -> DocumentError {
    let error = match failed {
        Failed::Withheld(withheld) => return DocumentError::Withheld(Box::new(withheld)),
        Failed::OtherSettings => {
            let message = "the document was begun with another `temperature`, `seed` or `headings`; go on with its own, or take a new id";
            return told(Fault::OtherDocument, message.to_owned(), false);
        }
        Failed::Write(error) => error,
    };
    let resumable = error.is_resumable();
    match error {
        WriteError::Brief(_) | WriteError::Settings(_) => told(Fault::MalformedBody, error.to_string(), false),
        WriteError::OtherBrief { .. } => {
            let message = "the id is that of a document with another instruction or length, or the guards edit its instruction in another way now; take a new id";
            told(Fault::OtherDocument, message.to_owned(), false)
        }
        WriteError::Model(error) => of_model(&error, resumable),
        WriteError::NoPlan { tries, .. } => {
            told(Fault::UpstreamError, format!("in {tries} tries the model gave no plan that could be read"), false)
        }
        WriteError::PlanDenied { tries, code, decision } => {
            let message = format!("the guards refused the plan of the document {tries} times");
            refused(code, message, decision.parse().ok())
        }
        WriteError::NothingWritten { denied: 0, .. } => {
            told(Fault::UpstreamError, "the model wrote nothing for any section".to_owned(), false)
        }
        WriteError::NothingWritten { .. } => {
            refused(reason::NOTHING_WRITTEN.to_owned(), "the guards refused every section".to_owned(), None)
        }
        WriteError::Gate { .. } => {
            let message = "a section could not be judged; what is written so far is kept".to_owned();
            told(Fault::Internal, message, true)
        }
        WriteError::State(error) => {
            tracing::error!(%error, "state of a document");
            let message = "what is kept of the document cannot be read or written; try again later".to_owned();
            told(Fault::DocumentsUnavailable, message, true)
        }
        WriteError::Stopped => {
            let message = "the writing was stopped; what is written so far is kept, and its `id` goes on with it";
            told(Fault::Overloaded, message.to_owned(), true)
        }
    }
}

fn of_model(error: &ModelError, resumable: bool) -> DocumentError {
    tracing::warn!(%error, "the model could not be asked for a document");
    let fault = match error {
        ModelError::BudgetSpent { detail, .. } => {
            return told(Fault::BudgetSpent, format!("{detail}; what is written so far is kept"), resumable);
        }
        ModelError::Unreachable { .. } | ModelError::Disconnected { .. } => Fault::UpstreamUnreachable,
        ModelError::TimedOut { .. } => Fault::UpstreamTimeout,
        _ => Fault::UpstreamError,
    };
    let message = format!(
        "the model could not be asked (`{}`); what is written so far is kept, and the `id` of the document goes on with it",
        error.code()
    );
    told(fault, message, resumable)
}

const fn told(fault: Fault, message: String, resumable: bool) -> DocumentError {
    DocumentError::Failed { fault, message, resumable }
}

fn refused(reason_code: String, message: String, decision: Option<uuid::Uuid>) -> DocumentError {
    let refusal = Refusal { kind: RefusalKind::Blocked, reason_code, message, details: Value::Null };
    DocumentError::Withheld(Box::new(Withheld { refusal, decision, approval: None }))
}
