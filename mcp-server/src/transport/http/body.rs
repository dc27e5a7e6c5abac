//! The body of an answer, which counts as in progress until it has been read.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use http_body_util::combinators::BoxBody;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio_util::task::task_tracker::TaskTrackerToken;

/// Holds its token until it has been read, or its reader has disconnected. Its length is known if the body's is: a
/// complete answer is sent as one piece.
pub(super) struct TrackedBody {
    pub(super) body: BoxBody<Bytes, Infallible>,
    pub(super) _token: TaskTrackerToken,
}

impl Body for TrackedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
