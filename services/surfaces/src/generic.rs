//! An agent's own JSON API: the configuration says by JSON Pointers which values are content. Whatever text or number it
//! does not name is listed as not inspected.

use crate::document::Document;
use crate::{Draft, ParsedBody, SurfaceError};

mod mapping;
mod walk;

pub use mapping::{GenericMapping, MappingErrors, PartMapping};

/// Takes a request apart as `mapping` says. One event, at the mapping's stage.
///
/// # Errors
/// The body is no acceptable JSON, lacks a required part, or is over a limit of [`crate::limits`].
pub fn parse_request(body: &[u8], mapping: &GenericMapping) -> Result<ParsedBody, SurfaceError> {
    parse(body, mapping)
}

/// Takes an answer apart as `mapping` says. One event, at the mapping's stage.
///
/// # Errors
/// As for [`parse_request`].
pub fn parse_answer(body: &[u8], mapping: &GenericMapping) -> Result<ParsedBody, SurfaceError> {
    parse(body, mapping)
}

fn parse(body: &[u8], mapping: &GenericMapping) -> Result<ParsedBody, SurfaceError> {
    let document = Document::parse(body)?;
    let out = walk::walk(&document, mapping)?;
    let (not_inspected, not_inspected_total) = out.listing.finish();
    let events = vec![Draft::new(mapping.stage(), out.parts)];
    Ok(ParsedBody { events, not_inspected, not_inspected_total, stream: false, model: None })
}

#[cfg(test)]
mod tests;
