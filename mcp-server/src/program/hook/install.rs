//! Settings with which an agent calls this program.

use std::{
    env,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use serde_json::{Map, json};

use super::{
    super::{Result, say, words::words},
    arguments::{Agent, HookArguments, Shown},
    entries, file,
};

/// Prints the settings, or writes them. They contain the absolute path of this program, and no secret.
pub(super) fn install(arguments: &HookArguments) -> Result<()> {
    let words = command(arguments)?;
    match arguments.agent {
        Agent::Claude => {
            let wanted = entries::wanted(&entries::joined(&words));
            if arguments.write {
                return write(arguments, &wanted, &words[0]);
            }
            // Groups of each event are an array.
            let hooks: Map<_, _> =
                wanted.into_iter().map(|(event, group)| (event.to_owned(), json!([group]))).collect();
            say(serde_json::to_string_pretty(&json!({ "hooks": hooks }))?)?;
        }
        Agent::Codex => {
            refuse_codex(arguments.write)?;
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

/// Removes the settings that [`install`] writes.
pub(super) fn uninstall(arguments: &HookArguments) -> Result<()> {
    refuse_codex(arguments.agent == Agent::Codex)?;
    write(arguments, &[], &command(arguments)?[0])
}

fn write(
    arguments: &HookArguments,
    wanted: &[(&'static str, serde_json::Value)],
    program: &str,
) -> Result<()> {
    let path = arguments.settings_file.clone().map_or_else(settings_of_claude, Ok)?;
    let has_changed = if wanted.is_empty() && !path.try_exists()? {
        false
    } else {
        file::change(&path, |settings| entries::put(settings, wanted, program))?
    };
    let path = path.display();
    say(if has_changed {
        words(format!("changed: {path}"), format!("已修改：{path}"))
    } else {
        words(format!("nothing to change: {path}"), format!("无需修改：{path}"))
    })?;
    Ok(())
}

/// Returns the settings of the person, which apply to all projects.
fn settings_of_claude() -> Result<PathBuf> {
    let folder = env::var_os("CLAUDE_CONFIG_DIR").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let folder = folder.or_else(|| Some(env::home_dir()?.join(".claude")));
    let folder = folder.filter(|folder| folder.is_absolute());
    let folder = folder.ok_or_else(|| {
        words("home directory not found; use `--settings-file`", "找不到主目录，请使用 `--settings-file`")
    })?;
    Ok(folder.join("settings.json"))
}

fn refuse_codex(is_asked: bool) -> Result<()> {
    if is_asked {
        return Err(words(
            "the settings of Codex are changed by hand: `hook --install codex` prints the line",
            "Codex 的设置需要手动修改：`hook --install codex` 打印所需的一行",
        )
        .into());
    }
    Ok(())
}

/// Returns the words of the command that the agent runs.
fn command(arguments: &HookArguments) -> Result<Vec<String>> {
    let program = env::current_exe()?;
    let text = |path: &Path| path.to_str().map(str::to_owned);
    let program = text(&program).ok_or("the path of the program is not UTF-8")?;
    let agent = match arguments.agent {
        Agent::Claude => "claude",
        Agent::Codex => "codex",
    };
    let mut words = vec![program, "hook".to_owned(), agent.to_owned()];
    if arguments.show == Shown::Command {
        words.extend(["--show".to_owned(), "command".to_owned()]);
    }
    words.extend(arguments.robot.iter().map(|robot| format!("--robot={robot}")));
    for (flag, path) in [("--state-dir", &arguments.state_dir), ("--config", &arguments.config)] {
        if let Some(path) = path {
            // The agent calls from other directories.
            words.push(format!("{flag}={}", std::path::absolute(path)?.display()));
        }
    }
    Ok(words)
}
