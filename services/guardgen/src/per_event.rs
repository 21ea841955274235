//! Guards that no fixed code can be: a model plans and writes the code for the form of an event. The code, never a verdict,
//! is kept for events of the same form and run anew on each. It counts only when it builds with the guard's own grants and
//! passes the guard's tests, so that nothing in an event can talk it into letting things pass.

mod prompt;
mod shape;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use parapet_domain::{Event, Failure, FailureKind};
use parapet_judge::{Coder, Coding, Guard, GuardSource, run_tests, test_event};
use parapet_models::{Budget, Meter, ModelClient};
use parapet_sandbox::{LoadedGuard, Sandbox};
use serde::Deserialize;
use tokio::sync::OnceCell;

use crate::generate::{answer, complaint_of, words_of_test};
use crate::memory::{Memory, Query};
use shape::Shape;

/// Forms whose code is kept, over all guards. Who sends ever new forms pushes out others', and pays with waiting.
const KEPT: usize = 1_000;

/// Limits of making code for one event, which waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct PerEventOptions {
    /// Longest time. Seconds, default 60.
    pub seconds: u64,
    /// Most answers of the model. Default 5.
    pub calls: u64,
    /// Most tokens, read and written together. Default 40000.
    pub tokens: u64,
    /// Highest cost, in the currency of the model's prices. Default: no limit.
    pub cost: Option<f64>,
    /// Most attempts at the code. Default 3.
    pub rounds: u32,
    /// Past cases that the model is shown. Default 2.
    pub cases: usize,
}

impl Default for PerEventOptions {
    fn default() -> Self {
        Self { seconds: 60, calls: 5, tokens: 40_000, cost: None, rounds: 3, cases: 2 }
    }
}

impl PerEventOptions {
    const fn budget(&self) -> Budget {
        Budget { calls: Some(self.calls), tokens: Some(self.tokens), seconds: Some(self.seconds), cost: self.cost }
    }
}

/// Makes code for events, and keeps it by the events' form.
pub struct EventCoder {
    model: ModelClient,
    sandbox: Arc<Sandbox>,
    memory: Memory,
    options: PerEventOptions,
    kept: Mutex<Kept>,
}

/// Code by guard and form. Filled once; who comes while it is made waits for it.
#[derive(Default)]
struct Kept {
    codes: BTreeMap<Key, Slot>,
    uses: u64,
}

type Key = (String, Shape);

#[derive(Clone)]
struct Slot {
    code: Arc<OnceCell<Arc<LoadedGuard>>>,
    last_use: u64,
}

impl EventCoder {
    /// A coder that asks `model`.
    #[must_use]
    pub fn new(model: ModelClient, sandbox: Arc<Sandbox>, memory: Memory, options: PerEventOptions) -> Self {
        Self { model, sandbox, memory, options, kept: Mutex::default() }
    }

    /// The place for the code of this form, which makes room for itself.
    fn slot(&self, key: Key) -> Arc<OnceCell<Arc<LoadedGuard>>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let now = kept.uses;
        if kept.codes.len() >= KEPT && !kept.codes.contains_key(&key) {
            let oldest = kept.codes.iter().min_by_key(|(_, slot)| slot.last_use).map(|(key, _)| key.clone());
            oldest.map(|key| kept.codes.remove(&key));
        }
        let slot = kept.codes.entry(key).or_insert_with(|| Slot { code: Arc::default(), last_use: now });
        slot.last_use = now;
        Arc::clone(&slot.code)
    }

    async fn make(&self, guard: &Guard, event: &Event, shape: &Shape) -> Result<Arc<LoadedGuard>, Failure> {
        let meter = Meter::new(self.options.budget());
        let manifest = &guard.source.manifest;
        let query = Query {
            agent: manifest.agent.clone(),
            request: manifest.request.clone(),
            output: prompt::text_of(event),
            k: self.options.cases,
            ..Query::default()
        };
        let cases = self.memory.recall(&query).await.map_err(|error| failed(error.to_string()))?;
        let plan = self.model.complete(&prompt::plan(&guard.source, event), &meter).await;
        let plan = plan.map_err(|error| failed(error.to_string()))?;
        let first = prompt::program(&guard.source, event, &plan.text, &cases);
        let mut question = first.clone();
        let mut complaint = String::new();
        for _ in 0..self.options.rounds.max(1) {
            let answer = self.model.complete(&question, &meter).await.map_err(|error| failed(error.to_string()))?;
            match self.try_code(guard, &answer.text, shape).await? {
                Ok(code) => return Ok(code),
                Err(wrong) => complaint = wrong,
            }
            let next = format!("The guard is not right yet.\n{complaint}\nWrite the whole guard again.");
            question = first.clone().with_reply(answer.text, next);
        }
        Err(failed(format!("no code passed its checks: {complaint}")))
    }

    /// Builds the program with the guard's own grants and facts, and runs those of its tests that have this form's stage.
    /// The inner error is for the model.
    async fn try_code(
        &self,
        guard: &Guard,
        text: &str,
        shape: &Shape,
    ) -> Result<Result<Arc<LoadedGuard>, String>, Failure> {
        let Some(code) = answer::program(text) else {
            return Ok(Err("There is no program in the answer.".to_owned()));
        };
        let (sandbox, source, stage) = (Arc::clone(&self.sandbox), guard.source.clone(), shape.stage());
        let work = move || {
            let source = GuardSource { code: code.clone().into_bytes(), ..source };
            let made = Guard::build(&sandbox, source).map_err(|error| complaint_of(&error, &code))?;
            judged(&sandbox, made, stage)
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| failed("the sandbox stopped".to_owned()))
    }
}

/// The code, once the guard's tests of that stage pass.
fn judged(sandbox: &Sandbox, mut made: Guard, stage: parapet_domain::Stage) -> Result<Arc<LoadedGuard>, String> {
    let manifest = made.source.manifest.clone();
    made.source.tests.retain(|test| test_event(&manifest, test).is_ok_and(|event| event.stage == stage));
    let reports = run_tests(sandbox, &made);
    let wrong = reports.iter().zip(&made.source.tests).find_map(|(report, test)| {
        let difference = report.difference.as_deref()?;
        Some(words_of_test(test, difference))
    });
    wrong.map_or_else(|| Ok(Arc::new(made.loaded)), Err)
}

impl Coder for EventCoder {
    fn code_for<'a>(&'a self, guard: &'a Guard, event: &'a Event) -> Coding<'a> {
        Box::pin(async move {
            let shape = Shape::of(event);
            let slot = self.slot((guard.source.hash.clone(), shape.clone()));
            // What fails is not kept: the next event tries again.
            let made = slot.get_or_try_init(|| self.make(guard, event, &shape)).await;
            made.cloned().inspect_err(|failure| {
                tracing::warn!(guard = %guard.source.manifest.id, reason = %failure.message, "no code for an event");
            })
        })
    }
}

impl std::fmt::Debug for EventCoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventCoder").field("options", &self.options).finish_non_exhaustive()
    }
}

/// Longest message of a failure, in characters.
const MAX_MESSAGE_CHARS: usize = 300;

fn failed(message: String) -> Failure {
    Failure { kind: FailureKind::NotGenerated, message: message.chars().take(MAX_MESSAGE_CHARS).collect() }
}
