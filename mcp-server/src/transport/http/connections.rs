//! Connections: accepted without waiting, and closed when they keep others out.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{held::Held, site::Site};

/// Time for a client to send the head of its first request.
const FIRST_HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Time for a client to send the head of the next request on a kept connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// Pause after an error of `accept`, most often a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Time for a connection that is told to close.
const EVICTION: Duration = Duration::from_secs(1);

/// The connections of a listener.
pub(super) struct Connections {
    places: Arc<Semaphore>,
    idle: Idle,
    graceful: GracefulShutdown,
}

impl Connections {
    pub(super) fn new(max: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(max)),
            idle: Idle::default(),
            graceful: GracefulShutdown::new(),
        }
    }

    /// Accepts connections until it is dropped.
    pub(super) async fn accept(&self, listener: &TcpListener, site: &Arc<Site>) {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let Some(place) = self.place().await else {
                        // Each connection has a request in progress: there are more connections than requests.
                        tracing::warn!(name: "dingtalk_notify.refused", "no connection is free for another client");
                        continue;
                    };
                    // An answer in events takes several writes: the last one must not wait for the client's
                    // acknowledgement of the first, 40 ms on Linux. A failure would cost only that.
                    let _ = stream.set_nodelay(true);
                    self.serve(TokioIo::new(stream), site, place);
                }
                Err(_) => {
                    self.idle.close_one();
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Ends idle connections at once, and the others after their answer.
    pub(super) async fn shutdown(self) {
        self.graceful.shutdown().await;
    }

    /// Takes a place, if necessary that of a client that sends nothing.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Some(place);
        }
        if !self.idle.close_one() {
            return None;
        }
        timeout(EVICTION, Arc::clone(&self.places).acquire_owned()).await.ok()?.ok()
    }

    fn serve(&self, stream: TokioIo<TcpStream>, site: &Arc<Site>, place: OwnedSemaphorePermit) {
        let site = Arc::clone(site);
        let state = self.idle.enter();
        let closed = state.close.clone();
        let first = Arc::clone(&state);
        let service = service_fn(move |request: Request<Incoming>| {
            let site = Arc::clone(&site);
            let busy = Busy::new(&state);
            async move {
                let response: Response<_> = site.respond(request).await;
                Ok::<_, Infallible>(response.map(|body| Held::new(body, busy)))
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .serve_connection(stream, service);
        let connection = self.graceful.watch(connection);
        tokio::spawn(async move {
            tokio::select! {
                // An error here means that the client has disconnected.
                _ = connection => {}
                () = closed.cancelled() => {}
                () = first.stays_silent() => {}
            }
            first.leave();
            drop(place);
        });
    }
}

/// Connections without a request, the first to close first: those that have never sent one, then the longest idle.
#[derive(Clone, Default)]
struct Idle(Arc<Queue>);

#[derive(Default)]
struct Queue {
    waiting: Mutex<BTreeMap<(bool, u64), CancellationToken>>,
    next: AtomicU64,
}

/// A connection as the queue knows it.
struct Connection {
    queue: Arc<Queue>,
    close: CancellationToken,
    /// Its key in the queue, and whether it has sent a request.
    position: Mutex<(Option<(bool, u64)>, bool)>,
}

impl Idle {
    fn enter(&self) -> Arc<Connection> {
        let connection = Arc::new(Connection {
            queue: Arc::clone(&self.0),
            close: CancellationToken::new(),
            position: Mutex::default(),
        });
        connection.wait();
        connection
    }

    /// Closes the connection that is first in the queue; `false` if none is idle.
    fn close_one(&self) -> bool {
        let first = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_first();
        first.is_some_and(|(_, close)| {
            close.cancel();
            true
        })
    }
}

impl Connection {
    /// Joins the queue of idle connections.
    fn wait(&self) {
        let mut position = self.position.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (position.1, self.queue.next.fetch_add(1, Ordering::Relaxed));
        position.0 = Some(key);
        self.queue.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(key, self.close.clone());
    }

    /// Leaves the queue, for a request or for good.
    fn leave(&self) {
        let mut position = self.position.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = position.0.take() {
            self.queue.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        }
    }

    /// Completes if no request arrives on a new connection.
    async fn stays_silent(&self) {
        sleep(FIRST_HEAD_TIMEOUT).await;
        if self.position.lock().unwrap_or_else(PoisonError::into_inner).1 {
            std::future::pending::<()>().await;
        }
    }
}

/// A connection with a request in progress.
struct Busy(Arc<Connection>);

impl Busy {
    fn new(connection: &Arc<Connection>) -> Self {
        connection.leave();
        connection.position.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
        Self(Arc::clone(connection))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_has_sent_nothing_is_closed_first() {
        let idle = Idle::default();
        let served = idle.enter();
        drop(Busy::new(&served));
        let (silent, busy) = (idle.enter(), idle.enter());
        let busy_now = Busy::new(&busy);
        assert!(idle.close_one() && silent.close.is_cancelled() && !served.close.is_cancelled());
        assert!(idle.close_one() && served.close.is_cancelled());
        assert!(!idle.close_one() && !busy.close.is_cancelled(), "a request in progress is never cut off");
        drop(busy_now);
        assert!(idle.close_one() && busy.close.is_cancelled());
    }
}
