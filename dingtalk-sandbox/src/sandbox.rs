//! The handle that tests and programs hold.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use dingtalk_core::message::WireMessage;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{config::Builder, fault::Fault, log::Entry, server, shared::Shared};

/// A running sandbox. It listens on 127.0.0.1 only, and stops when it is dropped.
///
/// It lives in the tokio runtime in which it was started, which may be a current-thread one.
pub struct Sandbox {
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

impl Sandbox {
    /// Starts a sandbox on a free port, with one robot that has a random token and secret.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Sets up a sandbox: its port, robots and limits.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// `http://127.0.0.1:<port>`: what stands in for `https://oapi.dingtalk.com`.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.shared.base_url()
    }

    /// The first robot's whole webhook address, access token and all.
    #[must_use]
    pub fn webhook(&self) -> String {
        self.shared.webhook(&self.shared.robots[0])
    }

    /// The webhook address of the robot with this name.
    #[must_use]
    pub fn webhook_of(&self, name: &str) -> Option<String> {
        let robot = self.shared.robots.iter().find(|robot| robot.name.as_deref() == Some(name))?;
        Some(self.shared.webhook(robot))
    }

    /// The first robot's access token.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.shared.robots[0].token
    }

    /// The first robot's signing secret, if it has one.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        self.shared.robots[0].secret.as_deref()
    }

    /// The page that shows the chat.
    #[must_use]
    pub fn page_url(&self) -> String {
        format!("{}/", self.base_url())
    }

    /// Everything that came to the robot endpoint, oldest first: the last [`LOG_CAPACITY`](crate::LOG_CAPACITY)
    /// requests, unless [set](crate::Builder::log_capacity). An entry stands here before its answer is sent.
    #[must_use]
    pub fn log(&self) -> Vec<Entry> {
        self.shared.state().log.since(0).iter().map(|entry| Entry::clone(entry)).collect()
    }

    /// The messages in the chat, oldest first, as far back as the log goes.
    #[must_use]
    pub fn accepted(&self) -> Vec<WireMessage> {
        let entries = self.shared.state().log.since(0);
        entries.iter().filter_map(|entry| entry.accepted().cloned()).collect()
    }

    /// How many requests came to the robot endpoint since the start, refused and faulted ones among them.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.shared.state().log.requests()
    }

    /// Waits until at least `n` messages were accepted since the start, and returns [`accepted`](Self::accepted).
    /// It waits as long as it takes; put `tokio::time::timeout` around it.
    pub async fn wait_for(&self, n: usize) -> Vec<WireMessage> {
        let mut newest = self.shared.watch();
        while self.shared.state().log.accepted() < n as u64 {
            if newest.changed().await.is_err() {
                break;
            }
        }
        self.accepted()
    }

    /// From now on every request to a robot meets this fault.
    pub fn fault(&self, fault: Fault) {
        self.shared.state().faults.stand(fault);
    }

    /// The next `n` requests to a robot meet this fault, after those for which a fault was asked before, and before
    /// any standing fault.
    pub fn fault_next(&self, n: usize, fault: Fault) {
        self.shared.state().faults.queue(n, fault);
    }

    /// What the next requests to a robot meet, one after the other: a fault or, where it is `None`, nothing. They come after
    /// those for which a fault was asked before.
    pub fn fault_script(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.shared.state().faults.script(faults);
    }

    /// Ends all faults. A connection that hangs already goes on hanging.
    pub fn heal(&self) {
        self.shared.state().faults.heal();
    }

    /// How many requests followed [`Fault::Redirect`].
    #[must_use]
    pub fn redirects_followed(&self) -> u64 {
        self.shared.redirects_followed()
    }
}

impl Builder {
    /// Starts the sandbox in the current tokio runtime.
    ///
    /// # Errors
    ///
    /// The port is taken, or two robots share a token or a name.
    pub async fn start(self) -> io::Result<Sandbox> {
        let builder = self.complete()?;
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, builder.port))).await?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared::new(builder, port));
        let accepting = tokio::spawn(server::accept(listener, Arc::clone(&shared)));
        Ok(Sandbox { shared, accepting })
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // The task owns the connections' tasks, which end with it.
        self.accepting.abort();
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("base_url", &self.base_url())
            .field("robots", &self.shared.robots)
            .finish_non_exhaustive()
    }
}
