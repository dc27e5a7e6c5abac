//! The page, and the data that it shows.

use crate::client::{address, exchange, get, parse, request, send, text};
use dingtalk_sandbox::{RobotConfig, Sandbox};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

#[tokio::test]
async fn the_page_is_served_under_a_strict_policy() {
    let sandbox = Sandbox::start().await.unwrap();
    let page = get(&sandbox, "/").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let policy = page.header("content-security-policy").unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    assert_eq!(page.text().matches(&format!("nonce=\"{nonce}\"")).count(), 2);
    assert!(!page.text().contains(sandbox.token()) && !page.text().contains(sandbox.secret().unwrap()));
    let again = get(&sandbox, "/").await;
    assert_ne!(again.header("content-security-policy"), Some(policy.as_str()), "a nonce is used once");
}

#[tokio::test]
async fn only_loopback_names_are_served() {
    let sandbox = Sandbox::start().await.unwrap();
    for path in ["/", "/messages", "/robots", "/events", "/healthz"] {
        let rebound = String::from_utf8(request("GET", path, "text/plain", b"")).unwrap();
        let rebound = rebound.replace("Host: localhost", "Host: evil.example");
        let reply = parse(&exchange(&sandbox, rebound.as_bytes()).await.unwrap());
        assert_eq!(reply.status, 403, "{path}");
        assert!(!reply.text().contains(sandbox.token()));
    }
}

#[tokio::test]
async fn other_paths_and_methods() {
    let sandbox = Sandbox::start().await.unwrap();
    assert_eq!(get(&sandbox, "/healthz").await.text(), "ok\n");
    assert_eq!(get(&sandbox, "/robot").await.status, 404);
    let posted = exchange(&sandbox, &request("POST", "/messages", "text/plain", b"")).await.unwrap();
    assert_eq!(parse(&posted).status, 405);
}

#[tokio::test]
async fn scripts_can_read_the_log_as_json() {
    let sandbox = Sandbox::start().await.unwrap();
    let good = json!({"msgtype": "markdown", "markdown": {"title": "t", "text": "x"}, "msgUuid": "1"});
    send(&sandbox, &good).await;
    send(&sandbox, &good).await;
    send(&sandbox, &json!({"msgtype": "image"})).await;
    let log = get(&sandbox, "/messages").await.json();
    let entries = log["entries"].as_array().unwrap();
    let outcomes: Vec<_> = entries.iter().map(|entry| entry["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["accepted", "repeated", "refused"]);
    assert_eq!(entries[0]["message"], good);
    assert_eq!((&entries[1]["of"], &entries[1]["attempt"]), (&json!(1), &json!(2)));
    assert_eq!(entries[2]["errcode"], 400_105);
    assert!(entries[2]["advice"]["en"].as_str().unwrap().contains("feedCard"));

    let robots = get(&sandbox, "/robots").await.json();
    assert_eq!(robots["robots"][0]["webhook"], sandbox.webhook());
    assert_eq!(robots["robots"][0]["secret"], sandbox.secret().unwrap());
}

/// A subscription to the live stream.
struct Events {
    stream: TcpStream,
    unread: String,
}

impl Events {
    async fn open(sandbox: &Sandbox, target: &str, header: &str) -> Self {
        let mut stream = TcpStream::connect(address(sandbox)).await.expect("events");
        // HTTP/1.0, for a body without chunks.
        let request = format!("GET {target} HTTP/1.0\r\nHost: localhost\r\n{header}\r\n");
        stream.write_all(request.as_bytes()).await.expect("events");
        let mut events = Self { stream, unread: String::new() };
        let head = events.until("\r\n\r\n").await;
        assert!(head.contains("content-type: text/event-stream"), "{head}");
        events
    }

    async fn until(&mut self, end: &str) -> String {
        loop {
            if let Some((block, rest)) = self.unread.split_once(end) {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.unread = rest;
                return block;
            }
            let mut chunk = [0; 1024];
            let read = self.stream.read(&mut chunk).await.expect("events");
            assert_ne!(read, 0, "the stream ended");
            self.unread.push_str(std::str::from_utf8(&chunk[..read]).expect("events"));
        }
    }

    /// The next event: its name and data.
    async fn next(&mut self) -> (String, String) {
        let block = self.until("\n\n").await;
        let field =
            |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).expect("events").to_owned();
        (field("event: "), field("data: "))
    }

    async fn next_content(&mut self) -> String {
        let (event, data) = self.next().await;
        assert_eq!(event, "entry");
        let entry: Value = serde_json::from_str(&data).expect("events");
        entry["message"]["text"]["content"].as_str().expect("events").to_owned()
    }
}

#[tokio::test]
async fn events_replay_and_then_follow() {
    let sandbox = Sandbox::start().await.unwrap();
    send(&sandbox, &text("one")).await;
    send(&sandbox, &text("two\n\ndata: three")).await;
    let mut events = Events::open(&sandbox, "/events", "").await;
    let run = get(&sandbox, "/messages").await.json()["run"].as_str().unwrap().to_owned();
    assert_eq!(events.next().await, ("run".to_owned(), run));
    assert_eq!(events.next_content().await, "one");
    assert_eq!(events.next_content().await, "two\n\ndata: three");

    send(&sandbox, &text("four")).await;
    assert_eq!(events.next_content().await, "four");

    let last = "Last-Event-ID: 2\r\n";
    for (target, header) in [("/events", last), ("/events?after=2", ""), ("/events?after=0", last)] {
        let mut events = Events::open(&sandbox, target, header).await;
        events.next().await;
        assert_eq!(events.next_content().await, "four", "{target} {header}");
    }
}

#[tokio::test]
async fn a_long_log_does_not_make_a_long_page() {
    let robot = RobotConfig::new("t");
    let sandbox =
        Sandbox::builder().robot(robot).rate_per_minute(None).log_capacity(1500).start().await.unwrap();
    for n in 0..1200 {
        send(&sandbox, &text(&format!("message {n}."))).await;
    }
    let page = get(&sandbox, "/").await;
    assert_eq!(page.text().matches("<article").count(), 1000);
    assert!(page.text().contains("message 1199.") && !page.text().contains("message 199."));
    let articles = get(&sandbox, "/articles?after=0").await.json();
    assert_eq!(articles["articles"].as_array().unwrap().len(), 1000);
    assert_eq!(get(&sandbox, "/messages").await.json()["entries"].as_array().unwrap().len(), 1200);
    assert_eq!(get(&sandbox, "/view/1").await.status, 200, "the rest is at its own address");

    let mut events = Events::open(&sandbox, "/events?after=950", "").await;
    events.next().await;
    for n in 950..1200 {
        assert!(events.next_content().await.contains(&format!("message {n}.")), "each event, in order");
    }
}
