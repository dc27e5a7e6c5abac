//! The relay: what its doors accept arrives, and nothing else is accepted.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;
#[path = "relay/scene.rs"]
mod scene;

use std::fs;

use rusqlite::Connection;
use scene::{ALL, OPS, Relay, Scene, TOKENS, answer, client};
use serde_json::{Value, json};

fn text(content: &str) -> Value {
    json!({"msgtype": "text", "text": {"content": content}})
}

fn alert() -> Value {
    json!({"host": "web-3", "percent": 97})
}

async fn notify(relay: &Relay, path: &str, body: &Value) -> (u16, Value) {
    answer(relay.post(path, body).bearer_auth(ALL)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_is_posted_by_its_fields() {
    let scene = Scene::new("typed", "", TOKENS).await;
    let relay = scene.relay();
    for path in ["/notify/disk_alert", "/notify/ops/disk_alert", "/notify/send_disk_alert"] {
        let (status, answer) = notify(&relay, path, &alert()).await;
        assert_eq!((status, answer["status"].as_str()), (200, Some("queued")), "{path}: {answer}");
        assert_eq!(answer["id"].as_str().unwrap().len(), 26);
    }
    let (status, _) = notify(&relay, "/notify/text_message", &json!({"text": "built in"})).await;
    assert_eq!(status, 200);
    scene.wait_for(4).await;
    assert_eq!(scene.texts(), ["web-3: 97% used", "web-3: 97% used", "web-3: 97% used", "built in"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_faults_of_a_notification_are_named() {
    let scene = Scene::new("faults", "", TOKENS).await;
    let relay = scene.relay();
    let (status, answer) = notify(&relay, "/notify/disk_alert", &json!({"percent": 101, "hots": "a"})).await;
    assert_eq!(status, 400);
    let faults = answer["faults"].to_string();
    for named in ["`host`", "`percent`", "`hots`"] {
        assert!(faults.contains(named), "{named}: {faults}");
    }
    for (body, fault) in [("[1]", "must be a JSON object"), ("{\"host\"", "not JSON")] {
        let (status, answer) = answer_of(&relay, body).await;
        assert_eq!(status, 400);
        assert!(answer["error_description"].as_str().unwrap().contains(fault), "{answer}");
    }
    let nested = format!("{{\"host\": {}{}}}", "[".repeat(64), "]".repeat(64));
    assert!(answer_of(&relay, &nested).await.1.to_string().contains("64 levels"));
    assert_eq!(answer_of(&relay, &" ".repeat(256 * 1024 + 1)).await.0, 413);
    let (status, answer) = notify(&relay, "/notify/disk_alrt", &alert()).await;
    assert_eq!(status, 404);
    assert!(answer["error_description"].as_str().unwrap().contains("did you mean `disk_alert`?"), "{answer}");
    let (status, answer) = notify(&relay, "/notify/op/disk_alert", &alert()).await;
    assert_eq!(status, 404);
    assert!(answer["error_description"].as_str().unwrap().contains("did you mean `ops`?"), "{answer}");
    assert_eq!(scene.sandbox.requests(), 0);
}

async fn answer_of(relay: &Relay, body: &str) -> (u16, Value) {
    answer(relay.post("/notify/disk_alert", body).bearer_auth(ALL)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_key_queues_nothing_again() {
    let scene = Scene::new("key", "", TOKENS).await;
    let relay = scene.relay();
    let send = async |token: &str, key: &str, body: &Value| {
        answer(relay.post("/notify/ops/disk_alert", body).bearer_auth(token).header("idempotency-key", key))
            .await
    };
    let (status, first) = send(ALL, "backup 1", &alert()).await;
    assert_eq!((status, first.get("replayed")), (200, None));
    scene.wait_for(1).await;
    let (status, again) = send(ALL, "backup 1", &alert()).await;
    assert_eq!((status, &again["replayed"], &again["id"]), (200, &json!(true), &first["id"]));
    let other = json!({"host": "web-4", "percent": 97});
    assert_eq!(send(ALL, "backup 1", &other).await.0, 422);
    // A key belongs to its caller.
    let (status, of_other) = send(OPS, "backup 1", &alert()).await;
    assert_eq!(status, 200);
    assert!(of_other.get("replayed").is_none() && of_other["id"] != first["id"]);
    // A failure is not remembered.
    assert_eq!(send(ALL, "backup 2", &json!({})).await.0, 400);
    assert_eq!(send(ALL, "backup 2", &alert()).await.1.get("replayed"), None);
    for key in ["", &"x".repeat(256)] {
        assert_eq!(send(ALL, key, &alert()).await.0, 400, "{key:?}");
    }
    scene.wait_for(3).await;
    drop(relay);
    // The key is known after a restart.
    let relay = scene.relay();
    let request = relay.post("/notify/ops/disk_alert", alert()).bearer_auth(ALL);
    let (_, again) = answer(request.header("idempotency-key", "backup 1")).await;
    assert_eq!((&again["replayed"], &again["id"]), (&json!(true), &first["id"]));
    assert_eq!(scene.texts().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_needs_a_token_for_the_door_and_the_robot() {
    let doors =
        format!("{TOKENS}doors = [\"robot\"]\n[robots.sales]\nabout = \"b\"\naccess_token = \"env:ALL\"\n");
    let scene = Scene::new(
        "tokens",
        "",
        &format!("default_robot = \"ops\"\n{doors}").replace("default_robot = \"ops\"\n", ""),
    )
    .await;
    let relay = scene.relay();
    let path = "/notify/ops/disk_alert";
    assert_eq!(answer(relay.post(path, alert())).await.0, 401);
    assert_eq!(answer(relay.post(path, alert()).bearer_auth("wrong-0123456789abcdef")).await.0, 401);
    assert_eq!(answer(relay.post(path, alert()).bearer_auth(OPS)).await.0, 403, "another door");
    assert_eq!(notify(&relay, path, &alert()).await.0, 200);
    // Several robots and no default: the body names one.
    assert_eq!(notify(&relay, "/notify/disk_alert", &alert()).await.0, 400);
    let mut named = alert();
    named["robot"] = "ops".into();
    assert_eq!(notify(&relay, "/notify/disk_alert", &named).await.0, 200);
    scene.wait_for(2).await;
    // The credential is checked before the body is read.
    let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n");
    assert!(first_line(&relay, &head).await.contains("401"));
    let raw =
        "POST /robot/send?access_token=nobody HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n";
    assert!(first_line(&relay, raw).await.contains("401"));
}

async fn first_line(relay: &Relay, head: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let mut stream = tokio::net::TcpStream::connect(relay.url.trim_start_matches("http://")).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut buffer = [0; 512];
    let length = stream.read(&mut buffer).await.unwrap();
    String::from_utf8_lossy(&buffer[..length]).lines().next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_pages_and_of_other_types_are_refused() {
    let scene = Scene::new("rules", "", TOKENS).await;
    let relay = scene.relay();
    for (path, token) in [("/notify/disk_alert", ""), ("/robot/send", "?access_token=all-0123456789abcdef")] {
        let body = if token.is_empty() { alert() } else { text("a") };
        let post = || relay.post(&format!("{path}{token}"), &body).bearer_auth(ALL);
        assert_eq!(answer(post().header("origin", "http://localhost")).await.0, 403);
        assert_eq!(answer(post().header("host", "evil.example")).await.0, 403);
        let form =
            client().post(format!("{}{path}{token}", relay.url)).bearer_auth(ALL).body(body.to_string());
        assert_eq!(answer(form.header("content-type", "text/plain")).await.0, 415);
        let get = client().get(format!("{}{path}{token}", relay.url)).bearer_auth(ALL);
        assert_eq!(answer(get).await.0, 405);
        let options = client().request(reqwest::Method::OPTIONS, format!("{}{path}", relay.url));
        let options =
            options.header("origin", "http://localhost").header("access-control-request-method", "POST");
        let response = options.send().await.unwrap();
        assert!(response.headers().get("access-control-allow-origin").is_none());
    }
    assert_eq!(scene.sandbox.requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_tokens_only_this_machine_may_send() {
    let scene = Scene::new("open", "", "").await;
    let relay = scene.relay();
    assert_eq!(answer(relay.post("/notify/disk_alert", alert())).await.0, 200);
    assert_eq!(answer(relay.raw("ops", text("by the name of the robot"))).await.0, 200);
    assert_eq!(answer(relay.raw("sales", text("a"))).await.0, 401);
    for header in ["x-forwarded-for", "x-forwarded-proto", "forwarded", "via"] {
        let (status, answer) =
            answer(relay.post("/notify/disk_alert", alert()).header(header, "1.1 proxy")).await;
        assert_eq!(status, 403, "{header}");
        assert!(answer.to_string().contains("[tokens.NAME]"), "{answer}");
        assert_eq!(scene::answer(relay.raw("ops", text("a")).header(header, "1.1 proxy")).await.0, 403);
    }
    scene.wait_for(2).await;
    let beyond = scene.fail(&["relay", "--http", "0.0.0.0:0", "--allow-host", "relay.example"]);
    assert!(!beyond.status.success());
    assert!(String::from_utf8_lossy(&beyond.stderr).contains("can be reached from other machines"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_is_that_of_the_caller() {
    let scene = Scene::new("rate", "", &format!("{TOKENS}rate = 2\n")).await;
    let relay = scene.relay();
    let typed = || relay.post("/notify/disk_alert", alert()).bearer_auth(OPS);
    assert_eq!((answer(typed()).await.0, answer(typed()).await.0), (200, 200));
    let refused = typed().send().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert!(refused.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() <= 30);
    let (status, refusal) = answer(relay.raw(OPS, text("a"))).await;
    assert_eq!((status, &refusal["errcode"]), (429, &json!(130_101)));
    assert_eq!(notify(&relay, "/notify/disk_alert", &alert()).await.0, 200, "another caller");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_can_be_asked_whether_everybody_is_to_be_notified() {
    let scene = Scene::new("everybody", "keyword = \"prod\"", TOKENS).await;
    let relay = scene.relay();
    let (status, refusal) =
        notify(&relay, "/notify/text_message", &json!({"text": "a", "atAll": true})).await;
    assert_eq!(status, 403);
    assert!(refusal["error_description"].as_str().unwrap().contains("nobody can be asked"), "{refusal}");
    let mut everybody = text("down");
    everybody["at"] = json!({"isAtAll": true});
    let (status, accepted) = answer(relay.raw(ALL, &everybody)).await;
    assert_eq!((status, &accepted), (200, &json!({"errcode": 0, "errmsg": "ok", "atAll": "removed"})));
    scene.wait_for(1).await;
    let arrived = &scene.sandbox.accepted()[0].message;
    assert!(!arrived.mentions().unwrap().all);
    assert_eq!(scene.texts(), ["down\nprod"], "the keyword is added");
    let metrics = client().get(format!("{}/metrics", relay.url)).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("at_all_removed_total{door=\"robot\"} 1"), "{metrics}");
    let log = relay.stop(&scene);
    assert!(log.contains("nobody can be asked"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_robot_that_allows_it_notifies_everybody() {
    let scene = Scene::new("allowed", "at_all = \"allow\"", TOKENS).await;
    let relay = scene.relay();
    let mut everybody = text("down");
    everybody["at"] = json!({"isAtAll": true});
    assert_eq!(answer(relay.raw(ALL, &everybody)).await.1, json!({"errcode": 0, "errmsg": "ok"}));
    scene.wait_for(1).await;
    assert!(scene.sandbox.accepted()[0].message.mentions().unwrap().all);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_cannot_keep_its_word_does_not_begin() {
    let scene = Scene::new("always", "confirm = \"always\"", TOKENS).await;
    let relay = ["relay", "--http", "127.0.0.1:0"];
    let error = |arguments: &[&str], environment: &[(&str, &str)]| {
        let output = scene.command(arguments).envs(environment.iter().copied()).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(error(&relay, &[]).contains("`ops`: confirm = \"always\""));
    assert!(error(&relay, &[("DINGTALK_NOTIFY_DRY_RUN", "1")]).contains("has no dry run"));
    let scene = Scene::new("stateless", "", TOKENS).await;
    let output = scene
        .command(&relay)
        .env_remove("DINGTALK_NOTIFY_STATE_DIR")
        .env("DINGTALK_NOTIFY_NO_STATE", "1")
        .output();
    let error = String::from_utf8(output.unwrap().stderr).unwrap();
    assert!(error.contains("the queue needs the state"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_has_the_shape_that_dingtalk_takes() {
    let scene = Scene::new("shape", "", TOKENS).await;
    let relay = scene.relay();
    let code = async |body: &str| {
        let (status, answer) = answer(relay.raw(OPS, body)).await;
        (status, answer["errcode"].as_i64().unwrap())
    };
    assert_eq!(code("{\"msgtype\":\"text\"}").await, (400, 400_201));
    assert_eq!(code("{").await, (400, 40035));
    assert_eq!(code("{\"msgtype\":\"image\"}").await, (400, 400_105));
    assert_eq!(code(&text(&"x".repeat(20_000)).to_string()).await, (400, 460_101));
    assert_eq!(code(&" ".repeat(256 * 1024 + 1)).await, (413, 460_101));
    let many: Vec<String> = (0..11).map(|n| format!("1380000{n:04}")).collect();
    let mut mentions = text("a");
    mentions["at"] = json!({"atMobiles": many});
    assert_eq!(code(&mentions.to_string()).await, (400, 40035));
    let (status, answer) = answer(relay.post("/robot/send", text("a"))).await;
    assert_eq!((status, answer["errcode"].as_i64()), (401, Some(40035)));
    assert_eq!(scene.sandbox.requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_robot_that_splits_takes_long_messages() {
    let scene = Scene::new("long", "overflow = \"split\"", TOKENS).await;
    let relay = scene.relay();
    let long =
        json!({"msgtype": "markdown", "markdown": {"title": "long", "text": "a line\n\n".repeat(4_000)}});
    assert_eq!(answer(relay.raw(OPS, &long)).await.0, 200);
    scene.wait_for(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_dingtalk_are_refused_and_never_logged() {
    let scene = Scene::new("foreign", "", TOKENS).await;
    let relay = scene.relay();
    let token = "5c".repeat(32);
    let (status, refusal) = answer(relay.raw(&token, text("a"))).await;
    assert_eq!((status, &refusal["errcode"]), (401, &json!(300_005)));
    assert!(refusal["errmsg"].as_str().unwrap().contains("the token of a robot"), "{refusal}");
    assert!(!refusal.to_string().contains(&token));
    assert_eq!(answer(relay.raw(OPS, text("secret content"))).await.0, 200);
    scene.wait_for(1).await;
    let log = relay.stop(&scene);
    assert!(log.contains("answered"), "{log}");
    for secret in [&*token, OPS, "access_token=", "secret content"] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_with_a_secret_needs_a_signature() {
    let scene = Scene::new("signed", "", &format!("{TOKENS}secret = \"env:SIGN\"\n")).await;
    let relay = scene.relay();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let now = u64::try_from(now).unwrap();
    let sign = dingtalk_core::delivery::Signer::new("SECsign").sign(now).to_query();
    let send = async |query: &str| {
        let (status, answer) = answer(relay.raw(&format!("{OPS}{query}"), text("a"))).await;
        (status, answer["errcode"].as_i64().unwrap())
    };
    assert_eq!(send(&format!("&timestamp={now}&sign={sign}")).await, (200, 0));
    assert_eq!(send("").await, (401, 310_000));
    assert_eq!(send(&format!("&timestamp={}&sign={sign}", now + 1)).await, (401, 310_000));
    assert_eq!(send(&format!("&timestamp={}&sign={sign}", now - 4_000_000)).await, (401, 310_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_other_programs_arrive() {
    let scene = Scene::new("recorded", "at_all = \"allow\"", TOKENS).await;
    let relay = scene.relay();
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors");
    let (mut accepted, mut refused) = (0, 0);
    for name in ["dingtalkchatbot-1.5.7.json", "npm-dingtalk-robot-sender-1.2.0.json"] {
        let recorded = fs::read_to_string(format!("{vectors}/{name}")).unwrap();
        let recorded: Value = serde_json::from_str(&recorded).unwrap();
        for case in recorded["vectors"].as_array().unwrap() {
            let by_robot = case["robot_accepted"].as_bool().unwrap();
            for request in case["requests"].as_array().unwrap() {
                let body = request["body_utf8"].as_str().unwrap();
                let (status, answer) = answer(relay.raw(ALL, body)).await;
                let by_relay = answer["errcode"] == 0;
                assert_eq!(by_relay, status == 200, "{name} {}: {answer}", case["case"]);
                assert!(by_relay || !by_robot, "{name} {}: {answer}", case["case"]);
                *if by_relay { &mut accepted } else { &mut refused } += 1;
            }
        }
    }
    scene.wait_for(accepted).await;
    assert_eq!((accepted, refused), (48, 4));
    assert_eq!(scene.sandbox.requests(), accepted as u64, "the strict sandbox refused none");
}

/// Requests that the strict sandbox refuses for a number or a field that DingTalk's documentation does not have. The
/// relay sends them as documented.
const MENDED: [(&str, &str); 6] = [
    ("dingtalk-webhook", "single"),
    ("dingtalk-webhook", "buttons"),
    ("dingtalk-robot-sdk", "text"),
    ("dingtalk-robot-sdk", "markdown"),
    ("dingtalk-robot-sdk", "single"),
    ("dingtalk-robot-sdk", "buttons"),
];

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_eleven_senders_get_the_verdict_of_a_robot() {
    let scene = Scene::new("senders", "at_all = \"allow\"", TOKENS).await;
    let relay = scene.relay();
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/senders.json");
    let recorded: Value = serde_json::from_str(&fs::read_to_string(vectors).unwrap()).unwrap();
    let (mut accepted, mut refused, mut mended) = (0, Vec::new(), Vec::new());
    for sender in recorded["senders"].as_array().unwrap() {
        let name = sender["sender"].as_str().unwrap();
        for vector in sender["vectors"].as_array().unwrap() {
            let case = vector["case"].as_str().unwrap();
            for request in vector["requests"].as_array().unwrap() {
                let body = request["body_utf8"].as_str().unwrap();
                let content_type = request["content_type"].as_str().unwrap();
                let post = |url: String| {
                    answer(client().post(url).header("content-type", content_type).body(body.to_owned()))
                };
                let robot = format!("{}/robot/send?access_token={}", scene.sandbox.base_url(), scene::DB);
                let by_robot = post(robot).await.1["errcode"].as_i64().unwrap();
                let by_relay = post(format!("{}/robot/send?access_token={ALL}", relay.url)).await.1;
                let by_relay = by_relay["errcode"].as_i64().unwrap();
                match (by_robot, by_relay) {
                    (0, 0) => accepted += 1,
                    (40035, 0) => mended.push((name, case)),
                    _ => {
                        assert_eq!(by_relay, by_robot, "{name} {case}");
                        refused.push((name, case, by_relay));
                    }
                }
            }
        }
    }
    assert_eq!(mended, MENDED);
    let expected = [
        ("onepush", "markdown_without_title", 400_402),
        ("apprise", "long", 460_101),
        ("push-all-in-one", "link", 400_302),
        ("push-all-in-one", "feed_empty", 400_602),
        ("dingtalk-robot-sdk", "text_missing", 400_202),
    ];
    assert_eq!(refused, expected);
    assert_eq!(accepted, 28);
    let arrived = 2 * accepted + mended.len();
    scene.wait_for(arrived).await;
    let asked = 2 * accepted + 2 * mended.len() + refused.len();
    assert_eq!(scene.sandbox.requests(), asked as u64, "the strict sandbox refused nothing of the relay");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_may_name_the_whole_address() {
    // As one of those senders does.
    let scene = Scene::new("absolute", "", TOKENS).await;
    let relay = scene.relay();
    let body = text("whole").to_string();
    let head = |host: &str| {
        format!(
            "POST http://{host}/robot/send?access_token={OPS} HTTP/1.1\r\nHost: {host}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    assert!(first_line(&relay, &head("evil.example")).await.contains("403"));
    assert!(first_line(&relay, &head(relay.url.trim_start_matches("http://"))).await.contains("200"));
    scene.wait_for(1).await;
    assert_eq!(scene.texts(), ["whole"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_arrives_after_a_kill() {
    let scene = Scene::new("killed", "", TOKENS).await;
    let mut relay = scene.relay();
    let mut accepted = Vec::new();
    for round in 0..3 {
        for number in 0..20 {
            let name = format!("m{round}-{number}");
            if answer(relay.raw(OPS, text(&name))).await.0 == 200 {
                accepted.push(name);
            }
        }
        relay.kill();
        relay = scene.relay();
    }
    assert_eq!(accepted.len(), 60);
    let deadline = std::time::Instant::now() + program::PATIENCE;
    loop {
        let texts = scene.texts();
        let missing: Vec<&String> = accepted.iter().filter(|name| !texts.contains(name)).collect();
        if missing.is_empty() {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{missing:?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_no_success() {
    let scene = Scene::new("full", "", &format!("[outbox]\ncapacity = 1\n{TOKENS}")).await;
    scene.sandbox.fault_next(50, dingtalk_sandbox::Fault::Hang);
    let relay = scene.relay();
    let mut last = (0, Value::Null);
    for number in 0..4 {
        last = answer(relay.raw(OPS, text(&number.to_string()))).await;
    }
    assert_eq!((last.0, &last.1["errcode"]), (503, &json!(-1)));
    let response = relay.post("/notify/disk_alert", alert()).bearer_auth(ALL).send().await.unwrap();
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key("retry-after"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_id_is_one_message() {
    let scene = Scene::new("same", "", TOKENS).await;
    let relay = scene.relay();
    let mut message = text("once");
    message["msgUuid"] = "retry-1".into();
    for _ in 0..3 {
        assert_eq!(answer(relay.raw(OPS, &message)).await.0, 200);
    }
    assert_eq!(answer(relay.raw(OPS, text("last"))).await.0, 200);
    scene.wait_for(2).await;
    assert_eq!(scene.texts(), ["once", "last"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_describes_the_notifications() {
    let scene = Scene::new("openapi", "", TOKENS).await;
    let relay = scene.relay();
    let get = || client().get(format!("{}/openapi.json", relay.url));
    assert_eq!(answer(get()).await.0, 401);
    let (status, document) = answer(get().bearer_auth(ALL)).await;
    assert_eq!((status, document["openapi"].as_str()), (200, Some("3.1.0")));
    assert!(document["paths"]["/notify/disk_alert"]["post"].is_object());
    assert!(document["paths"]["/notify/{robot}/disk_alert"]["post"].is_object());
    let schema = &document["components"]["schemas"]["disk_alert"];
    assert_eq!(schema["properties"]["percent"]["maximum"], 100);
}

/// Locks the file of the queue, as another process that writes does.
fn lock(scene: &Scene) -> Connection {
    let connection = Connection::open(scene.path("state").join("outbox.db")).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    connection
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_use_is_a_conflict() {
    let scene = Scene::new("conflict", "", TOKENS).await;
    let relay = scene.relay();
    assert_eq!(notify(&relay, "/notify/disk_alert", &alert()).await.0, 200);
    let locked = lock(&scene);
    let send = || {
        let request = relay.post("/notify/disk_alert", alert()).bearer_auth(ALL);
        Box::pin(answer(request.header("idempotency-key", "same")))
    };
    // One of the two waits for the file, and the other is told so.
    let (mut one, mut other) = (send(), send());
    let ((status, conflict), first) = tokio::select! {
        answered = &mut one => (answered, other),
        answered = &mut other => (answered, one),
    };
    assert_eq!((status, conflict["error"].as_str()), (409, Some("in_progress")), "{conflict}");
    drop(locked);
    let (status, queued) = first.await;
    assert_eq!((status, queued["status"].as_str()), (200, Some("queued")), "{queued}");
    // The key is free again: it has its answer.
    let (status, again) = send().await;
    assert_eq!((status, &again["replayed"], &again["id"]), (200, &json!(true), &queued["id"]));
    scene.wait_for(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_is_no_success() {
    let hook = "[hooks.alertmanager]\npreset = \"alertmanager@1\"\nresolved = \"own\"\n";
    let scene = Scene::new("store", "", &format!("{TOKENS}{hook}")).await;
    let relay = scene.relay();
    assert_eq!(notify(&relay, "/notify/disk_alert", &alert()).await.0, 200);
    scene.wait_for(1).await;
    let payload = fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/payloads/alertmanager/resolved-0.34.json"
    ));
    let payload = payload.unwrap();
    let send = async || {
        let typed = relay.post("/notify/disk_alert", alert()).bearer_auth(ALL);
        let typed = typed.header("idempotency-key", "again").send();
        let raw = relay.raw(OPS, text("raw")).send();
        let hook = relay.post("/hooks/ops/alertmanager", &payload).bearer_auth(ALL).send();
        let (typed, raw, hook) = tokio::join!(typed, raw, hook);
        [typed, raw, hook].map(Result::unwrap)
    };
    let locked = lock(&scene);
    for response in send().await {
        assert_eq!(response.status(), 503, "{}", response.url().path());
        assert!(response.headers().contains_key("retry-after"), "{}", response.url().path());
    }
    drop(locked);
    // Nothing of it was remembered: the same requests are accepted now, and each arrives once.
    for response in send().await {
        let path = response.url().path().to_owned();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert_eq!(status, 200, "{path}: {text}");
        assert!(!text.contains("replayed") && !text.contains("duplicate"), "{path}: {text}");
    }
    scene.wait_for(4).await;
    assert_eq!(scene.texts().len(), 4);
}
