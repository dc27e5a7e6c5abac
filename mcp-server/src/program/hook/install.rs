//! Settings with which an agent calls this program.

use std::{env, fmt::Write as _};

use serde_json::json;

use super::{
    super::{Result, say},
    arguments::{Agent, HookArguments},
};

/// Prints the settings. They contain the absolute path of this program, and no secret.
pub(super) fn print(arguments: &HookArguments) -> Result<()> {
    let program = env::current_exe()?;
    let program = program.to_str().ok_or("the path of the program is not UTF-8")?;
    let agent = match arguments.agent {
        Agent::Claude => "claude",
        Agent::Codex => "codex",
    };
    let mut words = vec![program.to_owned(), "hook".to_owned(), agent.to_owned()];
    if arguments.show == super::arguments::Shown::Command {
        words.extend(["--show".to_owned(), "command".to_owned()]);
    }
    words.extend(arguments.robot.iter().map(|robot| format!("--robot={robot}")));
    for (flag, path) in [("--state-dir", &arguments.state_dir), ("--config", &arguments.config)] {
        if let Some(path) = path {
            // The agent calls from other directories.
            words.push(format!("{flag}={}", std::path::absolute(path)?.display()));
        }
    }
    match arguments.agent {
        Agent::Claude => {
            let command = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
            let handler = json!([{"type": "command", "command": command, "timeout": 5}]);
            let every = json!([{"hooks": handler}]);
            let waiting = json!([{"matcher": "permission_prompt|idle_prompt", "hooks": handler}]);
            let hooks = json!({"Notification": waiting, "PermissionRequest": every, "Stop": every});
            say(serde_json::to_string_pretty(&json!({ "hooks": hooks }))?)?;
        }
        Agent::Codex => {
            let mut line = "notify = [".to_owned();
            for (index, word) in words.iter().enumerate() {
                // A string of JSON is one of TOML.
                write!(line, "{}{}", if index == 0 { "" } else { ", " }, json!(word))?;
            }
            say(format!("{line}]"))?;
        }
    }
    Ok(())
}

/// Quotes a word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "/._-=:+,".contains(char);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}
