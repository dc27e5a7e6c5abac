//! A relay with its file, and a group in a strict sandbox.

#![allow(
    dead_code,
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "each test file uses a part; a broken set-up is a failed test"
)]

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use dingtalk_sandbox::{RobotConfig, Sandbox};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use sha2::Sha256;

use super::program::{PATIENCE, command};

const ROBOT: &str = "0123abcd";

/// Token of another robot; `env:DB` in the file.
pub(crate) const DB: &str = "4567efab";

/// Token of the caller `all`, which may do everything.
pub(crate) const ALL: &str = "all-0123456789abcdef";

/// Token of the caller `ops`, whose only robot is `ops`.
pub(crate) const OPS: &str = "ops-0123456789abcdef";

/// Declares a notification.
pub(crate) const NOTIFICATION: &str = r#"
[notifications.disk_alert]
purpose = "Warn the on-call group that a disk is nearly full."
when = "a disk is nearly full"
text = "{host}: {percent}% used"
[[notifications.disk_alert.fields]]
name = "host"
type = "text"
description = "Host name, for example `web-3`."
length = "1..=64"
[[notifications.disk_alert.fields]]
name = "percent"
type = "integer"
description = "Used space, in percent."
range = "0..=100"
"#;

pub(crate) const TOKENS: &str = "
[tokens.all]
token = \"env:ALL\"
[tokens.ops]
token = \"env:OPS\"
robots = [\"ops\"]
";

pub(crate) struct Scene {
    pub(crate) sandbox: Sandbox,
    directory: PathBuf,
}

/// A running relay.
pub(crate) struct Relay {
    child: Child,
    pub(crate) url: String,
}

impl Scene {
    /// Creates a scene with a robot `ops` that has these further settings, and further sections of the file, in which
    /// `BASE_URL` is the address of the sandbox.
    pub(crate) async fn new(name: &str, robot: &str, sections: &str) -> Self {
        Self::with_rate(None, name, robot, sections).await
    }

    /// Creates a scene with the limits of DingTalk: a robot takes 20 messages a minute.
    pub(crate) async fn strict(name: &str, sections: &str) -> Self {
        Self::with_rate(Some(20), name, "rate_per_minute = 20", sections).await
    }

    async fn with_rate(rate: Option<u32>, name: &str, robot: &str, sections: &str) -> Self {
        let sandbox = Sandbox::builder().robot(RobotConfig::new(ROBOT)).robot(RobotConfig::new(DB));
        let sandbox = sandbox.rate_per_minute(rate);
        let sandbox = sandbox.log_capacity(100_000).start().await.unwrap();
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!(
            "{}-{name}-{}",
            env!("CARGO_CRATE_NAME"),
            std::process::id()
        ));
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap();
        let file = format!(
            "version = 1\n[robots.ops]\nabout = \"a\"\naccess_token = \"env:ROBOT\"\nbase_url = \"{}\"\n\
             {}{robot}\n{NOTIFICATION}\n{sections}\n",
            sandbox.base_url(),
            if robot.contains("rate_per_minute") { "" } else { "rate_per_minute = 0\n" }
        );
        let file = file.replace("BASE_URL", &sandbox.base_url());
        fs::write(directory.join("robots.toml"), file).unwrap();
        Self { sandbox, directory }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command();
        command
            .args(arguments)
            .envs([
                ("ROBOT", ROBOT),
                ("DB", DB),
                ("ALL", ALL),
                ("OPS", OPS),
                ("SIGN", "SECsign"),
                ("DINGTALK_NOTIFY_LOG", "calls,debug"),
            ])
            .env("DINGTALK_NOTIFY_CONFIG", self.path("robots.toml"))
            .env("DINGTALK_NOTIFY_STATE_DIR", self.path("state"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a relay that is expected to end at once.
    pub(crate) fn fail(&self, arguments: &[&str]) -> Output {
        let mut child = self.command(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let deadline = Instant::now() + PATIENCE;
        while child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "the relay does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
        child.wait_with_output().unwrap()
    }

    pub(crate) fn relay(&self) -> Relay {
        self.relay_at("127.0.0.1:0")
    }

    pub(crate) fn relay_at(&self, address: &str) -> Relay {
        self.start(&["relay", "--http", address])
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Relay {
        let log = self.path("log");
        let mut child = self.command(arguments).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        let (mut url, mut all) = (None, String::new());
        while url.is_none() && stderr.read_line(&mut line).unwrap() > 0 {
            url =
                line.trim().rsplit(' ').next().filter(|_| line.contains("relaying from")).map(str::to_owned);
            all.push_str(&line);
            line.clear();
        }
        std::thread::spawn(move || {
            let mut all = Vec::new();
            let _ = stderr.read_to_end(&mut all);
            // In one step: a test waits for the file.
            let whole = log.with_extension("part");
            let _ = fs::write(&whole, all).and_then(|()| fs::rename(whole, log));
        });
        Relay { child, url: url.unwrap_or_else(|| panic!("{all}")) }
    }

    /// Returns the texts in the group, in order.
    pub(crate) fn texts(&self) -> Vec<String> {
        let body = |wire| serde_json::to_value::<dingtalk_core::message::WireMessage>(wire).unwrap();
        let text = |body: Value| match body["msgtype"].as_str().unwrap() {
            "text" => body["text"]["content"].as_str().unwrap().to_owned(),
            kind => body[kind]["text"].as_str().unwrap_or_default().to_owned(),
        };
        self.sandbox.accepted().into_iter().map(|wire| text(body(wire)).replace('\\', "")).collect()
    }

    /// Waits until the group has this number of messages.
    pub(crate) async fn wait_for(&self, messages: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.sandbox.accepted().len() < messages {
            assert!(Instant::now() < deadline, "{} of {messages} arrived", self.sandbox.accepted().len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Relay {
    pub(crate) fn post(&self, path: &str, body: impl ToString) -> RequestBuilder {
        let request = client().post(format!("{}{path}", self.url));
        request.header("content-type", "application/json").body(body.to_string())
    }

    pub(crate) fn raw(&self, token: &str, body: impl ToString) -> RequestBuilder {
        self.post(&format!("/robot/send?access_token={token}"), body)
    }

    /// Returns the number of its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Ends the relay as a failure of its machine does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends the relay, and returns its log.
    pub(crate) fn stop(mut self, scene: &Scene) -> String {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
        self.child.wait().unwrap();
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Ok(log) = fs::read_to_string(scene.path("log")) {
                return log;
            }
            assert!(Instant::now() < deadline, "there is no log");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a file of the workspace.
pub(crate) fn payload(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

/// Signs a body as GitHub does.
pub(crate) fn signed(secret: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    mac.finalize().into_bytes().iter().fold("sha256=".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(crate) fn client() -> Client {
    Client::builder().no_proxy().tls_certs_only([]).build().unwrap()
}

/// Sends a request, and returns the status and the JSON of the answer.
pub(crate) async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}
