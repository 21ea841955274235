//! The guards that come with Parapet pass the checks, and tracing them changes nothing of what they decide.

use parapet_judge::{FactSets, SetFiles, run_tests, test_event};

use super::*;

fn sources() -> Vec<GuardSource> {
    SetFiles::bundled().guards.iter().map(|files| GuardSource::parse(files).unwrap()).collect()
}

/// Least share of lines, branches and mutants, in percent.
const LEAST: (usize, usize, usize) = (85, 75, 50);

#[test]
fn every_bundled_guard_counts() {
    let sources = sources();
    assert_eq!(sources.len(), 7);
    for source in &sources {
        // Enough mutants to see that they are tried; all of them are for `parapet guard check`.
        let options = CheckOptions { max_mutants: 32, ..CheckOptions::default() };
        let report = check_guard(&shared(), source, &options, &mut |_| {});
        assert!(report.counts(), "{}", report.to_text());
        let coverage = report.coverage.as_ref().unwrap();
        let (lines, branches, mutants) = LEAST;
        let covered = coverage.lines.percent() >= lines && coverage.branches.percent() >= branches;
        assert!(covered, "{}", report.to_text());
        assert!(report.mutants.as_ref().unwrap().percent() >= mutants, "{}", report.to_text());
    }
}

#[test]
fn a_traced_guard_decides_as_the_plain_one() {
    let sandbox = shared();
    for source in sources() {
        let guard = parapet_judge::Guard::build(&sandbox, source).unwrap();
        let sets = FactSets::of(&guard.source.tests);
        let codes = std::iter::once(guard.source.to_code()).chain(sets.others(&guard.source));
        let traced: Vec<_> = codes.map(|code| sandbox.build_traced(&code).unwrap()).collect();
        let plain = run_tests(&sandbox, &guard);
        for (test, plain) in guard.source.tests.iter().zip(plain) {
            let event = test_event(&guard.source.manifest, test).unwrap();
            let chars: Vec<usize> = event.parts.iter().map(|part| part.text.chars().count()).collect();
            let json = serde_json::to_vec(&event).unwrap();
            let run =
                sandbox.run_traced(&traced[sets.place(test).unwrap()], &json, &chars, &guard.source.manifest.budget);
            assert_eq!(Some(run.run.outcome), plain.outcome, "{}: {}", guard.source.manifest.id, test.description);
            assert!(run.hits.contains(&true));
        }
    }
}
