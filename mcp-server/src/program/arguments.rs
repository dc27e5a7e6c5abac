//! The command line as data. Flags that are settings have their help in the settings' table.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use tracing_subscriber::filter::LevelFilter;

use crate::{
    Settings,
    settings::{Flags, table},
};

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
    /// Level of the log unless the person asks for more.
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
    #[arg(long, help = table::DRY_RUN.english)]
    dry_run: bool,
    #[command(flatten)]
    choice: ToolChoice,
    #[command(flatten)]
    pub(super) http: HttpArguments,
}

#[derive(Args, Default)]
pub(super) struct ToolChoice {
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help = table::TOOLS.english)]
    tools: Vec<String>,
    #[arg(long, value_name = "PREFIX", help = table::TOOL_PREFIX.english)]
    tool_prefix: Option<String>,
    #[arg(long, value_name = "FILE", help = table::CONFIG.english)]
    config: Option<PathBuf>,
}

/// Options for serving over HTTP instead of stdin and stdout.
#[derive(Args, Default)]
pub(super) struct HttpArguments {
    /// Serve over Streamable HTTP at this address, for example 127.0.0.1:8100; the path is /mcp
    #[arg(long, value_name = "ADDRESS")]
    pub(super) http: Option<SocketAddr>,
    #[arg(long, value_name = "HOST", requires = "http", help = table::HTTP_HOSTS.english)]
    allow_host: Vec<String>,
    #[arg(long, value_name = "ORIGIN", requires = "http", help = table::HTTP_ORIGINS.english)]
    allow_origin: Vec<String>,
    /// Keep no sessions, for several servers behind a load balancer
    #[arg(long, requires = "http")]
    pub(super) stateless: bool,
}

impl ServeArguments {
    pub(super) fn settings(&self) -> Settings {
        let HttpArguments { allow_host, allow_origin, .. } = &self.http;
        let (allow_host, allow_origin) = (allow_host.clone(), allow_origin.clone());
        Settings::read(Flags { dry_run: self.dry_run, allow_host, allow_origin, ..self.choice.flags() })
    }
}

impl ToolChoice {
    pub(super) fn settings(&self) -> Settings {
        Settings::read(self.flags())
    }

    fn flags(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            tools: self.tools.clone(),
            tool_prefix: self.tool_prefix.clone(),
            ..Flags::default()
        }
    }
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Serve MCP over stdin and stdout, or over HTTP
    Serve(ServeArguments),
    /// Send one message to a group
    Send(SendArguments),
    /// Say what is wrong with each robot and how to mend it, without sending anything
    Check(CheckArguments),
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

#[derive(Args)]
pub(super) struct SendArguments {
    #[command(subcommand)]
    pub(super) message: MessageArguments,
    /// Post through this robot of the configuration file
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) robot: Option<String>,
    /// Mention a person by mobile number; several times for several
    #[arg(long, global = true, value_name = "MOBILE")]
    pub(super) at: Vec<String>,
    /// Mention a person by user id; several times for several
    #[arg(long, global = true, value_name = "ID")]
    pub(super) at_user: Vec<String>,
    /// Mention everybody in the group
    #[arg(long, global = true)]
    pub(super) at_all: bool,
    #[arg(long, global = true, help = table::DRY_RUN.english)]
    dry_run: bool,
    /// Print what became of it as JSON
    #[arg(long, global = true)]
    pub(super) json: bool,
    #[arg(long, global = true, value_name = "FILE", help = table::CONFIG.english)]
    config: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(super) enum MessageArguments {
    /// Plain text
    Text {
        /// The text; read from stdin if absent or `-`
        text: Option<String>,
    },
    /// Markdown
    Markdown {
        /// What the list of conversations shows
        #[arg(long)]
        title: String,
        /// The Markdown; read from stdin if absent or `-`
        text: Option<String>,
    },
    /// One page to open
    Link {
        /// The headline
        #[arg(long)]
        title: String,
        /// The page
        #[arg(long)]
        url: String,
        /// A picture beside it
        #[arg(long, value_name = "URL")]
        picture: Option<String>,
        /// The text below the title; read from stdin if absent or `-`
        text: Option<String>,
    },
    /// Markdown with buttons
    ActionCard {
        /// What the list of conversations shows
        #[arg(long)]
        title: String,
        /// A button, as LABEL=URL; several times for several
        #[arg(long = "button", value_name = "LABEL=URL", required = true)]
        buttons: Vec<String>,
        /// The Markdown; read from stdin if absent or `-`
        text: Option<String>,
    },
    /// Several pages to open, each with a picture
    FeedCard {
        /// An item: its title, its page and its picture; several times for several
        #[arg(long = "item", num_args = 3, value_names = ["TITLE", "URL", "PICTURE"], required = true)]
        items: Vec<String>,
    },
}

impl SendArguments {
    pub(super) fn settings(&self) -> Settings {
        Settings::read(Flags { config: self.config.clone(), dry_run: self.dry_run, ..Flags::default() })
    }
}

#[derive(Args)]
pub(super) struct CheckArguments {
    /// Check only this robot of the configuration file
    #[arg(long, value_name = "NAME")]
    pub(super) robot: Option<String>,
    /// Post a short message with each robot: only that shows whether token, signature, keyword and address are right
    #[arg(long)]
    pub(super) send: bool,
    /// Print what was found as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[arg(long, value_name = "FILE", help = table::CONFIG.english)]
    config: Option<PathBuf>,
}

impl CheckArguments {
    pub(super) fn settings(&self) -> Settings {
        Settings::read(Flags { config: self.config.clone(), ..Flags::default() })
    }
}
