//! `dingtalk-mcp tools`: what people read and what clients receive are the same definitions.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;

use std::process::{Command, Output};

use program::Program;
use serde_json::{Value, json};

fn tools(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dingtalk-mcp"));
    command.arg("tools").args(arguments).env_clear().envs(environment.iter().copied()).output().unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

#[test]
fn people_read_every_tool_and_parameter_without_a_robot() {
    let output = tools(&[], &[]);
    assert!(output.status.success());
    assert_eq!(stderr(&output), "");
    let text = stdout(&output);
    for line in [
        "send_text_message: Send text to DingTalk",
        "send_markdown_message: Send Markdown to DingTalk",
        "  title      string, required",
        "  atMobiles  list: each string, optional",
        "  atAll      boolean, default false",
    ] {
        assert!(text.lines().any(|other| other == line), "{line:?} is missing: {text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
}

#[test]
fn json_is_what_a_client_gets() {
    let rate = ("DINGTALK_BOT_RATE_PER_MINUTE", "7");
    let output = tools(&["--json"], &[rate]);
    assert!(output.status.success());
    let printed: Value = serde_json::from_str(stdout(&output)).unwrap();
    let mut server = Program::serve(&[("DINGTALK_BOT_ACCESS_TOKEN", "abc"), rate]);
    let listed = server.request("tools/list", json!({}))["result"]["tools"].clone();
    assert_eq!(printed, json!({"tools": listed}));
    let description = printed["tools"][0]["description"].as_str().unwrap();
    assert!(description.contains("At most 7 messages a minute."), "{description}");
    // The order of keys is that of the fields.
    assert_eq!(printed["tools"][1].to_string(), listed[1].to_string());
}

/// The ready-made tools are good, but still few.
#[test]
fn findings_are_printed_and_fail() {
    let output = tools(&["--lint"], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "W2 the set has 2 tools: agents choose best among 3 to 15\n");
    assert_eq!(stderr(&output), "dingtalk-mcp: 1 thing could be better\n");
    let output = tools(&["--lint", "--json"], &[]);
    assert_eq!(output.status.code(), Some(1));
    let findings: Value = serde_json::from_str(stdout(&output)).unwrap();
    let message = "the set has 2 tools: agents choose best among 3 to 15";
    assert_eq!(findings, json!([{"rule": "W2", "tool": null, "message": message}]));
}

#[test]
fn a_wrong_rate_is_named() {
    let output = tools(&[], &[("DINGTALK_BOT_RATE_PER_MINUTE", "many")]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "");
    assert!(stderr(&output).contains("DINGTALK_BOT_RATE_PER_MINUTE"), "{}", stderr(&output));
}
