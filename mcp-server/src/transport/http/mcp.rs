//! MCP over HTTP: one request or notification, and the streams of a session.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::Body,
    extract::{Extension, Request, State},
    response::{IntoResponse as _, Response},
};
use http_body_util::Full;
use hyper::{
    HeaderMap, Method, StatusCode,
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
};
use rmcp::{
    ErrorData,
    model::{ErrorCode, ProtocolVersion, RequestId},
    transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService},
};
use serde_json::json;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{
    HttpOptions,
    access::Bearer,
    answer::{as_json, failure},
    held::Held,
    limits,
    places::busy,
    sessions::{AllInUse, InUse, ResumableSessions, Sessions},
};
use crate::protocol::{
    LiveHandler,
    message::{self, Input, Refused},
};

/// Maximum size of a body. A message has at most 20,000 bytes; a JSON escape turns one byte into six.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Interval at which idle sessions are put away.
const TIDY: Duration = Duration::from_secs(60);

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
pub(super) const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// Answers the requests of the protocol.
pub(super) struct Mcp {
    pub(super) protocol: StreamableHttpService<LiveHandler, ResumableSessions>,
    /// `None` if the server keeps none.
    sessions: Option<Sessions>,
    streams: CancellationToken,
    used_ids: UsedIds,
}

/// Ids of the requests in progress, each with its session.
type UsedIds = Arc<Mutex<HashSet<String>>>;

/// The id of a request in progress. Free again once it is dropped.
pub(super) struct UsedId {
    id: String,
    used: UsedIds,
}

impl Mcp {
    pub(super) fn new(handler: LiveHandler, options: &HttpOptions) -> Self {
        let sessions =
            (!options.stateless).then(|| Sessions::new(options.session_lifetime, options.session_idle));
        let manager = sessions.as_ref().map(Sessions::manager).unwrap_or_default();
        let mut config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(sessions.is_some())
            // An answer in one piece if no event precedes it; otherwise a stream of events.
            .with_json_response(true)
            .with_max_request_body_bytes(MAX_BODY_BYTES)
            // Hosts and origins are checked for all routes.
            .disable_allowed_hosts()
            .disable_allowed_origins();
        config.session_store = sessions.as_ref().map(Sessions::store);
        let streams = config.cancellation_token.clone();
        let protocol = StreamableHttpService::new(move || Ok(handler.clone()), manager, config);
        Self { protocol, sessions, streams, used_ids: UsedIds::default() }
    }

    /// Ends the streams on which clients listen for notifications of the server.
    pub(super) fn end_streams(&self) {
        self.streams.cancel();
    }

    /// Returns the number of sessions in memory.
    pub(super) fn sessions(&self) -> usize {
        self.sessions.as_ref().map_or(0, Sessions::count)
    }

    /// Puts idle sessions away until it is dropped.
    pub(super) async fn tidy(&self) {
        loop {
            sleep(TIDY).await;
            if let Some(sessions) = &self.sessions {
                sessions.put_idle_away().await;
            }
        }
    }

    pub(super) async fn answer(
        State(mcp): State<Arc<Self>>,
        Extension(sender): Extension<Arc<Bearer>>,
        mut request: Request,
    ) -> Response {
        let session = match mcp.session(&mut request, &sender).await {
            Ok(session) => session.map(Arc::new),
            Err(refusal) => return *refusal,
        };
        if let Some(session) = &session {
            // The request may take longer than its client's connection lasts.
            request.extensions_mut().insert(Arc::clone(session));
        }
        let last_event = request.headers().get(&LAST_EVENT_ID);
        let response = match (request.method(), &mcp.sessions, &session) {
            (&Method::DELETE, Some(sessions), Some(session)) => {
                sessions.end(session).await;
                // The Python SDK treats "accepted" as a failure.
                StatusCode::NO_CONTENT.into_response()
            }
            (&Method::GET, Some(sessions), Some(session))
                if last_event.is_some_and(|event| sessions.is_complete(session, event)) =>
            {
                // It tells a client to stop: to an empty stream, some would come back for ever.
                StatusCode::NO_CONTENT.into_response()
            }
            (&Method::POST, ..) => mcp.receive(request, &sender, session.as_deref()).await,
            _ => mcp.protocol.handle(request).await.into_response(),
        };
        match session {
            None => response,
            Some(session) => response.map(|body| Body::new(Held::new(body, session))),
        }
    }

