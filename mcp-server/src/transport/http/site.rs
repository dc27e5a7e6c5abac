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
    routing::any,
};
use dingtalk_config::Door;
use hyper::{
    Method, StatusCode,
    body::Incoming,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, ORIGIN, VARY, WWW_AUTHENTICATE},
};
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_service::Service as _;
use tracing::Instrument as _;

use super::{
    access::{Access, word_for},
    answer::failure,
    mcp::Mcp,
    places::{Places, admit},
};
use crate::{
    metrics::{Answered, Metrics},
    protocol::request_id::{self, REQUEST_ID},
};

/// The path of the protocol.
const MCP: &str = "/mcp";

/// Seconds for which a browser remembers the answer to a preflight.
const PREFLIGHT_SECONDS: u64 = 600;

/// Everything that a listener serves.
pub(super) struct Front {
    guard: Arc<Guard>,
    metrics: Metrics,
    /// For requests from pages that may read the answers.
    cross_origin: Router,
    router: Router,
}

/// The access control in force.
pub(super) struct Guard(RwLock<Arc<Access>>);

/// A part of the server, with what its requests need.
#[derive(Clone)]
struct Entrance {
    guard: Arc<Guard>,
    door: Door,
}

/// Facts about a request for its log line and metrics.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) door: &'static str,
    /// Name of the sender's token.
    pub(super) token: Option<Arc<str>>,
}

impl Guard {
    pub(super) fn new(access: Access) -> Self {
        Self(RwLock::new(Arc::new(access)))
    }

    /// Checks all further requests by this access control.
    pub(super) fn replace(&self, access: Access) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(access);
    }

    pub(super) fn access(&self) -> Arc<Access> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Adds the layers of a door to its routes: the sender's token, and a place.
pub(super) fn door(routes: Router, door: Door, guard: &Arc<Guard>, places: &Arc<Places>) -> Router {
    let entrance = Entrance { guard: Arc::clone(guard), door };
    routes
        .route_layer(from_fn_with_state(Arc::clone(places), admit))
        .route_layer(from_fn_with_state(entrance, authenticate))
}

/// The routes of MCP.
pub(super) fn mcp(mcp: &Arc<Mcp>) -> Router {
    let routes = Router::new().route(MCP, any(Mcp::answer)).route(&format!("{MCP}/"), any(Mcp::answer));
    routes.with_state(Arc::clone(mcp))
}

impl Front {
    /// Serves these doors, also below a path prefix if there is one.
    pub(super) fn new(doors: Router, prefix: &str, guard: &Arc<Guard>, metrics: Metrics) -> Self {
        let router = if prefix.is_empty() { doors } else { doors.clone().nest(prefix, doors) };
        let router = router.fallback(unknown_path);
        let cross_origin = router.clone().layer(cross_origin());
        Self { guard: Arc::clone(guard), metrics, cross_origin, router }
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
            let seen = response.extensions().get::<Seen>();
            let door = seen.map_or("other", |seen| seen.door);
            let token = seen.and_then(|seen| seen.token.as_deref());
            let (status, after) = (response.status().as_u16(), started.elapsed());
            self.metrics.answered(&Answered { door, token, status, after });
            let elapsed_ms = after.as_millis();
            tracing::debug!(name: "dingtalk_notify.answered", door, token, status, elapsed_ms, "answered");
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
async fn authenticate(State(entrance): State<Entrance>, mut request: Request, next: Next) -> Response {
    let access = entrance.guard.access();
    let sender = access
        .check_names(request.uri(), request.headers())
        .and_then(|()| access.identify(request.headers(), entrance.door));
    let (token, mut response) = match sender {
        Ok(sender) => {
            let token = sender.name().cloned();
            if let Some(rights) = &sender.rights {
                request.extensions_mut().insert(Arc::clone(rights));
            }
            request.extensions_mut().insert(sender);
            (token, next.run(request).await)
        }
        Err(refusal) => (None, *refusal),
    };
    response.extensions_mut().insert(Seen { door: word_for(entrance.door), token });
    response
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
