//! The typed door: the fields of a notification as JSON.

use std::{future::pending, sync::Arc};

use axum::{
    Router,
    extract::{Extension, Path, Request, State},
    response::Response,
    routing::{get, post},
};
use dingtalk_core::{message::Fault, tool::ToolType};
use hyper::{HeaderMap, StatusCode};
use serde_json::Value;

use super::{
    LiveRelay, Relay, UsedKey,
    address::short_name,
    body::{self, MAX_BYTES},
    openapi, reply,
};
use crate::{
    call::{
        self, Ended,
        outcome::CallOutcome,
        policy::Refusal,
        repeat::{Caller, DeliveryOutcome, Stop},
    },
    protocol::request_id::REQUEST_ID,
    transport::http::{Bearer, Credentials, as_json, failure, read_body},
};

/// Header by which a repeated request is recognised.
const KEY: &str = "idempotency-key";

/// Maximum length of an idempotency key, in characters.
const MAX_KEY: usize = 255;

/// End of a refusal if no name is known.
const NO_NAMES: &str = "this relay has none with a name";

pub(super) fn routes() -> Router<LiveRelay> {
    Router::new()
        .route("/notify/{type}", post(to_default).fallback(only_post))
        .route("/notify/{robot}/{type}", post(to_robot).fallback(only_post))
        .route("/openapi.json", get(describe))
}

