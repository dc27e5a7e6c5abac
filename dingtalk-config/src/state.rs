//! The state that programs share, as the file describes it.

use std::path::PathBuf;

use dingtalk_core::delivery::SecretSource;

use crate::{
    Wording,
    section::{Hint, Section},
};

/// State that programs share: those of one machine in a directory, those of several in a database.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct StateSettings {
    /// Directory of the state, an absolute path.
    pub dir: Option<PathBuf>,
    /// `false` if no state is shared.
    pub enabled: Option<bool>,
    /// Source of the URL of a PostgreSQL database, which programs on several machines share.
    pub url: Option<SecretSource>,
    /// Schema in this database.
    pub schema: Option<String>,
    /// Name of the address from which DingTalk sees requests.
    pub egress: Option<String>,
    /// `false` if programs do not make the tables of the database, and do not bring them up to date.
    pub migrate: Option<bool>,
    /// `false` if messages are sent although the database cannot be reached.
    pub required: Option<bool>,
}

const HINTS: &[Hint] = &[
    Hint::meant("path", "dir"),
    Hint::meant("directory", "dir"),
    Hint::meant("folder", "dir"),
    Hint::meant("database", "url"),
    Hint::meant("postgres", "url"),
    Hint::meant("on", "enabled"),
    Hint::say("disabled", "enabled", "write `enabled = false`", "请写 `enabled = false`"),
    Hint::say("off", "enabled", "write `enabled = false`", "请写 `enabled = false`"),
];

impl StateSettings {
    pub(crate) fn read(mut section: Section<'_>) -> Self {
        section.hint(HINTS);
        let dir = section.text("dir").and_then(|dir| section.check("dir", absolute(&dir)));
        let url = section.text("url").and_then(|url| section.check("url", database(&url)));
        let settings = Self {
            dir,
            enabled: section.flag("enabled"),
            url,
            schema: section.text("schema"),
            egress: section.text("egress"),
            migrate: section.flag("migrate"),
            required: section.flag("required"),
        };
        section.finish();
        settings
    }
}

/// The URL contains a password in most cases, and is not repeated then.
fn database(url: &str) -> Result<SecretSource, Wording> {
    if url.contains('@') && SecretSource::reference(url).is_none() {
        return Err(Wording::new(
            "a user name and a password do not belong in this file: write `env:NAME` or `file:PATH`, with the whole URL of \
             the database there",
            "用户名和密码不能写在这个文件里：请写 `env:变量名` 或 `file:路径`，完整的数据库 URL 放在那里",
        ));
    }
    Ok(SecretSource::parse(url))
}

/// A relative path would be another directory for each client that starts the program.
fn absolute(dir: &str) -> Result<PathBuf, Wording> {
    let path = PathBuf::from(dir.trim());
    if path.is_absolute() {
        return Ok(path);
    }
    Err(Wording::new(
        format!("expected an absolute path, found {dir:?}; `~` and variables are not expanded"),
        format!("应为绝对路径，而不是 {dir:?}；`~` 和变量不会展开"),
    ))
}
