//! Decisions as a busy day would leave them, and as an attacker would like them to be.

use parapet_domain::decision::{DECISION_VERSION, Engine};
use parapet_domain::fold::{Coverage, JudgedBefore, NotInspected};
use parapet_domain::{
    ApprovalMark, ApprovalState, Decision, DecisionRecord, Edit, Failure, FailureKind, GuardRun, Mode, OnError,
    Outcome, Stage, Surface, Timestamp, Verdict,
};
use serde_json::json;
use uuid::Uuid;

/// Text that would run, break out of an attribute, reverse the line, or push the page apart.
pub(crate) const HOSTILE: &str = "<script>document.title='pwned'</script>\"'><img src=x onerror=\"document.title='pwned'\"> \u{202e}desrever\u{2066}";

/// The `n`th decision of a log, `n` minutes before `now`: allowed, with nothing remarkable about it.
pub(crate) fn record(n: u32, now: Timestamp) -> DecisionRecord {
    let at = Timestamp::from_micros(now.as_micros() - i64::from(n) * 60_000_000);
    DecisionRecord {
        version: DECISION_VERSION.to_owned(),
        id: Uuid::from_u128(0x0197_e0a2_7c00_7000_8000_0000_0000_0000 + u128::from(n)),
        event_id: Uuid::from_u128(0x0197_e0a2_7c00_7000_9000_0000_0000_0000 + u128::from(n)),
        exchange_id: Uuid::from_u128(0x0197_e0a2_7c00_7000_a000_0000_0000_0000 + u128::from(n / 2)),
        sequence: 1 - n % 2,
        at,
        tenant: "default".to_owned(),
        route: "ehr".to_owned(),
        agent: ["ehr-assistant", "web-agent", "support-bot"][n as usize % 3].to_owned(),
        principal: Some(format!("user-{}", n % 7)),
        roles: vec!["nursing".to_owned()],
        session: Some(format!("session-{}", n / 4)),
        trace_id: Some(format!("{n:032x}")),
        stage: if n.is_multiple_of(2) { Stage::Output } else { Stage::Input },
        surface: Surface::OpenaiChat,
        content_digest: format!("content:{n:064x}"),
        coverage: Coverage { inspected: vec!["/messages/0/content".to_owned()], ..Coverage::default() },
        runs: vec![run("eicu-access", verdict(Decision::Allow, "", ""))],
        folded: Decision::Allow,
        enforced: Decision::Allow,
        reason_code: String::new(),
        message: String::new(),
        decided_by: None,
        approval: None,
        tokens: None,
        guard_set: format!("set:{}", "5e".repeat(32)),
        engine: Engine {
            parapet: "0.1.0".to_owned(),
            toolbox: "1".to_owned(),
            rhai_guest: format!("guest:{}", "ab".repeat(32)),
        },
        duration_us: 180 + u64::from(n * 37 % 900),
        content: None,
        chain_sequence: None,
        chain_digest: None,
        chain_key_id: None,
    }
}

pub(crate) fn run(guard: &str, outcome: Outcome) -> GuardRun {
    GuardRun {
        guard: guard.to_owned(),
        guard_hash: format!("guard:{}", "9f".repeat(32)),
        mode: Mode::Enforce,
        on_error: OnError::Deny,
        outcome,
        fuel_used: 184_223,
        duration_us: 96,
    }
}

pub(crate) fn verdict(decision: Decision, reason_code: &str, message: &str) -> Outcome {
    Outcome::Verdict(Verdict {
        decision,
        reason_code: reason_code.to_owned(),
        message: message.to_owned(),
        ..Verdict::allow()
    })
}

/// `base`, denied by `guard`.
pub(crate) fn denied(base: DecisionRecord, guard: &str, reason_code: &str, message: &str) -> DecisionRecord {
    let mut outcome = verdict(Decision::Deny, reason_code, message);
    if let Outcome::Verdict(verdict) = &mut outcome {
        verdict.details = json!({"missing": {"diagnosis": ["diagnosisname", "icd9code"]}});
    }
    DecisionRecord {
        runs: vec![run("pii-redact", verdict(Decision::Allow, "", "")), run(guard, outcome)],
        folded: Decision::Deny,
        enforced: Decision::Deny,
        reason_code: reason_code.to_owned(),
        message: message.to_owned(),
        decided_by: Some(guard.to_owned()),
        ..base
    }
}

