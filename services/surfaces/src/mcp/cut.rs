//! Leaves items out of an array; every other byte stays.

use std::collections::BTreeSet;

use crate::document::{Document, Shape};
use crate::error::clip;
use crate::{RewriteError, pointer};

/// `body` without the items of the array at `list` whose indices are `left_out`.
///
/// # Errors
/// The body has no such array, or the array no such item.
pub fn cut(body: &[u8], list: &str, left_out: &BTreeSet<usize>) -> Result<Vec<u8>, RewriteError> {
    let Some(last) = left_out.last() else { return Ok(body.to_vec()) };
    let not_found = || RewriteError::NotFound(clip(list.to_owned()));
    let document = Document::parse(body).map_err(RewriteError::Body)?;
    let segments = pointer::segments(list).ok_or_else(not_found)?;
    let node = segments.iter().try_fold(document.root(), |node, key| node.get(key)).ok_or_else(not_found)?;
    let Shape::Array(items) = &node.shape else { return Err(not_found()) };
    if *last >= items.len() {
        return Err(not_found());
    }
    let mut out = Vec::with_capacity(body.len());
    out.extend_from_slice(body.get(..node.range().start).unwrap_or_default());
    out.push(b'[');
    let kept = items.iter().enumerate().filter(|(index, _)| !left_out.contains(index));
    for (n, (_, item)) in kept.enumerate() {
        if n > 0 {
            out.push(b',');
        }
        out.extend_from_slice(document.raw(item).as_bytes());
    }
    out.push(b']');
    out.extend_from_slice(body.get(node.range().end..).unwrap_or_default());
    Ok(out)
}
