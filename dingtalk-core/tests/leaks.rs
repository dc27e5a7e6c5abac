//! Token, secret and signature never appear in errors, in `Debug`, or in logs at TRACE.
#![cfg(feature = "robot")]
#![allow(clippy::unwrap_used, reason = "a test that cannot set itself up fails")]

mod fake;
#[path = "shared/log.rs"]
mod log;

use std::{
    error::Error as _,
    fmt::Debug,
    sync::LazyLock,
    time::{Duration, SystemTime},
};

use dingtalk_core::{
    DeliverExt as _, Error, ErrorKind, Message, Robot,
    delivery::{RobotBuilder, Signer},
};
use fake::{Fake, Then, answer, ok};
use log::Log;
use tracing_subscriber::util::SubscriberInitExt as _;

// Each changes when percent-encoded.
const TOKEN: &str = "canary+token=4f1d";
const TOKEN_ENCODED: &str = "canary%2Btoken%3D4f1d";
const SECRET: &str = "SECcanary/secret+77";
const SECRET_ENCODED: &str = "SECcanary%2Fsecret%2B77";
const TIMESTAMP_MS: u64 = 1_700_000_000_000;

fn builder() -> RobotBuilder {
    Robot::builder(TOKEN)
        .secret(SECRET)
        .name("ops")
        .backoff(Duration::ZERO, Duration::ZERO)
        .clock(|| SystemTime::UNIX_EPOCH + Duration::from_millis(TIMESTAMP_MS))
}

fn assert_clean(text: &str) {
    let signature = Signer::new(SECRET).sign(TIMESTAMP_MS);
    let lower = text.to_lowercase();
    for secret in [
        TOKEN,
        TOKEN_ENCODED,
        SECRET,
        SECRET_ENCODED,
        &signature.to_base64(),
        &signature.to_query(),
        "canary",
    ] {
        assert!(!lower.contains(&secret.to_lowercase()), "a secret shows up in: {text}");
    }
}

fn assert_debug_clean(value: &impl Debug) {
    assert_clean(&format!("{value:?} {value:#?}"));
}

fn assert_error_clean(error: &Error) {
    assert_debug_clean(error);
    assert_clean(&error.to_string());
    let mut source = error.source();
    while let Some(error) = source {
        assert_clean(&format!("{error} {error:?}"));
        source = error.source();
    }
}

/// All log records of this file's tests, including those of the HTTP client.
static LOG: LazyLock<Log> = LazyLock::new(|| {
    let log = Log::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(log.clone())
        .finish()
        .init();
    log
});

/// Sends to a server with this behaviour, and searches everything that results.
async fn failure(then: Then) -> Error {
    LazyLock::force(&LOG);
    let fake = Fake::start(then).await;
    let robot = builder().base_url(fake.url()).timeout(Duration::from_secs(1)).build().unwrap();
    let error = robot.send(&Message::text("hello")).await.expect_err("the server fails");
    let signature = Signer::new(SECRET).sign(TIMESTAMP_MS).to_query();
    let request = &fake.requests()[0];
    assert!(request.contains(TOKEN_ENCODED) && request.contains(&signature), "the secrets did travel");
    assert_error_clean(&error);
    assert_debug_clean(&robot);
    error
}

/// A request as its server might repeat it: unchanged, and decoded.
fn repeat(request: &str) -> String {
    let signature = Signer::new(SECRET).sign(TIMESTAMP_MS);
    format!("{request} {TOKEN} {} {SECRET} {SECRET_ENCODED} {}", signature.to_base64(), TOKEN.to_uppercase())
}

#[test]
fn debug_shows_no_secret() {
    let webhook = format!("https://oapi.dingtalk.com/robot/send?access_token={TOKEN_ENCODED}");
    assert_debug_clean(&builder());
    assert_debug_clean(&builder().build().unwrap());
    assert_debug_clean(&Robot::from_webhook(webhook.clone()).base_url(webhook));
    assert_debug_clean(&Signer::new(SECRET));
    assert_debug_clean(&Signer::new(SECRET).sign(TIMESTAMP_MS));
}

#[test]
fn wrong_settings_are_not_repeated() {
    let webhook = format!("https://oapi.dingtalk.com/robot/send?access_token={TOKEN_ENCODED}");
    for builder in [
        Robot::builder(format!("{TOKEN} {TOKEN}")),
        Robot::builder(format!("access_token={TOKEN}")),
        Robot::builder(SECRET.repeat(4)),
        Robot::from_webhook(TOKEN),
        Robot::from_webhook(webhook.replace("https", "http")),
        Robot::from_webhook(webhook.replace("dingtalk.com", "dingtalk.example")),
        Robot::from_webhook(webhook.replace("/send", "/sent")),
        Robot::from_webhook(webhook.replace("https://", "https://x:")),
        Robot::builder(TOKEN).base_url(&*webhook),
        Robot::builder(TOKEN).base_url(format!("https://{TOKEN}@oapi.dingtalk.com")),
        Robot::builder(TOKEN).secret(&*webhook),
    ] {
        assert_error_clean(&builder.build().expect_err("the settings are wrong"));
    }
}

