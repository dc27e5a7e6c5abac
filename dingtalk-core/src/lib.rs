//! DingTalk (钉钉) group robot notifications as Rust types: messages, signing, delivery.
//!
//! A notification is a type: [`derive@Notification`] makes a struct one. A [`Robot`] signs it and posts it to its group;
//! anything that implements [`Deliver`] takes its place, such as the [`Stub`] that records for tests.
//!
//! ```
//! use dingtalk_core::{DeliverExt, Message, Notification, Stub};
//!
//! #[derive(Notification)]
//! #[dingtalk(text("Backup of {database} finished in {seconds} s"))]
//! struct BackupFinished {
//!     database: String,
//!     seconds: u32,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), dingtalk_core::Error> {
//! let robot = Stub::new(); // in a service: Robot::from_env()?
//! robot.send(&BackupFinished { database: "orders".into(), seconds: 412 }).await?;
//! assert_eq!(robot.envelopes()[0].message, Message::text("Backup of orders finished in 412 s"));
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `derive` (default) | `#[derive(Notification)]` |
//! | `robot` (default) | [`Robot`], [`Pool`], [`Router`], [`Queue`], [`Deliver`], [`Stub`], [`Signer`]: reqwest with rustls |
//! | `blocking` | [`Blocking`]: delivery from programs without an asynchronous run time |
//! | `serde` (with `robot`, `tool`) | messages and their parts are `Serialize` and `Deserialize` |
//! | `tool` | [`Tool`] and [`ToolSet`], what an agent can call: schemars |
//! | `url` | conversion from the `url` crate's type |

#![cfg_attr(
    not(all(feature = "blocking", feature = "derive", feature = "tool")),
    allow(rustdoc::broken_intra_doc_links, reason = "the documentation is built with all features")
)]

#[doc(hidden)]
#[path = "private.rs"]
#[allow(missing_docs, missing_debug_implementations, reason = "not public: only generated code names it")]
pub mod __private;
mod card_button;
mod choice;
mod compose;
mod constraint;
mod debug;
#[cfg(feature = "robot")]
pub mod delivery;
mod fault;
mod markdown;
pub mod message;
mod notification;
#[cfg(feature = "robot")]
pub mod pool;
#[cfg(feature = "robot")]
pub mod queue;
#[cfg(feature = "tool")]
pub mod tool;

#[cfg(feature = "derive")]
pub use dingtalk_derive::{Choice, FeedItem, Fragment, Notification};
pub use dingtalk_template::{Show, Sink};

/// What a reader of configuration files needs.
#[cfg(feature = "tool")]
#[doc(hidden)]
pub use crate::tool::declared;
#[cfg(feature = "tool")]
pub use crate::tool::{
    Argument, Cardinality, Parameter, Parameters, ParametersIter, PersonKind, Tool, ToolSet, ToolSetError,
    ToolSpec, ToolType,
};
pub use crate::{
    card_button::CardButton,
    choice::{Choice, ChoiceValue, ParseChoiceError},
    constraint::{Constraint, Field},
    fault::{Fault, Faults, Invalid},
    markdown::Markdown,
    message::{MAX_MENTIONS, Mentions, Message, Mobile, ParseMobileError, ParseUrlError, Url, UserId},
    notification::Notification,
};

#[cfg(feature = "serde")]
pub use crate::message::WireMessage;

#[cfg(feature = "blocking")]
pub use crate::delivery::Blocking;
#[cfg(feature = "robot")]
pub use crate::{
    delivery::{
        Answer, AttemptMark, Block, BoxFuture, Deliver, DeliverExt, Envelope, Error, ErrorKind, Guarantee,
        Language, Limits, MAX_BODY_BYTES, Outcome, Overflow, Pace, Part, Probe, Receipt, Retry, Robot,
        RobotBuilder, SendProgress, Signature, Signer, Stub, Urgency, classify,
    },
    pool::{Pool, PoolBuilder, Router, RouterBuilder},
    queue::{DigestPolicy, GroupBy, Losses, Pending, Planned, Queue, QueueBuilder, Waiting, store},
};
