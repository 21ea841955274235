//! All guard runs of one event become one decision. Pure; the only maker of [`Permitted`].

use serde::{Deserialize, Serialize};
use serde_json::Value;

use uuid::Uuid;

use crate::{Approved, Decision, Edit, Failure, GuardRun, Mode, OnError, Outcome, Verdict, reason, redact};

/// Content that may be released, once it is also recorded. Only [`fold`] and [`fold_approved`] make one.
#[derive(Debug)]
pub struct Permitted<T> {
    content: T,
    edits: Vec<Edit>,
    approval: Option<Uuid>,
}

impl<T> Permitted<T> {
    /// The approval without which the content would not be permitted. It may be released only when the record of the
    /// decision has used that approval up.
    pub const fn approval(&self) -> Option<Uuid> {
        self.approval
    }

    /// Changes what the edits put in place to what `edits`, the same ones, do. What they take out stays the same.
    pub(crate) fn reword(&mut self, edits: &[Edit]) {
        for (own, edit) in self.edits.iter_mut().zip(edits) {
            own.replacement.clone_from(&edit.replacement);
        }
    }

    /// The content and the edits that must be applied to it before it leaves, disjoint and in text order.
    pub fn into_parts(self) -> (T, Vec<Edit>) {
        (self.content, self.edits)
    }
}

/// Why content is not released.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    /// Which of the surface's shapes to answer with.
    pub kind: RefusalKind,
    /// Stable word.
    pub reason_code: String,
    /// For the user.
    pub message: String,
    /// For programs.
    pub details: Value,
}

/// What sort of refusal it is. A block is not an outage, and an outage is not a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    /// A guard said no.
    Blocked,
    /// A person has to approve.
    ApprovalRequired,
    /// A guard failed on this content: sending it again will not help.
    GuardFailed,
    /// No capacity, no time or no store: sending it again may help.
    Unavailable,
}

impl RefusalKind {
    /// The `code` of error bodies on every surface.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Blocked => "content_filter",
            Self::ApprovalRequired => "approval_required",
            Self::GuardFailed => "guardrail_failed",
            Self::Unavailable => "guardrail_unavailable",
        }
    }
}

/// Which parts of the bodies were judged.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Coverage {
    /// Pointers of the parts that the guards saw.
    pub inspected: Vec<String>,
    /// Parts of a conversation's history that guards which judge each part by itself have allowed before, and did not see
    /// again. All other guards saw them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judged_before: Vec<JudgedBefore>,
    /// Parts that no guard saw.
    pub not_inspected: Vec<NotInspected>,
}

/// A part that was judged and allowed before, by the same guard set for the same session, user, agent and route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgedBefore {
    /// JSON Pointer in the body.
    pub pointer: String,
    /// The decision that allowed it.
    pub decision: Uuid,
}

/// A part that no guard saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotInspected {
    /// JSON Pointer in the body, empty for the whole of it.
    pub pointer: String,
    /// Stable word, such as `image` or `unmapped_field`.
    pub reason: String,
}

/// What a route says about content that no guard judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unjudged {
    /// It is refused.
    #[default]
    Refuse,
    /// It passes, and the record says that it was not judged.
    Allow,
}

/// The route's say in the fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FoldPolicy {
    /// When no enforcing guard matched the event.
    pub no_guard: Unjudged,
    /// When [`Coverage::not_inspected`] is not empty.
    pub not_inspected: Unjudged,
}

/// The decision on one event, as it is recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Ruling {
    /// Most severe of all guards, those in shadow mode included.
    pub folded: Decision,
    /// What is enforced.
    pub enforced: Decision,
    /// The guard that decided, if one did.
    pub decided_by: Option<String>,
    /// Set exactly when the content is refused.
    pub refusal: Option<Refusal>,
    /// Edits of all enforcing guards, merged; they hold under `ask` too.
    pub edits: Vec<Edit>,
    /// The approval that lets the content pass, if it needs one and has it.
    pub approval: Option<Uuid>,
}

/// Content after the fold.
#[derive(Debug)]
pub enum Folded<T> {
    /// May be released.
    Permitted(Permitted<T>),
    /// May not.
    Refused(Refusal),
}

/// Folds `runs`, which stand in the guard set's order. The most severe verdict wins, the earlier guard among equals;
/// a failure counts as its `on_error`; the edits of all enforcing guards are united.
pub fn fold<T>(content: T, runs: &[GuardRun], coverage: &Coverage, policy: FoldPolicy) -> (Ruling, Folded<T>) {
    fold_approved(content, runs, coverage, policy, None)
}

