//! Envoy's side of `envoy.service.auth.v3.Authorization/Check`, spoken by a gRPC client over HTTP/2. The messages have the
//! numbers of Envoy's v3 API.

use std::collections::HashMap;
use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, StatusCode};
use parapet_tests::client::Answer;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request};
use tonic_prost::ProstCodec;

const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";

#[derive(Clone, PartialEq, prost::Message)]
struct CheckRequest {
    #[prost(message, optional, tag = "1")]
    attributes: Option<Attributes>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Attributes {
    #[prost(message, optional, tag = "4")]
    request: Option<AttributeRequest>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct AttributeRequest {
    #[prost(message, optional, tag = "2")]
    http: Option<Http>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Http {
    #[prost(string, tag = "2")]
    method: String,
    #[prost(map = "string, string", tag = "3")]
    headers: HashMap<String, String>,
    #[prost(string, tag = "4")]
    path: String,
    #[prost(bytes = "vec", tag = "12")]
    raw_body: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct CheckResponse {
    #[prost(message, optional, tag = "1")]
    status: Option<Number>,
    #[prost(message, optional, tag = "2")]
    denied: Option<Denied>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Number {
    #[prost(int32, tag = "1")]
    code: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Denied {
    #[prost(message, optional, tag = "1")]
    status: Option<Number>,
    #[prost(string, tag = "3")]
    body: String,
}

/// Asks about a request as Envoy describes it with `pack_as_bytes`. The answer is what Envoy would send its client: 200 for
/// one that passes, the status and body of a denial, 503 without a body where the call itself says that it is an outage.
pub(crate) async fn check(at: SocketAddr, path: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer> {
    let channel: Channel = Endpoint::from_shared(format!("http://{at}"))?.connect().await?;
    let mut client = Grpc::new(channel);
    client.ready().await?;
    let http = Http {
        method: "POST".to_owned(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        path: path.to_owned(),
        raw_body: body.as_bytes().to_vec(),
    };
    let attributes = Attributes { request: Some(AttributeRequest { http: Some(http) }) };
    let codec: ProstCodec<CheckRequest, CheckResponse> = ProstCodec::default();
    let request = Request::new(CheckRequest { attributes: Some(attributes) });
    match client.unary(request, PathAndQuery::from_static(CHECK), codec).await {
        Ok(response) => told(response.into_inner()),
        Err(status) if status.code() == Code::Unavailable => answer(503, String::new()),
        Err(status) => bail!("the call ended with {status}"),
    }
}

fn told(response: CheckResponse) -> Result<Answer> {
    let code = response.status.context("no status")?.code;
    match response.denied {
        None if code == 0 => answer(200, String::new()),
        Some(denied) if code != 0 => answer(denied.status.context("no status of the denial")?.code, denied.body),
        denied => bail!("status {code} and {denied:?} exclude each other"),
    }
}

fn answer(status: i32, body: String) -> Result<Answer> {
    let status = StatusCode::from_u16(u16::try_from(status)?)?;
    Ok(Answer { status, headers: HeaderMap::new(), body: Bytes::from(body) })
}
