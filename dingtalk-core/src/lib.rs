//! DingTalk (钉钉) group robot notifications as Rust types: messages, signing, delivery.
//!
//! A notification is a Rust type: [`derive@Notification`] makes one of a struct. A [`Robot`] signs its message and
//! sends it to a group; other implementations of [`Deliver`] replace the robot, such as [`Stub`], which records
//! messages for tests.
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
//! # Modules
//!
//! | module | contents |
//! |---|---|
//! | [`message`] | the five message types, mentions, faults of values |
//! | [`delivery`] | one robot: rate window, retries, splitting, signing, errors |
//! | [`pool`] | several robots behind one interface |
//! | [`queue`] | background delivery, digests and stores |
//! | [`tool`] | notifications as tools for agents |
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `derive` (default) | `#[derive(Notification)]` |
//! | `robot` (default) | [`delivery`], [`pool`] and [`queue`]: reqwest with rustls |
//! | `blocking` | [`Blocking`](delivery::Blocking): delivery from programs without an asynchronous runtime |
//! | `serde` (with `robot`, `tool`) | messages and their parts are `Serialize` and `Deserialize` |
//! | `tool` | [`tool`]: schemars |
//! | `url` | conversion from the `url` crate's type |
//! | `jiff` | points in time in a [time zone](message::set_time_zone): `SystemTime` and the types of jiff |
//! | `chrono` (with `jiff`) | the types of chrono too |

#![cfg_attr(
    not(all(feature = "blocking", feature = "derive", feature = "tool")),
    allow(rustdoc::broken_intra_doc_links, reason = "the documentation is built with all features")
)]

// Named after the version, so that nobody but the derive of this version can rely on it.
#[doc(hidden)]
#[path = "private.rs"]
#[allow(missing_docs, missing_debug_implementations, reason = "not public: only generated code names it")]
pub mod __private_0_1_0;
mod card_button;
mod choice;
mod compose;
mod constraint;
mod debug;
#[cfg(feature = "robot")]
pub mod delivery;
mod fault;
pub mod field;
mod form;
mod markdown;
pub mod message;
mod notification;
#[cfg(feature = "robot")]
pub mod pool;
#[cfg(feature = "robot")]
pub mod queue;
mod shortened;
#[cfg(feature = "tool")]
pub mod tool;

#[cfg(feature = "derive")]
pub use dingtalk_derive::{Choice, FeedItem, Fragment, Notification};

#[cfg(feature = "robot")]
pub use crate::delivery::{Deliver, DeliverExt, Envelope, Error, ErrorKind, Receipt, Robot, Stub};
pub use crate::{
    choice::Choice,
    markdown::Markdown,
    message::{Message, Mobile, Url, UserId},
    notification::Notification,
};
