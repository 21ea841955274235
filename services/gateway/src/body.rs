//! Receives a request's body, within its own limits and the room that all bodies share.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::app::Inner;
use crate::error::GatewayError;

/// How much of a body that is too long is still taken in, as a multiple of the limit, and for how long: a caller that is
/// cut off while it sends would not see why.
const DISCARDED_LIMITS: usize = 4;
const DISCARD_TIME: Duration = Duration::from_secs(2);
/// One permit of the shared room stands for this many bytes.
const UNIT: usize = 1 << 10;

/// The room for bodies, shared by all requests. It is taken as bytes arrive, so that who states much and sends little
/// holds little.
pub(crate) struct BodyRoom(Semaphore);

/// What one body holds of the room, until the request is done with it.
pub(crate) struct Taken<'a> {
    room: &'a BodyRoom,
    permit: Option<SemaphorePermit<'a>>,
    bytes: usize,
}

impl BodyRoom {
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Semaphore::new(bytes.div_ceil(UNIT).min(Semaphore::MAX_PERMITS)))
    }

    const fn take(&self) -> Taken<'_> {
        Taken { room: self, permit: None, bytes: 0 }
    }
}

impl Taken<'_> {
    /// Room for `bytes` in all.
    fn grow(&mut self, bytes: usize) -> Result<(), GatewayError> {
        let more = bytes.div_ceil(UNIT).saturating_sub(self.bytes.div_ceil(UNIT));
        let more = u32::try_from(more).map_err(|_| GatewayError::NoRoom)?;
        let permit = self.room.0.try_acquire_many(more).map_err(|_| GatewayError::NoRoom)?;
        match &mut self.permit {
            Some(held) => held.merge(permit),
            none => *none = Some(permit),
        }
        self.bytes = bytes;
        Ok(())
    }
}

/// The whole body, and its hold on the room.
pub(crate) async fn read_body<'a>(
    app: &'a Inner,
    headers: &HeaderMap,
    mut body: Incoming,
) -> Result<(Bytes, Taken<'a>), GatewayError> {
    let (max, limit) = (app.limits.body_bytes, app.limits.body_read);
    let stated = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let read = if stated.is_some_and(|stated| stated > max) {
        Err(GatewayError::BodyTooLarge(max))
    } else {
        let collected = timeout(limit, collect(&app.body_room, max, stated.unwrap_or(0), &mut body)).await;
        collected.unwrap_or_else(|_| Err(GatewayError::BodyTooSlow(limit.as_millis())))
    };
    if matches!(read, Err(GatewayError::BodyTooLarge(_) | GatewayError::NoRoom)) {
        let _ = timeout(DISCARD_TIME, discard(&mut body, max.saturating_mul(DISCARDED_LIMITS))).await;
    }
    read
}

async fn collect<'a>(
    room: &'a BodyRoom,
    max: usize,
    stated: usize,
    body: &mut Incoming,
) -> Result<(Bytes, Taken<'a>), GatewayError> {
    let mut taken = room.take();
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| GatewayError::BodyCutOff)?;
        let Ok(data) = frame.into_data() else { continue };
        let length = whole.len().saturating_add(data.len());
        if length > max {
            return Err(GatewayError::BodyTooLarge(max));
        }
        taken.grow(length)?;
        // A body that comes in one piece is kept as it came.
        if whole.is_empty() && data.len() == stated {
            return Ok((data, taken));
        }
        whole.extend_from_slice(&data);
    }
    Ok((whole.freeze(), taken))
}

/// Reads on, keeping nothing.
async fn discard(body: &mut Incoming, most: usize) {
    let mut left = most;
    while let Some(Ok(frame)) = body.frame().await {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        if left == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_taken_as_a_body_grows_and_given_back_with_it() {
        let room = BodyRoom::new(4 * UNIT);
        let mut one = room.take();
        one.grow(1).unwrap();
        one.grow(UNIT).unwrap();
        assert_eq!(room.0.available_permits(), 3, "one unit holds up to its size");
        one.grow(3 * UNIT).unwrap();
        let mut other = room.take();
        other.grow(UNIT).unwrap();
        assert!(matches!(other.grow(UNIT + 1), Err(GatewayError::NoRoom)));
        drop(one);
        other.grow(UNIT + 1).unwrap();
        drop(other);
        assert_eq!(room.0.available_permits(), 4);
    }
}
