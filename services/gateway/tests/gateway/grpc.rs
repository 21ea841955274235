//! Envoy's external authorization over gRPC, asked by a gRPC client. The messages have the numbers of Envoy's v3 API.

use std::collections::HashMap;
use std::net::SocketAddr;

use http::uri::PathAndQuery;
use serde_json::{Value, json};
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;

use crate::ext_authz::{CONFIG, KEY};
use crate::support::upstream::Script;
use crate::support::{Gateway, Setup, user};

#[derive(Clone, PartialEq, prost::Message)]
struct CheckRequest {
    #[prost(message, optional, tag = "1")]
    attributes: Option<Attributes>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Attributes {
    #[prost(message, optional, tag = "1")]
    source: Option<Peer>,
    #[prost(message, optional, tag = "4")]
    request: Option<AttributeRequest>,
    #[prost(map = "string, string", tag = "10")]
    context_extensions: HashMap<String, String>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Peer {
    #[prost(string, tag = "4")]
    principal: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct AttributeRequest {
    #[prost(message, optional, tag = "2")]
    http: Option<Http>,
}

/// With fields that Parapet does not read, as Envoy sends them.
#[derive(Clone, PartialEq, prost::Message)]
struct Http {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "2")]
    method: String,
    #[prost(map = "string, string", tag = "3")]
    headers: HashMap<String, String>,
    #[prost(string, tag = "4")]
    path: String,
    #[prost(string, tag = "5")]
    host: String,
    #[prost(int64, tag = "9")]
    size: i64,
    #[prost(string, tag = "10")]
    protocol: String,
    #[prost(string, tag = "11")]
    body: String,
    #[prost(bytes = "vec", tag = "12")]
    raw_body: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct CheckResponse {
    #[prost(message, optional, tag = "1")]
    status: Option<RpcStatus>,
    #[prost(message, optional, tag = "2")]
    denied: Option<Denied>,
    #[prost(message, optional, tag = "3")]
    ok: Option<Allowed>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Denied {
    #[prost(message, optional, tag = "1")]
    status: Option<RpcStatus>,
    #[prost(message, repeated, tag = "2")]
    headers: Vec<HeaderOption>,
    #[prost(string, tag = "3")]
    body: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Allowed {
    #[prost(message, repeated, tag = "2")]
    headers: Vec<HeaderOption>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct HeaderOption {
    #[prost(message, optional, tag = "1")]
    header: Option<Header>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Header {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(string, tag = "2")]
    value: String,
}

async fn start() -> (Gateway, Channel) {
    let gateway = Setup::with(CONFIG, Script::Silent).start_with_grpc().await;
    let channel = connect(gateway.grpc.unwrap()).await;
    (gateway, channel)
}

async fn connect(address: SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()
}

/// A request as Envoy describes it, with `pack_as_bytes`.
fn described(body: &str) -> CheckRequest {
    let headers = [
        (":authority", "models.internal"),
        (":path", "/v1/chat/completions"),
        ("content-type", "application/json"),
        ("x-request-id", "0195c2f1-7a00-7000-8000-000000000001"),
        ("x-envoy-auth-partial-body", "false"),
    ];
    let http = Http {
        id: "17".to_owned(),
        method: "POST".to_owned(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        path: "/v1/chat/completions".to_owned(),
        host: "models.internal".to_owned(),
        size: i64::try_from(body.len()).unwrap(),
        protocol: "HTTP/1.1".to_owned(),
        body: String::new(),
        raw_body: body.as_bytes().to_vec(),
    };
    let attributes = Attributes {
        source: None,
        request: Some(AttributeRequest { http: Some(http) }),
        context_extensions: HashMap::from([("parapet_route".to_owned(), "envoy".to_owned())]),
    };
    CheckRequest { attributes: Some(attributes) }
}

fn chat(text: &str) -> CheckRequest {
    described(&json!({"model": "m", "messages": [{"role": "user", "content": text}]}).to_string())
}

impl CheckRequest {
    fn http(mut self, change: impl FnOnce(&mut Http)) -> Self {
        change(self.attributes.as_mut().unwrap().request.as_mut().unwrap().http.as_mut().unwrap());
        self
    }

    fn header(self, name: &str, value: &str) -> Self {
        self.http(|http| drop(http.headers.insert(name.to_owned(), value.to_owned())))
    }
}

async fn call(
    channel: &Channel,
    method: &'static str,
    key: &str,
    check: CheckRequest,
) -> Result<CheckResponse, Status> {
    let mut client = Grpc::new(channel.clone());
    client.ready().await.unwrap();
    let mut request = Request::new(check);
    request.metadata_mut().insert("x-parapet-key", key.parse().unwrap());
    let codec: ProstCodec<CheckRequest, CheckResponse> = ProstCodec::default();
    client.unary(request, PathAndQuery::from_static(method), codec).await.map(tonic::Response::into_inner)
}

const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";

async fn ask(channel: &Channel, check: CheckRequest) -> CheckResponse {
    call(channel, CHECK, KEY, check).await.unwrap()
}

/// Status and error of a denial.
fn denied(response: &CheckResponse) -> (i32, Value) {
    let denied = response.denied.as_ref().unwrap_or_else(|| panic!("{response:?}"));
    assert_ne!(response.status.as_ref().unwrap().code, 0);
    let body: Value = serde_json::from_str(&denied.body).unwrap();
    (denied.status.as_ref().unwrap().code, body["error"].clone())
}

#[tokio::test]
async fn each_verdict_is_told_as_a_check_response_and_recorded() {
    let (gateway, channel) = start().await;
    let allowed = ask(&channel, chat("hello")).await;
    assert_eq!(allowed.status.unwrap().code, 0);
    let names: Vec<_> = allowed.ok.unwrap().headers.into_iter().map(|h| h.header.unwrap().key).collect();
    assert!(names.contains(&"x-parapet-decision-id".to_owned()), "{names:?}");
    for (text, code, reason) in [
        ("FORBIDDEN", "content_filter", "forbidden_word"),
        ("ASKFIRST", "approval_required", "needs_person"),
        ("SPIN", "guardrail_failed", "guard_out_of_fuel"),
        ("a SECRET", "content_filter", "redaction_not_carried"),
    ] {
        let (status, error) = denied(&ask(&channel, chat(text)).await);
        assert_eq!((status, &error["code"], &error["reason_code"]), (400, &json!(code), &json!(reason)));
    }
    let rows = gateway.rows().await;
    let decisions: Vec<_> = rows.iter().map(|row| row.enforced.as_str()).collect();
    assert_eq!(decisions, ["allow", "deny", "ask", "deny", "deny"]);
    assert!(rows.iter().all(|row| row.surface.as_str() == "ext_authz"
        && row.trace_id.as_deref() == Some("0195c2f17a0070008000000000000001")));
}

#[tokio::test]
async fn an_outage_is_an_error_of_the_call_so_that_envoys_own_policy_applies() {
    let (gateway, channel) = start().await;
    gateway.recorder.drain().await;
    assert_eq!(call(&channel, CHECK, KEY, chat("hello")).await.unwrap_err().code(), Code::Unavailable);
    assert_eq!(
        call(&channel, "/envoy.service.auth.v3.Authorization/Other", KEY, chat("hello")).await.unwrap_err().code(),
        Code::Unimplemented
    );
}

#[tokio::test]
async fn what_cannot_be_judged_is_denied_and_no_error_that_could_open_the_gate() {
    let (_gateway, channel) = start().await;
    let partial = chat("hello").header("x-envoy-auth-partial-body", "true");
    let as_text = chat("hello").http(|http| http.body = String::from_utf8(std::mem::take(&mut http.raw_body)).unwrap());
    for (check, status, code) in [
        (partial, 413, "body_too_large"),
        (as_text, 400, "malformed_body"),
        (described("{"), 400, "malformed_body"),
        (chat("hello").http(|http| http.path = "no path".to_owned()), 400, "malformed_body"),
        (chat("hello").header("content-encoding", "br"), 415, "unsupported_encoding"),
        (CheckRequest::default(), 400, "malformed_body"),
        (described(&"x".repeat(5 << 20)), 413, "body_too_large"),
    ] {
        let (told, error) = denied(&ask(&channel, check).await);
        assert_eq!((told, &error["code"]), (status, &json!(code)));
    }
    let unknown = call(&channel, CHECK, "wrong-0123456789abcdef", chat("hello")).await.unwrap();
    assert_eq!(denied(&unknown).0, 401);
    let mut elsewhere = chat("hello");
    elsewhere.attributes.as_mut().unwrap().context_extensions.clear();
    assert_eq!(denied(&ask(&channel, elsewhere).await).1["code"], "unknown_route", "two routes, none named");
}

#[tokio::test]
async fn the_user_is_that_of_the_request_else_the_peer_that_envoy_authenticated() {
    let (gateway, channel) = start().await;
    let named = chat("PAYROLL").header("x-parapet-principal", &user("accountant"));
    assert!(ask(&channel, named).await.ok.is_some());
    let mut peer = chat("hello");
    peer.attributes.as_mut().unwrap().source = Some(Peer { principal: "spiffe://x/agent".to_owned() });
    assert!(ask(&channel, peer).await.ok.is_some());
    let who: Vec<_> = gateway.rows().await.into_iter().map(|row| row.principal).collect();
    assert_eq!(who, [Some("u1".to_owned()), Some("spiffe://x/agent".to_owned())]);
}

#[tokio::test]
async fn many_calls_share_a_connection_and_the_end_is_in_order() {
    let (mut gateway, channel) = start().await;
    let calls = (0..20).map(|_| ask(&channel, chat("hello")));
    assert!(futures_util::future::join_all(calls).await.iter().all(|answer| answer.ok.is_some()));
    gateway.begin_stop();
    assert_eq!(gateway.stopped().await.cut, 0);
    assert_eq!(gateway.rows().await.len(), 20);
}
