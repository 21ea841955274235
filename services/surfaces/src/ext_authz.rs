//! Envoy's external authorization: a request to some other service, which Envoy holds until Parapet has decided on it.
//! The body is taken apart as the surface that the route names; an answer can let it pass or not, and cannot change it.

use parapet_domain::fold::NotInspected;
use parapet_domain::{Origin, Part, Role, Stage, Surface};

use crate::generic::{self, GenericMapping};
use crate::limits::MAX_PARTS;
use crate::listing::NO_BODY;
use crate::question::{Carried, Claims, Form, Question};
use crate::{Draft, ModelApi, ParsedBody, SurfaceError};

/// Where the path of the original request stands in coverage lists. No pointer into a body begins without `/`.
pub const PATH: &str = ":path";

/// What the body of the original request is.
#[derive(Debug, Clone)]
pub enum Inspects {
    /// A request to a model server.
    Model(ModelApi),
    /// An agent's own JSON API.
    Generic(Box<GenericMapping>),
}

impl Inspects {
    /// The surface in whose shape a refusal is told.
    #[must_use]
    pub const fn surface(&self) -> Surface {
        match self {
            Self::Model(api) => api.surface(),
            // One plain error, but never with a 2xx.
            Self::Generic(_) => Surface::ExtAuthz,
        }
    }
}

/// Takes the original request apart. `path` is without its query; percent-encoding in it is undone.
///
/// # Errors
/// The body does not fit `inspects`, or the path is no UTF-8 once it is decoded.
pub fn parse_question(path: &str, body: &[u8], inspects: &Inspects) -> Result<Question, SurfaceError> {
    let mut parsed = match inspects {
        _ if body.is_empty() => without_body(),
        Inspects::Model(api) => api.parse_request(body)?,
        Inspects::Generic(mapping) => generic::parse_request(body, mapping)?,
    };
    let text = decoded(path).ok_or_else(|| SurfaceError::shape(PATH, "has to be UTF-8 in percent-encoding"))?;
    let part =
        Part { name: Some("path".to_owned()), pointer: PATH.to_owned(), ..Part::text(Role::User, Origin::User, text) };
    if parsed.events.iter().map(|draft| draft.parts.len()).sum::<usize>() >= MAX_PARTS {
        return Err(SurfaceError::TooManyParts);
    }
    match parsed.events.first_mut() {
        Some(first) => first.parts.push(part),
        None => parsed.events.push(Draft::new(Stage::Input, vec![part])),
    }
    let form = Form::ExtAuthz(inspects.surface());
    Ok(Question { parsed, claims: Claims::default(), carried: Carried::Under(&[]), form })
}

/// A proxy that is not told to send bodies along looks the same as a request without one, so both are listed.
fn without_body() -> ParsedBody {
    ParsedBody {
        events: vec![Draft::new(Stage::Input, Vec::new())],
        not_inspected: vec![NotInspected { pointer: String::new(), reason: NO_BODY.to_owned() }],
        not_inspected_total: 1,
        ..ParsedBody::default()
    }
}

fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = if first == b'%' { tail.split_at_checked(2) } else { None };
        let value = escaped.and_then(|(digits, after)| {
            let digits = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()))?;
            Some((u8::from_str_radix(digits, 16).ok()?, after))
        });
        let (byte, after) = value.unwrap_or((first, tail));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests;
