//! Budgets, over all runs of a document, and cancellation.

use parapet_agentwrite::{DocumentId, Run, WriteError};
use parapet_models::{Limit, Meter, ModelError};
use parapet_test_model_server::{Author, Step, Task, task};

use crate::desk::{Desk, brief};

fn spent(error: &WriteError) -> Limit {
    match error {
        WriteError::Model(ModelError::BudgetSpent { which, .. }) => *which,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_spent_budget_stops_and_counts_what_earlier_runs_used() {
    let mut desk = Desk::exact().await;
    desk.settings.budget.calls = Some(3);
    let error = desk.write(&brief(2_000)).await.unwrap_err();
    assert_eq!((spent(&error), error.is_resumable(), desk.server.asked().len()), (Limit::Calls, true, 3));
    // The same budget is spent already; nothing is asked.
    assert_eq!(spent(&desk.write(&brief(2_000)).await.unwrap_err()), Limit::Calls);
    assert_eq!(desk.server.asked().len(), 3);
    desk.settings.budget.calls = Some(300);
    let document = desk.write(&brief(2_000)).await.unwrap();
    assert_eq!((document.kept_calls, document.spent.calls), (3, document.calls + 3));
    assert_eq!(desk.server.asked().len() as u64, document.spent.calls);
}

#[tokio::test]
async fn tokens_and_costs_have_budgets_too() {
    let mut desk = Desk::exact().await;
    desk.settings.budget.tokens = Some(6_000);
    assert_eq!(spent(&desk.write(&brief(2_000)).await.unwrap_err()), Limit::Tokens);
    desk.settings.budget.tokens = None;
    desk.settings.budget.cost = Some(0.01);
    (desk.config.input_price, desk.config.output_price) = (Some(1.0), Some(10.0));
    assert_eq!(spent(&desk.write(&brief(2_000)).await.unwrap_err()), Limit::Cost);
}

#[tokio::test]
async fn several_documents_can_share_a_meter() {
    let desk = Desk::exact().await;
    let meter = Meter::unlimited();
    for id in ["one", "two"] {
        let run = Run { meter: Some(meter.clone()), ..Run::default() };
        desk.writer().write(&DocumentId::parse(id).unwrap(), &brief(800), &run).await.unwrap();
    }
    assert_eq!(meter.spent().calls, desk.server.asked().len() as u64);
}

#[tokio::test]
async fn a_cancelled_run_stops_in_the_middle_of_a_call() {
    let desk =
        Desk::with(|asked| if task(asked) == Task::Plan { Author::exact().step(asked) } else { Step::Hang }).await;
    let run = Run::default();
    let stop = run.stop.clone();
    let writer = desk.writer();
    let (id, brief) = (DocumentId::random(), brief(2_000));
    let stopping = async {
        while desk.asked(Task::Write).is_empty() {
            tokio::task::yield_now().await;
        }
        stop.cancel();
    };
    let (written, ()) = tokio::join!(writer.write(&id, &brief, &run), stopping);
    let error = written.unwrap_err();
    assert!(matches!(error, WriteError::Stopped) && error.is_resumable(), "{error:?}");
    assert!(matches!(writer.write(&id, &brief, &run).await.unwrap_err(), WriteError::Stopped));
}
