//! Serving over Streamable HTTP: listeners, and a shutdown that lets calls finish.

mod access;
mod answer;
mod connections;
mod held;
mod limits;
mod mcp;
mod names;
mod options;
mod places;
mod site;

use std::{future::Future, sync::Arc, time::Duration};

use tokio::{net::TcpListener, time::timeout};

pub use self::options::HttpOptions;
use self::{access::Access, connections::Connections, mcp::Mcp, places::Places, site::Site};
use crate::{Error, protocol::Handler};

/// Maximum number of connections.
const MAX_CONNECTIONS: usize = 1_536;

/// Time for calls to finish after a signal to stop: the default deadline of a call and a little more. A call that waits
/// for a person, or has a longer deadline, is dropped.
const GRACE: Duration = Duration::from_secs(30);

/// Time for connections to close once no call is in progress.
const CLOSING: Duration = Duration::from_secs(1);

/// Serves until `stop` completes, and then until the calls in progress have ended.
pub(crate) async fn serve(
    handler: Handler,
    listener: TcpListener,
    options: HttpOptions,
    stop: impl Future<Output = ()>,
) -> Result<(), Error> {
    let address = listener.local_addr().map_err(|error| Error::Protocol(error.to_string()))?;
    let access = Access::new(&options, address)?;
    let mcp = Arc::new(Mcp::new(handler, &options));
    let max = max_connections();
    let site = Arc::new(Site::new(access, Places::new(max), &mcp));
    tracing::info!(name: "dingtalk_notify.listening", %address, "serving MCP over HTTP");

    let connections = Connections::new(max);
    tokio::select! {
        () = connections.accept(&listener, &site) => {}
        () = stop => {}
    }
    drop(listener);
    let _ = timeout(GRACE, site.places().calls_have_ended()).await;
    mcp.end_streams();
    let _ = timeout(CLOSING, connections.shutdown()).await;
    Ok(())
}

/// Returns the number of connections for which there are file descriptors: each call may need one more.
fn max_connections() -> usize {
    #[cfg(unix)]
    if let Some(files) = rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        return usize::try_from(files / 4 * 3).unwrap_or(MAX_CONNECTIONS).min(MAX_CONNECTIONS);
    }
    MAX_CONNECTIONS
}
