//! Redactions that can be undone: tokens in a request that goes to a model, and values in their place in its answer.

use std::iter::repeat_with;
use std::sync::Arc;

use bytes::Bytes;
use parapet_domain::Tokens;
use parapet_surfaces::{HeldAnswer, ParsedBody, Restoring, Room, SurfaceError};
use uuid::Uuid;

use crate::config::RouteKind;
use crate::exchange::Exchange;
use crate::fold::Decided;
use crate::held::{Body, Held};

/// Words that are drawn for an exchange until one does not stand in its request. Almost always the first will do.
const DRAWS: usize = 4;

/// Puts tokens in place of what the edits of a request put there, where the route says so and all of it may leave.
pub(crate) fn stand_in(exchange: &mut Exchange<'_>, held: &Held, all: &mut [Decided]) {
    let (Some(tools), true, Body::Whole(body)) = (&exchange.route().tokens, held.is_request, &held.body) else {
        return;
    };
    let edits: usize = all.iter().map(|decided| decided.ruling.edits.len()).sum();
    if edits == 0 || all.iter().any(|decided| decided.ruling.refusal.is_some()) {
        return;
    }
    let draws = repeat_with(|| Uuid::new_v4().as_u64_pair().1).take(DRAWS);
    let Some(mut tokens) = Tokens::new(draws, body) else {
        exchange.app.metrics.tokens(&exchange.route().name, "plain", edits as u64);
        return;
    };
    let (mut replaced, mut plain) = (0, 0);
    for decided in all {
        plain += tokens.stand_in(&decided.event.parts, &mut decided.ruling, &mut decided.folded);
        decided.tokens.replaced = tokens.count(&decided.ruling.edits);
        replaced += decided.tokens.replaced.values().sum::<u64>();
    }
    exchange.app.metrics.tokens(&exchange.route().name, "replaced", replaced);
    exchange.app.metrics.tokens(&exchange.route().name, "plain", plain);
    if !tokens.is_empty() {
        let api = match exchange.route().kind {
            RouteKind::Model(api, _) => Some(api),
            _ => None,
        };
        exchange.restoring = Some(Arc::new(Restoring::new(tokens, tools.clone(), api)));
    }
}

/// An answer with its values back, to be judged as the client will get it.
pub(crate) fn restored(
    exchange: &Exchange<'_>,
    body: Bytes,
    parsed: ParsedBody,
    parse: impl FnOnce(&[u8]) -> Result<ParsedBody, SurfaceError>,
) -> (Bytes, ParsedBody) {
    let Some(restoring) = &exchange.restoring else { return (body, parsed) };
    let (restored, parsed) = restoring.apply(&body, parsed, Room::default(), parse);
    (restored.map_or(body, Bytes::from), parsed)
}

/// The same for a streamed one.
pub(crate) fn restored_stream(exchange: &Exchange<'_>, held: HeldAnswer) -> HeldAnswer {
    match &exchange.restoring {
        Some(restoring) => held.restored(restoring),
        None => held,
    }
}
