//! One request and its answer: what all events of it share, and what has been decided so far.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parapet_domain::event::EVENT_VERSION;
use parapet_domain::{Decision, Event, Principal, Timestamp};
use parapet_judge::GuardSet;
use parapet_surfaces::{Draft, Restoring};
use uuid::Uuid;

use crate::app::Inner;
use crate::config::Route;
use crate::mcp::Thread;
use crate::remember::Memory;
use crate::routes::LiveRoute;
use crate::trace::Trace;

pub(crate) struct Exchange<'a> {
    pub(crate) app: &'a Inner,
    pub(crate) live: &'a LiveRoute,
    pub(crate) trace: &'a Trace,
    /// Taken once: request and answer are judged by the same guards, whatever is loaded meanwhile.
    pub(crate) set: Arc<GuardSet>,
    pub(crate) id: Uuid,
    pub(crate) agent: String,
    pub(crate) principal: Option<Principal>,
    pub(crate) session: Option<String>,
    pub(crate) started: Instant,
    /// Time spent waiting for the upstream.
    pub(crate) waited: Duration,
    /// The model that the request named and whether it asked for a stream: refusals answer in kind.
    pub(crate) model: Option<String>,
    pub(crate) stream: bool,
    /// The most severe decision so far, and the first one of that severity.
    pub(crate) worst: Option<(Decision, Uuid)>,
    /// The approval that a person has yet to give.
    pub(crate) approval: Option<Uuid>,
    /// Status of the upstream's answer, when it was no success.
    pub(crate) upstream_status: Option<http::StatusCode>,
    /// The answer is no JSON at all.
    pub(crate) unread_answer: bool,
    /// Whether the request has a query that no guard sees.
    pub(crate) query: Option<()>,
    /// What the events so far tell the guards of later ones.
    pub(crate) memory: Memory,
    /// The tokens in what went to the model, if there are any. They go when the exchange does.
    pub(crate) restoring: Option<Arc<Restoring>>,
    sequence: u32,
}

impl<'a> Exchange<'a> {
    pub(crate) fn new(
        app: &'a Inner,
        live: &'a LiveRoute,
        trace: &'a Trace,
        principal: Option<Principal>,
        session: Option<String>,
    ) -> Self {
        Self {
            app,
            live,
            trace,
            set: app.sets.current(),
            id: Uuid::now_v7(),
            agent: live.config.agent.clone(),
            principal,
            session,
            started: Instant::now(),
            waited: Duration::ZERO,
            model: None,
            stream: false,
            worst: None,
            approval: None,
            upstream_status: None,
            unread_answer: false,
            query: None,
            memory: Memory::default(),
            restoring: None,
            sequence: 0,
        }
    }

    pub(crate) const fn route(&self) -> &'a Route {
        &self.live.config
    }

    /// The next event of this exchange.
    pub(crate) fn event(&mut self, draft: Draft) -> Event {
        let event = self.peek(draft);
        self.sequence = self.sequence.saturating_add(1);
        event
    }

    /// What the next event would be.
    pub(crate) fn peek(&self, draft: Draft) -> Event {
        Event {
            version: EVENT_VERSION.to_owned(),
            id: Uuid::now_v7(),
            exchange_id: self.id,
            sequence: self.sequence,
            at: Timestamp::now(),
            zone: self.app.zone.clone(),
            tenant: self.app.tenant.clone(),
            stage: draft.stage,
            surface: self.route().kind.surface(),
            route: self.route().name.clone(),
            agent: self.agent.clone(),
            principal: self.principal.clone(),
            session: self.session.clone(),
            parts: draft.parts,
            history: None,
        }
    }

    /// Where its next event stands, for an answer that comes another way.
    pub(crate) fn thread(&self) -> Thread {
        Thread { exchange: self.id, sequence: self.sequence, set: Arc::clone(&self.set) }
    }

    /// Goes on with the exchange of the request that is answered. An exchange that has events of its own stays what it is.
    pub(crate) fn follow(&mut self, thread: &Thread) {
        if self.sequence == 0 {
            self.id = thread.exchange;
            self.sequence = thread.sequence;
            self.set = Arc::clone(&thread.set);
        }
    }

    /// Notes a recorded decision.
    pub(crate) fn decided(&mut self, decision: Decision, id: Uuid) {
        if self.worst.is_none_or(|(worst, _)| decision > worst) {
            self.worst = Some((decision, id));
        }
    }

    /// Counts that its upstream gave no usable answer. A server that `parapet mcp wrap` starts has no name but its route's.
    pub(crate) fn upstream_failed(&self, kind: &'static str) {
        let route = self.route();
        let upstream = route.kind.target().map_or(&route.name, |target| &target.upstream.name);
        self.app.metrics.upstream_failed(upstream, kind);
    }

    /// Time spent here and not at the upstream.
    pub(crate) fn overhead(&self) -> Duration {
        self.started.elapsed().saturating_sub(self.waited)
    }
}
