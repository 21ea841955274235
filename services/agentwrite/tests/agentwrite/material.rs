//! A section can be something else than prose: here, rules of which each line counts.

use std::sync::Arc;

use parapet_agentwrite::{DocumentId, DraftOf, Language, Length, Material, Piece, Run, Section, Settings, Weakness};
use parapet_test_model_server::{Author, Task, length, said, task};

use crate::desk::{Desk, brief};

struct Rules;

impl Material for Rules {
    fn name(&self) -> &'static str {
        "rules/1"
    }

    fn system(&self, _: Language) -> String {
        "You write rules, one in a line.".to_owned()
    }

    fn measure(&self, text: &str) -> u32 {
        u32::try_from(text.lines().filter(|line| line.starts_with("- ")).count()).unwrap()
    }

    fn clean(&self, answer: &str, _: &Section) -> String {
        answer.lines().filter(|line| line.starts_with("- ")).map(|line| format!("{line}\n")).collect()
    }

    fn weaknesses(&self, _: &DraftOf<'_>) -> Vec<Weakness> {
        Vec::new()
    }

    fn render(&self, piece: &Piece<'_>) -> String {
        format!("[{}]\n{}", piece.section.id, piece.body.trim_end())
    }
}

#[tokio::test]
async fn sections_of_another_kind_are_measured_cleaned_and_rendered_by_it() {
    let mut desk = Desk::with(|asked| match task(asked) {
        Task::Plan => Author::exact().step(asked),
        _ => {
            let prompt = asked.body.to_string().len();
            let rules: String =
                (0..length(asked).unwrap()).map(|n| format!("- rule {n} of {prompt}: never do it.\n")).collect();
            said(&format!("Here they are:\n{rules}"))
        }
    })
    .await;
    desk.settings = Settings { least_words: 5, ideal_words: 10, most_words: 20, ..Settings::default() };
    let writer = desk.writer().of(Arc::new(Rules));
    let document = writer.write(&DocumentId::random(), &brief(40), &Run::default()).await.unwrap();
    assert_eq!((document.words, document.length), (40, Length::Held), "{}", document.text);
    assert!(document.text.starts_with("[1]\n- rule 0 of"), "{}", document.text);
    assert!(
        desk.server
            .asked()
            .iter()
            .any(|asked| asked.body["messages"][0]["content"] == "You write rules, one in a line.")
    );
}
