//! Lets a list of offers go: items that are refused are left out, and the rest goes against the same proofs as any body.

use std::collections::BTreeSet;

use parapet_domain::{Folded, RefusalKind};
use parapet_surfaces::mcp::cut;

use super::{Released, release};
use crate::error::{GatewayError, Stop};
use crate::exchange::Exchange;
use crate::held::Held;
use crate::record::Receipted;

/// The body without the refused items of the array at `list`; `items` says for each event which item it is about. What is about
/// no item refuses the whole, and so does an outage: a list without what could not be judged would look like all there is.
pub(crate) fn release_offers(
    exchange: &Exchange<'_>,
    mut held: Held,
    receipts: Vec<Receipted>,
    list: &str,
    items: &[Option<usize>],
) -> Result<Released, Stop> {
    if receipts.len() != items.len() || receipts.len() != held.expected {
        return Err(GatewayError::Internal("a list has other events than were judged").into());
    }
    let (mut kept, mut left_out) = (Vec::new(), BTreeSet::new());
    for (receipted, item) in receipts.into_iter().zip(items) {
        match (&receipted.folded, item) {
            (Folded::Refused(refusal), Some(item)) if refusal.kind != RefusalKind::Unavailable => {
                left_out.insert(*item);
            }
            _ => kept.push(receipted),
        }
    }
    held.expected = kept.len();
    let released = release(exchange, held, kept)?;
    if left_out.is_empty() {
        return Ok(released);
    }
    let body = cut(&released.into_bytes(), list, &left_out);
    body.map(|body| Released::all(body.into()))
        .map_err(|_| GatewayError::Internal("an item of a list cannot be left out").into())
}
