//! A probe of a server returns all that is known about it, and reveals nothing.

#![allow(clippy::unwrap_used, reason = "a test that cannot set itself up fails")]

mod fake;

use std::time::{Duration, SystemTime};

use dingtalk_core::{ErrorKind, Robot};
use fake::{Fake, Then, answer, ok};

fn robot(base_url: String) -> Robot {
    let robot = Robot::builder("cafe0123").secret("SECcafe4567").base_url(base_url);
    robot.timeout(Duration::from_millis(300)).build().unwrap()
}

#[tokio::test]
async fn it_returns_the_time_and_the_server() {
    let date = ("Date", "Sat, 21 Nov 2026 09:30:00 GMT");
    let body = r#"{"errcode":43002,"errmsg":"需要POST请求"}"#;
    let fake = Fake::start(Then::Answer(answer("200 OK", &[date], body))).await;
    let probe = robot(fake.url()).probe().await.unwrap();
    assert!(probe.is_robot_server);
    let since = probe.server_time.unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(since.as_secs(), 1_795_253_400);
    assert!(probe.local_time.elapsed().unwrap() < Duration::from_secs(60));

    let portal = Fake::start(Then::Answer(ok("<html>Please log in</html>"))).await;
    let probe = robot(portal.url()).probe().await.unwrap();
    assert!(!probe.is_robot_server && probe.server_time.is_none());
}

#[tokio::test]
async fn it_sends_no_secret() {
    let fake = Fake::start(Then::Answer(ok("{}"))).await;
    robot(fake.url()).probe().await.unwrap();
    let request = fake.requests().concat();
    assert!(request.starts_with("GET /robot/send HTTP/1.1\r\n"), "{request}");
    assert!(!request.contains("cafe"), "{request}");
}

#[tokio::test]
async fn an_unreachable_server_receives_nothing() {
    for then in [Then::Hang, Then::Close] {
        let fake = Fake::start(then).await;
        let error = robot(fake.url()).probe().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotSent, "{error}");
    }
    // No server listens there.
    let error = robot("http://127.0.0.1:1".to_owned()).probe().await.unwrap_err();
    assert!(error.to_string().contains("connection refused"), "{error}");
}
