//! With a model: recall, plan, write, try, repair. The best attempt is kept; the budget and the rounds end it.

use std::sync::Arc;

use parapet_domain::Stage;
use parapet_judge::{GuardTest, Manifest, Parts, Streaming};
use parapet_models::{Completion, Meter, ModelClient, ModelError, Prompt};
use serde::Deserialize;

use super::answer::{self, Settings};
use super::propose::{self, Compared};
use super::trial::Trial;
use super::{GenerateError, GenerateOptions, Generator, Progress, Provenance, Round, Stopped, Watch, prompt};
use crate::library::ToolDescription;
use crate::memory::Query;
use crate::{Draft, DraftError, GuardRequest, Plan};

/// How freely the model chooses in each round. The same complaint at temperature 0 gives the same answer again.
const TEMPERATURES: [f64; 6] = [0.0, 0.2, 0.4, 0.6, 0.8, 0.9];
/// Longest title, in characters.
const TITLE_CHARS: usize = 100;

/// One generation under way.
pub(super) struct Work<'a, 'w> {
    pub(super) generator: &'a Generator,
    model: &'a ModelClient,
    pub(super) request: &'a GuardRequest,
    pub(super) options: &'a GenerateOptions,
    meter: Meter,
    pub(super) provenance: Provenance,
    pub(super) watch: &'a mut Watch<'w>,
}

impl Generator {
    pub(super) async fn by_model(
        &self,
        model: &ModelClient,
        request: &GuardRequest,
        options: &GenerateOptions,
        watch: &mut Watch<'_>,
    ) -> Result<(Draft, Provenance), GenerateError> {
        let provenance = Provenance {
            parapet: env!("CARGO_PKG_VERSION").to_owned(),
            made_by: model.config().model.clone(),
            ..Provenance::default()
        };
        let meter = Meter::new(options.model_budget);
        Work { generator: self, model, request, options, meter, provenance, watch }.run().await
    }
}

impl Work<'_, '_> {
    async fn run(mut self) -> Result<(Draft, Provenance), GenerateError> {
        if self.options.restate
            && let Some(draft) = self.restated().await?
        {
            self.provenance.spent = self.meter.spent();
            return Ok((draft, self.provenance));
        }
        let example = self.request.examples.first().map(|test| test.event.to_string()).unwrap_or_default();
        let query = Query {
            agent: self.request.agent.clone(),
            request: self.request.request.clone(),
            input: String::new(),
            output: example,
            k: self.options.cases,
            same_agent_first: false,
        };
        let cases = self.generator.memory.recall(&query).await?;
        self.provenance.cases = cases.iter().map(|recalled| recalled.case.id.to_string()).collect();
        (self.watch)(Progress::Recalled { cases: self.provenance.cases.clone() });

        let plan = self.plan().await?;
        let first = prompt::program(self.request, &plan, &cases, &self.offered()?);
        let mut best = self.attempts(&plan, &first, self.request.examples.clone(), None).await?;
        if best.passes() && self.options.proposed_tests > 0 {
            best = self.with_proposed_tests(&plan, &first, best).await?;
        }
        self.provenance.spent = self.meter.spent();
        Ok((best.draft, self.provenance))
    }

    fn offered(&self) -> Result<Vec<ToolDescription>, GenerateError> {
        Ok(self.options.offered().map_err(DraftError::from)?)
    }

    /// The plan. An answer that is none is asked for once more, with another seed.
    async fn plan(&mut self) -> Result<Plan, GenerateError> {
        (self.watch)(Progress::Planning);
        let mut question = prompt::plan(self.request, &self.offered()?);
        let answer = match self.ask(&question).await {
            Err(error @ (ModelError::Malformed { .. } | ModelError::CutOff { .. } | ModelError::Empty)) => {
                tracing::debug!(%error, "asking for the plan again");
                question.temperature = Some(0.5);
                self.ask(&question).await?
            }
            other => other?,
        };
        let plan = answer.json.as_ref().map(Plan::deserialize);
        let malformed = |reason: String| ModelError::Malformed { reason, text: answer.text.clone() };
        let mut plan = plan
            .ok_or_else(|| malformed("the plan is missing".to_owned()))?
            .map_err(|error| malformed(error.to_string()))?;
        // The examples show which stages there are; a plan only supposes.
        let shown = stages_of(&self.request.examples);
        if !shown.is_empty() {
            plan.stages = shown;
        }
        plan.stages.sort_unstable();
        plan.stages.dedup();
        plan.tools.retain(|tool| self.options.tools.contains(tool));
        (self.watch)(Progress::Planned { title: plan.title.clone(), steps: plan.steps.len() });
        Ok(plan)
    }

