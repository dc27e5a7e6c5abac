//! Answers to operators: the health of a server, its readiness, and its metrics.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
    routing::get,
};
use dingtalk_config::Door;
use hyper::{StatusCode, header::CONTENT_TYPE};
use serde_json::json;

use super::{
    access::{Access, word_for},
    answer::as_json,
    mcp::Mcp,
    places::Places,
    site::{Guard, Seen},
};
use crate::metrics::{self, InUse, Metrics};

/// The path for checks that restart a process.
const HEALTH: &str = "/healthz";

/// The path for checks that send requests elsewhere.
const READY: &str = "/readyz";

/// The path of the metrics.
const METRICS: &str = "/metrics";

/// Sources of the answers to operators.
pub(super) struct Operation {
    pub(super) metrics: Metrics,
    pub(super) places: Arc<Places>,
    /// `None` if the process has no clients.
    mcp: Option<Arc<Mcp>>,
    pub(super) connections: Arc<AtomicUsize>,
    stops: AtomicBool,
}

impl Operation {
    pub(super) fn new(metrics: Metrics, places: Arc<Places>, mcp: Option<Arc<Mcp>>) -> Self {
        Self { metrics, places, mcp, connections: Arc::default(), stops: AtomicBool::new(false) }
    }

    /// Reports from now on that no more requests should come.
    pub(super) fn stop(&self) {
        self.stops.store(true, Ordering::Relaxed);
    }

    fn in_use(&self) -> InUse {
        let (requests, streams) = self.places.taken();
        InUse {
            requests,
            streams,
            connections: self.connections.load(Ordering::Relaxed),
            sessions: self.mcp.as_ref().map_or(0, |mcp| mcp.sessions()),
        }
    }
}

/// The routes of a listener at this address.
pub(super) fn routes(operation: &Arc<Operation>, guard: &Arc<Guard>, listener: SocketAddr) -> Router {
    let state = Routes { operation: Arc::clone(operation), guard: Arc::clone(guard), listener };
    Router::new()
        .route(HEALTH, get(async || seen("healthz", "the server is running\n".into_response())))
        .route(READY, get(ready))
        .route(METRICS, get(read_metrics))
        .with_state(state)
}

/// State of the routes of one listener.
#[derive(Clone)]
struct Routes {
    operation: Arc<Operation>,
    guard: Arc<Guard>,
    listener: SocketAddr,
}

/// Says in words whether requests may be sent here. With `verbose` in its query, it is as private as the metrics, and
/// describes the queue and the robots.
async fn ready(State(state): State<Routes>, request: Request) -> Response {
    let operation = &state.operation;
    let (status, words) = if operation.stops.load(Ordering::Relaxed) {
        (StatusCode::SERVICE_UNAVAILABLE, "the server is stopping")
    } else if operation.metrics.refresh().await {
        (StatusCode::OK, "the server is ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the store of the queue cannot be used")
    };
    let query = request.uri().query().unwrap_or_default();
    if !query.split('&').any(|pair| pair.split('=').next() == Some("verbose")) {
        return seen("readyz", (status, format!("{words}\n")).into_response());
    }
    if let Err(refusal) = state.may_read(&request) {
        return seen("readyz", *refusal);
    }
    let described = json!({
        "ready": status == StatusCode::OK, "status": words, "queue": operation.metrics.describe_source(),
    });
    seen("readyz", as_json(status, described.to_string()))
}

impl Routes {
    /// Refuses a request without a token, except on this machine.
    fn may_read(&self, request: &Request) -> Result<(), Box<Response>> {
        let (headers, uri) = (request.headers(), request.uri());
        if !Access::is_local(headers, uri, self.listener) {
            self.guard.access().identify(headers, Door::Metrics)?;
        }
        Ok(())
    }
}

async fn read_metrics(State(state): State<Routes>, request: Request) -> Response {
    if let Err(refusal) = state.may_read(&request) {
        return seen(word_for(Door::Metrics), *refusal);
    }
    state.operation.metrics.refresh().await;
    let text = state.operation.metrics.text(&state.operation.in_use());
    seen(word_for(Door::Metrics), ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response())
}

fn seen(door: &'static str, mut response: Response) -> Response {
    response.extensions_mut().insert(Seen { door, token: None });
    response
}
