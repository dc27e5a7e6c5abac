//! A release: `release`.

use dingtalk_core::{Markdown, Url};
use serde::Deserialize;

use super::{Account, LINE, Repository};
use crate::{excerpt::excerpt, notifications::release::ReleasePublished};

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
            repository: excerpt(&repository.full_name, LINE),
            name: excerpt(name.as_deref().unwrap_or(&release.tag_name), LINE),
            tag: excerpt(&release.tag_name, LINE),
            author: excerpt(&release.author.login, LINE),
            prerelease: release.prerelease,
            notes: release.body.map(|body| Markdown::from_text(excerpt(&body, 600))),
            url: release.html_url,
        }
    }
}
