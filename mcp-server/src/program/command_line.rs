//! The command line of a program, with help in the person's language.

use std::env;

use clap::{CommandFactory as _, FromArgMatches as _};
use dingtalk_core::delivery::Language;

use super::{Program, arguments::Arguments, chinese, words::language};
use crate::settings::help;

/// In these texts, `{program}` is the program's name.
const EXAMPLES: &str = "\
Examples:
  {program} demo                         see messages arrive, without a robot
  {program} send text \"Disk is full\"     send one message
  {program} check                        check the robot, and explain how to fix it
  {program} serve --http 127.0.0.1:8100  serve over HTTP instead of stdin and stdout";

const EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  failure; stderr states the reason and the fix
  2  invalid command line
  `send` has further codes: see `{program} send --help`";

const SEND_HELP: &str = "\
Examples:
  {program} send text \"Disk is full\" --at 13800000000
  {program} send markdown --title \"Nightly report\" < report.md
  {program} send text \"Backup done\" --id backup-2026-11-29

Exit codes:
  0  DingTalk accepted the message, now or earlier under the same --id (or a dry run showed the request)
  1  error in a setting, a file or a stream; stderr states which
  2  invalid message or argument; nothing was sent
  3  the robot is misconfigured; nothing was delivered
  4  DingTalk refused the message; nothing was delivered
  5  rate limit or monthly quota reached; nothing was delivered
  6  no connection; nothing was sent
  7  the message may have arrived: run the command again with the same --id, or look in the group before you send it
     again
  130  interrupted while it waited; nothing was sent";

const CHECK_HELP: &str = "\
Exit codes: 0 if all checks pass, else that of the first failure, as for `{program} send`: 3 for the settings and the
clock, 6 for a server that cannot be reached.";

const SERVE_HELP: &str = "\
Examples:
  {program} serve --dry-run
  {program} serve --config robots.toml --http 127.0.0.1:8100

The robot, its secrets and other settings are given by environment variables: see `{program} --help`.";

/// Reads the command line; ends the process if it is invalid, or asks for help.
pub(super) fn parse(program: &Program) -> Arguments {
    // Clients start the server without arguments: building the parser would only cost time.
    if env::args_os().len() <= 1 {
        return Arguments::default();
    }
    let matches = command(program, language()).get_matches();
    Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// Builds the command line of this program, with help in this language.
pub(super) fn command(program: &Program, language: Language) -> clap::Command {
    let long = format!(
        "{}\n\nWithout a command, it serves MCP over stdin and stdout, as MCP clients start it.",
        program.about.trim()
    );
    let named = |text: &str| text.replace("{program}", program.name);
    let command = Arguments::command()
        .name(program.name)
        .bin_name(program.name)
        .version(program.version)
        .about(program.about)
        .long_about(long)
        .after_help(named(EXAMPLES))
        .after_long_help(format!(
            "{}\n\n{}\n\n{}",
            named(EXAMPLES),
            named(EXIT_CODES),
            help::environment(Language::En)
        ))
        .mut_subcommands(|command| match command.get_name() {
            "check" => command.after_help(named(CHECK_HELP)),
            "send" => command.after_help(named(SEND_HELP)),
            "serve" => command.after_help(named(SERVE_HELP)),
            _ => command,
        });
    if language == Language::Zh { chinese::translate(command, program.name, program.about) } else { command }
}

#[cfg(test)]
#[path = "command_line_tests.rs"]
mod tests;
