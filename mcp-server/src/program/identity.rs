//! A program: its name, its version, and the tools that it serves.

use std::{
    fmt,
    io::{self, Write as _},
};

use dingtalk_core::tool::ToolType;

use crate::ServerBuilder;

/// A program that serves tools and has the sub-commands of `dingtalk-notify`. Usually made by [`main!`](crate::main);
/// by hand if `main` has other work to do first.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use dingtalk_notify::{Program, builtin_tools};
///
/// fn main() -> ExitCode {
///     // Other work.
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

/// Result of a command.
pub(super) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

impl Program {
    /// Creates a program without tools. Help, messages and clients show this name.
    pub fn new(name: &'static str, version: &'static str) -> Self {
        Self {
            name,
            version,
            about: "MCP server that sends notifications to DingTalk (钉钉) groups through a custom robot.",
            tools: Vec::new(),
        }
    }

    /// Sets the description for `--help`; a blank text changes nothing.
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

    /// Gives a server this program's name, version and tools.
    pub(super) fn equip(&self, server: ServerBuilder) -> ServerBuilder {
        server.name(self.name, self.version).tools(self.tools.clone())
    }

    /// Writes a line to stderr, for the person who runs the program.
    pub(super) fn tell(&self, words: impl fmt::Display) {
        // A closed stderr is no reason to fail.
        let _ = writeln!(io::stderr(), "{}: {words}", self.name);
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Writes a line of the command's output to stdout.
pub(super) fn say(line: impl AsRef<str>) -> io::Result<()> {
    writeln!(io::stdout(), "{}", line.as_ref())
}
