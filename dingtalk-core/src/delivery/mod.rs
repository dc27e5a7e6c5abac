//! Delivery of messages to a group: the robot, its signatures and requests, and the interpretation of answers.
//!
//! [`Deliver`] is the interface of all deliveries: a [`Robot`] sends to its group's webhook, a [`Stub`] records for
//! tests, and the [`queue`](crate::queue), the [`pool`](crate::pool) and the router use other deliveries. A delivery
//! takes an [`Envelope`] and returns a [`Receipt`] or an [`Error`].
//!
//! ```
//! use dingtalk_core::{
//!     Deliver, Envelope, Message, Stub,
//!     delivery::{Outcome, Urgency},
//! };
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), dingtalk_core::Error> {
//! let robot = Stub::new(); // in a service: Robot::builder(token).secret(secret).build()?
//! let envelope = Envelope::new(Message::text("Disk is full")).with_urgency(Urgency::Urgent);
//! let receipt = robot.deliver(envelope).await?;
//! assert_eq!(receipt.outcome, Outcome::Delivered);
//! # Ok(()) }
//! ```

mod advice;
#[cfg(feature = "blocking")]
mod blocking;
mod classify;
mod confirmation;
mod dedupe;
mod deliver;
pub(crate) mod digest;
mod duration;
mod endpoint;
mod envelope;
mod error;
mod error_kind;
mod future;
mod mark;
pub(crate) mod options;
pub(crate) mod overflow;
pub(crate) mod pool;
mod progress;
mod proxy;
pub(crate) mod queue;
mod receipt;
mod retry;
mod robot;
mod robot_key;
pub(crate) mod router;
mod secret;
mod secret_source;
mod sign;
pub mod store;
mod stored;
mod stub;
pub mod window;

#[cfg(feature = "blocking")]
pub use self::blocking::Blocking;
pub use self::{
    advice::Language,
    classify::{Answer, classify},
    confirmation::Confirmation,
    dedupe::{Dedupe, Throttle},
    deliver::{Deliver, DeliverExt},
    envelope::{DeliveredParts, Envelope, MAX_BODY_BYTES, Urgency},
    error::Error,
    error_kind::{ErrorKind, Retry},
    future::BoxFuture,
    mark::{Attempt, AttemptMark},
    overflow::{Limits, Overflow, Part},
    progress::SendProgress,
    proxy::Proxy,
    receipt::{Outcome, Receipt},
    retry::Guarantee,
    robot::{Probe, Robot, RobotBuilder},
    robot_key::RobotKey,
    secret_source::SecretSource,
    sign::{Signature, Signer},
    stub::Stub,
    window::{Block, Pace},
};
