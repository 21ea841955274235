//! Overview and guards over the API, and the headers of every answer.

use http::StatusCode;
use parapet_domain::Timestamp;
use serde_json::json;

use crate::fixture::Console;
use crate::records::day;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

#[tokio::test]
async fn the_overview_counts_what_the_log_holds() {
    let now = Timestamp::parse("2026-01-31T12:00:00Z").unwrap();
    let records = day(now);
    let console = Console::with(&records).await;
    let body =
        console.get("/admin/overview?from=2026-01-30T12:00:00Z&to=2026-01-31T12:30:00Z&bucket_s=3600").await.json();
    let denied = records.iter().filter(|record| record.enforced == parapet_domain::Decision::Deny).count();
    assert_eq!(body["total"]["deny"], denied);
    assert_eq!(body["buckets"].as_array().unwrap().len(), 25);
    assert_eq!(body["denials_by_guard"][0]["guard"], "eicu-access");
    assert!(body["failures_by_guard"].as_array().unwrap().iter().any(|one| one["kind"] == "out_of_fuel"));
    assert!(body["latency"]["p99_us"].as_u64().unwrap() >= body["latency"]["p50_us"].as_u64().unwrap());
}

#[tokio::test]
async fn guards_are_listed_in_short_and_shown_in_full() {
    let console = Console::with(&[]).await;
    let list = console.get("/admin/guards").await.json();
    assert_eq!(list["guard_set"], format!("set:{}", "5e".repeat(32)));
    assert_eq!(list["guards"][0]["id"], "eicu-access");
    assert_eq!(list["guards"][1]["mode"], "shadow");
    assert!(list["guards"][0].get("code").is_none());
    let guard = console.get("/admin/guards/eicu-access").await.json();
    assert_eq!(guard["tools"], json!(["python_calls", "check_access"]));
    assert!(guard["code"].as_str().unwrap().contains("fn check(event)"));
    assert_eq!(guard["tests"][1]["reason_code"], "access_denied");
    assert_eq!(guard["tables"]["facts"]["access"]["nursing"]["vitalperiodic"], json!(["*"]));
    let missing = console.get("/admin/guards/none%20such").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(missing.json()["error"]["message"], "there is no guard in force named `none such`");
    assert_eq!(console.get("/admin/anything/else").await.json()["error"]["code"], "not_found");
}

#[tokio::test]
async fn every_answer_tells_the_browser_to_trust_nothing() {
    let console = Console::with(&[]).await;
    let paths = [
        "/",
        "/decisions",
        "/decisions/x",
        "/guards",
        "/guards/eicu-access",
        "/login",
        "/nowhere",
        "/admin/decisions",
        "/admin/decisions?x=1",
        "/admin/nowhere",
        "/healthz",
        "/readyz",
        "/metrics",
        "/assets/theme.css",
        "/assets/nothing.js",
    ];
    for path in paths {
        let answer = console.get(path).await;
        assert_eq!(answer.header("content-security-policy"), POLICY, "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        let caching = if path == "/assets/theme.css" { "no-cache" } else { "no-store" };
        assert_eq!(answer.header("cache-control"), caching, "{path}");
    }
}

#[tokio::test]
async fn assets_are_fetched_once() {
    let console = Console::with(&[]).await;
    for (name, media_type) in [
        ("theme.css", "text/css; charset=utf-8"),
        ("uplot.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ] {
        let answer = console.get_with(&format!("/assets/{name}"), &[]).await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, media_type));
        let tag = answer.header("etag").to_owned();
        let again = console.get_with(&format!("/assets/{name}"), &[("if-none-match", &tag)]).await;
        assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    }
    assert_eq!(console.get_with("/assets/..%2FCargo.toml", &[]).await.status, StatusCode::NOT_FOUND);
}
