//! The body of an answer, which counts as in progress until it has been read.

use std::{
    collections::HashSet,
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use http_body_util::combinators::BoxBody;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio_util::task::task_tracker::TaskTrackerToken;

/// Ids of the requests in progress, each with its session.
pub(super) type UsedIds = Arc<Mutex<HashSet<String>>>;

/// The id of a request in progress. Free again once it is dropped.
pub(super) struct UsedId {
    id: String,
    used: UsedIds,
}

impl UsedId {
    /// Uses an id; `None` if a request in progress has it.
    pub(super) fn new(id: String, used: &UsedIds) -> Option<Self> {
        let is_free = used.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone());
        is_free.then(|| Self { id, used: Arc::clone(used) })
    }
}

impl Drop for UsedId {
    fn drop(&mut self) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

/// Holds its token until it has been read, or its reader has disconnected. Its length is known if the body's is: a
/// complete answer is sent as one piece.
pub(super) struct TrackedBody {
    pub(super) body: BoxBody<Bytes, Infallible>,
    pub(super) _token: TaskTrackerToken,
    pub(super) _id: Option<UsedId>,
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
