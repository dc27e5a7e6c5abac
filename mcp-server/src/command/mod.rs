//! The sub-commands.

pub(crate) mod demo;
mod examples;
pub(crate) mod sandbox;
pub(crate) mod send;
pub(crate) mod serve;
pub(crate) mod tools;

use std::io::{self, Write as _};

/// What a command says when it fails.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Writes a line for the person who ran the command.
fn say(line: impl AsRef<str>) -> io::Result<()> {
    writeln!(io::stdout(), "{}", line.as_ref())
}
