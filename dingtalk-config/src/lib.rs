#![doc = include_str!("../README.md")]

mod config;
mod error;
mod fallback;
mod guarded;
#[cfg(feature = "notifications")]
mod hooks;
#[cfg(feature = "notifications")]
mod notifications;
mod options;
mod outbox;
mod person;
mod policy;
mod quota;
mod robot;
mod section;
mod state;
mod syntax;
mod token;

#[cfg(feature = "notifications")]
pub use crate::hooks::{
    Composed, Elements, Hook, HookAuth, HookEvent, HookSource, Incident, Meaning, PRESETS, Payload, Preset,
    Routed, SAMPLES, Sample, SignatureScheme, Weight,
};
pub use crate::{
    config::{Config, time_zone_problem},
    error::{Error, Fault, FaultKind, Wording},
    fallback::WithFallback,
    guarded::Guarded,
    options::DeliveryOptions,
    outbox::OutboxSettings,
    person::Person,
    policy::{AtAll, Confirm, Policy, Stated},
    quota::QuotaSettings,
    robot::{PACE_WAIT, RATE_PER_MINUTE, RobotSettings, build_paced},
    state::StateSettings,
    token::{Door, TokenSettings},
};
