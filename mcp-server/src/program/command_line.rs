//! The command line of a program, with help in the person's language.

use std::{env, ffi::OsString, process};

use clap::{CommandFactory as _, FromArgMatches as _, error::ErrorKind};
use dingtalk_config::Config;
use dingtalk_core::delivery::Language;

use super::{
    Program,
    arguments::{Arguments, Command},
    chinese, notifications,
    send::{Report, SendArguments, Sendable, has_value_with_hyphen},
    words::language,
};
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
  {program} send text \"Disk is full\" --queue --detach
  {program} send disk_alert --host db-1 --percent 97 --config robots.toml

The notifications of the configuration file are commands, too: each is listed above, and has its own --help.

Exit codes:
  0  DingTalk accepted the message, now or earlier under the same --id (or a dry run showed the request, or the message
     is stored with --queue)
  1  error in a setting, a file or a stream; stderr states which
  2  invalid message or argument; nothing was sent
  3  the robot is misconfigured, or no process delivers what --queue stores; nothing was delivered
  4  DingTalk refused the message; nothing was delivered
  5  rate limit or monthly quota reached, or the queue is full; nothing was delivered
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
    let typed: Vec<String> = env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    // The list of all settings would take as long as the rest.
    let asks_for_help = typed.iter().any(|argument| argument == "--help" || argument == "help");
    let mut line = if asks_for_help {
        command(program, &[], language())
    } else {
        without_settings(program, &[], language())
    };
    if has_value_with_hyphen(&typed[1..]) {
        line = with_hyphens(line);
    }
    match line.try_get_matches().and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => arguments,
        // The commands of notifications are added only where they matter: that reads the configuration file.
        Err(_) if typed.iter().any(|argument| argument == "send") => with_notifications(program, &typed),
        Err(error) => error.exit(),
    }
}

/// Reads a command line that the commands of notifications may explain.
fn with_notifications(program: &Program, typed: &[String]) -> Arguments {
    let arguments: Vec<OsString> = env::args_os().collect();
    let as_json = typed.get(1).is_some_and(|command| command == "send")
        && typed.iter().take_while(|argument| *argument != "--").any(|argument| argument == "--json");
    parse_with_notifications(program, arguments, typed).unwrap_or_else(|unread| unread.exit(program, as_json))
}

/// A command line that cannot be read.
pub(super) struct Unread {
    error: clap::Error,
    /// The error of the configuration file, whose notifications are unknown then.
    file: Option<crate::Error>,
}

/// Reads a command line with the commands of all notifications.
fn parse_with_notifications(
    program: &Program,
    arguments: Vec<OsString>,
    typed: &[String],
) -> Result<Arguments, Unread> {
    let (declared, file) = match notifications::file(typed).map(Config::read).transpose() {
        Ok(config) => (config.unwrap_or_default().notifications, None),
        Err(error) => (Vec::new(), Some(crate::Error::from(error))),
    };
    let mut line = command(program, &Sendable::all(program, &declared), language());
    if has_value_with_hyphen(&typed[1..]) {
        line = with_hyphens(line);
    }
    let arranged = notifications::arrange(&line, arguments);
    let parsed = line.try_get_matches_from(arranged);
    parsed.and_then(|matches| Arguments::from_arg_matches(&matches)).map_err(|error| Unread { error, file })
}

/// Reads the arguments of `send` as another command takes them.
pub(super) fn parse_send(program: &Program, arguments: &[String]) -> Result<SendArguments, Unread> {
    let typed: Vec<String> =
        [program.name, "send"].into_iter().map(str::to_owned).chain(arguments.iter().cloned()).collect();
    match parse_with_notifications(program, typed.iter().map(OsString::from).collect(), &typed)?.command {
        Some(Command::Send(send)) => Ok(send),
        _ => Err(Unread { error: clap::Error::new(ErrorKind::InvalidSubcommand), file: None }),
    }
}

impl Unread {
    /// Ends the process with the error, or with the help.
    pub(super) fn exit(self, program: &Program, as_json: bool) -> ! {
        let Self { error, file } = self;
        let as_json = as_json && error.use_stderr();
        match file {
            // The name may be that of a notification in the file.
            Some(problem) if error.kind() == ErrorKind::InvalidSubcommand => {
                if as_json {
                    let _ = Report::of_failure(&problem).tell(program, true);
                } else {
                    program.tell(problem.in_language(language()));
                }
                process::exit(1)
            }
            Some(problem) => program.tell(problem.in_language(language())),
            None => {}
        }
        if as_json {
            let rendered = error.to_string();
            let problem =
                rendered.trim_start_matches("error: ").split("\n\nUsage:").next().unwrap_or_default();
            let problem = problem.split_whitespace().collect::<Vec<_>>().join(" ");
            let _ = Report::of_faults(&[problem]).tell(program, true);
            process::exit(error.exit_code())
        }
        error.exit()
    }
}

/// Lets the texts of messages begin with a hyphen. A misspelt option is then found by `send`.
fn with_hyphens(line: clap::Command) -> clap::Command {
    let is_text =
        |arg: &clap::Arg| !arg.is_global_set() && arg.get_action().takes_values() && arg.get_id() != "file";
    line.mut_subcommand("send", |send| {
        send.mut_subcommands(|message| {
            message.mut_args(|arg| if is_text(&arg) { arg.allow_hyphen_values(true) } else { arg })
        })
    })
}

/// Builds the command line of this program, with help in this language, and commands that send these notifications.
pub(super) fn command(program: &Program, sendables: &[Sendable], language: Language) -> clap::Command {
    let end = if language == Language::Zh {
        chinese::end_of_long_help(program.name)
    } else {
        format!("{EXAMPLES}\n\n{EXIT_CODES}").replace("{program}", program.name)
    };
    let settings = help::environment(language);
    without_settings(program, sendables, language).after_long_help(format!("{end}\n\n{settings}"))
}

/// Builds the same without the settings in its long help.
fn without_settings(program: &Program, sendables: &[Sendable], language: Language) -> clap::Command {
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
        .mut_subcommands(|command| match command.get_name() {
            "check" => command.after_help(named(CHECK_HELP)),
            "send" => command.after_help(named(SEND_HELP)),
            "serve" => command.after_help(named(SERVE_HELP)),
            _ => command,
        });
    let command = notifications::add(command, sendables, language);
    if language == Language::Zh { chinese::translate(command, program.name, program.about) } else { command }
}

#[cfg(test)]
#[path = "command_line_tests.rs"]
mod tests;
