//! `dingtalk-notify relay`: notifications and webhooks of other programs.

mod arguments;
mod check;
mod preset;
mod serve;
mod token;
mod trial;

use std::process::ExitCode;

pub(super) use self::arguments::RelayArguments;
use self::arguments::{PresetCommand, RelayCommand};
use super::{Program, Result};

pub(super) async fn run(program: &Program, arguments: RelayArguments) -> Result<ExitCode> {
    let Some(command) = arguments.command else {
        serve::run(program, &arguments.doors).await?;
        return Ok(ExitCode::SUCCESS);
    };
    match command {
        RelayCommand::Preset { command: PresetCommand::List } => preset::list()?,
        RelayCommand::Preset { command: PresetCommand::Show { name, lang } } => preset::show(&name, lang)?,
        RelayCommand::Try(arguments) => return trial::run(program, &arguments),
        RelayCommand::Check { samples, file } => check::run(program, &file.settings(), samples)?,
        RelayCommand::Token => token::run()?,
    }
    Ok(ExitCode::SUCCESS)
}