/// [`fold`] after a person has answered: what `approved` answers counts as if the guard had allowed it, its edits included.
/// Everything else is folded as ever, so a denial, a failure or another question still refuses.
pub fn fold_approved<T>(
    content: T,
    runs: &[GuardRun],
    coverage: &Coverage,
    policy: FoldPolicy,
    approved: Option<&Approved>,
) -> (Ruling, Folded<T>) {
    let mut folded = Decision::Allow;
    let mut worst: Option<(Weight, &GuardRun)> = None;
    let mut edits = Vec::new();
    let mut answered = None;
    for run in runs.iter().filter(|run| run.mode != Mode::Off) {
        let mut weight = Weight::of(run);
        folded = folded.max(weight.decision());
        if run.mode != Mode::Enforce {
            continue;
        }
        if let Some(approved) = approved.filter(|approved| approved.answers(run)) {
            weight = Weight::Allow;
            answered = Some(approved.id());
        }
        if let Outcome::Verdict(verdict) = &run.outcome {
            edits.extend_from_slice(&verdict.edits);
        }
        if worst.as_ref().is_none_or(|(best, _)| weight > *best) {
            worst = Some((weight, run));
        }
    }
    // What nothing judged is refused outright: only a denial or a failure outweighs that, a question does not.
    let (refused, asked) = match &worst {
        Some((weight, run)) if *weight >= Weight::TransientFailure => (refusal_of(run), None),
        Some((Weight::Ask, run)) => (None, refusal_of(run)),
        _ => (None, None),
    };
    let unjudged = if refused.is_some() { None } else { unjudged(worst.is_none(), coverage, policy) };
    let by_route = unjudged.is_some();
    let refusal = refused.or(unjudged).or(asked);
    let enforced = match &refusal {
        Some(r) if r.kind == RefusalKind::ApprovalRequired => Decision::Ask,
        Some(_) => Decision::Deny,
        None => worst.as_ref().map_or(Decision::Allow, |(weight, _)| weight.decision()),
    };
    let decider = worst.filter(|(weight, _)| !by_route && weight.decision() > Decision::Allow);
    let decided_by = decider.map(|(_, run)| run.guard.clone());
    let edits = redact::merge(&edits);
    let approval = answered.filter(|_| refusal.is_none());
    let ruling = Ruling {
        folded: folded.max(enforced),
        enforced,
        decided_by,
        refusal: refusal.clone(),
        edits: edits.clone(),
        approval,
    };
    let content = match refusal {
        Some(refusal) => Folded::Refused(refusal),
        None => Folded::Permitted(Permitted { content, edits, approval }),
    };
    (ruling, content)
}

/// Order of outcomes. A verdict to deny outweighs a failure, so that a block is not reported as an outage,
/// and a lasting failure outweighs one that may pass.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Allow,
    Redact,
    Ask,
    TransientFailure,
    Failure,
    Deny,
}

impl Weight {
    fn of(run: &GuardRun) -> Self {
        match (&run.outcome, run.on_error) {
            (Outcome::Verdict(Verdict { decision, .. }), _) => match decision {
                Decision::Allow => Self::Allow,
                Decision::Redact => Self::Redact,
                Decision::Ask => Self::Ask,
                Decision::Deny => Self::Deny,
            },
            (Outcome::Failure(_), OnError::Allow) => Self::Allow,
            (Outcome::Failure(failure), OnError::Deny) if failure.kind.is_transient() => Self::TransientFailure,
            (Outcome::Failure(_), OnError::Deny) => Self::Failure,
        }
    }

    const fn decision(&self) -> Decision {
        match self {
            Self::Allow => Decision::Allow,
            Self::Redact => Decision::Redact,
            Self::Ask => Decision::Ask,
            Self::TransientFailure | Self::Failure | Self::Deny => Decision::Deny,
        }
    }
}

fn refusal_of(run: &GuardRun) -> Option<Refusal> {
    match &run.outcome {
        Outcome::Verdict(verdict) => {
            let kind = match verdict.decision {
                Decision::Allow | Decision::Redact => return None,
                Decision::Ask => RefusalKind::ApprovalRequired,
                Decision::Deny => RefusalKind::Blocked,
            };
            Some(Refusal {
                kind,
                reason_code: verdict.reason_code.clone(),
                message: verdict.message.clone(),
                details: verdict.details.clone(),
            })
        }
        Outcome::Failure(_) if run.on_error == OnError::Allow => None,
        Outcome::Failure(failure) => Some(refusal_of_failure(&run.guard, failure)),
    }
}

fn refusal_of_failure(guard: &str, failure: &Failure) -> Refusal {
    let (kind, advice) = if failure.kind.is_transient() {
        (RefusalKind::Unavailable, "try again later")
    } else {
        (RefusalKind::GuardFailed, "sending the same content again will not help")
    };
    Refusal {
        kind,
        reason_code: failure.kind.reason_code().to_owned(),
        message: format!("guard `{guard}` could not judge this content ({}); {advice}", failure.kind.as_str()),
        details: Value::Null,
    }
}

fn unjudged(no_guard: bool, coverage: &Coverage, policy: FoldPolicy) -> Option<Refusal> {
    let refuse = |reason_code: &str, message: String| {
        Some(Refusal { kind: RefusalKind::Blocked, reason_code: reason_code.to_owned(), message, details: Value::Null })
    };
    if no_guard && policy.no_guard == Unjudged::Refuse {
        return refuse(
            reason::NO_GUARD_MATCHED,
            "no guard judges this kind of content; the route has to say `no_guard = \"allow\"` to let it pass"
                .to_owned(),
        );
    }
    match coverage.not_inspected.first() {
        Some(part) if policy.not_inspected == Unjudged::Refuse => refuse(
            reason::PART_NOT_INSPECTED,
            format!(
                "`{}` cannot be inspected ({}); the route has to say `not_inspected = \"allow\"` to let it pass",
                part.pointer, part.reason
            ),
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