    /// Attempts until one passes all of `tests`. Each repair starts from the best attempt so far.
    async fn attempts(
        &mut self,
        plan: &Plan,
        first: &Prompt,
        tests: Vec<GuardTest>,
        mut best: Option<Trial>,
    ) -> Result<Trial, GenerateError> {
        let mut last_answer = String::new();
        while (self.provenance.rounds.len() as u32) < self.options.rounds && !best.as_ref().is_some_and(Trial::passes) {
            let round = self.provenance.rounds.len() as u32 + 1;
            (self.watch)(Progress::Writing { round, of: self.options.rounds });
            let mut question = best.as_ref().map_or_else(|| first.clone(), |best| prompt::repair(first, best));
            let temperature = TEMPERATURES.get(round as usize - 1).or(TEMPERATURES.last()).copied().unwrap_or_default();
            question.temperature = Some(temperature);
            question.seed = Some(u64::from(round));
            let answer = match self.ask(&question).await {
                Ok(answer) => answer,
                Err(error) => match best {
                    // What there is, is kept; without anything the error is the result.
                    Some(best) => return Ok(self.stop(best, &error)),
                    None if goes_on(&error) => {
                        self.note(round, temperature, None, error.to_string());
                        continue;
                    }
                    None => return Err(error.into()),
                },
            };
            last_answer.clone_from(&answer.text);
            let trial = self.try_answer(plan, &answer, tests.clone()).await?;
            self.note_trial(round, temperature, &answer, trial.as_ref(), tests.len());
            let Some(trial) = trial else { continue };
            if best.as_ref().is_none_or(|best| trial.score() > best.score()) {
                self.provenance.taken = round;
                best = Some(trial);
            }
        }
        let rounds = self.provenance.rounds.len() as u32;
        let best = best.ok_or_else(|| GenerateError::NoProgram {
            rounds,
            beginning: last_answer.chars().take(80).collect::<String>().replace('\n', " "),
        })?;
        if !best.passes() {
            self.provenance.stopped = Stopped::RoundsUsed;
        }
        Ok(best)
    }

    fn stop(&mut self, best: Trial, error: &ModelError) -> Trial {
        self.note_stop(error);
        best
    }

    /// Notes why no further question is asked.
    pub(super) fn note_stop(&mut self, error: &ModelError) {
        self.provenance.stopped = match error {
            ModelError::BudgetSpent { which, .. } => Stopped::BudgetSpent { limit: *which },
            other => Stopped::ModelFailed { error: other.to_string() },
        };
    }

    /// Builds and tests the program in an answer. `None` when there is none in it.
    async fn try_answer(
        &mut self,
        plan: &Plan,
        answer: &Completion,
        tests: Vec<GuardTest>,
    ) -> Result<Option<Trial>, GenerateError> {
        let Some(code) = answer::program(&answer.text) else { return Ok(None) };
        let (settings, complaint) = match answer::settings(&answer.text) {
            None => (Settings::default(), None),
            Some(Ok(settings)) => (settings, None),
            Some(Err(error)) => (Settings::default(), Some(format!("The toml block is not understood: {error}"))),
        };
        let draft = self.draft(plan, code, settings, tests);
        if let Some(complaint) = complaint {
            let answer = answer.text.clone();
            return Ok(Some(Trial { draft, answer, built: false, passed: 0, complaint }));
        }
        let (sandbox, text) = (Arc::clone(&self.generator.sandbox), answer.text.clone());
        let library = Arc::clone(&self.options.library);
        let trial = tokio::task::spawn_blocking(move || Trial::of(&sandbox, &library, draft, text));
        trial.await.map(Some).map_err(|_| GenerateError::Stopped)
    }

    fn draft(&self, plan: &Plan, code: String, settings: Settings, tests: Vec<GuardTest>) -> Draft {
        let tools = answer::tools_called(&code, &self.options.tools);
        let mut facts = settings.facts;
        facts.extend(self.request.facts.clone());
        let manifest = Manifest {
            id: self.request.id.clone(),
            title: plan.title.chars().take(TITLE_CHARS).collect(),
            request: self.request.request.clone(),
            agent: self.request.agent.clone(),
            stages: plan.stages.clone(),
            tools: tools.clone(),
            streaming: Streaming::Whole,
            parts: Parts::Together,
            per_event: false,
            session: Default::default(),
            words: Default::default(),
            budget: self.options.guard_budget,
            facts,
            patterns: settings.patterns,
            phrases: settings.phrases,
        };
        Draft { manifest, plan: Plan { tools, ..plan.clone() }, code, tests }
    }

