//! A DingTalk (钉钉) group robot on your own machine. It refuses the messages that DingTalk refuses, with DingTalk's
//! codes and wordings, and shows accepted messages as a chat.
//!
//! # In tests
//!
//! ```
//! use dingtalk_sandbox::{Fault, Sandbox};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
//! let sandbox = Sandbox::start().await?;
//! // Send a message to `sandbox.webhook()`, signed with `sandbox.secret()`, then check the messages that arrived:
//! assert_eq!(sandbox.accepted().len(), 0);
//! assert_eq!(sandbox.log().len(), 0);
//! // Lose the next answer, to test the sender:
//! sandbox.fault_next(1, Fault::AcceptThenReset);
//! # Ok(()) }
//! ```
//!
//! # In a browser
//!
//! The page at [`Sandbox::page_url`] shows the chat and updates itself. Scripts can use the same port: `GET /messages`
//! (the log as JSON), `GET /events` (the same, live, as Server-Sent Events), `GET /robots` (webhook addresses and
//! secrets) and `GET /healthz`. All of them require a loopback name in the `Host` header.
//!
//! # Checks
//!
//! The checks run in this order. Business failures are answered with HTTP 200, as DingTalk does:
//!
//! | check | `errcode` |
//! |---|---|
//! | method is POST | 43002 |
//! | content type is `application/json` | 43004 |
//! | `access_token` is present and known | 40035, 300005 |
//! | if the robot has a secret: `timestamp` and `sign` are present and valid, the clock at most an hour off | 310000 |
//! | the robot is not blocked | 130101 |
//! | the body has at most 20,000 bytes and is a JSON object | 460101, 40035 |
//! | `msgtype` is present and one of the five types | 300001, 400105 |
//! | required fields are present and not empty | 400201 to 400605 |
//! | no unknown fields, no values of a wrong type, at most 50 mentions (stricter than DingTalk is known to be) | 40035 |
//! | the message contains at least one of the robot's keywords | 310000 |
//! | at most 20 accepted messages in any 60 seconds; one more blocks the robot for ten minutes | 130101 |
//!
//! The source states beside each code if it comes from DingTalk's pages, from replies quoted in public, or from the
//! sandbox itself. None of it was confirmed against a live robot.

mod admission;
mod api;
mod config;
mod draft;
mod ending;
mod endpoint;
mod events;
mod expect;
mod fault;
mod fault_rule;
mod faults;
mod gallery;
mod gallery_file;
mod guard;
mod gzip;
mod log;
mod page;
mod rate;
mod refusal;
mod release;
pub mod render;
mod response;
mod robot;
mod sandbox;
mod server;
mod shared;
pub mod terminal;
mod validation;
mod verdict;
mod view;

pub use crate::{
    config::{BLOCK, Builder, RATE_PER_MINUTE, RATE_WINDOW},
    draft::Draft,
    expect::Differs,
    fault::Fault,
    fault_rule::{FaultRule, InvalidFault},
    gallery::Gallery,
    log::{Entry, LOG_CAPACITY, Outcome},
    rate::Window,
    refusal::{Advice, Refusal},
    release::{Release, Released},
    robot::RobotConfig,
    sandbox::Sandbox,
    verdict::{Verdict, verdict},
};
