//! The arguments of the commands for the queue.

use std::time::Duration;

use clap::{Args, Subcommand};
use dingtalk_template::declaration::span;

use super::super::{listen::ListenAddress, options::StoreArguments};

#[derive(Subcommand)]
pub(in crate::program) enum OutboxCommand {
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
pub(in crate::program) struct RunArguments {
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
    pub(super) place: StoreArguments,
}

#[derive(Args)]
pub(in crate::program) struct ListArguments {
    /// List the dead letters instead: notifications that were given up
    #[arg(long)]
    pub(super) dead: bool,
    /// List only those of this robot of the configuration file
    #[arg(long, value_name = "NAME")]
    pub(super) robot: Option<String>,
    /// Maximum number of entries
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    pub(super) limit: usize,
    /// Show the messages, with all phone numbers
    #[arg(long)]
    pub(super) full: bool,
    /// Print the entries as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) place: StoreArguments,
}

#[derive(Args)]
pub(in crate::program) struct ShowArguments {
    /// Id of the notification
    pub(super) id: String,
    /// Show the message, with all phone numbers
    #[arg(long)]
    pub(super) full: bool,
    /// Print the notification as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) place: StoreArguments,
}

#[derive(Args)]
pub(in crate::program) struct RetryArguments {
    /// Ids of dead letters
    #[arg(required = true, value_name = "ID")]
    pub(super) ids: Vec<String>,
    /// Print the outcomes as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) place: StoreArguments,
}

#[derive(Args)]
pub(in crate::program) struct DropArguments {
    /// Ids of notifications, digests or dead letters
    #[arg(required = true, value_name = "ID")]
    pub(super) ids: Vec<String>,
    /// Do not ask first
    #[arg(long)]
    pub(super) yes: bool,
    /// Print the outcomes as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) place: StoreArguments,
}

#[derive(Args)]
pub(in crate::program) struct PurgeArguments {
    /// Minimum age of the dead letters, for example 12h or 7d
    #[arg(long, value_name = "DURATION", value_parser = span)]
    pub(super) older_than: Duration,
    /// Print the number as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) place: StoreArguments,
}

#[derive(Args)]
pub(in crate::program) struct StatsArguments {
    /// Print the numbers as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) place: StoreArguments,
}
