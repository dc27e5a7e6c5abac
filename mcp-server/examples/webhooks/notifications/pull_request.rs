use dingtalk_core::{Notification, Url};

/// Ask the team for a review of a pull request that has been opened.
#[derive(Notification)]
#[dingtalk(
    markdown(
        title = "{author} opened #{number} in {repository}: {title}",
        text = "
            ### [#{number} {title}]({url})
            {author} wants to merge {head} into {base} of {repository}
            {draft}
            {body}

            {size}
            {reviewers}
            {labels}
        ",
    ),
    tool(when = "a pull request exists and people should read it")
)]
pub(crate) struct PullRequestOpened {
    /// Owner and name of the repository.
    #[dingtalk(length(1..=200), example = "acme/orders")]
    pub(crate) repository: String,
    /// The pull request's number.
    #[dingtalk(example = 42)]
    pub(crate) number: u64,
    /// The pull request's title.
    #[dingtalk(length(1..=200), example = "Make exports twice as fast")]
    pub(crate) title: String,
    /// Account of the person or program that opened it.
    #[dingtalk(length(1..=200), example = "monalisa")]
    pub(crate) author: String,
    /// The branch with the changes; `owner:branch` if it is in a fork.
    #[dingtalk(length(1..=200), example = "faster-exports")]
    pub(crate) head: String,
    /// Target branch of the changes.
    #[dingtalk(length(1..=200), example = "main")]
    pub(crate) base: String,
    /// Draft: true if it is not ready to be merged.
    #[dingtalk(line = "**Draft**")]
    pub(crate) draft: bool,
    /// The beginning of the pull request's description, without Markdown.
    #[dingtalk(line = "> {}", length(..=200))]
    pub(crate) body: Option<String>,
    /// Extent of the changes.
    #[dingtalk(line = "- {}", length(..=200), example = "Commits: 2, files: 3, lines: +40 −12")]
    pub(crate) size: Option<String>,
    /// Requested reviewers, separated by commas.
    #[dingtalk(line = "- Review by {}", length(..=200))]
    pub(crate) reviewers: Option<String>,
    /// Its labels, separated by commas.
    #[dingtalk(line = "- Labels: {}", length(..=200))]
    pub(crate) labels: Option<String>,
    /// Page of the pull request.
    #[dingtalk(example = "https://github.com/acme/orders/pull/42")]
    pub(crate) url: Url,
}
