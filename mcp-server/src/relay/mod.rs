//! The relay: doors for programs that can only post to a URL.
//!
//! A door translates a request into a message. An answer of status 200 means that the message is in the durable queue,
//! from which this process delivers it.

mod address;
mod body;
pub(crate) mod hook;
mod openapi;
mod raw;
mod reply;
mod typed;

use std::{
    borrow::Cow,
    collections::HashSet,
    future::pending,
    sync::{Arc, Mutex, PoisonError},
};

use axum::Router;
use dingtalk_config::Door;

use self::hook::Hooks;
use crate::{
    Error, Server,
    call::{
        Calls,
        offer::{Offer, Offered},
        outcome::CallOutcome,
        repeat::{DeliveryOutcome, Stop},
    },
    transport::http::{DoorRoutes, Doors},
};

/// State that all doors share.
pub(crate) struct Relay {
    server: Server,
    hooks: Hooks,
    /// Idempotency keys of the requests in progress, each with its scope.
    keys: Arc<Mutex<HashSet<String>>>,
}

/// A message that is in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// Its `msgUuid`.
    pub(crate) id: String,
    /// Set if the message was to notify everybody, and does not.
    pub(crate) at_all_removed: bool,
    /// Set if an earlier request has queued it, or a rule on repetitions excludes it.
    pub(crate) is_repeated: bool,
}

/// The reason for which a message is not in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotAccepted {
    /// The message, its robot or its sender does not fit: the texts say why.
    Invalid(Vec<String>),
    /// The message is too long for DingTalk, and its robot neither shortens nor splits it.
    TooLong,
    /// The queue is full, or its store failed; the same request may succeed later. The text says why.
    Unavailable(String),
}

impl Relay {
    /// Creates the relay of a server whose calls are all queued.
    ///
    /// # Errors
    ///
    /// A person confirms each message of a robot, and nobody can be asked here.
    pub(crate) fn new(server: Server, hooks: Hooks) -> Result<Self, Error> {
        let asking = server.calls().targets.asking_always();
        if !asking.is_empty() {
            let names = asking.join("`, `");
            return Err(Error::setting(
                format!(
                    "`{names}`: confirm = \"always\" asks a person before every message, and the relay can ask nobody: \
                     use another configuration file for the relay, without this robot"
                ),
                format!(
                    "`{names}`：confirm = \"always\" 要求每条消息先由人确认，而 relay 无法询问任何人：\
                     请为 relay 使用不含该机器人的配置文件"
                ),
            ));
        }
        Ok(Self { server, hooks, keys: Arc::default() })
    }

    /// Returns the doors.
    pub(crate) fn doors(self) -> Doors {
        let relay = Arc::new(self);
        let door = |door, routes: Router<Arc<Self>>| DoorRoutes {
            door,
            routes: routes.with_state(Arc::clone(&relay)),
        };
        let doors = vec![
            door(Door::Notify, typed::routes()),
            door(Door::Robot, raw::routes()),
            door(Door::Hooks, hook::routes()),
        ];
        Doors { without_mcp: true, doors }
    }

    fn calls(&self) -> &Calls {
        self.server.calls()
    }

    /// Puts a message into the queue.
    pub(crate) async fn accept(&self, offer: Offer<'_>) -> Result<Accepted, NotAccepted> {
        let (door, robot) = (offer.door, offer.robot.map(str::to_owned));
        let Offered { ready, at_all_removed } =
            self.calls().offer(offer).map_err(|ended| match ended.outcome {
                CallOutcome::Unsendable(_) => NotAccepted::TooLong,
                CallOutcome::Invalid(_) => NotAccepted::Invalid(ended.answer.faults),
                _ => NotAccepted::Invalid(ended.answer.advice.into_iter().map(Cow::into_owned).collect()),
            })?;
        if at_all_removed {
            tracing::warn!(
                name: "dingtalk_notify.at_all_removed",
                door,
                robot,
                "a message was to notify everybody, and does not: nobody can be asked"
            );
        }
        let ended = self.calls().send(ready, pending(), async |_| {}).await;
        let unavailable = |why: Option<String>| {
            NotAccepted::Unavailable(why.unwrap_or_else(|| "the queue could not be written".to_owned()))
        };
        let accepted = |id: &str, is_repeated| Accepted { id: id.to_owned(), at_all_removed, is_repeated };
        match &ended.outcome {
            CallOutcome::Delivery { id, outcome } => match outcome {
                DeliveryOutcome::Queued(queued) => Ok(accepted(id, queued.earlier)),
                DeliveryOutcome::Delivered(_) => Ok(accepted(id, false)),
                // The earlier message may have arrived: another one could be a second one.
                DeliveryOutcome::Suppressed | DeliveryOutcome::Unknown(Stop::GivenUp) => {
                    Ok(accepted(id, true))
                }
                _ => Err(unavailable(ended.answer.detail)),
            },
            CallOutcome::Duplicate { receipt, .. } => Ok(accepted(&receipt.id, true)),
            _ => Err(unavailable(ended.answer.detail)),
        }
    }
}

/// An idempotency key of a request in progress. Free again once it is dropped.
struct UsedKey {
    key: String,
    used: Arc<Mutex<HashSet<String>>>,
}

impl UsedKey {
    /// Uses a key; `None` if a request in progress has it.
    fn new(key: String, used: &Arc<Mutex<HashSet<String>>>) -> Option<Self> {
        let is_free = used.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        is_free.then(|| Self { key, used: Arc::clone(used) })
    }
}

impl Drop for UsedKey {
    fn drop(&mut self) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
