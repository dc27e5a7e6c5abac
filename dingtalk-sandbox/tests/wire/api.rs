//! The HTTP API of the sandbox.

use std::sync::Arc;

use crate::client::{Reply, address, exchange, get, parse, request, send, text, try_send};
use dingtalk_core::message::WireMessage;
use dingtalk_sandbox::{Draft, Release, Released, RobotConfig, Sandbox, Window};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Mutex,
};

async fn token(sandbox: &Sandbox) -> String {
    get(sandbox, "/robots").await.json()["token"].as_str().expect("a token").to_owned()
}

/// A request with these headers in addition to `Host`.
async fn raw(sandbox: &Sandbox, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    let host = headers
        .iter()
        .find(|(name, _)| *name == "Host")
        .map_or(address(sandbox), |(_, host)| (*host).to_owned());
    let headers = headers.iter().filter(|(name, _)| *name != "Host");
    let headers: Vec<_> = headers.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let headers = headers.concat();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    parse(&exchange(sandbox, request.as_bytes()).await.expect("an answer"))
}

/// A request as the page makes it.
async fn change(sandbox: &Sandbox, method: &str, path: &str, body: &Value) -> Reply {
    let (origin, token) = (sandbox.base_url(), token(sandbox).await);
    let headers = [("Origin", &*origin), ("Content-Type", "application/json"), ("X-Sandbox-Token", &*token)];
    raw(sandbox, method, path, &headers, &body.to_string()).await
}

async fn verdict(sandbox: &Sandbox, draft: &Value) -> Value {
    let request = request("POST", "/verdict", "application/json", draft.to_string().as_bytes());
    parse(&exchange(sandbox, &request).await.expect("an answer")).json()
}

/// Routes that change something.
const CHANGES: [(&str, &str); 7] = [
    ("DELETE", "/messages"),
    ("DELETE", "/messages/1"),
    ("POST", "/robots/Sandbox%20robot/unblock"),
    ("POST", "/faults"),
    ("DELETE", "/faults"),
    ("POST", "/release/offer"),
    ("POST", "/release"),
];

