//! Serving over Streamable HTTP: connections, and a shutdown that lets calls finish.

mod access;
mod body;
mod endpoint;
mod options;

use std::{future::Future, sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::TcpListener,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};

pub use self::options::HttpOptions;
use self::{access::Access, endpoint::Endpoint};
use crate::{Error, protocol::Handler};

/// Maximum number of connections; further ones wait.
const MAX_CONNECTIONS: usize = 256;

/// Time for a client to send the head of a request, including the next one on a kept connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// Time for calls to finish after a signal to stop: the default deadline of a call and a little more. A call that waits
/// for a person, or has a longer deadline, is dropped.
const GRACE: Duration = Duration::from_secs(30);

/// Time for connections to close once no call is in progress.
const CLOSING: Duration = Duration::from_secs(1);

/// Pause after an error of `accept`, most often a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop` completes, and then until the calls in progress have ended.
pub(crate) async fn serve(
    handler: Handler,
    listener: TcpListener,
    options: HttpOptions,
    stop: impl Future<Output = ()>,
) -> Result<(), Error> {
    let address = listener.local_addr().map_err(|error| Error::Protocol(error.to_string()))?;
    let access = Access::new(&options, address)?;
    let endpoint = Arc::new(Endpoint::new(handler, access, &options));
    tracing::info!(name: "dingtalk_notify.listening", %address, "serving MCP over HTTP");

    let connections = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    tokio::select! {
        () = accept(&listener, &endpoint, &connections, &places) => {}
        () = stop => {}
    }
    drop(listener);
    let _ = timeout(GRACE, endpoint.calls_have_ended()).await;
    endpoint.end_streams();
    let _ = timeout(CLOSING, connections.shutdown()).await;
    Ok(())
}

/// Accepts connections until it is dropped.
async fn accept(
    listener: &TcpListener,
    endpoint: &Arc<Endpoint>,
    connections: &GracefulShutdown,
    places: &Arc<Semaphore>,
) {
    loop {
        // The semaphore is never closed.
        let Ok(place) = Arc::clone(places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                // An answer in events takes several writes: the last one must not wait for the client's acknowledgement
                // of the first, 40 ms on Linux. A failure would cost only that.
                let _ = stream.set_nodelay(true);
                serve_connection(TokioIo::new(stream), endpoint, connections, place);
            }
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
    }
}

fn serve_connection(
    stream: TokioIo<tokio::net::TcpStream>,
    endpoint: &Arc<Endpoint>,
    connections: &GracefulShutdown,
    place: OwnedSemaphorePermit,
) {
    let endpoint = Arc::clone(endpoint);
    let service = service_fn(move |request| {
        let endpoint = Arc::clone(&endpoint);
        async move { endpoint.respond(request).await }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(stream, service);
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        // An error here means that the client has disconnected.
        let _ = connection.await;
        drop(place);
    });
}
