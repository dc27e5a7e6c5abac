//! The built program, as people and agents use it.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use std::process::Stdio;

use dingtalk_core::Message;
use dingtalk_sandbox::Sandbox;
use expect_test::{expect, expect_file};
use rmcp::{ServiceExt as _, model::CallToolRequestParams};
use serde_json::{Map, Value, json};
use tokio::process::Command;

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_team-alerts"));
    // Never the state of the person who runs the tests.
    let state = concat!(env!("CARGO_TARGET_TMPDIR"), "/state/team-alerts");
    command.args(arguments).env_clear().env("DINGTALK_NOTIFY_STATE_DIR", state).kill_on_drop(true);
    command
}

/// Output of the program, if it succeeds.
async fn printed(arguments: &[&str]) -> String {
    let output = program(arguments).output().await.unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "current_thread")]
async fn it_uses_its_own_name() {
    assert_eq!(printed(&["--version"]).await, concat!("team-alerts ", env!("CARGO_PKG_VERSION"), "\n"));
    let help = printed(&["--help"]).await;
    assert!(help.starts_with(env!("CARGO_PKG_DESCRIPTION")), "{help}");
    assert!(help.contains("Usage: team-alerts "), "{help}");
    let send = printed(&["send", "text", "--help"]).await;
    assert!(send.contains("Usage: team-alerts send text "), "{send}");
}

#[tokio::test(flavor = "current_thread")]
async fn its_tools_have_no_lints() {
    assert_eq!(printed(&["tools", "--lint"]).await, "");
    expect_file!["golden/tools.txt"].assert_eq(&printed(&["tools"]).await);
}

#[tokio::test(flavor = "current_thread")]
async fn the_demo_calls_each_tool() {
    let told = printed(&["demo", "--once"]).await;
    let calls: Vec<&str> = told.lines().map(str::trim).filter(|line| line.starts_with('✓')).collect();
    expect![[r#"
          ✓ markdown    acme/orders 1.4 is out
          ✓ markdown    monalisa opened #42 in acme/orders: Make exports twice as fast
          ✓ markdown    Nightly tests on main of acme/orders: success
          ✓ markdown    Deployment to production: success (acme/orders)
          ✓ markdown    semver is vulnerable (low) in acme/orders
          ✓ markdown    Firing: HighErrorRate
    "#]]
    .assert_eq(&(calls.join("\n") + "\n"));
    assert!(told.contains("All 6 messages arrived."), "{told}");
}

#[tokio::test(flavor = "current_thread")]
async fn its_notifications_are_commands_of_send() {
    let help = printed(&["send", "--help"]).await;
    assert!(help.contains("\n  release_published ") && help.contains("\n  text "), "{help}");
    let help = printed(&["send", "release-published", "--help"]).await;
    assert!(help.contains("--repository <TEXT>") && help.contains("[required]"), "{help}");

    let output = program(&["send", "release_published", "--dry-run", "--hots", "a"]).output().await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("--hots is unknown") && said.contains("--repository is missing"), "{said}");

    let incomplete =
        program(&["tools", "--render", "release_published", "--name", "1.5"]).output().await.unwrap();
    assert_eq!(incomplete.status.code(), Some(2));
    let example = printed(&["tools", "--render", "release_published"]).await;
    assert!(example.starts_with("[acme/orders 1.4 is out]"), "{example}");
}

fn announcing(release: &Value) -> CallToolRequestParams {
    let arguments: Map<String, Value> = serde_json::from_value(release.clone()).unwrap();
    CallToolRequestParams::new("send_release_published").with_arguments(arguments)
}

#[tokio::test(flavor = "current_thread")]
async fn an_agent_announces_a_release() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut server = program(&[])
        .env("DINGTALK_BOT_BASE_URL", sandbox.base_url())
        .env("DINGTALK_BOT_ACCESS_TOKEN", sandbox.token())
        .env("DINGTALK_BOT_SECRET", sandbox.secret().unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let streams = (server.stdout.take().unwrap(), server.stdin.take().unwrap());
    let client = ().serve(streams).await.unwrap();
    let hello = serde_json::to_value(client.peer_info().unwrap()).unwrap();
    assert_eq!(hello["serverInfo"]["name"], "team-alerts");
    assert_eq!(hello["serverInfo"]["version"], env!("CARGO_PKG_VERSION"));

    let mut release = json!({
        "repository": "acme/orders",
        "name": "1.4",
        "tag": "v1.4.0",
        "author": "monalisa",
        "notes": "- Exports are **twice** as fast",
        "url": "https://github.com/acme/orders/releases/tag/v1.4.0",
    });
    let result = client.call_tool(announcing(&release)).await.unwrap();
    assert_ne!(result.is_error, Some(true), "{result:?}");
    let accepted = sandbox.accepted();
    let Message::Markdown(markdown) = &accepted[0].message else { panic!("not Markdown") };
    expect![[r#"
        ### [acme/orders 1.4](https://github.com/acme/orders/releases/tag/v1.4.0)

        Tag v1.4.0, published by monalisa

        - Exports are **twice** as fast"#]]
    .assert_eq(&markdown.text);

    // Calls follow the constraints of the type.
    release["repository"] = "".into();
    release["tag"] = "x".repeat(201).into();
    let result = client.call_tool(announcing(&release)).await.unwrap();
    assert_eq!(result.is_error, Some(true));
    let told = result.content[0].as_text().unwrap().text.clone();
    assert!(told.contains("`repository` must have") && told.contains("`tag` must have"), "{told}");
    assert_eq!(sandbox.accepted().len(), 1);
    client.cancel().await.unwrap();
}
