//! `dingtalk-mcp demo`: the whole path, from types and from an MCP client to a group that anyone can look at.

use std::{process::Stdio, time::Duration};

use dingtalk_core::{DeliverExt as _, Message, Robot, WireMessage};
use dingtalk_sandbox::Sandbox;
use rmcp::{ServiceExt as _, model::CallToolRequestParams};
use tokio::{process::Command, time::timeout};

use super::{Result, examples, say};

/// Far more than the loopback needs; what has not arrived by then is lost.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn run(once: bool) -> Result<()> {
    let sandbox = Sandbox::start().await?;
    say(format!("A sandbox group is open: {}", sandbox.page_url()))?;
    say("")?;

    let mut robot = Robot::builder(sandbox.token()).base_url(sandbox.base_url()).name("demo");
    if let Some(secret) = sandbox.secret() {
        robot = robot.secret(secret);
    }
    let robot = robot.build()?;
    say("Notifications declared as Rust types, signed and delivered:")?;
    let mut expected = 0;
    for notification in examples::all()? {
        robot.send(&*notification).await?;
        expected += 1;
        say_last(&sandbox)?;
    }

    say("")?;
    say("A tool call from an MCP client, through a server in a process of its own:")?;
    call_server(&sandbox).await?;
    expected += 1;
    say_last(&sandbox)?;

    let arrived = timeout(PATIENCE, sandbox.wait_for(expected)).await.map_or(0, |arrived| arrived.len());
    say("")?;
    if arrived != expected {
        return Err(format!("{arrived} of {expected} messages arrived").into());
    }
    say(format!("All {expected} messages arrived. Look at them: {}", sandbox.page_url()))?;
    if !once {
        say("Ctrl-C ends it.")?;
        tokio::signal::ctrl_c().await?;
    }
    Ok(())
}

/// Starts this program as a client would, and calls a tool.
async fn call_server(sandbox: &Sandbox) -> Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg("serve")
        .env("DINGTALK_BOT_BASE_URL", sandbox.base_url())
        .env("DINGTALK_BOT_ACCESS_TOKEN", sandbox.token())
        .env("DINGTALK_BOT_SECRET", sandbox.secret().unwrap_or_default())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    let mut server = command.spawn()?;
    let (Some(stdout), Some(stdin)) = (server.stdout.take(), server.stdin.take()) else {
        return Err("the server has no stdin or stdout".into());
    };
    let client = ().serve((stdout, stdin)).await?;
    let arguments = match examples::agent_call()? {
        serde_json::Value::Object(arguments) => arguments,
        _ => serde_json::Map::new(),
    };
    let call = CallToolRequestParams::new("send_markdown_message").with_arguments(arguments);
    let result = client.call_tool(call).await?;
    if result.is_error == Some(true) {
        return Err(format!("the tool call failed: {:?}", result.content).into());
    }
    client.cancel().await?;
    Ok(())
}

/// One line on what arrived last.
fn say_last(sandbox: &Sandbox) -> Result<()> {
    if let Some(WireMessage { message, .. }) = sandbox.accepted().last() {
        let shown = match message {
            Message::Text(text) => text.content.lines().next(),
            Message::Markdown(markdown) => Some(markdown.title.as_str()),
            Message::Link(link) => Some(link.title.as_str()),
            Message::ActionCard(card) => Some(card.title.as_str()),
            Message::FeedCard(card) => card.items.first().map(|item| item.title.as_str()),
            _ => None,
        };
        say(format!("  ✓ {:<10}  {}", message.kind(), shown.unwrap_or_default()))?;
    }
    Ok(())
}
