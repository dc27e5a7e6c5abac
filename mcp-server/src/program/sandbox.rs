//! `dingtalk-mcp sandbox`

use dingtalk_sandbox::Sandbox;

use super::{Result, say};

pub(super) async fn run(port: u16) -> Result<()> {
    let sandbox = Sandbox::builder().port(port).start().await.map_err(|error| {
        format!("cannot listen on 127.0.0.1:{port}: {error}; `--port 0` takes a free port")
    })?;
    say(format!("The chat: {}", sandbox.page_url()))?;
    say("")?;
    say("To send to it, start a program with:")?;
    say(format!("  export DINGTALK_BOT_BASE_URL={}", sandbox.base_url()))?;
    say(format!("  export DINGTALK_BOT_ACCESS_TOKEN={}", sandbox.token()))?;
    if let Some(secret) = sandbox.secret() {
        say(format!("  export DINGTALK_BOT_SECRET={secret}"))?;
    }
    say("")?;
    say("Ctrl-C ends it.")?;
    tokio::signal::ctrl_c().await?;
    Ok(())
}
