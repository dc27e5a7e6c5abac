//! A release: `release`.

use dingtalk_core::{Markdown, Notification, Url};
use serde::Deserialize;

use super::{Account, LINE, Repository};
use crate::excerpt::excerpt;

/// A release is out.
#[derive(Notification)]
#[dingtalk(markdown(
    title = "{repository} {name} is out",
    text = "
        ### [{repository} {name}]({url})
        Tag {tag}, published by {author}
        {prerelease}
        {notes}
    ",
))]
pub(super) struct ReleasePublished {
    #[dingtalk(length(1..))]
    repository: String,
    #[dingtalk(length(1..))]
    name: String,
    tag: String,
    author: String,
    #[dingtalk(line = "**Pre-release: not for production**")]
    prerelease: bool,
    /// The beginning of the release notes, as they were written.
    #[dingtalk(line = "{}")]
    notes: Option<Markdown>,
    url: Url,
}

#[derive(Deserialize)]
pub(super) struct ReleaseEvent {
    release: Release,
    repository: Repository,
}

#[derive(Deserialize)]
struct Release {
    name: Option<String>,
    tag_name: String,
    body: Option<String>,
    prerelease: bool,
    html_url: Url,
    author: Account,
}

impl From<ReleaseEvent> for ReleasePublished {
    fn from(ReleaseEvent { release, repository }: ReleaseEvent) -> Self {
        let name = release.name.filter(|name| !name.trim().is_empty());
        Self {
            repository: repository.full_name,
            name: excerpt(name.as_deref().unwrap_or(&release.tag_name), LINE),
            tag: release.tag_name,
            author: release.author.login,
            prerelease: release.prerelease,
            notes: release.body.map(|body| Markdown::from_text(excerpt(&body, 600))),
            url: release.html_url,
        }
    }
}
