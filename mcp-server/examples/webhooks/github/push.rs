//! A push: `push`.

use dingtalk_core::{Markdown, Notification, Url};
use serde::Deserialize;

use super::{Name, Repository};
use crate::excerpt::{excerpt, first_items, first_line};

/// Commits were pushed to a branch, or with a tag.
#[derive(Notification)]
#[dingtalk(markdown(
    title = "{pusher} pushed to {name} of {repository}",
    text = "
        ### {pusher} pushed to the {kind} {name}
        [{repository}]({repository_url})
        {forced}
        {commits}
        {more}

        [Compare]({compare})
    ",
))]
pub(super) struct CommitsPushed {
    #[dingtalk(length(1..))]
    repository: String,
    repository_url: Url,
    /// `branch` or `tag`.
    kind: &'static str,
    name: String,
    pusher: String,
    #[dingtalk(line = "**Force-pushed: history was rewritten**")]
    forced: bool,
    /// Newest first.
    #[dingtalk(line = "- {}")]
    commits: Vec<Markdown>,
    /// Number of older commits that are not in the list.
    #[dingtalk(line = "- +{} more")]
    more: Option<usize>,
    compare: Url,
}

/// A branch or tag was created, deleted or moved, without new commits.
#[derive(Notification)]
#[dingtalk(markdown(
    title = "{pusher} {change} the {kind} {name} of {repository}",
    text = "
        ### {pusher} {change} the {kind} {name}
        [{repository}]({repository_url})
        {commit}
    ",
))]
pub(super) struct ReferenceChanged {
    #[dingtalk(length(1..))]
    repository: String,
    repository_url: Url,
    /// `branch` or `tag`.
    kind: &'static str,
    name: String,
    /// `created`, `deleted` or `moved`.
    change: &'static str,
    pusher: String,
    /// Its new commit.
    #[dingtalk(line = "Now at {:.7}")]
    commit: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct PushEvent {
    #[serde(rename = "ref")]
    reference: String,
    after: String,
    created: bool,
    deleted: bool,
    forced: bool,
    compare: Url,
    commits: Vec<Commit>,
    repository: Repository,
    pusher: Name,
}

#[derive(Deserialize)]
struct Commit {
    message: String,
    url: Url,
    author: Name,
}

impl PushEvent {
    pub(super) fn has_commits(&self) -> bool {
        !self.commits.is_empty()
    }

    /// `refs/heads/main` is the branch `main`, `refs/tags/v1` the tag `v1`.
    fn kind_and_name(&self) -> (&'static str, String) {
        let (kind, name) = match self.reference.strip_prefix("refs/tags/") {
            Some(tag) => ("tag", tag),
            None => ("branch", self.reference.strip_prefix("refs/heads/").unwrap_or(&self.reference)),
        };
        (kind, name.to_owned())
    }
}

impl From<PushEvent> for CommitsPushed {
    fn from(push: PushEvent) -> Self {
        let (kind, name) = push.kind_and_name();
        let commits = push.commits.into_iter().rev().map(Markdown::from).collect();
        let (commits, more) = first_items(commits, 10, 6000);
        Self {
            repository: push.repository.full_name,
            repository_url: push.repository.html_url,
            kind,
            name,
            pusher: push.pusher.name,
            forced: push.forced,
            commits,
            more,
            compare: push.compare,
        }
    }
}

impl From<Commit> for Markdown {
    fn from(commit: Commit) -> Self {
        let text = format!("{} ({})", first_line(&commit.message, 100), excerpt(&commit.author.name, 50));
        // The space keeps the end of the text from merging with the link.
        Self::trusted(format!("{} [diff]({})", Self::from_text(text).as_str(), commit.url))
    }
}

impl From<PushEvent> for ReferenceChanged {
    fn from(push: PushEvent) -> Self {
        let (kind, name) = push.kind_and_name();
        let change = match (push.created, push.deleted) {
            (true, _) => "created",
            (_, true) => "deleted",
            _ => "moved",
        };
        Self {
            repository: push.repository.full_name,
            repository_url: push.repository.html_url,
            kind,
            name,
            change,
            pusher: push.pusher.name,
            commit: (!push.deleted).then_some(push.after),
        }
    }
}
