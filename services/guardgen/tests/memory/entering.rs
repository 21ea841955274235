//! Nothing enters without evidence; what entered is there as it was, and gone when it is forgotten.

use parapet_domain::Decision;
use parapet_guardgen::{Action, CaseId, Memory, MemoryError, Plan, Step, TestsPassed};
use parapet_judge::Guard;
use parapet_sandbox::Language;
use parapet_store::{Evidence, StoreError};

use crate::fixture::{AGENT, CODE, TESTS, approval, places, proven, source};

#[test]
fn a_guard_whose_tests_fail_gives_no_proof() {
    let sandbox = parapet_test_sandbox::shared();
    let run = |code: &str, tests: &str| {
        let guard = Guard::build(&sandbox, source(code, tests)).unwrap();
        TestsPassed::run(&sandbox, &guard).unwrap_err().to_string()
    };
    assert_eq!(
        run("fn check(event) { allow() }", TESTS),
        "1 of 2 tests of guard `library-loans` failed, so it is no example:\n  four books do not: verdict is \"allow\", expected \"deny\""
    );
    assert_eq!(
        run(CODE, ""),
        "guard `library-loans` has no tests, so nothing shows that it is right; write one allow and one deny for each rule"
    );
}

#[tokio::test]
async fn a_proof_is_good_for_its_own_guard_alone() {
    let other = source("fn check(event) { allow() }", TESTS);
    let module = parapet_judge::GuardSource { language: Language::Wasm, ..proven().0.source.clone() };
    for place in places().await {
        let mut approval = approval("lend four books", "");
        approval.guard = &other;
        let error = place.memory.add(&approval, &proven().1).await.unwrap_err();
        assert!(error.to_string().ends_with("run the tests of this guard"), "{error}");
        approval.guard = &module;
        let error = place.memory.add(&approval, &proven().1).await.unwrap_err();
        assert!(error.to_string().contains("only scripts can be examples"), "{error}");
        assert!(place.memory.list(10, None).await.unwrap().cases.is_empty());
    }
}

#[tokio::test]
async fn a_case_is_kept_with_all_that_its_guard_is_made_of() {
    let plan = Plan {
        title: "At most three books.".to_owned(),
        stages: vec![],
        tools: vec![],
        steps: vec![Step {
            action: Action::Compare,
            what: "Count.".to_owned(),
            reads: vec![],
            tool: None,
            facts: vec!["most".to_owned()],
            reason_codes: vec!["too_many".to_owned()],
        }],
        not_covered: vec![],
    };
    for place in places().await {
        let mut approval = approval("lend four books", "lend {\"books\":4}");
        approval.plan = Some(plan.clone());
        let added = place.memory.add(&approval, &proven().1).await.unwrap();
        assert!(added.new);
        let case = place.memory.show(&added.id).await.unwrap().unwrap();
        assert_eq!((case.agent.as_str(), case.code.as_str()), (AGENT, CODE));
        assert_eq!((case.input.as_str(), case.output.as_str()), ("lend four books", "lend {\"books\":4}"));
        assert_eq!((&case.plan, case.plan_text.as_str()), (&Some(plan.clone()), "# Plan\n\nCount the books.\n"));
        assert_eq!((case.verdict, case.tests.len()), (Decision::Deny, 2));
        assert_eq!(case.facts["most"], 3);
        assert_eq!(case.phrases["rare"], ["first edition"]);
        assert_eq!(case.evidence, Evidence::Approved { by: "ann".to_owned(), tests_passed: 2 });
        assert!(case.created_at.is_some());
        let again = place.memory.add(&approval, &proven().1).await.unwrap();
        assert_eq!((again.id, again.new), (added.id, false));
    }
}

#[tokio::test]
async fn hostile_texts_are_kept_whole_or_refused_by_name() {
    let texts =
        ["\u{0}a\u{10}\u{0}", "\u{202e}txet\u{202c}", "👩‍🚀👨‍👩‍👧", "e\u{301}", "'; drop table cases; --", " \t\r\n "];
    for place in places().await {
        for text in texts {
            let added = place.add(text, text).await.unwrap();
            let case = place.memory.show(&added.id).await.unwrap().unwrap();
            assert_eq!((case.input.as_str(), case.output.as_str()), (text, text));
            let nearest = place.recall(text, text, 1).await;
            assert_eq!((&nearest[0].case.id, nearest[0].distance), (&added.id, 0.0), "{text:?}");
        }
        let error = place.add(&"a".repeat(1 << 20), "").await.unwrap_err();
        assert!(matches!(error, MemoryError::Store(StoreError::FieldTooLong { field: "input", .. })), "{error}");
        let mut nobody = approval("x", "");
        nobody.by = String::new();
        let error = place.memory.add(&nobody, &proven().1).await.unwrap_err();
        assert!(error.to_string().contains("say who vouches for the case"), "{error}");
    }
}

#[tokio::test]
async fn what_is_forgotten_is_not_recalled() {
    for place in places().await {
        let added = place.add("lend the atlas of 1889 to the mayor", "").await.unwrap();
        assert_eq!(place.recall("lend the atlas of 1889 to the mayor", "", 1).await[0].case.id, added.id);
        assert!(place.memory.forget(&added.id).await.unwrap());
        assert!(!place.memory.forget(&added.id).await.unwrap());
        assert_eq!(place.memory.show(&added.id).await.unwrap(), None);
        assert_ne!(place.recall("lend the atlas of 1889 to the mayor", "", 1).await[0].case.id, added.id);
    }
}

#[tokio::test]
async fn seeds_can_be_shown_but_not_forgotten() {
    let memory = Memory::seeds_only();
    let id: CaseId = "seed:bank-transfers".parse().unwrap();
    assert_eq!(memory.show(&id).await.unwrap().unwrap().evidence, Evidence::Seed);
    let error = memory.forget(&id).await.unwrap_err().to_string();
    assert_eq!(error, "`seed:bank-transfers` belongs to this version of parapet and cannot be forgotten");
    assert_eq!(memory.show(&CaseId::Seed("none".to_owned())).await.unwrap(), None);
    assert!(matches!(memory.list(1, None).await.unwrap_err(), MemoryError::NoStore));
}

#[tokio::test]
async fn pages_go_through_all_cases_once() {
    for place in places().await {
        let approvals: Vec<_> = (0..25).map(|n| approval(&format!("lend book {n}"), "")).collect();
        let added = place.memory.add_all(&approvals, &proven().1).await.unwrap();
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = place.memory.list(10, after).await.unwrap();
            seen.extend(page.cases.into_iter().map(|case| case.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, added.into_iter().rev().map(|added| added.id).collect::<Vec<_>>());
    }
}
