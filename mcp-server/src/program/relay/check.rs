//! `relay check`: the hooks of a file, checked against the notifications that they name.

use std::path::PathBuf;

use super::super::{Program, Result, say, words::words};
use crate::{Settings, settings::Flags};

pub(super) fn run(program: &Program, config: Option<PathBuf>) -> Result<()> {
    let settings = Settings::read(Flags { config, ..Flags::default() });
    let server = program.equip(settings.preview()?).build()?;
    let sources = settings.hook_sources(server.tools())?;
    if sources.is_empty() {
        say(words("the file has no hooks", "配置文件里没有 hooks"))?;
    }
    for source in sources {
        let name = source.name();
        say(words(format!("{name}: valid"), format!("{name}：有效")))?;
    }
    Ok(())
}
