//! A queue in virtual time, with deliveries that make no requests.
#![cfg(feature = "robot")]
#![allow(clippy::unwrap_used, reason = "a test that cannot set itself up fails")]

mod crashes;
mod digests;
mod durable;
mod ending;
mod fake;
mod lanes;
#[path = "../shared/log.rs"]
mod log;
mod order;
mod policy;
mod retries;
#[path = "../shared/mod.rs"]
mod shared;
mod streams;
mod workers;
