//! Results of attempts through a proxy: one that passes requests on, and some that do not.
#![cfg(feature = "robot")]
#![allow(clippy::unwrap_used, reason = "a test that cannot set itself up fails")]

mod fake;

use std::{net::TcpListener, time::Duration};

use dingtalk_core::{
    DeliverExt as _, Error, ErrorKind, Message, Robot,
    delivery::{Language, Retry, RobotBuilder},
};
use fake::{Fake, Then, answer, ok};

/// A name that is never resolved (RFC 2606): a request that a proxy does not take goes nowhere.
const SERVER: &str = "https://robot.invalid";

fn robot(proxy: String) -> RobotBuilder {
    Robot::builder("abcd").base_url(SERVER).proxy(proxy).attempts(1).connect_timeout(Duration::from_secs(2))
}

async fn failure(robot: RobotBuilder) -> Error {
    robot.build().unwrap().send(&Message::text("hello")).await.expect_err("the proxy fails")
}

#[tokio::test]
async fn a_proxy_that_does_not_connect_has_sent_nothing() {
    for (then, english, chinese) in [
        (
            Then::Answer(answer("407 Proxy Authentication Required", &[], "")),
            "requires a valid user name and password",
            "用户名和密码",
        ),
        (
            Then::Answer(answer("502 Bad Gateway", &[], "")),
            "the proxy refused to connect to the server",
            "代理拒绝连接服务器",
        ),
        (Then::Close, "the proxy ended the connection", "代理断开了连接"),
        (Then::Answer(b"HTTP/1.1 200 OK\r\n\r\nno TLS".to_vec()), "TLS handshake failed", "TLS 握手失败"),
        (Then::Hang, "no connection in time", "没有及时连上"),
    ] {
        let proxy = Fake::start(then).await;
        let error = failure(robot(proxy.url())).await;
        assert_eq!((error.kind(), error.retry()), (ErrorKind::NotSent, Retry::Safe), "{error}");
        assert!(error.cause().contains(english), "{error}");
        assert!(error.cause_in(Language::Zh).contains(chinese), "{}", error.cause_in(Language::Zh));
        assert_eq!(proxy.requests().len(), 1, "{error}");
        let request = &proxy.requests()[0];
        assert!(request.starts_with("CONNECT robot.invalid:443 HTTP/1.1\r\n"), "{request}");
        assert!(!request.contains("abcd"), "the token is for the server alone: {request}");
    }
}

#[tokio::test]
async fn credentials_are_for_the_proxy() {
    let proxy = Fake::start(Then::Close).await;
    failure(robot(proxy.url().replace("http://", "http://me:pass%21@"))).await;
    let request = &proxy.requests()[0];
    assert!(request.to_lowercase().contains("proxy-authorization: basic "), "{request}");
    assert!(request.contains("bWU6cGFzcyE="), "me:pass! in {request}");
}

#[tokio::test]
async fn a_proxy_that_is_down_is_told_apart_from_the_server() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (proxy, expected) in [
        (format!("http://{closed}"), "at the proxy: connection refused"),
        ("http://proxy.invalid:1".to_owned(), "at the proxy: its name was not resolved"),
    ] {
        let error = failure(robot(proxy)).await;
        assert_eq!((error.kind(), error.cause()), (ErrorKind::NotSent, expected));
    }
}

#[tokio::test]
async fn a_socks_proxy_resolves_the_name_and_may_refuse() {
    // Version 5 without authentication, then "connection not allowed".
    let proxy = Fake::start(Then::Greet(b"\x05\x00\x05\x02\x00\x01\0\0\0\0\0\0")).await;
    let error = failure(robot(proxy.url().replace("http", "socks5h"))).await;
    assert_eq!(error.kind(), ErrorKind::NotSent);
    assert!(error.cause().starts_with("the proxy refused to connect to the server"), "{error}");
}

/// A robot whose server is reached by plain http through a proxy.
fn forwarded(proxy: &Fake) -> RobotBuilder {
    robot(proxy.url()).base_url("http://robot.invalid").plain_http(true)
}

#[tokio::test]
async fn a_proxy_for_plain_http_passes_the_request_on() {
    let proxy = Fake::start(Then::Answer(ok(r#"{"errcode":0}"#))).await;
    forwarded(&proxy).build().unwrap().send(&Message::text("hello")).await.unwrap();
    let request = &proxy.requests()[0];
    assert!(
        request.starts_with("POST http://robot.invalid/robot/send?access_token=abcd HTTP/1.1\r\n"),
        "{request}"
    );
}

#[tokio::test]
async fn a_failing_proxy_for_plain_http_may_have_passed_the_request_on() {
    for (status, kind) in [
        ("500 Internal Server Error", ErrorKind::Unknown),
        ("502 Bad Gateway", ErrorKind::Unknown),
        ("504 Gateway Timeout", ErrorKind::Unknown),
        ("407 Proxy Authentication Required", ErrorKind::NotSent),
        ("403 Forbidden", ErrorKind::Refused),
    ] {
        let proxy = Fake::start(Then::Answer(answer(status, &[], "<html>"))).await;
        let error = failure(forwarded(&proxy)).await;
        assert_eq!(error.kind(), kind, "{status}");
        assert_eq!(error.cause().contains("user name and password"), status.starts_with("407"), "{error}");
    }
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let down = robot(format!("http://{closed}")).base_url("http://robot.invalid").plain_http(true);
    let error = failure(down).await;
    assert_eq!((error.kind(), error.cause()), (ErrorKind::NotSent, "at the proxy: connection refused"));
}

#[test]
fn a_proxy_sees_the_token_only_if_that_is_allowed() {
    let robot = || Robot::builder("abcd").base_url("http://127.0.0.1:1").proxy("http://proxy.example");
    let error = robot().build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.cause().starts_with("proxy: the proxy would see the token"), "{error}");
    assert!(robot().plain_http(true).build().is_ok());
    assert!(robot().base_url("https://127.0.0.1:1").build().is_ok());
}

#[test]
fn the_proxy_in_force_is_shown_without_its_credentials() {
    let robot = robot("https://me:secret@proxy.example".to_owned()).build().unwrap();
    assert_eq!(robot.proxy().unwrap().to_string(), "https://proxy.example:443 (proxy)");
    assert!(Robot::builder("abcd").base_url(SERVER).proxy("none").build().unwrap().proxy().is_none());
}
