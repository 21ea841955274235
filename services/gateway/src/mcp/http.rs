//! The three methods of streamable HTTP: `POST` sends messages, `GET` listens, `DELETE` ends the session.

use http::header::UPGRADE;
use http::{Method, Request};
use hyper::body::Incoming;

use super::asking::Asking;
use super::headers::{Terms, check_origin};
use super::{listen, post};
use crate::config::McpRoute;
use crate::error::GatewayError;
use crate::router::{Caller, session, take_rates};
use crate::routes::LiveRoute;

/// Answers the caller.
pub(crate) async fn serve<'a>(
    caller: &mut Caller<'a>,
    live: &'a LiveRoute,
    route: &'a McpRoute,
    request: Request<Incoming>,
) -> Result<(), GatewayError> {
    let (head, body) = request.into_parts();
    if head.headers.contains_key(UPGRADE) || head.method == Method::CONNECT {
        return Err(GatewayError::Upgrade);
    }
    if ![Method::POST, Method::GET, Method::DELETE].contains(&head.method) {
        return Err(GatewayError::McpMethod);
    }
    check_origin(&head.headers, &route.origins)?;
    let terms = Terms::of(&head.headers)?;
    let (app, need) = (caller.app, live.config.principal);
    let principal = app.identity.authenticate(caller.peer.ip(), &head.headers, need).await?;
    take_rates(app, live, None, principal.as_ref())?;
    let session = session(&head.headers)?.or_else(|| terms.session_label());
    let query = head.uri.query().is_some();
    let asking =
        Asking { app, live, route, trace: caller.trace, headers: head.headers, terms, principal, session, query };
    match head.method {
        Method::POST => post::post(caller, &asking, body).await,
        Method::GET => listen::listen(caller, &asking).await,
        _ => listen::end(caller, &asking).await,
    }
}
