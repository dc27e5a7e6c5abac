//! `dingtalk-mcp`: serves the ready-made tools, and helps people to try them.

mod command;

use std::{
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// MCP server that sends notifications to DingTalk (钉钉) groups through a custom robot.
///
/// Without a command it serves MCP over stdin and stdout, as MCP clients start it.
#[derive(Parser)]
#[command(version, max_term_width = 100, after_help = AFTER_HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

const AFTER_HELP: &str = "\
Environment:
  DINGTALK_BOT_ACCESS_TOKEN     the robot's access token, or its whole webhook (required to serve)
  DINGTALK_BOT_SECRET           its signing secret (SEC…), if it signs
  DINGTALK_BOT_BASE_URL         where robots live [default: https://oapi.dingtalk.com]
  DINGTALK_BOT_RATE_PER_MINUTE  messages a minute [default: 20]; 0 = no limit, not for DingTalk itself
  DINGTALK_MCP_HTTP_TOKEN       what clients send as `Authorization: Bearer …`; required where other machines can connect
  DINGTALK_MCP_HTTP_TOKEN_FILE  a file that holds it
  DINGTALK_MCP_HTTP_HOSTS       further names of the server, separated by commas, as --allow-host
  DINGTALK_MCP_HTTP_ORIGINS     origins of pages that may call it, as --allow-origin
  DINGTALK_MCP_LOG              what is logged on stderr, for example `info` or `dingtalk_core=debug` [default: warn]";

#[derive(Subcommand)]
enum Command {
    /// Serve MCP over stdin and stdout, or over HTTP
    Serve(command::serve::Arguments),
    /// Print the tools' definitions as clients receive them
    Tools {
        /// Print JSON: what `tools/list` answers, or the findings of `--lint`
        #[arg(long)]
        json: bool,
        /// Print what could be better in them instead, and exit with 1 if anything could
        #[arg(long)]
        lint: bool,
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
        match arguments.command {
            None => {
                if io::stdin().is_terminal() {
                    hint();
                }
                command::serve::run(command::serve::Arguments::default()).await
            }
            Some(Command::Serve(arguments)) => command::serve::run(arguments).await,
            Some(Command::Tools { json, lint }) => command::tools::run(json, lint),
            Some(Command::Sandbox { port }) => command::sandbox::run(port).await,
            Some(Command::Demo { once }) => command::demo::run(once).await,
        }
    });
    // A read from stdin that nobody answers must not keep the process.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
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
