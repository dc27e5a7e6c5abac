//! The relay: doors for programs that can only post to a URL.
//!
//! A door translates a request into a message. An answer of status 200 means that the message is in the durable queue,
//! from which this process delivers it.

mod address;
mod body;
pub(crate) mod hook;
mod intake;
mod memory;
mod openapi;
mod raw;
mod reply;
mod typed;

use std::{
    borrow::Cow,
    collections::HashSet,
    future::pending,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use axum::{Router, extract::FromRef};
use dingtalk_config::Door;
use dingtalk_core::Envelope;
use dingtalk_outbox::outbox::{Admitted, Submission};

pub(crate) use self::intake::Intake;
use self::{hook::Hooks, memory::Memory};
use crate::{
    Error, Server,
    call::{
        Calls,
        offer::{Offer, Offered},
        outcome::CallOutcome,
        repeat::{DeliveryOutcome, Stop},
    },
    transport::http::DoorRoutes,
};

/// State that all doors share.
pub(crate) struct Relay {
    server: Server,
    hooks: Hooks,
    intake: Intake,
    memory: Memory,
    /// Idempotency keys of the requests in progress, each with its scope.
    keys: Arc<Mutex<HashSet<String>>>,
}

/// The relay in force. A request ends under the one under which it began. Cheap to clone.
#[derive(Clone)]
pub(crate) struct LiveRelay(Arc<RwLock<Arc<Relay>>>);

impl LiveRelay {
    pub(crate) fn new(relay: Relay) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(relay))))
    }

    /// Answers all further requests by this relay, and returns the one that was in force.
    pub(crate) fn replace(&self, mut relay: Relay) -> Arc<Relay> {
        let mut now = self.0.write().unwrap_or_else(PoisonError::into_inner);
        relay.memory = now.memory.clone();
        relay.keys = Arc::clone(&now.keys);
        std::mem::replace(&mut *now, Arc::new(relay))
    }

    /// Returns the doors.
    pub(crate) fn doors(&self) -> Vec<DoorRoutes> {
        let door = |door, routes: Router<Self>| DoorRoutes { door, routes: routes.with_state(self.clone()) };
        vec![
            door(Door::Notify, typed::routes()),
            door(Door::Robot, raw::routes()),
            door(Door::Hooks, hook::routes()),
        ]
    }
}

impl FromRef<LiveRelay> for Arc<Relay> {
    fn from_ref(live: &LiveRelay) -> Self {
        Self::clone(&live.0.read().unwrap_or_else(PoisonError::into_inner))
    }
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
    /// Set if it is in the digest of its source; the id is that of the digest.
    pub(crate) is_merged: bool,
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
    pub(crate) fn new(server: Server, hooks: Hooks, intake: Intake) -> Result<Self, Error> {
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
        Ok(Self { server, hooks, intake, memory: Memory::default(), keys: Arc::default() })
    }

    fn calls(&self) -> &Calls {
        self.server.calls()
    }

    /// Applies the rules of all doors to a message.
    fn offer(&self, offer: Offer<'_>) -> Result<Offered, NotAccepted> {
        let (door, robot) = (offer.door, offer.robot.map(str::to_owned));
        let offered = self.calls().offer(offer).map_err(|ended| match ended.outcome {
            CallOutcome::Unsendable(_) => NotAccepted::TooLong,
            CallOutcome::Invalid(_) => NotAccepted::Invalid(ended.answer.faults),
            _ => NotAccepted::Invalid(ended.answer.advice.into_iter().map(Cow::into_owned).collect()),
        })?;
        if offered.at_all_removed {
            tracing::warn!(
                name: "dingtalk_notify.at_all_removed",
                door,
                robot,
                "a message was to notify everybody, and does not: nobody can be asked"
            );
        }
        Ok(offered)
    }

    /// Puts a message into the queue.
    async fn accept(&self, offer: Offer<'_>) -> Result<Accepted, NotAccepted> {
        let Offered { ready, at_all_removed } = self.offer(offer)?;
        let ended = self.calls().send(ready, pending(), async |_| {}).await;
        let accepted = |id: &str, is_repeated| Accepted {
            id: id.to_owned(),
            at_all_removed,
            is_repeated,
            is_merged: false,
        };
        match &ended.outcome {
            CallOutcome::Delivery { id, outcome } => match outcome {
                DeliveryOutcome::Queued(queued) => Ok(accepted(id, queued.earlier)),
                DeliveryOutcome::Delivered(_) => Ok(accepted(id, false)),
                // The earlier message may have arrived: another one could be a second one.
                DeliveryOutcome::Suppressed | DeliveryOutcome::Unknown(Stop::GivenUp) => {
                    Ok(accepted(id, true))
                }
                _ => Err(NotAccepted::unavailable(ended.answer.detail)),
            },
            CallOutcome::Duplicate { receipt, .. } => Ok(accepted(&receipt.id, true)),
            _ => Err(NotAccepted::unavailable(ended.answer.detail)),
        }
    }

    /// Puts the messages of one request of a source into the queue, all of them or none. `submit` makes the submission
    /// of an envelope and its position among the offers.
    async fn admit(
        &self,
        offers: Vec<Offer<'_>>,
        submit: impl Fn(usize, Envelope) -> Submission,
    ) -> Result<Vec<Accepted>, NotAccepted> {
        let offered: Vec<Offered> =
            offers.into_iter().map(|offer| self.offer(offer)).collect::<Result<_, _>>()?;
        let submissions: Vec<Submission> = offered
            .iter()
            .enumerate()
            .map(|(index, Offered { ready, .. })| {
                let mut envelope = ready.envelope.clone();
                envelope.robot.clone_from(&ready.robot);
                submit(index, envelope)
            })
            .collect();
        let ids: Vec<String> = submissions.iter().map(|submission| submission.envelope.id.clone()).collect();
        match self.intake.admit(submissions).await {
            Ok(admitted) => Ok(offered
                .into_iter()
                .zip(ids)
                .zip(admitted)
                .map(|((Offered { ready, at_all_removed }, id), admitted)| {
                    let is_repeated = matches!(admitted, Admitted::Known | Admitted::Suppressed);
                    let (id, is_merged) = match admitted {
                        Admitted::Merged(digest) => (digest, true),
                        _ => (id, false),
                    };
                    ready.queued(&id, is_repeated);
                    Accepted { id, at_all_removed, is_repeated, is_merged }
                })
                .collect()),
            Err(error) => {
                let ended = offered.into_iter().map(|Offered { ready, .. }| ready.not_queued(error.clone()));
                let why = ended.map(|ended| ended.answer.detail).last().flatten();
                Err(NotAccepted::unavailable(why))
            }
        }
    }
}

impl NotAccepted {
    fn unavailable(why: Option<String>) -> Self {
        Self::Unavailable(why.unwrap_or_else(|| "the queue could not be written".to_owned()))
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
