//! `dingtalk-notify tools` shows people the same definitions that clients receive.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;

use std::process::Output;

use program::{Program, command};
use serde_json::{Value, json};

fn tools(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    command().arg("tools").args(arguments).envs(environment.iter().copied()).output().unwrap()
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
fn json_is_the_definition_for_clients() {
    let rate = ("DINGTALK_BOT_RATE_PER_MINUTE", "7");
    let output = tools(&["--json"], &[rate]);
    assert!(output.status.success());
    let printed: Value = serde_json::from_str(stdout(&output)).unwrap();
    let mut server = Program::serve(&[("DINGTALK_BOT_ACCESS_TOKEN", "abc"), rate]);
    let listed = server.request("tools/list", json!({}))["result"]["tools"].clone();
    assert_eq!(printed, json!({"tools": listed}));
    let description = printed["tools"][0]["description"].as_str().unwrap();
    assert!(description.contains("Past 7 a minute"), "{description}");
    // Keys are in the order of the fields.
    assert_eq!(printed["tools"][1].to_string(), listed[1].to_string());
}

#[test]
fn the_built_in_tools_have_no_lints() {
    for arguments in [&["--lint"][..], &["--lint", "--tool-prefix", "ops"], &["--lint", "--json"]] {
        let output = tools(arguments, &[("DINGTALK_BOT_RATE_PER_MINUTE", "5")]);
        let said = stdout(&output).trim();
        assert!(output.status.success() && ["", "[]"].contains(&said), "{said}");
    }
}

#[test]
fn findings_are_printed_and_fail() {
    let few = ("DINGTALK_NOTIFY_TOOLS", "send_markdown_message, send_text_message");
    let output = tools(&["--lint"], &[few]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "W2 the set has 2 tools: agents choose best among 3 to 15\n");
    assert_eq!(stderr(&output), "dingtalk-notify: 1 suggestion\n");
    let output = tools(&["--lint", "--json"], &[few]);
    assert_eq!(output.status.code(), Some(1));
    let findings: Value = serde_json::from_str(stdout(&output)).unwrap();
    let message = "the set has 2 tools: agents choose best among 3 to 15";
    assert_eq!(findings, json!([{"rule": "W2", "tool": null, "message": message}]));
}

#[test]
fn a_subset_does_not_refer_to_omitted_tools() {
    let output = tools(&["--tools", "send_feed_card_message,send_text_message"], &[]);
    let text = stdout(&output);
    assert!(text.contains("send_text_message: ") && text.contains("send_feed_card_message: "), "{text}");
    for other in ["markdown", "link", "action_card"] {
        assert!(!text.contains(&format!("send_{other}_message")), "{text}");
    }
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("Do not use this when a picture is missing and the user agrees to a list."),
        "{text}"
    );
    // The flag takes precedence over the variable.
    let output = tools(&["--tools", "send_link_message"], &[("DINGTALK_NOTIFY_TOOLS", "send_text_message")]);
    assert!(stdout(&output).starts_with("send_link_message: "));
}

#[test]
fn a_prefix_is_in_every_name_and_reference() {
    let output = tools(&["--json", "--tool-prefix", "ops"], &[]);
    let printed: Value = serde_json::from_str(stdout(&output)).unwrap();
    for tool in printed["tools"].as_array().unwrap() {
        let [name, description] = ["name", "description"].map(|key| tool[key].as_str().unwrap());
        assert!(name.starts_with("ops_send_"), "{name}");
        assert_eq!(description.matches("send_").count(), description.matches("ops_send_").count());
        assert!(description.contains("ops_send_"), "{description}");
    }
}

#[test]
fn invalid_names_are_explained() {
    for (arguments, expected) in [
        (["--tools", "send_txt_message"], "did you mean `send_text_message`?"),
        (["--tools", "post"], "the tools are send_text_message, send_markdown_message"),
        (["--tool-prefix", "Ops!"], "lower case letters"),
        (["--tool-prefix", "a_prefix_that_is_much_too_long_to_be_any_use"], "clients accept at most 64"),
    ] {
        let output = tools(&arguments, &[]);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    }
    let output = tools(&[], &[("DINGTALK_NOTIFY_TOOLS", "send_txt_message")]);
    assert!(stderr(&output).contains("did you mean"), "{}", stderr(&output));
}

#[test]
fn an_invalid_rate_is_named() {
    let output = tools(&[], &[("DINGTALK_BOT_RATE_PER_MINUTE", "many")]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "");
    assert!(stderr(&output).contains("DINGTALK_BOT_RATE_PER_MINUTE"), "{}", stderr(&output));
}
