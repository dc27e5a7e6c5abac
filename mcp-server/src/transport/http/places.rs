//! Places for what is in progress: requests and streams are counted apart, and what exceeds them is refused at once
//! instead of waiting.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use hyper::{
    Method, StatusCode,
    header::{HeaderValue, RETRY_AFTER},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::{TaskTracker, task_tracker::TaskTrackerToken};

use super::{answer::failure, held::Held};

/// Maximum number of requests in progress.
const MAX_REQUESTS: usize = 256;

/// Seconds after which a refused client may try again.
const RETRY_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// The places of a server.
pub(crate) struct Places {
    max_requests: usize,
    max_streams: usize,
    requests: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    /// Answers that are not finished, without streams.
    calls: TaskTracker,
}

/// The place of a request, taken until its answer has been read.
struct Place {
    _permit: OwnedSemaphorePermit,
    _call: Option<TaskTrackerToken>,
}

impl Places {
    /// Creates the places of a server with this many connections at most.
    pub(super) fn new(connections: usize) -> Self {
        let requests = MAX_REQUESTS.min(connections / 4);
        // As many connections are left for clients that are refused, or between two requests.
        let streams = connections.saturating_sub(2 * requests);
        Self {
            max_requests: requests,
            max_streams: streams,
            requests: Arc::new(Semaphore::new(requests)),
            streams: Arc::new(Semaphore::new(streams)),
            calls: TaskTracker::new(),
        }
    }

    /// Returns the numbers of requests and of streams in progress.
    pub(super) fn taken(&self) -> (usize, usize) {
        let taken = |all: usize, places: &Semaphore| all - places.available_permits().min(all);
        (taken(self.max_requests, &self.requests), taken(self.max_streams, &self.streams))
    }

    /// Completes when all calls in progress are answered.
    pub(super) async fn calls_have_ended(&self) {
        self.calls.close();
        self.calls.wait().await;
    }

    fn take(&self, is_stream: bool) -> Option<Place> {
        let places = if is_stream { &self.streams } else { &self.requests };
        let permit = Arc::clone(places).try_acquire_owned().ok()?;
        Some(Place { _permit: permit, _call: (!is_stream).then(|| self.calls.token()) })
    }
}

/// Lets a request in if there is a place for it. A layer of every route that does work.
pub(crate) async fn admit(State(places): State<Arc<Places>>, request: Request, next: Next) -> Response {
    // Clients of the protocol listen for events with GET.
    let is_stream = request.method() == Method::GET;
    let Some(place) = places.take(is_stream) else {
        let what = if is_stream { "streams are open" } else { "requests are in progress" };
        return busy(&format!("too many {what}: try again in a moment"));
    };
    let response = next.run(request).await;
    response.map(|body| Body::new(Held::new(body, place)))
}

/// Returns the refusal of a request for which there is no place.
pub(super) fn busy(description: &str) -> Response {
    let mut response = failure(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", description);
    response.headers_mut().insert(RETRY_AFTER, RETRY_SECONDS);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_leave_places_for_requests() {
        let places = Places::new(1_024);
        let streams: Vec<_> = (0..2_000).map_while(|_| places.take(true)).collect();
        assert_eq!(streams.len(), 512);
        let requests: Vec<_> = (0..2_000).map_while(|_| places.take(false)).collect();
        assert_eq!(requests.len(), 256);
        assert_eq!(places.taken(), (256, 512));
        drop(streams);
        assert!(places.take(true).is_some() && places.take(false).is_none());
    }

    #[tokio::test]
    async fn a_stream_is_no_call_in_progress() {
        let places = Places::new(1_024);
        let _stream = places.take(true);
        places.calls_have_ended().await;
    }
}
