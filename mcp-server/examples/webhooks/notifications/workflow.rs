use dingtalk_core::{Choice, Notification, Url};

use super::deployment::DeploymentFinished;

/// Tell the team how a run of an automated workflow ended, for example a build or a nightly test.
#[derive(Notification)]
#[dingtalk(
    markdown(
        title = "{workflow} on {branch} of {repository}: {conclusion}",
        text = "
            ### [{workflow} #{number}]({url}): {conclusion}
            {repository}, {branch} at {commit:.7}
            {actor}
            {attempt}
            {title}
        ",
    ),
    tool(
        when = "a run has ended and somebody waits for its result or has to mend it",
        not_when = "the run was a deployment",
        instead = DeploymentFinished
    )
)]
pub(crate) struct WorkflowFinished {
    /// Owner and name of the repository.
    #[dingtalk(length(1..=200), example = "acme/orders")]
    pub(crate) repository: String,
    /// Name of the workflow.
    #[dingtalk(length(1..=200), example = "Nightly tests")]
    pub(crate) workflow: String,
    /// Number of the run, counted from 1.
    #[dingtalk(example = 812)]
    pub(crate) number: u64,
    /// Result of the run.
    pub(crate) conclusion: Conclusion,
    /// Branch of the run.
    #[dingtalk(length(1..=200), example = "main")]
    pub(crate) branch: String,
    /// Hash of the run's commit; the first seven digits are shown.
    #[dingtalk(length(7..=64), example = "6113728f27ae")]
    pub(crate) commit: String,
    /// Account of the person or program that started it.
    #[dingtalk(line = "Run by {}", length(1..=200), example = "monalisa")]
    pub(crate) actor: Option<String>,
    /// Number of the attempt, if not the first.
    #[dingtalk(line = "Attempt {}")]
    pub(crate) attempt: Option<u64>,
    /// Subject of the run, for example the first line of a commit.
    #[dingtalk(line = "> {}", length(..=200))]
    pub(crate) title: Option<String>,
    /// Page of the run.
    #[dingtalk(example = "https://github.com/acme/orders/actions/runs/812")]
    pub(crate) url: Url,
}

/// Result of a run, in GitHub's words.
#[derive(Choice)]
pub(crate) enum Conclusion {
    Success,
    Failure,
    Cancelled,
    #[dingtalk(text("timed out"))]
    TimedOut,
    #[dingtalk(text("action required"))]
    ActionRequired,
    #[dingtalk(text("failed to start"))]
    StartupFailure,
    Skipped,
    Neutral,
    Stale,
    #[dingtalk(text("no conclusion"))]
    Unknown,
}