/// `base`, with two edits.
pub(crate) fn redacted(base: DecisionRecord) -> DecisionRecord {
    let edit = |start, end, replacement: &str| Edit { part: 0, start, end, replacement: replacement.to_owned() };
    let mut outcome = verdict(Decision::Redact, "pii_found", "Personal data was taken out of the answer.");
    if let Outcome::Verdict(verdict) = &mut outcome {
        verdict.edits = vec![edit(4, 23, "[email]"), edit(40, 51, "[ssn]")];
    }
    DecisionRecord {
        runs: vec![run("pii-redact", outcome), run("eicu-access", verdict(Decision::Allow, "", ""))],
        folded: Decision::Redact,
        enforced: Decision::Redact,
        reason_code: "pii_found".to_owned(),
        message: "Personal data was taken out of the answer.".to_owned(),
        decided_by: Some("pii-redact".to_owned()),
        ..base
    }
}

/// `base`, refused because a guard ran out of fuel.
pub(crate) fn failed(base: DecisionRecord) -> DecisionRecord {
    let failure = Failure {
        kind: FailureKind::OutOfFuel,
        message: "all 50,000,000 units of fuel used in `check`, line 12".to_owned(),
    };
    DecisionRecord {
        runs: vec![run("prompt-injection", Outcome::Failure(failure))],
        folded: Decision::Deny,
        enforced: Decision::Deny,
        reason_code: "guard_out_of_fuel".to_owned(),
        message: "guard `prompt-injection` could not judge this content (out_of_fuel); sending the same content again will not help".to_owned(),
        decided_by: Some("prompt-injection".to_owned()),
        ..base
    }
}

/// `base`, with hostile text wherever somebody else's text can stand.
pub(crate) fn hostile(base: DecisionRecord) -> DecisionRecord {
    let coverage = Coverage {
        inspected: vec![format!("/{HOSTILE}/content"), format!("/{}", "long".repeat(200))],
        judged_before: vec![JudgedBefore { pointer: HOSTILE.to_owned(), decision: Uuid::from_u128(7) }],
        not_inspected: vec![NotInspected { pointer: HOSTILE.to_owned(), reason: "image".to_owned() }],
    };
    let mut outcome = verdict(Decision::Ask, "needs_approval", HOSTILE);
    if let Outcome::Verdict(verdict) = &mut outcome {
        verdict.details = json!({HOSTILE: [HOSTILE, "</pre></details></main>"]});
        verdict.edits = vec![Edit { part: 0, start: 0, end: 3, replacement: HOSTILE.to_owned() }];
    }
    let failure = Outcome::Failure(Failure { kind: FailureKind::Trapped, message: HOSTILE.to_owned() });
    DecisionRecord {
        agent: format!("agent {HOSTILE}"),
        route: HOSTILE.to_owned(),
        principal: Some(format!("=cmd|'/c calc'!A1 {}", "W".repeat(300))),
        roles: vec![HOSTILE.to_owned()],
        session: Some(HOSTILE.to_owned()),
        coverage,
        runs: vec![
            run("\"><script>document.title='pwned'</script>", outcome),
            GuardRun { mode: Mode::Shadow, ..run("shadow", failure) },
        ],
        folded: Decision::Deny,
        enforced: Decision::Ask,
        reason_code: "needs_approval".to_owned(),
        message: format!("{HOSTILE} {}", "Donaudampfschifffahrt".repeat(40)),
        decided_by: Some("\"><script>document.title='pwned'</script>".to_owned()),
        content: Some(json!({"text": HOSTILE})),
        approval: Some(ApprovalMark {
            id: Uuid::from_u128(8),
            state: ApprovalState::Denied,
            by: Some("+x".to_owned()),
        }),
        ..base
    }
}

/// A day with something of everything, newest first.
pub(crate) fn day(now: Timestamp) -> Vec<DecisionRecord> {
    let access = "The answer needs columns that the role `nursing` may not read: diagnosis.diagnosisname.";
    (0..700)
        .map(|n| (n, record(n * 2, now)))
        .map(|(n, base)| match n {
            2 => hostile(base),
            n if n % 97 == 5 => failed(base),
            n if n % 23 == 4 => denied(base, "eicu-access", "access_denied", access),
            n if n % 41 == 7 => {
                denied(base, "web-rules", "hotel_booking_under_18", "Users under 18 may not book hotels.")
            }
            n if n % 53 == 9 => denied(base, "secrets-deny", "secret_found", "The text holds an AWS access key."),
            n if n % 19 == 3 => redacted(base),
            _ => base,
        })
        .collect()
}