    /// Has the model propose tests, sifts them, and repairs the program where the model stands by a test that it fails.
    async fn with_proposed_tests(&mut self, plan: &Plan, first: &Prompt, best: Trial) -> Result<Trial, GenerateError> {
        (self.watch)(Progress::Proposing);
        let mut question = prompt::tests(self.request, self.options.proposed_tests);
        question.temperature = Some(0.3);
        let answer = match self.ask(&question).await {
            Ok(answer) => answer,
            // The program passes what was given; without further tests it stands as it is.
            Err(error) => return Ok(self.stop(best, &error)),
        };
        let json = answer.json.unwrap_or_default();
        let proposed = propose::proposals(&json, &best.draft.tests, self.options.proposed_tests);
        let (sandbox, draft) = (Arc::clone(&self.generator.sandbox), best.draft.clone());
        let library = Arc::clone(&self.options.library);
        let compared = tokio::task::spawn_blocking(move || propose::compare(&sandbox, &library, &draft, proposed));
        let compared = compared.await.map_err(|_| GenerateError::Stopped)?;
        self.provenance.proposed_tests.proposed = compared.len();
        let kept = self.sift(compared).await;
        let counts = self.provenance.proposed_tests;
        (self.watch)(Progress::Proposed { kept: kept.len(), dropped: counts.dropped });
        let mut tests = best.draft.tests.clone();
        tests.extend(kept);
        let (sandbox, mut draft, answer) = (Arc::clone(&self.generator.sandbox), best.draft, best.answer);
        draft.tests.clone_from(&tests);
        let library = Arc::clone(&self.options.library);
        let again = tokio::task::spawn_blocking(move || Trial::of(&sandbox, &library, draft, answer));
        let again = again.await.map_err(|_| GenerateError::Stopped)?;
        self.attempts(plan, first, tests, Some(again)).await
    }

    /// The proposals that count. Where program and test differ, the model decides on the event alone.
    async fn sift(&mut self, compared: Vec<Compared>) -> Vec<GuardTest> {
        let mut kept = Vec::new();
        for compared in compared {
            if compared.agrees() {
                self.provenance.proposed_tests.agreed += 1;
                kept.push(compared.test);
                continue;
            }
            let question = prompt::arbitrate(self.request, &compared.test.event);
            let answer = self.ask(&question).await.ok().and_then(|answer| answer.json);
            let verdict = answer.as_ref().and_then(|json| json.get("verdict")?.as_str());
            if verdict.is_some() && verdict == compared.test.expect.verdict.map(|verdict| verdict.as_str()) {
                self.provenance.proposed_tests.upheld += 1;
                kept.push(compared.test);
            } else {
                self.provenance.proposed_tests.dropped += 1;
            }
        }
        kept
    }

    pub(super) async fn ask(&mut self, question: &Prompt) -> Result<Completion, ModelError> {
        self.provenance.prompts.push(question.digest());
        self.model.complete(question, &self.meter).await
    }

    fn note_trial(&mut self, round: u32, temperature: f64, answer: &Completion, trial: Option<&Trial>, tests: usize) {
        let none = || "there is no program in the answer".to_owned();
        self.note(round, temperature, Some(answer), trial.map_or_else(none, |trial| trial.complaint.clone()));
        if let Some(noted) = self.provenance.rounds.last_mut() {
            noted.tests = tests;
            noted.built = trial.is_some_and(|trial| trial.built);
            noted.passed = trial.map_or(0, |trial| trial.passed);
            (self.watch)(Progress::Tried {
                round,
                built: noted.built,
                passed: noted.passed,
                tests,
                output_tokens: noted.output_tokens,
                seconds: noted.seconds,
            });
        }
    }

    fn note(&mut self, round: u32, temperature: f64, answer: Option<&Completion>, complaint: String) {
        self.provenance.rounds.push(Round {
            round,
            temperature,
            input_tokens: answer.map_or(0, |answer| answer.usage.input_tokens),
            output_tokens: answer.map_or(0, |answer| answer.usage.output_tokens),
            seconds: answer.map_or(0.0, |answer| answer.seconds),
            complaint,
            ..Round::default()
        });
    }
}

/// Whether another question may do better: the answer was at fault, not the server or the budget.
const fn goes_on(error: &ModelError) -> bool {
    matches!(error, ModelError::Malformed { .. } | ModelError::CutOff { .. } | ModelError::Empty)
}

fn stages_of(examples: &[GuardTest]) -> Vec<Stage> {
    let named = examples.iter().filter_map(|test| Stage::deserialize(test.event.get("stage")?).ok());
    named.collect()
}
