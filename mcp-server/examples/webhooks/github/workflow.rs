//! A run of a workflow: `workflow_run`.

use dingtalk_core::Url;
use serde::Deserialize;

use super::{Account, LINE, Name, Repository};
use crate::{
    excerpt::excerpt,
    notifications::workflow::{Conclusion, WorkflowFinished},
};

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
            repository: excerpt(&repository.full_name, LINE),
            workflow: excerpt(&workflow.name, LINE),
            number: run.run_number,
            conclusion: run.conclusion.unwrap_or_default().parse().unwrap_or(Conclusion::Unknown),
            branch: run.head_branch.map_or_else(|| "no branch".to_owned(), |branch| excerpt(&branch, LINE)),
            commit: run.head_sha,
            actor: Some(excerpt(&run.actor.login, LINE)),
            attempt: (run.run_attempt > 1).then_some(run.run_attempt),
            title: run.display_title.map(|title| excerpt(&title, LINE)),
            url: run.html_url,
        }
    }
}
