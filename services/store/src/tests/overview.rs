//! The aggregates agree with a count over the records themselves.

use std::collections::BTreeMap;

use parapet_domain::{Decision, DecisionRecord, FailureKind, Outcome, Timestamp};

use super::fixture::Fixture;
use super::on_both_stores;
use super::samples::{START, STEP, samples};
use crate::{Counts, Latency, OverviewRequest};

on_both_stores!(the_overview_agrees_with_the_records, an_empty_span_has_empty_buckets, a_senseless_span_is_refused);

const HOUR: i64 = 3_600_000_000;

fn request(from: i64, to: i64, bucket_us: i64) -> OverviewRequest {
    OverviewRequest {
        tenant: "default".to_owned(),
        from: Timestamp::from_micros(from),
        to: Timestamp::from_micros(to),
        bucket_us,
    }
}

fn count(records: &[&DecisionRecord]) -> Counts {
    let of = |decision| records.iter().filter(|r| r.enforced == decision).count() as u64;
    let failed =
        records.iter().filter(|r| r.runs.iter().any(|run| matches!(run.outcome, Outcome::Failure(_)))).count() as u64;
    Counts {
        allow: of(Decision::Allow),
        redact: of(Decision::Redact),
        ask: of(Decision::Ask),
        deny: of(Decision::Deny),
        failed,
    }
}

async fn the_overview_agrees_with_the_records(fixture: &Fixture) {
    let mut records = samples(0..1_000);
    // A denial by failure is a denial, but not one by the guard's verdict.
    records[300].enforced = Decision::Deny;
    records[300].decided_by = Some("eicu-access".to_owned());
    records[300].reason_code = FailureKind::Trapped.reason_code().to_owned();
    fixture.store.insert(&records).await.unwrap();
    let mut other = samples(0..50);
    other.iter_mut().for_each(|record| record.tenant = "other".to_owned());
    fixture.store.insert(&other).await.unwrap();

    let (from, to) = (START + 100 * STEP, START + 900 * STEP);
    let overview = fixture.store.overview(&request(from, to, HOUR)).await.unwrap();
    let inside: Vec<&DecisionRecord> = records.iter().filter(|r| (from..to).contains(&r.at.as_micros())).collect();

    assert_eq!(overview.total, count(&inside));
    assert_eq!(overview.total.decisions(), 800);
    assert_eq!(overview.buckets.len(), 14);
    for bucket in &overview.buckets {
        let start = bucket.start.as_micros();
        assert_eq!(start % HOUR, 0);
        let within: Vec<&DecisionRecord> =
            inside.iter().copied().filter(|r| (start..start + HOUR).contains(&r.at.as_micros())).collect();
        assert_eq!(bucket.counts, count(&within), "{}", bucket.start);
    }

    let denials =
        inside.iter().filter(|r| r.enforced == Decision::Deny && r.decided_by.as_deref() == Some("web-rules")).count();
    assert_eq!(
        overview.denials_by_guard.iter().map(|g| (g.guard.as_str(), g.count)).collect::<Vec<_>>(),
        [("web-rules", denials as u64)]
    );

    let mut failures = BTreeMap::new();
    for outcome in inside.iter().flat_map(|r| &r.runs).map(|run| &run.outcome) {
        if let Outcome::Failure(failure) = outcome {
            *failures.entry(failure.kind).or_insert(0_u64) += 1;
        }
    }
    assert_eq!(overview.failures_by_guard.iter().map(|f| (f.kind, f.count)).collect::<BTreeMap<_, _>>(), failures);
    assert!(overview.failures_by_guard.iter().all(|f| f.guard == "eicu-access"));
    assert!(overview.failures_by_guard.windows(2).all(|pair| pair[0].count >= pair[1].count));

    // 800 rows hold each of 1..=100 eight times.
    assert_eq!(overview.latency, Some(Latency { p50_us: 50, p95_us: 95, p99_us: 99 }));
}

async fn an_empty_span_has_empty_buckets(fixture: &Fixture) {
    let overview = fixture.store.overview(&request(-HOUR - 1, HOUR, HOUR)).await.unwrap();
    assert_eq!(overview.buckets.iter().map(|b| b.start.as_micros()).collect::<Vec<_>>(), [-2 * HOUR, -HOUR, 0]);
    assert_eq!((overview.total, overview.latency), (Counts::default(), None));
    assert!(overview.denials_by_guard.is_empty() && overview.failures_by_guard.is_empty());

    // Before 1970 a row still falls into the bucket that holds it.
    let mut record = samples(0..1).remove(0);
    record.at = Timestamp::from_micros(-1);
    fixture.store.insert(&[record]).await.unwrap();
    let overview = fixture.store.overview(&request(-HOUR - 1, HOUR, HOUR)).await.unwrap();
    assert_eq!(overview.buckets.iter().map(|b| b.counts.decisions()).collect::<Vec<_>>(), [0, 1, 0]);
}

async fn a_senseless_span_is_refused(fixture: &Fixture) {
    for (from, to, bucket) in [(5, 5, 1), (6, 5, 1), (0, 10, 0), (0, 10, -1), (0, HOUR, 1), (i64::MIN, i64::MAX, HOUR)]
    {
        let error = fixture.store.overview(&request(from, to, bucket)).await.unwrap_err();
        assert!(!error.is_transient() && matches!(error, crate::StoreError::Query(_)), "{from} {to} {bucket}: {error}");
    }
}
