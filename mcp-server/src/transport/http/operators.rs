//! A listener for operators of a process that has no clients.

use std::{
    future::{Future, pending},
    net::SocketAddr,
    sync::Arc,
};

use tokio::{net::TcpListener, time::timeout};

use super::{
    CLOSING, HttpOptions, MAX_ADMIN_CONNECTIONS,
    access::Access,
    connections::Connections,
    local_address, max_connections,
    operation::{self, Operation},
    places::Places,
    site::{Front, Guard},
};
use crate::{Error, metrics::Metrics};

/// Answers to operators, and nothing else. Everything that can be wrong has been checked.
pub(crate) struct Operators {
    listener: TcpListener,
    front: Arc<Front>,
    operation: Arc<Operation>,
}

impl Operators {
    /// Checks the options: beyond this machine, a token is needed.
    pub(crate) fn prepare(
        metrics: Metrics,
        listener: TcpListener,
        options: &HttpOptions,
    ) -> Result<Self, Error> {
        let address = local_address(&listener)?;
        let guard = Arc::new(Guard::new(Access::new(options, address)?));
        let places = Arc::new(Places::new(max_connections()));
        let operation = Arc::new(Operation::new(metrics.clone(), places, None));
        let routes = operation::routes(&operation, &guard, address);
        let front = Arc::new(Front::new(routes, options.prefix()?, &guard, metrics));
        Ok(Self { listener, front, operation })
    }

    pub(crate) fn address(&self) -> Result<SocketAddr, Error> {
        local_address(&self.listener)
    }

    /// Answers while the work is done. When the process is told to stop, `stop` completes, and it is not ready.
    pub(crate) async fn beside<T>(self, work: impl Future<Output = T>, stop: impl Future<Output = ()>) -> T {
        let connections = Connections::new(MAX_ADMIN_CONNECTIONS, &self.operation.connections);
        let operation = &self.operation;
        let stopping = async {
            stop.await;
            operation.stop();
            pending().await
        };
        let answering = async {
            connections.accept(&self.listener, &self.front).await;
            pending().await
        };
        let done = tokio::select! {
            done = work => done,
            done = answering => done,
            done = stopping => done,
        };
        let _ = timeout(CLOSING, connections.shutdown()).await;
        done
    }
}
