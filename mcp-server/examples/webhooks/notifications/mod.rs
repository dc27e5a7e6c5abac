//! Notifications of this team to its group, declared once for the service that sends them and for the agents
//! that may.
//!
//! The service builds them from webhooks; the program in `../../team-alerts` serves them as tools.
//! Constraints apply to both.

pub(crate) mod alert;
pub(crate) mod dependency;
pub(crate) mod deployment;
pub(crate) mod pull_request;
pub(crate) mod release;
pub(crate) mod workflow;
