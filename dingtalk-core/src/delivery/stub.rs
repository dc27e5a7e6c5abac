//! A delivery for tests that sends nothing.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{BoxFuture, Deliver, Envelope, Error, Limits, Outcome, Overflow, Receipt, Urgency};
use crate::message::Preview;

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

    /// Returns the messages of all envelopes so far as people read them, oldest first, each below its number and the
    /// robot, urgency and group of its envelope, if it has any. Access tokens and secrets are not shown; mobile numbers
    /// in messages are.
    ///
    /// ```
    /// use dingtalk_core::{DeliverExt, Message, Stub};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), dingtalk_core::Error> {
    /// let stub = Stub::new();
    /// stub.send(&Message::text("Disk is full")).await?;
    /// stub.send(&Message::markdown("CPU", "CPU **97%**")).await?;
    /// assert_eq!(
    ///     stub.transcript(),
    ///     "=== 1 (text)\n\nDisk is full\n\n=== 2 (markdown)\n\n[CPU]\n\nCPU 97%\n"
    /// );
    /// # Ok(()) }
    /// ```
    pub fn transcript(&self) -> String {
        let mut preview = Preview::new();
        for (index, envelope) in self.state().envelopes.iter().enumerate() {
            preview.push(&heading(index + 1, envelope), &Ok(envelope.message.clone()));
        }
        preview.to_string()
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

/// Returns the number of a message and what its envelope says.
fn heading(number: usize, envelope: &Envelope) -> String {
    let mut heading = number.to_string();
    if let Some(robot) = &envelope.robot {
        heading.push_str(&format!(", robot {robot}"));
    }
    if envelope.urgency == Urgency::Urgent {
        heading.push_str(", urgent");
    }
    if let Some(group) = &envelope.group {
        heading.push_str(&format!(", group {group}"));
    }
    heading
}

impl Deliver for Stub {
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
        Box::pin(async move { self.record(envelope) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DeliverExt as _, ErrorKind, Message};

    #[tokio::test]
    async fn the_transcript_shows_all_messages_in_order() {
        let stub = Stub::new();
        assert_eq!(stub.transcript(), "");
        stub.fail_next(Error::new(ErrorKind::Busy, ""));
        let urgent = Envelope::new(Message::text("down"))
            .with_robot("ops")
            .with_urgency(Urgency::Urgent)
            .with_group("shop");
        assert!(stub.deliver(urgent).await.is_err());
        assert!(stub.send(&Message::markdown("Up", "**up** again")).await.is_ok());
        assert_eq!(
            stub.transcript(),
            "=== 1, robot ops, urgent, group shop (text)\n\ndown\n\n=== 2 (markdown)\n\n[Up]\n\nup again\n"
        );
    }
}
