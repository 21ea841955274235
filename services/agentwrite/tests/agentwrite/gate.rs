//! Nothing counts that the guards have not passed.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use parapet_agentwrite::{Fate, Gate, GateError, Passage, PassageKind, Progress, Ruling, WriteError};
use parapet_test_model_server::{Author, Task};

use crate::desk::{Desk, brief, prompt_of};

type Rule = dyn Fn(&Passage<'_>) -> Result<Ruling, GateError> + Send + Sync;

/// Guards that follow a rule, and remember what they saw.
struct Ruled {
    rule: Box<Rule>,
    seen: Mutex<Vec<(String, u32, String)>>,
    print: Mutex<String>,
}

impl Ruled {
    fn new(rule: impl Fn(&Passage<'_>) -> Result<Ruling, GateError> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { rule: Box::new(rule), seen: Mutex::default(), print: Mutex::new("set:1".to_owned()) })
    }

    fn seen(&self) -> Vec<(String, u32, String)> {
        self.seen.lock().unwrap().clone()
    }
}

#[async_trait]
impl Gate for Ruled {
    async fn judge(&self, passage: &Passage<'_>) -> Result<Ruling, GateError> {
        self.seen.lock().unwrap().push((passage.section.to_owned(), passage.attempt, passage.text.to_owned()));
        (self.rule)(passage)
    }

    fn fingerprint(&self) -> String {
        self.print.lock().unwrap().clone()
    }
}

fn allowed() -> Result<Ruling, GateError> {
    Ok(Ruling::Allowed { decision: "d-ok".into() })
}

fn denied(reason: &str) -> Result<Ruling, GateError> {
    Ok(Ruling::Denied { decision: "d-no".into(), code: "house_rule".into(), reason: reason.into() })
}

async fn desk(gate: &Arc<Ruled>) -> Desk {
    let mut desk = Desk::with(|asked| Author::exact().step(asked)).await;
    desk.gate = Arc::clone(gate) as Arc<dyn Gate>;
    desk
}

#[tokio::test]
async fn plan_and_sections_are_judged_as_they_stand_in_the_document() {
    let gate = Ruled::new(|_| allowed());
    let document = desk(&gate).await.write(&brief(1_500)).await.unwrap();
    let seen = gate.seen();
    assert_eq!((seen[0].0.as_str(), seen.len()), ("plan", document.sections.len() + 1));
    let judged: Vec<&str> = seen[1..].iter().map(|(_, _, text)| text.as_str()).collect();
    assert_eq!(judged.join("\n\n") + "\n", document.text);
    assert!(document.plan.sections.iter().all(|section| seen[0].2.contains(&section.main_point)));
    assert!(document.sections.iter().all(|section| section.decisions == ["d-ok"]));
}

#[tokio::test]
async fn a_denied_section_is_written_anew_with_the_reason() {
    let gate = Ruled::new(|passage| match (passage.section, passage.attempt) {
        ("2", 1) => denied("it names a {plan} price"),
        _ => allowed(),
    });
    let desk = desk(&gate).await;
    let document = desk.write(&brief(1_500)).await.unwrap();
    let report = &document.sections[1];
    assert_eq!(
        (report.fate, report.attempts, report.refusals.as_slice()),
        (Fate::Written, 2, ["house_rule".to_owned()].as_slice())
    );
    assert_eq!(report.decisions, ["d-no", "d-ok"]);
    let refused = gate.seen().into_iter().find(|(section, attempt, _)| section == "2" && *attempt == 1).unwrap().2;
    assert!(!document.text.contains(refused.lines().last().unwrap()), "what was refused is not in the document");
    let told: Vec<_> =
        desk.asked(Task::Write).iter().map(prompt_of).filter(|p| p.contains("it names a {plan} price")).collect();
    assert_eq!(told.len(), 1);
    // What was refused is shown to nobody again, the model included.
    assert!(!told[0].contains(refused.lines().last().unwrap()));
    assert!(desk.told().contains(&Progress::Denied {
        section: "2".into(),
        attempt: 1,
        code: "house_rule".into(),
        decision: "d-no".into()
    }));
}

#[tokio::test]
async fn a_section_that_is_always_denied_is_left_out_with_a_note() {
    let gate = Ruled::new(|passage| if passage.section == "1" { denied("never") } else { allowed() });
    let desk = desk(&gate).await;
    let document = desk.write(&brief(1_500)).await.unwrap();
    let report = &document.sections[0];
    assert_eq!((report.fate, report.attempts, report.refusals.len()), (Fate::Denied, 3, 3));
    assert_eq!(report.decisions, ["d-no"], "each decision is listed once");
    assert!(
        document.text.starts_with("*[Section 1 is left out: no version of it passed the checks.]*\n\n# "),
        "{}",
        document.text
    );
    assert!(!document.text.contains("never") && !document.text.contains(&document.plan.sections[0].heading));
    assert!(document.sections[1].wanted > document.sections[1].planned);
}

#[tokio::test]
async fn a_redacted_section_counts_as_edited() {
    let gate = Ruled::new(|passage| {
        if passage.kind == PassageKind::Plan {
            return allowed();
        }
        let text = format!("{} [NAME].", passage.text.split('.').next().unwrap());
        Ok(Ruling::Redacted { decision: "d-edit".into(), text })
    });
    let desk = desk(&gate).await;
    let document = desk.write(&brief(4_000)).await.unwrap();
    assert!(document.sections.iter().all(|section| section.fate == Fate::Redacted && section.words < 40));
    assert_eq!(document.sections.iter().map(|section| section.words).sum::<u32>(), document.words);
    assert_eq!(document.length, parapet_agentwrite::Length::Short);
    // Later questions know the edited text only.
    let whole = gate.seen()[1].2.lines().last().unwrap().to_owned();
    let later = desk.asked(Task::Write).iter().map(prompt_of).filter(|prompt| prompt.contains(&whole)).count();
    assert_eq!(later, 0);
}

#[tokio::test]
async fn a_gate_that_cannot_judge_stops_the_writing_and_nothing_is_lost() {
    let gate = Ruled::new(|passage| match passage.section {
        "2" => Err(GateError { decision: None, reason: "the audit log is not available; try again".into() }),
        _ => allowed(),
    });
    let mut desk = desk(&gate).await;
    let error = desk.write(&brief(1_500)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "section `2` could not be judged: the audit log is not available; try again; what is written so far is kept"
    );
    assert!(error.is_resumable() && matches!(error, WriteError::Gate { .. }));
    let asked = desk.server.asked().len();
    desk.gate = Ruled::new(|_| allowed());
    let document = desk.write(&brief(1_500)).await.unwrap();
    assert_eq!(desk.server.asked().len(), asked + usize::try_from(document.calls).unwrap());
    assert_eq!(document.kept_calls as usize, asked);
}

#[tokio::test]
async fn rulings_are_kept_while_the_guards_are_the_same() {
    let gate = Ruled::new(|_| allowed());
    let desk = desk(&gate).await;
    desk.write(&brief(1_500)).await.unwrap();
    let first = gate.seen().len();
    desk.write(&brief(1_500)).await.unwrap();
    assert_eq!(gate.seen().len(), first);
    *gate.print.lock().unwrap() = "set:2".to_owned();
    let document = desk.write(&brief(1_500)).await.unwrap();
    assert_eq!((gate.seen().len(), document.calls), (2 * first, 0), "judged anew, and not written anew");
}

#[tokio::test]
async fn a_plan_that_is_denied_is_made_anew_and_then_given_up() {
    let gate = Ruled::new(|passage| match (passage.kind, passage.attempt) {
        (PassageKind::Plan, 1) => denied("no titles like that"),
        _ => allowed(),
    });
    let planned = desk(&gate).await;
    planned.write(&brief(1_500)).await.unwrap();
    assert!(prompt_of(planned.asked(Task::Plan).last().unwrap()).contains("no titles like that"));

    let gate = Ruled::new(|passage| if passage.kind == PassageKind::Plan { denied("never") } else { allowed() });
    let error = desk(&gate).await.write(&brief(1_500)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the guards refused the plan 3 times, the last time for `house_rule`; see decision `d-no`"
    );
}
