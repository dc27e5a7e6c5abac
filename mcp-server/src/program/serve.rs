//! `dingtalk-notify serve`

use tokio::{net::TcpListener, time::timeout};

use super::{Program, Result, arguments::ServeArguments, send::FLUSH, words::words};

pub(super) async fn run(program: &Program, arguments: ServeArguments) -> Result<()> {
    let settings = arguments.settings();
    let server = program.equip(settings.server()?).build()?;
    match arguments.http.http {
        None => server.serve_stdio().await?,
        Some(address) => {
            let options = settings.http_options()?.stateless(arguments.http.stateless);
            let listener = TcpListener::bind(address).await.map_err(|error| {
                words(format!("cannot listen on {address}: {error}"), format!("无法监听 {address}：{error}"))
            })?;
            // Port 0 picks a free port: this is where to learn it.
            if let Ok(address) = listener.local_addr() {
                let serving = words("serving MCP at", "MCP 服务地址：");
                program.tell(format_args!("{serving} http://{address}/mcp"));
            }
            server.serve_http(listener, options).await?;
        }
    }
    if let Some(state) = settings.state() {
        // The month counts the outcomes of the last requests, too.
        let _ = timeout(FLUSH, state.flush()).await;
    }
    Ok(())
}
