//! The arguments of the command line. Flags that are settings have their help in the settings' table.

use std::{path::PathBuf, time::Duration};

use clap::{ArgMatches, Args, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use dingtalk_core::delivery::Overflow;
use tracing_subscriber::filter::LevelFilter;

#[cfg(feature = "migrate")]
use super::migrate::MigrateArguments;
use super::{
    hook::arguments::HookArguments,
    listen::ListenAddress,
    outbox::arguments::{
        DropArguments, ListArguments, PurgeArguments, RetryArguments, ShowArguments, StatsArguments,
    },
    relay::RelayArguments,
    sandbox::arguments::SandboxArguments,
    send::{Input, NotificationArguments},
    waiting::duration,
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

/// Options for the state that processes share.
#[derive(Args, Default)]
pub(super) struct StateArguments {
    #[arg(long, value_name = "DIR", help = table::STATE_DIR.english)]
    state_dir: Option<PathBuf>,
    #[arg(long, conflicts_with = "state_dir", help = table::NO_STATE.english)]
    no_state: bool,
}

impl StateArguments {
    /// Returns the settings that these options are.
    pub(super) fn flags(&self) -> Flags {
        Flags { state_dir: self.state_dir.clone(), no_state: self.no_state, ..Flags::default() }
    }
}

#[derive(Args, Default)]
pub(super) struct ToolChoice {
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help = table::TOOLS.english)]
    tools: Vec<String>,
    #[arg(long, value_name = "PREFIX", help = table::TOOL_PREFIX.english)]
    tool_prefix: Option<String>,
    #[arg(long, value_name = "ZONE", help = table::TIME_ZONE.english)]
    time_zone: Option<String>,
    #[arg(long, value_name = "FILE", help = table::CONFIG.english)]
    config: Option<PathBuf>,
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
        let StateArguments { state_dir, no_state } = &self.state;
        Settings::read(Flags {
            dry_run: self.dry_run,
            queue: self.queue,
            state_dir: state_dir.clone(),
            no_state: *no_state,
            allow_host,
            allow_origin,
            path_prefix: path_prefix.clone(),
            admin: admin.clone(),
            drain_delay: drain_delay.clone(),
            ..self.choice.flags()
        })
    }
}

impl ToolChoice {
    pub(super) fn settings(&self) -> Settings {
        Settings::read(self.flags())
    }

    /// Returns the configuration file, if a flag names it.
    pub(super) fn config(&self) -> Option<&PathBuf> {
        self.config.as_ref()
    }

    fn flags(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            tools: self.tools.clone(),
            tool_prefix: self.tool_prefix.clone(),
            time_zone: self.time_zone.clone(),
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
        #[arg(long, value_name = "FILE", help = table::CONFIG.english)]
        config: Option<PathBuf>,
    },
}

#[derive(Subcommand)]
pub(super) enum StateCommand {
    /// Print the SQL that makes the tables, or brings them up to date, for a person with the rights to run it
    Sql(SqlArguments),
}

#[derive(Args)]
pub(super) struct SqlArguments {
    /// Schema of the tables; by default that of the configuration file, or `dingtalk`
    #[arg(long, value_name = "NAME")]
    pub(super) schema: Option<String>,
    /// Role of programs that use the tables and do not make them: print its grants, too; repeat for several
    #[arg(long = "program-role", value_name = "ROLE")]
    pub(super) program_roles: Vec<String>,
    /// Role that can do nothing but add notifications: print its grants, too; repeat for several
    #[arg(long = "enqueue-role", value_name = "ROLE")]
    pub(super) enqueue_roles: Vec<String>,
    #[arg(long, value_name = "FILE", help = table::CONFIG.english)]
    config: Option<PathBuf>,
}

impl SqlArguments {
    pub(super) fn settings(&self) -> Settings {
        Settings::read(Flags { config: self.config.clone(), ..Flags::default() })
    }
}

#[derive(Subcommand)]
pub(super) enum RelayCommand {
    /// List the presets for well-known programs, or print one
    Preset {
        #[command(subcommand)]
        command: PresetCommand,
    },
    /// Show the message that a payload would become, without sending it
    Try(TryArguments),
    /// Check the hooks of the configuration file, and try them with payloads that were recorded
    Check {
        /// Print the whole messages, not only their first lines
        #[arg(long)]
        samples: bool,
        #[arg(long, value_name = "FILE", help = table::CONFIG.english)]
        config: Option<PathBuf>,
    },
    /// Print a new token for a caller
    Token,
}

#[derive(Subcommand)]
pub(super) enum PresetCommand {
    /// List the presets, each with the versions whose payloads were recorded
    List,
    /// Print a preset as a configuration file could have it
    Show {
        /// Name of the preset, for example grafana
        name: String,
        /// Language of the texts; by default that of the program
        #[arg(long)]
        lang: Option<PresetLanguage>,
    },
}

