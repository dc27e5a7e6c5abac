//! `dingtalk-mcp`: serves the ready-made tools, and helps people to try them.

mod command;

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use dingtalk_mcp::Settings;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// MCP server that sends notifications to DingTalk (钉钉) groups through a custom robot.
///
/// Without a command it serves MCP over stdin and stdout, as MCP clients start it.
#[derive(Parser)]
#[command(version, max_term_width = 100, after_help = AFTER_HELP, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArguments,
}

#[derive(Args)]
struct ServeArguments {
    /// Send nothing, and answer with what would be sent
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    choice: ToolChoice,
    #[command(flatten)]
    http: command::serve::HttpArguments,
}

#[derive(Args)]
struct ToolChoice {
    /// Serve only these tools
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    tools: Option<Vec<String>>,
    /// Begin every tool's name with this, for clients that mix the tools of several servers
    #[arg(long, value_name = "PREFIX")]
    tool_prefix: Option<String>,
    /// Robots by name, and people: see docs/configuration.md
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ServeArguments {
    async fn run(self) -> command::Result<()> {
        let mut settings = self.choice.settings()?;
        settings.dry_run |= self.dry_run;
        command::serve::run(&settings, self.http).await
    }
}

impl ToolChoice {
    /// The settings of the environment, where these arguments do not say otherwise.
    fn settings(self) -> Result<Settings, dingtalk_mcp::Error> {
        let mut settings = Settings::from_env()?;
        settings.tools = self.tools.or(settings.tools);
        settings.tool_prefix = self.tool_prefix.or(settings.tool_prefix);
        settings.config = self.config.or(settings.config);
        Ok(settings)
    }
}

const AFTER_HELP: &str = "\
Environment:
  DINGTALK_BOT_ACCESS_TOKEN     the robot's access token, or its whole webhook (required to serve)
  DINGTALK_BOT_SECRET           its signing secret (SEC…), if it signs
  DINGTALK_BOT_BASE_URL         where robots live [default: https://oapi.dingtalk.com]
  DINGTALK_BOT_RATE_PER_MINUTE  messages a minute [default: 20]; 0 = no limit, not for DingTalk itself
  DINGTALK_BOT_KEYWORD          the robot's keyword; appended to messages that lack it
  DINGTALK_MCP_CONFIG           --config
  DINGTALK_MCP_AT_ALL           ask, allow or deny messages that notify everybody [default: ask]
  DINGTALK_MCP_CALL_DEADLINE    seconds that a call may take, with all waiting and retries [default: 25]
  DINGTALK_MCP_MAX_MENTIONS     people that one call may mention [default: 10]
  DINGTALK_MCP_DRY_RUN          1 = --dry-run
  DINGTALK_MCP_TOOLS            --tools
  DINGTALK_MCP_TOOL_PREFIX      --tool-prefix
  DINGTALK_MCP_HTTP_TOKEN       what clients send as `Authorization: Bearer …`; required where other machines can connect
  DINGTALK_MCP_HTTP_TOKEN_FILE  a file that holds it
  DINGTALK_MCP_HTTP_HOSTS       further names of the server, separated by commas, as --allow-host
  DINGTALK_MCP_HTTP_ORIGINS     origins of pages that may call it, as --allow-origin
  DINGTALK_MCP_LANG             zh for advice in Chinese [default: from LC_ALL, LC_MESSAGES, LANG]
  DINGTALK_MCP_LOG              what is logged on stderr, for example `info` or `dingtalk_core=debug` [default: warn]";

#[derive(Subcommand)]
enum Command {
    /// Serve MCP over stdin and stdout, or over HTTP
    Serve(ServeArguments),
    /// Send one message to a group
    Send(command::send::Arguments),
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
    /// Send example notifications to a sandbox, one of them through an MCP client
    Demo {
        /// Exit when all have arrived, with 0 only then
        #[arg(long)]
        once: bool,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log_to_stderr();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let done = runtime.block_on(async {
        let done = match arguments.command {
            None => {
                if io::stdin().is_terminal() {
                    hint();
                }
                arguments.serve.run().await
            }
            Some(Command::Serve(serve)) => serve.run().await,
            Some(Command::Send(send)) => return command::send::run(send).await,
            Some(Command::Tools { json, lint, choice }) => {
                command::tools::run(&choice.settings()?, json, lint)
            }
            Some(Command::Sandbox { port }) => command::sandbox::run(port).await,
            Some(Command::Demo { once }) => command::demo::run(once).await,
        };
        done.map(|()| ExitCode::SUCCESS)
    });
    // A read from stdin that nobody answers must not keep the process.
    runtime.shutdown_background();
    match done {
        Ok(code) => code,
        Err(error) => fail(&*error),
    }
}

fn fail(error: &dyn std::error::Error) -> ExitCode {
    let _ = writeln!(io::stderr(), "dingtalk-mcp: {error}");
    ExitCode::FAILURE
}

/// Somebody started the server by hand.
fn hint() {
    let _ = writeln!(
        io::stderr(),
        "dingtalk-mcp: this serves MCP on stdin, for an MCP client to start. To see messages arrive, run \
         `dingtalk-mcp demo`; `--help` has the rest."
    );
}

/// Logs go to stderr only: stdout belongs to the protocol.
fn log_to_stderr() {
    let wanted = std::env::var("DINGTALK_MCP_LOG").ok();
    let filter: Targets = wanted
        .as_deref()
        .and_then(|filter| filter.parse().ok())
        .unwrap_or_else(|| Targets::new().with_default(tracing_subscriber::filter::LevelFilter::WARN));
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(false);
    tracing_subscriber::registry().with(lines).with(filter).init();
}
