//! The command line of a program: its arguments, with help in the language of the person.

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
  {program} check                        say what is wrong with a robot, and how to mend it
  {program} serve --http 127.0.0.1:8100  serve over HTTP instead of stdin and stdout";

const EXIT_CODES: &str = "\
Exit codes:
  0  it is done
  1  it failed; stderr says why and what to do
  2  the command line is wrong
  `send` has more: see `{program} send --help`";

const SEND_HELP: &str = "\
Examples:
  {program} send text \"Disk is full\" --at 13800000000
  {program} send markdown --title \"Nightly report\" < report.md

Exit codes:
  0  DingTalk took the message (or a dry run showed it)
  1  a setting, a file or a stream is wrong; stderr says which
  2  the message or an argument is wrong; nothing was sent
  3  the robot is not set up right; nothing was posted
  4  DingTalk refused it; nothing was posted
  5  too many messages, or the month's calls are used up; nothing was posted
  6  no connection; nothing was sent
  7  it may have arrived: look in the group before you repeat it";

const CHECK_HELP: &str = "\
Exit codes: 0 if nothing is wrong, else that of the first thing that is wrong, as `{program} send` has them: 3 for the
settings and the clock, 6 for a server that cannot be reached.";

const SERVE_HELP: &str = "\
Examples:
  {program} serve --dry-run
  {program} serve --config robots.toml --http 127.0.0.1:8100

The robot, its secrets and what else can be set stand in environment variables: see `{program} --help`.";

/// Reads the command line; ends the process where it is wrong, or asks for help.
pub(super) fn parse(program: &Program) -> Arguments {
    // Clients start the server without an argument: then there is nothing to parse, and no parser to build.
    if env::args_os().len() <= 1 {
        return Arguments::default();
    }
    let matches = command(program, language()).get_matches();
    Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// The command line of this program, with its help in this language.
pub(super) fn command(program: &Program, language: Language) -> clap::Command {
    let long = format!(
        "{}\n\nWithout a command it serves MCP over stdin and stdout, as MCP clients start it.",
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