/// Language of a preset's texts.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum PresetLanguage {
    En,
    Zh,
}

#[derive(Args)]
pub(super) struct TryArguments {
    /// File with the payload as JSON; `-` for stdin
    pub(super) payload: String,
    /// Hook of the file, or preset; by default the file's only hook
    #[arg(long, value_name = "NAME")]
    pub(super) source: Option<String>,
    /// Header of the request, for example 'X-GitHub-Event: push'; repeat for several
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub(super) headers: Vec<(String, String)>,
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[arg(long, value_name = "FILE", help = table::CONFIG.english)]
    pub(super) config: Option<PathBuf>,
}

fn header(given: &str) -> Result<(String, String), &'static str> {
    let (name, value) = given.split_once(':').ok_or("expected NAME: VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

#[derive(Subcommand)]
pub(super) enum OutboxCommand {
    /// Deliver what is in the queue, until a signal ends the process
    Run(RunArguments),
    /// List the notifications in the queue, without their content
    List(ListArguments),
    /// Show one notification: where it stands, and why
    Show(ShowArguments),
    /// Put dead letters back into the queue
    Retry(RetryArguments),
    /// Remove notifications for good, without delivering them
    Drop(DropArguments),
    /// Remove old dead letters for good
    Purge(PurgeArguments),
    /// Count the notifications of each robot, and list the processes that deliver
    Stats(StatsArguments),
}

#[derive(Args)]
pub(super) struct RunArguments {
    /// Exit when nothing is left for these robots
    #[arg(long, conflicts_with = "detach")]
    pub(super) drain: bool,
    /// Start a process in the background that exits when nothing is left, unless one is running
    #[arg(long)]
    pub(super) detach: bool,
    /// This is that process
    #[arg(long, hide = true, conflicts_with_all = ["detach", "drain"])]
    pub(super) detached: bool,
    /// Serve /healthz, /readyz and /metrics at this address, for example 127.0.0.1:9100; other machines need a token
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["detach", "detached"])]
    pub(super) admin: Option<ListenAddress>,
    #[command(flatten)]
    state: StateArguments,
    #[arg(long, value_name = "FILE", help = table::CONFIG.english)]
    config: Option<PathBuf>,
}

impl RunArguments {
    pub(super) fn settings(&self) -> Settings {
        let StateArguments { state_dir, no_state } = &self.state;
        Settings::read(Flags {
            config: self.config.clone(),
            state_dir: state_dir.clone(),
            no_state: *no_state,
            ..Flags::default()
        })
    }
}

#[derive(Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct SendArguments {
    #[command(subcommand)]
    pub(super) sent: Option<Sent>,
    /// Send one message of each construct to this robot instead, for photographs of what DingTalk draws: at most 15;
    /// says what they cost, and asks
    #[arg(long, value_name = "ROBOT")]
    pub(super) sheet: Option<String>,
    /// With --sheet: do not ask
    #[arg(long, requires = "sheet")]
    pub(super) yes: bool,
    /// With --sheet: pause between two messages, for example 3s
    #[arg(long, requires = "sheet", value_name = "DURATION", default_value = "3s", value_parser = duration)]
    pub(super) pause: Duration,
    /// Send through this robot of the configuration file
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) robot: Option<String>,
    /// Identify the message: the same command again sends nothing if the message was delivered, and otherwise repeats
    /// it under the same id
    #[arg(long, global = true, value_name = "KEY", value_parser = message_key)]
    pub(super) id: Option<String>,
    /// Mention people by mobile number, or by their names in the configuration file
    #[arg(long, global = true, value_name = "MOBILES", value_delimiter = ',')]
    pub(super) at: Vec<String>,
    /// Mention people by user id
    #[arg(long, global = true, value_name = "IDS", value_delimiter = ',')]
    pub(super) at_user: Vec<String>,
    /// Mention everybody in the group
    #[arg(long, global = true)]
    pub(super) at_all: bool,
    /// Store the message, for a running `outbox run` to deliver
    #[arg(long, global = true, conflicts_with = "wait")]
    pub(super) queue: bool,
    /// With --queue: start a process in the background that delivers and exits then, unless one is running
    #[arg(long, global = true, requires = "queue")]
    pub(super) detach: bool,
    /// Wait at most this long for a free slot, for example 90s, 2m or 1h30m
    #[arg(long, global = true, value_name = "DURATION", default_value = "2m", value_parser = duration)]
    wait: Duration,
    /// Handling of a message over 20,000 bytes: refuse it, shorten it, or send it in numbered parts; by default as the
    /// configuration file says for the robot
    #[arg(long, global = true, value_enum, value_name = "CHOICE")]
    overflow: Option<TooLong>,
    #[arg(long, global = true, help = table::DRY_RUN.english)]
    dry_run: bool,
    #[arg(long, global = true, value_name = "DIR", help = table::STATE_DIR.english)]
    state_dir: Option<PathBuf>,
    #[arg(long, global = true, conflicts_with = "state_dir", help = table::NO_STATE.english)]
    no_state: bool,
    /// Print the outcome as JSON
    #[arg(long, global = true)]
    pub(super) json: bool,
    #[arg(long, global = true, value_name = "FILE", help = table::CONFIG.english)]
    config: Option<PathBuf>,
}

