//! The way of the sources' messages into the queue.

use std::{sync::Arc, time::SystemTime};

use dingtalk_core::{Error, queue::Queue};
use dingtalk_outbox::{
    Outbox,
    outbox::{Admitted, Submission},
};

/// The queue, and the store behind it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Intake {
    queue: Queue,
    outbox: Arc<dyn Outbox>,
}

impl Intake {
    pub(crate) fn new(queue: Queue, outbox: Arc<dyn Outbox>) -> Self {
        Self { queue, outbox }
    }

    /// Queues notifications, each for the robot of its envelope: all of them, or none.
    pub(super) async fn admit(&self, mut submissions: Vec<Submission>) -> Result<Vec<Admitted>, Error> {
        let envelopes = submissions.iter().map(|submission| submission.envelope.clone()).collect();
        let add = |placed: Vec<_>| {
            let placed =
                placed.into_iter().zip(submissions.drain(..)).map(|((lane, envelope), mut submission)| {
                    submission.envelope = envelope;
                    (lane, submission)
                });
            self.outbox.admit(placed.collect())
        };
        self.queue.add_with(envelopes, add).await
    }

    /// Returns when each key was marked.
    pub(super) async fn marked(&self, keys: Vec<String>) -> Result<Vec<Option<SystemTime>>, Error> {
        if keys.is_empty() { Ok(Vec::new()) } else { self.outbox.marked(keys).await }
    }
}
