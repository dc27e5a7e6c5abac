//! What this team tells its group: each notification once, for the service that sends it and for the agents that may.
//!
//! The service makes them of webhooks; the program in `../../team-alerts` serves them as tools. Rules on values hold for both.

pub(crate) mod alert;
pub(crate) mod dependency;
pub(crate) mod deployment;
pub(crate) mod pull_request;
pub(crate) mod release;
pub(crate) mod workflow;
