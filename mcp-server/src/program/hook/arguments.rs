//! The arguments of `hook`.

use std::{
    io,
    path::{self, PathBuf},
    time::Duration,
};

use clap::{Args, Parser, ValueEnum};

use super::super::waiting::duration;
use crate::{
    Settings,
    settings::{Flags, table},
};

/// Maximum number of messages of one project in a minute, unless set.
pub(super) const PER_MINUTE: u32 = 6;

/// The command line of `hook`, which is parsed on its own: the agent must not see an error of the other commands.
#[derive(Parser)]
#[command(name = "hook", max_term_width = 100, about = "Tell the group what a coding agent needs")]
pub(super) struct HookLine {
    #[command(flatten)]
    pub(super) hook: HookArguments,
}

#[derive(Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(in super::super) struct HookArguments {
    /// Agent whose hook runs this command
    pub(super) agent: Agent,
    /// Event as JSON, which Codex passes as an argument; by default it is read from stdin
    pub(super) event: Option<String>,
    /// Run as a person: report what happens, without the time limit
    #[arg(long)]
    pub(super) r#try: bool,
    /// With --try: print the message, and queue nothing
    #[arg(long, requires = "try")]
    pub(super) dry_run: bool,
    /// Print the agent's settings that call this command
    #[arg(long, conflicts_with_all = ["try", "event"])]
    pub(super) install: bool,
    /// With --install: write the settings into the agent's file
    #[arg(long, requires = "install", group = "changes")]
    pub(super) write: bool,
    /// Remove from the agent's file what --install --write has written
    #[arg(long, group = "changes", conflicts_with_all = ["install", "try", "event"])]
    #[arg(conflicts_with_all = ["show", "after", "per_minute", "robot", "state_dir", "config"])]
    pub(super) uninstall: bool,
    /// File of the agent's settings, by default ~/.claude/settings.json or ~/.codex/hooks.json
    #[arg(long, value_name = "FILE", requires = "changes")]
    pub(super) settings_file: Option<PathBuf>,
    /// Part of a command that a message shows
    #[arg(long, value_enum, value_name = "CHOICE", default_value = "words")]
    pub(super) show: Shown,
    /// Tell only what still waits after this time, for example 60s: a later event of the session cancels it
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "0s", hide_default_value = true)]
    pub(super) after: Duration,
    /// Messages of one project in a minute; the others are counted in the next one
    #[arg(long, value_name = "NUMBER", default_value_t = PER_MINUTE, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) per_minute: u32,
    /// Send through this robot of the configuration file
    #[arg(long, value_name = "NAME")]
    pub(super) robot: Option<String>,
    #[arg(long, value_name = "DIR", help = table::STATE_DIR.english)]
    pub(super) state_dir: Option<PathBuf>,
    #[arg(long, value_name = "FILE", help = table::CONFIG.english)]
    pub(super) config: Option<PathBuf>,
}

impl HookArguments {
    /// Makes the paths that a person has typed independent of the working directory.
    pub(super) fn make_absolute(&mut self) -> io::Result<()> {
        for path in [&mut self.config, &mut self.state_dir].into_iter().flatten() {
            *path = path::absolute(&*path)?;
        }
        Ok(())
    }

    pub(super) fn settings(&self) -> Settings {
        Settings::read(Flags {
            config: self.config.clone(),
            state_dir: self.state_dir.clone(),
            ..Flags::default()
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Agent {
    Claude,
    Codex,
}

impl Agent {
    /// Returns the name for people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Claude => "Claude Code",
            Self::Codex => "Codex",
        }
    }

    /// Returns the name on the command line.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
        }
    }
}

/// Part of a command that a message shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Shown {
    /// Its first two words
    Words,
    /// Its beginning, without what looks like a secret
    Command,
}
