//! Receives a request's body, within its limits.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body_util::{BodyExt, Collected, LengthLimitError, Limited};
use hyper::body::Incoming;
use tokio::time::timeout;

use crate::config::Limits;
use crate::error::GatewayError;

/// How much of a body that is too long is still taken in, as a multiple of the limit, and for how long: a caller that is
/// cut off while it sends would not see why.
const DISCARDED_LIMITS: usize = 4;
const DISCARD_TIME: Duration = Duration::from_secs(2);

/// The whole body.
pub(crate) async fn read_body(limits: &Limits, headers: &HeaderMap, mut body: Incoming) -> Result<Bytes, GatewayError> {
    let max = limits.body_bytes;
    let stated = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let read = if stated.is_some_and(|stated| stated > max) {
        Err(GatewayError::BodyTooLarge(max))
    } else {
        collect(limits, &mut body).await
    };
    if matches!(read, Err(GatewayError::BodyTooLarge(_))) {
        let _ = timeout(DISCARD_TIME, discard(&mut body, max.saturating_mul(DISCARDED_LIMITS))).await;
    }
    read
}

async fn collect(limits: &Limits, body: &mut Incoming) -> Result<Bytes, GatewayError> {
    let max = limits.body_bytes;
    let read = timeout(limits.body_read, Limited::new(body, max).collect()).await;
    let read = read.map_err(|_| GatewayError::BodyTooSlow(limits.body_read.as_millis()))?;
    read.map(Collected::to_bytes).map_err(|error| {
        if error.is::<LengthLimitError>() { GatewayError::BodyTooLarge(max) } else { GatewayError::BodyCutOff }
    })
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
