//! The robot's endpoint over TCP: accepted and refused messages, and their log entries.

use std::time::Duration;

use crate::client::{
    address, exchange, now_ms, parse, post, request, send, signature, target, text, text_with_id,
};
use dingtalk_core::{Message, message::WireMessage};
use dingtalk_sandbox::{LOG_CAPACITY, Outcome, RobotConfig, Sandbox};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// So that a test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_signed_message_arrives() {
    let sandbox = Sandbox::start().await.unwrap();
    let reply = send(&sandbox, &text_with_id("你好", "id-1")).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
    assert_eq!(reply.json(), json!({"errcode": 0, "errmsg": "ok"}));
    assert_eq!(sandbox.accepted(), [WireMessage::with_id(Message::text("你好"), "id-1")]);

    let log = sandbox.log();
    let [entry] = log.as_slice() else { panic!("{log:?}") };
    assert_eq!((entry.number, entry.attempt, entry.method.as_str()), (1, 1, "POST"));
    assert_eq!(entry.robot.as_deref(), Some("Sandbox robot"));
    assert_eq!(entry.query_keys, ["access_token", "timestamp", "sign"]);
    assert_eq!(entry.content_type.as_deref(), Some("application/json"));
    assert_eq!(entry.body_text(), text_with_id("你好", "id-1").to_string());
    assert!(entry.warnings.is_empty() && entry.fault.is_none() && entry.refusal().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_runs_in_a_runtime_of_several_threads() {
    let sandbox = Sandbox::start().await.unwrap();
    assert_eq!(send(&sandbox, &text("x")).await.code(), 0);
    assert_eq!(timeout(PATIENCE, sandbox.wait_for(1)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn refusals_come_with_http_200_and_are_logged() {
    let sandbox = Sandbox::start().await.unwrap();
    let webhook = target(&sandbox, &sandbox.webhook());
    let secret = sandbox.secret().unwrap().to_owned();
    let body = text("x").to_string().into_bytes();
    let json = "application/json";
    let signed = format!("{webhook}{}", signature(&secret, now_ms()));
    let cases = [
        (request("GET", &signed, json, b""), 43002),
        (request("POST", &signed, "text/plain", &body), 43004),
        (request("POST", "/robot/send", json, &body), 40035),
        (request("POST", "/robot/send?access_token=other", json, &body), 300_005),
        (request("POST", &webhook, json, &body), 310_000),
        (request("POST", &format!("{webhook}{}", signature("other", now_ms())), json, &body), 310_000),
        (
            request("POST", &format!("{webhook}{}", signature(&secret, now_ms() - 3_660_000)), json, &body),
            310_000,
        ),
        (request("POST", &signed, json, b"{"), 40035),
        (request("POST", &signed, json, &vec![b' '; 20_001]), 460_101),
        (request("POST", &signed, json, br#"{"msgtype":"text","text":{}}"#), 400_202),
    ];
    for (request, code) in &cases {
        let reply = parse(&exchange(&sandbox, request).await.unwrap());
        assert_eq!((reply.status, reply.code()), (200, *code));
    }
    let log = sandbox.log();
    let codes: Vec<_> = log.iter().filter_map(|entry| entry.refusal()).map(|refusal| refusal.code).collect();
    assert_eq!(codes, cases.map(|(_, code)| code));
    assert_eq!(log[6].refusal().unwrap().message, "invalid timestamp");
    assert_eq!((sandbox.accepted().len(), sandbox.requests()), (0, 10));
}

#[tokio::test]
async fn an_unencoded_plus_breaks_the_signature() {
    let sandbox = Sandbox::start().await.unwrap();
    let webhook = target(&sandbox, &sandbox.webhook());
    // A signature with a `+` occurs within a few milliseconds of time stamps.
    let signed = (0..1000)
        .map(|back| signature(sandbox.secret().unwrap(), now_ms() - back))
        .find(|query| query.contains("%2B"))
        .unwrap();
    let body = text("x").to_string();
    let send = async |query: &str| {
        let request = request("POST", &format!("{webhook}{query}"), "application/json", body.as_bytes());
        parse(&exchange(&sandbox, &request).await.unwrap()).code()
    };
    assert_eq!(send(&signed).await, 0);
    assert_eq!(send(&signed.replace("%2B", "+")).await, 310_000);
    assert_eq!(send(&signed.replace('%', "%25")).await, 310_000);
}

#[tokio::test(start_paused = true)]
async fn the_twenty_first_message_in_a_minute_blocks_the_robot() {
    let sandbox = Sandbox::start().await.unwrap();
    for _ in 0..30 {
        assert_eq!(
            send(&sandbox, &json!({"msgtype": "text"})).await.code(),
            400_201,
            "refused calls cost nothing"
        );
    }
    for _ in 0..20 {
        assert_eq!(send(&sandbox, &text("x")).await.code(), 0);
    }
    let reply = send(&sandbox, &text("x")).await.json();
    assert_eq!(reply, json!({"errcode": 130_101, "errmsg": "send too fast, exceed 20 times per minute"}));
    tokio::time::advance(Duration::from_secs(599)).await;
    assert_eq!(send(&sandbox, &text("x")).await.code(), 130_101, "the minute is over, the block is not");
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(send(&sandbox, &text("x")).await.code(), 0);
    assert_eq!(sandbox.accepted().len(), 21);
}

#[tokio::test]
async fn each_robot_has_its_own_settings_and_rate() {
    let sandbox = Sandbox::builder()
        .robot(RobotConfig::new("one").name("One"))
        .robot(RobotConfig::new("two+&").name("Two").keyword("Alert"))
        .rate_per_minute(Some(1))
        .start()
        .await
        .unwrap();
    let send = async |name: &str, content: &str| {
        let target = target(&sandbox, &sandbox.webhook_of(name).unwrap());
        // The same id from two robots is two messages.
        let body = text_with_id(content, "1").to_string();
        let request = request("POST", &target, "application/json", body.as_bytes());
        parse(&exchange(&sandbox, &request).await.unwrap()).code()
    };
    assert_eq!(send("One", "x").await, 0);
    assert_eq!(send("Two", "x").await, 310_000);
    assert_eq!(send("Two", "Alert").await, 0);
    assert_eq!(send("Two", "Alert").await, 130_101);
    let robots: Vec<_> = sandbox.log().into_iter().map(|entry| entry.robot.unwrap()).collect();
    assert_eq!(robots, ["One", "Two", "Two", "Two"]);
    assert_eq!(sandbox.accepted().len(), 2);
    assert_eq!(sandbox.webhook_of("Three"), None);
}

#[tokio::test]
async fn a_repeated_id_is_answered_ok_and_shown_once() {
    let sandbox = Sandbox::start().await.unwrap();
    for _ in 0..3 {
        assert_eq!(send(&sandbox, &text_with_id("x", "1")).await.code(), 0);
    }
    assert_eq!(send(&sandbox, &text_with_id("x", "2")).await.code(), 0);
    assert_eq!(send(&sandbox, &text("x")).await.code(), 0);
    assert_eq!(send(&sandbox, &text("x")).await.code(), 0);
    let log = sandbox.log();
    assert_eq!(log[1].outcome, Outcome::Repeated { of: 1 });
    assert_eq!(log.iter().map(|entry| entry.attempt).collect::<Vec<_>>(), [1, 2, 3, 1, 1, 2]);
    assert_eq!(sandbox.accepted().len(), 4);

    let sandbox = Sandbox::builder().deduplicate(false).start().await.unwrap();
    for _ in 0..2 {
        send(&sandbox, &text_with_id("x", "1")).await;
    }
    assert_eq!(sandbox.accepted().len(), 2);
}

#[tokio::test]
async fn a_mention_that_notifies_no_one_is_accepted_with_a_warning() {
    let sandbox = Sandbox::start().await.unwrap();
    let body = json!({"msgtype": "text", "text": {"content": "x"}, "at": {"atUserIds": ["li"]}});
    assert_eq!(send(&sandbox, &body).await.code(), 0);
    assert_eq!(sandbox.log()[0].warnings, ["the mention notifies nobody: the text does not contain `@li`"]);
}

#[tokio::test]
async fn waiting_ends_with_the_message() {
    let sandbox = Sandbox::start().await.unwrap();
    assert_eq!(sandbox.wait_for(0).await, []);
    let (waited, ()) = tokio::join!(timeout(PATIENCE, sandbox.wait_for(2)), async {
        send(&sandbox, &json!({})).await;
        send(&sandbox, &text("one")).await;
        send(&sandbox, &text("two")).await;
    });
    assert_eq!(waited.unwrap(), ["one", "two"].map(|content| WireMessage::new(Message::text(content))));
}

#[tokio::test]
async fn one_connection_carries_several_requests() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut stream = TcpStream::connect(address(&sandbox)).await.unwrap();
    let keep = |request: Vec<u8>| String::from_utf8(request).unwrap().replace("Connection: close\r\n", "");
    for n in 1..=2 {
        stream.write_all(keep(post(&sandbox, &text("x"))).as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"}") {
            assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0);
        }
        assert_eq!(parse(&answer).code(), 0);
        assert_eq!(sandbox.requests(), n);
    }
}

#[tokio::test]
async fn memory_is_bounded() {
    let sandbox = Sandbox::builder().rate_per_minute(None).start().await.unwrap();
    let long = vec![b'x'; 3 * 1024 * 1024];
    let signed = String::from_utf8(post(&sandbox, &text("x"))).unwrap();
    let target = signed.split(' ').nth(1).unwrap();
    let reply = exchange(&sandbox, &request("POST", target, "application/json", &long)).await.unwrap();
    assert_eq!(parse(&reply).code(), 460_101);
    let entry = &sandbox.log()[0];
    assert_eq!((entry.body_length, entry.body.len()), (3 * 1024 * 1024, 64 * 1024));

    let request = String::from_utf8(post(&sandbox, &text("x"))).unwrap().replace("Connection: close\r\n", "");
    let mut stream = TcpStream::connect(address(&sandbox)).await.unwrap();
    let (mut reading, mut writing) = stream.split();
    let ((), ()) = tokio::join!(
        async {
            for _ in 0..LOG_CAPACITY {
                writing.write_all(request.as_bytes()).await.unwrap();
            }
        },
        async {
            let mut chunk = [0; 4096];
            while sandbox.requests() <= LOG_CAPACITY as u64 {
                assert_ne!(reading.read(&mut chunk).await.unwrap(), 0);
            }
        }
    );
    assert_eq!(sandbox.log().len(), LOG_CAPACITY);
    assert_eq!(sandbox.log()[0].number, 2);
    let accepted = timeout(PATIENCE, sandbox.wait_for(LOG_CAPACITY)).await.unwrap();
    assert_eq!(accepted.len(), LOG_CAPACITY);
}

#[tokio::test]
async fn no_output_contains_a_secret() {
    let sandbox = Sandbox::start().await.unwrap();
    send(&sandbox, &text("x")).await;
    let bare = request("POST", &format!("/robot/send?{}", sandbox.token()), "application/json", b"{}");
    exchange(&sandbox, &bare).await.unwrap();
    let shown =
        format!("{sandbox:?} {:?} {}", sandbox.log(), crate::client::get(&sandbox, "/messages").await.text());
    assert!(shown.contains("…"), "the token stood as a key");
    assert!(!shown.contains(sandbox.token()) && !shown.contains(sandbox.secret().unwrap()));
}

#[tokio::test]
async fn dropping_the_sandbox_stops_it() {
    let sandbox = Sandbox::start().await.unwrap();
    let address = address(&sandbox);
    let mut open = TcpStream::connect(&address).await.unwrap();
    drop(sandbox);
    assert_eq!(open.read(&mut [0]).await.unwrap_or(0), 0, "open connections end");
    assert!(TcpStream::connect(&address).await.is_err());
}

#[tokio::test]
async fn an_impossible_configuration_is_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    let port = sandbox.base_url().rsplit(':').next().unwrap().parse().unwrap();
    assert!(Sandbox::builder().port(port).start().await.is_err());
    let twins = Sandbox::builder().robot(RobotConfig::new("same")).robot(RobotConfig::new("same"));
    assert!(twins.start().await.is_err());
}
