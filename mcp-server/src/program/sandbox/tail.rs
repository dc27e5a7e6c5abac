//! `sandbox --tail`: messages and refusals in the terminal, as they arrive.

use std::{
    env,
    ffi::OsStr,
    io::{self, IsTerminal as _},
};

use dingtalk_core::delivery::Language;
use dingtalk_sandbox::{Sandbox, terminal::Terminal};

use super::super::{say, words::language};

/// Prints each request until the sandbox ends.
pub(super) async fn follow(sandbox: &Sandbox) -> io::Result<()> {
    let is_terminal = io::stdout().is_terminal();
    let colour = has_colour(is_terminal, env::var_os("NO_COLOR").as_deref(), env::var_os("TERM").as_deref());
    let terminal = Terminal::plain().colour(colour).chinese(language() == Language::Zh);
    let mut last = 0;
    loop {
        let entries = sandbox.log_after(last).await;
        let Some(newest) = entries.last() else { return Ok(()) };
        last = newest.number;
        for entry in &entries {
            say(terminal.entry(entry, sandbox.names()))?;
        }
    }
}

/// Reports whether colours are wanted: on a terminal that has them, unless `NO_COLOR` is set (no-color.org).
fn has_colour(is_terminal: bool, no_color: Option<&OsStr>, term: Option<&OsStr>) -> bool {
    is_terminal && no_color.is_none_or(OsStr::is_empty) && term != Some(OsStr::new("dumb"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_terminal_has_colours_unless_they_are_off() {
        let (one, empty, dumb, xterm) = ("1".as_ref(), "".as_ref(), "dumb".as_ref(), "xterm".as_ref());
        assert!(has_colour(true, None, Some(xterm)));
        assert!(has_colour(true, Some(empty), None));
        assert!(!has_colour(false, None, Some(xterm)));
        assert!(!has_colour(true, Some(one), Some(xterm)));
        assert!(!has_colour(true, None, Some(dumb)));
    }
}
