//! One message in a gRPC body: a flag for compression, the length, the bytes (gRPC over HTTP/2, "Length-Prefixed-Message").

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;

use super::malformed;
use crate::error::GatewayError;

/// Bytes before the message.
const PREFIX: usize = 5;

/// The only message of a body. Compressed ones are refused, as what they unfold to has no limit.
pub(super) fn decode<M: Message + Default>(body: &Bytes) -> Result<M, GatewayError> {
    let bad = || malformed("is no single uncompressed gRPC message");
    let (prefix, message) = body.split_at_checked(PREFIX).ok_or_else(bad)?;
    let &[0, a, b, c, d] = prefix else { return Err(bad()) };
    if usize::try_from(u32::from_be_bytes([a, b, c, d])) != Ok(message.len()) {
        return Err(bad());
    }
    M::decode(body.slice(PREFIX..)).map_err(|_| malformed("is no `envoy.service.auth.v3.CheckRequest`"))
}

/// A body of one message.
pub(super) fn encode(message: &impl Message) -> Bytes {
    let message = message.encode_to_vec();
    let mut body = BytesMut::with_capacity(PREFIX + message.len());
    body.put_u8(0);
    body.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    body.extend_from_slice(&message);
    body.freeze()
}
