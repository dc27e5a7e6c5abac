//! The arguments of the command line. Flags that are settings have their help in the settings' table.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use tracing_subscriber::filter::LevelFilter;

#[cfg(feature = "migrate")]
use super::migrate::MigrateArguments;
use super::{
    check::CheckArguments,
    hook::arguments::HookArguments,
    listen::ListenAddress,
    options::{FileArgument, StateArguments, ToolChoice},
    outbox::arguments::OutboxCommand,
    relay::RelayArguments,
    sandbox::arguments::SandboxArguments,
    send::SendArguments,
    state::StateCommand,
    status::StatusArguments,
};
use crate::{
    Settings,
    settings::{Flags, table},
};

/// The arguments of the command line.
///
/// Without a command, the program serves MCP over stdin and stdout, as MCP clients start it.
#[derive(Parser, Default)]
#[command(max_term_width = 100, args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) serve: ServeArguments,
}

impl Arguments {
    /// Returns the default log level of the command.
    pub(super) fn log_level(&self) -> LevelFilter {
        match self.command {
            None
            | Some(
                Command::Serve(_)
                | Command::Relay(RelayArguments { command: None, .. })
                | Command::Outbox { command: OutboxCommand::Run(_) },
            ) => LevelFilter::WARN,
            // The other commands report errors themselves.
            _ => LevelFilter::ERROR,
        }
    }
}

#[derive(Args, Default)]
pub(super) struct ServeArguments {
    #[arg(long, help = table::DRY_RUN.english)]
    dry_run: bool,
    #[arg(long, help = table::QUEUE.english)]
    queue: bool,
    #[command(flatten)]
    state: StateArguments,
    #[command(flatten)]
    choice: ToolChoice,
    #[command(flatten)]
    pub(super) http: HttpArguments,
}

/// Options for serving over HTTP instead of stdin and stdout.
#[derive(Args, Default)]
pub(super) struct HttpArguments {
    /// Serve over Streamable HTTP at this address, for example 127.0.0.1:8100; the path is /mcp
    #[arg(long, value_name = "ADDRESS")]
    pub(super) http: Option<ListenAddress>,
    #[arg(long, value_name = "HOST", requires = "http", help = table::HTTP_HOSTS.english)]
    allow_host: Vec<String>,
    #[arg(long, value_name = "ORIGIN", requires = "http", help = table::HTTP_ORIGINS.english)]
    allow_origin: Vec<String>,
    #[arg(long, value_name = "PATH", requires = "http", help = table::HTTP_PATH_PREFIX.english)]
    path_prefix: Option<String>,
    #[arg(long, value_name = "ADDRESS", requires = "http", help = table::HTTP_ADMIN.english)]
    admin: Option<String>,
    #[arg(long, value_name = "SECONDS", requires = "http", help = table::HTTP_DRAIN_DELAY.english)]
    drain_delay: Option<String>,
    /// Keep no sessions, for several servers behind a load balancer
    #[arg(long, requires = "http")]
    pub(super) stateless: bool,
    /// Take notifications and webhooks of other programs too, as `relay` does
    #[arg(long, requires = "http")]
    pub(super) relay: bool,
}

impl ServeArguments {
    pub(super) fn settings(&self) -> Settings {
        let HttpArguments { allow_host, allow_origin, path_prefix, admin, drain_delay, .. } = &self.http;
        let (allow_host, allow_origin) = (allow_host.clone(), allow_origin.clone());
        let Flags { state_dir, no_state, .. } = self.state.flags();
        Settings::read(Flags {
            dry_run: self.dry_run,
            queue: self.queue,
            state_dir,
            no_state,
            allow_host,
            allow_origin,
            path_prefix: path_prefix.clone(),
            admin: admin.clone(),
            drain_delay: drain_delay.clone(),
            ..self.choice.flags()
        })
    }
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Serve MCP over stdin and stdout, or over HTTP
    Serve(ServeArguments),
    /// Send one message to a group
    Send(SendArguments),
    /// Check each robot and explain how to fix it, without sending anything
    Check(CheckArguments),
    /// Deliver what is queued, and look after the queue
    Outbox {
        #[command(subcommand)]
        command: OutboxCommand,
    },
    /// Show the rate, the rests and the month of each robot, as the processes of this machine share them
    Status(StatusArguments),
    /// Prepare a PostgreSQL database for the state that programs on several machines share
    State {
        #[command(subcommand)]
        command: StateCommand,
    },
    /// Print the tool definitions as clients receive them
    Tools {
        /// Print JSON: the answer to `tools/list`, or the findings of `--lint`
        #[arg(long)]
        json: bool,
        /// Print suggestions for better definitions instead, and exit with 1 if there are any
        #[arg(long)]
        lint: bool,
        /// Print the message of a notification instead. Its fields follow the name as for `send NAME`; without fields,
        /// its example is shown
        #[arg(long, value_name = "NAME", num_args = 1.., allow_hyphen_values = true, conflicts_with_all = ["json", "lint"])]
        render: Vec<String>,
        #[command(flatten)]
        choice: ToolChoice,
    },
    /// Write one page with every notification, as desktop and phone show it
    Preview {
        /// HTML file to write
        #[arg(long, value_name = "FILE")]
        output: PathBuf,
        /// Write the text and structure of the messages instead, to be compared in a test
        #[arg(long)]
        outline: bool,
        #[command(flatten)]
        choice: ToolChoice,
    },
    /// Take notifications and webhooks of other programs over HTTP, and deliver them
    Relay(RelayArguments),
    /// Move a configuration of prometheus-webhook-dingtalk to this program
    #[cfg(feature = "migrate")]
    Migrate(MigrateArguments),
    /// Tell the group what a coding agent needs; called by the agent's hooks
    Hook(HookArguments),
    /// Start a local robot with a chat view, as a stand-in for DingTalk
    Sandbox(SandboxArguments),
    /// Send example messages to a sandbox group, also through an MCP client
    Demo {
        /// Exit afterwards, with 0 only if all messages have arrived
        #[arg(long)]
        once: bool,
        /// Send the notifications of this configuration file, made from their examples
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Print a completion script for a shell
    Completions {
        /// Shell that runs the script
        shell: Shell,
        #[command(flatten)]
        file: FileArgument,
    },
}
