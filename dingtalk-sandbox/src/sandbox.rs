//! The public handle of a running sandbox.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use dingtalk_core::{Notification, Robot, delivery::RobotBuilder, message::WireMessage};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    config::Builder,
    expect::{self, Differs},
    fault::Fault,
    fault_rule::FaultRule,
    log::Entry,
    render::Names,
    robot::RobotConfig,
    server,
    shared::Shared,
};

/// A running sandbox. It listens on 127.0.0.1 only, and stops when it is dropped.
///
/// It runs in the tokio runtime in which it was started. A current-thread runtime is enough.
pub struct Sandbox {
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

impl Sandbox {
    /// Starts a sandbox on a free port, with one robot that has a random token and secret.
    ///
    /// # Errors
    ///
    /// Fails if no port can be opened.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Returns a builder for a sandbox with its own port, robots and limits.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Returns `http://127.0.0.1:<port>`, the replacement of `https://oapi.dingtalk.com`.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.shared.base_url()
    }

    /// Returns the whole webhook address of the first robot, including its access token.
    #[must_use]
    pub fn webhook(&self) -> String {
        self.shared.webhook(&self.shared.robots[0])
    }

    /// Returns the whole webhook address of the robot with this name, or `None` if the name is unknown.
    #[must_use]
    pub fn webhook_of(&self, name: &str) -> Option<String> {
        let at = self.shared.find(name)?;
        Some(self.shared.webhook(&self.shared.robots[at]))
    }

    /// Returns a client for the robot with this name: with its token, secret and first keyword, and without a limit if
    /// the sandbox has none.
    ///
    /// ```
    /// use dingtalk_core::{DeliverExt as _, Message};
    /// use dingtalk_sandbox::{RobotConfig, Sandbox};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let ops = RobotConfig::random().name("ops");
    /// let sandbox = Sandbox::builder().robot(ops).start().await?;
    /// sandbox.robot("ops").send(&Message::text("Disk of web-3 is full")).await?;
    /// sandbox.expect(&[&Message::text("Disk of web-3 is full")]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if no robot has this name, or if its token cannot be that of a client.
    #[must_use]
    #[track_caller]
    pub fn robot(&self, name: &str) -> Robot {
        match self.robot_builder(name).build() {
            Ok(robot) => robot,
            Err(error) => panic!("the robot {name:?} of the sandbox: {error}"),
        }
    }

    /// Returns the settings of [`robot`](Self::robot), to be changed before [`build`](RobotBuilder::build).
    ///
    /// # Panics
    ///
    /// Panics if no robot has this name.
    #[track_caller]
    pub fn robot_builder(&self, name: &str) -> RobotBuilder {
        let RobotConfig { token, secret, keywords, .. } = &self.shared.robots[self.found(name)];
        let mut robot = Robot::builder(token.as_str()).base_url(self.base_url()).name(name);
        if let Some(secret) = secret {
            robot = robot.secret(secret.as_str());
        }
        if let Some(keyword) = keywords.first() {
            robot = robot.keyword(keyword);
        }
        if self.shared.limit.per_minute.is_none() {
            robot = robot.pace(None);
        }
        robot
    }

    #[track_caller]
    fn found(&self, name: &str) -> usize {
        self.shared.find(name).unwrap_or_else(|| {
            let names: Vec<&str> = (0..self.shared.robots.len()).map(|at| self.shared.name(at)).collect();
            panic!("the sandbox has no robot {name:?}, but {names:?}")
        })
    }

