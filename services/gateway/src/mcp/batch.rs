//! Bodies of one message or several.

use bytes::Bytes;
use parapet_surfaces::mcp::{McpError, Sender, Split, split};

use super::carry::{Outcome, carry};
use super::conversation::Conversation;
use crate::config::McpRoute;
use crate::exchange::Exchange;

/// What becomes of the messages of a body, in their order.
pub(super) struct Outcomes {
    /// Whether the body was an array.
    pub(super) batch: bool,
    pub(super) all: Vec<Outcome>,
}

/// Carries each message of a body.
pub(super) async fn carry_all(
    exchange: &mut Exchange<'_>,
    route: &McpRoute,
    conversation: &Conversation,
    sender: Sender,
    body: Bytes,
    batches: bool,
) -> Result<Outcomes, McpError> {
    let places = match split(&body, batches)? {
        Split::One => {
            let one = carry(exchange, route, conversation, sender, body).await;
            return Ok(Outcomes { batch: false, all: vec![one] });
        }
        Split::Batch(places) => places,
    };
    let mut all = Vec::with_capacity(places.len());
    for place in places {
        all.push(carry(exchange, route, conversation, sender, body.slice(place)).await);
    }
    Ok(Outcomes { batch: true, all })
}

/// One message as it is, several as an array.
pub(super) fn join(messages: &[Bytes], batch: bool) -> Bytes {
    if let ([one], false) = (messages, batch) {
        return one.clone();
    }
    let mut out = Vec::with_capacity(messages.iter().map(|message| message.len() + 1).sum::<usize>() + 1);
    out.push(b'[');
    for (n, message) in messages.iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        out.extend_from_slice(message);
    }
    out.push(b']');
    out.into()
}
