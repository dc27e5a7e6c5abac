//! A minimal MCP client, so that the measurement reflects the server.

use std::{
    ops::Range,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    Over, Result,
    process::Process,
    protocol,
    stdio::{self, Pipes},
    streamable::{self, Connection},
};

/// A server, and the client's connection to it.
pub(crate) struct Client {
    pub(crate) process: Process,
    link: Link,
    /// Number of texts that were sent.
    sent: u64,
}

enum Link {
    Stdio(Pipes),
    /// One connection per concurrent call; only the first one at the beginning.
    Http(Vec<Connection>),
}

impl Client {
    /// Starts a server and makes the first requests of most clients: the handshake, if there is one, then the
    /// list of tools.
    pub(crate) fn start(command: &mut Command, over: Over) -> Result<Self> {
        let (process, mut link) = match over {
            Over::Stdio => {
                let (process, mut pipes) = stdio::start(command)?;
                pipes.request(&protocol::initialize())?;
                pipes.write(&protocol::initialized())?;
                (process, Link::Stdio(pipes))
            }
            Over::Http | Over::HttpSession => {
                let (process, mut connection) = streamable::start(command)?;
                if over == Over::HttpSession {
                    connection.begin_session(&protocol::initialize())?;
                    connection.notify(&protocol::initialized())?;
                }
                (process, Link::Http(vec![connection]))
            }
        };
        protocol::check_list(&link.request(protocol::list_tools())?)?;
        Ok(Self { process, link, sent: 0 })
    }

    /// Sends one text and checks that it was accepted.
    pub(crate) fn send(&mut self) -> Result<()> {
        self.sent += 1;
        protocol::check_sent(&self.link.request(protocol::send_text(self.sent))?)
    }

    /// Sends this many texts per concurrent call, and returns the duration.
    pub(crate) fn send_many(&mut self, concurrent: usize, each: u64) -> Result<Duration> {
        let first = self.sent + 1;
        self.sent += each * concurrent as u64;
        let texts = first..self.sent + 1;
        if let Link::Http(connections) = &mut self.link {
            while connections.len() < concurrent {
                connections.push(connections[0].another()?);
            }
        }
        let start = Instant::now();
        match &mut self.link {
            Link::Stdio(pipes) => {
                pipes.request_all(concurrent, texts.map(protocol::send_text), protocol::check_sent)?;
            }
            Link::Http(connections) => send_over_all(connections, texts, each)?,
        }
        Ok(start.elapsed())
    }
}

impl Link {
    fn request(&mut self, request: Value) -> Result<Value> {
        match self {
            Self::Stdio(pipes) => pipes.request(&request),
            Self::Http(connections) => connections[0].request(request),
        }
    }
}

/// Each connection has one text in progress.
fn send_over_all(connections: &mut [Connection], texts: Range<u64>, each: u64) -> Result<()> {
    thread::scope(|scope| {
        let mut first = texts.start;
        let mut senders = Vec::new();
        for connection in connections {
            let share = first..first + each;
            first = share.end;
            senders.push(scope.spawn(move || {
                share.into_iter().try_for_each(|number| {
                    protocol::check_sent(&connection.request(protocol::send_text(number))?)
                })
            }));
        }
        senders.into_iter().try_for_each(|sender| sender.join().map_err(|_| "a sender panicked")?)
    })
}
