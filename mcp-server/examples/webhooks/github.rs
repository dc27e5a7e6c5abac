//! GitHub's webhooks: what of them is needed, and the message that each becomes.
//!
//! An event is read into a type that holds only the fields needed here, and turned into a notification with `From`.
//! Payloads: <https://docs.github.com/en/webhooks/webhook-events-and-payloads>.

mod deployment;
mod dependency;
mod pull_request;
mod push;
mod release;
mod workflow;

use dingtalk_core::{Notification, Url};
use serde::{Deserialize, de::DeserializeOwned};

use self::{
    dependency::VulnerableDependency, deployment::DeploymentFinished, pull_request::PullRequestOpened,
    push::{CommitsPushed, Push, ReferenceChanged}, release::ReleasePublished, workflow::WorkflowFinished,
};
