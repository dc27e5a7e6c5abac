//! A pull request: `pull_request`.

use dingtalk_core::{Notification, Url};
use serde::Deserialize;

use super::{Account, LINE, Name, Repository};
use crate::excerpt::{excerpt, first_paragraph};

/// Somebody asks for a review.
#[derive(Notification)]
#[dingtalk(markdown(
    title = "{author} opened #{number} in {repository}: {title}",
    text = "
        ### [#{number} {title}]({url})
        {author} wants to merge {head} into {base} of {repository}
        {draft}
        {body}

        - Commits: {commits}, files: {files}, lines: +{additions} −{deletions}
        {reviewers}
        {labels}
    ",
))]
pub(super) struct PullRequestOpened {
    #[dingtalk(length(1..))]
    repository: String,
    number: u64,
    #[dingtalk(length(1..))]
    title: String,
    author: String,
    head: String,
    base: String,
    #[dingtalk(line = "**Draft**")]
    draft: bool,
    /// The beginning of the description.
    #[dingtalk(line = "> {}")]
    body: Option<String>,
    commits: u64,
    files: u64,
    additions: u64,
    deletions: u64,
    #[dingtalk(line = "- Review by {}")]
    reviewers: Option<String>,
    #[dingtalk(line = "- Labels: {}")]
    labels: Option<String>,
    url: Url,
}

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

impl From<PullRequestEvent> for PullRequestOpened {
    fn from(PullRequestEvent { pull_request, repository }: PullRequestEvent) -> Self {
        let names = |names: Vec<Name>| names.into_iter().map(|name| name.name);
        let accounts = pull_request.requested_reviewers.into_iter().map(|account| account.login);
        let reviewers: Vec<String> = accounts.chain(names(pull_request.requested_teams)).collect();
        let labels: Vec<String> = names(pull_request.labels).collect();
        Self {
            repository: repository.full_name,
            number: pull_request.number,
            title: excerpt(&pull_request.title, LINE),
            author: pull_request.user.login,
            // `owner:branch`, which tells a fork's branch from one's own.
            head: pull_request.head.label,
            base: pull_request.base.reference,
            draft: pull_request.draft,
            body: pull_request.body.map(|body| first_paragraph(&body, LINE)),
            commits: pull_request.commits,
            files: pull_request.changed_files,
            additions: pull_request.additions,
            deletions: pull_request.deletions,
            reviewers: Some(excerpt(&reviewers.join(", "), LINE)),
            labels: Some(excerpt(&labels.join(", "), LINE)),
            url: pull_request.html_url,
        }
    }
}
