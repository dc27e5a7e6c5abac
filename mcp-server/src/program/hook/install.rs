//! Settings with which an agent calls this program.

use std::{
    env,
    path::{Path, PathBuf},
};

use serde_json::{Map, json};

use super::{
    super::{Result, say, words::words},
    arguments::{Agent, HookArguments, PER_MINUTE, Shown},
    entries, file,
};

/// Prints the settings, or writes them. They contain the absolute path of this program, and no secret.
pub(super) fn install(arguments: &HookArguments) -> Result<()> {
    let words = command(arguments)?;
    let wanted = entries::wanted(arguments.agent, &entries::joined(&words));
    if arguments.write {
        return write(arguments, &wanted, &words[0]);
    }
    // Groups of each event are an array.
    let hooks: Map<_, _> =
        wanted.into_iter().map(|(event, group)| (event.to_owned(), json!([group]))).collect();
    Ok(say(serde_json::to_string_pretty(&json!({ "hooks": hooks }))?)?)
}

/// Removes the settings that [`install`] writes.
pub(super) fn uninstall(arguments: &HookArguments) -> Result<()> {
    write(arguments, &[], &command(arguments)?[0])
}

fn write(
    arguments: &HookArguments,
    wanted: &[(&'static str, serde_json::Value)],
    program: &str,
) -> Result<()> {
    let path = arguments.settings_file.clone().map_or_else(|| settings_of(arguments.agent), Ok)?;
    let has_changed = if wanted.is_empty() && !path.try_exists()? {
        false
    } else {
        file::change(&path, |settings| entries::put(settings, arguments.agent, wanted, program))?
    };
    let path = path.display();
    say(if has_changed {
        words(format!("changed: {path}"), format!("已修改：{path}"))
    } else {
        words(format!("nothing to change: {path}"), format!("无需修改：{path}"))
    })?;
    if has_changed && arguments.agent == Agent::Codex && !wanted.is_empty() {
        say(words(
            "Codex asks at its next start whether to trust these hooks",
            "Codex 下次启动时会询问是否信任这些 hook",
        ))?;
    }
    Ok(())
}

/// Returns the file of the person, which applies to all projects.
fn settings_of(agent: Agent) -> Result<PathBuf> {
    let (variable, folder, file) = match agent {
        Agent::Claude => ("CLAUDE_CONFIG_DIR", ".claude", "settings.json"),
        Agent::Codex => ("CODEX_HOME", ".codex", "hooks.json"),
    };
    let set = env::var_os(variable).filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let folder = set.or_else(|| Some(env::home_dir()?.join(folder)));
    let folder = folder.filter(|folder| folder.is_absolute());
    let folder = folder.ok_or_else(|| {
        words("home directory not found; use `--settings-file`", "找不到主目录，请使用 `--settings-file`")
    })?;
    Ok(folder.join(file))
}

/// Returns the words of the command that the agent runs.
fn command(arguments: &HookArguments) -> Result<Vec<String>> {
    let program = env::current_exe()?;
    let text = |path: &Path| path.to_str().map(str::to_owned);
    let program = text(&program).ok_or("the path of the program is not UTF-8")?;
    let mut words = vec![program, "hook".to_owned(), arguments.agent.word().to_owned()];
    if arguments.show == Shown::Command {
        words.extend(["--show".to_owned(), "command".to_owned()]);
    }
    if !arguments.after.is_zero() {
        words.push(format!("--after={}s", arguments.after.as_secs()));
    }
    if arguments.per_minute != PER_MINUTE {
        words.push(format!("--per-minute={}", arguments.per_minute));
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
