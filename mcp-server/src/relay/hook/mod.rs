//! Doors for the webhooks of other programs: `/hooks/{robot}/{source}`, `/hooks/{source}` where the hook has routes,
//! and the address of prometheus-webhook-dingtalk.
//!
//! A payload that is authentic and one of its source's always becomes a message: with all its values, with those that
//! fit, or at least with the word that there is one.

mod caller;
mod form;
mod incident;
mod limit;
mod quota;
mod signature;
mod source;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    body::Body,
    extract::{Extension, Path, Request, State},
    response::Response,
    routing::post,
};
use dingtalk_config::{HookEvent, Meaning, Payload, Weight};
use dingtalk_core::{Envelope, Message, delivery::Dedupe};
use dingtalk_outbox::outbox::Submission;
use hyper::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use self::{
    caller::Caller,
    incident::{Memory, REMEMBERED},
};
pub(crate) use self::{
    quota::Quotas,
    source::{Hooks, Source},
};
use super::{Accepted, LiveRelay, NotAccepted, Relay, body, reply};
use crate::{
    call::people::kind_of,
    transport::http::{Credentials, as_json, failure, read_body},
};

/// Maximum size of a payload, in bytes: an alert manager sends all alerts of a group at once.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Time for which an element that is over, such as an alert, is remembered: senders repeat their requests for hours.
const ENDED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// Maximum time for which a message that nobody needs to act upon waits for the next one, once most of the robot's
/// monthly quota is used.
const WAIT_ON_SHORT_QUOTA: Duration = Duration::from_secs(60 * 60);

/// End of a refusal if no name is known.
const NONE: &str = "the relay's file has none";

pub(super) fn routes() -> Router<LiveRelay> {
    Router::new()
        .route("/hooks/{robot}/{source}", post(receive).fallback(only_post))
        .route("/hooks/{source}", post(receive_routed).fallback(only_post))
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
    match relay.source(&source) {
        Ok(source) => relay.hook(Some(&robot), source, &credentials, request).await,
        Err(refusal) => Err(refusal),
    }
    .unwrap_or_else(|refusal| *refusal)
}

/// The address of a hook whose routes choose the robots.
async fn receive_routed(
    State(relay): State<Arc<Relay>>,
    Path(source): Path<String>,
    Extension(credentials): Extension<Credentials>,
    request: Request,
) -> Response {
    let found = relay.source(&source).and_then(|source| {
        if source.reader().default_robots().is_empty() {
            let problem = format!("the hook has no `routes`: send to `/hooks/ROBOT/{}`", source.name());
            return Err(Box::new(failure(StatusCode::NOT_FOUND, "not_found", problem)));
        }
        Ok(source)
    });
    match found {
        Ok(source) => relay.hook(None, source, &credentials, request).await,
        Err(refusal) => Err(refusal),
    }
    .unwrap_or_else(|refusal| *refusal)
}

/// The address of prometheus-webhook-dingtalk: its targets are robots here.
async fn receive_as_former(
    State(relay): State<Arc<Relay>>,
    Path(target): Path<String>,
    Extension(credentials): Extension<Credentials>,
    request: Request,
) -> Response {
    // A hook of the target's name has its mentions and its texts.
    let Some(source) = relay.hooks.find(&target).or_else(|| relay.hooks.of_preset("alertmanager")) else {
        let problem = "this address needs a hook with `preset = \"alertmanager@1\"` in the relay's file";
        return failure(StatusCode::NOT_FOUND, "not_found", problem);
    };
    relay.hook(Some(&target), source, &credentials, request).await.unwrap_or_else(|refusal| *refusal)
}

impl Relay {
    fn source(&self, name: &str) -> Result<&Source, Box<Response>> {
        self.hooks.find(name).ok_or_else(|| {
            Box::new(reply::unknown("hook", name, &self.hooks.names().collect::<Vec<_>>(), NONE))
        })
    }

    async fn hook(
        &self,
        robot: Option<&str>,
        source: &Source,
        credentials: &Credentials,
        request: Request,
    ) -> Result<Response, Box<Response>> {
        let (head, body) = request.into_parts();
        let sender = source.sender(credentials, &head.headers)?;
        let robot = robot.map(|robot| self.hook_robot(robot)).transpose()?.flatten();
        let caller = Caller { source, robot, sender, headers: &head.headers };
        caller.check_right(caller.robot.as_deref())?;
        let answered = self.receive(&caller, body).await;
        let outcome = match &answered {
            Ok(Received { outcome, .. }) => outcome,
            Err(refusal) if refusal.status().is_server_error() => "unavailable",
            Err(_) => "refused",
        };
        let robot = match (&caller.robot, source.reader().default_robots()) {
            (Some(robot), _) => robot,
            (None, []) => "default",
            (None, _) => "routed",
        };
        self.calls().metrics.hook(source.name(), robot, outcome);
        answered.map(|received| received.response)
    }

