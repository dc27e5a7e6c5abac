//! Turns one webhook into one message, with an answer that tells the sender to retry or not.

use dingtalk_core::{Deliver, Envelope, Error, Message, delivery::Retry};
use hyper::{Method, Request, Response, StatusCode, body::Bytes};
use serde_json::{Value, json};

use crate::{alertmanager, github, payload::Problems, signature, unsettled::Unsettled};

/// Turns webhooks into messages of one robot.
pub(crate) struct Service<D> {
    robot: D,
    github_secret: Option<String>,
    unsettled: Unsettled,
}

/// An answer: its status and its body.
type Answer = (StatusCode, Value);

impl<D: Deliver> Service<D> {
    /// A service that sends through `robot`. With a secret, GitHub's webhooks must be signed with it.
    pub(crate) fn new(robot: D, github_secret: Option<String>) -> Self {
        Self { robot, github_secret, unsettled: Unsettled::default() }
    }

    /// Answers one request.
    pub(crate) async fn answer(&self, request: Request<Bytes>) -> Response<String> {
        let message = match (request.method(), request.uri().path()) {
            (&Method::POST, "/github") => self.github(&request),
            (&Method::POST, "/alertmanager") => {
                alertmanager::message(request.body()).map(Some).map_err(wrong)
            }
            (_, "/github" | "/alertmanager") => {
                Err(refuse(StatusCode::METHOD_NOT_ALLOWED, "send it with POST"))
            }
            _ => Err(refuse(StatusCode::NOT_FOUND, "there are /github and /alertmanager")),
        };
        let (status, body) = match message {
            Ok(Some(message)) => self.send(message, request.body()).await,
            Ok(None) => (StatusCode::OK, json!({"sent": []})),
            Err(answer) => answer,
        };
        let mut response = Response::new(body.to_string());
        *response.status_mut() = status;
        response
    }

    fn github(&self, request: &Request<Bytes>) -> Result<Option<Message>, Answer> {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        if let Some(secret) = &self.github_secret
            && !signature::is_valid(header("x-hub-signature-256").unwrap_or_default(), request.body(), secret)
        {
            return Err(refuse(StatusCode::UNAUTHORIZED, "X-Hub-Signature-256 does not match the secret"));
        }
        match header("x-github-event") {
            Some(event) => github::message(event, request.body()).map_err(wrong),
            None => Err(refuse(StatusCode::BAD_REQUEST, "the header X-GitHub-Event is missing")),
        }
    }

    async fn send(&self, message: Message, webhook: &[u8]) -> Answer {
        let mut envelope = Envelope::new(message);
        if let Some(id) = self.unsettled.id(webhook) {
            envelope = envelope.with_id(id);
        }
        let id = envelope.id.clone();
        match self.robot.deliver(envelope).await {
            Ok(receipt) => {
                self.unsettled.settle(webhook);
                (StatusCode::OK, json!({"sent": [receipt.id]}))
            }
            Err(error) => {
                if error.retry() == Retry::SameId {
                    self.unsettled.remember(webhook, id);
                }
                (status(&error), json!({"errors": [error.to_string()], "retry": error.retry()}))
            }
        }
    }
}

/// Alertmanager retries after a 5xx and gives up after a 4xx.
fn status(error: &Error) -> StatusCode {
    match error.retry() {
        Retry::Safe | Retry::AfterRest | Retry::SameId => StatusCode::BAD_GATEWAY,
        // A person has to change something first: the robot's settings, or the message.
        _ => StatusCode::FAILED_DEPENDENCY,
    }
}

/// The payload is invalid; lists all its faults.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn wrong(errors: Problems) -> Answer {
    (StatusCode::BAD_REQUEST, json!({"errors": errors}))
}

fn refuse(status: StatusCode, error: &str) -> Answer {
    (status, json!({"errors": [error]}))
}
