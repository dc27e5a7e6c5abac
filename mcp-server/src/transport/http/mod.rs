//! Serving over Streamable HTTP: connections, and a shutdown that lets calls end.

mod body;
mod door;
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
use self::{door::Door, endpoint::Endpoint};
use crate::{Error, protocol::Handler};

/// More connections wait until others end.
const MAX_CONNECTIONS: usize = 256;

/// How long a client may take to send the head of a request, also the next one on a connection that it keeps.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// How long calls may take once the process is told to stop: the usual deadline of a call and a little more. One that waits
/// for a person, or has a longer deadline, is given up.
const GRACE: Duration = Duration::from_secs(30);

/// How long connections may take to close once nothing is in flight.
const CLOSING: Duration = Duration::from_secs(1);

/// Pause after an error of `accept`, which is most often a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop` completes, and then until the calls that are in flight have ended.
pub(crate) async fn serve(
    handler: Handler,
    listener: TcpListener,
    options: HttpOptions,
    stop: impl Future<Output = ()>,
) -> Result<(), Error> {
    let address = listener.local_addr().map_err(|error| Error::Protocol(error.to_string()))?;
    let door = Door::new(&options, address)?;
    let endpoint = Arc::new(Endpoint::new(handler, door, &options));
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
                // An answer in events leaves in several writes: the last one must not wait for the client's acknowledgement
                // of the first, 40 ms on Linux. A failure would cost no more than that.
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
        // An error here is the client's going away.
        let _ = connection.await;
        drop(place);
    });
}
