//! `GET /v1/approvals/{id}`: where the `Location` of a question leads. Tells its caller how it stands, and nothing else.

use std::net::SocketAddr;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Response};
use parapet_domain::approval;
use parapet_domain::principal::AuthenticatedBy;
use parapet_domain::{Principal, Timestamp};
use parapet_store::ApprovalRecord;
use serde_json::json;
use tokio::time::timeout;
use uuid::Uuid;

use crate::answer::HttpAnswer;
use crate::app::Inner;
use crate::asked;
use crate::config::{Asker, Need, RouteKind};
use crate::error::GatewayError;
use crate::outgoing::Outgoing;
use crate::routes::LiveRoute;

/// What these paths begin with. No route may have one.
pub(crate) const APPROVALS: &str = "/v1/approvals/";

/// The path of an approval.
pub(crate) fn location(id: Uuid) -> String {
    format!("{APPROVALS}{id}")
}

/// How the approval at `path` stands. One of another user is told as one that is not there.
pub(crate) async fn show(
    app: &Inner,
    peer: SocketAddr,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
) -> Result<HttpAnswer, GatewayError> {
    if method != Method::GET {
        return Err(GatewayError::GetOnly);
    }
    let principal = app.identity.authenticate(peer.ip(), headers, Need::Optional).await?;
    let id =
        path.strip_prefix(APPROVALS).and_then(|id| Uuid::try_parse(id).ok()).ok_or(GatewayError::UnknownApproval)?;
    let now = Timestamp::now();
    let found = timeout(app.approval_timeout, app.store.approval(&app.tenant, id, now)).await;
    let found = found.map_err(|_| GatewayError::ApprovalsAway)?.map_err(|error| {
        tracing::error!(approval.id = %id, %error, "approval cannot be looked up");
        GatewayError::ApprovalsAway
    })?;
    let record = found.filter(|record| is_seen(app, record, principal.as_ref(), headers));
    Ok(answer(&record.ok_or(GatewayError::UnknownApproval)?))
}

/// Whether the caller is the one who asked, by the rules of the route on which it was asked.
fn is_seen(app: &Inner, record: &ApprovalRecord, principal: Option<&Principal>, headers: &HeaderMap) -> bool {
    let Some(live) = app.routes.named(&record.ask.route) else { return false };
    let own = record.ask.principal == principal.map(approval::Asker::from);
    match credential(app, live, headers) {
        Some(may_assert) => own || (may_assert && asserted(record)),
        None => false,
    }
}

/// Whether the caller's key is good enough for the route, and if so, whether it may name the user.
fn credential(app: &Inner, live: &LiveRoute, headers: &HeaderMap) -> Option<bool> {
    let kind = &live.config.kind;
    if !matches!(kind, RouteKind::Asked { .. }) {
        return Some(false);
    }
    let presented = asked::credential(app, kind, headers).ok().map(asked::may_assert);
    match kind {
        // Who follows is the user whose request Envoy holds, and has no key of its own.
        RouteKind::Asked { asker: Asker::ExtAuthz(_), .. } => Some(presented.unwrap_or(false)),
        _ => presented,
    }
}

fn asserted(record: &ApprovalRecord) -> bool {
    record.ask.principal.as_ref().is_some_and(|asker| asker.authenticated_by == AuthenticatedBy::Asserted)
}

fn answer(record: &ApprovalRecord) -> HttpAnswer {
    let body = json!({ "id": record.ask.id, "state": record.state, "expires_at": record.ask.expires_at });
    let mut answer = Response::new(Outgoing::whole(Bytes::from(body.to_string())));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
