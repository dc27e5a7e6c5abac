//! The connection of a state, and requests that block on it.

use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

use tokio::runtime::Runtime;
use tokio_postgres::{Client, Statement};

use super::trouble;

/// Longest time of one request; the server ends statements earlier.
const LONGEST: Duration = Duration::from_secs(15);

/// An open connection.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) client: Arc<Client>,
    pub(super) read: Statement,
    pub(super) take: Statement,
    pub(super) end: Statement,
    pub(super) look: Statement,
    pub(super) used: Statement,
    pub(super) robots: Statement,
    pub(super) read_call: Statement,
    pub(super) begin_call: Statement,
    /// Secret with which the keys of calls are made.
    pub(super) secret: Arc<[u8]>,
}

/// Runs a request in the connection's thread, and blocks until it has ended.
pub(super) fn wait<T: Send + 'static>(
    runtime: &Runtime,
    request: impl Future<Output = Result<T, trouble::Trouble>> + Send + 'static,
) -> Result<T, trouble::Trouble> {
    let (reply, answer) = mpsc::channel();
    runtime.spawn(async move { drop(reply.send(request.await)) });
    let silent = || Err(trouble::Trouble::away("PostgreSQL does not answer"));
    answer.recv_timeout(LONGEST).unwrap_or_else(|_| silent())
}
