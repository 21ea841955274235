//! Liveness, readiness and metrics.

use http::StatusCode;
use serde_json::json;

use crate::fixture::Console;

#[tokio::test]
async fn health_and_readiness_need_no_token() {
    let console = Console::with(&[]).await;
    assert_eq!(console.get_with("/healthz", &[]).await.json(), json!({"status": "ok"}));
    let ready = console.get_with("/readyz", &[]).await;
    assert_eq!(ready.status, StatusCode::OK);
    let body = ready.json();
    assert_eq!((&body["status"], &body["reasons"]), (&json!("ready"), &json!([])));
    assert_eq!(body["guard_set"]["guards"], 2);
    assert_eq!(body["audit_queue"], json!({"depth": 3, "healthy": true, "dropped": 0}));
}

#[tokio::test]
async fn a_refused_guard_set_degrades_but_keeps_serving() {
    let console = Console::with(&[]).await;
    console.break_set();
    let answer = console.get_with("/readyz", &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
    let body = answer.json();
    assert_eq!(body["status"], "degraded");
    assert_eq!(body["guard_set"]["last_error"], "guard `eicu-access`: line 3, column 9: unexpected `<b>`");
    let current = console.get("/admin/guard-sets/current").await.json();
    assert_eq!(current["status"], "degraded");
    let page = console.get("/").await.text;
    assert!(page.contains("A newer guard set was refused") && page.contains("unexpected `&#60;b&#62;`"), "{page}");
}

#[tokio::test]
async fn without_the_store_the_service_is_not_ready_and_says_why() {
    let console = Console::with(&[]).await;
    console.lose_store().await;
    let answer = console.get_with("/readyz", &[]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    let body = answer.json();
    assert_eq!((&body["status"], &body["store"]["ok"]), (&json!("unavailable"), &json!(false)));
    assert_eq!(body["reasons"], json!(["the store cannot be written to; the log says why"]));
    let page = console.get("/decisions").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.text.contains("The audit log is away"));
    assert_eq!(console.get("/admin/decisions").await.json()["error"]["code"], "store_unavailable");
    assert_eq!(console.get("/guards").await.status, StatusCode::OK, "the guards can be seen all the same");
    assert_eq!(console.get_with("/healthz", &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn metrics_are_open_only_where_configured() {
    let closed = Console::with(&[]).await;
    assert_eq!(closed.get_with("/metrics", &[]).await.status, StatusCode::UNAUTHORIZED);
    let open = Console::build(&[], true, None).await;
    let answer = open.get_with("/metrics", &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(answer.text.contains("parapet_audit_dropped_total 0"));
    assert_eq!(open.get_with("/admin/decisions", &[]).await.status, StatusCode::UNAUTHORIZED);
}
