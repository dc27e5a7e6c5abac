//! The arguments of the commands for operators of the queue.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use dingtalk_template::declaration::span;

use super::super::arguments::StateArguments;
use crate::{
    Settings,
    settings::{Flags, table},
};

/// The queue that a command is for.
#[derive(Args)]
pub(in crate::program) struct QueueArguments {
    #[command(flatten)]
    state: StateArguments,
    #[arg(long, value_name = "FILE", help = table::CONFIG.english)]
    config: Option<PathBuf>,
}

impl QueueArguments {
    pub(in crate::program) fn settings(&self) -> Settings {
        Settings::read(Flags { config: self.config.clone(), ..self.state.flags() })
    }
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
    pub(super) place: QueueArguments,
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
    pub(super) place: QueueArguments,
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
    pub(super) place: QueueArguments,
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
    pub(super) place: QueueArguments,
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
    pub(super) place: QueueArguments,
}

#[derive(Args)]
pub(in crate::program) struct StatsArguments {
    /// Print the numbers as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) place: QueueArguments,
}
