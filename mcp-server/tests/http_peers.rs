//! Peers on the network that keep connections open, hold back what they announced, or come in great numbers.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;
mod served;

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use reqwest::StatusCode;
use serde_json::json;
use served::{Served, TOKEN, answer, body, client, hello, modern, post};

/// More than the server has connections for, however many files it may open.
const MANY: usize = 1_600;

fn connect(served: &Served) -> TcpStream {
    let address = served.url.trim_start_matches("http://").trim_end_matches("/mcp");
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

/// Reads an answer until its head is complete.
fn status(stream: &mut TcpStream) -> u16 {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        text.push(byte[0]);
    }
    let text = String::from_utf8(text).unwrap();
    text.split(' ').nth(1).unwrap_or_else(|| panic!("{text:?}")).parse().unwrap()
}

#[tokio::test]
async fn silent_connections_keep_nobody_out() {
    let served = Served::serve(&["--dry-run"], &[("DINGTALK_NOTIFY_HTTP_TOKEN", TOKEN)]);
    let silent: Vec<_> = (0..MANY).map(|_| connect(&served)).collect();
    for _ in 0..5 {
        let list = modern(&served.url, "tools/list", json!({})).bearer_auth(TOKEN).send().await.unwrap();
        assert_eq!(list.status(), StatusCode::OK);
        let health = client().get(served.at("/healthz")).send().await.unwrap();
        assert_eq!(health.status(), StatusCode::OK);
    }
    drop(silent);
}

#[tokio::test]
async fn a_client_that_sends_nothing_is_closed_soon() {
    let served = Served::serve(&["--dry-run"], &[]);
    let mut silent = connect(&served);
    let mut slow = connect(&served);
    slow.write_all(b"POST /mcp HTTP/1.1\r\nHost: lo").unwrap();
    for stream in [&mut silent, &mut slow] {
        assert_eq!(stream.read(&mut [0]).unwrap(), 0, "closed within the time of the test");
    }
}

#[tokio::test]
async fn bodies_that_do_not_come_leave_health_checks_alone() {
    let served = Served::serve(&["--dry-run"], &[]);
    let head = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n";
    let slow: Vec<_> = (0..300)
        .map(|_| {
            let mut stream = connect(&served);
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    // Refused at once, since there is no place, and not after the others.
    let mut refused = 0;
    for mut stream in slow {
        stream.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
        if stream.peek(&mut [0]).is_ok() {
            assert_eq!(status(&mut stream), 503);
            refused += 1;
        }
        std::mem::forget(stream);
    }
    assert_eq!(refused, 300 - 256);
    let list = modern(&served.url, "tools/list", json!({})).send().await.unwrap();
    assert_eq!(list.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(list.headers()["retry-after"], "1");
    let health = client().get(served.at("/healthz")).send().await.unwrap();
    assert_eq!(health.status(), StatusCode::OK);
}

#[tokio::test]
async fn clients_that_listen_leave_places_for_requests() {
    let served = Served::serve(&["--dry-run"], &[]);
    let greeted = post(&served.url, hello()).send().await.unwrap();
    let session = greeted.headers()["mcp-session-id"].to_str().unwrap().to_owned();
    answer(greeted).await;
    let noted = json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string();
    post(&served.url, noted).header("mcp-session-id", &session).send().await.unwrap();
    let head = format!(
        "GET /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nMcp-Session-Id: {session}\r\n\r\n"
    );
    let mut streams: Vec<_> = (0..300)
        .map(|_| {
            let mut stream = connect(&served);
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    for stream in &mut streams {
        assert_eq!(status(stream), 200);
    }
    let call = json!({"name": "send_text_message", "arguments": {"text": "x"}});
    let call = post(&served.url, body("tools/call", &call)).header("mcp-session-id", &session).send();
    let answer = answer(call.await.unwrap()).await;
    assert_eq!(answer["result"]["structuredContent"]["status"], "dry_run", "{answer}");
}

/// A session is begun by what a request is, whatever its headers say.
#[tokio::test]
async fn clients_that_never_come_back_keep_nobody_out() {
    let served = Served::serve(&["--dry-run"], &[]);
    for _ in 0..1_100 {
        let greeted =
            post(&served.url, hello()).header("mcp-protocol-version", "2025-11-25").send().await.unwrap();
        assert_eq!(greeted.status(), StatusCode::OK);
    }
    let text = client().get(served.at("/metrics")).send().await.unwrap().text().await.unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("dingtalk_notify_http_sessions ")).unwrap();
    assert!(line.parse::<u32>().unwrap() <= 1_000, "{line}");
}
