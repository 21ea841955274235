//! An answer as a `CheckResponse`. What is no decision but an outage becomes an error of the call, so that Envoy's own
//! `failure_mode_allow` and `status_on_error` apply, as they do to a 5xx over HTTP.

use std::convert::Infallible;
use std::future::{Ready, ready};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue as HttpHeaderValue, Response, StatusCode};
use http_body_util::combinators::WithTrailers;
use http_body_util::{BodyExt as _, Full};

use super::frame;
use super::message::{
    CheckResponse, DeniedHttpResponse, HeaderValue, HeaderValueOption, HttpResponse, HttpStatus, OkHttpResponse, Status,
};
use crate::answer::HttpAnswer;

pub(crate) type GrpcAnswer = Response<WithTrailers<Full<Bytes>, Ready<Option<Result<HeaderMap, Infallible>>>>>;

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
/// Codes of gRPC, in calls and in `google.rpc.Status`.
const OK: i32 = 0;
const PERMISSION_DENIED: i32 = 7;
const UNIMPLEMENTED: i32 = 12;
const UNAVAILABLE: i32 = 14;
/// Headers that tell the upstream what was decided.
const OURS: &str = "x-parapet-";

/// The answer to a check.
pub(super) fn of(answer: HttpAnswer) -> GrpcAnswer {
    let (head, body) = answer.into_parts();
    if head.status.is_server_error() {
        return call(UNAVAILABLE, Bytes::new());
    }
    let body = body.into_whole();
    let message = if head.status == StatusCode::OK {
        let headers = headers(&head.headers, |name| name.as_str().starts_with(OURS));
        CheckResponse {
            status: Some(Status { code: OK }),
            http_response: Some(HttpResponse::Ok(OkHttpResponse { headers })),
        }
    } else {
        let denied = DeniedHttpResponse {
            status: Some(HttpStatus { code: i32::from(head.status.as_u16()) }),
            headers: headers(&head.headers, |_| true),
            body: String::from_utf8_lossy(&body).into_owned(),
        };
        CheckResponse {
            status: Some(Status { code: PERMISSION_DENIED }),
            http_response: Some(HttpResponse::Denied(denied)),
        }
    };
    call(OK, frame::encode(&message))
}

/// The answer to any other call.
pub(super) fn unimplemented() -> GrpcAnswer {
    call(UNIMPLEMENTED, Bytes::new())
}

fn headers(headers: &HeaderMap, passes: impl Fn(&HeaderName) -> bool) -> Vec<HeaderValueOption> {
    let readable = headers.iter().filter(|(name, _)| passes(name));
    let readable =
        readable.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    let header = |(key, value)| HeaderValueOption { header: Some(HeaderValue { key, value, raw_value: Vec::new() }) };
    readable.map(header).collect()
}

fn call(code: i32, body: Bytes) -> GrpcAnswer {
    let trailers = HeaderMap::from_iter([(GRPC_STATUS, HttpHeaderValue::from(code))]);
    let mut answer = Response::new(Full::new(body).with_trailers(ready(Some(Ok(trailers)))));
    answer.headers_mut().insert(CONTENT_TYPE, HttpHeaderValue::from_static("application/grpc"));
    answer
}
