//! One request over HTTP: access, route and limits.

use std::{convert::Infallible, sync::Arc, time::Duration, time::Instant};

use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited, combinators::BoxBody};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, WWW_AUTHENTICATE},
};
use rmcp::{
    ErrorData,
    model::{ErrorCode, ProtocolVersion, RequestId},
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use serde_json::json;
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument as _;

use super::{
    HttpOptions,
    access::Access,
    body::{TrackedBody, UsedId, UsedIds},
};
use crate::protocol::{
    Handler,
    message::{self, Input, Refused},
    request_id::{self, REQUEST_ID},
};

pub(super) type Body = BoxBody<Bytes, Infallible>;

/// The path of the protocol.
const MCP: &str = "/mcp";

/// The path for health checks.
const HEALTH: &str = "/healthz";

/// Maximum size of a body. A message has at most 20,000 bytes; a JSON escape turns one byte into six.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Time for a client to send a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Maximum number of sessions, for clients of older protocol versions. A session ends after five silent minutes.
const MAX_SESSIONS: usize = 1_000;

const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// Answers requests.
pub(super) struct Endpoint {
    access: Access,
    protocol: StreamableHttpService<Handler, LocalSessionManager>,
    sessions: Arc<LocalSessionManager>,
    streams: CancellationToken,
    /// Answers that are not finished.
    calls: TaskTracker,
    used_ids: UsedIds,
}

impl Endpoint {
    pub(super) fn new(handler: Handler, access: Access, options: &HttpOptions) -> Self {
        let sessions = Arc::new(LocalSessionManager::default());
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(!options.stateless)
            // An answer in one piece if no event precedes it; otherwise a stream of events.
            .with_json_response(true)
            .with_max_request_body_bytes(MAX_BODY_BYTES);
        let config = access.configure(config);
        let streams = config.cancellation_token.clone();
        let protocol = StreamableHttpService::new(move || Ok(handler.clone()), Arc::clone(&sessions), config);
        Self { access, protocol, sessions, streams, calls: TaskTracker::new(), used_ids: UsedIds::default() }
    }

    /// Completes when all calls in progress are answered.
    pub(super) async fn calls_have_ended(&self) {
        self.calls.close();
        self.calls.wait().await;
    }

    /// Ends the streams on which clients listen for notifications of the server.
    pub(super) fn end_streams(&self) {
        self.streams.cancel();
    }

    pub(super) async fn respond(&self, mut request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let started = Instant::now();
        let id = request_id::of_headers(request.headers());
        request.headers_mut().insert(REQUEST_ID, id.clone());
        let span = tracing::info_span!(
            "dingtalk_notify.http",
            request_id = id.to_str().unwrap_or_default(),
            method = %request.method(),
        );
        let answer = async {
            let response = self.route(request).await;
            let (status, elapsed_ms) = (response.status().as_u16(), started.elapsed().as_millis());
            tracing::debug!(name: "dingtalk_notify.answered", status, elapsed_ms, "answered");
            response
        };
        let mut response = answer.instrument(span).await;
        response.headers_mut().insert(REQUEST_ID, id);
        Ok(response)
    }

    async fn route(&self, request: Request<Incoming>) -> Response<Body> {
        match request.uri().path() {
            HEALTH if matches!(*request.method(), Method::GET | Method::HEAD) => {
                plain(StatusCode::OK, "the server is running\n")
            }
            HEALTH => {
                let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are allowed\n");
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
                response
            }
            MCP if self.access.allows(request.headers()) => self.call(request).await,
            MCP => {
                let mut response =
                    plain(StatusCode::UNAUTHORIZED, "send the server's token as `Authorization: Bearer …`\n");
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                response
            }
            _ => plain(StatusCode::NOT_FOUND, "MCP is served at /mcp\n"),
        }
    }

    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        if request.method() != Method::POST {
            let ends_session = request.method() == Method::DELETE;
            let mut response = self.protocol.handle(request).await;
            // The session has ended by then, and the Python SDK treats "accepted" as a failure.
            if ends_session && response.status() == StatusCode::ACCEPTED {
                *response.status_mut() = StatusCode::NO_CONTENT;
            }
            return response;
        }
        if self.is_one_session_too_many(request.headers()).await {
            return plain(StatusCode::SERVICE_UNAVAILABLE, "too many clients; retry in a few minutes\n");
        }
        let (mut head, body) = request.into_parts();
        let body = match timeout(BODY_TIMEOUT, Limited::new(body, MAX_BODY_BYTES).collect()).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                return plain(StatusCode::PAYLOAD_TOO_LARGE, "the request exceeds 1 MiB\n");
            }
            Ok(Err(_)) => {
                return plain(StatusCode::BAD_REQUEST, "the request ended before its body was complete\n");
            }
            Err(_) => return plain(StatusCode::REQUEST_TIMEOUT, "timed out while reading the body\n"),
        };
        let mut used_id = None;
        let body = if is_json(&head.headers) {
            match message::read(&body) {
                Ok(Input::One(incoming)) => {
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
        let running = self.calls.token();
        let response = self.protocol.handle(Request::from_parts(head, Full::new(body))).await;
        response.map(|body| TrackedBody { body, _token: running, _id: used_id }.boxed())
    }

    /// Reports whether the request would begin a session beyond the maximum.
    async fn is_one_session_too_many(&self, headers: &HeaderMap) -> bool {
        let begins = !headers.contains_key(&SESSION_ID) && !headers.contains_key(&PROTOCOL_VERSION);
        begins && self.sessions.sessions.read().await.len() >= MAX_SESSIONS
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// Returns the answer to a message that cannot be handled. Clients of older protocol versions look for the error of a
/// valid request in an answer of status 200.
fn refusal(headers: &HeaderMap, id: Option<&RequestId>, error: &ErrorData) -> Response<Body> {
    let status = match error.code {
        ErrorCode::PARSE_ERROR | ErrorCode::INVALID_REQUEST => StatusCode::BAD_REQUEST,
        _ if is_older(headers) => StatusCode::OK,
        ErrorCode::METHOD_NOT_FOUND => StatusCode::NOT_FOUND,
        _ => StatusCode::BAD_REQUEST,
    };
    let answer = json!({"jsonrpc": "2.0", "id": id, "error": error});
    let mut response = Response::new(Full::new(Bytes::from(answer.to_string())).boxed());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Reports whether the client's protocol version is one with sessions.
fn is_older(headers: &HeaderMap) -> bool {
    let version = headers.get(&PROTOCOL_VERSION).and_then(|value| value.to_str().ok());
    version.is_none_or(|version| version < ProtocolVersion::V_2026_07_28.as_str())
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())).boxed());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
