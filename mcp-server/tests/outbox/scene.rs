//! A group in a sandbox, a file that describes its robot, and a state with a queue.

#![allow(dead_code, reason = "each test file uses a part")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use dingtalk_core::{Deliver as _, Envelope, Message, Robot, queue::store::Store as _};
use dingtalk_outbox::{Outbox as _, SqliteStore};
use dingtalk_sandbox::{RobotConfig, Sandbox};

use super::program::{PATIENCE, command};

const TOKEN: &str = "0123abcd";

/// Number of notifications that the tests store at most.
const CAPACITY: usize = 1_000;

pub(crate) struct Scene {
    pub(crate) sandbox: Sandbox,
    directory: PathBuf,
}

impl Scene {
    /// Creates a scene without a rate limit, whose robot `ops` has these further settings.
    pub(crate) async fn new(name: &str, settings: &str) -> Self {
        let sandbox = Sandbox::builder().robot(RobotConfig::new(TOKEN)).rate_per_minute(None);
        Self::in_sandbox(name, settings, sandbox.log_capacity(100_000).start().await.unwrap())
    }

    pub(crate) fn in_sandbox(name: &str, settings: &str, sandbox: Sandbox) -> Self {
        let name = format!("outbox-{name}-{}", std::process::id());
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap();
        let file = format!(
            "version = 1\n[robots.ops]\nabout = \"a\"\naccess_token = \"env:TOKEN\"\nbase_url = \"{}\"\n\
             rate_per_minute = 0\n{settings}\n",
            sandbox.base_url()
        );
        fs::write(directory.join("robots.toml"), file).unwrap();
        Self { sandbox, directory }
    }

    /// Adds a section to the file.
    pub(crate) fn with(self, section: &str) -> Self {
        let path = self.path("robots.toml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{text}\n{section}")).unwrap();
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command();
        command
            .args(arguments)
            .env("TOKEN", TOKEN)
            .env("DINGTALK_NOTIFY_CONFIG", self.path("robots.toml"))
            .env("DINGTALK_NOTIFY_STATE_DIR", self.path("state"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap()
    }

    pub(crate) fn store(&self) -> SqliteStore {
        SqliteStore::open_in(self.path("state")).unwrap()
    }

    /// Returns the name of the robot's lane in the store.
    pub(crate) fn lane(&self) -> String {
        let robot = Robot::builder(TOKEN).base_url(self.sandbox.base_url()).build().unwrap();
        robot.lane_key().unwrap()
    }

    /// Stores a notification, and returns its id.
    pub(crate) async fn enqueue(&self, envelope: Envelope) -> String {
        let id = envelope.id.clone();
        self.store().enqueue(&self.lane(), envelope, CAPACITY).await.unwrap();
        id
    }

    /// Returns the texts in the group, in order.
    pub(crate) fn texts(&self) -> Vec<String> {
        let text = |message| match message {
            Message::Text(text) => text.content,
            Message::Markdown(markdown) => markdown.text,
            other => panic!("{other:?}"),
        };
        self.sandbox.accepted().into_iter().map(|wire| text(wire.message).replace('\\', "")).collect()
    }

    /// Waits until the group has certain texts.
    pub(crate) async fn wait_for(&self, enough: impl Fn(&[String]) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !enough(&self.texts()) {
            assert!(Instant::now() < deadline, "{:?}", self.texts());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until a process delivers.
    pub(crate) async fn wait_until_served(&self) {
        let (store, deadline) = (self.store(), Instant::now() + PATIENCE);
        while store.dispatchers().await.unwrap().is_empty() {
            assert!(Instant::now() < deadline, "no process delivers");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until no process delivers.
    pub(crate) async fn wait_for_end(&self) {
        let (store, deadline) = (self.store(), Instant::now() + PATIENCE);
        while !store.dispatchers().await.unwrap().is_empty() {
            assert!(Instant::now() < deadline, "a process still delivers");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Returns what a command has printed.
pub(crate) fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Sends a signal to a process, and waits for its end.
pub(crate) fn end(child: Child, signal: &str) -> Output {
    let status = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
    child.wait_with_output().unwrap()
}
