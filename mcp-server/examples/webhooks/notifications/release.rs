use dingtalk_core::{Markdown, Notification, Url};

/// Tell the team that a release is out, with its notes.
#[derive(Notification)]
#[dingtalk(
    markdown(
        title = "{repository} {name} is out",
        text = "
            ### [{repository} {name}]({url})
            Tag {tag}, published by {author}
            {prerelease}
            {notes}
        ",
    ),
    tool(when = "a release has been published and people can install it")
)]
pub(crate) struct ReleasePublished {
    /// Owner and name of the repository.
    #[dingtalk(length(1..=200), example = "acme/orders")]
    pub(crate) repository: String,
    /// Name of the release, often its version.
    #[dingtalk(length(1..=200), example = "1.4")]
    pub(crate) name: String,
    /// Git tag of the release.
    #[dingtalk(length(1..=200), example = "v1.4.0")]
    pub(crate) tag: String,
    /// Account of the person or program that published it.
    #[dingtalk(length(1..=200), example = "monalisa")]
    pub(crate) author: String,
    /// Preview: true if it must not go to production.
    #[dingtalk(line = "**Pre-release: not for production**")]
    pub(crate) prerelease: bool,
    /// The beginning of the release notes, in Markdown without tables or code.
    #[dingtalk(line = "{}", length(..=2000), example = "- Exports are twice as fast")]
    pub(crate) notes: Option<Markdown>,
    /// Page of the release.
    #[dingtalk(example = "https://github.com/acme/orders/releases/tag/v1.4.0")]
    pub(crate) url: Url,
}
