//! Notifications of one team to its DingTalk group, as tools for its agents.
//!
//! The notifications are those of the service in `../webhooks`. A team would keep both in one package.

#[path = "../../webhooks/notifications/mod.rs"]
mod notifications;

use notifications::{
    alert::AlertGroup, dependency::VulnerableDependency, deployment::DeploymentFinished,
    pull_request::PullRequestOpened, release::ReleasePublished, workflow::WorkflowFinished,
};

dingtalk_notify::main!(
    ReleasePublished,
    PullRequestOpened,
    WorkflowFinished,
    DeploymentFinished,
    VulnerableDependency,
    AlertGroup,
);
