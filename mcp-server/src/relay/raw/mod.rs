//! The raw door: looks like DingTalk, and takes its messages from any program that can send them.

mod refusal;
mod shape;
mod signature;

use std::{sync::Arc, time::SystemTime};

use axum::{
    Router,
    extract::{Extension, Request, State},
    response::Response,
    routing::post,
};
use dingtalk_config::Door;
use dingtalk_core::Envelope;
use hyper::{Method, StatusCode};

use self::{refusal::Refusal, shape::Sent};
use super::{
    LiveRelay, NotAccepted, Relay,
    body::{self, MAX_BYTES},
};
use crate::{
    call::offer::Offer,
    protocol::request_id::REQUEST_ID,
    transport::http::{Bearer, Credentials, Unidentified, as_json, read_body, word_for},
};

/// Name of the only robot without a name.
const UNNAMED: &str = "default";

pub(super) fn routes() -> Router<LiveRelay> {
    Router::new().route("/robot/send", post(send).fallback(send))
}

async fn send(
    State(relay): State<Arc<Relay>>,
    Extension(credentials): Extension<Credentials>,
    request: Request,
) -> Response {
    relay.pass_on(&credentials, request).await.unwrap_or_else(Refusal::into_response)
}

impl Relay {
    async fn pass_on(&self, credentials: &Credentials, request: Request) -> Result<Response, Refusal> {
        let (head, body) = request.into_parts();
        if head.method != Method::POST {
            return Err(Refusal::not_post());
        }
        let query: Vec<(String, String)> =
            url::form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect();
        let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| &**value);
        let token = value("access_token").filter(|token| !token.is_empty()).ok_or_else(Refusal::no_token)?;
        let (sender, robot) = self.sender(credentials, token)?;
        if let Some(signer) = &sender.signer {
            signature::check(signer, value("timestamp"), value("sign"), SystemTime::now())?;
        }
        if let Err(wait) = sender.take() {
            return Err(Refusal::too_fast(wait));
        }
        if !body::is_json(&head.headers) {
            return Err(Refusal::content_type());
        }
        let memory = self.memory.take(&head.headers, MAX_BYTES).ok_or_else(Refusal::busy)?;
        let bytes = read_body(body, MAX_BYTES).await.map_err(|refusal| Refusal::unread(refusal.status()))?;
        let Sent { message, id } = shape::read(&bytes, &self.calls().people)?;
        drop((bytes, memory));
        let name = message.kind();
        let id = id.map(|id| format!("robot\0{}\0{id}", sender.name().map_or("", |name| name)));
        let offer = Offer {
            envelope: Envelope::new(message),
            door: word_for(Door::Robot),
            name,
            robot: robot.as_deref(),
            id: id.as_deref(),
            rights: sender.rights.as_deref(),
            log_id: head.headers.get(&REQUEST_ID).and_then(|id| id.to_str().ok()),
        };
        match self.accept(offer).await {
            Ok(accepted) => {
                let mut answer = serde_json::json!({"errcode": 0, "errmsg": "ok"});
                if accepted.at_all_removed {
                    answer["atAll"] = "removed".into();
                }
                Ok(as_json(StatusCode::OK, answer.to_string()))
            }
            Err(NotAccepted::Invalid(faults)) => Err(Refusal::invalid(&faults.join("; "))),
            Err(NotAccepted::TooLong) => Err(Refusal::too_long()),
            Err(NotAccepted::Unavailable(problem)) => {
                tracing::warn!(name: "dingtalk_notify.not_queued", %problem, "a message could not be queued");
                Err(Refusal::busy())
            }
        }
    }

    /// Finds the sender and its robot; `None` is the default robot.
    fn sender(
        &self,
        credentials: &Credentials,
        token: &str,
    ) -> Result<(Arc<Bearer>, Option<String>), Refusal> {
        let targets = &self.calls().targets;
        if let Some(anyone) = credentials.anyone() {
            let known = targets.names().find(|name| *name == token);
            return match known {
                Some(name) => Ok((anyone, Some(name.to_owned()))),
                None if token == UNNAMED && targets.names().next().is_none() => Ok((anyone, None)),
                None => Err(Refusal::unknown_token(token)),
            };
        }
        let sender = credentials.of_token(token).map_err(|unidentified| match unidentified {
            Unidentified::Token => Refusal::unknown_token(token),
            Unidentified::Door(problem) => Refusal::forbidden(&problem),
        })?;
        let robot = match sender.rights.as_deref().and_then(|rights| rights.robots.as_deref()) {
            None => None,
            Some([only]) => Some(only.clone()),
            Some(_) => {
                return Err(Refusal::forbidden(
                    "the token has several robots: this address has no place for a robot's name, so add a token for each \
                     robot",
                ));
            }
        };
        Ok((sender, robot))
    }
}
