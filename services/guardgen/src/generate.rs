//! From a guard request to a guard that passes its tests: recall, plan, code, tests, repair. By rules where the request has
//! structure, with a model where it has not.

pub(crate) mod answer;
mod by_model;
mod error;
mod options;
mod progress;
pub(crate) mod prompt;
mod propose;
mod provenance;
mod restate;
mod trial;

use std::sync::Arc;
use std::time::Instant;

use parapet_models::ModelClient;
use parapet_sandbox::Sandbox;

pub(crate) use trial::{words_of as complaint_of, words_of_test};

pub use error::GenerateError;
pub use options::{GenerateOptions, Method};
pub use progress::Progress;
pub use provenance::{ProposedTests, Provenance, Round, Stopped};

use crate::checks::{CheckReport, check_guard};
use crate::memory::Memory;
use crate::{Draft, GuardRequest, rules};

/// Called with every step, so that people can watch.
pub type Watch<'a> = dyn FnMut(Progress) + Send + 'a;

/// Makes guards. Cheap to clone.
#[derive(Clone)]
pub struct Generator {
    sandbox: Arc<Sandbox>,
    memory: Memory,
    model: Option<ModelClient>,
}

/// A guard, or the best attempt at one.
#[derive(Debug, Clone)]
pub struct Generated {
    /// The guard's files.
    pub draft: Draft,
    /// What the checks say of it.
    pub report: CheckReport,
    /// How it came to be.
    pub provenance: Provenance,
}

impl Generated {
    /// Whether it passes all its tests and no check is against it. Anything else is an attempt to look at.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.report.counts()
    }
}

impl Generator {
    /// A generator. Without a model, only requests with structure can be compiled.
    #[must_use]
    pub const fn new(sandbox: Arc<Sandbox>, memory: Memory, model: Option<ModelClient>) -> Self {
        Self { sandbox, memory, model }
    }

    /// Makes a guard. When the budget or the rounds run out, the best attempt is returned; [`Generated::counts`] tells.
    ///
    /// # Errors
    /// The request is not understood and there is no model, the model gave nothing that could be tried, or the sandbox is
    /// out of order.
    pub async fn generate(
        &self,
        request: &GuardRequest,
        options: &GenerateOptions,
        watch: &mut Watch<'_>,
    ) -> Result<Generated, GenerateError> {
        let started = Instant::now();
        let mut made = match (options.method, &self.model) {
            (Method::Model, Some(model)) => self.by_model(model, request, options, watch).await?,
            (Method::Model, None) => return Err(GenerateError::NoModel),
            (Method::Rules, _) => by_rules(request.clone()).await?,
            (Method::Auto, model) => match (by_rules(request.clone()).await, model) {
                (Ok(made), _) => made,
                (Err(why), None) => return Err(why),
                (Err(why), Some(model)) => {
                    watch(Progress::NotCompiled { why: why.to_string() });
                    self.by_model(model, request, options, watch).await?
                }
            },
        };
        watch(Progress::Checking { tests: made.0.tests.len() });
        let report = self.check(&made.0, options).await?;
        watch(Progress::Checked { counts: report.counts(), complaints: report.complaints.len() });
        made.1.request_digest = provenance::request_digest(request);
        made.1.seconds = started.elapsed().as_secs_f64();
        Ok(Generated { draft: made.0, report, provenance: made.1 })
    }

    /// All checks on a draft, off the async workers.
    async fn check(&self, draft: &Draft, options: &GenerateOptions) -> Result<CheckReport, GenerateError> {
        let (sandbox, source, options) =
            (Arc::clone(&self.sandbox), draft.source_with(&options.library)?, options.checks.clone());
        let work = move || check_guard(&sandbox, &source, &options, &mut |_| {});
        off_workers(work).await
    }
}

/// Without a model: the request has to be an access table or a rule list.
async fn by_rules(request: GuardRequest) -> Result<(Draft, Provenance), GenerateError> {
    let (compiled, request) = off_workers(move || (rules::compile(&request), request)).await?;
    let mut draft = compiled?;
    // What the examples show has to hold, whatever the sentences were taken for.
    draft.add_tests(request.examples);
    Ok((draft, Provenance::by_rules()))
}

/// Work that takes its time, off the async workers: a sidecar's traffic shares them.
async fn off_workers<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, GenerateError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| GenerateError::Stopped)
}
