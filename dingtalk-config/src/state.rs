//! The state that the processes of one machine share, as the file describes it.

use std::path::PathBuf;

use crate::{Wording, section::Section};

/// State that the processes of one machine share.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateSettings {
    /// Directory of the state, an absolute path.
    pub dir: Option<PathBuf>,
    /// `false` if no state is shared.
    pub enabled: Option<bool>,
}

impl StateSettings {
    pub(crate) fn read(mut section: Section<'_>) -> Self {
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
