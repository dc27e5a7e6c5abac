//! Processes that share a durable store are killed at random moments: nothing that was accepted is lost or seen twice.
//!
//! `OUTBOX_ROUNDS` sets the number of rounds.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{
    collections::BTreeMap,
    env,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant, SystemTime},
};

use dingtalk_core::{Message, queue::store::Store as _};
use dingtalk_outbox::SqliteStore;
use dingtalk_sandbox::{RobotConfig, Sandbox};
use dingtalk_tests::temporary::TemporaryDirectory;

const ROUNDS: usize = 6;

/// Notifications that one process adds, if it lives long enough.
const NOTIFICATIONS: usize = 60;

/// Time that the last process has for the rest.
const LONG: Duration = Duration::from_secs(60);

fn start(file: &Path, sandbox: &Sandbox, notifications: usize, prefix: &str, clock: u128) -> Child {
    Command::new(env!("CARGO_BIN_EXE_outbox_user"))
        .arg(file)
        .args([&*sandbox.base_url(), &notifications.to_string(), prefix, &clock.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Kills a process, and returns the ids that it has printed.
fn kill(mut child: Child) -> Vec<String> {
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    // The last line may be incomplete.
    let complete = lines.rfind('\n').map_or("", |end| &lines[..end]);
    complete.lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_processes_lose_nothing_and_show_nothing_twice() {
    let rounds = env::var("OUTBOX_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let robot = RobotConfig::new("0123abcd");
    let sandbox =
        Sandbox::builder().robot(robot).rate_per_minute(None).deduplicate(true).log_capacity(1_000_000);
    let sandbox = sandbox.start().await.unwrap();
    let directory = TemporaryDirectory::new();
    let file = directory.path().join("outbox.db");
    let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();

    let mut accepted = Vec::new();
    for round in 0..rounds {
        let two =
            ["a", "b"].map(|name| start(&file, &sandbox, NOTIFICATIONS, &format!("{name}{round}"), clock));
        for child in two {
            let lives = Duration::from_millis(rand::random_range(20..500));
            tokio::time::sleep(lives).await;
            accepted.extend(kill(child));
        }
    }
    let last = start(&file, &sandbox, 1, "a-last", clock);
    let store = SqliteStore::open(&file).unwrap();
    let deadline = Instant::now() + LONG;
    loop {
        let lanes = store.lanes().await.unwrap();
        if lanes.is_empty() && sandbox.accepted().len() > 1 {
            break;
        }
        assert!(Instant::now() < deadline, "these are left: {lanes:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    accepted.extend(kill(last));
    assert_eq!(store.dead_letters(10).await.unwrap(), []);

    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for wire in sandbox.accepted() {
        let text = match wire.message {
            Message::Text(text) => text.content,
            Message::Markdown(markdown) => markdown.text,
            other => panic!("{other:?}"),
        };
        for (at, _) in text.match_indices("This is ") {
            let id = text[at + "This is ".len()..].split('.').next().unwrap().replace('\\', "");
            *seen.entry(id).or_default() += 1;
        }
    }
    let twice: Vec<_> = seen.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "seen twice: {twice:?}");
    let missing: Vec<_> = accepted.iter().filter(|id| !seen.contains_key(*id)).collect();
    assert!(missing.is_empty(), "lost: {missing:?}");
    assert!(accepted.len() > rounds, "hardly anything was accepted");
}
