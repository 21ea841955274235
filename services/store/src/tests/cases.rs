//! Cases enter with evidence, are found by their grams, and leave nothing behind when they are forgotten.

use parapet_domain::{Decision, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::fixture::Fixture;
use super::on_both_stores;
use crate::cases::Read;
use crate::{CaseRecord, CaseSearch, Entered, Evidence, NewCase, Store, StoreError};

on_both_stores!(
    a_case_comes_back_as_it_was,
    evidence_is_kept_in_both_kinds,
    no_case_enters_without_evidence,
    the_database_itself_refuses_rows_without_evidence,
    the_same_case_enters_once,
    a_decision_has_one_piece_of_feedback,
    fields_beyond_their_limits_are_refused_by_name,
    pages_neither_skip_nor_repeat,
    cases_are_found_by_what_is_rarest,
    the_budget_bounds_what_is_read,
    a_preferred_gram_comes_first,
    tenants_do_not_see_each_other,
    forgetting_leaves_nothing_in_the_index,
    cases_that_are_added_at_once_are_all_counted,
    a_search_reads_pieces_of_the_index_only,
);

fn approved() -> Evidence {
    Evidence::Approved { by: "ann".to_owned(), tests_passed: 3 }
}

/// The `n`th case.
fn case(n: u32, grams: &[i64]) -> NewCase {
    let record = CaseRecord {
        tenant: "default".to_owned(),
        id: Uuid::now_v7(),
        created_at: Timestamp::from_micros(1_793_491_200_000_000 + i64::from(n)),
        agent: "a shop's assistant".to_owned(),
        input: format!("cancel order {n}"),
        output: format!("cancel_order({n})"),
        request: "orders that were shipped are not cancelled".to_owned(),
        verdict: Decision::Deny,
        guard: "shop-orders".to_owned(),
        guard_hash: "guard:00".to_owned(),
        evidence: approved(),
        plan: "# Plan\n".to_owned(),
        code: "fn check(event) { allow() }".to_owned(),
        settings: json!({ "facts": { "weight": 1e16, "nul": "\u{0}" } }),
    };
    NewCase { record, grams: grams.to_vec() }
}

async fn add(store: &Store, case: NewCase) -> Uuid {
    match store.add_cases(&[case]).await.unwrap()[0] {
        Entered::New(id) => id,
        other => panic!("{other:?}"),
    }
}

async fn found(store: &Store, tenant: &str, grams: &[i64], budget: u32) -> Vec<Uuid> {
    let search = CaseSearch { grams, preferred: &[], budget, limit: 100, chars: 1_000 };
    store.near_cases(tenant, &search).await.unwrap().into_iter().map(|texts| texts.id).collect()
}

async fn a_case_comes_back_as_it_was(fixture: &Fixture) {
    let mut new = case(1, &[i64::MIN, -1, 0, i64::MAX]);
    new.record.input = "\u{0} NUL, \u{10} escape, \u{202e}right to left, 👩‍🚀".to_owned();
    new.record.agent = "\u{0}".to_owned();
    let id = add(&fixture.store, new.clone()).await;
    assert_eq!(fixture.store.case("default", id).await.unwrap(), Some(new.record.clone()));
    let search = CaseSearch { grams: &[-1], preferred: &[], budget: 10, limit: 10, chars: 4 };
    let texts = fixture.store.near_cases("default", &search).await.unwrap().pop().unwrap();
    assert_eq!((texts.id, texts.agent.as_str(), texts.output.as_str()), (id, "\u{0}", "canc"));
    assert_eq!(fixture.store.case("default", Uuid::now_v7()).await.unwrap(), None);
}

async fn evidence_is_kept_in_both_kinds(fixture: &Fixture) {
    for right in [true, false] {
        let mut new = case(u32::from(right), &[]);
        new.record.evidence =
            Evidence::Feedback { decision: Uuid::now_v7(), right, by: "ben".to_owned(), note: "seen by me".to_owned() };
        let id = add(&fixture.store, new.clone()).await;
        let kept = fixture.store.case("default", id).await.unwrap().unwrap();
        assert_eq!((&kept.evidence, kept.evidence.is_for()), (&new.record.evidence, right));
    }
}

async fn no_case_enters_without_evidence(fixture: &Fixture) {
    let nobody = |by: &str| Evidence::Approved { by: by.to_owned(), tests_passed: 1 };
    for (evidence, message) in [
        (Evidence::Seed, "a seed belongs to the release and is not stored"),
        (Evidence::Approved { by: "ann".to_owned(), tests_passed: 0 }, "no test of the guard has passed"),
        (nobody(""), "say who vouches for the case"),
        (nobody(" \t"), "say who vouches for the case"),
    ] {
        let mut new = case(1, &[1]);
        new.record.evidence = evidence;
        let error = fixture.store.add_cases(&[case(2, &[2]), new]).await.unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    }
    assert_eq!(fixture.number("select count(*) from cases").await, 0);
}

async fn the_database_itself_refuses_rows_without_evidence(fixture: &Fixture) {
    add(&fixture.store, case(1, &[1])).await;
    let blank = if fixture.store.kind() == "sqlite" { "null" } else { "null::bigint" };
    for change in [format!("tests_passed = {blank}"), "tests_passed = 0".to_owned(), "evidence = 'seed'".to_owned()] {
        let error = fixture.try_execute(&format!("update cases set {change}")).await.unwrap_err();
        assert!(error.contains("cases_evidence_known"), "{change}: {error}");
    }
}

async fn the_same_case_enters_once(fixture: &Fixture) {
    let id = add(&fixture.store, case(1, &[1, 2])).await;
    let mut again = case(1, &[1, 2]);
    again.record.evidence = Evidence::Approved { by: "ben".to_owned(), tests_passed: 9 };
    let other = case(2, &[2]);
    let other_id = other.record.id;
    let entered = fixture.store.add_cases(&[again.clone(), other, again]).await.unwrap();
    assert_eq!(entered, [Entered::Known(id), Entered::New(other_id), Entered::Known(id)]);
    assert_eq!(fixture.number("select cases from case_gram_counts where gram = 2").await, 2);
    assert_eq!(fixture.number("select count(*) from case_grams where gram = 1").await, 1);
}

async fn a_decision_has_one_piece_of_feedback(fixture: &Fixture) {
    let decision = Uuid::now_v7();
    let feedback = |right| {
        let mut new = case(1, &[1]);
        new.record.evidence = Evidence::Feedback { decision, right, by: "ann".to_owned(), note: String::new() };
        new
    };
    let id = add(&fixture.store, feedback(true)).await;
    assert_eq!(fixture.store.add_cases(&[feedback(true)]).await.unwrap(), [Entered::Known(id)]);
    assert_eq!(fixture.store.add_cases(&[feedback(false)]).await.unwrap(), [Entered::Disputed(id)]);
    assert!(fixture.store.forget_case("default", id).await.unwrap());
    add(&fixture.store, feedback(false)).await;
}

async fn fields_beyond_their_limits_are_refused_by_name(fixture: &Fixture) {
    type Lengthen = fn(&mut CaseRecord);
    let long = |field: &str, lengthen: Lengthen| {
        let mut new = case(1, &[]);
        lengthen(&mut new.record);
        (field.to_owned(), new)
    };
    let mut cases = vec![
        long("input", |c| c.input = "x".repeat(1 << 20)),
        long("output", |c| c.output = "\u{0}".repeat(40_000)),
        long("request", |c| c.request = "x".repeat(65_537)),
        long("agent", |c| c.agent = "x".repeat(16_385)),
        long("tenant", |c| c.tenant = "x".repeat(257)),
        long("guard", |c| c.guard = "x".repeat(257)),
        long("plan", |c| c.plan = "x".repeat(65_537)),
        long("code", |c| c.code = "x".repeat(262_145)),
        long("settings", |c| c.settings = json!("x".repeat(4 << 20))),
    ];
    cases.push(("grams".to_owned(), case(1, &(0..257).collect::<Vec<_>>())));
    for (name, new) in cases {
        match fixture.store.add_cases(&[new]).await.unwrap_err() {
            StoreError::FieldTooLong { field, .. } => assert_eq!(field, name),
            other => panic!("{name}: {other}"),
        }
    }
    assert_eq!(fixture.number("select count(*) from cases").await, 0);
}

async fn pages_neither_skip_nor_repeat(fixture: &Fixture) {
    let cases: Vec<NewCase> = (0..45).map(|n| case(n, &[i64::from(n)])).collect();
    fixture.store.add_cases(&cases).await.unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = fixture.store.list_cases("default", 10, after).await.unwrap();
        seen.extend(page.cases.iter().map(|case| case.id));
        add(&fixture.store, case(100 + u32::try_from(seen.len()).unwrap(), &[])).await;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let wanted: Vec<Uuid> = cases.iter().rev().map(|case| case.record.id).collect();
    assert_eq!(seen, wanted);
    for limit in [0, 201] {
        let error = fixture.store.list_cases("default", limit, None).await.unwrap_err().to_string();
        assert_eq!(error, format!("`limit` is {limit}, but has to be between 1 and 200"));
    }
}

async fn cases_are_found_by_what_is_rarest(fixture: &Fixture) {
    // Gram 0 is everywhere, gram 1 in a tenth, gram 2 in one case alone.
    let grams = |n: u32| match n {
        17 => vec![0, 2],
        n if n.is_multiple_of(10) => vec![0, 1],
        _ => vec![0],
    };
    let cases: Vec<NewCase> = (0..100).map(|n| case(n, &grams(n))).collect();
    fixture.store.add_cases(&cases).await.unwrap();
    let hits = found(&fixture.store, "default", &[0, 1, 2, 3], 1_000).await;
    assert_eq!(hits.len(), 100);
    assert_eq!(hits[0], cases[17].record.id);
    assert_eq!(hits[1], cases[90].record.id);
    assert_eq!(hits[11], cases[99].record.id);
    assert!(found(&fixture.store, "default", &[3], 1_000).await.is_empty());
    assert!(found(&fixture.store, "default", &[], 1_000).await.is_empty());
}

async fn the_budget_bounds_what_is_read(fixture: &Fixture) {
    let cases: Vec<NewCase> = (0..50).map(|n| case(n, &[0])).collect();
    fixture.store.add_cases(&cases).await.unwrap();
    let hits = found(&fixture.store, "default", &[0], 7).await;
    let newest: Vec<Uuid> = cases.iter().rev().take(7).map(|case| case.record.id).collect();
    assert_eq!(hits, newest);
    let many: Vec<i64> = (0..10_000).collect();
    assert_eq!(found(&fixture.store, "default", &many, 7).await, newest);
}

async fn a_preferred_gram_comes_first(fixture: &Fixture) {
    let near = add(&fixture.store, case(1, &[1, 2, 3])).await;
    let preferred = add(&fixture.store, case(2, &[9])).await;
    let search = CaseSearch { grams: &[1, 2, 3], preferred: &[9], budget: 100, limit: 10, chars: 10 };
    let ids: Vec<Uuid> =
        fixture.store.near_cases("default", &search).await.unwrap().into_iter().map(|texts| texts.id).collect();
    assert_eq!(ids, [preferred, near]);
}

async fn tenants_do_not_see_each_other(fixture: &Fixture) {
    let mut theirs = case(1, &[1]);
    theirs.record.tenant = "other".to_owned();
    let theirs = add(&fixture.store, theirs).await;
    let ours = add(&fixture.store, case(1, &[1])).await;
    assert_eq!(found(&fixture.store, "default", &[1], 100).await, [ours]);
    assert_eq!(found(&fixture.store, "other", &[1], 100).await, [theirs]);
    assert_eq!(fixture.store.case("default", theirs).await.unwrap(), None);
    assert!(!fixture.store.forget_case("default", theirs).await.unwrap());
    assert_eq!(fixture.store.list_cases("default", 10, None).await.unwrap().cases.len(), 1);
}

async fn forgetting_leaves_nothing_in_the_index(fixture: &Fixture) {
    let first = add(&fixture.store, case(1, &[1, 2])).await;
    let second = add(&fixture.store, case(2, &[2, 3])).await;
    assert!(fixture.store.forget_case("default", first).await.unwrap());
    assert_eq!(found(&fixture.store, "default", &[1, 2], 100).await, [second]);
    assert_eq!(fixture.number("select cases from case_gram_counts where gram = 2").await, 1);
    assert!(fixture.store.forget_case("default", second).await.unwrap());
    assert!(!fixture.store.forget_case("default", second).await.unwrap());
    for table in ["cases", "case_grams", "case_gram_counts"] {
        assert_eq!(fixture.number(&format!("select count(*) from {table}")).await, 0, "{table}");
    }
}

async fn cases_that_are_added_at_once_are_all_counted(fixture: &Fixture) {
    // Two stores on one database, as two processes would have.
    let other = Store::open(&fixture.config).await.unwrap();
    let tasks: Vec<_> = (0..20)
        .map(|n| {
            let store = if n % 2 == 0 { fixture.store.clone() } else { other.clone() };
            // Opposite orders, which must not make two transactions wait for each other.
            let mut grams: Vec<i64> = (0..30).collect();
            if n % 2 == 0 {
                grams.reverse();
            }
            tokio::spawn(async move {
                let id = add(&store, case(n, &grams)).await;
                if n % 4 == 0 {
                    assert!(store.forget_case("default", id).await.unwrap());
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    other.close().await;
    assert_eq!(fixture.number("select count(*) from cases").await, 15);
    assert_eq!(fixture.number("select min(cases) from case_gram_counts").await, 15);
    assert_eq!(fixture.number("select max(cases) from case_gram_counts").await, 15);
    assert_eq!(fixture.number("select count(*) from case_grams").await, 15 * 30);
}

async fn a_search_reads_pieces_of_the_index_only(fixture: &Fixture) {
    for start in (0..4_000).step_by(1_000) {
        let cases: Vec<NewCase> = (start..start + 1_000).map(|n| case(n, &[0, i64::from(n % 100) + 1])).collect();
        fixture.store.add_cases(&cases).await.unwrap();
    }
    fixture.execute("analyze").await;
    let reads = [Read { gram: 1, weight: 5, most: 40 }, Read { gram: 0, weight: 4, most: 10 }];
    let search = CaseSearch { grams: &[], preferred: &[], budget: 50, limit: 10, chars: 100 };
    let plan = fixture.store.explain_near("default", &reads, &search).await;
    if fixture.store.kind() == "sqlite" {
        assert!(!plan.contains("SCAN cases") && !plan.contains("SCAN case_grams"), "{plan}");
        assert_eq!(plan.matches("SEARCH case_grams USING PRIMARY KEY").count(), 2, "{plan}");
        assert!(plan.contains("SEARCH c USING INDEX sqlite_autoindex_cases_1"), "{plan}");
    } else {
        assert!(!plan.contains("Seq Scan on case"), "{plan}");
        assert!(plan.contains("case_grams_key") && plan.contains("cases_key"), "{plan}");
    }
}
