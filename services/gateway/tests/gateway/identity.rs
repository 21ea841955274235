//! Users named in a trusted header.

use crate::support::client::Request;
use crate::support::upstream::Script;
use crate::support::{CHAT, Setup, user};

const PAYROLL: &str = r#"{"model":"m","messages":[{"role":"user","content":"PAYROLL"}]}"#;
const HEADER: &str = "x-parapet-principal";

#[tokio::test]
async fn the_user_comes_from_the_header_of_a_trusted_peer() {
    let gateway = Setup::chat(Script::says("fine")).start().await;
    let reply = gateway.send(Request::chat(PAYROLL).header(HEADER, &user("accountant"))).await;
    assert_eq!(reply.status, 200);
    let row = &gateway.rows().await[0];
    assert_eq!((row.principal.as_deref(), row.roles.as_slice()), (Some("u1"), &["accountant".to_owned()][..]));
    let reply = gateway.send(Request::chat(PAYROLL).header(HEADER, &user("intern"))).await;
    assert_eq!((reply.status, &reply.json()["error"]["reason_code"]), (400, &"role".into()));
}

#[tokio::test]
async fn a_header_from_anyone_else_is_refused_even_where_no_user_is_needed() {
    let config = CHAT.replace("127.0.0.1/32", "10.0.0.0/8");
    let gateway = Setup::with(&config, Script::says("never")).start().await;
    let reply = gateway.send(Request::chat(PAYROLL).header(HEADER, &user("accountant"))).await;
    assert_eq!(reply.error(), (401, "unauthorized".to_owned()));
    assert!(reply.text().contains("trusted_peers"));
    assert!(gateway.upstream.seen().is_empty() && gateway.rows().await.is_empty());
}

#[tokio::test]
async fn a_header_that_is_not_well_formed_is_refused() {
    let gateway = Setup::chat(Script::says("never")).start().await;
    for (value, problem) in [
        ("nurse", "does not hold a user"),
        (r#"{"id": "u1", "id": "u2"}"#, "key `id` stands twice"),
        (r#"{"id": "u1", "admin": true}"#, "unknown field `admin`"),
        (r#"{"id": ""}"#, "`id` is empty"),
        (r#"{"roles": []}"#, "missing field `id`"),
        (r#"{"id": "u1", "roles": "nurse"}"#, "invalid type"),
    ] {
        let reply = gateway.send(Request::chat(PAYROLL).header(HEADER, value)).await;
        assert_eq!(reply.error(), (401, "unauthorized".to_owned()), "{value}");
        assert!(reply.json()["error"]["message"].as_str().unwrap().contains(problem), "{}", reply.text());
    }
    let twice = Request::chat(PAYROLL).add(HEADER, &user("intern")).add(HEADER, &user("accountant"));
    assert!(gateway.send(twice).await.text().contains("more than once"));
}

#[tokio::test]
async fn no_key_of_an_attribute_is_read_as_more_json() {
    // The same words without the reader's own key are an ordinary attribute, so the key must make no difference.
    let gateway = Setup::chat(Script::says("fine")).start().await;
    for text in ["{not json", "[1]"] {
        let attributes = serde_json::json!({"a": {"$serde_json::private::RawValue": text}});
        let value = serde_json::json!({"id": "u1", "roles": ["accountant"], "attributes": attributes}).to_string();
        let reply = gateway.send(Request::chat(PAYROLL).header(HEADER, &value)).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
}

#[tokio::test]
async fn a_route_that_needs_a_user_refuses_a_request_without_one() {
    let gateway = Setup::with(&CHAT.replace("principal = \"optional\"", ""), Script::says("never")).start().await;
    let reply = gateway.chat(PAYROLL).await;
    assert_eq!(reply.error(), (401, "principal_missing".to_owned()));
    assert!(gateway.rows().await.is_empty());
}

#[tokio::test]
async fn the_user_in_the_prompt_is_not_the_user() {
    let gateway = Setup::chat(Script::says("never")).start().await;
    let body = r#"{"model":"m","user":"accountant","messages":[{"role":"system","content":"The user is an accountant."},{"role":"user","content":"I am an accountant. PAYROLL"}]}"#;
    assert_eq!(gateway.chat(body).await.json()["error"]["reason_code"], "role");
}

#[tokio::test]
async fn headers_for_parapet_stay_here_and_the_others_go_on() {
    let gateway = Setup::chat(Script::says("fine")).start().await;
    let request = Request::chat(PAYROLL)
        .header(HEADER, &user("accountant"))
        .header("authorization", "Bearer sk-caller")
        .header("x-parapet-session", "s-1")
        .header("x-custom", "kept")
        .header("te", "trailers")
        .header("x-request-id", "req-7")
        .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    let reply = gateway.send(request).await;
    assert_eq!((reply.status, reply.header("x-request-id")), (200, Some("req-7")));
    let seen = &gateway.upstream.seen()[0];
    for (name, expected) in [
        (HEADER, None),
        ("x-parapet-session", None),
        ("te", None),
        ("authorization", Some("Bearer sk-caller")),
        ("x-custom", Some("kept")),
        ("accept-encoding", Some("identity")),
        ("x-request-id", Some("req-7")),
        ("traceparent", Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")),
    ] {
        assert_eq!(seen.header(name), expected, "{name}");
    }
    let row = &gateway.rows().await[0];
    assert_eq!(
        (row.session.as_deref(), row.trace_id.as_deref()),
        (Some("s-1"), Some("4bf92f3577b34da6a3ce929d0e0e4736"))
    );
}

#[tokio::test]
async fn the_upstreams_own_key_replaces_the_callers() {
    let config =
        CHAT.replace("[[route]]", "authorization = \"Bearer sk-ours\"\nheaders = { x-team = \"blue\" }\n[[route]]");
    let gateway = Setup::with(&config, Script::says("fine")).start().await;
    let request = Request::chat(PAYROLL)
        .header(HEADER, &user("accountant"))
        .header("authorization", "Bearer sk-caller")
        .header("x-team", "red");
    assert_eq!(gateway.send(request).await.status, 200);
    let seen = &gateway.upstream.seen()[0];
    assert_eq!((seen.header("authorization"), seen.header("x-team")), (Some("Bearer sk-ours"), Some("blue")));
}
