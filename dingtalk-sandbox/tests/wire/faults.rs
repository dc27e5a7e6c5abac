//! Each fault as a client sees it.

use std::{io::ErrorKind, time::Duration};

use crate::client::{address, exchange, get, parse, post, send, text, text_with_id, try_send};
use dingtalk_sandbox::{Fault, Outcome, Sandbox};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// Duration for which a client listens to silence.
const SILENCE: Duration = Duration::from_millis(100);

async fn faulty(fault: Fault) -> Sandbox {
    let sandbox = Sandbox::start().await.expect("a sandbox");
    sandbox.fault_next(1, fault);
    sandbox
}

/// The next request meets no fault any more.
async fn assert_healthy(sandbox: &Sandbox) {
    assert_eq!(send(sandbox, &text("after")).await.code(), 0);
}

fn assert_reset<T>(result: std::io::Result<T>) {
    let error = result.err().expect("a reset");
    assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error}");
}

#[tokio::test]
async fn resets() {
    for fault in [Fault::ResetOnConnect, Fault::ResetBeforeAnswer] {
        let sandbox = faulty(fault.clone()).await;
        assert_reset(try_send(&sandbox, &text("x")).await);
        assert_eq!((sandbox.requests(), sandbox.accepted().len()), (1, 0));
        let entry = &sandbox.log()[0];
        assert_eq!((&entry.outcome, &entry.fault), (&Outcome::Faulted, &Some(fault.clone())));
        assert_eq!(entry.body.is_empty(), fault == Fault::ResetOnConnect, "what was read before the reset");
        assert_healthy(&sandbox).await;
    }
}

#[tokio::test]
async fn the_answer_is_lost_after_the_message_was_accepted() {
    let sandbox = faulty(Fault::AcceptThenReset).await;
    assert_reset(try_send(&sandbox, &text_with_id("x", "1")).await);
    assert_eq!(sandbox.accepted().len(), 1);
    // A retry with the same id makes no duplicate; without an id it would.
    assert_eq!(send(&sandbox, &text_with_id("x", "1")).await.code(), 0);
    let log = sandbox.log();
    assert_eq!((log[1].attempt, &log[1].outcome), (2, &Outcome::Repeated { of: 1 }));
    assert_eq!(log[0].fault, Some(Fault::AcceptThenReset));

    // An invalid message is not accepted because of a fault.
    sandbox.fault_next(1, Fault::AcceptThenReset);
    assert_reset(try_send(&sandbox, &json!({})).await);
    assert_eq!(sandbox.log()[2].refusal().map(|refusal| refusal.code), Some(300_001));
}

#[tokio::test]
async fn silence() {
    for (fault, accepted) in [(Fault::Hang, 0), (Fault::AcceptThenHang, 1)] {
        let sandbox = faulty(fault).await;
        let mut stream = TcpStream::connect(address(&sandbox)).await.unwrap();
        stream.write_all(&post(&sandbox, &text("x"))).await.unwrap();
        while sandbox.requests() == 0 {
            tokio::task::yield_now().await;
        }
        assert!(timeout(SILENCE, stream.read_u8()).await.is_err(), "neither an answer nor an end");
        assert_eq!(sandbox.accepted().len(), accepted);
        assert_healthy(&sandbox).await;
        drop(sandbox);
        assert!(stream.read_u8().await.is_err(), "the end of the sandbox ends it");
    }
}

#[tokio::test]
async fn a_fault_after_the_message_was_accepted() {
    let sandbox = faulty(Fault::AcceptThen(Box::new(Fault::Status(502)))).await;
    assert_eq!(send(&sandbox, &text_with_id("x", "1")).await.status, 502);
    assert_eq!(sandbox.accepted().len(), 1);
    let sandbox = faulty(Fault::AcceptThen(Box::new(Fault::Html))).await;
    assert_eq!(send(&sandbox, &json!({})).await.status, 200);
    assert_eq!(sandbox.accepted().len(), 0, "a message that is wrong is not accepted");
    assert_healthy(&sandbox).await;
}

#[tokio::test]
async fn a_compressed_answer() {
    let sandbox = faulty(Fault::Gzip).await;
    let reply = send(&sandbox, &text("x")).await;
    assert_eq!(reply.header("content-encoding"), Some("gzip"));
    assert!(reply.body.starts_with(&[0x1f, 0x8b]));
    assert_eq!(sandbox.accepted().len(), 1);
    assert_healthy(&sandbox).await;
}

