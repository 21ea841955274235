//! Lets a body go: the only place where held bytes come out, and only against both proofs for every event.

mod offers;

use bytes::Bytes;
use parapet_domain::{Edit, Folded, Permitted, Refusal, RefusalKind};
use parapet_store::Recorded;
use parapet_surfaces::{Draft, RewriteError, WindowedAnswer, rewrite};
use uuid::Uuid;

use crate::error::{GatewayError, Stop};
use crate::exchange::Exchange;
use crate::fold::Content;
use crate::held::{Body, Held};
use crate::record::Receipted;

pub(crate) use offers::release_offers;

/// Bytes that may leave. Made here alone.
pub(crate) struct Released {
    bytes: Bytes,
    coming: Option<Box<WindowedAnswer>>,
}

impl Released {
    const fn all(bytes: Bytes) -> Self {
        Self { bytes, coming: None }
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// What may leave of a window, and the answer of which more is to come.
    pub(crate) fn into_window(self) -> (Bytes, Option<Box<WindowedAnswer>>) {
        (self.bytes, self.coming)
    }
}

/// The body with all edits made; or, if one event is refused, the gravest refusal.
pub(crate) fn release(exchange: &Exchange<'_>, held: Held, receipts: Vec<Receipted>) -> Result<Released, Stop> {
    let mut permitted = Vec::with_capacity(receipts.len());
    let mut refused: Option<(Refusal, Uuid)> = None;
    for Receipted { folded, recorded, id, .. } in receipts {
        match folded {
            Folded::Permitted(content) => permitted.push((content, recorded)),
            Folded::Refused(refusal)
                if refused.as_ref().is_none_or(|(worst, _)| gravity(refusal.kind) > gravity(worst.kind)) =>
            {
                refused = Some((refusal, id));
            }
            Folded::Refused(_) => {}
        }
    }
    match refused {
        Some((refusal, id)) => Err(Stop::Refused { refusal: Box::new(refusal), decision_id: Some(id) }),
        None => let_go(held, permitted).map_err(|error| {
            tracing::error!(exchange.id = %exchange.id, error, "nothing released");
            Stop::Failed(GatewayError::Internal(error))
        }),
    }
}

fn let_go(held: Held, permitted: Vec<(Permitted<Content>, Recorded)>) -> Result<Released, &'static str> {
    if permitted.len() != held.expected {
        return Err("a body has other events than were judged");
    }
    if permitted.iter().any(|(content, receipt)| content.approval() != receipt.approval()) {
        return Err("an approval is not used up by the record of its decision");
    }
    let contents = permitted.into_iter().map(|(content, _receipt)| content.into_parts());
    let edits: Vec<_> =
        contents.filter(|(_, edits)| !edits.is_empty()).map(|(content, edits)| (content.draft(), edits)).collect();
    if let Body::Window(mut answer) = held.body {
        let drawn = answer.draw(&by_draft(&edits)).map_err(|_| IMPOSSIBLE)?;
        answer.advance(&drawn);
        return Ok(Released { bytes: drawn.bytes.into(), coming: Some(answer) });
    }
    // Tried before the record was written: a failure here is a defect.
    edited(&held, &edits).map(Released::all).map_err(|_| IMPOSSIBLE)
}

const IMPOSSIBLE: &str = "edits that could be made cannot be made now";

fn by_draft(edits: &[(Draft, Vec<Edit>)]) -> Vec<(&Draft, &[Edit])> {
    edits.iter().map(|(draft, edits)| (draft, edits.as_slice())).collect()
}

/// The held bytes with `edits` made; without any, exactly as they came.
pub(crate) fn edited(held: &Held, edits: &[(Draft, Vec<Edit>)]) -> Result<Bytes, RewriteError> {
    let edits = by_draft(edits);
    match &held.body {
        Body::Window(answer) => answer.draw(&edits).map(|drawn| drawn.bytes.into()),
        Body::Whole(body) if edits.is_empty() => Ok(body.clone()),
        Body::Whole(body) => rewrite(body, &edits).map(Bytes::from),
        Body::Stream { judged, .. } if edits.is_empty() => Ok(judged.clone()),
        Body::Stream { api, assembled, .. } => {
            let body = rewrite(assembled, &edits)?;
            api.replay(&body).map(Bytes::from).map_err(RewriteError::Body)
        }
    }
}

/// Which refusal speaks for the body, in the order of the fold.
const fn gravity(kind: RefusalKind) -> u8 {
    match kind {
        RefusalKind::ApprovalRequired => 0,
        RefusalKind::Unavailable => 1,
        RefusalKind::GuardFailed => 2,
        RefusalKind::Blocked => 3,
    }
}
