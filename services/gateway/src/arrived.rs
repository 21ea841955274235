//! A request as it comes to the router: one of a caller, or one that a proxy holds and describes.

use bytes::Bytes;
use http::HeaderMap;
use http::request::Parts;
use hyper::body::Incoming;

use crate::app::Inner;
use crate::body::{Taken, read_body};
use crate::error::GatewayError;
use crate::routes::LiveRoute;

/// A request that has a head.
pub(crate) struct Arrived {
    pub(crate) head: Parts,
    pub(crate) body: Arriving,
}

/// The rest of a request.
pub(crate) enum Arriving {
    /// Still on its way.
    Stream(Incoming),
    /// The head is that of somebody else's request, which a proxy holds and asks about.
    Described(Box<Described>),
}

/// What a proxy tells besides the head of the request that it asks about.
pub(crate) struct Described {
    /// That request's body.
    pub(crate) body: Bytes,
    /// Headers of the proxy's own request.
    pub(crate) asker: HeaderMap,
    /// The route that it asks on, where there are several.
    pub(crate) route: Option<String>,
    /// The peer that it authenticated by its certificate.
    pub(crate) source: Option<String>,
}

impl Arriving {
    /// Headers of whoever asks, where they are not those of the request itself.
    pub(crate) fn asker(&self) -> Option<&HeaderMap> {
        match self {
            Self::Stream(_) => None,
            Self::Described(described) => Some(&described.asker),
        }
    }

    /// What of the path is not the route's own.
    pub(crate) fn path<'h>(&self, live: &LiveRoute, head: &'h Parts) -> &'h str {
        let path = head.uri.path();
        match self {
            Self::Stream(_) => path.strip_prefix(live.config.path.as_str()).unwrap_or_default(),
            Self::Described(_) => path,
        }
    }

    /// The body, its hold on the room for bodies, and the peer that a proxy names.
    pub(crate) async fn received<'a>(
        self,
        app: &'a Inner,
        headers: &HeaderMap,
    ) -> Result<(Bytes, Option<Taken<'a>>, Option<String>), GatewayError> {
        match self {
            Self::Stream(body) => {
                let (body, room) = read_body(app, headers, body).await?;
                Ok((body, Some(room), None))
            }
            // It came within a message, which holds its own room.
            Self::Described(described) => Ok((described.body, None, described.source)),
        }
    }
}