    /// Finds the session that the request names, and names it as the protocol's library knows it.
    async fn session(&self, request: &mut Request, sender: &Bearer) -> Result<Option<InUse>, Box<Response>> {
        let Some(sessions) = self.sessions.as_ref().filter(|_| is_older(request.headers())) else {
            return Ok(None);
        };
        let Some(id) = request.headers().get(&SESSION_ID) else { return Ok(None) };
        let found = match id.to_str() {
            Ok(id) => sessions.resume(id, &sender.seal, sender.name()).await,
            Err(_) => Ok(None),
        };
        let session = found.map_err(|AllInUse| Box::new(too_many_clients()))?.ok_or_else(|| {
            let problem = "there is no such session: begin one with `initialize`";
            Box::new(failure(StatusCode::NOT_FOUND, "not_found", problem))
        })?;
        let internal = HeaderValue::from_str(session.internal());
        let internal = internal.map_err(|_| Box::new(StatusCode::INTERNAL_SERVER_ERROR.into_response()))?;
        request.headers_mut().insert(SESSION_ID, internal);
        Ok(Some(session))
    }

    async fn receive(&self, request: Request, sender: &Bearer, session: Option<&InUse>) -> Response {
        let (mut head, body) = request.into_parts();
        let body = match limits::read_body(body, MAX_BODY_BYTES).await {
            Ok(body) => body,
            Err(refusal) => return *refusal,
        };
        let mut used_id = None;
        let mut begins = None;
        let is_json = is_json(&head.headers);
        let body = if is_json {
            match message::read(&body) {
                Ok(Input::One(incoming)) => {
                    if incoming.is("tools/call")
                        && let Err(refusal) = sender.call()
                    {
                        return *refusal;
                    }
                    used_id = match self.use_id(&incoming, session) {
                        Ok(used_id) => used_id.map(Arc::new),
                        Err(id) => return refusal(&head.headers, Some(&id), &message::id_in_use()),
                    };
                    if let Some(used_id) = &used_id {
                        head.extensions.insert(Arc::clone(used_id));
                    }
                    if let Some(sessions) = &self.sessions
                        && session.is_none()
                        && incoming.is("initialize")
                        && is_older(&head.headers)
                    {
                        if sessions.make_room(sender.name()).await.is_err() {
                            return too_many_clients();
                        }
                        begins =
                            Some((sessions, incoming.message.get("params").cloned().unwrap_or_default()));
                    }
                    incoming.put_into(&mut head.extensions, body)
                }
                Ok(Input::Batch(elements)) => {
                    return self.receive_batch(&head, elements, sender, session).await;
                }
                // The protocol's library does not know the method in this version.
                Err(Refused { initializes: true, .. }) if !is_older(&head.headers) => body,
                Err(Refused { id, error, .. }) => return refusal(&head.headers, id.as_ref(), &error),
            }
        } else {
            // The protocol's library says what is wrong with the headers.
            body
        };
        let mut response =
            self.protocol.handle(Request::from_parts(head, Full::new(body))).await.into_response();
        if is_json && response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            // It means JSON that is no message.
            return refusal(&HeaderMap::new(), None, &message::not_a_message());
        }
        if let Some((sessions, params)) = begins
            && let Some(internal) = response.headers().get(&SESSION_ID).and_then(|id| id.to_str().ok())
        {
            let id = sessions.begin(internal, &params, &sender.seal, sender.name().cloned());
            // Letters, digits, dots, `-` and `_`.
            if let Some(id) = id.and_then(|id| HeaderValue::from_str(&id).ok()) {
                response.headers_mut().insert(SESSION_ID, id);
            }
        }
        match used_id {
            None => response,
            Some(used_id) => response.map(|body| Body::new(Held::new(body, used_id))),
        }
    }

    /// Uses the id of a request in its session; the id as an error if a request in progress has it.
    pub(super) fn use_id(
        &self,
        message: &message::Incoming,
        session: Option<&InUse>,
    ) -> Result<Option<UsedId>, RequestId> {
        let Some((id, session)) = message.request_id().zip(session) else { return Ok(None) };
        UsedId::new(format!("{} {id:?}", session.serial()), &self.used_ids).map(Some).ok_or(id)
    }
}

fn too_many_clients() -> Response {
    busy("too many clients are in the middle of something: try again in a moment")
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
pub(super) fn refusal(headers: &HeaderMap, id: Option<&RequestId>, error: &ErrorData) -> Response {
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
