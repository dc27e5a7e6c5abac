//! `dingtalk-notify relay`: webhooks of other programs as notifications.

mod check;
mod preset;
mod token;
mod trial;

use std::process::ExitCode;

use super::{
    Program, Result,
    arguments::{PresetCommand, RelayCommand},
};

pub(super) fn run(program: &Program, command: RelayCommand) -> Result<ExitCode> {
    match command {
        RelayCommand::Preset { command: PresetCommand::List } => preset::list()?,
        RelayCommand::Preset { command: PresetCommand::Show { name, lang } } => preset::show(&name, lang)?,
        RelayCommand::Try(arguments) => return trial::run(program, &arguments),
        RelayCommand::Check { config } => check::run(program, config)?,
        RelayCommand::Token => token::run()?,
    }
    Ok(ExitCode::SUCCESS)
}
