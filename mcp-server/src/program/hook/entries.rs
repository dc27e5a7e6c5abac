//! Entries of this program in the hooks of an agent's settings. All other entries stay as they are.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::{
    super::{Result, words::words},
    arguments::Agent,
};

/// Notifications of Claude Code that people are told of.
const NOTIFICATIONS: &str = "permission_prompt|idle_prompt|elicitation_dialog";

/// Returns an agent's entries for this command: events, each with its group of handlers. None is called for each use of
/// a tool.
pub(super) fn wanted(agent: Agent, command: &str) -> Vec<(&'static str, Value)> {
    let handlers = json!([{"type": "command", "command": command, "timeout": 5}]);
    let every = json!({ "hooks": handlers });
    let mut wanted: Vec<_> = ["UserPromptSubmit", "Stop", "PermissionRequest", "SessionEnd"]
        .into_iter()
        .map(|event| (event, every.clone()))
        .collect();
    if agent == Agent::Claude {
        wanted.insert(1, ("Notification", json!({"matcher": NOTIFICATIONS, "hooks": handlers})));
    }
    wanted
}

/// Puts exactly these entries of this program into the settings of an agent; without any, removes all of it.
///
/// # Errors
///
/// The settings do not have the shape of the agent's settings.
pub(super) fn put(
    settings: &mut Value,
    agent: Agent,
    wanted: &[(&'static str, Value)],
    program: &str,
) -> Result<()> {
    let file = settings.as_object_mut().ok_or_else(|| unexpected("/", "an object"))?;
    if !file.contains_key("hooks") {
        if wanted.is_empty() {
            return Ok(());
        }
        file.insert("hooks".to_owned(), json!({}));
    }
    let hooks = file["hooks"].as_object_mut().ok_or_else(|| unexpected("/hooks", "an object"))?;
    let had_others = remove(hooks, agent, wanted, program)?;
    for (event, group) in wanted {
        let groups = hooks.entry(*event).or_insert_with(|| json!([]));
        if let Some(groups) = groups.as_array_mut().filter(|groups| !groups.contains(group)) {
            groups.push(group.clone());
        }
    }
    if hooks.is_empty() && had_others {
        file.shift_remove("hooks");
    }
    Ok(())
}

/// Removes this program's handlers except those that are wanted as they are, and what is empty without them. Reports
/// whether it has removed any.
fn remove(
    hooks: &mut Map<String, Value>,
    agent: Agent,
    wanted: &[(&'static str, Value)],
    program: &str,
) -> Result<bool> {
    let mut emptied = Vec::new();
    let mut has_removed = false;
    for (event, groups) in &mut *hooks {
        let place = format!("/hooks/{event}");
        let mut kept = wanted.iter().find(|(name, _)| name == event).map(|(_, group)| group);
        let groups = groups.as_array_mut().ok_or_else(|| unexpected(&place, "an array"))?;
        let mut left = Vec::with_capacity(groups.len());
        let before = groups.len();
        for mut group in groups.drain(..) {
            if kept.is_some_and(|kept| *kept == group) {
                // The second one is a repetition.
                kept = None;
                left.push(group);
                continue;
            }
            let handlers = group.get_mut("hooks").and_then(Value::as_array_mut);
            let handlers =
                handlers.ok_or_else(|| unexpected(&place, "an array of objects with the array `hooks`"))?;
            if !handlers.iter().all(Value::is_object) {
                return Err(unexpected(&format!("{place}/…/hooks"), "an array of objects"));
            }
            let all = handlers.len();
            handlers.retain(|handler| !is_ours(handler, agent, program));
            has_removed |= handlers.len() < all;
            if handlers.len() == all || !handlers.is_empty() {
                left.push(group);
            }
        }
        if left.is_empty() && before > 0 {
            emptied.push(event.clone());
        }
        *groups = left;
    }
    for event in emptied {
        // Its place is kept for the new entry.
        if !wanted.iter().any(|(name, _)| *name == event) {
            hooks.shift_remove(&event);
        }
    }
    Ok(has_removed)
}

/// Reports whether a handler runs this program for the agent, from any folder, in the form in which it is installed. A
/// command that a person has written around it is theirs.
fn is_ours(handler: &Value, agent: Agent, program: &str) -> bool {
    let Some(command) = handler.get("command").and_then(Value::as_str) else { return false };
    let typed = unquoted(command);
    let [path, hook, name, ..] = typed.as_slice() else { return false };
    let path = Path::new(path);
    path.is_absolute()
        && path.file_name() == Path::new(program).file_name()
        && hook == "hook"
        && name == agent.word()
        && joined(&typed) == command
}

/// Returns the command for a shell.
pub(super) fn joined(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// Quotes a word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "/._-=:+,".contains(char);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// Returns the words of a command that [`joined`] has made.
fn unquoted(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for char in command.replace(r"'\''", "\0").chars() {
        match char {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            char => words
                .last_mut()
                .into_iter()
                .for_each(|word| word.push(if char == '\0' { '\'' } else { char })),
        }
    }
    words
}

fn unexpected(place: &str, expected: &str) -> Box<dyn std::error::Error> {
    words(
        format!("the settings are not changed: `{place}` is not {expected}"),
        format!("设置没有改动：`{place}` 的结构不符合预期（{expected}）"),
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: &str = "/opt/it's here/dingtalk-notify";

    fn ours(options: &[&str]) -> String {
        let words = [PROGRAM, "hook", "claude"].iter().chain(options).map(|word| (*word).to_owned());
        joined(&words.collect::<Vec<_>>())
    }

    fn is_ours(command: &str) -> bool {
        let handler = json!({"type": "command", "command": command});
        super::is_ours(&handler, Agent::Claude, "/usr/bin/dingtalk-notify")
    }

    #[test]
    fn only_what_was_installed_is_ours() {
        assert!(is_ours(&ours(&[])));
        assert!(is_ours(&ours(&["--config=/a b/robots.toml"])), "{}", ours(&["--config=/a b/robots.toml"]));
        for command in [
            "dingtalk-notify hook claude",
            "/usr/bin/dingtalk-notify hook codex",
            "/usr/bin/dingtalk-notify send text",
            "/usr/bin/other hook claude",
            "/usr/bin/dingtalk-notify hook claude && say done",
            "say /usr/bin/dingtalk-notify hook claude",
            "",
        ] {
            assert!(!is_ours(command), "{command}");
        }
    }

    #[test]
    fn what_was_there_comes_back() {
        let theirs = json!({
            "model": "opus",
            "hooks": {
                "PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "lint"}]}],
                "Stop": [{"hooks": [{"type": "http", "url": "http://localhost"}]}],
            },
            "env": {"A": "1"},
        });
        let mut settings = theirs.clone();
        put(&mut settings, Agent::Claude, &wanted(Agent::Claude, &ours(&[])), PROGRAM).unwrap();
        let once = settings.to_string();
        put(&mut settings, Agent::Claude, &wanted(Agent::Claude, &ours(&[])), PROGRAM).unwrap();
        assert_eq!(settings.to_string(), once, "twice is as once");
        put(&mut settings, Agent::Claude, &wanted(Agent::Claude, &ours(&["--robot=ops"])), PROGRAM).unwrap();
        assert_eq!(settings.to_string().matches("hook claude").count(), 5, "replaced: {settings}");
        put(&mut settings, Agent::Claude, &[], PROGRAM).unwrap();
        assert_eq!(settings.to_string(), theirs.to_string(), "with the order of keys");
    }

    #[test]
    fn a_handler_beside_ours_stays() {
        let mut settings = json!({"hooks": {"Stop": [{"hooks": [
            {"type": "command", "command": "say done"},
            {"type": "command", "command": ours(&[])},
        ]}]}});
        put(&mut settings, Agent::Claude, &[], PROGRAM).unwrap();
        assert_eq!(
            settings,
            json!({"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "say done"}]}]}})
        );
    }

    #[test]
    fn an_unexpected_shape_is_refused() {
        for settings in [
            json!([]),
            json!({"hooks": []}),
            json!({"hooks": {"Stop": {}}}),
            json!({"hooks": {"PreToolUse": ["lint"]}}),
            json!({"hooks": {"Stop": [{"hooks": {}}]}}),
            json!({"hooks": {"Stop": [{"hooks": ["lint"]}]}}),
        ] {
            assert!(
                put(&mut settings.clone(), Agent::Claude, &wanted(Agent::Claude, &ours(&[])), PROGRAM)
                    .is_err(),
                "{settings}"
            );
            assert!(put(&mut settings.clone(), Agent::Claude, &[], PROGRAM).is_err(), "{settings}");
        }
    }
}
