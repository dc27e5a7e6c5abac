//! Runs the built program and exchanges JSON-RPC with it, line by line, so that tests see exactly the content
//! of its streams.

#![allow(
    dead_code,
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "each test file uses a part; `json!` reads better by value; a broken set-up is a failed test"
)]

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, Receiver},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// No exchange on loopback takes this long, and a send takes at most 25 seconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

/// A file that is deleted when the test ends.
pub(crate) struct File(PathBuf);

impl File {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("dingtalk-notify-{}-{name}.toml", std::process::id()));
        fs::write(&path, text).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Returns a command that runs the program, without variables of this process, and with its state in a directory of
/// its own: never in that of the person who runs the tests, nor in that of another test, whose robots may rest.
pub(crate) fn command() -> Command {
    static STATES: AtomicUsize = AtomicUsize::new(0);

    let states = Path::new(env!("CARGO_TARGET_TMPDIR")).join("state");
    let number = STATES.fetch_add(1, Ordering::Relaxed);
    if number == 0 {
        remove_old(&states);
    }
    let state = states.join(format!("{}-{}-{number}", env!("CARGO_CRATE_NAME"), std::process::id()));
    let mut command = Command::new(env!("CARGO_BIN_EXE_dingtalk-notify"));
    command.env_clear().env("DINGTALK_NOTIFY_STATE_DIR", state);
    command
}

/// Removes the states of earlier runs.
fn remove_old(states: &Path) {
    const OLD: Duration = Duration::from_secs(600);

    for state in fs::read_dir(states).into_iter().flatten().flatten() {
        let modified = state.metadata().and_then(|state| state.modified());
        if modified.is_ok_and(|modified| modified.elapsed().is_ok_and(|age| age > OLD)) {
            // Another test may have removed it.
            let _ = fs::remove_dir_all(state.path());
        }
    }
}

pub(crate) struct Program {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    /// All of stdout so far, for searching.
    pub(crate) seen: String,
    stderr: Option<JoinHandle<String>>,
    next_id: u64,
}

impl Program {
    pub(crate) fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut program = Self::deaf(arguments, environment);
        program.stderr = Some(program.listen());
        program
    }

    /// Starts the program without reading its stderr.
    pub(crate) fn deaf(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = command()
            .args(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, lines) = mpsc::channel();
        let stdout = child.stdout.take().unwrap();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        let stdin = child.stdin.take();
        Self { child, stdin, lines, seen: String::new(), stderr: None, next_id: 1 }
    }

    /// Begins to read stderr, and returns all of it at the end.
    pub(crate) fn listen(&mut self) -> JoinHandle<String> {
        let mut stream = self.child.stderr.take().unwrap();
        thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stream.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        })
    }

    /// Starts a server and makes the handshake of 2025-11-25.
    pub(crate) fn serve(environment: &[(&str, &str)]) -> Self {
        Self::serve_with(&[], environment)
    }

    pub(crate) fn serve_with(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut program = Self::start(arguments, environment);
        let hello = json!({
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}
        });
        let answer = program.request("initialize", hello);
        assert_eq!(answer["result"]["serverInfo"]["name"], "dingtalk-notify");
        program.line(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string());
        program
    }

    pub(crate) fn line(&mut self, line: &str) {
        self.bytes(line.as_bytes());
    }

    /// A line that may not be text.
    pub(crate) fn bytes(&mut self, line: &[u8]) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(line).unwrap();
        stdin.write_all(b"\n").unwrap();
        stdin.flush().unwrap();
    }

    /// Writes the last line, without its end, and closes stdin.
    pub(crate) fn last_line(&mut self, rest: &[u8]) {
        let mut stdin = self.stdin.take().unwrap();
        stdin.write_all(rest).unwrap();
    }

    /// Sends a request and returns its id.
    pub(crate) fn send(&mut self, method: &str, params: Value) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.line(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string());
        id
    }

    /// The next message, of any kind.
    pub(crate) fn next(&mut self) -> Value {
        self.next_within(PATIENCE).expect("a message")
    }

    /// The next message, of any kind, if there is one in this time.
    pub(crate) fn next_within(&mut self, patience: Duration) -> Option<Value> {
        let line = self.lines.recv_timeout(patience).ok()?;
        self.seen.push_str(&line);
        self.seen.push('\n');
        Some(serde_json::from_str(&line).expect("nothing but JSON-RPC on stdout"))
    }

    pub(crate) fn answer(&mut self, id: u64) -> Value {
        loop {
            let message = self.next();
            if message["id"] == id {
                return message;
            }
        }
    }

    /// The answers to several requests, in any order.
    pub(crate) fn answers<const N: usize>(&mut self, ids: [u64; N]) -> [Value; N] {
        let mut found = ids.map(|_| Value::Null);
        while found.iter().any(Value::is_null) {
            let line = self.lines.recv_timeout(PATIENCE).expect("an answer");
            let message: Value = serde_json::from_str(&line).expect("nothing but JSON-RPC on stdout");
            if let Some(index) = ids.iter().position(|id| message["id"] == *id) {
                found[index] = message;
            }
        }
        found
    }

    /// The next notification of this kind.
    pub(crate) fn notification(&mut self, method: &str) -> Value {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).expect("a notification");
            let message: Value = serde_json::from_str(&line).expect("nothing but JSON-RPC on stdout");
            if message["method"] == method {
                return message;
            }
        }
    }

    pub(crate) fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params);
        self.answer(id)
    }

    pub(crate) fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.request("tools/call", json!({"name": tool, "arguments": arguments}))["result"].clone()
    }

    pub(crate) fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Peak memory of the process, in KiB.
    #[cfg(target_os = "linux")]
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the end and returns the status and all of stderr; fails if the program does not end.
    pub(crate) fn end(mut self, within: Duration) -> (ExitStatus, String) {
        let deadline = Instant::now() + within;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "the program does not end");
            thread::sleep(Duration::from_millis(10));
        };
        while let Ok(line) = self.lines.recv() {
            self.seen.push_str(&line);
        }
        (status, self.stderr.take().map_or_else(String::new, |stderr| stderr.join().unwrap()))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap()
}
