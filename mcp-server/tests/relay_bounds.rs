//! Bounds of the relay's doors, by connections that send too much, too slowly, or too early. Their times are real: this
//! takes half a minute.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;
#[path = "relay/scene.rs"]
mod scene;

use std::time::{Duration, Instant};

use scene::{ALL, Relay, Scene, TOKENS, answer};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

const HOOKS: &str = "[hooks.alertmanager]\npreset = \"alertmanager@1\"\n[hooks.github]\npreset = \"github@1\"\n\
                     secret = \"env:SIGN\"\n";

/// Addresses of all doors, with a token where it is a part of the address.
const DOORS: [&str; 5] = [
    "/notify/ops/disk_alert",
    "/robot/send?access_token=all-0123456789abcdef",
    "/hooks/ops/alertmanager",
    "/hooks/ops/github",
    "/dingtalk/ops/send",
];

/// Pause between two bytes of a slow client.
const DRIP: Duration = Duration::from_millis(500);

async fn connect(relay: &Relay) -> TcpStream {
    TcpStream::connect(relay.url.trim_start_matches("http://")).await.unwrap()
}

fn head(path: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ALL}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
}

/// Sends one byte after the other until the relay answers or closes the connection, and returns its answer.
async fn drip(mut stream: TcpStream, byte: &[u8]) -> String {
    let (mut told, mut buffer) = (Vec::new(), [0; 1024]);
    let deadline = Instant::now() + 2 * program::PATIENCE;
    while Instant::now() < deadline {
        let _ = stream.write_all(byte).await;
        match timeout(DRIP, stream.read(&mut buffer)).await {
            Ok(Ok(0) | Err(_)) => return String::from_utf8(told).unwrap(),
            Ok(Ok(length)) => {
                told.extend(&buffer[..length]);
                return String::from_utf8(told).unwrap();
            }
            Err(_) => {}
        }
    }
    panic!("the relay waits for ever");
}

/// Returns the first line of the answer.
async fn status(stream: &mut TcpStream) -> String {
    let mut buffer = [0; 1024];
    let length = timeout(program::PATIENCE, stream.read(&mut buffer)).await.unwrap().unwrap();
    String::from_utf8_lossy(&buffer[..length]).lines().next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_end_is_given_up() {
    let scene = Scene::new("slow-head", "", &format!("{TOKENS}{HOOKS}")).await;
    let relay = scene.relay();
    let mut stream = connect(&relay).await;
    stream.write_all(b"POST /notify/ops/disk_alert HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await.unwrap();
    assert_eq!(drip(stream, b"x").await, "");
    assert_eq!(
        answer(
            relay.post("/notify/ops/disk_alert", json!({"host": "web-3", "percent": 97})).bearer_auth(ALL)
        )
        .await
        .0,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_end_is_given_up_at_every_door() {
    let scene = Scene::new("slow-body", "", &format!("{TOKENS}{HOOKS}")).await;
    let relay = scene.relay();
    let mut slow = tokio::task::JoinSet::new();
    for door in DOORS {
        let mut stream = connect(&relay).await;
        stream.write_all(head(door, 1000).as_bytes()).await.unwrap();
        slow.spawn(async move { (door, drip(stream, b" ").await) });
    }
    while let Some(answered) = slow.join_next().await {
        let (door, answer) = answered.unwrap();
        assert!(answer.starts_with("HTTP/1.1 408"), "{door}: {answer}");
    }
    assert_eq!(scene.sandbox.requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_is_checked_before_the_body_at_every_door() {
    let scene = Scene::new("early", "", &format!("{TOKENS}{HOOKS}")).await;
    let relay = scene.relay();
    for door in DOORS {
        let door = door.replace(ALL, "somebody-else");
        let wrong = head(&door, 100).replace(ALL, "somebody-else");
        // The origin of a signed request is not known before its body is.
        let is_signed = door.ends_with("github");
        let mut stream = connect(&relay).await;
        stream.write_all(wrong.as_bytes()).await.unwrap();
        if is_signed {
            assert!(timeout(Duration::from_secs(1), stream.read(&mut [0; 1])).await.is_err());
            stream.write_all(&[b' '; 100]).await.unwrap();
        }
        let status = status(&mut stream).await;
        assert!(status.contains("401"), "{door}: {status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_in_progress_have_64_mebibytes_together() {
    let scene = Scene::new("memory", "", &format!("{TOKENS}{HOOKS}")).await;
    let relay = scene.relay();
    let mut large = Vec::new();
    for _ in 0..8 {
        let mut stream = connect(&relay).await;
        stream.write_all(head("/hooks/ops/alertmanager", 8 * 1024 * 1024).as_bytes()).await.unwrap();
        stream.write_all(b"{").await.unwrap();
        large.push(stream);
    }
    let ask = |path: &'static str, body: serde_json::Value| relay.post(path, body).bearer_auth(ALL).send();
    let deadline = Instant::now() + program::PATIENCE;
    // The last of them may not have been read yet.
    let refused = loop {
        let response = ask("/notify/ops/disk_alert", json!({"host": "web-3", "percent": 97})).await.unwrap();
        if response.status() == 503 {
            break response;
        }
        assert!(Instant::now() < deadline, "the memory has no end");
        sleep(Duration::from_millis(20)).await;
    };
    assert!(refused.headers().contains_key("retry-after"));
    assert!(refused.text().await.unwrap().contains("too many large requests"));
    assert_eq!(ask("/hooks/ops/alertmanager", json!({"version": "4"})).await.unwrap().status(), 503);
    assert_eq!(ask(DOORS[1], json!({"msgtype": "text"})).await.unwrap().status(), 503);
    drop(large.pop());
    let deadline = Instant::now() + program::PATIENCE;
    while ask("/notify/ops/disk_alert", json!({"host": "web-4", "percent": 97})).await.unwrap().status()
        != 200
    {
        assert!(Instant::now() < deadline, "the memory of a request that has ended is not free");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn json_has_64_levels_at_every_door() {
    let scene = Scene::new("depth", "", &format!("{TOKENS}{HOOKS}")).await;
    let relay = scene.relay();
    let nested = format!("{{\"a\": {}{}}}", "[".repeat(64), "]".repeat(64));
    let mebibyte = "[".repeat(1024 * 1024);
    for door in DOORS {
        let request = |body: &str| {
            let request = relay.post(door, body).bearer_auth(ALL).header("x-github-event", "push");
            request.header("x-hub-signature-256", scene::signed("SECsign", body))
        };
        let (status, refusal) = answer(request(&nested)).await;
        assert_eq!(status, 400, "{door}: {refusal}");
        let status = answer(request(&mebibyte)).await.0;
        let expected = if door.starts_with("/notify") || door.starts_with("/robot") { 413 } else { 400 };
        assert_eq!(status, expected, "{door}");
    }
    assert_eq!(scene.sandbox.requests(), 0);
}
