//! The durable queue of a server: accepts messages whose calls would have to wait longer than their clients do.

use std::{fmt, sync::Arc};

use dingtalk_core::{Deliver as _, Envelope, Error, Receipt, delivery::BoxFuture, queue::Queue};

use super::standing::{Accepted, Standing};

/// The queue of a server. Cheap to clone.
#[derive(Clone)]
pub(crate) struct CallQueue {
    queue: Queue,
    accepted: Arc<dyn Accepted>,
    /// Set if each message is queued, also if it could be sent at once.
    always: bool,
}

impl CallQueue {
    pub(crate) fn new(queue: Queue, accepted: Arc<dyn Accepted>) -> Self {
        Self { queue, accepted, always: false }
    }

    /// Queues each message.
    pub(crate) fn always(mut self) -> Self {
        self.always = true;
        self
    }

    /// Reports that the message must be queued before anything is tried: it would overtake others, or has rules that
    /// only the queue applies.
    pub(crate) async fn must_accept(&self, envelope: &Envelope) -> bool {
        // A store that cannot be read reports that when the message is queued.
        self.always || self.queue.holds(envelope).await.unwrap_or(true)
    }

    /// Stores the message.
    pub(crate) async fn accept(&self, envelope: Envelope) -> Result<Receipt, Error> {
        self.queue.deliver(envelope).await
    }
}

impl Accepted for CallQueue {
    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Standing, Error>> {
        self.accepted.find(id)
    }
}

impl fmt::Debug for CallQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallQueue").field("queue", &self.queue).finish_non_exhaustive()
    }
}
