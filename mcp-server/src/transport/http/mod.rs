//! Serving over Streamable HTTP: listeners, reloading, and a shutdown that lets calls finish.

mod access;
mod answer;
mod batches;
mod connections;
mod door;
mod held;
mod limits;
mod mcp;
mod names;
mod operation;
#[cfg(feature = "program")]
mod operators;
mod options;
mod places;
mod sessions;
mod site;

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use dingtalk_config::Door;
use tokio::{
    net::TcpListener,
    time::{sleep, timeout},
};

#[cfg(feature = "program")]
pub(crate) use self::operators::Operators;
pub use self::options::HttpOptions;
use self::{
    access::Access,
    connections::Connections,
    mcp::Mcp,
    operation::Operation,
    places::Places,
    site::{Front, Guard},
};
#[cfg(feature = "program")]
pub(crate) use self::{
    access::{Bearer, Unidentified, word_for},
    answer::{as_json, failure},
    door::{Credentials, DoorRoutes, is_forwarded},
    limits::read_body,
};
pub(crate) use self::{door::Doors, options::NamedToken};
use crate::{
    Error,
    protocol::{Handler, LiveHandler},
};

/// Maximum number of connections.
const MAX_CONNECTIONS: usize = 1_536;

/// Maximum number of connections of operators.
const MAX_ADMIN_CONNECTIONS: usize = 16;

/// Time for a stop, from the signal to the end: Kubernetes ends a process after 30 seconds.
const STOP: Duration = Duration::from_secs(25);

/// Time at the end of a stop, for what is left to be stored.
const STORING: Duration = Duration::from_secs(2);

/// Time for connections to close once no call is in progress.
const CLOSING: Duration = Duration::from_secs(1);

/// Maximum delay before new connections are refused.
const MAX_DRAIN_DELAY: Duration = Duration::from_secs(20);

/// A server that is ready to begin: everything that can be wrong has been checked.
pub(crate) struct Serving {
    handler: LiveHandler,
    guard: Arc<Guard>,
    operation: Arc<Operation>,
    mcp: Arc<Mcp>,
    main: (TcpListener, Arc<Front>),
    admin: Option<(TcpListener, Arc<Front>)>,
    address: SocketAddr,
    drain_delay: Duration,
}

impl Serving {
    /// Checks the options, and listens on the address for operators if they have one.
    pub(crate) async fn prepare(
        handler: Handler,
        listener: TcpListener,
        options: &HttpOptions,
        doors: Doors,
    ) -> Result<Self, Error> {
        let address = local_address(&listener)?;
        let metrics = handler.metrics().clone();
        let handler = LiveHandler::new(handler);
        let guard = Arc::new(Guard::new(Access::new(options, address)?));
        let prefix = options.prefix()?;
        if options.drain_delay > MAX_DRAIN_DELAY {
            return Err(Error::setting(
                format!("the drain delay must be at most {} s", MAX_DRAIN_DELAY.as_secs()),
                format!("停止前的等待最长为 {} 秒", MAX_DRAIN_DELAY.as_secs()),
            ));
        }
        let mcp = Arc::new(Mcp::new(handler.clone(), options));
        let places = Arc::new(Places::new(max_connections()));
        let operation =
            Arc::new(Operation::new(metrics.clone(), Arc::clone(&places), Some(Arc::clone(&mcp))));
        let mut routes = operation::routes(&operation, &guard, address);
        if !doors.without_mcp {
            routes = routes.merge(site::door(site::mcp(&mcp), Door::Mcp, &guard, &places));
        }
        for door in doors.doors {
            routes = routes.merge(door.guarded(&guard, &places));
        }
        let main = Arc::new(Front::new(routes, prefix, &guard, metrics.clone()));
        let admin = match options.admin {
            None => None,
            Some(at) => {
                let listener = TcpListener::bind(at).await.map_err(|error| {
                    Error::setting(
                        format!("cannot listen on {at}: {error}"),
                        format!("无法监听 {at}：{error}"),
                    )
                })?;
                let routes: Router = operation::routes(&operation, &guard, local_address(&listener)?);
                Some((listener, Arc::new(Front::new(routes, "", &guard, metrics))))
            }
        };
        let drain_delay = options.drain_delay;
        Ok(Self { handler, guard, operation, mcp, main: (listener, main), admin, address, drain_delay })
    }

    /// Returns the address for operators, if there is one.
    #[cfg(feature = "program")]
    pub(crate) fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().and_then(|(listener, _)| listener.local_addr().ok())
    }

    /// Returns what replaces the handler and the access control while clients are connected.
    #[cfg(feature = "program")]
    pub(crate) fn reload(&self) -> Reload {
        Reload { handler: self.handler.clone(), guard: Arc::clone(&self.guard), address: self.address }
    }

    /// Serves until `stop` completes, and then until the calls in progress have ended.
    pub(crate) async fn run(self, stop: impl Future<Output = ()>) {
        let Self { operation, mcp, main: (listener, front), admin, address, drain_delay, .. } = self;
        tracing::info!(name: "dingtalk_notify.listening", %address, "serving over HTTP");
        let connections = Connections::new(max_connections(), &operation.connections);
        let operators = Connections::new(MAX_ADMIN_CONNECTIONS, &operation.connections);
        let serve_operators = async {
            match &admin {
                Some((listener, front)) => operators.accept(listener, front).await,
                None => std::future::pending().await,
            }
        };
        let stopping = async {
            tokio::select! {
                () = connections.accept(&listener, &front) => {}
                () = mcp.tidy() => {}
                () = async {
                    stop.await;
                    operation.stop();
                    sleep(drain_delay).await;
                } => {}
            }
            drop(listener);
            let rest = STOP.saturating_sub(drain_delay + CLOSING + STORING);
            let _ = timeout(rest, operation.places.calls_have_ended()).await;
        };
        tokio::select! {
            () = stopping => {}
            () = serve_operators => {}
        }
        mcp.end_streams();
        let closed = async { tokio::join!(connections.shutdown(), operators.shutdown()) };
        let _ = timeout(CLOSING, closed).await;
    }
}

/// Replaces what a server serves, and to whom. What needs a listener stays as it is.
#[cfg(feature = "program")]
pub(crate) struct Reload {
    handler: LiveHandler,
    guard: Arc<Guard>,
    address: SocketAddr,
}

#[cfg(feature = "program")]
impl Reload {
    /// Answers further requests by this handler and these options. On a fault, everything stays as it is.
    pub(crate) fn replace(&self, handler: Handler, options: &HttpOptions) -> Result<(), Error> {
        let access = Access::new(options, self.address)?;
        self.guard.replace(access);
        self.handler.replace(handler);
        Ok(())
    }
}

fn local_address(listener: &TcpListener) -> Result<SocketAddr, Error> {
    listener.local_addr().map_err(|error| Error::Protocol(error.to_string()))
}

/// Returns the number of connections for which there are file descriptors: each call may need one more.
fn max_connections() -> usize {
    #[cfg(unix)]
    if let Some(files) = rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        return usize::try_from(files / 4 * 3).unwrap_or(MAX_CONNECTIONS).min(MAX_CONNECTIONS);
    }
    MAX_CONNECTIONS
}
