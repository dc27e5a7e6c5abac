//! A pull request: `pull_request`.

use dingtalk_core::Url;
use serde::Deserialize;

use super::{Account, LINE, Name, Repository};
use crate::{
    excerpt::{excerpt, first_paragraph},
    notifications::pull_request::PullRequestOpened,
};

#[derive(Deserialize)]
pub(super) struct PullRequestEvent {
    pull_request: PullRequest,
    repository: Repository,
}

#[derive(Deserialize)]
struct PullRequest {
    number: u64,
    title: String,
    body: Option<String>,
    draft: bool,
    html_url: Url,
    user: Account,
    head: Branch,
    base: Branch,
    requested_reviewers: Vec<Account>,
    requested_teams: Vec<Name>,
    labels: Vec<Name>,
    commits: u64,
    changed_files: u64,
    additions: u64,
    deletions: u64,
}

#[derive(Deserialize)]
struct Branch {
    label: String,
    #[serde(rename = "ref")]
    reference: String,
}

impl PullRequest {
    fn size(&self) -> String {
        let Self { commits, changed_files, additions, deletions, .. } = self;
        format!("Commits: {commits}, files: {changed_files}, lines: +{additions} −{deletions}")
    }
}

impl From<PullRequestEvent> for PullRequestOpened {
    fn from(PullRequestEvent { pull_request, repository }: PullRequestEvent) -> Self {
        let size = pull_request.size();
        let names = |names: Vec<Name>| names.into_iter().map(|name| name.name);
        let accounts = pull_request.requested_reviewers.into_iter().map(|account| account.login);
        let reviewers: Vec<String> = accounts.chain(names(pull_request.requested_teams)).collect();
        let labels: Vec<String> = names(pull_request.labels).collect();
        Self {
            repository: excerpt(&repository.full_name, LINE),
            number: pull_request.number,
            title: excerpt(&pull_request.title, LINE),
            author: excerpt(&pull_request.user.login, LINE),
            // `owner:branch`, which distinguishes a fork's branch from a local one.
            head: excerpt(&pull_request.head.label, LINE),
            base: excerpt(&pull_request.base.reference, LINE),
            draft: pull_request.draft,
            body: pull_request.body.map(|body| first_paragraph(&body, LINE)),
            size: Some(size),
            reviewers: Some(excerpt(&reviewers.join(", "), LINE)),
            labels: Some(excerpt(&labels.join(", "), LINE)),
            url: pull_request.html_url,
        }
    }
}
