//! The arguments of `relay` without a sub-command. Flags that are settings have their help in the settings' table.

use std::path::PathBuf;

use clap::Args;

use super::super::{arguments::RelayCommand, listen::ListenAddress};
use crate::{
    Settings,
    settings::{Flags, table},
};

/// The relay itself, or one of its tools.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in super::super) struct RelayArguments {
    #[command(subcommand)]
    pub(in super::super) command: Option<RelayCommand>,
    #[command(flatten)]
    pub(super) doors: DoorArguments,
}

#[derive(Args)]
pub(super) struct DoorArguments {
    /// Take notifications at this address, for example 127.0.0.1:8060
    #[arg(long, value_name = "ADDRESS", required = true)]
    pub(super) http: Option<ListenAddress>,
    #[arg(long, value_name = "HOST", help = table::HTTP_HOSTS.english)]
    allow_host: Vec<String>,
    #[arg(long, value_name = "PATH", help = table::HTTP_PATH_PREFIX.english)]
    path_prefix: Option<String>,
    #[arg(long, value_name = "ADDRESS", help = table::HTTP_ADMIN.english)]
    admin: Option<String>,
    #[arg(long, value_name = "SECONDS", help = table::HTTP_DRAIN_DELAY.english)]
    drain_delay: Option<String>,
    #[arg(long, value_name = "DIR", help = table::STATE_DIR.english)]
    state_dir: Option<PathBuf>,
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help = table::TOOLS.english)]
    tools: Vec<String>,
    #[arg(long, value_name = "ZONE", help = table::TIME_ZONE.english)]
    time_zone: Option<String>,
    #[arg(long, value_name = "FILE", help = table::CONFIG.english)]
    config: Option<PathBuf>,
}

impl DoorArguments {
    pub(super) fn settings(&self) -> Settings {
        Settings::read(Flags {
            config: self.config.clone(),
            tools: self.tools.clone(),
            time_zone: self.time_zone.clone(),
            state_dir: self.state_dir.clone(),
            allow_host: self.allow_host.clone(),
            path_prefix: self.path_prefix.clone(),
            admin: self.admin.clone(),
            drain_delay: self.drain_delay.clone(),
            ..Flags::default()
        })
    }
}
