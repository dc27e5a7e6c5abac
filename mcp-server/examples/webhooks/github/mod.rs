//! GitHub's webhooks, and the message of each.
//!
//! One file per event declares the required part of the payload and its conversion to the notification.
//! Payloads: <https://docs.github.com/en/webhooks/webhook-events-and-payloads>.

mod dependency;
mod deployment;
mod pull_request;
mod push;
mod release;
mod workflow;

use dingtalk_core::{Message, Notification, Url};
use serde::Deserialize;

use self::{
    dependency::DependabotAlertEvent,
    deployment::DeploymentStatusEvent,
    pull_request::PullRequestEvent,
    push::{CommitsPushed, PushEvent, ReferenceChanged},
    release::ReleaseEvent,
    workflow::WorkflowRunEvent,
};
use crate::{
    notifications::{
        dependency::VulnerableDependency, pull_request::PullRequestOpened, release::ReleasePublished,
        workflow::WorkflowFinished,
    },
    payload::{Problems, problems, read},
};

/// Maximum length of a line from an external source, in characters.
const LINE: usize = 200;

/// Turns an event into a message, by the name in the header `X-GitHub-Event`; `None` for an irrelevant event.
pub(crate) fn message(event: &str, body: &[u8]) -> Result<Option<Message>, Problems> {
    #[derive(Deserialize)]
    struct Action {
        action: Option<String>,
    }

    let action = read::<Action>(body)?.action;
    let message = match (event, action.as_deref()) {
        ("dependabot_alert", Some("created" | "reintroduced" | "reopened")) => {
            VulnerableDependency::from(read::<DependabotAlertEvent>(body)?).message()
        }
        ("deployment_status", _) => match read::<DeploymentStatusEvent>(body)?.finished() {
            Some(finished) => finished.message(),
            None => return Ok(None),
        },
        ("pull_request", Some("opened")) => {
            PullRequestOpened::from(read::<PullRequestEvent>(body)?).message()
        }
        ("push", _) => match read::<PushEvent>(body)? {
            push if push.has_commits() => CommitsPushed::from(push).message(),
            push => ReferenceChanged::from(push).message(),
        },
        ("release", Some("published")) => ReleasePublished::from(read::<ReleaseEvent>(body)?).message(),
        ("workflow_run", Some("completed")) => {
            WorkflowFinished::from(read::<WorkflowRunEvent>(body)?).message()
        }
        _ => return Ok(None),
    };
    message.map(Some).map_err(|invalid| problems(&invalid))
}

#[derive(Deserialize)]
struct Repository {
    full_name: String,
    html_url: Url,
}

#[derive(Deserialize)]
struct Account {
    login: String,
}

#[derive(Deserialize)]
struct Name {
    name: String,
}