#[tokio::test]
async fn a_change_needs_host_origin_json_and_token() {
    let sandbox = Sandbox::start().await.unwrap();
    send(&sandbox, &text("x")).await;
    sandbox.fault_next(1, dingtalk_sandbox::Fault::Busy);
    let (origin, token) = (sandbox.base_url(), token(&sandbox).await);
    let good = [("Origin", &*origin), ("Content-Type", "application/json"), ("X-Sandbox-Token", &*token)];
    let without =
        |name: &str| -> Vec<_> { good.iter().filter(|(header, _)| *header != name).copied().collect() };
    let with = |name: &'static str, value: &'static str| {
        let mut headers = without(name);
        headers.push((name, value));
        headers
    };
    for (method, path) in CHANGES {
        for headers in [
            without("Origin"),
            without("Content-Type"),
            without("X-Sandbox-Token"),
            with("Origin", "http://evil.example"),
            with("Origin", "http://127.0.0.1:1"),
            with("Origin", "null"),
            with("Content-Type", "text/plain"),
            with("X-Sandbox-Token", "guessed"),
            with("Host", "evil.example"),
        ] {
            let reply = raw(&sandbox, method, path, &headers, r#"{"fault":"busy"}"#).await;
            assert_eq!(reply.status, 403, "{method} {path} with {headers:?}");
            assert!(!reply.text().contains(&token));
        }
    }
    assert_eq!(sandbox.log().len(), 1, "nothing was removed");
    assert_eq!(get(&sandbox, "/faults").await.json()["next"], json!(["busy"]));
}

#[tokio::test]
async fn the_log_can_be_selected_and_removed() {
    let sandbox = Sandbox::start().await.unwrap();
    for body in [&text("one"), &json!({}), &text("two")] {
        send(&sandbox, body).await;
    }
    let numbers = async |path: &str| -> Vec<u64> {
        let log = get(&sandbox, path).await.json();
        log["entries"].as_array().unwrap().iter().map(|entry| entry["number"].as_u64().unwrap()).collect()
    };
    assert_eq!(numbers("/messages?after=1").await, [2, 3]);
    assert_eq!(numbers("/messages?outcome=refused").await, [2]);
    assert_eq!(numbers("/messages?robot=Sandbox+robot&outcome=accepted").await, [1, 3]);
    assert_eq!(numbers("/messages?robot=other").await, [0; 0]);
    for path in ["/messages?outcome=lost", "/messages?after=x"] {
        assert_eq!(get(&sandbox, path).await.status, 400, "{path}");
    }
    assert_eq!(get(&sandbox, "/messages/2").await.json()["errcode"], 300_001);
    for path in ["/messages/9", "/messages/x"] {
        assert_eq!(get(&sandbox, path).await.status, 404, "{path}");
    }

    assert_eq!(change(&sandbox, "DELETE", "/messages/2", &json!({})).await.status, 200);
    assert_eq!(change(&sandbox, "DELETE", "/messages/2", &json!({})).await.status, 404);
    assert_eq!(numbers("/messages").await, [1, 3]);
    assert_eq!(change(&sandbox, "DELETE", "/messages", &json!({})).await.status, 200);
    assert_eq!(numbers("/messages").await, [0; 0]);
    send(&sandbox, &text("three")).await;
    assert_eq!(numbers("/messages").await, [4]);
}

#[tokio::test]
async fn an_open_page_hears_of_removals() {
    let sandbox = Sandbox::start().await.unwrap();
    send(&sandbox, &text("one")).await;
    let mut stream = TcpStream::connect(address(&sandbox)).await.unwrap();
    let events = b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(events).await.unwrap();
    let mut heard = String::new();
    let mut hear = async |wanted: &str| {
        while !heard.contains(wanted) {
            let mut chunk = [0; 4096];
            let read = stream.read(&mut chunk).await.unwrap();
            assert_ne!(read, 0, "{heard}");
            heard.push_str(&String::from_utf8_lossy(&chunk[..read]));
        }
    };
    hear("event: entry").await;
    change(&sandbox, "DELETE", "/messages/1", &json!({})).await;
    hear("event: removed\ndata: {\"numbers\":[1]}").await;
    sandbox.clear();
    hear("event: removed\ndata: {\"through\":1}").await;
}

#[tokio::test]
async fn a_block_can_be_ended() {
    let robot = RobotConfig::random().name("a b").quota(3);
    let sandbox = Sandbox::builder().robot(robot).rate_per_minute(Some(2)).window(Window::Fixed);
    let sandbox = sandbox.start().await.unwrap();
    for code in [0, 0, 130_101] {
        assert_eq!(send(&sandbox, &text("x")).await.code(), code);
    }
    let gauge = async || get(&sandbox, "/gauges").await.json()["robots"][0].clone();
    let blocked = gauge().await;
    assert_eq!(
        (&blocked["used"], &blocked["limit"], &blocked["window"]),
        (&json!(2), &json!(2), &json!("fixed"))
    );
    assert!(blocked["blocked_for_ms"].as_u64().unwrap() > 590_000, "{blocked}");
    assert_eq!(
        change(&sandbox, "POST", "/robots/a%20b/unblock", &json!({})).await.json(),
        json!({"unblocked": true})
    );
    assert_eq!(
        change(&sandbox, "POST", "/robots/a%20b/unblock", &json!({})).await.json(),
        json!({"unblocked": false})
    );
    assert_eq!(change(&sandbox, "POST", "/robots/other/unblock", &json!({})).await.status, 404);
    assert_eq!(gauge().await["blocked_for_ms"], 0);
    assert_eq!(send(&sandbox, &text("x")).await.code(), 0);
    assert_eq!(send(&sandbox, &text("x")).await.code(), 90030, "the quota of three is used up");
    assert_eq!(gauge().await["quota_used"], 3);
}

#[tokio::test]
async fn faults_are_set_by_scripts() {
    let sandbox = Sandbox::start().await.unwrap();
    for fault in [
        json!({"fault": "throttle*2"}),
        json!({"fault": "busy", "times": 1}),
        json!({"fault": "status:502", "chance": 0.25, "seed": 7}),
        json!({"fault": "html"}),
    ] {
        assert_eq!(change(&sandbox, "POST", "/faults", &fault).await.status, 200, "{fault}");
    }
    assert_eq!(
        get(&sandbox, "/faults").await.json(),
        json!({"next": ["throttle", "throttle", "busy"], "by_chance": [{"fault": "status:502", "chance": 0.25}], "always": "html"})
    );
    assert_eq!(send(&sandbox, &text("x")).await.code(), 130_101);
    for wrong in [
        json!({"fault": "hagn"}),
        json!({"fault": "hang", "times": 1, "chance": 0.5}),
        json!({"fault": "hang", "seed": 1}),
        json!({"fault": "hang", "time": 1}),
        json!({"fault": "hang*2", "times": 2}),
    ] {
        let reply = change(&sandbox, "POST", "/faults", &wrong).await;
        assert_eq!(reply.status, 400, "{wrong}");
        assert!(reply.json()["error"].is_string());
    }
    assert_eq!(change(&sandbox, "DELETE", "/faults", &json!({})).await.status, 200);
    assert_eq!(send(&sandbox, &text("x")).await.code(), 0);
}

#[tokio::test]
async fn a_verdict_sends_nothing() {
    let robot = RobotConfig::random().name("ops").keyword("Alert");
    let sandbox = Sandbox::builder().robot(robot).start().await.unwrap();
    let good = verdict(&sandbox, &json!({"body": r#"{"msgtype":"text","text":{"content":"x"}}"#})).await;
    assert_eq!((&good["outcome"], &good["message"]["text"]["content"]), (&json!("accepted"), &json!("x")));
    assert_eq!((&good["bytes"], &good["limit"]), (&json!(41), &json!(20_000)));
    assert_eq!(good["tree"][0], "div", "the message as it is drawn");
    assert!(good["tree"].to_string().contains("\"x\""), "{}", good["tree"]);
    let table = json!({"msgtype": "markdown", "markdown": {"title": "t", "text": "|a|\n|-|\n|b|"}});
    let table = verdict(&sandbox, &json!({"body": table})).await;
    assert!(table["findings"][0]["remedy"]["zh"].is_string(), "{table}");
    assert_eq!(table["findings"][0]["is_hint"], false, "{table}");
    let object = verdict(&sandbox, &json!({"body": text("x")})).await;
    assert_eq!(object["outcome"], "accepted");
    let keyword = verdict(&sandbox, &json!({"body": text("x"), "robot": "ops"})).await;
    assert_eq!((&keyword["outcome"], &keyword["errcode"]), (&json!("refused"), &json!(310_000)));
    assert!(keyword["advice"]["zh"].is_string());
    let broken = verdict(&sandbox, &json!({"body": "{\"msgtype\": }"})).await;
    assert_eq!(broken["syntax"], "expected value at line 1 column 13");
    for (draft, problem) in [
        (json!({}), "exactly one of"),
        (json!({"body": "", "template": ""}), "exactly one of"),
        (json!({"body": "", "robot": "other"}), "unknown robot"),
        (json!({"number": 7}), "not in the log"),
        (json!({"template": "x"}), "dingtalk-notify sandbox"),
        (json!({"bodi": ""}), "unknown field"),
    ] {
        let error = verdict(&sandbox, &draft).await["error"].as_str().unwrap_or_default().to_owned();
        assert!(error.contains(problem), "{draft}: {error}");
    }
    assert_eq!(sandbox.requests(), 0);
    // A form of another site can send no JSON.
    let form = request("POST", "/verdict", "text/plain", b"{}");
    assert_eq!(parse(&exchange(&sandbox, &form).await.unwrap()).status, 415);
}

#[tokio::test]
async fn a_body_has_at_most_a_mebibyte() {
    let sandbox = Sandbox::start().await.unwrap();
    let of = |bytes: usize| {
        let filled = format!("{{\"body\":\"{}\"}}", "x".repeat(bytes - 11));
        request("POST", "/verdict", "application/json", filled.as_bytes())
    };
    assert_eq!(parse(&exchange(&sandbox, &of(1024 * 1024)).await.unwrap()).json()["errcode"], 460_101);
    let mut stream = TcpStream::connect(address(&sandbox)).await.unwrap();
    stream.write_all(&of(1024 * 1024 + 1)).await.unwrap();
    let mut reply = Vec::new();
    stream.read_buf(&mut reply).await.unwrap();
    assert!(reply.starts_with(b"HTTP/1.1 413 "), "{}", String::from_utf8_lossy(&reply));
}

#[tokio::test]
async fn declarations_and_templates_go_to_the_program() {
    let compose = |draft: &Draft| match draft {
        Draft::Declaration { toml, name, values } => {
            Ok(text(&format!("{toml} {name:?} {}", values["n"])).to_string())
        }
        Draft::Template { .. } => Err(vec!["line 1: unknown field".to_owned()]),
        _ => Err(Vec::new()),
    };
    let sandbox = Sandbox::builder().compose(compose).start().await.unwrap();
    let declared =
        verdict(&sandbox, &json!({"declaration": "toml", "name": "disk", "values": {"n": 1}})).await;
    assert_eq!(declared["message"]["text"]["content"], "toml Some(\"disk\") 1");
    let template = verdict(&sandbox, &json!({"template": "x"})).await;
    assert_eq!(template, json!({"outcome": "invalid", "faults": ["line 1: unknown field"]}));
}

/// A real robot that only remembers.
#[derive(Clone, Default)]
struct Remembers(Arc<Mutex<Vec<WireMessage>>>);

impl Release for Remembers {
    fn robot(&self) -> &'static str {
        "ops"
    }

    fn host(&self) -> &'static str {
        "oapi.dingtalk.com"
    }

    fn send(&self, message: WireMessage) -> Released<'_> {
        Box::pin(async {
            self.0.lock().await.push(message);
            Ok("queued".to_owned())
        })
    }
}

fn card(text: &str) -> Value {
    let link = "https://example.com";
    json!({"msgtype": "actionCard", "actionCard": {"title": "t", "text": text, "singleTitle": "s", "singleURL": link}})
}

#[tokio::test]
async fn a_message_is_released_once_after_it_was_shown() {
    let real = Remembers::default();
    let sandbox = Sandbox::builder().release(real.clone()).person("13800000000", "Li").start().await.unwrap();
    assert_eq!(
        get(&sandbox, "/release").await.json(),
        json!({"enabled": true, "robot": "ops", "host": "oapi.dingtalk.com"})
    );
    let body = json!({"msgtype": "text", "text": {"content": "@13800000000 x"}, "at": {"atMobiles": ["13800000000"]}, "msgUuid": "old"});
    send(&sandbox, &body).await;
    let offer = change(&sandbox, "POST", "/release/offer", &json!({"number": 1})).await.json();
    assert_eq!((&offer["robot"], &offer["mentions"]), (&json!("ops"), &json!(["13800000000"])));
    assert_eq!(offer["names"], json!({"13800000000": "Li"}));
    assert!(real.0.lock().await.is_empty(), "nothing is sent by the offer");
    let nonce = json!({"nonce": offer["nonce"]});
    assert_eq!(change(&sandbox, "POST", "/release", &nonce).await.json()["outcome"], "queued");
    assert_eq!(change(&sandbox, "POST", "/release", &nonce).await.status, 409);
    let sent = real.0.lock().await.clone();
    assert_eq!((sent.len(), sent[0].id.as_deref()), (1, offer["nonce"].as_str()));

    for body in [
        json!({"body": {"msgtype": "text", "text": {"content": "x"}, "at": {"isAtAll": true}}}),
        json!({"body": {"msgtype": "text", "text": {"content": "@all"}, "at": {"atUserIds": ["all"]}}}),
        json!({"body": card("@all deploy?")}),
        json!({"body": card("deploy? @所有人，请看")}),
        json!({"body": {"msgtype": "text"}}),
    ] {
        let refused = change(&sandbox, "POST", "/release/offer", &body).await;
        assert_eq!(refused.status, 400, "{body}");
        let mut chinese = body.clone();
        chinese["lang"] = json!("zh");
        let refused = change(&sandbox, "POST", "/release/offer", &chinese).await.text();
        assert!(refused.contains("沙箱"), "{refused}");
    }
    let harmless = json!({"body": card("deploy @allison? mail a@all.example")});
    assert_eq!(change(&sandbox, "POST", "/release/offer", &harmless).await.status, 200);
    assert_eq!(real.0.lock().await.len(), 1);
}

#[tokio::test]
async fn releases_are_off_unless_set() {
    let sandbox = Sandbox::start().await.unwrap();
    assert_eq!(get(&sandbox, "/release").await.json(), json!({"enabled": false}));
    for (path, body) in [("/release/offer", json!({"body": text("x")})), ("/release", json!({"nonce": "x"}))]
    {
        let reply = change(&sandbox, "POST", path, &body).await;
        assert_eq!(reply.status, 403);
        assert!(reply.text().contains("--release"), "{}", reply.text());
    }
}

#[tokio::test]
async fn the_development_robot_stays_the_same_and_refuses_foreign_names() {
    let start = async || Sandbox::builder().robot(RobotConfig::development("ops")).start().await.unwrap();
    let (one, other) = (start().await, start().await);
    assert_eq!((one.token(), one.secret()), (other.token(), other.secret()));
    for text in [one.token(), one.secret().unwrap()] {
        assert!(text.contains("sandbox-development"), "it says what it is");
    }
    assert_eq!(send(&one, &text("x")).await.code(), 0);
    let rebound = String::from_utf8(crate::client::post(&one, &text("x"))).unwrap();
    let rebound = rebound.replace("Host: localhost", "Host: evil.example");
    let reply = parse(&exchange(&one, rebound.as_bytes()).await.unwrap());
    assert_eq!((reply.code(), one.accepted().len()), (40035, 1));
    assert!(try_send(&other, &text("x")).await.is_ok());
}
