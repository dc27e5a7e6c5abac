//! The draft name of this program belongs to DingTalk's own program on npm. A text that still uses it would
//! start that program, with our users' tokens.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::fs;

use dingtalk_tests::tree;

/// In two pieces, so that this file does not contain the name.
const SPELLINGS: [&str; 3] =
    [concat!("dingtalk", "-mcp"), concat!("dingtalk", "_mcp"), concat!("dingtalk", "%2dmcp")];

/// Beginning of the names that the variables of this program had.
const VARIABLES: &str = concat!("dingtalk", "_mcp_");

/// Files that may contain the name, each with words that every such line must contain, in lower case, and the
/// reason.
const ALLOWED: [(&str, &str, &str); 7] = [
    ("docs/install.md", "is another program", "warns of configurations that start it"),
    ("docs/zh-CN/install.md", "是另一个程序", "says the same in Chinese"),
    ("docs/configuration.md", VARIABLES, "lists them as errors"),
    ("docs/zh-CN/configuration.md", VARIABLES, "says the same in Chinese"),
    ("mcp-server/src/settings/variables.rs", VARIABLES, "refuses them"),
    ("mcp-server/src/settings/tests.rs", VARIABLES, "tests the refusal"),
    ("mcp-server/tests/settings.rs", VARIABLES, "tests the refusal"),
];

/// Lines that contain the name, in lower case, with their numbers.
fn naming(text: &str) -> Vec<(usize, String)> {
    let lines = text.lines().map(str::to_lowercase).enumerate();
    lines.filter(|(_, line)| SPELLINGS.iter().any(|name| line.contains(name))).collect()
}

#[test]
fn nothing_uses_the_name_of_another_program() {
    let mut used = Vec::new();
    let files = tree::files().unwrap();
    assert!(files.iter().any(|(name, _)| name == "packaging/npm/wrapper/package.json"));
    let wrong: Vec<_> = files
        .iter()
        .flat_map(|(name, path)| {
            let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
            naming(&text).into_iter().map(move |(at, line)| (name.clone(), at, line))
        })
        .filter(|(file, _, line)| {
            let allowed = ALLOWED.iter().find(|(allowed, says, _)| allowed == file && line.contains(says));
            used.extend(allowed);
            allowed.is_none() || line.contains("npx")
        })
        .map(|(file, at, line)| format!("{file}:{}: {}", at + 1, line.trim()))
        .collect();
    assert!(wrong.is_empty(), "these lines name DingTalk's own program:\n{}", wrong.join("\n"));
    for entry in &ALLOWED {
        assert!(used.contains(entry), "nothing uses {entry:?} any more");
    }
}

#[test]
fn every_spelling_is_found() {
    for separator in ["-", "_", "%2D"] {
        for before in ["dingtalk", "DingTalk", "DINGTALK"] {
            let text = format!("a\n\"{before}{separator}MCP_AT_ALL\"\n");
            assert_eq!(naming(&text).first().map(|(at, _)| *at), Some(1), "{text}");
        }
    }
    assert!(naming("dingtalk-notify, an MCP server for DingTalk").is_empty());
}

/// Tests must not touch the state of the person who runs them. The helpers below set another directory.
#[test]
fn only_helpers_that_set_the_state_directory_start_the_program() {
    const HELPERS: [&str; 2] =
        ["mcp-server/tests/program/mod.rs", "mcp-server/examples/team-alerts/tests/agent.rs"];
    const PROGRAMS: [&str; 2] = ["dingtalk-notify", "team-alerts"];
    // In two pieces, so that this file does not contain it.
    let start = concat!("CARGO_BIN", "_EXE_");
    let mut helpers = Vec::new();
    for (name, path) in
        tree::files().unwrap().iter().filter(|(_, path)| path.extension().is_some_and(|end| end == "rs"))
    {
        let text = fs::read_to_string(path).unwrap();
        // Other programs have no settings of ours.
        let ours = |line: &&str| PROGRAMS.iter().any(|program| line.contains(&format!("{start}{program}")));
        let starts = text.lines().filter(ours).count();
        if starts == 0 {
            continue;
        }
        assert!(HELPERS.contains(&&**name), "{name} starts a program: use the helper of {}", HELPERS[0]);
        assert!(
            starts == 1 && text.contains("DINGTALK_NOTIFY_STATE_DIR"),
            "{name} does not set the state directory"
        );
        helpers.push(name.clone());
    }
    assert_eq!(helpers.len(), HELPERS.len(), "{helpers:?}");
}
