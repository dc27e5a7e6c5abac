//! The commands of `outbox` for operators: list, show, retry, drop, purge, stats.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;
#[path = "outbox/scene.rs"]
mod scene;

use std::{
    fs,
    process::Output,
    time::{Duration, SystemTime},
};

use dingtalk_core::{Envelope, Message, Mobile, message::Mentions, queue::store::Store as _};
use scene::{Scene, words};
use serde_json::{Value, json};

const SECRET: &str = "the secret plan";
const NUMBER: &str = "13800001234";

/// A message with content and a number that nobody else is to see.
fn message() -> Envelope {
    let mentions = Mentions::mobiles([Mobile::new(NUMBER).unwrap()]);
    Envelope::new(Message::text(SECRET).with_mentions(mentions))
}

/// A lane of a robot that the file does not have.
fn foreign() -> String {
    format!("robot:{}", "1a2b3c4d".repeat(8))
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn all(output: &Output) -> String {
    out(output) + &String::from_utf8_lossy(&output.stderr)
}

fn json_of(output: &Output) -> Value {
    assert!(output.status.success(), "{}", words(output));
    serde_json::from_str(&out(output)).unwrap()
}

/// Makes a dead letter: it has expired.
async fn dead_letter(scene: &Scene) -> String {
    let id = scene.enqueue(message().with_expiry(SystemTime::now() - Duration::from_secs(1))).await;
    let claimed = scene.store().claim(&scene.lane(), 1, Duration::from_secs(60)).await.unwrap();
    assert_eq!(claimed.expired.len(), 1);
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn content_and_numbers_are_hidden_unless_asked_for() {
    let scene = Scene::new("hidden", "").await;
    let id = scene.enqueue(message()).await;
    for arguments in [
        &["outbox", "list"][..],
        &["outbox", "list", "--json"],
        &["outbox", "show", &id],
        &["outbox", "show", &id, "--json"],
        &["outbox", "stats"],
        &["outbox", "stats", "--json"],
    ] {
        let printed = all(&scene.run(arguments));
        assert!(!printed.contains(SECRET) && !printed.contains(NUMBER), "{arguments:?}: {printed}");
    }
    let shown = out(&scene.run(&["outbox", "show", &id]));
    assert!(shown.contains("138****34") && shown.contains("\"type\":\"text\""), "{shown}");
    for arguments in [
        &["outbox", "list", "--full"][..],
        &["outbox", "list", "--full", "--json"],
        &["outbox", "show", &id, "--full"],
        &["outbox", "show", &id, "--full", "--json"],
    ] {
        let printed = all(&scene.run(arguments));
        assert!(printed.contains(SECRET) && printed.contains(NUMBER), "{arguments:?}: {printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_serves_is_told() {
    let scene = Scene::new("unserved", "").await;
    let id = scene.enqueue(message()).await;
    let other = message();
    let other_id = other.id.clone();
    scene.store().enqueue(&foreign(), other.with_robot("sales"), 100).await.unwrap();
    for arguments in [&["outbox", "list"][..], &["outbox", "stats"]] {
        let printed = all(&scene.run(arguments));
        assert!(
            printed.contains("ops: nobody serves this robot; start `dingtalk-notify outbox run`"),
            "{printed}"
        );
        let foreign = "robot 1a2b3c4d: nobody serves this robot, and it is not configured here";
        assert!(printed.contains(foreign), "{printed}");
    }
    let list = json_of(&scene.run(&["outbox", "list", "--json"]));
    let entry =
        |id: &str| list["entries"].as_array().unwrap().iter().find(|entry| entry["id"] == id).unwrap();
    let (ours, foreign) = (entry(&id), entry(&other_id));
    assert_eq!(
        (&ours["robot"], &ours["served"], &ours["state"]),
        (&json!("ops"), &json!(false), &json!("waiting"))
    );
    assert_eq!((&foreign["robot"], &foreign["robot_of_sender"]), (&Value::Null, &json!("sales")));
    assert_eq!(foreign["lane"], "robot 1a2b3c4d");
    let only = json_of(&scene.run(&["outbox", "list", "--json", "--robot", "ops"]));
    assert_eq!(only["entries"].as_array().unwrap().len(), 1);
    let unknown = scene.run(&["outbox", "list", "--robot", "sales"]);
    assert!(!unknown.status.success() && all(&unknown).contains("`sales` is not configured here"));
    // A process that delivers is listed, and takes the warning away.
    let running = scene.start(&["outbox", "run"]);
    scene.wait_for(|texts| texts.len() == 1).await;
    let stats = json_of(&scene.run(&["outbox", "stats", "--json"]));
    assert_eq!(stats["dispatchers"][0]["robots"], json!(["ops"]), "{stats}");
    let printed = all(&scene.run(&["outbox", "stats"]));
    assert!(printed.contains("delivering for ops: outbox run, process "), "{printed}");
    assert!(!printed.contains("ops: nobody serves"), "{printed}");
    scene::end(running, "-TERM");
    let shown = all(&scene.run(&["outbox", "show", &id]));
    assert!(shown.starts_with(&format!("{id}: delivered ")), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_shown_with_its_reason_and_can_be_sent_again() {
    let scene = Scene::new("retry", "").await;
    let id = dead_letter(&scene).await;
    let listed = all(&scene.run(&["outbox", "list"]));
    assert!(!listed.contains(&id) && listed.contains("the queue is empty"), "{listed}");
    let dead = json_of(&scene.run(&["outbox", "list", "--dead", "--json"]));
    let entry = &dead["entries"][0];
    assert_eq!(
        (&entry["id"], &entry["state"], &entry["reason"]),
        (&json!(id), &json!("dead"), &json!("expired"))
    );
    let shown = out(&scene.run(&["outbox", "show", &id]));
    assert!(shown.contains("dead letter: expired") && shown.contains("last failure: "), "{shown}");
    let retried = scene.run(&["outbox", "retry", &id]);
    assert_eq!(out(&retried), format!("{id}: queued again\n"));
    let again = scene.run(&["outbox", "retry", &id, "--json"]);
    assert!(!again.status.success());
    let again: Value = serde_json::from_str(&out(&again)).unwrap();
    assert_eq!(again["changes"][0]["outcome"], "not_found", "it waits already");
    assert!(scene.run(&["outbox", "run", "--drain"]).status.success());
    assert_eq!(scene.texts().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_removed_without_a_yes() {
    let scene = Scene::new("drop", "").await;
    let (waiting, dead) = (scene.enqueue(message()).await, dead_letter(&scene).await);
    let refused = scene.run(&["outbox", "drop", &waiting]);
    assert_eq!(refused.status.code(), Some(2), "{}", all(&refused));
    assert!(all(&refused).contains("pass --yes"));
    assert!(out(&scene.run(&["outbox", "show", &waiting])).contains("state: waiting"));
    let dropped = scene.run(&["outbox", "drop", "--yes", &waiting, &dead, "unknown"]);
    assert!(!dropped.status.success());
    assert_eq!(out(&dropped), format!("{waiting}: removed\n{dead}: removed\n"));
    assert!(all(&dropped).contains("unknown: not found"), "{}", all(&dropped));
    assert!(scene.run(&["outbox", "run", "--drain"]).status.success());
    assert_eq!(scene.texts().len(), 0);
    let shown = all(&scene.run(&["outbox", "show", &waiting]));
    assert!(shown.starts_with(&format!("{waiting}: removed ")), "{shown}");
    let unknown = scene.run(&["outbox", "show", "unknown"]);
    assert!(!unknown.status.success() && all(&unknown).contains("not found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_purged_by_age() {
    let scene = Scene::new("purge", "").await;
    dead_letter(&scene).await;
    let purge = |age: &str| out(&scene.run(&["outbox", "purge", "--older-than", age, "--json"]));
    assert_eq!(purge("1h").trim(), "{\"removed\":0}");
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(purge("1s").trim(), "{\"removed\":1}");
    assert_eq!(scene.run(&["outbox", "purge"]).status.code(), Some(2), "an age is required");
    assert_eq!(scene.run(&["outbox", "purge", "--older-than", "old"]).status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_told_with_what_to_do() {
    let scene = Scene::new("damaged", "").await;
    // Another process makes the file, so that none of this one's threads repairs it when it closes the file.
    assert!(scene.run(&["outbox", "list"]).status.success());
    for file in ["outbox.db-wal", "outbox.db-shm"] {
        let _ = fs::remove_file(scene.path("state").join(file));
    }
    let file = scene.path("state").join("outbox.db");
    fs::write(file, "this is not a database, although it is longer than the header of one".repeat(20))
        .unwrap();
    for arguments in [&["outbox", "list"][..], &["outbox", "stats"], &["outbox", "run", "--drain"]] {
        let output = scene.run(arguments);
        let printed = all(&output);
        assert!(!output.status.success() && printed.contains("sqlite3 FILE .recover"), "{printed}");
        assert!(printed.contains("outbox.db"), "{printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_read_it_in_chinese() {
    let scene = Scene::new("chinese", "").await;
    let id = dead_letter(&scene).await;
    let run = |arguments: &[&str]| {
        let output = scene.command(arguments).env("DINGTALK_NOTIFY_LANG", "zh").output().unwrap();
        all(&output)
    };
    assert!(run(&["outbox", "list"]).contains("队列是空的"));
    assert!(run(&["outbox", "show", &id]).contains("状态：死信"));
    assert!(run(&["outbox", "retry", &id]).contains("已重新排队"));
    assert!(run(&["outbox", "list"]).contains("没有进程为这个机器人发送"));
    assert!(run(&["outbox", "stats"]).contains("等待 1 条"));
}
