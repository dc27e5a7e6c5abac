#![doc = include_str!("../README.md")]

mod config;
mod error;
mod guarded;
#[cfg(feature = "notifications")]
mod notifications;
mod person;
mod policy;
mod robot;
mod section;

pub use crate::{
    config::Config,
    error::{Error, Fault, FaultKind, Wording},
    guarded::Guarded,
    person::Person,
    policy::{AtAll, Confirm, Policy, Stated},
    robot::{PACE_WAIT, RATE_PER_MINUTE, RobotSettings, build_paced},
};
