//! Between a client and a server that speak in lines of text: the same steps as over HTTP, without HTTP.

use std::sync::Mutex;
use std::sync::PoisonError;

use bytes::Bytes;
use http::HeaderMap;
use parapet_domain::{Principal, Stage};
use parapet_surfaces::Fault;
use parapet_surfaces::mcp::{Line, Sender, error_reply, fault_reply, line, may_batch};
use uuid::Uuid;

use super::batch::{carry_all, join};
use super::carry::record_unread;
use super::conversation::Conversation;
use super::post::faults;
use crate::app::App;
use crate::config::McpRoute;
use crate::exchange::Exchange;
use crate::trace::Trace;

/// One conversation of a client with the server that its operator put behind Parapet.
pub struct McpBridge {
    app: App,
    route: String,
    principal: Option<Principal>,
    session: String,
    conversation: Conversation,
    /// The version of the protocol, once it is settled.
    version: Mutex<Option<String>>,
}

/// What goes where after a line: whole lines with their ends.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Lines for the client.
    pub to_client: Vec<Bytes>,
    /// Lines for the server.
    pub to_server: Vec<Bytes>,
}

impl App {
    /// A conversation under the rules of the MCP route with this name, on behalf of `principal`; `None` when there is no such route.
    #[must_use]
    pub fn mcp_bridge(&self, route: &str, principal: Option<Principal>) -> Option<McpBridge> {
        self.inner().routes.mcp(route)?;
        Some(McpBridge {
            app: self.clone(),
            route: route.to_owned(),
            principal,
            session: format!("stdio-{}", Uuid::now_v7()),
            conversation: Conversation::default(),
            version: Mutex::default(),
        })
    }
}

impl McpBridge {
    /// Longest line that is taken, in bytes.
    #[must_use]
    pub fn max_line_bytes(&self) -> usize {
        self.app.inner().limits.body_bytes
    }

    /// Carries a line of the client.
    pub async fn from_client(&self, line: Line) -> Carried {
        self.carry(Sender::Client, line).await
    }

    /// Carries a line of the server.
    pub async fn from_server(&self, line: Line) -> Carried {
        self.carry(Sender::Server, line).await
    }

    async fn carry(&self, sender: Sender, line: Line) -> Carried {
        let mut carried = Carried::default();
        let Some((live, route)) = self.app.inner().routes.mcp(&self.route) else { return carried };
        let trace = Trace::begin(&HeaderMap::new(), &self.app.inner().telemetry);
        let session = Some(self.session.clone());
        let mut exchange = Exchange::new(self.app.inner(), live, &trace, self.principal.clone(), session);
        match line {
            Line::Whole(line) => self.carry_line(&mut exchange, route, sender, line.into(), &mut carried).await,
            Line::TooLong => self.too_long(&mut exchange, sender, &mut carried).await,
        }
        exchange.app.metrics.took(exchange.overhead());
        carried
    }

    async fn carry_line(
        &self,
        exchange: &mut Exchange<'_>,
        route: &McpRoute,
        sender: Sender,
        line: Bytes,
        carried: &mut Carried,
    ) {
        // Until a version is settled there are no batches.
        let batches = self.settled().is_some_and(|version| may_batch(Some(&version)));
        let outcomes = match carry_all(exchange, route, &self.conversation, sender, line, batches).await {
            Ok(outcomes) => outcomes,
            Err(error) if sender == Sender::Client => {
                carried.to_client.push(line_of(&error_reply(&error).into()));
                return;
            }
            Err(_) => {
                // The reason of a record that failed is in the log.
                let _ = record_unread(exchange, Stage::ToolResult).await;
                return;
            }
        };
        let (mut on, mut back) = (Vec::new(), Vec::new());
        for outcome in outcomes.all {
            on.extend(outcome.on);
            back.extend(outcome.back);
            if let Some(version) = outcome.version {
                *self.version.lock().unwrap_or_else(PoisonError::into_inner) = Some(version);
            }
        }
        // What is left of a batch goes on as one, without what was refused in it.
        let joined = |messages: &[Bytes]| line_of(&join(messages, outcomes.batch));
        let (on, back) = ((!on.is_empty()).then(|| joined(&on)), (!back.is_empty()).then(|| joined(&back)));
        let (to_client, to_server) = match sender {
            Sender::Client => (back, on),
            Sender::Server => (on, back),
        };
        carried.to_client.extend(to_client);
        carried.to_server.extend(to_server);
    }

    /// A line that is too long says not which request it answers. Rather than that somebody waits for ever, all that wait get
    /// an error; an answer that comes after that is refused.
    async fn too_long(&self, exchange: &mut Exchange<'_>, sender: Sender, carried: &mut Carried) {
        let message = format!("a message is longer than {} bytes, the limit here", self.max_line_bytes());
        if sender == Sender::Client {
            carried.to_client.push(line_of(&fault_reply(None, Fault::BodyTooLarge, &message).into()));
            return;
        }
        tracing::warn!(route.name = %exchange.route().name, "line of the server is too long");
        // The reason of a record that failed is in the log.
        let _ = record_unread(exchange, Stage::ToolResult).await;
        let waiting = self.conversation.take_all(Sender::Client);
        let replies = faults(&self.conversation, &waiting, Fault::AnswerTooLarge, &message);
        carried.to_client.extend(replies.iter().map(line_of));
    }

    /// The server has ended: errors for all that wait.
    #[must_use]
    pub fn server_ended(&self) -> Vec<Bytes> {
        let waiting = self.conversation.take_all(Sender::Client);
        let message = "the server ended before it answered";
        faults(&self.conversation, &waiting, Fault::UpstreamError, message).iter().map(line_of).collect()
    }

    fn settled(&self) -> Option<String> {
        self.version.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn line_of(message: &Bytes) -> Bytes {
    line(message).into()
}
