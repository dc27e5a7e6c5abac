//! A deployment's status: `deployment_status`.

use dingtalk_core::{Notification, Url};
use serde::Deserialize;

use super::{Account, LINE, Repository};
use crate::excerpt::excerpt;

/// A deployment succeeded or failed.
#[derive(Notification)]
#[dingtalk(markdown(
    title = "Deployment to {environment}: {state} ({repository})",
    text = "
        ### Deployment to {environment}: {state}
        [{repository}]({repository_url})
        {reference} at {commit:.7}, deployed by {creator}
        {description}
        {site}
        {log}
    ",
))]
pub(super) struct DeploymentFinished {
    #[dingtalk(length(1..))]
    repository: String,
    repository_url: Url,
    #[dingtalk(length(1..))]
    environment: String,
    /// `success`, `failure` or `error`.
    state: String,
    /// The branch, tag or commit that was asked for.
    reference: String,
    commit: String,
    creator: String,
    #[dingtalk(line = "> {}")]
    description: Option<String>,
    #[dingtalk(line = "[Open it]({})")]
    site: Option<Url>,
    #[dingtalk(line = "[Read the log]({})")]
    log: Option<Url>,
}

#[derive(Deserialize)]
pub(super) struct DeploymentStatusEvent {
    deployment_status: DeploymentStatus,
    deployment: Deployment,
    repository: Repository,
}

#[derive(Deserialize)]
struct DeploymentStatus {
    state: String,
    environment: String,
    description: Option<String>,
    environment_url: Option<String>,
    target_url: Option<String>,
    creator: Account,
}

#[derive(Deserialize)]
struct Deployment {
    #[serde(rename = "ref")]
    reference: String,
    sha: String,
}

impl DeploymentStatusEvent {
    /// The other states are steps on the way: `queued`, `in_progress` and the like.
    pub(super) fn is_final(&self) -> bool {
        matches!(self.deployment_status.state.as_str(), "success" | "failure" | "error")
    }
}

impl From<DeploymentStatusEvent> for DeploymentFinished {
    fn from(
        DeploymentStatusEvent { deployment_status: status, deployment, repository }: DeploymentStatusEvent,
    ) -> Self {
        // Whoever deploys writes these, and where there is none they are empty: a bad link is no link.
        let link = |url: Option<String>| url.and_then(|url| Url::new(url).ok());
        Self {
            repository: repository.full_name,
            repository_url: repository.html_url,
            environment: status.environment,
            state: status.state,
            reference: deployment.reference,
            commit: deployment.sha,
            creator: status.creator.login,
            description: status.description.map(|description| excerpt(&description, LINE)),
            site: link(status.environment_url),
            log: link(status.target_url),
        }
    }
}
