//! Every request passes here, through these gates in this order. A gate that closes names its reason.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures_util::FutureExt;
use http::header::UPGRADE;
use http::request::Parts;
use http::{HeaderMap, Method, Request};
use hyper::body::Incoming;
use parapet_domain::{Principal, Surface};
use tokio::sync::{SemaphorePermit, oneshot};
use tokio::time::timeout;

use crate::answer::{HttpAnswer, released, stopped, turned_away};
use crate::app::Inner;
use crate::arrived::{Arrived, Arriving};
use crate::asked::{self, Asking};
use crate::config::{Asker, Credential, LimitKey, RouteKind};
use crate::error::GatewayError;
use crate::exchange::Exchange;
use crate::follow;
use crate::headers::judgeable;
use crate::intercept::{Intercepted, intercept};
use crate::mcp;
use crate::outgoing::{Feed, Outgoing};
use crate::rate;
use crate::relay::{AHEAD, Relay};
use crate::routes::LiveRoute;
use crate::telemetry;
use crate::trace::{REQUEST_ID, Trace};
use crate::write;

/// Header with the conversation that a request belongs to.
const SESSION: &str = "x-parapet-session";
const MAX_SESSION_BYTES: usize = 256;

/// As [`answer_arrived`].
pub(crate) async fn answer(app: &Arc<Inner>, peer: SocketAddr, request: Request<Incoming>) -> HttpAnswer {
    let (head, body) = request.into_parts();
    answer_arrived(app, peer, Arrived { head, body: Arriving::Stream(body) }).await
}

/// The answer to a request, in every case. It is worked on in a task of its own, so that what has begun is judged and
/// recorded to its end even when the caller hangs up, which drops this future.
pub(crate) async fn answer_arrived(app: &Arc<Inner>, peer: SocketAddr, arrived: Arrived) -> HttpAnswer {
    let (reply, answered) = oneshot::channel();
    app.exchanges.spawn(work(Arc::clone(app), peer, arrived, reply));
    answered.await.unwrap_or_else(|_| turned_away(None, &GatewayError::Internal("no answer")))
}

async fn work(app: Arc<Inner>, peer: SocketAddr, arrived: Arrived, reply: oneshot::Sender<HttpAnswer>) {
    let trace = Trace::begin(&arrived.head.headers, &app.telemetry);
    let live = match &arrived.body {
        Arriving::Stream(_) => app.routes.at(arrived.head.uri.path()),
        Arriving::Described(described) => app.routes.ext_authz(described.route.as_deref()),
    };
    let mut caller = Caller { app: &app, live, peer, trace: &trace, started: Instant::now(), reply: Some(reply) };
    // A defect in one request must not end the others on its connection.
    let handled = AssertUnwindSafe(handle(&mut caller, arrived)).catch_unwind().await;
    if let Err(error) = handled.unwrap_or(Err(GatewayError::Internal("panic"))) {
        caller.answer(Err(error));
    }
}

/// Who asked, and waits for one answer.
pub(crate) struct Caller<'a> {
    pub(crate) app: &'a Arc<Inner>,
    live: Option<&'a LiveRoute>,
    pub(crate) peer: SocketAddr,
    pub(crate) trace: &'a Trace,
    started: Instant,
    /// Taken by the first answer.
    reply: Option<oneshot::Sender<HttpAnswer>>,
}

impl Caller<'_> {
    /// Completes when the caller has gone without an answer. Never, once it has one.
    pub(crate) async fn gone(&mut self) {
        match &mut self.reply {
            Some(reply) => reply.closed().await,
            None => std::future::pending().await,
        }
    }

    /// Answers, unless that has been done.
    pub(crate) fn answer(&mut self, handled: Result<HttpAnswer, GatewayError>) {
        let Some(reply) = self.reply.take() else { return };
        let Self { app, live, peer, trace, .. } = *self;
        let mut answer = handled.unwrap_or_else(|error| turned_away(live.map(surface), &error));
        answer.headers_mut().insert(REQUEST_ID, trace.request_id.clone());
        let (route, status) = (live.map_or("none", |live| live.config.name.as_str()), answer.status().as_u16());
        app.metrics.requested(route, status);
        telemetry::answered(trace.span.as_ref(), live, &trace.request_id, answer.status());
        let duration_us = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        // A caller that has gone takes no answer.
        let answered = reply.send(answer).is_ok();
        tracing::info!(route.name = route, http.status = status, trace.id = %trace.id, net.peer = %peer, answered, duration_us, "request");
    }
}

const fn surface(live: &LiveRoute) -> Surface {
    live.config.kind.shape()
}

