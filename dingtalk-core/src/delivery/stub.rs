//! A delivery for tests that sends nothing.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{BoxFuture, Deliver, Envelope, Error, Limits, Outcome, Overflow, Receipt};

/// Records envelopes instead of sending them. Clones share one record.
///
/// ```
/// use dingtalk_core::{DeliverExt, Error, ErrorKind, Message, Stub};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Error> {
/// let stub = Stub::new();
/// stub.fail_next(Error::new(ErrorKind::Busy, ""));
/// assert!(stub.send(&Message::text("first")).await.is_err());
/// stub.send(&Message::text("second")).await?;
/// assert_eq!(stub.envelopes()[1].message, Message::text("second"));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Stub {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    envelopes: Vec<Envelope>,
    failures: VecDeque<Error>,
}

impl Stub {
    /// Creates a stub with an empty record that accepts all envelopes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes one later delivery fail. Several calls make as many deliveries fail, in this order.
    pub fn fail_next(&self, error: Error) {
        self.state().failures.push_back(error);
    }

    /// Returns all envelopes so far, including those that failed, oldest first.
    pub fn envelopes(&self) -> Vec<Envelope> {
        self.state().envelopes.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, envelope: Envelope) -> Result<Receipt, Error> {
        let mut state = self.state();
        let (id, robot) = (envelope.id.clone(), envelope.robot.clone());
        let parts = Overflow::Reject.write(envelope.message.clone(), &id, Limits::default(), None);
        state.envelopes.push(envelope);
        if let Some(error) = state.failures.pop_front() {
            return Err(error.with_id(id));
        }
        let mut receipt = Receipt::new(&*id, Outcome::Delivered);
        let parts = parts.map_err(|error| error.with_id(id))?;
        receipt.bytes = parts.iter().map(|(_, body)| body.len()).sum();
        receipt.robot = robot;
        Ok(receipt)
    }
}

impl Deliver for Stub {
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
        Box::pin(async move { self.record(envelope) })
    }
}
