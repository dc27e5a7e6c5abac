//! `dingtalk-notify sandbox`

use dingtalk_sandbox::Sandbox;

use super::{Result, say, words::words};

pub(super) async fn run(port: u16) -> Result<()> {
    let sandbox = Sandbox::builder().port(port).start().await.map_err(|error| {
        words(
            format!("cannot listen on 127.0.0.1:{port}: {error}; `--port 0` picks a free port"),
            format!("无法监听 127.0.0.1:{port}：{error}；用 `--port 0` 可任选一个空闲端口"),
        )
    })?;
    say(format!("{}{}", words("Chat: ", "聊天页面："), sandbox.page_url()))?;
    say("")?;
    say(words(
        "To send messages to it, start a program with:",
        "要向它发消息，先设置这些环境变量再启动程序：",
    ))?;
    say(format!("  export DINGTALK_BOT_BASE_URL={}", sandbox.base_url()))?;
    say(format!("  export DINGTALK_BOT_ACCESS_TOKEN={}", sandbox.token()))?;
    if let Some(secret) = sandbox.secret() {
        say(format!("  export DINGTALK_BOT_SECRET={secret}"))?;
    }
    say("")?;
    say(words("Press Ctrl-C to stop.", "按 Ctrl-C 结束。"))?;
    tokio::signal::ctrl_c().await?;
    Ok(())
}
