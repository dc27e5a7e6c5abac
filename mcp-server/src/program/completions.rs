//! `dingtalk-notify completions`

use std::io::{self, Write as _};

use clap_complete::{Shell, generate};

use super::{Program, Result, command_line, send::Sendable, words::language};
use crate::Settings;

/// Prints the script, which knows the notifications of the program and of the configuration file.
pub(super) fn run(program: &Program, settings: &Settings, shell: Shell) -> Result<()> {
    settings.check()?;
    let sendables = Sendable::all(program, settings.notifications());
    // `generate` panics if it cannot write.
    let mut script = Vec::new();
    generate(shell, &mut command_line::command(program, &sendables, language()), program.name, &mut script);
    Ok(io::stdout().write_all(&script)?)
}
