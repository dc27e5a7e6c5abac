//! The least that an MCP client can be, so that what is measured is the server.

use std::{
    error::Error,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A server in a process of its own, and the client's end of its pipes. Ends with this value.
pub(crate) struct Client {
    process: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    requests: u64,
}

impl Client {
    pub(crate) fn start(program: &Path, environment: &[(&str, String)]) -> Result<Self> {
        let mut process = Command::new(program)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdin = process.stdin.take().ok_or("no stdin")?;
        let stdout = BufReader::new(process.stdout.take().ok_or("no stdout")?);
        Ok(Self { process, stdin, stdout, requests: 0 })
    }

    /// Does what most clients do first: the handshake, then the list of tools.
    pub(crate) fn list_tools(&mut self) -> Result<()> {
        let this = json!({"name": "bench", "version": "0"});
        let parameters = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": this});
        self.request("initialize", &parameters)?;
        self.write(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))?;
        let list = self.request("tools/list", &json!({}))?;
        let tools = list["tools"].as_array().map_or(0, Vec::len);
        if tools == 0 { Err("the server has no tools".into()) } else { Ok(()) }
    }

    /// Sends a text, and makes sure that it was accepted.
    pub(crate) fn send_text(&mut self, text: &str) -> Result<()> {
        // Each is a message of its own: the server sends the same one only once.
        let text = format!("{text} {}", self.requests);
        let parameters = json!({"name": "send_text_message", "arguments": {"text": text}});
        let result = self.request("tools/call", &parameters)?;
        if result["isError"] == json!(true) { Err(format!("a call failed: {result}").into()) } else { Ok(()) }
    }

    /// Memory of the process that is in RAM, in bytes.
    pub(crate) fn resident_bytes(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kibibytes * 1024)
    }

    fn request(&mut self, method: &str, parameters: &Value) -> Result<Value> {
        self.requests += 1;
        let id = self.requests;
        self.write(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters}))?;
        loop {
            let mut line = String::new();
            if self.stdout.read_line(&mut line)? == 0 {
                return Err(format!("the server ended during `{method}`").into());
            }
            let mut answer: Value = serde_json::from_str(&line)?;
            if answer["id"] == json!(id) {
                let result = answer["result"].take();
                return if result.is_null() { Err(answer.to_string().into()) } else { Ok(result) };
            }
        }
    }

    fn write(&mut self, message: &Value) -> Result<()> {
        self.stdin.write_all(format!("{message}\n").as_bytes())?;
        Ok(())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // The server may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
