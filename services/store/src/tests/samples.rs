//! Records for the tests.

use parapet_domain::decision::{DECISION_VERSION, Engine};
use parapet_domain::fold::{Coverage, JudgedBefore, NotInspected};
use parapet_domain::{
    Decision, DecisionRecord, Edit, Failure, FailureKind, GuardRun, Mode, OnError, Outcome, Stage, Surface, Timestamp,
    TokenCounts, Verdict,
};
use serde_json::json;
use uuid::{NoContext, Uuid};

/// 2026-11-01T00:00:00Z, in microseconds.
pub(super) const START: i64 = 1_793_491_200_000_000;
/// Time between two samples.
pub(super) const STEP: i64 = 60_000_000;

/// The `n`th sample: its fields take turns, so that every filter finds some of them.
pub(super) fn sample(n: u32) -> DecisionRecord {
    let at = Timestamp::from_micros(START + i64::from(n) * STEP);
    let decision = if n.is_multiple_of(7) { Decision::ALL[n as usize / 7 % 4] } else { Decision::Allow };
    let mut runs = vec![run("pii-redact", Outcome::Verdict(Verdict::allow()))];
    if n.is_multiple_of(3) {
        runs.push(run("web-rules", Outcome::Verdict(verdict(decision))));
    }
    if n.is_multiple_of(11) {
        let kind = FailureKind::ALL[n as usize / 11 % FailureKind::ALL.len()];
        runs.push(run("eicu-access", Outcome::Failure(Failure { kind, message: "no fuel left".to_owned() })));
    }
    DecisionRecord {
        version: DECISION_VERSION.to_owned(),
        id: id_at(at),
        event_id: id_at(at),
        exchange_id: Uuid::from_u128(u128::from(n / 4) + 1),
        sequence: n % 4,
        at,
        tenant: "default".to_owned(),
        route: "chat".to_owned(),
        agent: format!("agent-{}", n % 5),
        principal: (!n.is_multiple_of(4)).then(|| format!("user-{}", n % 13)),
        roles: vec!["nursing".to_owned()],
        session: n.is_multiple_of(2).then(|| format!("session-{}", n % 10)),
        trace_id: Some("0af7651916cd43dd8448eb211c80319c".to_owned()),
        stage: Stage::ALL[n as usize % 4],
        surface: Surface::OpenaiChat,
        content_digest: format!("content:{n:064x}"),
        coverage: Coverage {
            inspected: vec!["/messages/0/content".to_owned()],
            judged_before: n
                .is_multiple_of(2)
                .then(|| JudgedBefore {
                    pointer: "/messages/2/content".to_owned(),
                    decision: Uuid::from_u128(u128::from(n)),
                })
                .into_iter()
                .collect(),
            not_inspected: vec![NotInspected {
                pointer: "/messages/1/content/0".to_owned(),
                reason: "image".to_owned(),
            }],
        },
        runs,
        folded: decision,
        enforced: decision,
        reason_code: if decision == Decision::Allow { String::new() } else { format!("reason_{}", n % 3) },
        message: String::new(),
        decided_by: (decision != Decision::Allow && n.is_multiple_of(3)).then(|| "web-rules".to_owned()),
        approval: None,
        tokens: n
            .is_multiple_of(5)
            .then(|| TokenCounts { replaced: [("EMAIL".to_owned(), 2)].into(), ..TokenCounts::default() }),
        guard_set: "guard_set:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        engine: Engine { parapet: "0.1.0".to_owned(), toolbox: "1".to_owned(), rhai_guest: "sha256:00".to_owned() },
        duration_us: u64::from(n % 100) + 1,
        content: None,
        chain_sequence: None,
        chain_digest: None,
        chain_key_id: None,
    }
}

pub(super) fn samples(numbers: std::ops::Range<u32>) -> Vec<DecisionRecord> {
    numbers.map(sample).collect()
}

pub(super) fn run(guard: &str, outcome: Outcome) -> GuardRun {
    GuardRun {
        guard: guard.to_owned(),
        guard_hash: "guard:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        mode: Mode::Enforce,
        on_error: OnError::Deny,
        outcome,
        fuel_used: 123_456,
        duration_us: 78,
    }
}

/// A valid verdict.
pub(super) fn verdict(decision: Decision) -> Verdict {
    if decision == Decision::Allow {
        return Verdict::allow();
    }
    let edits = vec![Edit { part: 0, start: 1, end: 3, replacement: "[redacted]".to_owned() }];
    Verdict {
        decision,
        reason_code: "not_allowed".to_owned(),
        message: "no".to_owned(),
        details: json!({"missing": {"diagnosis": ["icd9code"]}}),
        edits: if decision == Decision::Redact { edits } else { Vec::new() },
    }
}

fn id_at(at: Timestamp) -> Uuid {
    let micros = at.as_micros().unsigned_abs();
    let nanos = u32::try_from(micros % 1_000_000).unwrap() * 1_000;
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, micros / 1_000_000, nanos))
}
