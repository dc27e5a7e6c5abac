//! The built program, serving over HTTP on a free port, and requests to it.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test file uses a part; a broken set-up is a failed test"
)]

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
};

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::program::{File, command};

pub(crate) const TOKEN: &str = "a-token-that-nobody-guesses";

/// The built program, serving on a free port.
pub(crate) struct Served {
    child: Child,
    pub(crate) stderr: BufReader<ChildStderr>,
    pub(crate) url: String,
    /// URL of the metrics at the address for operators, with `--admin`.
    pub(crate) admin: Option<String>,
}

impl Served {
    /// Runs the program with a file of settings.
    pub(crate) fn with_file(file: &File, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--config", file.path()]);
        Self::start(&arguments, environment, &[])
    }

    pub(crate) fn serve(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::start(arguments, environment, &[("DINGTALK_BOT_ACCESS_TOKEN", "0123abcd")])
    }

    fn start(arguments: &[&str], environment: &[(&str, &str)], robot: &[(&str, &str)]) -> Self {
        let mut child = command()
            .args(["serve", "--http", "127.0.0.1:0"])
            .args(arguments)
            .envs(robot.iter().copied())
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut address = |what: &str| {
            let mut line = String::new();
            stderr.read_line(&mut line).unwrap();
            let url = line.trim().rsplit(' ').next().unwrap().to_owned();
            assert!(line.contains(what) && url.starts_with("http://127.0.0.1:"), "{line}");
            url
        };
        let admin = arguments.contains(&"--admin").then(|| address("metrics at"));
        let url = address("serving MCP at");
        Self { child, stderr, url, admin }
    }

    pub(crate) fn at(&self, path: &str) -> String {
        self.url.replace("/mcp", path)
    }

    pub(crate) fn terminate(&self) {
        self.signal("-TERM");
    }

    pub(crate) fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Returns the text of the metrics, read on this machine.
    pub(crate) async fn metrics(&self) -> String {
        client().get(self.at("/metrics")).send().await.unwrap().text().await.unwrap()
    }

    pub(crate) fn end(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn client() -> Client {
    Client::builder().no_proxy().tls_certs_only([]).build().unwrap()
}

pub(crate) fn body(method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string()
}

/// An independent request, as clients of 2026-07-28 make it.
pub(crate) fn modern(url: &str, method: &str, mut params: Value) -> RequestBuilder {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"}
    });
    let request = post(url, body(method, &params))
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", method);
    match params["name"].as_str() {
        Some(name) => request.header("mcp-name", name),
        None => request,
    }
}

pub(crate) fn post(url: &str, body: String) -> RequestBuilder {
    client()
        .post(url)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .body(body)
}

pub(crate) fn hello() -> String {
    body(
        "initialize",
        &json!({
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}
        }),
    )
}

/// The answer, either as a single body or as an event.
pub(crate) async fn answer(response: Response) -> Value {
    let text = response.text().await.unwrap();
    let json = text.lines().filter_map(|line| line.strip_prefix("data: ")).find(|data| data.starts_with('{'));
    serde_json::from_str(json.unwrap_or(&text)).unwrap_or_else(|_| panic!("{text}"))
}
