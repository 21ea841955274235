//! Feedback on a recorded decision: the log says what was decided and by which code, a person says whether it was right.

use parapet_domain::{Decision, DecisionRecord, GuardRun, Outcome, Stage, Timestamp};
use parapet_store::{CaseRecord, Evidence, Store};
use serde_json::Value;
use uuid::Uuid;

use super::case::Settings;
use super::{Added, Memory, MemoryError};

/// What somebody says of a decision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Feedback {
    /// The decision in the audit log.
    pub decision: Uuid,
    /// Whether it was right.
    pub right: bool,
    /// Who says so.
    pub by: String,
    /// Why, in their own words.
    pub note: String,
    /// The guard that it is about; without one, the guard that decided, or the only one that ran.
    pub guard: Option<String>,
    /// What the user asked, where the log does not have it.
    pub input: Option<String>,
    /// What the agent did, where the log does not have it.
    pub output: Option<String>,
}

const NOT_STORED: &str = "the log does not have the content of";
const REFUSED: &str = "content that was refused is not in the log, as that of";

impl Memory {
    /// Remembers a decision as a case: an example where it was right; where it was wrong, a case that people can look up.
    ///
    /// # Errors
    /// The decision, the guard's code or the content is not in the log, there is other feedback on it already, a text is too
    /// long, or the store is not available.
    pub async fn feedback(&self, feedback: Feedback) -> Result<Added, MemoryError> {
        let store = self.store()?;
        let id = feedback.decision;
        let decision = store.decision(&self.tenant, id).await?.ok_or(MemoryError::NoDecision(id))?;
        let run = run_of(&decision, feedback.guard.as_deref())?;
        let verdict = verdict_of(&decision, run)?;
        let guard = self.registered(store, &decision, run).await?;
        let (input, output) = self.texts(store, &decision, &feedback).await?;
        let text = |key: &str| guard.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let agent = Some(text("agent")).filter(|agent| !agent.is_empty()).unwrap_or_else(|| decision.agent.clone());
        let record = CaseRecord {
            tenant: self.tenant.clone(),
            id: Uuid::now_v7(),
            created_at: Timestamp::now(),
            agent,
            input,
            output,
            request: text("request"),
            verdict,
            guard: run.guard.clone(),
            guard_hash: run.guard_hash.clone(),
            evidence: Evidence::Feedback { decision: id, right: feedback.right, by: feedback.by, note: feedback.note },
            plan: text("plan"),
            code: text("code"),
            settings: settings_of(&guard)?,
        };
        self.enter(vec![record]).await?.pop().ok_or(MemoryError::Stopped)
    }

    /// The guard as it was in force, from the register of guard sets.
    async fn registered(&self, store: &Store, decision: &DecisionRecord, run: &GuardRun) -> Result<Value, MemoryError> {
        let set = store.guard_set(&self.tenant, &decision.guard_set).await?;
        let guards = set.as_ref().and_then(|set| set.manifest.get("guards")).and_then(Value::as_array);
        let is_it = |guard: &&Value| guard.get("hash").and_then(Value::as_str) == Some(run.guard_hash.as_str());
        let found = guards.and_then(|guards| guards.iter().find(is_it));
        let with_code = found.filter(|guard| guard.get("code").is_some_and(Value::is_string));
        let missing = || MemoryError::NoCode { decision: decision.id, guard: run.guard.clone() };
        with_code.cloned().ok_or_else(missing)
    }

    /// What the user asked and what the agent did: as given, else as the log has it.
    async fn texts(
        &self,
        store: &Store,
        decision: &DecisionRecord,
        feedback: &Feedback,
    ) -> Result<(String, String), MemoryError> {
        let judged = || text_of(decision.content.as_ref());
        if decision.stage == Stage::Input {
            let input = feedback.input.clone().map_or_else(judged, Ok);
            let input = input.map_err(|why| missing(decision, why, "`--input FILE` (what the user asked)"))?;
            return Ok((input, feedback.output.clone().unwrap_or_default()));
        }
        let output = feedback.output.clone().map_or_else(judged, Ok);
        let input = match &feedback.input {
            Some(input) => Ok(input.clone()),
            None => self.asked(store, decision).await?,
        };
        match (input, output) {
            (Ok(input), Ok(output)) => Ok((input, output)),
            (Ok(_), Err(why)) => Err(missing(decision, why, "`--output FILE` (what the agent did)")),
            (Err(why), Ok(_)) => Err(missing(decision, why, "`--input FILE` (what the user asked)")),
            (Err(_), Err(why)) => Err(missing(
                decision,
                why,
                "`--input FILE` (what the user asked) and `--output FILE` (what the agent did)",
            )),
        }
    }

    /// What the user asked in the exchange of `decision`, or why that is not known.
    async fn asked(
        &self,
        store: &Store,
        decision: &DecisionRecord,
    ) -> Result<Result<String, &'static str>, MemoryError> {
        let exchange = store.exchange(&self.tenant, decision.exchange_id).await?;
        let inputs = exchange.iter().filter(|other| other.stage == Stage::Input);
        let texts: Result<Vec<String>, _> = inputs.map(|input| text_of(input.content.as_ref())).collect();
        Ok(texts.and_then(|texts| if texts.is_empty() { Err(NOT_STORED) } else { Ok(texts.join("\n")) }))
    }
}

fn missing(decision: &DecisionRecord, why: &'static str, missing: &'static str) -> MemoryError {
    MemoryError::NoContent { decision: decision.id, why, missing }
}

/// The texts of a decision's content, or why it has none.
fn text_of(content: Option<&Value>) -> Result<String, &'static str> {
    let parts = content.and_then(Value::as_array).ok_or(NOT_STORED)?;
    let texts: Option<Vec<&str>> = parts.iter().map(|part| part.get("text").and_then(Value::as_str)).collect();
    texts.map(|texts| texts.join("\n")).ok_or(REFUSED)
}

/// The run that the feedback is about.
fn run_of<'a>(decision: &'a DecisionRecord, guard: Option<&str>) -> Result<&'a GuardRun, MemoryError> {
    let named = |id: &str| decision.runs.iter().find(|run| run.guard == id);
    let found = match (guard, decision.decided_by.as_deref(), decision.runs.as_slice()) {
        (Some(id), _, _) | (None, Some(id), _) => named(id),
        (None, None, [only]) => Some(only),
        (None, None, _) => None,
    };
    let guards = || decision.runs.iter().map(|run| run.guard.clone()).collect();
    found.ok_or_else(|| MemoryError::WhichGuard { decision: decision.id, guards: guards() })
}

fn verdict_of(decision: &DecisionRecord, run: &GuardRun) -> Result<Decision, MemoryError> {
    match &run.outcome {
        Outcome::Verdict(verdict) => Ok(verdict.decision),
        Outcome::Failure(failure) => {
            Err(MemoryError::NoVerdict { decision: decision.id, guard: run.guard.clone(), kind: failure.kind.as_str() })
        }
    }
}

/// What the register keeps of the guard besides texts. An older register has less, and the case then too.
fn settings_of(guard: &Value) -> Result<Value, MemoryError> {
    let value = |key: &str| guard.get(key).cloned().unwrap_or_default();
    let settings = Settings {
        plan: None,
        facts: value("facts"),
        patterns: serde_json::from_value(value("patterns")).unwrap_or_default(),
        phrases: serde_json::from_value(value("phrases")).unwrap_or_default(),
        tests: Vec::new(),
    };
    settings.to_json()
}