/// Handling of a message that is too long, as the configuration file names it.
#[derive(Clone, Copy, ValueEnum)]
enum TooLong {
    Reject,
    Truncate,
    Split,
}

impl From<TooLong> for Overflow {
    fn from(choice: TooLong) -> Self {
        match choice {
            TooLong::Reject => Self::Reject,
            TooLong::Truncate => Self::Truncate,
            TooLong::Split => Self::Split,
        }
    }
}

/// Refuses the value of a variable that is not set in a script.
fn message_key(given: &str) -> Result<String, &'static str> {
    if given.trim().is_empty() { Err("must not be blank") } else { Ok(given.to_owned()) }
}

/// A message or a notification to send.
#[derive(Debug)]
pub(super) enum Sent {
    Message(MessageArguments),
    Notification(NotificationArguments),
}

/// The commands of notifications are known at run time only, so the derive cannot read them.
impl FromArgMatches for Sent {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        match matches.subcommand() {
            Some((command, matches)) if !MessageArguments::has_subcommand(command) => {
                Ok(Self::Notification(NotificationArguments {
                    command: command.to_owned(),
                    matches: matches.clone(),
                }))
            }
            _ => MessageArguments::from_arg_matches(matches).map(Self::Message),
        }
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Subcommand for Sent {
    fn augment_subcommands(command: clap::Command) -> clap::Command {
        MessageArguments::augment_subcommands(command)
    }

    fn augment_subcommands_for_update(command: clap::Command) -> clap::Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(_: &str) -> bool {
        true
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum MessageArguments {
    /// Plain text
    Text {
        #[command(flatten)]
        text: Input,
    },
    /// Markdown
    Markdown {
        /// Title, shown in the conversation list
        #[arg(long)]
        title: String,
        #[command(flatten)]
        text: Input,
    },
    /// Link to one page
    Link {
        /// Headline
        #[arg(long)]
        title: String,
        /// Page to open
        #[arg(long)]
        url: String,
        /// Picture beside the text
        #[arg(long, value_name = "URL")]
        picture: Option<String>,
        #[command(flatten)]
        text: Input,
    },
    /// Markdown with buttons
    ActionCard {
        /// Title, shown in the conversation list
        #[arg(long)]
        title: String,
        /// Button, as LABEL=URL; repeat for several
        #[arg(long = "button", value_name = "LABEL=URL", required = true)]
        buttons: Vec<String>,
        #[command(flatten)]
        text: Input,
    },
    /// Links to several pages, each with a picture
    FeedCard {
        /// Item: its title, page and picture; repeat for several
        #[arg(long = "item", num_args = 3, value_names = ["TITLE", "URL", "PICTURE"], required = true)]
        items: Vec<String>,
    },
}

impl SendArguments {
    pub(super) fn settings(&self) -> Settings {
        let flags = Flags {
            config: self.config.clone(),
            dry_run: self.dry_run,
            state_dir: self.state_dir.clone(),
            no_state: self.no_state,
            ..Flags::default()
        };
        Settings::read(flags).for_one_message(self.wait, self.overflow.map(Overflow::from))
    }
}

#[derive(Args)]
pub(super) struct StatusArguments {
    /// Print the status as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    state: StateArguments,
    #[arg(long, value_name = "FILE", help = table::CONFIG.english)]
    config: Option<PathBuf>,
}

impl StatusArguments {
    pub(super) fn settings(&self) -> Settings {
        let StateArguments { state_dir, no_state } = &self.state;
        Settings::read(Flags {
            config: self.config.clone(),
            state_dir: state_dir.clone(),
            no_state: *no_state,
            ..Flags::default()
        })
    }
}

#[derive(Args)]
pub(super) struct CheckArguments {
    /// Check only this robot of the configuration file
    #[arg(long, value_name = "NAME")]
    pub(super) robot: Option<String>,
    /// Send a short message with each robot: the only way to verify token, signature, keyword and IP address
    #[arg(long)]
    pub(super) send: bool,
    /// Print the findings as JSON
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
