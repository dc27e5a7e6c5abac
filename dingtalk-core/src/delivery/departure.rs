//! Has a message left? For whoever gives a delivery up and must say whether it may have arrived.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

/// Says whether an envelope's message may have left, also after its delivery was given up. All clones of an envelope
/// share it.
///
/// ```
/// use dingtalk_core::{Deliver, Envelope, Message, Robot};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), dingtalk_core::Error> {
/// let robot = Robot::builder("0123abcd").base_url("http://127.0.0.1:9").build()?;
/// let envelope = Envelope::new(Message::text("Disk is full"));
/// let departure = envelope.departure();
/// assert!(!departure.is_held()); // nobody has said so yet
/// let _ = robot.deliver(envelope).await; // connection refused
/// assert!(departure.is_held());
/// # Ok(()) }
/// ```
#[derive(Clone, Default)]
pub struct Departure(Arc<AtomicU8>);

/// Nobody who knows has said anything.
const UNTOLD: u8 = 0;
const HELD: u8 = 1;
const LEFT: u8 = 2;

impl Departure {
    /// Certainly nothing has arrived yet. `false` where a request is on its way or was, and where the delivery does not
    /// tell: a [`Robot`](crate::Robot) does.
    pub fn is_held(&self) -> bool {
        self.0.load(Ordering::Acquire) == HELD
    }

    /// The delivery has begun, and nothing has left.
    pub(crate) fn hold(&self) {
        // What has left once does not come back.
        let _ = self.0.compare_exchange(UNTOLD, HELD, Ordering::AcqRel, Ordering::Acquire);
    }

    /// An attempt begins. Dropped, what it holds is final: the attempt was given up.
    pub(crate) fn leave(&self) -> Leaving<'_> {
        Leaving { departure: self, before: self.0.swap(LEFT, Ordering::AcqRel) }
    }
}

/// One attempt.
pub(crate) struct Leaving<'a> {
    departure: &'a Departure,
    before: u8,
}

impl Leaving<'_> {
    /// The attempt has certainly not arrived: everything is as before it.
    pub(crate) fn came_back(self) {
        self.departure.0.store(self.before, Ordering::Release);
    }
}

impl fmt::Debug for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Departure").field("is_held", &self.is_held()).finish()
    }
}

/// Not a part of what an envelope says: two envelopes with the same words are equal.
impl PartialEq for Departure {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Departure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_arrived_stays_so() {
        let departure = Departure::default();
        assert!(!departure.is_held());
        departure.hold();
        assert!(departure.is_held());
        let attempt = departure.leave();
        assert!(!departure.is_held());
        attempt.came_back();
        assert!(departure.is_held());
        // Given up while it is on its way.
        let _ = departure.leave();
        assert!(!departure.is_held());
        departure.leave().came_back();
        departure.hold();
        assert!(!departure.is_held(), "a later attempt cannot undo an earlier one");
    }
}
