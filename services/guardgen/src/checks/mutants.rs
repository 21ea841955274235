//! Whether the tests notice when the guard is changed: small changes of the code and of the facts, each built and run
//! against the tests until one fails. What no test notices is not tested, or makes no difference to any event.

mod code;
mod facts;
mod run;
mod sample;

use std::collections::BTreeSet;

use parapet_domain::Budget;
use parapet_judge::{FactSets, GuardSource};
use parapet_sandbox::{GuardCode, Sandbox, Variant};
use serde_json::Value;

use super::options::CheckOptions;
use super::report::{Check, CheckComplaint, MutantFigures, Survivor};
use super::script::Script;
use super::testing::ReadyTest;
use run::Fate;

/// One change.
pub(super) struct Mutant {
    survivor: Survivor,
    /// What a test has to be like to notice it.
    help: String,
    edit: Edit,
}

enum Edit {
    /// Bytes of the code and what takes their place.
    Code { start: u32, end: u32, text: String },
    /// A place in the facts and what happens to it.
    Facts(facts::Path, facts::Change),
}

/// What a check of mutants works on.
pub(super) struct Subject<'a> {
    pub(super) source: &'a GuardSource,
    pub(super) script: &'a Script<'a>,
    pub(super) hits: &'a [bool],
    pub(super) tests: &'a [ReadyTest<'a>],
    /// Most fuel of any test of the guard as it is.
    pub(super) max_fuel: u64,
}

impl Subject<'_> {
    /// What a mutant's run may use: far more than any test needs, far less than a loop without end would take.
    fn budget(&self) -> Budget {
        let own = super::testing::patient(&self.source.manifest.budget);
        Budget { fuel: own.fuel.min(self.max_fuel.saturating_mul(4).saturating_add(5_000_000)), ..own }
    }

    /// Whether test number `test` is run with facts number `set`.
    fn is_of(&self, test: usize, set: usize) -> bool {
        self.tests.get(test).is_some_and(|test| test.facts == set)
    }

    /// The changed guard, with facts number `set` of those that the tests need.
    fn variant(&self, own: &Value, mutant: &Mutant, set: usize) -> Variant {
        let sets = FactSets::of(&self.source.tests);
        match &mutant.edit {
            Edit::Code { start, end, text } => {
                let (before, after) = (self.script.slice(0, *start), self.script.text.get(*end as usize..));
                let code = [before, text, after.unwrap_or_default()].concat();
                Variant { code: code.into_bytes(), facts: sets.facts(set, own) }
            }
            Edit::Facts(path, change) => {
                let facts = sets.facts(set, &facts::changed(own, path, change));
                Variant { code: self.source.code.clone(), facts }
            }
        }
    }
}

/// Tries the mutants; `progress` gets how many are done, of how many.
pub(super) fn check(
    sandbox: &Sandbox,
    subject: &Subject<'_>,
    options: &CheckOptions,
    progress: &mut dyn FnMut(usize, usize),
) -> (MutantFigures, Vec<CheckComplaint>) {
    let facts = subject.source.facts();
    let all = [code::mutants(subject.script, subject.hits), facts::mutants(&facts)];
    let possible = all.iter().map(Vec::len).sum();
    let chosen = sample::choose(all, options.max_mutants);
    let code: GuardCode = subject.source.to_code();
    let fates = run::run(sandbox, subject, &code, &facts, &chosen, options, progress);
    let mut figures = MutantFigures { possible, not_tried: possible - chosen.len(), ..MutantFigures::default() };
    let (mut complaints, mut told) = (Vec::new(), BTreeSet::new());
    for (mutant, fate) in chosen.into_iter().zip(fates) {
        match fate {
            Fate::Killed => figures.killed += 1,
            Fate::Unbuildable => figures.unbuildable += 1,
            Fate::NotTried => figures.not_tried += 1,
            Fate::Survived => {
                figures.survived += 1;
                figures.unreached += usize::from(mutant.survivor.unreached);
                // Of code that no test runs, the coverage has said so already.
                let new = !mutant.survivor.unreached && told.insert(key(&mutant.survivor));
                complaints.extend(new.then(|| complaint(&mutant)));
                figures.survivors.push(mutant.survivor);
            }
        }
    }
    summarise(&figures, &mut complaints, options);
    (figures, complaints)
}

/// One complaint is enough for the same change on one line, and for all changes of one fact.
fn key(survivor: &Survivor) -> (u32, String) {
    (survivor.line, survivor.fact.as_ref().unwrap_or(&survivor.change).clone())
}

fn complaint(mutant: &Mutant) -> CheckComplaint {
    let Survivor { line, column, fact, change, .. } = &mutant.survivor;
    let place = fact.as_ref().map(|fact| format!("`{fact}`: ")).unwrap_or_default();
    CheckComplaint::warning(Check::Mutants, format!("{place}with {change} no test fails"), mutant.help.clone())
        .at(*line, *column)
}

fn summarise(figures: &MutantFigures, complaints: &mut Vec<CheckComplaint>, options: &CheckOptions) {
    let more = complaints.len().saturating_sub(options.max_listed);
    complaints.truncate(options.max_listed);
    if more > 0 {
        let message = format!("{more} more changes of the guard are noticed by no test");
        complaints.push(CheckComplaint::warning(Check::Mutants, message, "add tests for those above first"));
    }
    let tried = figures.killed + figures.survived;
    if tried > 0 && figures.percent() < options.min_killed_percent {
        let (killed, percent, least) = (figures.killed, figures.percent(), options.min_killed_percent);
        let message =
            format!("the tests notice {killed} of {tried} changes of the guard ({percent} %), fewer than {least} %");
        let help = "add tests for the changes that are listed, and let tests expect `reason_code` and `details` too";
        complaints.push(CheckComplaint::warning(Check::Mutants, message, help));
    }
}
