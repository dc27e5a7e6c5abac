//! The arguments of `send`.

use std::{path::PathBuf, time::Duration};

use clap::{ArgMatches, Args, FromArgMatches, Subcommand, ValueEnum};
use dingtalk_core::delivery::Overflow;

use super::{super::waiting::duration, input::Input};
use crate::{
    Settings,
    settings::{Flags, table},
};

#[derive(Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(in crate::program) struct SendArguments {
    #[command(subcommand)]
    pub(in crate::program) sent: Option<Sent>,
    /// Send one message of each construct to this robot instead, for photographs of what DingTalk draws: at most 15;
    /// says what they cost, and asks
    #[arg(long, value_name = "ROBOT")]
    pub(in crate::program) sheet: Option<String>,
    /// With --sheet: do not ask
    #[arg(long, requires = "sheet")]
    pub(in crate::program) yes: bool,
    /// With --sheet: pause between two messages, for example 3s
    #[arg(long, requires = "sheet", value_name = "DURATION", default_value = "3s", value_parser = duration)]
    pub(in crate::program) pause: Duration,
    /// Send through this robot of the configuration file
    #[arg(long, global = true, value_name = "NAME")]
    pub(in crate::program) robot: Option<String>,
    /// Identify the message: the same command again sends nothing if the message was delivered, and otherwise repeats
    /// it under the same id
    #[arg(long, global = true, value_name = "KEY", value_parser = message_key)]
    pub(in crate::program) id: Option<String>,
    /// Mention people by mobile number, or by their names in the configuration file
    #[arg(long, global = true, value_name = "MOBILES", value_delimiter = ',')]
    pub(in crate::program) at: Vec<String>,
    /// Mention people by user id
    #[arg(long, global = true, value_name = "IDS", value_delimiter = ',')]
    pub(in crate::program) at_user: Vec<String>,
    /// Mention everybody in the group
    #[arg(long, global = true)]
    pub(in crate::program) at_all: bool,
    /// Store the message, for a running `outbox run` to deliver
    #[arg(long, global = true, conflicts_with = "wait")]
    pub(in crate::program) queue: bool,
    /// With --queue: start a process in the background that delivers and exits then, unless one is running
    #[arg(long, global = true, requires = "queue")]
    pub(in crate::program) detach: bool,
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
    pub(in crate::program) json: bool,
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
pub(in crate::program) enum Sent {
    Message(MessageArguments),
    Notification(NotificationArguments),
}

/// The notification that a command line sends.
#[derive(Debug)]
pub(in crate::program) struct NotificationArguments {
    pub(in crate::program) command: String,
    pub(in crate::program) matches: ArgMatches,
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
pub(in crate::program) enum MessageArguments {
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
    pub(in crate::program) fn settings(&self) -> Settings {
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
