//! `POST /v1/check`: asks for a decision on content that the caller holds. The same steps as for an agent's traffic,
//! except that the decision itself is the answer.

use bytes::Bytes;
use http::HeaderMap;
use parapet_domain::fold::NotInspected;
use parapet_surfaces::ParsedBody;
use parapet_surfaces::check::{CheckRequest, parse_request, render_decision};

use crate::answer::{HttpAnswer, context, http, stopped, with_decision};
use crate::app::{Inner, LiveRoute};
use crate::config::{Credential, Need, Right, RouteKind};
use crate::error::{GatewayError, Stop};
use crate::exchange::Exchange;
use crate::held::{Body, Held};
use crate::identity::IdentityError;
use crate::record::Receipted;
use crate::unseen::QUERY_STRING;
use crate::{approval, fold, judge, record, remember};

/// The credential that a check presents. Other routes have none: `authorization` there is for the upstream.
pub(crate) fn credential<'a>(
    app: &'a Inner,
    live: &LiveRoute,
    headers: &HeaderMap,
) -> Result<Option<&'a Credential>, IdentityError> {
    let RouteKind::Check { credential: need } = &live.config.kind else { return Ok(None) };
    match (app.credentials.present(headers)?, need) {
        (None, Need::Required) => Err(IdentityError::CredentialMissing),
        (credential, _) => Ok(credential),
    }
}

/// Whether the headers must name the user. Not where the body may.
pub(crate) fn principal_need(live: &LiveRoute, credential: Option<&Credential>) -> Need {
    if may_assert(credential) { Need::Optional } else { live.config.principal }
}

pub(crate) fn may_assert(credential: Option<&Credential>) -> bool {
    credential.is_some_and(|credential| credential.rights.contains(&Right::AssertIdentity))
}

/// The decision, or why there is none.
pub(crate) async fn answer_check(
    exchange: &mut Exchange<'_>,
    credential: Option<&Credential>,
    body: Bytes,
) -> HttpAnswer {
    match decide(exchange, credential, body).await {
        Ok(answer) => answer,
        Err(stop) => stopped(exchange, &stop),
    }
}

async fn decide(exchange: &mut Exchange<'_>, credential: Option<&Credential>, body: Bytes) -> Result<HttpAnswer, Stop> {
    let check = parse_request(&body).map_err(GatewayError::from)?;
    let check = take_identity(exchange, may_assert(credential), check)?;
    let draft = check.draft.clone();
    let mut parsed =
        ParsedBody { events: vec![check.draft], not_inspected: check.not_inspected, ..ParsedBody::default() };
    let query =
        exchange.query.take().map(|()| NotInspected { pointer: String::new(), reason: QUERY_STRING.to_owned() });
    parsed.not_inspected.extend(query);

    let (held, judged) = judge::judge(exchange, Held::new(Body::Whole(body), parsed)).await;
    let judged = approval::seek(exchange, judged).await;
    let folded = fold::fold(exchange, &held, judged);
    let mut seen = remember::noted(exchange, &folded);
    let receipts = record::record(exchange, folded).await?;
    let [Receipted { kept: Some(kept), .. }] = receipts.as_slice() else {
        return Err(GatewayError::Internal("a check has one decision").into());
    };
    if kept.ruling.refusal.is_some() {
        seen.clear();
    }
    remember::keep(exchange, seen).await?;
    let context = context(exchange, None);
    Ok(with_decision(exchange, http(render_decision(&kept.record, &kept.ruling, &draft, &context))))
}

/// Who the check is about: the body's word where the credential allows it, else what the headers proved.
fn take_identity(
    exchange: &mut Exchange<'_>,
    may_assert: bool,
    mut check: CheckRequest,
) -> Result<CheckRequest, GatewayError> {
    if check.asserts_identity() && !may_assert {
        return Err(IdentityError::MayNotAssert.into());
    }
    if check.principal.is_some() && exchange.principal.is_some() {
        return Err(IdentityError::Two.into());
    }
    if let Some(agent) = check.agent.take() {
        exchange.agent = agent;
    }
    exchange.principal = exchange.principal.take().or(check.principal.take());
    exchange.session = check.session.take().or(exchange.session.take());
    if exchange.principal.is_none() && exchange.route().principal == Need::Required {
        return Err(IdentityError::Missing.into());
    }
    Ok(check)
}