async fn handle(caller: &mut Caller<'_>, arrived: Arrived) -> Result<(), GatewayError> {
    let Caller { app, live, peer, trace, .. } = *caller;
    let _at_work = app.metrics.at_work();
    let Arrived { head, body } = arrived;
    if live.is_none() && head.uri.path().starts_with(follow::APPROVALS) {
        let _place = admit(app)?;
        let answer = follow::show(app, peer, &head.method, head.uri.path(), &head.headers).await?;
        caller.answer(Ok(answer));
        return Ok(());
    }
    let live = live.ok_or(GatewayError::UnknownPath)?;
    let body = match (&live.config.kind, body) {
        (RouteKind::Mcp(route), Arriving::Stream(body)) => {
            return Box::pin(mcp::serve(caller, live, route, Request::from_parts(head, body))).await;
        }
        (RouteKind::Write, Arriving::Stream(body)) => {
            return Box::pin(write::serve(caller, live, Request::from_parts(head, body))).await;
        }
        (_, body) => body,
    };
    check_protocol(&head, &live.config.kind)?;
    let credential = asked::credential(app, &live.config.kind, body.asker().unwrap_or(&head.headers))?;
    let need = asked::principal_need(&live.config.kind, live.config.principal, credential);
    let principal = app.identity.authenticate(peer.ip(), &head.headers, need).await?;
    take_rates(app, live, credential, principal.as_ref())?;
    let session = session(&head.headers)?;
    let path = body.path(live, &head);
    let (body, _room, source) = body.received(app, &head.headers).await?;
    // Taken last: who is slow to send, or not known, holds no place that others could work in.
    let _place = admit(app)?;

    let mut exchange = Exchange::new(app, live, trace, principal, session);
    exchange.query = head.uri.query().map(|_| ());
    let limit = app.limits.request;
    let asking = Asking { credential, headers: &head.headers, path, source: source.as_deref() };
    let (answer, rest) = {
        let mut exchanged = pin!(answer_of(&mut exchange, &asking, body));
        match timeout(limit, &mut exchanged).await {
            Ok(answered) => answered,
            Err(_) => {
                // The caller waits no longer. The exchange goes on to its own end, which the limits of the upstream and the
                // guards set, so that what it did is on record.
                caller.answer(Err(GatewayError::TooSlow(limit.as_millis())));
                exchanged.await
            }
        }
    };
    caller.answer(Ok(answer));
    if let Some(Rest { first, relay, feed }) = rest {
        relay.run(&mut exchange, first, feed).await;
    }
    app.metrics.took(exchange.overhead());
    Ok(())
}

/// What follows the head of a streamed answer.
struct Rest {
    first: Bytes,
    relay: Box<Relay>,
    feed: Feed,
}

/// The exchange itself.
async fn answer_of(exchange: &mut Exchange<'_>, asking: &Asking<'_>, body: Bytes) -> (HttpAnswer, Option<Rest>) {
    match &exchange.live.config.kind {
        RouteKind::Asked { asker, .. } => (asked::answer(exchange, asker, asking, body).await, None),
        RouteKind::Model(..) | RouteKind::Generic(..) | RouteKind::Mcp(_) | RouteKind::Write => {
            match intercept(exchange, asking.headers, body).await {
                Ok(Intercepted::Whole(head, body)) => (released(exchange, &head, Outgoing::whole(body)), None),
                Ok(Intercepted::Begun(head, first, relay)) => {
                    let (feed, body) = Outgoing::fed(AHEAD);
                    (released(exchange, &head, body), Some(Rest { first, relay, feed }))
                }
                Err(stop) => (stopped(exchange, &stop), None),
            }
        }
    }
}

/// Only what can be judged: one POST with one JSON body, as it is.
fn check_protocol(head: &Parts, kind: &RouteKind) -> Result<(), GatewayError> {
    if head.headers.contains_key(UPGRADE) || head.method == Method::CONNECT {
        return Err(GatewayError::Upgrade);
    }
    // Envoy asks with the method and the type of the request that it holds, which may have no body.
    if matches!(kind, RouteKind::Asked { asker: Asker::ExtAuthz(_), .. }) {
        return Ok(());
    }
    if head.method != Method::POST {
        return Err(GatewayError::Method);
    }
    judgeable(&head.headers)
}

/// The limits whose keys are known before the body is.
pub(crate) fn take_rates(
    app: &Inner,
    live: &LiveRoute,
    credential: Option<&Credential>,
    principal: Option<&Principal>,
) -> Result<(), GatewayError> {
    let route = &live.config.name;
    rate::take(app, route, LimitKey::Route, route)?;
    if asked::body_may_name(&live.config.kind, credential) {
        return Ok(());
    }
    rate::take(app, route, LimitKey::Agent, &live.config.agent)?;
    rate::take(app, route, LimitKey::Principal, principal.map_or("", |user| user.id.as_str()))
}

/// A place for the request, if there is one: better a quick no than a queue without end.
pub(crate) fn admit(app: &Inner) -> Result<SemaphorePermit<'_>, GatewayError> {
    app.admission.try_acquire().map_err(|_| GatewayError::Overloaded(app.limits.concurrent_requests))
}

/// The conversation that the caller names.
pub(crate) fn session(headers: &HeaderMap) -> Result<Option<String>, GatewayError> {
    let Some(value) = headers.get(SESSION) else { return Ok(None) };
    let text = value.to_str().ok().filter(|text| (1..=MAX_SESSION_BYTES).contains(&text.len()));
    text.filter(|text| text.bytes().all(|b| b.is_ascii_graphic()))
        .map(|text| Some(text.to_owned()))
        .ok_or(GatewayError::Header(SESSION))
}
