//! The sections of a document, one after another: composed, judged, and only then part of it.

use tokio::time::Instant;

use super::Desk;
use super::carry::{self, Wanted};
use super::compose::{Composed, Turn};
use super::memory::Memory;
use crate::material::Piece;
use crate::text::one_line;
use crate::{Fate, PassageKind, Plan, Progress, Ruling, Section, SectionReport, WriteError};

/// Characters of what the guards say that the model is told.
const REASON: usize = 400;

/// The text of a document, and what became of each section.
pub(super) struct Written {
    pub(super) text: String,
    pub(super) reports: Vec<SectionReport>,
}

/// The document as far as it is written.
#[derive(Default)]
struct Progressed {
    text: String,
    words: u32,
    memory: Memory,
    /// Whether the title stands in it.
    titled: bool,
    /// Headings of the parts that are open.
    open: Vec<String>,
    /// Words that were written in this run, and the time that they took: what the rest is guessed by.
    pace: (u32, f64),
}

impl Desk<'_> {
    /// Writes all sections of a plan.
    pub(super) async fn sections(&self, plan: &Plan) -> Result<Written, WriteError> {
        let (mut so_far, mut reports) = (Progressed::default(), Vec::with_capacity(plan.sections.len()));
        for (at, section) in plan.sections.iter().enumerate() {
            let (began, calls) = (Instant::now(), self.tally.asked());
            let report = self.section(plan, at, section, &mut so_far).await?;
            if self.tally.asked() > calls {
                so_far.pace.0 = so_far.pace.0.saturating_add(report.words);
                so_far.pace.1 += began.elapsed().as_secs_f64();
            }
            self.tell(self.done(plan, at, &report, &so_far));
            reports.push(report);
        }
        let of = |fate| reports.iter().filter(|report| report.fate == fate).count();
        let (denied, unwritten) = (of(Fate::Denied), of(Fate::Unwritten));
        if denied + unwritten == reports.len() {
            return Err(WriteError::NothingWritten { denied, unwritten });
        }
        Ok(Written { text: so_far.text + "\n", reports })
    }

    /// Writes one section into the document, or a note in its place.
    async fn section(
        &self,
        plan: &Plan,
        at: usize,
        section: &Section,
        so_far: &mut Progressed,
    ) -> Result<SectionReport, WriteError> {
        let wanted = carry::wanted(self.brief.target, plan, at, so_far.words);
        self.tell(Progress::Writing {
            section: section.id.clone(),
            number: at + 1,
            of: plan.sections.len(),
            words: wanted.aim,
        });
        let calls = self.tally.asked() + self.tally.kept();
        let mut report = empty_report(section, wanted);
        let accepted = self.accepted(plan, at, wanted, so_far, &mut report).await?;
        let text = match accepted {
            Some((text, composed)) => {
                so_far.titled = true;
                so_far.open.clone_from(&section.within);
                let facts = self.settings().facts as usize;
                so_far.memory.add(&text, composed.note, facts);
                report.weaknesses = composed.weaknesses;
                text
            }
            None if report.fate == Fate::Denied => (self.wording.left_out)(at + 1),
            None => (self.wording.unwritten)(at + 1),
        };
        report.words = self.material().measure(&text);
        report.calls = u32::try_from(self.tally.asked() + self.tally.kept() - calls).unwrap_or(u32::MAX);
        if !so_far.text.is_empty() {
            so_far.text.push_str("\n\n");
        }
        so_far.text.push_str(&text);
        so_far.words = so_far.words.saturating_add(report.words);
        Ok(report)
    }

    /// The section that the gate lets pass, as it stands in the document; `None` when no version passes, or there is none.
    async fn accepted(
        &self,
        plan: &Plan,
        at: usize,
        wanted: Wanted,
        so_far: &Progressed,
        report: &mut SectionReport,
    ) -> Result<Option<(String, Composed)>, WriteError> {
        let Some(section) = plan.sections.get(at) else { return Ok(None) };
        let render = |body: &str| {
            let opened = opened(&so_far.open, section);
            let title = (!so_far.titled && !plan.title.is_empty()).then_some(plan.title.as_str());
            let headings = self.settings().headings;
            self.material().render(&Piece { title, opened: &opened, section, body, headings })
        };
        let heading = self.material().measure(&render(""));
        let turn = Turn { plan, at, section, wanted: wanted.without(heading), memory: &so_far.memory };
        let mut refusal: Option<String> = None;
        for attempt in 1..=self.settings().gate_tries {
            let Some(mut composed) = self.composed(&turn, attempt, refusal.as_deref()).await? else {
                // What was refused stays refused; what was never there is unwritten.
                return Ok(None);
            };
            let text = render(&composed.text);
            let ruling = self.judge(PassageKind::Section, &section.id, attempt, &text).await?;
            report.attempts = attempt;
            // The same text again has the ruling that is kept.
            let decision = Some(ruling.decision().to_owned());
            report.decisions.extend(decision.filter(|id| !id.is_empty() && !report.decisions.contains(id)));
            match ruling {
                Ruling::Allowed { .. } => {
                    report.fate = Fate::Written;
                    return Ok(Some((text, composed)));
                }
                Ruling::Redacted { text, .. } => {
                    report.fate = Fate::Redacted;
                    if composed.note.is_some() {
                        // The notes must not remember what was taken out.
                        let purpose = format!("section/{}/{attempt}/redacted/notes", section.id);
                        composed.note = Some(self.note(&purpose, &so_far.memory, &text).await?);
                    }
                    return Ok(Some((text, composed)));
                }
                Ruling::Denied { decision, code, reason } => {
                    report.fate = Fate::Denied;
                    report.refusals.push(code.clone());
                    self.tell(Progress::Denied { section: section.id.clone(), attempt, code, decision });
                    refusal = Some(one_line(&reason, REASON));
                }
            }
        }
        Ok(None)
    }

    fn done(&self, plan: &Plan, at: usize, report: &SectionReport, so_far: &Progressed) -> Progress {
        let words_wanted = self.brief.target.aim();
        let (words, seconds) = so_far.pace;
        let left = f64::from(words_wanted.saturating_sub(so_far.words));
        let is_last = at + 1 == plan.sections.len();
        let guess = (words > 0).then(|| seconds / f64::from(words) * left);
        Progress::Done {
            section: report.id.clone(),
            number: at + 1,
            of: plan.sections.len(),
            fate: report.fate,
            words: report.words,
            words_so_far: so_far.words,
            words_wanted,
            seconds_left: if is_last { Some(0.0) } else { guess },
            calls: self.tally.asked(),
            kept_calls: self.tally.kept(),
        }
    }
}

/// A report of a section that is not there yet.
fn empty_report(section: &Section, wanted: Wanted) -> SectionReport {
    SectionReport {
        id: section.id.clone(),
        planned: section.words,
        wanted: wanted.aim,
        words: 0,
        fate: Fate::Unwritten,
        calls: 0,
        attempts: 0,
        decisions: Vec::new(),
        refusals: Vec::new(),
        weaknesses: Vec::new(),
    }
}

/// The headings of parts that begin with a section, with their depth.
fn opened<'s>(open: &[String], section: &'s Section) -> Vec<(usize, &'s str)> {
    let same = open.iter().zip(&section.within).take_while(|(one, other)| one == other).count();
    section.within.iter().enumerate().skip(same).map(|(depth, heading)| (depth, heading.as_str())).collect()
}
