//! Connections: accepted without waiting, and closed when they keep others out.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{held::Held, site::Front};

/// Time for a client to send the head of its first request.
const FIRST_HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Time for a client to send the head of the next request on a kept connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// Maximum size of the head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// Pause after an error of `accept`, most often a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Time for a connection that is told to close.
const EVICTION: Duration = Duration::from_secs(1);

/// Time after which a silent client is asked whether it is there.
const SILENCE: Duration = Duration::from_secs(30);

/// Time for a client's machine to acknowledge what it was sent.
const UNACKNOWLEDGED: Duration = Duration::from_secs(45);

/// The connections of a listener.
pub(super) struct Connections {
    places: Arc<Semaphore>,
    idle: Idle,
    graceful: GracefulShutdown,
    /// Number of connections of all listeners.
    open: Arc<AtomicUsize>,
}

impl Connections {
    pub(super) fn new(max: usize, open: &Arc<AtomicUsize>) -> Self {
        Self {
            places: Arc::new(Semaphore::new(max)),
            idle: Idle::default(),
            graceful: GracefulShutdown::new(),
            open: Arc::clone(open),
        }
    }

    /// Accepts connections until it is dropped.
    pub(super) async fn accept(&self, listener: &TcpListener, front: &Arc<Front>) {
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
                    give_up_on_silence(&stream);
                    self.serve(TokioIo::new(stream), front, place);
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

    fn serve(&self, stream: TokioIo<TcpStream>, front: &Arc<Front>, place: OwnedSemaphorePermit) {
        let front = Arc::clone(front);
        let state = self.idle.enter();
        let closed = state.close.clone();
        let first = Arc::clone(&state);
        let service = service_fn(move |request: Request<Incoming>| {
            let front = Arc::clone(&front);
            let busy = Busy::new(&state);
            async move {
                let response: Response<_> = front.respond(request).await;
                Ok::<_, Infallible>(response.map(|body| Held::new(body, busy)))
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(MAX_HEAD)
            .serve_connection(stream, service);
        let connection = self.graceful.watch(connection);
        let open = Arc::clone(&self.open);
        open.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(async move {
            tokio::select! {
                // An error here means that the client has disconnected.
                _ = connection => {}
                () = closed.cancelled() => {}
                () = first.stays_silent() => {}
            }
            first.leave();
            drop(place);
            open.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

/// Ends a connection whose client has vanished without a word. Streams have an event every 15 seconds, so that it is
/// noticed there, too. A failure would cost only that.
fn give_up_on_silence(stream: &TcpStream) {
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new().with_time(SILENCE).with_interval(SILENCE / 3);
    let _ = socket.set_tcp_keepalive(&keepalive);
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
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

    #[tokio::test]
    async fn a_client_that_has_vanished_is_noticed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        give_up_on_silence(&stream);
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        #[cfg(target_os = "linux")]
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(UNACKNOWLEDGED));
    }
}
