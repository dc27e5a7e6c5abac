//! A DingTalk (钉钉) group robot on your own machine: it refuses what DingTalk refuses, with the real codes and
//! wordings, and shows what it accepted as a chat.
//!
//! # In tests
//!
//! ```
//! use dingtalk_sandbox::{Fault, Sandbox};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
//! let sandbox = Sandbox::start().await?;
//! // Send something to `sandbox.webhook()`, signed with `sandbox.secret()`, then look at what arrived:
//! assert_eq!(sandbox.accepted().len(), 0);
//! assert_eq!(sandbox.log().len(), 0);
//! // How does the sender take a lost answer?
//! sandbox.fault_next(1, Fault::AcceptThenReset);
//! # Ok(()) }
//! ```
//!
//! # In a browser
//!
//! [`Sandbox::page_url`] shows the chat and updates by itself. For scripts there are, on the same port,
//! `GET /messages` (the log as JSON), `GET /events` (the same, live, as Server-Sent Events), `GET /robots` (webhook
//! addresses and secrets) and `GET /healthz`. All of them answer only to a loopback name in the `Host` header.
//!
//! # What is checked
//!
//! In this order; business failures come with HTTP 200, as they do from DingTalk:
//!
//! | check | `errcode` |
//! |---|---|
//! | method is POST | 43002 |
//! | content type is `application/json` | 43004 |
//! | `access_token` is given, is known | 40035, 300005 |
//! | `timestamp` and `sign` are given and right, the clock at most an hour off, where the robot has a secret | 310000 |
//! | the robot is not blocked | 130101 |
//! | the body has at most 20,000 bytes, is a JSON object | 460101, 40035 |
//! | `msgtype` is given, is one of five | 300001, 400105 |
//! | required fields are given and not empty | 400201 to 400605 |
//! | no unknown field, no value of a wrong type, at most 50 mentions (stricter than DingTalk is known to be) | 40035 |
//! | one of the robot's keywords stands in the message | 310000 |
//! | at most 20 accepted messages in any 60 seconds; one more blocks the robot for ten minutes | 130101 |
//!
//! What was learnt from DingTalk's pages, from replies quoted in public, and what is derived or the sandbox's own,
//! is said in the source beside each code. Nothing here was confirmed against a live robot.

mod admission;
mod config;
mod endpoint;
mod events;
mod fault;
mod gzip;
mod log;
mod page;
mod rate;
mod refusal;
mod response;
mod sandbox;
mod server;
mod shape;
mod shared;
mod view;

pub use crate::{
    config::{BLOCK, Builder, RATE_PER_MINUTE, RATE_WINDOW, RobotConfig},
    fault::Fault,
    log::{Entry, LOG_CAPACITY, Outcome},
    refusal::{Advice, Refusal},
    sandbox::Sandbox,
};
