//! Repeated calls. Clients call again after a timeout or a cancellation, and the group must not read the message twice.
//!
//! A call that is in progress is joined. A call that has just delivered its message sends nothing. A call whose outcome
//! is unknown is sent once more under the same `msgUuid`, by which DingTalk recognises a repetition. A [`Table`]
//! contains the calls that have ended.

#![cfg_attr(
    not(feature = "state"),
    allow(dead_code, reason = "without a state, fewer things can happen to a call")
)]

mod key;
mod memory;
mod permit;
mod progress;
#[cfg(feature = "state")]
mod shared;
mod table;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use dingtalk_core::{Envelope, Error, Receipt, delivery::Retry};
use tokio::sync::watch;

#[cfg(feature = "state")]
pub(crate) use self::shared::Shared;
pub(crate) use self::{
    key::{Caller, Group, Identity, Key, Recognition},
    permit::{Decided, Permit},
    progress::Delivery,
    table::WINDOW,
};
use self::{
    memory::Memory,
    table::{Known, Table},
};
use super::standing::Standing;

/// The outcome of a delivery.
#[derive(Debug, Clone)]
pub(crate) enum DeliveryOutcome {
    Delivered(Receipt),
    /// The same call delivered the message this long ago, and nothing was sent.
    Duplicate(Box<Receipt>, Duration),
    Failed(Error),
    /// A durable queue has accepted the message, or had accepted it from the same call.
    Queued(Box<Queued>),
    /// Nothing was sent: a rule of the notification on repetitions excludes it.
    Suppressed,
    /// The delivery was stopped, and the message has certainly not arrived.
    NotSent(Stop),
    /// The delivery was stopped, and the message may have arrived.
    Unknown(Stop),
    /// Nothing was sent, because the call could not be recorded.
    NotRecorded(Error),
    /// Nothing was sent: the caller has chosen the same id for another message.
    OtherMessage,
    /// The message was certainly not sent this time, but may have arrived from an earlier call.
    StillUnknown(Box<DeliveryOutcome>),
}

impl DeliveryOutcome {
    /// Reports that the message has certainly not arrived.
    fn is_not_sent(&self) -> bool {
        match self {
            Self::NotSent(_) | Self::NotRecorded(_) | Self::Suppressed | Self::OtherMessage => true,
            Self::Failed(error) => error.retry() != Retry::SameId && error.delivered_parts().is_empty(),
            Self::Delivered(_)
            | Self::Duplicate(..)
            | Self::Queued(_)
            | Self::Unknown(_)
            | Self::StillUnknown(_) => false,
        }
    }
}

/// A message that a durable queue has accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Queued {
    /// State of the message; `None` if it could not be read just then.
    pub(crate) standing: Option<Standing>,
    /// Set if an earlier call has queued it.
    pub(crate) earlier: bool,
}

/// Reason for stopping a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// No caller waits for it any more.
    Cancelled,
    /// It exceeded the deadline of a call.
    Overdue,
    /// It ended without an outcome.
    Lost,
    /// Another process makes the same call, and had not finished within the deadline.
    Elsewhere,
    /// An earlier call has queued the message, and this server does not know the queue.
    NoQueue,
    /// An earlier call has queued the message, and the queue has given it up after it may have arrived.
    GivenUp,
}

/// The calls that are in progress or remembered.
#[derive(Debug)]
pub(crate) struct Repeats {
    in_progress: Mutex<HashMap<Key, Arc<Delivery>>>,
    table: Arc<dyn Table>,
}

/// The part of a call in a delivery.
pub(crate) enum Claim {
    /// Deliver the message, and finish with the permit.
    Deliver(Permit, Arc<Delivery>),
    /// Wait for the call that is in progress.
    Join(Arc<Delivery>),
}

impl Default for Repeats {
    fn default() -> Self {
        Self::with_table(Arc::new(Memory::default()))
    }
}

impl Repeats {
    pub(crate) fn with_table(table: Arc<dyn Table>) -> Self {
        Self { in_progress: Mutex::default(), table }
    }

    /// Joins the same call if it is in progress in this process, or begins one.
    pub(crate) fn claim(self: &Arc<Self>, call: Identity, envelope: &Envelope) -> Claim {
        let mut in_progress = self.in_progress();
        if let Some(delivery) = in_progress.get(&call.key) {
            return Claim::Join(Arc::clone(delivery));
        }
        let (finished, outcome) = watch::channel(None);
        let delivery = Arc::new(Delivery::new(envelope.id.clone(), envelope.progress(), outcome));
        in_progress.insert(call.key, Arc::clone(&delivery));
        drop(in_progress);
        Claim::Deliver(Permit::new(Arc::clone(self), call, Arc::clone(&delivery), finished), delivery)
    }

    /// Reports that messages are recognised by ids that their callers chose, after this process too.
    #[cfg(feature = "program")]
    pub(crate) fn keep_ids(&self) -> bool {
        self.table.is_shared()
    }

    /// Reports that the call would send nothing, because the same call is in progress or has delivered the message.
    /// A call whose message is queued is not settled: its delivery may have ended meanwhile, and only then would the
    /// call send anything.
    pub(crate) async fn is_settled(&self, call: &Identity) -> bool {
        if self.in_progress().contains_key(&call.key) {
            return true;
        }
        matches!(self.table.look(call).await, Ok(Known::Delivered | Known::InProgress))
    }

    /// Locks the calls in progress: briefly, and never across an await.
    fn in_progress(&self) -> MutexGuard<'_, HashMap<Key, Arc<Delivery>>> {
        self.in_progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
