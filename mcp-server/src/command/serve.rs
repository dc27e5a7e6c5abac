//! `dingtalk-mcp serve`

use dingtalk_mcp::{Server, Settings, builtin_tools};

use super::Result;

pub(crate) async fn run() -> Result<()> {
    let settings = Settings::from_env()?;
    let server =
        Server::builder(settings.robot).tools(builtin_tools()).deployment(settings.deployment).build()?;
    server.serve_stdio().await?;
    Ok(())
}
