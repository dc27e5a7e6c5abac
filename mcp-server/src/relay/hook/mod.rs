//! Doors for the webhooks of other programs: `/hooks/{robot}/{source}`, and the address of prometheus-webhook-dingtalk.
//!
//! A payload that is authentic and one of its source's always becomes a message: with all its values, with those that
//! fit, or at least with the word that there is one.

mod limit;
mod signature;
mod source;

use std::{sync::Arc, time::SystemTime};

use axum::{
    Router,
    extract::{Extension, Path, Request, State},
    response::Response,
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use dingtalk_config::{Arrival, Door, Payload};
use dingtalk_core::{Envelope, Message, delivery::Dedupe};
use hyper::{HeaderMap, StatusCode};
use serde_json::json;
use sha2::{Digest as _, Sha256};

pub(crate) use self::source::{Hooks, Source};
use super::{Accepted, NotAccepted, Relay, body, reply};
use crate::{
    call::{offer::Offer, people::kind_of},
    protocol::request_id::REQUEST_ID,
    transport::http::{Bearer, Credentials, as_json, failure, read_body, word_for},
};

/// Maximum size of a payload, in bytes: an alert manager sends all alerts of a group at once.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// End of a refusal if no name is known.
const NONE: &str = "the relay's file has none";

pub(super) fn routes() -> Router<Arc<Relay>> {
    Router::new()
        .route("/hooks/{robot}/{source}", post(receive).fallback(only_post))
        .route("/dingtalk/{target}/send", post(receive_as_former).fallback(only_post))
}

async fn only_post() -> Response {
    failure(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", "send the payload with POST")
}

async fn receive(
    State(relay): State<Arc<Relay>>,
    Path((robot, source)): Path<(String, String)>,
    Extension(credentials): Extension<Credentials>,
    request: Request,
) -> Response {
    let found = relay
        .hooks
        .find(&source)
        .ok_or_else(|| reply::unknown("hook", &source, &relay.hooks.names().collect::<Vec<_>>(), NONE));
    match found {
        Ok(source) => {
            relay.hook(&robot, source, &credentials, request).await.unwrap_or_else(|refusal| *refusal)
        }
        Err(refusal) => refusal,
    }
}

/// The address of prometheus-webhook-dingtalk: its targets are robots here.
async fn receive_as_former(
    State(relay): State<Arc<Relay>>,
    Path(target): Path<String>,
    Extension(credentials): Extension<Credentials>,
    request: Request,
) -> Response {
    let Some(source) = relay.hooks.of_preset("alertmanager") else {
        let problem = "this address needs a hook with `preset = \"alertmanager@1\"` in the relay's file";
        return failure(StatusCode::NOT_FOUND, "not_found", problem);
    };
    relay.hook(&target, source, &credentials, request).await.unwrap_or_else(|refusal| *refusal)
}

impl Relay {
    async fn hook(
        &self,
        robot: &str,
        source: &Source,
        credentials: &Credentials,
        request: Request,
    ) -> Result<Response, Box<Response>> {
        let (head, body) = request.into_parts();
        let sender = source.sender(credentials, &head.headers)?;
        let robot = self.hook_robot(robot, sender.as_deref())?;
        if let Some(Err(wait)) = sender.as_ref().map(|sender| sender.take()) {
            // Alertmanager repeats a request only after a status of 500 and above.
            let refusal =
                failure(StatusCode::SERVICE_UNAVAILABLE, "slow_down", "the token has used up its rate");
            return Err(Box::new(reply::retry_after(refusal, Some(wait))));
        }
        if !body::is_json(&head.headers) {
            let problem = "send the payload as JSON, with the header `Content-Type: application/json`";
            return Err(Box::new(failure(StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid_request", problem)));
        }
        let log_id = head.headers.get(&REQUEST_ID).and_then(|id| id.to_str().ok());
        let offer = |envelope, name| Offer {
            envelope,
            door: word_for(Door::Hooks),
            name,
            robot: robot.as_deref(),
            id: None,
            rights: sender.as_ref().and_then(|sender| sender.rights.as_deref()),
            log_id,
        };
        let _memory = self.hooks.memory(&head.headers, MAX_BYTES)?;
        let bytes = match read_body(body, MAX_BYTES).await {
            Ok(bytes) => bytes,
            Err(refusal) => {
                // Once an hour, the group is told that a payload was too large.
                if refusal.status() == StatusCode::PAYLOAD_TOO_LARGE
                    && sender.is_some()
                    && source.tells_of_size()
                {
                    let envelope = Envelope::new(Message::text(source.too_large(MAX_BYTES)));
                    let _ = self.accept(offer(envelope, source.name())).await;
                }
                return Err(refusal);
            }
        };
        let header = |name: &str| header(&head.headers, name);
        source.verify(&header, &bytes)?;
        let value = body::parse(&bytes).map_err(|problem| Box::new(reply::invalid(&problem)))?;
        drop(bytes);
        let event = match source.reader().read(&Payload { body: &value, header: &header }) {
            Arrival::Event(event) => event,
            Arrival::Skipped { event } => return Ok(skipped("skipped", &event)),
            Arrival::Foreign { path } => {
                let name = source.name();
                let problem = format!("not a payload of `{name}`: `{path}` is missing or different");
                return Err(Box::new(reply::invalid(&problem)));
            }
            Arrival::Unknown { event } => {
                source.note_unknown(&event);
                return Ok(skipped("unknown", &event));
            }
            _ => return Ok(skipped("unknown", "")),
        };
        let person = |name: &str| {
            let (_, person) = self.calls().people.find(name)?;
            Some((kind_of(person), person.as_str().to_owned()))
        };
        let composed = event.compose(&person);
        let mut envelope = composed.envelope;
        if let (None, Some((key, within))) = (&envelope.dedupe, &event.repeat) {
            let digest = STANDARD_NO_PAD.encode(Sha256::digest(key.as_bytes()));
            envelope.dedupe = Some(Dedupe::new(format!("hooks/{}/{digest}", source.name()), *within));
        }
        envelope.held_until = composed.hold.and_then(|hold| SystemTime::now().checked_add(hold));
        if source.is_noisy() {
            // Messages of one subject can be merged while they wait.
            envelope.group = Some(source.name().to_owned());
        }
        for fault in &composed.left_out {
            tracing::info!(
                name: "dingtalk_notify.left_out", source = source.name(), %fault,
                "a value of a payload is not in its message"
            );
        }
        let mut is_fallback = composed.is_fallback;
        let dedupe = envelope.dedupe.clone();
        let mut accepted = self.accept(offer(envelope, &composed.notification)).await;
        if accepted == Err(NotAccepted::TooLong) {
            is_fallback = true;
            let mut short = event.too_long();
            short.dedupe = dedupe;
            accepted = self.accept(offer(short, &composed.notification)).await;
        }
        match accepted {
            Ok(accepted) => Ok(queued(&accepted, is_fallback)),
            Err(NotAccepted::TooLong) => Err(Box::new(reply::invalid("the message is too long"))),
            Err(NotAccepted::Invalid(faults)) => {
                Err(Box::new(reply::faults(StatusCode::BAD_REQUEST, &faults)))
            }
            Err(NotAccepted::Unavailable(problem)) => {
                let refusal = failure(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", problem);
                Err(Box::new(reply::retry_after(refusal, None)))
            }
        }
    }

    /// Returns the robot that the path names. The only robot without a name is `default`.
    fn hook_robot(&self, named: &str, sender: Option<&Bearer>) -> Result<Option<String>, Box<Response>> {
        let targets = &self.calls().targets;
        let known: Vec<&str> = targets.names().collect();
        if known.is_empty() && named == "default" {
            return Ok(None);
        }
        if !known.contains(&named) {
            return Err(Box::new(reply::unknown("robot", named, &known, NONE)));
        }
        let allowed = sender.and_then(|sender| sender.rights.as_deref()?.robots.as_deref());
        if allowed.is_some_and(|allowed| !allowed.iter().any(|allowed| allowed == named)) {
            let problem = format!("the token does not allow the robot `{named}`");
            return Err(Box::new(failure(StatusCode::FORBIDDEN, "insufficient_scope", problem)));
        }
        Ok(Some(named.to_owned()))
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn queued(accepted: &Accepted, is_fallback: bool) -> Response {
    let status = if accepted.is_repeated { "duplicate" } else { "queued" };
    let mut body = json!({"status": status, "id": accepted.id});
    if accepted.at_all_removed {
        body["atAll"] = "removed".into();
    }
    if is_fallback {
        body["fallback"] = true.into();
    }
    as_json(StatusCode::OK, body.to_string())
}

fn skipped(status: &str, event: &str) -> Response {
    let event: String = event.chars().take(reply::MAX_SHOWN).collect();
    as_json(StatusCode::OK, json!({"status": status, "event": event}).to_string())
}
