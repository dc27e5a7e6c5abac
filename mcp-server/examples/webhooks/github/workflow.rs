//! A run of a workflow: `workflow_run`.

use dingtalk_core::{Notification, Url};
use serde::Deserialize;

use super::{Account, LINE, Name, Repository};
use crate::excerpt::excerpt;

/// A run of a workflow came to its end.
#[derive(Notification)]
#[dingtalk(markdown(
    title = "{workflow} on {branch} of {repository}: {conclusion}",
    text = "
        ### [{workflow} #{number}]({url}): {conclusion}
        {repository}, {branch} at {commit:.7}, run by {actor}
        {attempt}
        {title}
    ",
))]
pub(super) struct WorkflowFinished {
    #[dingtalk(length(1..))]
    repository: String,
    workflow: String,
    number: u64,
    /// `success`, `failure`, `cancelled`, `timed out` and the like.
    conclusion: String,
    branch: String,
    commit: String,
    actor: String,
    /// Which attempt it was, if not the first.
    #[dingtalk(line = "Attempt {}")]
    attempt: Option<u64>,
    /// What the run was about: a commit's or pull request's title.
    #[dingtalk(line = "> {}")]
    title: Option<String>,
    url: Url,
}

#[derive(Deserialize)]
pub(super) struct WorkflowRunEvent {
    workflow_run: WorkflowRun,
    workflow: Name,
    repository: Repository,
}

#[derive(Deserialize)]
struct WorkflowRun {
    run_number: u64,
    run_attempt: u64,
    conclusion: Option<String>,
    head_branch: Option<String>,
    head_sha: String,
    display_title: Option<String>,
    html_url: Url,
    actor: Account,
}

impl From<WorkflowRunEvent> for WorkflowFinished {
    fn from(WorkflowRunEvent { workflow_run: run, workflow, repository }: WorkflowRunEvent) -> Self {
        Self {
            repository: repository.full_name,
            workflow: excerpt(&workflow.name, LINE),
            number: run.run_number,
            conclusion: run.conclusion.as_deref().unwrap_or("no conclusion").replace('_', " "),
            branch: run.head_branch.unwrap_or_else(|| "no branch".to_owned()),
            commit: run.head_sha,
            actor: run.actor.login,
            attempt: (run.run_attempt > 1).then_some(run.run_attempt),
            title: run.display_title.map(|title| excerpt(&title, LINE)),
            url: run.html_url,
        }
    }
}
