//! The body of an answer: whole, or fed piece by piece while the caller reads. A feeder that is ahead of the caller
//! waits, so that what is held of a stream has a bound.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

/// What goes out after the head of an answer.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// All of it is there. Taken once.
    Whole(Option<Bytes>),
    /// It comes from a [`Feed`], and ends with it.
    Fed(mpsc::Receiver<Bytes>),
}

/// The other end of a fed body. Dropping it ends the body.
#[derive(Debug, Clone)]
pub(crate) struct Feed(mpsc::Sender<Bytes>);

/// The caller has gone: nobody reads what would be sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CallerGone;

impl Outgoing {
    /// A body that is all there.
    pub(crate) const fn whole(bytes: Bytes) -> Self {
        Self::Whole(Some(bytes))
    }

    /// All of it; nothing of a body that is still fed.
    pub(crate) fn into_whole(self) -> Bytes {
        match self {
            Self::Whole(bytes) => bytes.unwrap_or_default(),
            Self::Fed(_) => Bytes::new(),
        }
    }

    /// A body and its feed, which runs at most `ahead` pieces ahead of the caller.
    pub(crate) fn fed(ahead: usize) -> (Feed, Self) {
        let (sender, receiver) = mpsc::channel(ahead.max(1));
        (Feed(sender), Self::Fed(receiver))
    }
}

impl Feed {
    /// Hands over the next piece, once there is room for it.
    pub(crate) async fn send(&self, piece: Bytes) -> Result<(), CallerGone> {
        self.0.send(piece).await.map_err(|_| CallerGone)
    }

    /// Completes when the caller has gone.
    pub(crate) async fn gone(&self) {
        self.0.closed().await;
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match &mut *self {
            Self::Whole(bytes) => {
                Poll::Ready(bytes.take().filter(|bytes| !bytes.is_empty()).map(|b| Ok(Frame::data(b))))
            }
            Self::Fed(receiver) => receiver.poll_recv(cx).map(|piece| piece.map(|piece| Ok(Frame::data(piece)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Self::Fed(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Self::Fed(_) => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_whole_body_states_its_length_and_comes_once() {
        let mut body = Outgoing::whole(Bytes::from_static(b"hello"));
        assert_eq!(body.size_hint().exact(), Some(5));
        assert_eq!((&mut body).collect().await.unwrap().to_bytes(), "hello");
        assert!(body.is_end_stream());
        assert!(Outgoing::whole(Bytes::new()).is_end_stream());
    }

    #[tokio::test]
    async fn a_fed_body_ends_with_its_feed() {
        let (feed, body) = Outgoing::fed(2);
        feed.send(Bytes::from_static(b"a")).await.unwrap();
        feed.send(Bytes::from_static(b"b")).await.unwrap();
        drop(feed);
        assert_eq!(body.collect().await.unwrap().to_bytes(), "ab");
    }

    #[tokio::test]
    async fn a_feed_that_is_ahead_waits_for_the_caller() {
        let (feed, mut body) = Outgoing::fed(1);
        feed.send(Bytes::from_static(b"a")).await.unwrap();
        let mut second = std::pin::pin!(feed.send(Bytes::from_static(b"b")));
        assert!(futures_util::poll!(&mut second).is_pending());
        body.frame().await.unwrap().unwrap();
        assert_eq!(second.await, Ok(()));
    }

    #[tokio::test]
    async fn a_feed_learns_that_its_caller_has_gone() {
        let (feed, body) = Outgoing::fed(1);
        drop(body);
        feed.gone().await;
        assert_eq!(feed.send(Bytes::from_static(b"a")).await, Err(CallerGone));
    }
}
