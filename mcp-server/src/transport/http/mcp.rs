//! MCP over HTTP: one request or notification, and the streams of a session.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http_body_util::Full;
use hyper::{
    HeaderMap, Method, StatusCode,
    header::{CONTENT_TYPE, HeaderName},
};
use rmcp::{
    ErrorData,
    model::{ErrorCode, ProtocolVersion, RequestId},
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{HttpOptions, answer::as_json, held::Held, limits, places::busy};
use crate::protocol::{
    Handler,
    message::{self, Input, Refused},
};

/// Maximum size of a body. A message has at most 20,000 bytes; a JSON escape turns one byte into six.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Maximum number of sessions, for clients of older protocol versions. A session ends after five silent minutes.
const MAX_SESSIONS: usize = 1_000;

const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// Answers the requests of the protocol.
pub(super) struct Mcp {
    protocol: StreamableHttpService<Handler, LocalSessionManager>,
    sessions: Arc<LocalSessionManager>,
    streams: CancellationToken,
    used_ids: UsedIds,
}

/// Ids of the requests in progress, each with its session.
type UsedIds = Arc<Mutex<HashSet<String>>>;

/// The id of a request in progress. Free again once it is dropped.
struct UsedId {
    id: String,
    used: UsedIds,
}

impl Mcp {
    pub(super) fn new(handler: Handler, options: &HttpOptions) -> Self {
        let sessions = Arc::new(LocalSessionManager::default());
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(!options.stateless)
            // An answer in one piece if no event precedes it; otherwise a stream of events.
            .with_json_response(true)
            .with_max_request_body_bytes(MAX_BODY_BYTES)
            // Hosts and origins are checked for all routes.
            .disable_allowed_hosts()
            .disable_allowed_origins();
        let streams = config.cancellation_token.clone();
        let protocol = StreamableHttpService::new(move || Ok(handler.clone()), Arc::clone(&sessions), config);
        Self { protocol, sessions, streams, used_ids: UsedIds::default() }
    }

    /// Ends the streams on which clients listen for notifications of the server.
    pub(super) fn end_streams(&self) {
        self.streams.cancel();
    }

    pub(super) async fn answer(State(mcp): State<Arc<Self>>, request: Request) -> Response {
        match *request.method() {
            Method::POST => mcp.receive(request).await,
            Method::DELETE => {
                let mut response = mcp.protocol.handle(request).await.into_response();
                // The session has ended by then, and the Python SDK treats "accepted" as a failure.
                if response.status() == StatusCode::ACCEPTED {
                    *response.status_mut() = StatusCode::NO_CONTENT;
                }
                response
            }
            _ => mcp.protocol.handle(request).await.into_response(),
        }
    }

    async fn receive(&self, request: Request) -> Response {
        let (mut head, body) = request.into_parts();
        let body = match limits::read_body(body, MAX_BODY_BYTES).await {
            Ok(body) => body,
            Err(refusal) => return *refusal,
        };
        let mut used_id = None;
        let body = if is_json(&head.headers) {
            match message::read(&body) {
                Ok(Input::One(incoming)) => {
                    if self.is_one_session_too_many(&incoming, &head.headers).await {
                        return busy("too many clients: try again in a few minutes");
                    }
                    if let Some((id, session)) = incoming.request_id().zip(head.headers.get(&SESSION_ID)) {
                        let key = format!("{} {id:?}", session.to_str().unwrap_or_default());
                        used_id = UsedId::new(key, &self.used_ids);
                        if used_id.is_none() {
                            return refusal(&head.headers, Some(&id), &message::id_in_use());
                        }
                    }
                    incoming.put_into(&mut head.extensions, body)
                }
                Ok(Input::Batch(_)) => return refusal(&head.headers, None, &message::not_a_message()),
                // The protocol's library does not know the method in this version.
                Err(Refused { initializes: true, .. }) if !is_older(&head.headers) => body,
                Err(Refused { id, error, .. }) => return refusal(&head.headers, id.as_ref(), &error),
            }
        } else {
            // The protocol's library says what is wrong with the headers.
            body
        };
        let response = self.protocol.handle(Request::from_parts(head, Full::new(body))).await.into_response();
        match used_id {
            None => response,
            Some(used_id) => response.map(|body| Body::new(Held::new(body, used_id))),
        }
    }

    /// Reports whether the message would begin a session beyond the maximum.
    async fn is_one_session_too_many(&self, message: &message::Incoming, headers: &HeaderMap) -> bool {
        let begins =
            message.message.get("method").is_some_and(|method| method == "initialize") && is_older(headers);
        begins && self.sessions.sessions.read().await.len() >= MAX_SESSIONS
    }
}

impl UsedId {
    /// Uses an id; `None` if a request in progress has it.
    fn new(id: String, used: &UsedIds) -> Option<Self> {
        let is_free = used.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone());
        is_free.then(|| Self { id, used: Arc::clone(used) })
    }
}

impl Drop for UsedId {
    fn drop(&mut self) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// Returns the answer to a message that cannot be handled. Clients of older protocol versions look for the error of a
/// valid request in an answer of status 200.
fn refusal(headers: &HeaderMap, id: Option<&RequestId>, error: &ErrorData) -> Response {
    let status = match error.code {
        ErrorCode::PARSE_ERROR | ErrorCode::INVALID_REQUEST => StatusCode::BAD_REQUEST,
        _ if is_older(headers) => StatusCode::OK,
        ErrorCode::METHOD_NOT_FOUND => StatusCode::NOT_FOUND,
        _ => StatusCode::BAD_REQUEST,
    };
    as_json(status, json!({"jsonrpc": "2.0", "id": id, "error": error}).to_string())
}

/// Reports whether the client's protocol version is one with sessions.
fn is_older(headers: &HeaderMap) -> bool {
    let version = headers.get(&PROTOCOL_VERSION).and_then(|value| value.to_str().ok());
    version.is_none_or(|version| version < ProtocolVersion::V_2026_07_28.as_str())
}
