//! A client over Streamable HTTP with one persistent connection.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpStream},
    process::{Command, Stdio},
};

use dingtalk_benches::http::Message;
use serde_json::Value;

use crate::{
    Result,
    process::Process,
    protocol::{self, WITH_HANDSHAKE, WITHOUT_HANDSHAKE},
};

pub(crate) struct Connection {
    address: SocketAddr,
    /// The session that a handshake began. Without one, requests are independent.
    session: Option<String>,
    stream: BufReader<TcpStream>,
}

/// Starts a server, which writes its address to stderr.
pub(crate) fn start(command: &mut Command) -> Result<(Process, Connection)> {
    let mut process = Process::start(command.stdin(Stdio::null()).stderr(Stdio::piped()))?;
    let mut line = String::new();
    BufReader::new(process.child().stderr.as_mut().ok_or("no stderr")?).read_line(&mut line)?;
    let (_, address) = line.trim_end().rsplit_once("http://").ok_or("the server says no address")?;
    let address = address.trim_end_matches("/mcp").parse()?;
    Ok((process, Connection::new(address, None)?))
}

impl Connection {
    fn new(address: SocketAddr, session: Option<String>) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { address, session, stream: BufReader::new(stream) })
    }

    /// Opens another connection to the same server, in the same session.
    pub(crate) fn another(&self) -> Result<Self> {
        Self::new(self.address, self.session.clone())
    }

    /// Begins a session with an `initialize`.
    pub(crate) fn begin_session(&mut self, initialize: &Value) -> Result<()> {
        let answer = self.exchange(initialize, "")?;
        self.session = Some(answer.header("mcp-session-id").ok_or("no session")?.to_owned());
        Ok(())
    }

    /// Sends a notification, which has no answer.
    pub(crate) fn notify(&mut self, message: &Value) -> Result<()> {
        self.exchange(message, &self.headers(message))?;
        Ok(())
    }

    pub(crate) fn request(&mut self, mut message: Value) -> Result<Value> {
        if self.session.is_none() {
            protocol::stand_alone(&mut message);
        }
        let answer = self.exchange(&message, &self.headers(&message))?;
        let body = str::from_utf8(&answer.body)?;
        // A single body, or a stream of events.
        let mut events = body.lines().filter_map(|line| line.strip_prefix("data: "));
        let json = events.find(|data| data.starts_with('{')).unwrap_or(body);
        Ok(serde_json::from_str(json)?)
    }

    fn headers(&self, message: &Value) -> String {
        match &self.session {
            Some(session) => {
                format!("Mcp-Protocol-Version: {WITH_HANDSHAKE}\r\nMcp-Session-Id: {session}\r\n")
            }
            None => {
                let method = message["method"].as_str().unwrap_or_default();
                let name = message["params"]["name"].as_str();
                let name = name.map(|name| format!("Mcp-Name: {name}\r\n")).unwrap_or_default();
                format!("Mcp-Protocol-Version: {WITHOUT_HANDSHAKE}\r\nMcp-Method: {method}\r\n{name}")
            }
        }
    }

    fn exchange(&mut self, message: &Value, headers: &str) -> Result<Message> {
        let body = message.to_string();
        let request = format!(
            "POST /mcp HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
             Content-Length: {}\r\n{headers}\r\n{body}",
            self.address,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let answer = Message::read(&mut self.stream)?.ok_or("the server closed the connection")?;
        if answer.status().starts_with('2') {
            Ok(answer)
        } else {
            Err(format!("HTTP {}: {}", answer.status(), String::from_utf8_lossy(&answer.body)).into())
        }
    }
}
