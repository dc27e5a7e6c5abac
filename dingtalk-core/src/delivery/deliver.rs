//! The interface of all deliveries: takes an envelope and returns its outcome.

use std::{future::ready, sync::Arc};

use super::{BoxFuture, Envelope, Error, Receipt, RobotKey, window::Forecast};
use crate::Notification;

/// A delivery of messages.
///
/// | implementation | effect on a message |
/// |---|---|
/// | [`Robot`](crate::Robot) | sends it to one webhook |
/// | [`Pool`](crate::pool::Pool) | sends it through one of several robots of a group |
/// | [`Router`](crate::pool::Router) | passes it to the delivery with the name in the envelope |
/// | [`Queue`](crate::queue::Queue) | accepts it immediately and delivers it later |
/// | [`Stub`](crate::Stub) | records it, for tests |
///
/// The trait is object-safe: a program can hold an `Arc<dyn Deliver>`, and `&D`, `Box<D>` and `Arc<D>` deliver as `D`
/// does. Dropping the future cancels the delivery, but the message may still have arrived.
pub trait Deliver: Send + Sync {
    /// Delivers one envelope.
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>>;

    /// Checks that it would accept an envelope; always unless implemented. A queue asks before it merges notifications,
    /// and before each attempt: what is refused becomes a dead letter by itself.
    ///
    /// # Errors
    ///
    /// Fails with the error of [`deliver`](Self::deliver).
    fn check(&self, envelope: &Envelope) -> Result<(), Error> {
        let _ = envelope;
        Ok(())
    }

    /// Returns how long the envelope would wait for its request if it were delivered now; zero unless implemented. A
    /// queue keeps envelopes that would wait, so that more urgent ones can overtake them and a digest can grow.
    ///
    /// # Errors
    ///
    /// Fails if the wait is not known.
    fn forecast<'a>(&'a self, envelope: &'a Envelope) -> BoxFuture<'a, Result<Forecast, Error>> {
        let _ = envelope;
        Box::pin(ready(Ok(Forecast::default())))
    }

    /// Returns the key of the robot, or of the robots, under which a durable store keeps the notifications for this
    /// delivery: the same for every process that delivers through them. `None` unless implemented.
    fn lane_key(&self) -> Option<String> {
        None
    }

    /// Returns `true` if each request is made after [`Envelope::mark_attempt`]; `false` unless implemented. If it is
    /// `false`, a queue makes the mark before the delivery begins.
    fn marks_attempts(&self) -> bool {
        false
    }

    /// Returns the robots through which it may deliver an envelope with this [`robot`](Envelope::robot); none unless
    /// implemented. A program recognises the group of a message by them, even if a robot is renamed.
    fn robots(&self, robot: Option<&str>) -> Vec<RobotKey> {
        let _ = robot;
        Vec::new()
    }
}

macro_rules! forward {
    ($($type:ty),*) => {$(
        impl<D: Deliver + ?Sized> Deliver for $type {
            fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
                (**self).deliver(envelope)
            }

            fn check(&self, envelope: &Envelope) -> Result<(), Error> {
                (**self).check(envelope)
            }

            fn forecast<'a>(&'a self, envelope: &'a Envelope) -> BoxFuture<'a, Result<Forecast, Error>> {
                (**self).forecast(envelope)
            }

            fn lane_key(&self) -> Option<String> {
                (**self).lane_key()
            }

            fn marks_attempts(&self) -> bool {
                (**self).marks_attempts()
            }

            fn robots(&self, robot: Option<&str>) -> Vec<RobotKey> {
                (**self).robots(robot)
            }
        }
    )*};
}

forward!(&D, Box<D>, Arc<D>);

/// Methods of every [`Deliver`].
pub trait DeliverExt: Deliver {
    /// Checks a notification, renders it and delivers it under a new id. A [`Message`](crate::Message) is a notification
    /// too.
    ///
    /// ```
    /// use dingtalk_core::{DeliverExt, Message, Stub};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), dingtalk_core::Error> {
    /// let stub = Stub::new();
    /// let receipt = stub.send(&Message::text("Disk is full")).await?;
    /// assert_eq!(stub.envelopes()[0].id, receipt.id);
    /// # Ok(()) }
    /// ```
    fn send<N: Notification + ?Sized>(&self, notification: &N) -> BoxFuture<'_, Result<Receipt, Error>> {
        match notification.envelope() {
            Ok(envelope) => self.deliver(envelope),
            Err(invalid) => Box::pin(ready(Err(invalid.into()))),
        }
    }
}

impl<D: Deliver + ?Sized> DeliverExt for D {}
