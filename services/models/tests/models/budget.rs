//! Budgets and the limit on concurrency.

use std::sync::Arc;

use parapet_models::{Budget, Limit, Meter, ModelClient, ModelConfig, ModelError, Prompt, Usage};
use tokio::sync::Barrier;

use parapet_test_model_server::{Server, Step, body, said};

fn which(error: &ModelError) -> Limit {
    match error {
        ModelError::BudgetSpent { which, .. } => *which,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_spent_budget_stops_between_calls() {
    let server = Server::new([said("one"), said("two")]).await;
    let (client, meter) = (server.client(), Meter::new(Budget { calls: Some(2), ..Budget::default() }));
    let prompt = Prompt::user("Why?");
    client.complete(&prompt, &meter).await.unwrap();
    client.complete(&prompt, &meter).await.unwrap();
    let error = client.complete(&prompt, &meter).await.unwrap_err();
    assert_eq!(which(&error), Limit::Calls);
    assert_eq!(server.asked().len(), 2);
    let spent = meter.spent();
    assert_eq!((spent.calls, spent.usage), (2, Usage { input_tokens: 22, output_tokens: 14, estimated: false }));
}

#[tokio::test]
async fn tokens_are_reserved_by_the_longest_answer_and_settled_by_the_real_one() {
    let server = Server::new([said("one"), said("two")]).await;
    let (client, meter) = (server.client(), Meter::new(Budget { tokens: Some(150), ..Budget::default() }));
    let prompt = Prompt { max_tokens: Some(100), ..Prompt::user("Why?") };
    client.complete(&prompt, &meter).await.unwrap();
    client.complete(&prompt, &meter).await.unwrap();
    assert_eq!(meter.spent().usage.total(), 36);
    let error = client.complete(&Prompt { max_tokens: Some(130), ..prompt }, &meter).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the budget of 150 tokens is spent: 36 are used or under way, and the next call may take 132; raise it, or \
         lower `max_tokens`"
    );
}

#[tokio::test]
async fn a_cost_budget_needs_prices_and_keeps_them() {
    let server = Server::new([said("one")]).await;
    let meter = Meter::new(Budget { cost: Some(0.001), ..Budget::default() });
    let prompt = Prompt { max_tokens: Some(90), ..Prompt::user("Why?") };
    let error = server.client().complete(&prompt, &meter).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "a limit on the cost cannot be kept without prices; set `input_price` and `output_price`"
    );
    let priced = ModelConfig { input_price: Some(1.0), output_price: Some(10.0), ..server.config() };
    let client = ModelClient::new(priced).unwrap();
    client.complete(&prompt, &meter).await.unwrap();
    assert!((meter.spent().cost - 0.000_081).abs() < 1e-9, "{:?}", meter.spent());
    let error = client.complete(&Prompt { max_tokens: Some(95), ..prompt }, &meter).await.unwrap_err();
    assert_eq!(which(&error), Limit::Cost);
}

#[tokio::test(start_paused = true)]
async fn no_more_questions_are_at_work_than_allowed() {
    // Answers come in pairs: with fewer than two at work nobody would get one.
    let pair = Arc::new(Barrier::new(2));
    let server = Server::new((0..6).map(|_| Step::Together(Arc::clone(&pair), body("ok", "stop")))).await;
    let client = ModelClient::new(ModelConfig { concurrency: 2, retries: 0, ..server.config() }).unwrap();
    let meter = Meter::unlimited();
    let questions: Vec<_> = (0..6)
        .map(|n| {
            let (client, meter) = (client.clone(), meter.clone());
            tokio::spawn(async move { client.complete(&Prompt::user(format!("{n}")), &meter).await.map(|c| c.text) })
        })
        .collect();
    for question in questions {
        assert_eq!(question.await.unwrap().unwrap(), "ok");
    }
    assert_eq!(server.most_at_once(), 2);
    assert_eq!(meter.spent().calls, 6);
}

#[tokio::test(start_paused = true)]
async fn a_question_that_finds_no_place_in_time_was_never_sent() {
    let server = Server::new([Step::Hang]).await;
    let client = ModelClient::new(ModelConfig { concurrency: 1, ..server.config() }).unwrap();
    let busy = tokio::spawn({
        let client = client.clone();
        async move { client.complete(&Prompt::user("long"), &Meter::unlimited()).await.map(|_| ()) }
    });
    while server.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    let meter = Meter::new(Budget { seconds: Some(3), ..Budget::default() });
    let error = client.complete(&Prompt::user("short"), &meter).await.unwrap_err();
    assert_eq!(which(&error), Limit::Time);
    assert_eq!((server.asked().len(), meter.spent().calls), (1, 0));
    busy.abort();
}

#[tokio::test]
async fn a_dropped_question_frees_its_place_and_counts_as_used() {
    let server = Server::new([Step::Hang, said("next")]).await;
    let client = ModelClient::new(ModelConfig { concurrency: 1, ..server.config() }).unwrap();
    let meter = Meter::unlimited();
    let dropped = tokio::spawn({
        let (client, meter) = (client.clone(), meter.clone());
        async move { client.complete(&Prompt { max_tokens: Some(50), ..Prompt::user("x") }, &meter).await.map(|_| ()) }
    });
    while server.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    dropped.abort();
    assert!(dropped.await.unwrap_err().is_cancelled());
    assert_eq!((meter.spent().calls, meter.spent().usage.output_tokens), (1, 50));
    assert_eq!(client.complete(&Prompt::user("y"), &meter).await.unwrap().text, "next");
}
