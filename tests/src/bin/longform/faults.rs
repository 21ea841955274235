//! The faults of the published code and what servers do: each ends in a typed outcome, and nothing of an error stands in a document.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use async_trait::async_trait;
use parapet_agentwrite::{
    Brief, Document, DocumentId, Fate, Gate, GateError, Length, Passage, PassageKind, Ruling, Run, Target, WriteError,
};
use parapet_models::ModelError;
use parapet_test_model_server::{Asked, Author, Step, Task, last_message, refusal, said, said_at_length, task};
use serde_json::json;

use crate::Tally;
use crate::desk::{Desk, tea};

const PLAN: &str = "Certainly! Here is a plan with 2 paragraphs.\n\nParagraph 1 - Main Point: Tea in China of old - Word Count: 400 words\n\
    This sets the scene.\nParagraph 2 - Main Point: The tea houses of London - Word Count: 1,200 words\n\nGood luck!";

pub(crate) async fn run(tally: &mut Tally) -> Result<()> {
    println!("faults");
    plans(tally).await?;
    answers(tally).await?;
    keys(tally).await?;
    limits(tally).await?;
    interruptions(tally).await?;
    guards(tally).await
}

fn exact(asked: &Asked) -> Step {
    Author::exact().step(asked)
}

/// A desk whose model plans with `plan`.
async fn planned(plan: String) -> Desk {
    Desk::with(move |asked| if task(asked) == Task::Plan { said(&plan) } else { exact(asked) }).await
}

fn is_second(asked: &Asked) -> bool {
    task(asked) == Task::Write && last_message(asked).contains("section 2 now")
}

/// What comes of a document whose second section is answered with `step`.
async fn with_second(step: impl Fn(&Asked) -> Step + Send + Sync + 'static) -> Result<Result<Document, WriteError>> {
    Desk::with(move |asked| if is_second(asked) { step(asked) } else { exact(asked) })
        .await
        .write("doc", &tea(2_000)?)
        .await
}

async fn plans(tally: &mut Tally) -> Result<()> {
    let document = planned(PLAN.to_owned()).await.write("doc", &tea(1_200)?).await??;
    let budgets: Vec<u32> = document.sections.iter().map(|section| section.planned).collect();
    tally.check(document.sections.len() == 2, "lines around a plan are no sections");
    tally.check(budgets == [300, 900], "budgets of the plan are read, and rescaled to the length");
    let sections = (0..200)
        .map(|n| json!({"heading": format!("H{n}"), "main_point": format!("point number{n} alone{n}"), "words": 9}));
    let sections: Vec<_> = sections.collect();
    let many = planned(json!({"title": "T", "sections": sections}).to_string()).await;
    let document = many.write("doc", &tea(1_000)?).await??;
    tally.check(
        document.plan.sections.len() <= 5 && document.plan.words() == 1_000,
        "a plan with 200 sections is put together",
    );
    let written = planned("Tea is a drink.\nIt is from China.".to_owned()).await.write("doc", &tea(1_000)?).await?;
    tally.check(matches!(written, Err(WriteError::NoPlan { tries: 3, .. })), "what is no plan ends typed");
    Ok(())
}

