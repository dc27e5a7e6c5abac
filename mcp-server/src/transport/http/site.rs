//! Routes and their layers: what every request meets before the work begins.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Instant,
};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::{any, get},
};
use hyper::{
    Method, StatusCode,
    body::Incoming,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, ORIGIN, VARY, WWW_AUTHENTICATE},
};
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_service::Service as _;
use tracing::Instrument as _;

use super::{
    access::Access,
    answer::failure,
    mcp::Mcp,
    places::{Places, admit},
};
use crate::protocol::request_id::{self, REQUEST_ID};

/// The path of the protocol.
const MCP: &str = "/mcp";

/// The path for health checks.
const HEALTH: &str = "/healthz";

/// Seconds for which a browser remembers the answer to a preflight.
const PREFLIGHT_SECONDS: u64 = 600;

/// Everything that a listener serves.
pub(super) struct Site {
    guard: Arc<Guard>,
    places: Arc<Places>,
    /// For requests from pages that may read the answers.
    cross_origin: Router,
    router: Router,
}

/// The access control in force.
struct Guard(RwLock<Arc<Access>>);

impl Guard {
    fn access(&self) -> Arc<Access> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Site {
    pub(super) fn new(access: Access, places: Places, mcp: &Arc<Mcp>) -> Self {
        let guard = Arc::new(Guard(RwLock::new(Arc::new(access))));
        let places = Arc::new(places);
        let doors = Router::new()
            .route(MCP, any(Mcp::answer))
            .route(&format!("{MCP}/"), any(Mcp::answer))
            .with_state(Arc::clone(mcp))
            .route_layer(from_fn_with_state(Arc::clone(&places), admit))
            .route_layer(from_fn_with_state(Arc::clone(&guard), authenticate));
        let router = Router::new()
            .route(HEALTH, get(async || "the server is running\n"))
            .merge(doors)
            .fallback(unknown_path);
        let cross_origin = router.clone().layer(cross_origin());
        Self { guard, places, cross_origin, router }
    }

    pub(super) fn places(&self) -> &Places {
        &self.places
    }

    /// Answers a request, under an id that the logs have too.
    pub(super) async fn respond(&self, mut request: hyper::Request<Incoming>) -> Response {
        let started = Instant::now();
        let id = request_id::of_headers(request.headers());
        request.headers_mut().insert(REQUEST_ID, id.clone());
        let span = tracing::info_span!(
            "dingtalk_notify.http",
            request_id = id.to_str().unwrap_or_default(),
            method = %request.method(),
        );
        let access = self.guard.access();
        let is_cross_origin = access.names_origin(request.headers());
        let mut router = if is_cross_origin { self.cross_origin.clone() } else { self.router.clone() };
        let answer = async {
            let Ok(response) = router.call(request).await;
            let (status, elapsed_ms) = (response.status().as_u16(), started.elapsed().as_millis());
            tracing::debug!(name: "dingtalk_notify.answered", status, elapsed_ms, "answered");
            response
        };
        let mut response = answer.instrument(span).await;
        if access.has_named_origins() && !is_cross_origin {
            response.headers_mut().append(VARY, HeaderValue::from_static("Origin"));
        }
        response.headers_mut().insert(REQUEST_ID, id);
        response
    }
}

/// Lets a request in that is for this server, from an allowed origin, and has the token.
async fn authenticate(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let access = guard.access();
    let allowed = access
        .check_names(request.uri(), request.headers())
        .and_then(|()| access.identify(request.headers()));
    match allowed {
        Ok(_) => next.run(request).await,
        Err(refusal) => *refusal,
    }
}

/// Clients that look for OAuth read this, too.
async fn unknown_path() -> Response {
    let problem = "nothing is served at this path; MCP is served at /mcp. This server has no OAuth: send its token as \
                   `Authorization: Bearer …`";
    failure(StatusCode::NOT_FOUND, "not_found", problem)
}

/// Returns what browsers need to let a page read an answer. Only for origins that were allowed by name, and without
/// credentials: a page sends the token itself.
fn cross_origin() -> CorsLayer {
    let name = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(AllowOrigin::mirror_request())
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([
            AUTHORIZATION,
            CONTENT_TYPE,
            ACCEPT,
            name("mcp-session-id"),
            name("mcp-protocol-version"),
            name("last-event-id"),
            name("mcp-method"),
            name("mcp-name"),
        ])
        .expose_headers([name("mcp-session-id"), WWW_AUTHENTICATE, REQUEST_ID])
        .max_age(std::time::Duration::from_secs(PREFLIGHT_SECONDS))
        .vary([ORIGIN])
}
