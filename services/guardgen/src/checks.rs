//! Checks before a guard counts: it builds, its tests pass, it decides something, it copes with large events, its tests run
//! its code and notice changes of it, and its tables are where people read them. Each complaint says where, what, and what
//! to do, for people and for the model that repairs the guard.

mod cost;
mod coverage;
mod literals;
mod mutants;
mod options;
mod render;
mod report;
mod script;
mod testing;
mod tools;

use parapet_judge::GuardSource;
use parapet_sandbox::{BuildError, GuardCode, Language, LoadedGuard, Sandbox, TracedGuard};

pub use options::{CheckOptions, LargestEvent};
pub use report::{
    Check, CheckComplaint, CheckReport, CostFigures, CostRun, Coverage, MutantFigures, Share, Survivor, TestFigures,
    UnreachedBranch,
};
use script::Script;
use testing::patient;

/// How far the checks are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckProgress {
    /// The check that is being made.
    pub check: Check,
    /// How much of it is done.
    pub done: usize,
    /// Of how much.
    pub total: usize,
}

/// Makes all checks on one guard. The first that ends them early is a guard that does not build.
#[must_use]
pub fn check_guard(
    sandbox: &Sandbox,
    source: &GuardSource,
    options: &CheckOptions,
    progress: &mut dyn FnMut(CheckProgress),
) -> CheckReport {
    let mut checks = Checks { sandbox, source, options, progress, report: CheckReport::new(source) };
    checks.run();
    checks.report.complaints.sort_by_key(|complaint| !complaint.fatal);
    checks.report
}

struct Checks<'a> {
    sandbox: &'a Sandbox,
    source: &'a GuardSource,
    options: &'a CheckOptions,
    progress: &'a mut dyn FnMut(CheckProgress),
    report: CheckReport,
}

impl Checks<'_> {
    fn run(&mut self) {
        let (source, code) = (self.source, self.source.to_code());
        self.tell(Check::Build, 0, 1);
        let guard = match self.sandbox.build(&code) {
            Ok(guard) => guard,
            Err(error) => return self.complain(build_complaints(&error)),
        };
        let traced = self.traced(&code);
        let text = String::from_utf8_lossy(&source.code);
        let script = traced.as_ref().map(|traced| Script { text: &text, traced });
        if let Some(script) = &script {
            self.complain(tools::unused(script, &source.manifest.tools));
            self.complain(literals::buried(script, self.options));
        }
        self.run_tests(&guard, script.as_ref());
    }

    /// The script with its tokens and probes; `None` for a module, of which nothing can be seen.
    fn traced(&mut self, code: &GuardCode) -> Option<TracedGuard> {
        if code.language != Language::Rhai {
            return None;
        }
        match self.sandbox.build_traced(code) {
            Ok(traced) => Some(traced),
            Err(error) => {
                let help =
                    "its coverage and its mutants are not known; write it in a simpler way to have them measured";
                let message = format!("the script cannot be traced: {error}");
                self.complain(vec![CheckComplaint::warning(Check::Coverage, message, help)]);
                None
            }
        }
    }

    fn run_tests(&mut self, guard: &LoadedGuard, script: Option<&Script<'_>>) {
        let (source, budget) = (self.source, patient(&self.source.manifest.budget));
        let (tests, unready) = testing::ready(source);
        let others = match testing::other_guards(self.sandbox, source) {
            Ok(others) => others,
            Err(complaint) => return self.complain(vec![complaint]),
        };
        let mut runs = Vec::with_capacity(tests.len());
        for (done, test) in tests.iter().enumerate() {
            self.tell(Check::Tests, done, tests.len());
            let guard = test.facts.checked_sub(1).and_then(|other| others.get(other)).unwrap_or(guard);
            runs.push(test.run(self.sandbox, guard, &budget));
        }
        let (figures, failures) = testing::judge(&tests, &runs, unready.len());
        self.complain(unready);
        self.complain(failures);
        self.complain(testing::constant(source, &runs));
        let (max_fuel, failed) = (figures.max_fuel, figures.failed);
        self.report.tests = Some(figures);

        let subject = cost::Subject { guard, budget: &source.manifest.budget, tests: &tests, runs: &runs };
        let (sandbox, options) = (self.sandbox, self.options);
        let (cost, complaints) =
            cost::check(sandbox, &subject, options, &mut |done, total| self.tell(Check::Cost, done, total));
        self.report.cost = cost;
        self.complain(complaints);

        let Some(script) = script else { return };
        self.tell(Check::Coverage, 0, 1);
        let hits = coverage::hits(sandbox, source, script.traced, &tests, &budget);
        let coverage = coverage::figures(script, &hits);
        self.complain(coverage::complaints(script, &hits, &coverage, options));
        self.report.coverage = Some(coverage);
        // Where tests fail already, a mutant cannot be told from the guard.
        if failed > 0 || tests.is_empty() {
            return;
        }
        let subject = mutants::Subject { source, script, hits: &hits, tests: &tests, max_fuel };
        let (mutants, complaints) =
            mutants::check(sandbox, &subject, options, &mut |done, total| self.tell(Check::Mutants, done, total));
        self.report.mutants = Some(mutants);
        self.complain(complaints);
    }

    fn tell(&mut self, check: Check, done: usize, total: usize) {
        (self.progress)(CheckProgress { check, done, total });
    }

    fn complain(&mut self, complaints: Vec<CheckComplaint>) {
        self.report.complaints.extend(complaints);
    }
}

impl CheckReport {
    fn new(source: &GuardSource) -> Self {
        Self {
            guard: source.manifest.id.clone(),
            hash: source.hash.clone(),
            complaints: Vec::new(),
            tests: None,
            coverage: None,
            mutants: None,
            cost: Vec::new(),
        }
    }
}

fn build_complaints(error: &BuildError) -> Vec<CheckComplaint> {
    let of = |complaint: &parapet_sandbox::Complaint| {
        CheckComplaint::fatal(Check::Build, complaint.message.clone(), complaint.help.clone())
            .at(complaint.line, complaint.column)
    };
    match error.complaints() {
        [] => vec![CheckComplaint::fatal(Check::Build, error.to_string(), "nothing else was checked")],
        complaints => complaints.iter().map(of).collect(),
    }
}
