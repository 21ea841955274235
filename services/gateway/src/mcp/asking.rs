//! One HTTP request of a client, before anything of its body is read.

use http::HeaderMap;
use parapet_domain::Principal;

use super::conversation::Key;
use super::headers::Terms;
use crate::app::Inner;
use crate::config::{McpRoute, Target};
use crate::error::GatewayError;
use crate::exchange::Exchange;
use crate::routes::LiveRoute;
use crate::trace::Trace;
use crate::upstream::HttpClient;

/// Who asks, where and how.
pub(super) struct Asking<'a> {
    pub(super) app: &'a Inner,
    pub(super) live: &'a LiveRoute,
    pub(super) route: &'a McpRoute,
    pub(super) trace: &'a Trace,
    pub(super) headers: HeaderMap,
    pub(super) terms: Terms,
    pub(super) principal: Option<Principal>,
    /// The session of its events.
    pub(super) session: Option<String>,
    pub(super) query: bool,
}

impl<'a> Asking<'a> {
    /// A new exchange.
    pub(super) fn exchange(&self) -> Exchange<'a> {
        let mut exchange = Exchange::new(self.app, self.live, self.trace, self.principal.clone(), self.session.clone());
        exchange.query = self.query.then_some(());
        exchange
    }

    /// The conversation, if the server has given it a session.
    pub(super) fn key(&self) -> Option<Key> {
        let session = self.terms.session.clone()?;
        let principal = self.principal.as_ref().map(|principal| principal.id.clone());
        Some(Key { route: self.live.config.name.clone(), principal, session })
    }

    /// Where the server is.
    pub(super) fn server(&self) -> Result<(&'a Target, &'a HttpClient), GatewayError> {
        match (&self.route.target, &self.live.client) {
            (Some(target), Some(client)) => Ok((target, client)),
            _ => Err(GatewayError::Internal("a route without an upstream is served")),
        }
    }
}
