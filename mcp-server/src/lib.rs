//! An MCP server that sends DingTalk (钉钉) notifications.
//!
//! The binary `dingtalk-notify` serves a built-in set of tools. This library serves the notification types of any
//! program, or [makes a program of them](main) with all features of `dingtalk-notify`:
//!
//! ```no_run
//! use dingtalk_core::{Notification, Robot, tools};
//! use dingtalk_notify::Server;
//!
//! /// Warn the on-call group that a disk is nearly full.
//! #[derive(Notification)]
//! #[dingtalk(text("{host}: {percent}% of the disk is used"), tool(when = "a disk is nearly full"))]
//! struct DiskAlert {
//!     /// Host name as in the inventory, for example `web-3`.
//!     #[dingtalk(length(1..=64))]
//!     host: String,
//!     /// Used space, in percent.
//!     #[dingtalk(range(0..=100))]
//!     percent: u8,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::builder(Robot::from_env()?).tools(tools![DiskAlert]).build()?;
//! server.serve_stdio().await?;
//! # Ok(())
//! # }
//! ```
//!
//! Every call of a tool is a [`tracing`] event of the target `dingtalk_notify::calls`: its tool, robot and outcome,
//! never its content.

mod builtin;
mod call;
mod definition;
mod error;
mod metrics;
#[cfg(feature = "program")]
mod outbox;
#[cfg(feature = "program")]
mod program;
mod protocol;
#[cfg(feature = "program")]
mod relay;
mod server;
mod settings;
mod transport;

#[cfg(feature = "program")]
pub use crate::program::Program;

pub use dingtalk_config::{AtAll, Confirm, Person};
pub use dingtalk_core::tools;

pub use crate::{
    builtin::{
        ActionCardMessage, FeedCardMessage, LinkMessage, MarkdownMessage, Story, TextMessage, builtin_tools,
    },
    call::{answer::CallStatus, targets::Target},
    definition::{Annotations, Catalog, Definition, Deployment, Lint},
    error::Error,
    server::{CALL_DEADLINE, CALL_MENTIONS, Server, ServerBuilder},
    settings::Settings,
    transport::http::HttpOptions,
};
