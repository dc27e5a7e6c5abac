//! Results of one attempt against failing servers, and the exact request.
#![cfg(feature = "robot")]

mod fake;

use std::time::{Duration, SystemTime};

use dingtalk_core::{
    Deliver as _, DeliverExt as _, Envelope, Error, ErrorKind, Message, Receipt, Robot,
    delivery::{Outcome, Retry},
};
use fake::{Fake, Then, answer, ok};

fn robot(base_url: String) -> Robot {
    Robot::builder("abcd").base_url(base_url).attempts(1).build().expect("the settings are right")
}

async fn send(then: Then) -> (Result<Receipt, Error>, usize) {
    let fake = Fake::start(then).await;
    let result = robot(fake.url()).send(&Message::text("hello")).await;
    (result, fake.requests().len())
}

async fn failure(then: Then) -> Error {
    let (result, requests) = send(then).await;
    assert_eq!(requests, 1, "one attempt is one request");
    result.expect_err("this is no success")
}

#[tokio::test]
async fn a_request_as_documented() {
    let fake = Fake::start(Then::Answer(ok(r#"{"errcode":0,"errmsg":"ok"}"#))).await;
    let robot = Robot::builder("a+b")
        .secret("secret")
        .name("ops")
        .base_url(fake.url())
        .clock(|| SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000))
        .build()
        .unwrap();
    let envelope = Envelope::new(Message::text("你好")).with_id("mine").with_robot("ops");
    let receipt = robot.deliver(envelope).await.unwrap();

    let requests = fake.requests();
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    assert_eq!(
        head.lines().next().unwrap(),
        "POST /robot/send?access_token=a%2Bb&timestamp=1700000000000\
         &sign=OuzzJR5%2BxZ4%2FEYwqtNt6sMYZQMTa%2FHEGvc9miJe7XzY%3D HTTP/1.1"
    );
    assert!(head.to_lowercase().contains("content-type: application/json"), "{head}");
    let expected = r#"{"msgtype":"text","text":{"content":"你好"},"msgUuid":"mine"}"#;
    assert_eq!(body, expected);

    assert_eq!(receipt.id, "mine");
    assert_eq!(receipt.outcome, Outcome::Delivered);
    assert_eq!(receipt.robot.as_deref(), Some("ops"));
    assert_eq!(receipt.robot_id.as_deref(), Some(robot.id()));
    assert_eq!((receipt.attempts, receipt.bytes), (1, expected.len()));
}

#[tokio::test]
async fn every_attempt_has_its_own_signature() {
    let fake = Fake::start(Then::Answer(ok(r#"{"errcode":0}"#))).await;
    let ticks = std::sync::atomic::AtomicU64::new(1);
    let robot = Robot::builder("abcd")
        .secret("secret")
        .base_url(fake.url())
        .clock(move || {
            let tick = ticks.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            SystemTime::UNIX_EPOCH + Duration::from_secs(tick)
        })
        .build()
        .unwrap();
    for _ in 0..2 {
        robot.send(&Message::text("hello")).await.unwrap();
    }
    let requests = fake.requests();
    assert!(requests[0].contains("&timestamp=1000&sign="), "{}", requests[0]);
    assert!(requests[1].contains("&timestamp=2000&sign="), "{}", requests[1]);
}

#[tokio::test]
async fn a_robot_without_a_secret_does_not_sign() {
    let fake = Fake::start(Then::Answer(ok(r#"{"errcode":"0"}"#))).await;
    robot(fake.url()).send(&Message::text("hello")).await.unwrap();
    assert!(fake.requests()[0].starts_with("POST /robot/send?access_token=abcd HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_message_for_another_robot_is_not_sent() {
    let fake = Fake::start(Then::Answer(ok(r#"{"errcode":0}"#))).await;
    for robot in [robot(fake.url()), Robot::builder("abcd").name("dev").base_url(fake.url()).build().unwrap()]
    {
        let envelope = Envelope::new(Message::text("hello")).with_robot("ops");
        let error = robot.deliver(envelope).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownRobot);
    }
    assert_eq!(fake.requests().len(), 0);
}

#[tokio::test]
async fn a_message_over_the_limit_is_not_sent() {
    let fake = Fake::start(Then::Answer(ok(r#"{"errcode":0}"#))).await;
    let error = robot(fake.url()).send(&Message::text("x".repeat(20_000))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLong);
    assert_eq!(fake.requests().len(), 0);
}

#[tokio::test]
async fn a_failure_carries_code_wording_and_id() {
    let fake = Fake::start(Then::Answer(ok(r#"{"errcode":"310000","errmsg":"sign not match"}"#))).await;
    let envelope = Envelope::new(Message::text("hello")).with_id("mine");
    let error = robot(fake.url()).deliver(envelope).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Signature);
    assert_eq!(error.code(), Some(310_000));
    assert_eq!(error.server_message(), Some("sign not match"));
    assert_eq!(error.id(), Some("mine"));
    assert_eq!(
        error.to_string(),
        "DingTalk refused the signature: DingTalk answered 310000 \"sign not match\". Copy the secret (SEC…) from \
         the robot's security settings again, and check that it belongs to the same robot as the access token."
    );
}

#[tokio::test]
async fn an_answer_without_errcode_is_not_a_success() {
    for body in ["", "{}", r#"{"errmsg":"ok"}"#, "<html>ok</html>"] {
        let error = failure(Then::Answer(ok(body))).await;
        assert_eq!(error.kind(), ErrorKind::Unknown, "{body}");
        assert_eq!(error.retry(), Retry::SameId);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    // A client that followed it would request this same answer again, or find `errcode` 0 in the body.
    let redirect = answer("302 Found", &[("Location", "/punish")], r#"{"errcode":0}"#);
    let error = failure(Then::Answer(redirect)).await;
    assert_eq!(error.kind(), ErrorKind::Throttled);
    assert_eq!(error.retry(), Retry::AfterRest);
}

#[tokio::test]
async fn an_answer_is_read_up_to_a_limit() {
    // The whole answer would be a success.
    let body = format!("{{\"errcode\":0{}}}", " ".repeat(70_000));
    assert_eq!(failure(Then::Answer(ok(&body))).await.kind(), ErrorKind::Unknown);
    // The timeout did not end this attempt.
    let error = failure(Then::Flood).await;
    assert!(error.to_string().contains("HTTP 200, no errcode"), "{error}");
}

#[tokio::test]
async fn an_incomplete_answer_is_not_a_success() {
    let part = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"errcode\":0}".to_vec();
    assert_eq!(failure(Then::Answer(part)).await.kind(), ErrorKind::Unknown);
}

#[tokio::test]
async fn silence_after_the_request_was_sent_is_unknown() {
    assert_eq!(failure(Then::Close).await.kind(), ErrorKind::Unknown);

    let fake = Fake::start(Then::Hang).await;
    let robot = Robot::builder("abcd")
        .base_url(fake.url())
        .timeout(Duration::from_millis(300))
        .attempts(1)
        .build()
        .unwrap();
    let error = robot.send(&Message::text("hello")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unknown);
    assert!(error.to_string().contains("no answer in time"), "{error}");
    assert_eq!(fake.requests().len(), 1);
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let refused = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let error = robot(format!("http://{refused}")).send(&Message::text("hello")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSent);
    assert_eq!(error.retry(), Retry::Safe);
    assert!(error.to_string().contains("connection refused"), "{error}");

    // The name is reserved for never being resolved (RFC 2606).
    let error = robot("https://robot.invalid".into()).send(&Message::text("hello")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSent);
}

#[tokio::test]
async fn without_tls_nothing_was_sent() {
    let silent = Fake::start(Then::Greet(b"")).await;
    let robot = Robot::builder("abcd")
        .base_url(silent.https_url())
        .attempts(1)
        .connect_timeout(Duration::from_millis(300));
    let error = robot.build().unwrap().send(&Message::text("hello")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSent);
    assert!(error.to_string().contains("no connection in time"), "{error}");

    let plain = Fake::start(Then::Greet(b"HTTP/1.1 400 Bad Request\r\n\r\n")).await;
    let robot = Robot::builder("abcd").base_url(plain.https_url()).attempts(1).build().unwrap();
    let error = robot.send(&Message::text("hello")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSent);
    assert!(error.to_string().contains("TLS handshake failed"), "{error}");
}

#[tokio::test]
async fn dropping_the_future_closes_the_connection() {
    let fake = Fake::start(Then::Hang).await;
    let robot = robot(fake.url());
    tokio::select! {
        result = robot.send(&Message::text("hello")) => panic!("the server hangs, but: {result:?}"),
        () = fake.arrived() => {}
    }
    fake.gone().await;
}