#[tokio::test]
async fn a_server_that_is_down() {
    LazyLock::force(&LOG);
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for base in [format!("http://{address}"), format!("https://{address}"), "https://robot.invalid".into()] {
        let robot = builder().base_url(base).build().unwrap();
        let error = robot.send(&Message::text("hello")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotSent);
        assert_error_clean(&error);
    }
    assert_clean(&LOG.text());
}

#[tokio::test]
async fn a_proxy_with_credentials() {
    const BASIC: &str = "bWU6Y2FuYXJ5QHByb3h5";
    LazyLock::force(&LOG);
    for then in [
        Then::Close,
        Then::Answer(answer("407 Proxy Authentication Required", &[], "")),
        Then::Reply(|request| {
            ok(&format!(r#"{{"errcode":1,"errmsg":{}}}"#, serde_json::Value::from(request)))
        }),
    ] {
        let proxy = Fake::start(then).await;
        let url = proxy.url().replace("http://", "http://me:canary%40proxy@");
        for base in ["https://robot.invalid", "http://robot.invalid"] {
            let builder = builder().base_url(base).plain_http(true).proxy(&*url).attempts(1);
            assert_debug_clean(&builder);
            let robot = builder.build().unwrap();
            assert_debug_clean(&robot);
            assert_debug_clean(&robot.proxy());
            let error = robot.send(&Message::text("hello")).await.unwrap_err();
            assert_error_clean(&error);
            assert!(!format!("{error:#?}").contains(BASIC), "{error:#?}");
        }
        let sent = proxy.requests();
        assert!(sent.iter().all(|request| request.contains(BASIC)), "the credentials did travel: {sent:?}");
    }
    let log = LOG.text();
    assert_clean(&log);
    assert!(!log.contains(BASIC), "{log}");

    for proxy in ["ftp://me:canary@p.example", "http://me:canary@", "http://canary:1:2"] {
        assert_error_clean(&builder().proxy(proxy).build().expect_err("the setting is wrong"));
    }
}

#[tokio::test]
async fn misbehaving_servers() {
    failure(Then::Hang).await;
    failure(Then::Close).await;
    failure(Then::Answer(b"\x16\x03\x01 garbage".to_vec())).await;
    failure(Then::Answer(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_vec())).await;
    assert_clean(&LOG.text());
}

#[tokio::test]
async fn servers_that_echo_the_request() {
    // In the wording, in a page, in JSON without a code, in a redirect.
    let error = failure(Then::Reply(|request| {
        let wording = format!("token is not exist: {}", repeat(request));
        ok(&format!(r#"{{"errcode":300005,"errmsg":{}}}"#, serde_json::Value::from(wording)))
    }))
    .await;
    assert_eq!(error.kind(), ErrorKind::UnknownToken);
    let wording = error.server_message().unwrap();
    assert!(wording.starts_with("token is not exist: POST /robot/send?access_token=…redacted…&timestamp="));
    assert!(!wording.contains(char::is_control));
    assert!(wording.chars().count() <= 301);

    failure(Then::Reply(|request| ok(&format!("<html>{}</html>", repeat(request))))).await;
    failure(Then::Reply(|request| {
        let wording = serde_json::Value::from(repeat(request));
        ok(&format!(r#"{{"errmsg":{wording}}}"#))
    }))
    .await;
    failure(Then::Reply(|request| {
        let path = request.split(' ').nth(1).unwrap_or_default();
        answer("302 Found", &[("Location", path)], path)
    }))
    .await;
    assert_clean(&LOG.text());
}

#[tokio::test]
async fn the_log_identifies_a_message_without_its_content() {
    LazyLock::force(&LOG);
    let fake = Fake::start(Then::Answer(ok(r#"{"errcode":0,"errmsg":"ok"}"#))).await;
    let robot = builder().base_url(fake.url()).build().unwrap();
    let receipt = robot.send(&Message::text("very private")).await.unwrap();
    let log = LOG.text();
    assert_clean(&log);
    assert!(!log.contains("very private"), "{log}");
    let line = log.lines().find(|line| line.contains(&receipt.id) && line.contains("delivered")).unwrap();
    for field in ["robot=\"ops\"", robot.id(), "msgtype=\"text\"", &format!("bytes={}", receipt.bytes)] {
        assert!(line.contains(field), "{field} is not in: {line}");
    }
    // The HTTP client's own records must be captured too; otherwise this file proves nothing about them.
    assert!(log.contains("hyper_util"), "{log}");
    assert!(log.contains("reqwest"), "{log}");
}
