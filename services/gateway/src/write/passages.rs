//! The pieces of one document on their way through the guards, each an exchange of its own on the route: judged, folded,
//! recorded, and only then let go. The document is their session, by which an auditor finds all of them.

use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;
use parapet_domain::{Principal, Refusal, RefusalKind, Stage, digest};
use parapet_judge::GuardSet;
use parapet_surfaces::write::Piece;
use serde_json::Value;
use uuid::Uuid;

use super::Withheld;
use crate::app::{App, Inner};
use crate::error::Stop;
use crate::exchange::Exchange;
use crate::held::{Body, Held};
use crate::intercept::pass;
use crate::routes::LiveRoute;
use crate::trace::{REQUEST_ID, TRACEPARENT, Trace};

/// The way of one document's pieces through the guards, on behalf of one user.
pub struct Passages {
    app: Arc<Inner>,
    route: String,
    principal: Option<Principal>,
    document: String,
    /// What ties the pieces to the trace of whoever asked.
    trace: HeaderMap,
    /// The guards that the last [`Self::fingerprint`] was about.
    set: Mutex<Arc<GuardSet>>,
}

/// A piece that may leave. It is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// The decision.
    pub decision: Uuid,
    /// The text with the edits of the guards; absent when there are none.
    pub edited: Option<String>,
}

impl App {
    /// The way through the guards of the `write` route with this name for the document with this id, on behalf of `principal`;
    /// `None` when there is no such route.
    #[must_use]
    pub fn passages(&self, route: &str, principal: Option<Principal>, document: &str) -> Option<Passages> {
        let app = self.shared();
        let name = app.routes.write(route)?.config.name.clone();
        Some(Passages::new(app, name, principal, document.to_owned(), &HeaderMap::new()))
    }
}

impl Passages {
    pub(super) fn new(
        app: Arc<Inner>,
        route: String,
        principal: Option<Principal>,
        document: String,
        headers: &HeaderMap,
    ) -> Self {
        let kept = |name| headers.get(&name).map(|value| (name, value.clone()));
        let trace = [REQUEST_ID, TRACEPARENT].into_iter().filter_map(kept).collect();
        let set = Mutex::new(app.sets.current());
        Self { app, route, principal, document, trace, set }
    }

    /// Id of the document, as its user knows it.
    #[must_use]
    pub fn document(&self) -> &str {
        &self.document
    }

    /// Name of the route.
    #[must_use]
    pub fn route(&self) -> &str {
        &self.route
    }

    /// On whose behalf it is written.
    #[must_use]
    pub const fn principal(&self) -> Option<&Principal> {
        self.principal.as_ref()
    }

    /// 64 hex digits that only this user's document with this id on this route has: what others call the same is another.
    #[must_use]
    pub fn key(&self) -> String {
        let by = self.principal.as_ref().map(|principal| &principal.authenticated_by);
        let by = serde_json::to_string(&by).unwrap_or_default();
        let id = self.principal.as_ref().map_or("", |principal| principal.id.as_str());
        let all = [self.app.tenant.as_str(), &self.route, &by, id, &self.document];
        let digest = digest::of_list("document", all.map(str::as_bytes));
        digest.rsplit(':').next().unwrap_or_default().to_owned()
    }

    /// What the rulings on the pieces depend on: the guards, the route and the user. Until it is asked for again, all pieces are
    /// judged by the guards that it was about.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let set = self.app.sets.current();
        let config = self.app.routes.write(&self.route).map(|live| &live.config);
        let (agent, policy) = config.map(|config| (config.agent.as_str(), config.policy)).unwrap_or_default();
        let (policy, user) = (format!("{policy:?}"), digest::canonical_json(&self.principal).unwrap_or_default());
        let all = [set.hash.as_bytes(), self.route.as_bytes(), agent.as_bytes(), policy.as_bytes(), &user];
        let fingerprint = digest::of_list("passages", all);
        *self.set.lock().unwrap_or_else(PoisonError::into_inner) = set;
        fingerprint
    }

    /// Judges a piece.
    ///
    /// # Errors
    /// It does not leave.
    pub async fn judge(&self, stage: Stage, piece: Piece<'_>) -> Result<Passed, Withheld> {
        let live = self.app.routes.write(&self.route).ok_or_else(|| broken("the route is gone"))?;
        let trace = Trace::begin(&self.trace, &self.app.telemetry);
        let mut exchange = self.exchange(live, &trace);
        let (body, parsed) = piece.body(stage);
        let passed = pass(&mut exchange, Held::new(Body::Whole(body.into()), parsed)).await;
        self.app.metrics.took(exchange.overhead());
        let text_of = |stop| withheld(&exchange, stop);
        let left = piece.released(&passed.map_err(text_of)?.into_bytes());
        match (left, exchange.worst) {
            (Some(left), Some((_, decision))) => {
                Ok(Passed { decision, edited: Some(left).filter(|left| left != piece.text) })
            }
            _ => Err(broken("what was let go is no passage")),
        }
    }

    fn exchange<'a>(&'a self, live: &'a LiveRoute, trace: &'a Trace) -> Exchange<'a> {
        let mut exchange = Exchange::new(&self.app, live, trace, self.principal.clone(), Some(self.document.clone()));
        exchange.set = Arc::clone(&self.set.lock().unwrap_or_else(PoisonError::into_inner));
        exchange
    }
}

impl std::fmt::Debug for Passages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passages").field("route", &self.route).field("document", &self.document).finish_non_exhaustive()
    }
}

fn withheld(exchange: &Exchange<'_>, stop: Stop) -> Withheld {
    match stop {
        Stop::Refused { refusal, decision_id } => {
            Withheld { refusal: *refusal, decision: decision_id, approval: exchange.approval }
        }
        Stop::Failed(error) => broken(&error.to_string()),
    }
}

/// A defect. Nothing is let go.
fn broken(what: &str) -> Withheld {
    tracing::error!(error = what, "a piece of a document could not be judged");
    let refusal = Refusal {
        kind: RefusalKind::Unavailable,
        reason_code: parapet_domain::reason::AUDIT_UNAVAILABLE.to_owned(),
        message: "something in Parapet is broken; nothing was released, and the log says more".to_owned(),
        details: Value::Null,
    };
    Withheld { refusal, decision: None, approval: None }
}
