use dingtalk_core::{Choice, Notification, Url};

/// Tell the team that a version went live in an environment, or failed to.
#[derive(Notification)]
#[dingtalk(
    markdown(
        title = "Deployment to {environment}: {state} ({repository})",
        text = "
            ### Deployment to {environment}: {state}
            [{repository}]({repository_url})
            {reference} at {commit:.7}, deployed by {creator}
            {description}
            {site}
            {log}
        ",
    ),
    tool(when = "a deployment has come to its end, well or not")
)]
pub(crate) struct DeploymentFinished {
    /// Owner and name of the repository.
    #[dingtalk(length(1..=200), example = "acme/orders")]
    pub(crate) repository: String,
    /// Page of the repository.
    #[dingtalk(example = "https://github.com/acme/orders")]
    pub(crate) repository_url: Url,
    /// Environment of the deployment, for example `production`.
    #[dingtalk(length(1..=200), example = "production")]
    pub(crate) environment: String,
    /// Result of the deployment.
    pub(crate) state: State,
    /// Branch, tag or commit that was requested.
    #[dingtalk(length(1..=200), example = "v1.4.0")]
    pub(crate) reference: String,
    /// Hash of the commit that was deployed; the first seven digits are shown.
    #[dingtalk(length(7..=64), example = "6113728f27ae")]
    pub(crate) commit: String,
    /// Account of the person or program that deployed it.
    #[dingtalk(length(1..=200), example = "monalisa")]
    pub(crate) creator: String,
    /// Remarks, for example the cause of a failure.
    #[dingtalk(line = "> {}", length(..=200))]
    pub(crate) description: Option<String>,
    /// Page where the deployed version can be tried.
    #[dingtalk(line = "[Open it]({})")]
    pub(crate) site: Option<Url>,
    /// Page with the log.
    #[dingtalk(line = "[Read the log]({})")]
    pub(crate) log: Option<Url>,
}

/// Result of a deployment, in GitHub's words.
#[derive(Choice)]
pub(crate) enum State {
    /// The version is live.
    Success,
    /// The version did not go live.
    Failure,
    /// The deployment itself broke, so the live version must be checked.
    Error,
}
