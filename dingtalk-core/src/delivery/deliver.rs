//! The one seam of delivery: something that takes an envelope and says what became of it.

use std::{
    future::{Future, ready},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use serde::{Serialize, Serializer};
use ulid::Ulid;

use super::{Error, ErrorKind};
use crate::{Message, Notification, WireMessage};

/// The largest body that DingTalk takes, in bytes of JSON (errcode 460101 beyond it).
pub const MAX_BODY_BYTES: usize = 20_000;

/// A boxed future, as [`Deliver`] returns it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Takes messages and delivers them.
///
/// Implemented by [`Robot`](crate::Robot), which posts to one webhook, and by [`Stub`](crate::Stub), which records.
/// The trait is object-safe: a program can hold an `Arc<dyn Deliver>`. Dropping the future gives the delivery up; the
/// message may have arrived nevertheless.
pub trait Deliver: Send + Sync {
    /// Delivers one envelope.
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>>;
}

impl<D: Deliver + ?Sized> Deliver for &D {
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
        (**self).deliver(envelope)
    }
}

impl<D: Deliver + ?Sized> Deliver for Box<D> {
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
        (**self).deliver(envelope)
    }
}

impl<D: Deliver + ?Sized> Deliver for Arc<D> {
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
        (**self).deliver(envelope)
    }
}

/// What every [`Deliver`] can do besides.
pub trait DeliverExt: Deliver {
    /// Checks a notification, renders it and delivers it under a new id. A [`Message`] is a notification too.
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
        match notification.message() {
            Ok(message) => self.deliver(Envelope::new(message)),
            Err(invalid) => Box::pin(ready(Err(invalid.into()))),
        }
    }
}

impl<D: Deliver + ?Sized> DeliverExt for D {}

/// A message on its way: what is sent, under which id, through which robot. It never holds a token or an address.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Envelope {
    /// The message.
    pub message: Message,
    /// Stays the same over all attempts; DingTalk gets it as `msgUuid` and recognises a repetition by it.
    pub id: String,
    /// The robot that is meant, by name; `None` leaves it to whoever delivers.
    pub robot: Option<String>,
}

impl Envelope {
    /// An envelope with a new id (a ULID: sortable by time).
    pub fn new(message: Message) -> Self {
        Self { message, id: Ulid::generate().to_string(), robot: None }
    }

    /// Sets the id, for a message that may have been sent before. A blank one is ignored: it would make all messages
    /// that carry it one and the same.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        let id = id.into();
        if !id.trim().is_empty() {
            self.id = id;
        }
        self
    }

    /// Names the robot that is meant.
    #[must_use]
    pub fn with_robot(mut self, name: impl Into<String>) -> Self {
        self.robot = Some(name.into());
        self
    }

    /// The body that goes over the wire.
    pub(crate) fn body(&self) -> Result<Vec<u8>, Error> {
        let wire = WireMessage::with_id(self.message.clone(), &*self.id);
        let body = serde_json::to_vec(&wire)
            .map_err(|_| Error::new(ErrorKind::Invalid, "it cannot be written as JSON"))?;
        if body.len() > MAX_BODY_BYTES {
            return Err(Error::new(ErrorKind::TooLong, format!("{} bytes", body.len())));
        }
        Ok(body)
    }
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Receipt {
    /// The envelope's id.
    pub id: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The name of the robot that posted it, if it has one.
    pub robot: Option<String>,
    /// What the robot is known as where its token must not be: see [`Robot::id`](crate::Robot::id).
    pub robot_id: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// The size of the body, in bytes.
    pub bytes: usize,
    /// How long it took; milliseconds where it is serialized.
    #[serde(rename = "elapsed_ms", serialize_with = "as_milliseconds")]
    pub elapsed: Duration,
}

/// What became of a message that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// DingTalk said that it took the message.
    Delivered,
}

impl Receipt {
    /// A receipt for one attempt, by nobody in particular.
    pub fn new(id: impl Into<String>, outcome: Outcome) -> Self {
        Self {
            id: id.into(),
            outcome,
            robot: None,
            robot_id: None,
            attempts: 1,
            bytes: 0,
            elapsed: Duration::ZERO,
        }
    }
}

fn as_milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_envelope_has_an_id_of_its_own() {
        let (first, second) = (Envelope::new(Message::text("a")), Envelope::new(Message::text("a")));
        assert_ne!(first.id, second.id);
        assert_eq!(first.id.len(), 26);
        assert_eq!(first.clone().with_id(" ").id, first.id);
        assert_eq!(first.with_id("mine").id, "mine");
    }

    #[test]
    fn the_id_is_in_the_body() {
        let body = Envelope::new(Message::text("a")).with_id("mine").body().unwrap();
        assert_eq!(body, br#"{"msgtype":"text","text":{"content":"a"},"msgUuid":"mine"}"#);
    }

    #[test]
    fn the_body_is_measured_in_bytes() {
        let envelope = |characters| Envelope::new(Message::text("汉".repeat(characters))).with_id("x");
        let frame = envelope(0).body().unwrap().len();
        let most = (MAX_BODY_BYTES - frame) / 3;
        assert!(envelope(most).body().is_ok());
        assert_eq!(envelope(most + 1).body().unwrap_err().kind(), ErrorKind::TooLong);
    }

    #[test]
    fn a_receipt_serializes_flat() {
        let mut receipt = Receipt::new("mine", Outcome::Delivered);
        receipt.elapsed = Duration::from_micros(12_345);
        let json = serde_json::to_value(&receipt).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "id": "mine", "outcome": "delivered", "robot": null, "robot_id": null,
                "attempts": 1, "bytes": 0, "elapsed_ms": 12
            })
        );
    }
}
