//! The state that the processes of one machine share, as the file describes it.

use std::path::PathBuf;

use crate::{
    Wording,
    section::{Hint, Section},
};

/// State that the processes of one machine share.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateSettings {
    /// Directory of the state, an absolute path.
    pub dir: Option<PathBuf>,
    /// `false` if no state is shared.
    pub enabled: Option<bool>,
}

const HINTS: &[Hint] = &[
    Hint::meant("path", "dir"),
    Hint::meant("directory", "dir"),
    Hint::meant("folder", "dir"),
    Hint::meant("on", "enabled"),
    Hint::say("disabled", "enabled", "write `enabled = false`", "请写 `enabled = false`"),
    Hint::say("off", "enabled", "write `enabled = false`", "请写 `enabled = false`"),
];

impl StateSettings {
    pub(crate) fn read(mut section: Section<'_>) -> Self {
        section.hint(HINTS);
        let dir = section.text("dir").and_then(|dir| section.check("dir", absolute(&dir)));
        let settings = Self { dir, enabled: section.flag("enabled") };
        section.finish();
        settings
    }
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
