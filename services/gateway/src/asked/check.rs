//! `POST /v1/check`: Parapet's own API. Whatever was decided is the answer, refusals included.

use bytes::Bytes;
use parapet_surfaces::Claims;
use parapet_surfaces::check::{parse_request, render_decision};

use super::{identity, one_event, query};
use crate::answer::{HttpAnswer, context, http, with_decision};
use crate::config::Credential;
use crate::error::{GatewayError, Stop};
use crate::exchange::Exchange;
use crate::held::{Body, Held};
use crate::identity::IdentityError;
use crate::record::Receipted;
use crate::{approval, fold, judge, record, remember};

pub(super) async fn decide(
    exchange: &mut Exchange<'_>,
    credential: Option<&Credential>,
    body: Bytes,
) -> Result<HttpAnswer, Stop> {
    let check = parse_request(&body).map_err(GatewayError::from)?;
    // Here a claim is meant as one, so that it is refused rather than passed over.
    if check.asserts_identity() && !identity::may_assert(credential) {
        return Err(GatewayError::from(IdentityError::MayNotAssert).into());
    }
    if let Some(agent) = check.agent {
        exchange.agent = agent;
    }
    identity::take_claims(exchange, credential, Claims { principal: check.principal, session: check.session })?;
    let mut parsed = one_event(check.draft.clone(), check.not_inspected);
    parsed.not_inspected.extend(query(exchange));

    let (held, judged) = judge::judge(exchange, Held::new(Body::Whole(body), parsed)).await;
    let judged = approval::seek(exchange, judged).await;
    let folded = fold::fold(exchange, &held, judged);
    let seen = remember::noted(exchange, &folded);
    let receipts = record::record(exchange, folded).await?;
    let [Receipted { kept: Some(kept), .. }] = receipts.as_slice() else {
        return Err(GatewayError::Internal("a check has one decision").into());
    };
    remember::keep(exchange, seen).await?;
    let context = context(exchange, None);
    Ok(with_decision(exchange, http(render_decision(&kept.record, &kept.ruling, &check.draft, &context))))
}
