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

use crate::program::command;

pub(crate) const TOKEN: &str = "a-token-that-nobody-guesses";

/// The built program, serving on a free port.
pub(crate) struct Served {
    child: Child,
    pub(crate) stderr: BufReader<ChildStderr>,
    pub(crate) url: String,
}

impl Served {
    pub(crate) fn serve(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = command()
            .args(["serve", "--http", "127.0.0.1:0"])
            .args(arguments)
            .env("DINGTALK_BOT_ACCESS_TOKEN", "0123abcd")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        stderr.read_line(&mut line).unwrap();
        let url = line.trim().rsplit(' ').next().unwrap().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{line}");
        Self { child, stderr, url }
    }

    pub(crate) fn at(&self, path: &str) -> String {
        self.url.replace("/mcp", path)
    }

    pub(crate) fn terminate(&self) {
        let status = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(status.success());
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
