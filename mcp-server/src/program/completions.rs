//! `dingtalk-notify completions`

use std::io::{self, Write as _};

use clap_complete::{Shell, generate};

use super::{Program, Result, command_line, words::language};

pub(super) fn run(program: &Program, shell: Shell) -> Result<()> {
    // `generate` panics if it cannot write.
    let mut script = Vec::new();
    generate(shell, &mut command_line::command(program, language()), program.name, &mut script);
    Ok(io::stdout().write_all(&script)?)
}
