//! The command line.

use std::{env, path::PathBuf};

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use clap_complete::Shell;
use dingtalk_core::Language;
use tracing_subscriber::filter::LevelFilter;

use super::{
    Program, check, chinese,
    language::language,
    send,
    serve::{self, HttpArguments},
};
use crate::{Error, Settings};

/// What the command line says.
///
/// Without a command it serves MCP over stdin and stdout, as MCP clients start it.
#[derive(Parser, Default)]
#[command(max_term_width = 100, args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) serve: ServeArguments,
}

impl Arguments {
    /// What is logged unless somebody asks for more.
    pub(super) fn log_level(&self) -> LevelFilter {
        match self.command {
            None | Some(Command::Serve(_)) => LevelFilter::WARN,
            // The others say themselves what went wrong.
            _ => LevelFilter::ERROR,
        }
    }
}

#[derive(Args, Default)]
pub(super) struct ServeArguments {
    /// Send nothing, and answer with what would be sent
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) choice: ToolChoice,
    #[command(flatten)]
    pub(super) http: HttpArguments,
}

#[derive(Args, Default)]
pub(super) struct ToolChoice {
    /// Only these tools, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    tools: Option<Vec<String>>,
    /// Begin every tool's name with this, for clients that mix the tools of several servers
    #[arg(long, value_name = "PREFIX")]
    tool_prefix: Option<String>,
    /// A TOML file with robots by name, people, and notifications: see docs/configuration.md
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ToolChoice {
    /// The settings of the environment, where these arguments do not say otherwise.
    pub(super) fn settings(self) -> Result<Settings, Error> {
        let mut settings = Settings::from_env()?;
        settings.tools = self.tools.or(settings.tools);
        settings.tool_prefix = self.tool_prefix.or(settings.tool_prefix);
        settings.config = self.config.or(settings.config);
        Ok(settings)
    }
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Serve MCP over stdin and stdout, or over HTTP
    Serve(ServeArguments),
    /// Send one message to a group
    Send(send::Arguments),
    /// Say what is wrong with each robot and how to mend it, without sending anything
    Check(check::Arguments),
    /// Print the tools' definitions as clients receive them
    Tools {
        /// Print JSON: what `tools/list` answers, or the findings of `--lint`
        #[arg(long)]
        json: bool,
        /// Print what could be better in them instead, and exit with 1 if anything could
        #[arg(long)]
        lint: bool,
        #[command(flatten)]
        choice: ToolChoice,
    },
    /// Start a local robot with a chat view, to send to instead of DingTalk
    Sandbox {
        /// The port on 127.0.0.1; 0 takes a free one
        #[arg(long, default_value_t = 8080)]
        port: u16,
    },
    /// See messages arrive: send examples to a sandbox, also through an MCP client
    Demo {
        /// Exit when all have arrived, with 0 only then
        #[arg(long)]
        once: bool,
    },
    /// Print a script that completes this command line in a shell
    Completions {
        /// The shell that reads it
        shell: Shell,
    },
}

/// `{program}` is the program's name.
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

const AFTER_HELP: &str = "\
Environment:
  DINGTALK_BOT_ACCESS_TOKEN        the robot's access token, or its whole webhook (required, unless --config has robots)
  DINGTALK_BOT_SECRET              its signing secret (SEC…), if it signs
  DINGTALK_BOT_ACCESS_TOKEN_FILE, DINGTALK_BOT_SECRET_FILE
                                   files that hold them instead, as containers mount secrets
  DINGTALK_BOT_BASE_URL            where robots live [default: https://oapi.dingtalk.com]
  DINGTALK_BOT_RATE_PER_MINUTE     messages a minute [default: 20]; 0 = no limit, not for DingTalk itself
  DINGTALK_BOT_KEYWORD             the robot's keyword; appended to messages that lack it
  DINGTALK_NOTIFY_CONFIG           as --config
  DINGTALK_NOTIFY_AT_ALL           ask, allow or deny messages that notify everybody [default: ask]
  DINGTALK_NOTIFY_CALL_DEADLINE    seconds that a call may take, with all waiting and retries [default: 25]
  DINGTALK_NOTIFY_MAX_MENTIONS     people that one call may mention [default: 10]
  DINGTALK_NOTIFY_DRY_RUN          1 as --dry-run
  DINGTALK_NOTIFY_TOOLS            as --tools
  DINGTALK_NOTIFY_TOOL_PREFIX      as --tool-prefix
  DINGTALK_NOTIFY_HTTP_TOKEN       what clients send as `Authorization: Bearer …`; required where other machines can connect
  DINGTALK_NOTIFY_HTTP_TOKEN_FILE  a file that holds it
  DINGTALK_NOTIFY_HTTP_HOSTS       further names of the server, separated by commas, as --allow-host
  DINGTALK_NOTIFY_HTTP_ORIGINS     origins of pages that may call it, as --allow-origin
  DINGTALK_NOTIFY_LANG             zh for Chinese, en for English [default: from LC_ALL, LC_MESSAGES, LANG]
  DINGTALK_NOTIFY_LOG              what is logged on stderr: `calls` (a line of JSON for each call), `info`,
                                   `dingtalk_core=debug`; several with commas [default: warn]";

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
        .after_long_help(format!("{}\n\n{}\n\n{AFTER_HELP}", named(EXAMPLES), named(EXIT_CODES)))
        .mut_subcommands(|command| match command.get_name() {
            "check" => command.after_help(named(check::AFTER_HELP)),
            "send" => command.after_help(named(send::AFTER_HELP)),
            "serve" => command.after_help(named(serve::AFTER_HELP)),
            _ => command,
        });
    if language == Language::Zh { chinese::translate(command, program) } else { command }
}