    async fn receive(&self, caller: &Caller<'_>, body: Body) -> Result<Received, Box<Response>> {
        let Caller { source, sender, headers, .. } = caller;
        if let Some(Err(wait)) = sender.as_ref().map(|sender| sender.take()) {
            // Alertmanager repeats a request only after a status of 500 and above.
            let refusal =
                failure(StatusCode::SERVICE_UNAVAILABLE, "slow_down", "the token has used up its rate");
            return Err(Box::new(reply::retry_after(refusal, Some(wait))));
        }
        let form = source.form(headers).ok_or_else(|| {
            let problem = "send the payload as JSON, with the header `Content-Type: application/json`";
            Box::new(failure(StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid_request", problem))
        })?;
        let _memory = self.memory.take_or_refuse(headers, MAX_BYTES)?;
        let bytes = match read_body(body, MAX_BYTES).await {
            Ok(bytes) => bytes,
            Err(refusal) => {
                if refusal.status() == StatusCode::PAYLOAD_TOO_LARGE {
                    self.tell_of_size(caller).await;
                }
                return Err(refusal);
            }
        };
        let header = |name: &str| header(headers, name);
        source.verify(&header, &bytes)?;
        let json = form.json(bytes).await.ok_or_else(|| {
            Box::new(reply::invalid("the form has no field with the payload, or is malformed"))
        })?;
        let mut value = body::parse(&json).map_err(|problem| Box::new(reply::invalid(&problem)))?;
        let copy = caller.key("body", &json);
        drop(json);

        let elements = source.reader().elements(&Payload::new(&value, &header));
        let element_key = |element: &str| caller.key("ended", element.as_bytes());
        let keys = elements.open.iter().map(|(_, element)| element).chain(&elements.ended);
        let keys: Vec<String> = keys.map(|element| element_key(element)).collect();
        let known = self.intake.marked(keys).await;
        let known = known.map_err(|error| Box::new(unavailable(&error.to_string())))?;
        let (over, ended) = known.split_at(elements.open.len().min(known.len()));
        let late: Vec<usize> = elements
            .open
            .iter()
            .zip(over)
            .filter(|(_, over)| over.is_some())
            .map(|((index, _), _)| *index)
            .collect();
        if !late.is_empty() {
            let says_nothing = late.len() == over.len() && ended.iter().all(Option::is_some);
            if !source.reader().remove(&mut value, &late) || says_nothing {
                return Ok(skipped("skipped", "over"));
            }
        }
        let incident = match source.reader() {
            reader if reader.needs_memory() => reader.incident(&Payload::new(&value, &header)),
            _ => None,
        };
        let memory = match &incident {
            Some(incident) => self
                .remember(caller, incident)
                .await
                .map_err(|error| Box::new(unavailable(&error.to_string())))?,
            None => Memory::default(),
        };
        let meaning = {
            let mut payload = Payload::new(&value, &header);
            payload.lasted = memory.lasted;
            source.reader().read(&payload)
        };
        let event = match meaning {
            Meaning::Event(event) => event,
            Meaning::Skipped { event } => return Ok(skipped("skipped", &event)),
            Meaning::Foreign { path } => {
                let name = source.name();
                let problem = format!("not a payload of `{name}`: `{path}` is missing or different");
                return Err(Box::new(reply::invalid(&problem)));
            }
            Meaning::Unknown { event } => {
                source.note_unknown(&event);
                return Ok(skipped("unknown", &event));
            }
            _ => return Ok(skipped("unknown", "")),
        };
        let dedupe = match &event.repeat {
            Some((key, within)) => Dedupe::new(caller.key("event", key.as_bytes()), *within),
            None => Dedupe::new(copy, source.copies_for()),
        };
        let marks = elements.ended.iter().map(|element| element_key(element)).chain(memory.mark).collect();
        self.tell(caller, &event, dedupe, marks).await
    }

    /// Queues the message of an event: with all that can be shown of it, or at least with the word that there is one.
    async fn tell(
        &self,
        caller: &Caller<'_>,
        event: &HookEvent<'_>,
        dedupe: Dedupe,
        marks: Vec<String>,
    ) -> Result<Received, Box<Response>> {
        let source = caller.source;
        let person = |name: &str| {
            let (_, person) = self.calls().people.find(name)?;
            Some((kind_of(person), person.as_str().to_owned()))
        };
        let robots = caller.robots(event.routed.as_ref());
        robots.iter().try_for_each(|robot| caller.check_right(*robot))?;
        let composed = event.compose(&person);
        let mut holds = Vec::new();
        for robot in &robots {
            holds.push(self.hold(event.weight(), composed.hold, *robot).await);
        }
        for fault in &composed.left_out {
            tracing::info!(
                name: "dingtalk_notify.left_out", source = source.name(), %fault,
                "a value of a payload is not in its message"
            );
        }
        let marked_for = if source.reader().needs_memory() { REMEMBERED } else { ENDED_FOR };
        let line = composed.envelope.digest_line.clone().unwrap_or_else(|| event.line().to_owned());
        let arrive = |index: usize, mut envelope: Envelope| {
            envelope.held_until = holds.get(index).copied().flatten();
            // A notification that has a rule of its own knows better.
            envelope.dedupe.get_or_insert_with(|| dedupe.clone());
            let mut submission =
                Submission::new(source.share().own(envelope), source.share().clone(), &*line);
            submission.marks.clone_from(&marks);
            submission.marked_for = marked_for;
            submission
        };
        let mut is_fallback = composed.is_fallback;
        let offers = |envelope: &Envelope| {
            let robots = robots.iter().copied();
            robots.map(|robot| caller.offer(envelope.copy(), robot, &composed.notification)).collect()
        };
        let mut accepted = self.admit(offers(&composed.envelope), arrive).await;
        if accepted == Err(NotAccepted::TooLong) {
            is_fallback = true;
            accepted = self.admit(offers(&event.too_long()), arrive).await;
        }
        match accepted {
            Ok(accepted) => {
                let of_routes = event.routed.is_some().then_some(&*robots);
                Ok(queued(&accepted, of_routes, is_fallback))
            }
            Err(NotAccepted::TooLong) => Err(Box::new(reply::invalid("the message is too long"))),
            Err(NotAccepted::Invalid(faults)) => {
                Err(Box::new(reply::faults(StatusCode::BAD_REQUEST, &faults)))
            }
            Err(NotAccepted::Unavailable(problem)) => Err(Box::new(unavailable(&problem))),
        }
    }

    /// Returns the time until which a message waits for the next one to the robot.
    async fn hold(&self, weight: Weight, hold: Option<Duration>, robot: Option<&str>) -> Option<SystemTime> {
        let can_wait = weight != Weight::Ordinary && self.hooks.quotas().is_short(robot).await;
        let hold = if can_wait { hold.max(Some(WAIT_ON_SHORT_QUOTA)) } else { hold };
        SystemTime::now().checked_add(hold?)
    }

    /// Tells the group once an hour that a payload was too large, if a token has proved its origin.
    async fn tell_of_size(&self, caller: &Caller<'_>) {
        let source = caller.source;
        if caller.sender.is_none() || !source.tells_of_size() {
            return;
        }
        let text = source.too_large(MAX_BYTES);
        let arrive =
            |_, envelope| Submission::new(source.share().own(envelope), source.share().clone(), &*text);
        let envelope = Envelope::new(Message::text(&*text));
        let robots: Vec<Option<&str>> = match (&caller.robot, source.reader().default_robots()) {
            (None, robots @ [_, ..]) => robots.iter().map(|robot| Some(&**robot)).collect(),
            (robot, _) => vec![robot.as_deref()],
        };
        let offer = |robot| caller.offer(envelope.copy(), robot, source.name());
        if self.admit(robots.into_iter().map(offer).collect(), arrive).await.is_err() {
            source.forget_size();
        }
    }

    /// Returns the robot that the path names. The only robot without a name is `default`.
    fn hook_robot(&self, named: &str) -> Result<Option<String>, Box<Response>> {
        let known: Vec<&str> = self.calls().targets.names().collect();
        if known.is_empty() && named == "default" {
            return Ok(None);
        }
        if !known.contains(&named) {
            return Err(Box::new(reply::unknown("robot", named, &known, NONE)));
        }
        Ok(Some(named.to_owned()))
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// The answer to a request, and the word for it.
struct Received {
    outcome: &'static str,
    response: Response,
}

/// Returns the answer for the messages of one request, in the order of their robots. `of_routes` are the robots if the
/// routes chose them.
fn queued(accepted: &[Accepted], of_routes: Option<&[Option<&str>]>, is_fallback: bool) -> Received {
    let has = |is: fn(&Accepted) -> bool| accepted.iter().any(is);
    let outcome = if has(|accepted| !accepted.is_repeated && !accepted.is_merged) {
        "queued"
    } else if has(|accepted| accepted.is_merged) {
        "merged"
    } else {
        "duplicate"
    };
    let mut body = json!({"status": outcome, "id": accepted.first().map(|accepted| &accepted.id)});
    if let Some(robots) = of_routes {
        let messages = robots.iter().zip(accepted);
        let messages: Vec<Value> =
            messages.map(|(robot, accepted)| json!({"robot": robot, "id": accepted.id})).collect();
        body["messages"] = messages.into();
    }
    if has(|accepted| accepted.at_all_removed) {
        body["atAll"] = "removed".into();
    }
    if is_fallback {
        body["fallback"] = true.into();
    }
    Received { outcome, response: as_json(StatusCode::OK, body.to_string()) }
}

fn skipped(outcome: &'static str, event: &str) -> Received {
    let event: String = event.chars().take(reply::MAX_SHOWN).collect();
    let body = json!({"status": outcome, "event": event}).to_string();
    Received { outcome, response: as_json(StatusCode::OK, body) }
}

fn unavailable(problem: &str) -> Response {
    let refusal = failure(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", problem);
    reply::retry_after(refusal, None)
}
