//! `POST` to the path of the route writes a document, `GET` below it reads one. A caller that hangs up stops its document: all
//! that is written is kept, and the same request goes on from there.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::UPGRADE;
use http::{HeaderMap, Method, Request};
use hyper::body::Incoming;
use parapet_domain::Principal;
use parapet_surfaces::write::{WriteRequest, is_id, parse_request};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use super::answer::{named, reply, whole};
use super::desks::Desk;
use super::telling::Telling;
use super::{DocumentError, Documents, Passages, Writing};
use crate::answer::http;
use crate::body::read_body;
use crate::error::GatewayError;
use crate::headers::judgeable;
use crate::router::{Caller, admit, take_rates};
use crate::routes::LiveRoute;

/// Steps that may wait for the caller. One that is slower misses steps, and never the end.
const STEPS: usize = 256;
/// Pause after which a stream shows that it is alive.
const BEAT: Duration = Duration::from_secs(15);

/// Answers the caller.
pub(crate) async fn serve<'a>(
    caller: &mut Caller<'a>,
    live: &'a LiveRoute,
    request: Request<Incoming>,
) -> Result<(), GatewayError> {
    let (head, body) = request.into_parts();
    if head.headers.contains_key(UPGRADE) || head.method == Method::CONNECT {
        return Err(GatewayError::Upgrade);
    }
    let below = head.uri.path().strip_prefix(live.config.path.as_str()).unwrap_or_default();
    let id = below.strip_prefix('/').map(str::to_owned);
    match id {
        Some(_) if head.method != Method::GET => return Err(GatewayError::DocumentMethod),
        None if head.method != Method::POST => return Err(GatewayError::Method),
        _ => {}
    }
    let (app, need) = (caller.app, live.config.principal);
    let principal = app.identity.authenticate(caller.peer.ip(), &head.headers, need).await?;
    take_rates(app, live, None, principal.as_ref())?;
    let asking = Asking { live, headers: &head.headers, principal };
    match id {
        Some(id) => show(caller, asking, id).await,
        None => {
            judgeable(&head.headers)?;
            let (body, room) = read_body(app, &head.headers, body).await?;
            let asked = parse_request(&body)?;
            // A document takes long; the room of its request is for others.
            drop((body, room));
            write(caller, asking, asked).await
        }
    }
}

/// Who asks, and where.
struct Asking<'a> {
    live: &'a LiveRoute,
    headers: &'a HeaderMap,
    principal: Option<Principal>,
}

impl Asking<'_> {
    /// The way through the guards of one document, and who writes it.
    fn passages(self, caller: &Caller<'_>, id: &str) -> Result<(Arc<dyn Documents>, Arc<Passages>), GatewayError> {
        let documents = caller.app.documents.clone().ok_or(GatewayError::NoModel)?;
        let (app, route) = (Arc::clone(caller.app), self.live.config.name.clone());
        Ok((documents, Arc::new(Passages::new(app, route, self.principal, id.to_owned(), self.headers))))
    }
}

async fn show(caller: &mut Caller<'_>, asking: Asking<'_>, id: String) -> Result<(), GatewayError> {
    if !is_id(&id) {
        return Err(GatewayError::UnknownDocument);
    }
    let (app, live) = (caller.app, asking.live);
    let _place = admit(app)?;
    let (documents, passages) = asking.passages(caller, &id)?;
    let shown = match app.desks.last_step(&passages) {
        Some(step) => Ok(json!({ "state": "writing", "progress": step })),
        None => documents.show(passages).await,
    };
    let answer = match shown {
        Ok(told) => whole(&id, told),
        Err(error) => named(&id, http(reply(&live.config, &app.sets.current().hash, &error))),
    };
    caller.answer(Ok(answer));
    Ok(())
}

async fn write(caller: &mut Caller<'_>, asking: Asking<'_>, asked: WriteRequest) -> Result<(), GatewayError> {
    let (app, live) = (caller.app, asking.live);
    let id = asked.id.clone().unwrap_or_else(|| Uuid::now_v7().to_string());
    let (documents, passages) = asking.passages(caller, &id)?;
    let desk = app.desks.take(&passages)?;
    let mut telling = Telling::new(caller, id, asked.stream);
    let ended = run(&mut telling, &desk, &*documents, passages, asked, app.stopping.child_token()).await;
    // Given back first: who reads the end may ask for more at once.
    drop(desk);
    let (route, end) = (live.config.name.as_str(), ended.as_ref().map_or_else(DocumentError::end, |_| "complete"));
    app.metrics.streamed(route, end);
    telling.end(&live.config, &app.sets.current().hash, ended).await;
    Ok(())
}

/// Writes, and tells of it.
async fn run(
    telling: &mut Telling<'_, '_>,
    desk: &Desk<'_>,
    documents: &dyn Documents,
    passages: Arc<Passages>,
    asked: WriteRequest,
    stop: tokio_util::sync::CancellationToken,
) -> Result<Value, DocumentError> {
    let (sender, mut steps) = mpsc::channel(STEPS);
    let tell = |step: Value| {
        desk.note(&step);
        // A step that finds no room is missed.
        let _ = sender.try_send(step);
    };
    let mut writing = pin!(documents.write(asked, Writing { passages, tell: &tell, stop: stop.clone() }));
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let ended = loop {
        let told = tokio::select! {
            biased;
            ended = &mut writing => break ended,
            Some(step) = steps.recv() => telling.step(&step).await,
            () = telling.gone(), if !stop.is_cancelled() => Err(crate::outgoing::CallerGone),
            _ = beat.tick() => telling.beat().await,
        };
        if told.is_err() {
            stop.cancel();
        }
    };
    while let Ok(step) = steps.try_recv() {
        // A caller that has gone misses the rest.
        if telling.step(&step).await.is_err() {
            break;
        }
    }
    ended
}
