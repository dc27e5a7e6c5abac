//! Groups of options that several commands share. Their help is in the settings' table.

use std::path::PathBuf;

use clap::Args;

use crate::{
    Settings,
    settings::{Flags, table},
};

/// The configuration file.
#[derive(Args, Default)]
pub(super) struct FileArgument {
    #[arg(long, value_name = "FILE", help = table::CONFIG.english)]
    config: Option<PathBuf>,
}

impl FileArgument {
    pub(super) fn settings(&self) -> Settings {
        Settings::read(Flags { config: self.config.clone(), ..Flags::default() })
    }
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

/// The state, with the configuration file of its robots.
#[derive(Args)]
pub(super) struct StoreArguments {
    #[command(flatten)]
    state: StateArguments,
    #[command(flatten)]
    file: FileArgument,
}

impl StoreArguments {
    pub(super) fn settings(&self) -> Settings {
        Settings::read(Flags { config: self.file.config.clone(), ..self.state.flags() })
    }
}

/// The tools, and the messages that they make.
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

impl ToolChoice {
    pub(super) fn settings(&self) -> Settings {
        Settings::read(self.flags())
    }

    /// Returns the configuration file, if a flag names it.
    pub(super) fn config(&self) -> Option<&PathBuf> {
        self.config.as_ref()
    }

    pub(super) fn flags(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            tools: self.tools.clone(),
            tool_prefix: self.tool_prefix.clone(),
            time_zone: self.time_zone.clone(),
            ..Flags::default()
        }
    }
}