async fn answers(tally: &mut Tally) -> Result<()> {
    for (status, code) in [(500, "refused"), (503, "refused"), (429, "rate_limited"), (401, "unauthorized")] {
        let written = with_second(move |_| refusal(status, "the worker died")).await?;
        let is = matches!(&written, Err(error) if error.code() == code && error.is_resumable());
        tally.check(is, &format!("an answer of status {status} is an error, and never prose"));
    }
    for (what, text) in [("an empty answer", ""), ("a refusal", "I'm sorry, but I can't help with that.")] {
        let document = with_second(move |_| said(text)).await??;
        let is_missing = document.sections.get(1).is_some_and(|section| section.fate == Fate::Unwritten);
        let shown =
            document.text.contains("*[Section 2 is missing") && (text.is_empty() || !document.text.contains(text));
        tally.check(
            is_missing && shown && document.length == Length::Held,
            &format!("{what} is a visible gap, made up for by the rest"),
        );
    }
    let cut = |asked: &Asked| {
        let text = Author::exact().says(asked);
        said_at_length(&format!("{}unfinishedword", text.chars().take(text.len() / 2).collect::<String>()), "length")
    };
    let document = with_second(cut).await??;
    let is = !document.text.contains("unfinishedword") && document.length == Length::Held;
    tally.check(is, "a section that the token limit cut off is continued behind its last sentence");
    let turned_away = AtomicUsize::new(0);
    let mut desk = Desk::with(move |asked| {
        let headers = vec![("retry-after", "1".to_owned()), ("content-type", "application/json".to_owned())];
        let first = turned_away.fetch_add(1, Ordering::SeqCst) == 0;
        if first { Step::Answer(429, headers, r#"{"error": {"message": "slow"}}"#.to_owned()) } else { exact(asked) }
    })
    .await;
    desk.config.retries = 2;
    tally.check(
        desk.write("doc", &tea(600)?).await?.is_ok(),
        "a server that asks to be left alone for a second is, and is asked again",
    );
    Ok(())
}

async fn keys(tally: &mut Tally) -> Result<()> {
    let instruction = "Explain {plan}, $TEXT$, {{instruction}} and %s to beginners";
    let desk = Desk::with(exact).await;
    let brief = Brief::new(instruction, Target::Equal(900))?;
    let _ = desk.write("doc", &brief).await??;
    let shown =
        |asked: &Asked| asked.body.to_string().contains("Explain {plan}, $TEXT$, {{instruction}} and %s to beginners");
    let asked = desk.server.asked();
    let all = asked.iter().filter(|asked| task(asked) != Task::Condense).all(shown);
    tally.check(all, "placeholders in the instruction are left as they are");
    let mut desk = desk;
    let before = asked.len();
    desk.config.model = "another".to_owned();
    let document = desk.write("doc", &brief).await??;
    tally.check(
        document.kept_calls == 0 && desk.server.asked().len() > before,
        "another model is not answered from what is kept",
    );
    Ok(())
}

async fn limits(tally: &mut Tally) -> Result<()> {
    let desk = Desk::with(exact).await;
    let document = desk.write("doc", &tea(15_000)?).await??;
    let longest = desk.server.asked().iter().map(|asked| asked.body.to_string().len()).max().unwrap_or_default();
    let is_bounded = longest < 50_000 && document.text.len() > 2 * longest;
    tally.check(
        is_bounded,
        &format!("questions do not grow with the text: {longest} bytes at most for {} bytes", document.text.len()),
    );
    let mut desk = Desk::with(exact).await;
    desk.settings.budget.calls = Some(3);
    let written = desk.write("doc", &tea(2_000)?).await?;
    let is_spent = matches!(written, Err(WriteError::Model(ModelError::BudgetSpent { .. })));
    tally.check(is_spent && desk.server.asked().len() == 3, "a spent budget stops the writing");
    let circle = Desk::with(|asked| match task(asked) {
        Task::Plan => exact(asked),
        _ => said(&"The tea of the world is very good for all. ".repeat(60)),
    })
    .await;
    let document = circle.write("doc", &tea(1_000)?).await??;
    let times = document.text.matches("very good for all").count();
    tally.check(
        times <= document.sections.len() && document.calls < 40,
        "a model that turns in a circle is noticed, and bounded",
    );
    Ok(())
}

async fn interruptions(tally: &mut Tally) -> Result<()> {
    let asked = AtomicUsize::new(0);
    let desk = Desk::with(move |question| {
        let number = asked.fetch_add(1, Ordering::SeqCst) + 1;
        if number.is_multiple_of(7) { refusal(503, "gone") } else { Author::new(5, (0.5, 1.5)).step(question) }
    })
    .await;
    let (brief, mut runs) = (tea(4_000)?, 1_u64);
    let document = loop {
        match desk.write("doc", &brief).await? {
            Ok(document) => break document,
            Err(error) if error.is_resumable() && runs < 200 => runs += 1,
            Err(error) => return Err(error.into()),
        }
    };
    let sent = desk.server.asked().len() as u64;
    let is_once = sent == document.calls + document.kept_calls + runs - 1;
    tally.check(
        is_once && runs > 1,
        &format!("resumed {} times, {sent} questions, only those that failed twice", runs - 1),
    );
    let desk = Desk::with(|asked| if task(asked) == Task::Plan { exact(asked) } else { Step::Hang }).await;
    let (run, writer, id) = (Run::default(), desk.writer()?, DocumentId::random());
    let stopping = async {
        while desk.server.asked().len() < 2 {
            tokio::task::yield_now().await;
        }
        run.stop.cancel();
    };
    let brief = tea(1_000)?;
    let (written, ()) = tokio::join!(writer.write(&id, &brief, &run), stopping);
    tally.check(matches!(written, Err(WriteError::Stopped)), "a cancelled run ends at once");
    Ok(())
}

/// Guards that let no version of section 2 pass.
struct NoSecond;

#[async_trait]
impl Gate for NoSecond {
    async fn judge(&self, passage: &Passage<'_>) -> Result<Ruling, GateError> {
        Ok(match (passage.kind, passage.section) {
            (PassageKind::Section, "2") => {
                Ruling::Denied { decision: "d".into(), code: "house_rule".into(), reason: "secret reason".into() }
            }
            _ => Ruling::Allowed { decision: "d".into() },
        })
    }

    fn fingerprint(&self) -> String {
        "no second".to_owned()
    }
}

async fn guards(tally: &mut Tally) -> Result<()> {
    let mut desk = Desk::with(exact).await;
    desk.gate = Arc::new(NoSecond);
    let document = desk.write("doc", &tea(2_000)?).await??;
    let denied = document.sections.get(1).is_some_and(|section| section.fate == Fate::Denied && section.attempts == 3);
    let told = desk.server.asked().iter().filter(|asked| asked.body.to_string().contains("secret reason")).count();
    tally.check(denied && told == 2, "a section that the guards refuse is written anew with the reason, twice");
    let noted = document.text.contains("*[Section 2 is left out") && !document.text.contains("secret reason");
    tally.check(
        noted && document.length == Length::Held,
        "then a note stands in its place, and the rest makes up for it",
    );
    Ok(())
}
