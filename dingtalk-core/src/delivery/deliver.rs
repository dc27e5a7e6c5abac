//! The one seam of delivery: something that takes an envelope and says what became of it.

use std::{future::ready, sync::Arc};

use super::{BoxFuture, Envelope, Error, Receipt, window::Forecast};
use crate::Notification;

/// Takes messages and delivers them.
///
/// | implementation | what it does with a message |
/// |---|---|
/// | [`Robot`](crate::Robot) | posts it to one webhook |
/// | [`Pool`](crate::pool::Pool) | gives it to one of several robots of one group |
/// | [`Router`](crate::pool::Router) | hands it to the delivery of the name that it holds |
/// | [`Queue`](crate::queue::Queue) | takes it at once, and delivers it later |
/// | [`Stub`](crate::Stub) | records it, for tests |
///
/// The trait is object-safe: a program can hold an `Arc<dyn Deliver>`, and `&D`, `Box<D>` and `Arc<D>` deliver as `D` does.
/// Dropping the future gives the delivery up; the message may have arrived nevertheless.
pub trait Deliver: Send + Sync {
    /// Delivers one envelope.
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>>;

    /// Returns how long the envelope would wait for its request if it came now: no time unless implemented. A queue
    /// keeps what would wait, so that more urgent messages can pass it and a digest can grow.
    ///
    /// # Errors
    ///
    /// It is not known.
    fn forecast<'a>(&'a self, envelope: &'a Envelope) -> BoxFuture<'a, Result<Forecast, Error>> {
        let _ = envelope;
        Box::pin(ready(Ok(Forecast::default())))
    }

    /// Returns `true` if each request is made after [`Envelope::mark_attempt`]; `false` unless implemented. Then a queue
    /// makes the mark before the delivery begins.
    fn marks_attempts(&self) -> bool {
        false
    }
}

macro_rules! forward {
    ($($type:ty),*) => {$(
        impl<D: Deliver + ?Sized> Deliver for $type {
            fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
                (**self).deliver(envelope)
            }

            fn forecast<'a>(&'a self, envelope: &'a Envelope) -> BoxFuture<'a, Result<Forecast, Error>> {
                (**self).forecast(envelope)
            }

            fn marks_attempts(&self) -> bool {
                (**self).marks_attempts()
            }
        }
    )*};
}

forward!(&D, Box<D>, Arc<D>);

/// What every [`Deliver`] can do besides.
pub trait DeliverExt: Deliver {
    /// Checks a notification, renders it and delivers it under a new id. A [`Message`](crate::Message) is a notification too.
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
