//! A program as people know it: its name, and what it serves.

use std::{
    fmt,
    io::{self, Write as _},
};

use dingtalk_core::tool::ToolType;

use crate::ServerBuilder;

/// A program that serves these tools and helps people to try them: what `dingtalk-notify` is for the ready-made ones. Usually
/// made by [`main!`](crate::main); by hand where `main` has something to do first.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use dingtalk_notify::{Program, builtin_tools};
///
/// fn main() -> ExitCode {
///     // Something to do first.
///     Program::new("team-alerts", "1.0.0").tools(builtin_tools()).run()
/// }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Program {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    pub(super) about: &'static str,
    pub(super) tools: Vec<ToolType>,
}

/// What a command says when it fails.
pub(super) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

impl Program {
    /// A program without tools. Help, messages and what clients show call it by this name.
    pub fn new(name: &'static str, version: &'static str) -> Self {
        Self {
            name,
            version,
            about: "MCP server that sends notifications to DingTalk (钉钉) groups through a custom robot.",
            tools: Vec::new(),
        }
    }

    /// Sets what `--help` says that it is; a blank text changes nothing.
    pub fn about(mut self, about: &'static str) -> Self {
        if !about.trim().is_empty() {
            self.about = about;
        }
        self
    }

    /// Adds tools; usually written `tools![CpuAlert, DiskAlert]`.
    pub fn tools(mut self, tools: impl IntoIterator<Item = ToolType>) -> Self {
        self.tools.extend(tools);
        self
    }

    /// Gives a server what this program serves.
    pub(super) fn equip(&self, server: ServerBuilder) -> ServerBuilder {
        server.name(self.name, self.version).tools(self.tools.clone())
    }

    /// Writes a line for the person who ran the program.
    pub(super) fn tell(&self, words: impl fmt::Display) {
        // Whoever has closed stderr does not want to know.
        let _ = writeln!(io::stderr(), "{}: {words}", self.name);
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Writes a line of what the person asked for.
pub(super) fn say(line: impl AsRef<str>) -> io::Result<()> {
    writeln!(io::stdout(), "{}", line.as_ref())
}
