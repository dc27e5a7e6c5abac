//! Batches over HTTP: each message is a request of its own to the protocol's library, and one array has all answers.

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, StatusCode, body::Bytes, header::CONTENT_LENGTH, http::request::Parts};
use rmcp::{
    ErrorData,
    model::{ProtocolVersion, RequestId},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{
    access::Bearer,
    answer::as_json,
    mcp::{Mcp, PROTOCOL_VERSION, refusal},
    sessions::InUse,
};
use crate::protocol::message::{self, Incoming, Refused, batch};

impl Mcp {
    /// Handles the messages of a batch, and returns all answers, or the refusal of the whole.
    pub(super) async fn receive_batch(
        &self,
        head: &Parts,
        elements: Result<Vec<Value>, Box<ErrorData>>,
        sender: &Bearer,
        session: Option<&InUse>,
    ) -> Response {
        let named = head.headers.get(&PROTOCOL_VERSION).and_then(|version| version.to_str().ok());
        let named =
            named.map(|named| ProtocolVersion::KNOWN_VERSIONS.iter().find(|known| known.as_str() == named));
        let version = named.unwrap_or_else(|| session.and_then(InUse::version));
        let batch = match batch::read(elements, version) {
            Ok(batch) => batch,
            Err(problem) => return refusal(&head.headers, None, &problem),
        };
        // Before any of them is sent.
        for _ in batch.iter().flatten().filter(|incoming| incoming.is("tools/call")) {
            if let Err(refusal) = sender.call() {
                return *refusal;
            }
        }
        let mut answers = Vec::new();
        let mut tasks = JoinSet::new();
        for message in batch {
            let incoming = match message {
                Ok(incoming) => incoming,
                Err(Refused { id, error, .. }) => {
                    answers.push(error_of(id.as_ref(), &error));
                    continue;
                }
            };
            let id = incoming.request_id();
            let used = match self.use_id(&incoming, session) {
                Ok(used) => used,
                Err(id) => {
                    answers.push(error_of(Some(&id), &message::id_in_use()));
                    continue;
                }
            };
            let protocol = self.protocol.clone();
            let request = request_of(incoming, head);
            tasks.spawn(async move {
                let response = protocol.handle(request).await.into_response();
                let answer = answer_in(response, id.as_ref()).await;
                drop(used);
                answer
            });
        }
        let mut refused = None;
        while let Some(answer) = tasks.join_next().await {
            match answer {
                Ok(Ok(answer)) => answers.extend(answer),
                Ok(Err(response)) => refused = Some(response),
                // The handler has panicked, which the protocol's library would not answer either.
                Err(_) => {}
            }
        }
        match refused {
            _ if !answers.is_empty() => as_json(StatusCode::OK, Value::from(answers).to_string()),
            Some(refused) => *refused,
            None => StatusCode::ACCEPTED.into_response(),
        }
    }
}

fn error_of(id: Option<&RequestId>, error: &ErrorData) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": error})
}

/// Returns the request that one message of a batch would be alone.
fn request_of(incoming: Incoming, batch: &Parts) -> Request<Full<Bytes>> {
    let mut request = Request::new(());
    *request.method_mut() = batch.method.clone();
    *request.uri_mut() = batch.uri.clone();
    *request.headers_mut() = batch.headers.clone();
    request.headers_mut().remove(CONTENT_LENGTH);
    *request.extensions_mut() = batch.extensions.clone();
    let body = Bytes::from(incoming.message.to_string());
    let body = incoming.put_into(request.extensions_mut(), body);
    request.map(|()| Full::new(body))
}

/// Returns the answer in a response: `None` if it has none, an error if the request was refused as a whole.
async fn answer_in(response: Response, id: Option<&RequestId>) -> Result<Option<Value>, Box<Response>> {
    let Some(id) = id else {
        return if response.status().is_success() { Ok(None) } else { Err(Box::new(response)) };
    };
    let (head, body) = response.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let text = str::from_utf8(&body).unwrap_or_default();
    // One piece, or the events of a stream, each in one line.
    let texts = std::iter::once(text).chain(text.lines().filter_map(|line| line.strip_prefix("data:")));
    let id = json!(id);
    let answers = texts.filter_map(|text| serde_json::from_str::<Value>(text).ok());
    let answer = answers.into_iter().find(|message| message["id"] == id && message.get("method").is_none());
    match answer {
        None if !head.status.is_success() => Err(Box::new(Response::from_parts(head, Body::from(body)))),
        answer => Ok(answer),
    }
}
