//! When a question is sent again, and how long that waits. The clock is tokio's, which jumps when nobody works.

use std::time::{Duration, SystemTime};

use parapet_models::{Budget, Limit, Meter, ModelClient, ModelConfig, ModelError, Prompt};
use tokio::time::Instant;

use parapet_test_model_server::{Server, Step, answer, refusal, said};

fn rate_limited(retry_after: impl Into<String>) -> Step {
    Step::Answer(429, vec![("retry-after", retry_after.into())], r#"{"error": {"message": "slow down"}}"#.into())
}

/// An HTTP date this many seconds from now.
fn in_seconds(seconds: u64) -> String {
    httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(seconds))
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_passes_is_sent_again() {
    let steps = [refusal(500, "oops"), answer(502, "<html>"), refusal(529, "Overloaded"), said("Because.")];
    let server = Server::new(steps).await;
    let (began, meter) = (Instant::now(), Meter::unlimited());
    let completion = server.client().complete(&Prompt::user("Why?"), &meter).await.unwrap();
    assert_eq!((completion.text.as_str(), completion.attempts), ("Because.", 4));
    // 500, 1,000 and 2,000 ms, each spread over its upper half.
    let waited = began.elapsed();
    assert!((Duration::from_millis(1750)..=Duration::from_millis(3510)).contains(&waited), "{waited:?}");
    assert_eq!(meter.spent().calls, 1, "refused requests are no calls");
}

#[tokio::test(start_paused = true)]
async fn retries_end_with_the_last_error() {
    let server = Server::new([refusal(500, "one"), refusal(500, "two"), refusal(503, "three")]).await;
    let client = ModelClient::new(ModelConfig { retries: 2, ..server.config() }).unwrap();
    let error = client.complete(&Prompt::user("Why?"), &Meter::unlimited()).await.unwrap_err();
    assert_eq!(error.to_string(), "the model server refused the request (503): three");
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_kept_in_both_of_its_forms() {
    for (header, least, most) in [("30".to_owned(), 30.0, 30.3), (in_seconds(40), 20.0, 40.3)] {
        let server = Server::new([rate_limited(header), said("Because.")]).await;
        let began = Instant::now();
        server.client().complete(&Prompt::user("Why?"), &Meter::unlimited()).await.unwrap();
        let waited = began.elapsed().as_secs_f64();
        assert!((least..=most).contains(&waited), "{waited}");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_beyond_the_deadline_or_the_longest_wait() {
    let server = Server::new([rate_limited("30"), rate_limited("61")]).await;
    let (client, began) = (server.client(), Instant::now());
    let meter = Meter::new(Budget { seconds: Some(20), ..Budget::default() });
    let error = client.complete(&Prompt::user("Why?"), &meter).await.unwrap_err();
    assert_eq!(error.to_string(), "the model server wants fewer requests, and asks to wait 30 s: slow down");
    let error = client.complete(&Prompt::user("Why?"), &Meter::unlimited()).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(61)));
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_slow_server_is_asked_twice_and_then_no_more() {
    let server = Server::new([Step::Hang, Step::Hang]).await;
    let client = ModelClient::new(ModelConfig { timeout_ms: 9_000, max_tokens: 100, ..server.config() }).unwrap();
    let meter = Meter::unlimited();
    let error = client.complete(&Prompt::user("Why?"), &meter).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the model gave no whole answer within 9 s; raise `timeout_ms`, or ask for less with `max_tokens`"
    );
    assert_eq!(server.asked().len(), 2);
    // The server may have worked on both.
    assert_eq!((meter.spent().calls, meter.spent().usage.output_tokens, meter.spent().usage.estimated), (2, 200, true));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_stops_half_way_is_late_too() {
    let server = Server::new([Step::Together(std::sync::Arc::new(tokio::sync::Barrier::new(2)), String::new())]).await;
    let client = ModelClient::new(ModelConfig { timeout_ms: 1_000, retries: 0, ..server.config() }).unwrap();
    let error = client.complete(&Prompt::user("Why?"), &Meter::unlimited()).await.unwrap_err();
    assert!(matches!(error, ModelError::TimedOut { limit } if limit == Duration::from_secs(1)), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_the_budget_cuts_a_request_short() {
    let server = Server::new([Step::Hang]).await;
    let (began, meter) = (Instant::now(), Meter::new(Budget { seconds: Some(5), ..Budget::default() }));
    let error = server.client().complete(&Prompt::user("Why?"), &meter).await.unwrap_err();
    assert!(matches!(error, ModelError::BudgetSpent { which: Limit::Time, .. }), "{error:?}");
    assert_eq!(began.elapsed().as_secs(), 5);
    assert_eq!(meter.spent().calls, 1);
}
