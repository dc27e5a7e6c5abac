//! The arguments of `relay` and its tools. Flags that are settings have their help in the settings' table.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::super::{listen::ListenAddress, options::FileArgument};
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

#[derive(Subcommand)]
pub(in super::super) enum RelayCommand {
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
        #[command(flatten)]
        file: FileArgument,
    },
    /// Print a new token for a caller
    Token,
}

#[derive(Subcommand)]
pub(in super::super) enum PresetCommand {
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
pub(in super::super) enum PresetLanguage {
    En,
    Zh,
}

#[derive(Args)]
pub(in super::super) struct TryArguments {
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
    #[command(flatten)]
    pub(super) file: FileArgument,
}

fn header(given: &str) -> Result<(String, String), &'static str> {
    let (name, value) = given.split_once(':').ok_or("expected NAME: VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}
