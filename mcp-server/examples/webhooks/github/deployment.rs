//! A deployment's status: `deployment_status`.

use dingtalk_core::Url;
use serde::Deserialize;

use super::{Account, LINE, Repository};
use crate::{excerpt::excerpt, notifications::deployment::DeploymentFinished};

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
    /// The deployment, if it is finished. The other states are intermediate: `queued`, `in_progress` and the
    /// like.
    pub(super) fn finished(self) -> Option<DeploymentFinished> {
        let Self { deployment_status: status, deployment, repository } = self;
        // The person or program that deploys writes these, and missing ones are empty. An invalid link counts as
        // missing.
        let link = |url: Option<String>| url.and_then(|url| Url::new(url).ok());
        Some(DeploymentFinished {
            repository: excerpt(&repository.full_name, LINE),
            repository_url: repository.html_url,
            environment: excerpt(&status.environment, LINE),
            state: status.state.parse().ok()?,
            reference: excerpt(&deployment.reference, LINE),
            commit: deployment.sha,
            creator: excerpt(&status.creator.login, LINE),
            description: status.description.map(|description| excerpt(&description, LINE)),
            site: link(status.environment_url),
            log: link(status.target_url),
        })
    }
}
