//! Deliveries in progress in this process, for which several calls may wait.

use std::sync::{Arc, OnceLock};

use dingtalk_core::delivery::SendProgress;
use tokio::sync::watch;

use super::{DeliveryOutcome, Stop};

/// A delivery that several calls may wait for.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// The id of a new message.
    new: String,
    /// The id of the message, once it is decided.
    id: OnceLock<String>,
    progress: SendProgress,
    outcome: watch::Receiver<Option<DeliveryOutcome>>,
    callers: watch::Sender<usize>,
}

impl Delivery {
    /// Creates a delivery of a message with this id, unless an earlier call has sent it under another one.
    pub(super) fn new(
        id: String,
        progress: SendProgress,
        outcome: watch::Receiver<Option<DeliveryOutcome>>,
    ) -> Self {
        Self { new: id, id: OnceLock::new(), progress, outcome, callers: watch::Sender::new(0) }
    }

    /// Returns the message's `msgUuid`.
    pub(crate) fn id(&self) -> &str {
        self.id.get().unwrap_or(&self.new)
    }

    /// Sets the id under which an earlier call has sent the message, or another process sends it.
    pub(super) fn is_known_as(&self, id: &str) {
        // The id of a call does not change: a second one is the same.
        let _ = self.id.set(id.to_owned());
    }

    /// Reports that no request has been sent yet.
    pub(crate) fn is_held(&self) -> bool {
        self.progress.is_unsent()
    }

    /// Adds a caller that waits for it.
    pub(crate) fn join(self: &Arc<Self>) -> Waiting {
        self.callers.send_modify(|callers| *callers += 1);
        Waiting(Arc::clone(self))
    }

    /// Completes when no caller waits any more.
    pub(crate) async fn abandoned(&self) {
        let mut callers = self.callers.subscribe();
        // The sender lives as long as `self`.
        let _ = callers.wait_for(|callers| *callers == 0).await;
    }

    /// Waits for the outcome.
    pub(crate) async fn outcome(&self) -> DeliveryOutcome {
        let mut outcome = self.outcome.clone();
        let known = outcome.wait_for(Option::is_some).await;
        known.ok().and_then(|outcome| (*outcome).clone()).unwrap_or(DeliveryOutcome::Unknown(Stop::Lost))
    }
}

/// A caller that waits for a delivery. The last one to leave stops it.
#[derive(Debug)]
pub(crate) struct Waiting(Arc<Delivery>);

impl Waiting {
    /// Leaves; returns `true` if no other caller waits.
    pub(crate) fn leave(self) -> bool {
        let delivery = Arc::clone(&self.0);
        drop(self);
        *delivery.callers.borrow() == 0
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.callers.send_modify(|callers| *callers = callers.saturating_sub(1));
    }
}
