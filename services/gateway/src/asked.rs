//! Routes where another program asks for a decision and acts on it itself. The same steps as for an agent's traffic,
//! except that nothing is forwarded: the answer is the decision, in the words of whoever asks.

mod check;
mod identity;

use bytes::Bytes;
use http::HeaderMap;
use parapet_domain::fold::NotInspected;
use parapet_surfaces::{ParsedBody, Question, SurfaceError, claude_code, ext_authz, litellm};

pub(crate) use identity::{body_may_name, credential, may_assert, principal_need};

use crate::answer::{HttpAnswer, context, http, stopped, with_decision};
use crate::config::{Asker, Credential};
use crate::error::{GatewayError, Stop};
use crate::exchange::Exchange;
use crate::headers::judgeable;
use crate::held::{Body, Held};
use crate::intercept::pass;
use crate::unseen::QUERY_STRING;

/// Envoy's word on whether it sent the whole body along.
const PARTIAL_BODY: &str = "x-envoy-auth-partial-body";

/// What a question comes with besides its body.
pub(crate) struct Asking<'a> {
    /// The key that the asker presented.
    pub(crate) credential: Option<&'a Credential>,
    /// Headers of what is asked about; over HTTP they are the asker's own.
    pub(crate) headers: &'a HeaderMap,
    /// Path of what is asked about, without its query.
    pub(crate) path: &'a str,
    /// The peer that the asker authenticated by its certificate.
    pub(crate) source: Option<&'a str>,
}

/// The decision, or why there is none.
pub(crate) async fn answer(exchange: &mut Exchange<'_>, asker: &Asker, asking: &Asking<'_>, body: Bytes) -> HttpAnswer {
    if matches!(asker, Asker::Check) {
        let decided = check::decide(exchange, asking.credential, body).await;
        return decided.unwrap_or_else(|stop| stopped(exchange, &stop));
    }
    let question = match question(exchange, asker, asking, &body) {
        Ok(question) => question,
        Err(error) => return stopped(exchange, &error.into()),
    };
    match decide(exchange, &question, &body).await {
        Ok(answer) => answer,
        Err(Stop::Refused { refusal, decision_id }) => {
            let context = context(exchange, decision_id);
            with_decision(exchange, http(question.refused(&body, &refusal, &context)))
        }
        Err(stop) => stopped(exchange, &stop),
    }
}

/// Takes the question apart, and whom it is about.
fn question(
    exchange: &mut Exchange<'_>,
    asker: &Asker,
    asking: &Asking<'_>,
    body: &[u8],
) -> Result<Question, GatewayError> {
    let mut question = match asker {
        Asker::Litellm => litellm::parse_question(body)?,
        Asker::ExtAuthz(inspects) => {
            check_envoy(asking.headers, body)?;
            ext_authz::parse_question(asking.path, body, inspects)?
        }
        Asker::ClaudeCode | Asker::Check => claude_code::parse_question(body)?,
    };
    if question.claims.principal.is_none() {
        question.claims.principal = asking.source.map(identity::of_certificate);
    }
    identity::take_claims(exchange, asking.credential, std::mem::take(&mut question.claims))?;
    question.parsed.not_inspected.extend(query(exchange));
    exchange.model = question.parsed.model.take();
    Ok(question)
}

/// A body that is only begun cannot be judged, nor one that its receiver would read in another way.
fn check_envoy(headers: &HeaderMap, body: &[u8]) -> Result<(), GatewayError> {
    if headers.get_all(PARTIAL_BODY).iter().any(|value| value.as_bytes() != b"false") {
        return Err(GatewayError::PartialBody);
    }
    if body.is_empty() { Ok(()) } else { judgeable(headers) }
}

/// Judges, records, and lets go.
async fn decide(exchange: &mut Exchange<'_>, question: &Question, body: &Bytes) -> Result<HttpAnswer, Stop> {
    let mut held = Held::new(Body::Whole(body.clone()), question.parsed.clone());
    held.carried = question.carried;
    let released = pass(exchange, held).await?.into_bytes();
    let reply = question.allowed(body, &released).map_err(|error: SurfaceError| {
        tracing::error!(exchange.id = %exchange.id, %error, "nothing released");
        GatewayError::Internal("a released body is not the one that was asked about")
    })?;
    Ok(with_decision(exchange, http(reply)))
}

/// The query of the request, which no guard sees.
fn query(exchange: &mut Exchange<'_>) -> Option<NotInspected> {
    let listed = || NotInspected { pointer: String::new(), reason: QUERY_STRING.to_owned() };
    exchange.query.take().map(|()| listed())
}

/// A body of one event.
fn one_event(draft: parapet_surfaces::Draft, not_inspected: Vec<NotInspected>) -> ParsedBody {
    ParsedBody { events: vec![draft], not_inspected, ..ParsedBody::default() }
}