async fn only_post() -> Response {
    failure(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", "send the notification with POST")
}

async fn describe(
    State(relay): State<Arc<Relay>>,
    Extension(credentials): Extension<Credentials>,
    headers: HeaderMap,
) -> Response {
    match credentials.of_headers(&headers) {
        Ok(_) => as_json(StatusCode::OK, openapi::document(&relay.server).to_string()),
        Err(refusal) => *refusal,
    }
}

async fn to_default(
    State(relay): State<Arc<Relay>>,
    Path(notification): Path<String>,
    Extension(credentials): Extension<Credentials>,
    request: Request,
) -> Response {
    relay.notify(None, &notification, &credentials, request).await.unwrap_or_else(|refusal| *refusal)
}

async fn to_robot(
    State(relay): State<Arc<Relay>>,
    Path((robot, notification)): Path<(String, String)>,
    Extension(credentials): Extension<Credentials>,
    request: Request,
) -> Response {
    relay.notify(Some(&robot), &notification, &credentials, request).await.unwrap_or_else(|refusal| *refusal)
}

impl Relay {
    async fn notify(
        &self,
        robot: Option<&str>,
        notification: &str,
        credentials: &Credentials,
        request: Request,
    ) -> Result<Response, Box<Response>> {
        let (head, body) = request.into_parts();
        let sender = credentials.of_headers(&head.headers)?;
        let robot = self.robot(robot, &sender)?;
        let tool = self.notification(notification)?;
        let key = key(&head.headers)?;
        if let Err(wait) = sender.take() {
            let problem = "the token has used up its rate";
            let refusal = failure(StatusCode::TOO_MANY_REQUESTS, "slow_down", problem);
            return Err(Box::new(reply::retry_after(refusal, Some(wait))));
        }
        if !body::is_json(&head.headers) {
            let problem = "send the fields as JSON, with the header `Content-Type: application/json`";
            return Err(Box::new(failure(StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid_request", problem)));
        }
        let memory = self.memory.take_or_refuse(&head.headers, MAX_BYTES)?;
        let bytes = read_body(body, MAX_BYTES).await?;
        let arguments = match body::parse(&bytes) {
            Ok(Value::Object(arguments)) => arguments,
            Ok(_) => return Err(reply::invalid("the body must be a JSON object with the fields").into()),
            Err(problem) => return Err(reply::invalid(&problem).into()),
        };
        drop((bytes, memory));
        let rights = sender.rights.as_deref();
        let log_id = head.headers.get(&REQUEST_ID).and_then(|id| id.to_str().ok());
        let id = key.map(|key| format!("notify\0{}\0{key}", sender.name().map_or("", |name| name)));
        let call = call::Request {
            tool,
            arguments,
            robot: robot.as_deref(),
            caller: Caller::Person { id: id.as_deref() },
            rights,
            log_id,
        };
        let ready = self.calls().prepare(call).map_err(|ended| Box::new(answer(&ended)))?;
        let _used = match &id {
            None => None,
            Some(id) => {
                let scope = format!("{}\0{id}", ready.robot.as_deref().unwrap_or_default());
                Some(UsedKey::new(scope, &self.keys).ok_or_else(|| Box::new(in_progress()))?)
            }
        };
        // Nobody can be asked.
        if ready.question.is_some() {
            let confirm = ready.policy.confirm;
            return Err(Box::new(answer(&ready.refused(Refusal::CannotAsk(confirm)))));
        }
        Ok(answer(&self.calls().send(ready, pending(), async |_| {}).await))
    }

    /// Returns the robot: the one that the path names, or the only one of the sender.
    fn robot(&self, named: Option<&str>, sender: &Bearer) -> Result<Option<String>, Box<Response>> {
        let allowed = sender.rights.as_deref().and_then(|rights| rights.robots.as_deref());
        let Some(named) = named else {
            return Ok(match allowed {
                Some([only]) => Some(only.clone()),
                _ => None,
            });
        };
        let targets = &self.calls().targets;
        let known: Vec<&str> = targets
            .names()
            .filter(|name| allowed.is_none_or(|allowed| allowed.iter().any(|a| a == name)))
            .collect();
        if known.contains(&named) {
            return Ok(Some(named.to_owned()));
        }
        if targets.names().any(|name| name == named) {
            let problem = format!("the token does not allow the robot `{named}`");
            return Err(Box::new(failure(StatusCode::FORBIDDEN, "insufficient_scope", problem)));
        }
        Err(reply::unknown("robot", named, &known, NO_NAMES).into())
    }

    /// Finds a notification by its name, with or without the `send_` of its tool.
    fn notification(&self, name: &str) -> Result<&ToolType, Box<Response>> {
        let tools = self.server.tools();
        let found = tools.iter().find(|tool| tool.spec().name == name || short_name(tool) == name);
        found.ok_or_else(|| {
            let known: Vec<&str> = tools.iter().map(short_name).collect();
            reply::unknown("notification", name, &known, NO_NAMES).into()
        })
    }
}

/// Reads the idempotency key.
fn key(headers: &HeaderMap) -> Result<Option<&str>, Box<Response>> {
    let Some(key) = headers.get(KEY) else { return Ok(None) };
    let fits =
        (1..=MAX_KEY).contains(&key.len()) && key.as_bytes().iter().all(|byte| (b' '..=b'~').contains(byte));
    match key.to_str() {
        Ok(key) if fits => Ok(Some(key)),
        _ => Err(reply::invalid(&format!(
            "`Idempotency-Key` must have 1 to {MAX_KEY} printable ASCII characters"
        ))
        .into()),
    }
}

fn in_progress() -> Response {
    let problem = "a request with this `Idempotency-Key` is in progress: repeat it in a moment";
    reply::retry_after(failure(StatusCode::CONFLICT, "in_progress", problem), None)
}

/// Returns the answer to a call that has ended.
fn answer(ended: &Ended) -> Response {
    let detail =
        || ended.answer.detail.clone().unwrap_or_else(|| "the queue could not be written".to_owned());
    let unavailable = || {
        let refusal = failure(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", detail());
        reply::retry_after(refusal, None)
    };
    match &ended.outcome {
        CallOutcome::Invalid(_) => {
            // The words of MCP and of this door differ in nothing but what surrounds them.
            reply::faults(StatusCode::BAD_REQUEST, &ended.faults(|fault: &Fault| Some(fault.to_string())))
        }
        CallOutcome::Refused(refusal) => failure(StatusCode::FORBIDDEN, "access_denied", refused(*refusal)),
        CallOutcome::Duplicate { receipt, .. } => reply::queued(&receipt.id, true),
        CallOutcome::Unsendable(_) => reply::faults(StatusCode::BAD_REQUEST, &[detail()]),
        CallOutcome::Delivery { id, outcome } => match outcome {
            DeliveryOutcome::Queued(queued) => reply::queued(id, queued.earlier),
            DeliveryOutcome::Delivered(_) => reply::queued(id, false),
            DeliveryOutcome::Suppressed => {
                let body = serde_json::json!({"status": "duplicate", "detail": detail()});
                as_json(StatusCode::OK, body.to_string())
            }
            DeliveryOutcome::OtherMessage => {
                let problem =
                    "another request had this `Idempotency-Key`: use one of its own for each notification";
                failure(StatusCode::UNPROCESSABLE_ENTITY, "key_reused", problem)
            }
            DeliveryOutcome::Unknown(Stop::Elsewhere) => in_progress(),
            DeliveryOutcome::Unknown(Stop::GivenUp) => reply::queued(id, true),
            DeliveryOutcome::Failed(error) if error.kind() == dingtalk_core::ErrorKind::PolicyDenied => {
                failure(StatusCode::FORBIDDEN, "access_denied", detail())
            }
            _ => unavailable(),
        },
        CallOutcome::DryRun(_) => unavailable(),
    }
}

fn refused(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Denied => "the robot, or the token, never notifies everybody",
        _ => "the robot asks a person before it notifies everybody, and nobody can be asked here",
    }
}