#[tokio::test]
async fn a_slow_answer() {
    let sandbox = faulty(Fault::SlowAnswer).await;
    let mut stream = TcpStream::connect(address(&sandbox)).await.unwrap();
    stream.write_all(&post(&sandbox, &text("x"))).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n{") {
        assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0);
    }
    assert!(timeout(SILENCE, stream.read_u8()).await.is_err(), "a byte a second");
    assert_eq!(sandbox.accepted().len(), 1);
    assert_healthy(&sandbox).await;
}

#[tokio::test]
async fn a_truncated_answer() {
    let sandbox = faulty(Fault::Truncate).await;
    let reply = parse(&exchange(&sandbox, &post(&sandbox, &text("x"))).await.unwrap());
    let announced: usize = reply.header("content-length").unwrap().parse().unwrap();
    assert!(announced > reply.body.len());
    assert!(reply.text().starts_with("{\"errcode\":0"));
    assert_healthy(&sandbox).await;
}

#[tokio::test]
async fn invalid_answers() {
    for (fault, status, content_type, body) in [
        (Fault::Html, 200, "text/html; charset=utf-8", "<!doctype html>"),
        (Fault::Status(502), 502, "text/html; charset=utf-8", "<!doctype html>"),
        (Fault::Status(429), 429, "text/html; charset=utf-8", "<!doctype html>"),
        (Fault::Status(100), 500, "text/html; charset=utf-8", "<!doctype html>"),
        (Fault::Status(9), 500, "text/html; charset=utf-8", "<!doctype html>"),
        (Fault::Reply("{\"status\":1111}".to_owned()), 200, "application/json", "{\"status\":1111}"),
        (Fault::Busy, 200, "application/json", "{\"errcode\":-1,"),
        (Fault::Throttle, 200, "application/json", "{\"errcode\":130101,"),
    ] {
        let sandbox = faulty(fault.clone()).await;
        let reply = send(&sandbox, &text("x")).await;
        assert_eq!((reply.status, reply.header("content-type")), (status, Some(content_type)), "{fault:?}");
        assert!(reply.text().starts_with(body), "{fault:?}: {}", reply.text());
        assert_eq!(sandbox.accepted().len(), 0);
        assert_healthy(&sandbox).await;
    }
    let garbage = b"\x00\xffnot http".to_vec();
    let sandbox = faulty(Fault::Garbage(garbage.clone())).await;
    assert_eq!(exchange(&sandbox, &post(&sandbox, &text("x"))).await.unwrap(), garbage);
}

#[tokio::test]
async fn a_redirect_with_a_false_success() {
    let sandbox = faulty(Fault::Redirect).await;
    let reply = send(&sandbox, &text("x")).await;
    assert_eq!(reply.status, 302);
    assert_eq!(sandbox.redirects_followed(), 0);
    let location = reply.header("location").unwrap().to_owned();
    assert_eq!(get(&sandbox, &location).await.code(), 0);
    assert_eq!((sandbox.redirects_followed(), sandbox.accepted().len()), (1, 0));
}

#[tokio::test]
async fn an_echo_contains_every_secret() {
    let sandbox = faulty(Fault::Echo).await;
    let echo = send(&sandbox, &text("canary")).await.text();
    for held in ["POST /robot/send?access_token=", sandbox.token(), "&sign=", "canary"] {
        assert!(echo.contains(held), "an echo without {held:.8}…");
    }
}

#[tokio::test]
async fn a_huge_answer() {
    let sandbox = faulty(Fault::Huge).await;
    let mut stream = TcpStream::connect(address(&sandbox)).await.unwrap();
    stream.write_all(&post(&sandbox, &text("x"))).await.unwrap();
    let mut buffer = vec![0; 1024 * 1024];
    let mut read = 0;
    while read < 8 * 1024 * 1024 {
        let some = stream.read(&mut buffer).await.unwrap();
        assert_ne!(some, 0, "it ended after {read} bytes");
        read += some;
    }
    drop(stream);
    assert_healthy(&sandbox).await;
}

#[tokio::test]
async fn a_permanent_fault_lasts_until_it_is_removed() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.fault(Fault::Busy);
    sandbox.fault_next(1, Fault::Throttle);
    assert_eq!(send(&sandbox, &text("x")).await.code(), 130_101);
    assert_eq!(send(&sandbox, &text("x")).await.code(), -1);
    assert_eq!(send(&sandbox, &text("x")).await.code(), -1);
    assert_eq!(get(&sandbox, "/healthz").await.status, 200, "only the robot is at fault");
    sandbox.heal();
    assert_healthy(&sandbox).await;
}