    /// Returns the access token of the first robot.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.shared.robots[0].token
    }

    /// Returns the signing secret of the first robot, if it has one.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        self.shared.robots[0].secret.as_deref()
    }

    /// Returns the names of the robots.
    #[must_use]
    pub fn robots(&self) -> Vec<String> {
        (0..self.shared.robots.len()).map(|at| self.shared.name(at).to_owned()).collect()
    }

    /// Returns the access token and the signing secret of the robot with this name, or `None` if the name is unknown.
    #[must_use]
    pub fn access(&self, name: &str) -> Option<(&str, Option<&str>)> {
        let robot = &self.shared.robots[self.shared.find(name)?];
        Some((&robot.token, robot.secret.as_deref()))
    }

    /// Returns the names of members, by mobile number or user id ([`Builder::person`](crate::Builder::person)).
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.shared.names
    }

    /// Returns the address of the page that shows the chat.
    #[must_use]
    pub fn page_url(&self) -> String {
        format!("{}/", self.base_url())
    }

    /// Returns the requests to the robot endpoint, oldest first: the last [`LOG_CAPACITY`](crate::LOG_CAPACITY),
    /// unless [set otherwise](crate::Builder::log_capacity). A request is logged before its answer is sent.
    #[must_use]
    pub fn log(&self) -> Vec<Entry> {
        self.shared.state().log.since(0).iter().map(|entry| Entry::clone(entry)).collect()
    }

    /// Waits until the log has requests after this number, and returns them, oldest first. Ends with none only if the
    /// sandbox ends.
    pub async fn log_after(&self, number: u64) -> Vec<Entry> {
        let mut newest = self.shared.watch();
        loop {
            let entries = self.shared.state().log.since(number);
            if !entries.is_empty() || newest.changed().await.is_err() {
                return entries.iter().map(|entry| Entry::clone(entry)).collect();
            }
        }
    }

    /// Returns the messages in the chat, oldest first, as far back as the log reaches.
    #[must_use]
    pub fn accepted(&self) -> Vec<WireMessage> {
        let entries = self.shared.state().log.since(0);
        entries.iter().filter_map(|entry| entry.accepted().cloned()).collect()
    }

    /// Compares the messages in the chat with these notifications, in order; the ids of messages are ignored. Wait for
    /// messages that arrive later with [`wait_for`](Self::wait_for) first.
    ///
    /// # Panics
    ///
    /// Panics if they differ, with the lines that differ, and with the requests that were refused or met a fault.
    #[track_caller]
    pub fn expect(&self, notifications: &[&dyn Notification]) {
        if let Err(differs) = self.compare(notifications) {
            panic!("{differs}");
        }
    }

    /// Compares as [`expect`](Self::expect), without the panic.
    ///
    /// # Errors
    ///
    /// Returns the differences.
    pub fn compare(&self, notifications: &[&dyn Notification]) -> Result<(), Differs> {
        expect::compare(&self.log(), notifications)
    }

    /// Ends the block of the robot with this name, and reports whether it was blocked.
    ///
    /// # Panics
    ///
    /// Panics if no robot has this name.
    #[track_caller]
    pub fn unblock(&self, name: &str) -> bool {
        self.shared.unblock(self.found(name))
    }

    /// Removes all requests from the log, and thereby the messages from the chat. Their ids are forgotten; the rate,
    /// the quota and the faults stay.
    pub fn clear(&self) {
        self.shared.clear();
    }

    /// Returns the number of requests to the robot endpoint since the start, including refused and faulted ones.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.shared.state().log.requests()
    }

    /// Waits until at least `n` messages were accepted since the start, and returns [`accepted`](Self::accepted).
    /// The wait has no limit of its own: wrap it in `tokio::time::timeout`.
    pub async fn wait_for(&self, n: usize) -> Vec<WireMessage> {
        let mut newest = self.shared.watch();
        while self.shared.state().log.accepted() < n as u64 {
            if newest.changed().await.is_err() {
                break;
            }
        }
        self.accepted()
    }

    /// Injects this fault into every request to a robot from now on.
    pub fn fault(&self, fault: Fault) {
        self.shared.state().faults.stand(fault);
    }

    /// Injects this fault into the next `n` requests to a robot. Faults queued earlier come first; a fault set with
    /// [`fault`](Self::fault) applies once the queue is empty.
    pub fn fault_next(&self, n: usize, fault: Fault) {
        self.shared.state().faults.queue(n, fault);
    }

    /// Queues one fault for each of the next requests to a robot; `None` leaves its request alone. Faults queued
    /// earlier come first.
    pub fn fault_script(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.shared.state().faults.script(faults);
    }

    /// Injects this fault into each request to a robot with this chance, from 0 to 1. The same seed repeats the same
    /// requests. Faults of the queue come first.
    pub fn fault_by_chance(&self, chance: f64, seed: u64, fault: Fault) {
        self.shared.state().faults.by_chance(chance, seed, fault);
    }

    /// Injects faults as this rule says, in addition to those before.
    pub fn fault_rule(&self, rule: FaultRule) {
        self.shared.state().faults.follow(rule);
    }

    /// Removes all faults. A connection that already hangs keeps hanging.
    pub fn heal(&self) {
        self.shared.state().faults.heal();
    }

    /// Returns the number of requests that followed [`Fault::Redirect`].
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
    /// Fails if the port is taken, or if two robots share a token or a name.
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
