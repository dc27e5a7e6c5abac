//! Sources beside each other: one that floods, late and repeated requests, forms, links, and a reload.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;
#[path = "relay/scene.rs"]
mod scene;

use std::{collections::BTreeMap, fs, process::Command, time::Duration};

use scene::{ALL, OPS, Relay, Scene, TOKENS, answer, client, payload, signed};
use serde_json::{Value, json};

const QUIET: &str = r#"
[hooks.alertmanager]
preset = "alertmanager@1"
resolved = "own"
[hooks.other]
preset = "alertmanager@1"
resolved = "own"
"#;

/// An alert of this status. Each number is another alert.
fn alert(number: usize, status: &str) -> Value {
    json!({
        "status": status,
        "labels": {"alertname": format!("Alert{number}"), "instance": format!("web-{number}")},
        "annotations": {"summary": format!("summary {number}")},
        "startsAt": "2026-11-29T08:00:00Z",
        "endsAt": if status == "resolved" { "2026-11-29T09:00:00Z" } else { "0001-01-01T00:00:00Z" },
        "generatorURL": "http://prometheus-0:9090/graph?g0.expr=up&token=secret",
        "fingerprint": format!("{number:016x}"),
    })
}

/// A request of Alertmanager about the group of this name.
fn group(name: &str, status: &str, alerts: &[Value]) -> Value {
    json!({
        "version": "4", "groupKey": format!("{{}}:{{alertname=\"{name}\"}}"), "receiver": "ops", "status": status,
        "truncatedAlerts": 0, "groupLabels": {"alertname": name}, "commonLabels": {"alertname": name},
        "commonAnnotations": {}, "externalURL": "http://user:password@alertmanager:9093/", "alerts": alerts,
    })
}

async fn post(relay: &Relay, source: &str, body: &Value) -> (u16, Value) {
    answer(relay.post(&format!("/hooks/ops/{source}"), body).bearer_auth(ALL)).await
}

/// Posts, and returns the word for the outcome.
async fn outcome(relay: &Relay, source: &str, body: &Value) -> String {
    let (status, answer) = post(relay, source, body).await;
    assert_eq!(status, 200, "{answer}");
    answer["status"].as_str().unwrap().to_owned()
}

/// Returns the notifications that a digest counts.
fn counted(text: &str) -> usize {
    let count = text.split("(+").nth(1).and_then(|rest| rest.split(' ').next());
    count.map_or(0, |count| count.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_floods_disturbs_no_other() {
    let noisy = "per_minute = 20\n";
    let sections = format!("{TOKENS}[outbox]\ncapacity = 30\n{QUIET}")
        .replace("[hooks.other]", &format!("{noisy}[hooks.other]"));
    let scene = Scene::new("flood", "", &sections).await;
    let relay = scene.relay();
    let mut outcomes = BTreeMap::new();
    for number in 0..300 {
        let name = format!("Noisy{number}");
        let body = group(&name, "firing", &[alert(number, "firing")]);
        *outcomes.entry(outcome(&relay, "alertmanager", &body).await).or_insert(0) += 1;
        if number % 50 == 7 {
            let body = group(&format!("Quiet{number}"), "firing", &[alert(number, "firing")]);
            assert_eq!(outcome(&relay, "other", &body).await, "queued");
            assert_eq!(
                answer(relay.raw(OPS, json!({"msgtype": "text", "text": {"content": "raw"}}))).await.0,
                200
            );
        }
        // A retry of one that was merged is not counted again.
        if number % 60 == 59 {
            assert_eq!(outcome(&relay, "alertmanager", &body).await, "duplicate");
        }
    }
    assert_eq!(outcomes, BTreeMap::from([("merged".to_owned(), 280), ("queued".to_owned(), 20)]));
    let told = |texts: &[String]| {
        let digests = texts.iter().filter(|text| text.starts_with("alertmanager: too many"));
        let lines = digests.flat_map(|text| text.lines().filter(|line| line.contains(" Noisy")));
        let single = texts.iter().filter(|text| text.starts_with("### 🟠 Noisy")).count();
        (single + lines.count() + texts.iter().map(|text| counted(text)).sum::<usize>(), single)
    };
    let deadline = std::time::Instant::now() + program::PATIENCE;
    while told(&scene.texts()).0 < 300 {
        assert!(std::time::Instant::now() < deadline, "{:?}", told(&scene.texts()));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let texts = scene.texts();
    assert_eq!(told(&texts), (300, 20));
    let of = |start: &str| texts.iter().filter(|text| text.contains(start)).count();
    assert!(of("too many") < 10, "{}", of("too many"));
    assert_eq!((of("Quiet"), texts.iter().filter(|text| *text == "raw").count()), (6, 6));
    let metrics = client().get(format!("{}/metrics", relay.url)).bearer_auth(ALL).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    let counter =
        "dingtalk_notify_hook_requests_total{source=\"alertmanager\",robot=\"ops\",outcome=\"merged\"} 280";
    assert!(metrics.contains(counter), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn places_are_reserved_for_each_source() {
    let sections = format!("{TOKENS}[outbox]\ncapacity = 1\n{QUIET}")
        .replace("[hooks.other]", "places = 3\n[hooks.other]");
    let scene = Scene::new("places", "", &sections).await;
    // Nothing is delivered.
    scene.sandbox.fault(dingtalk_sandbox::Fault::Hang);
    let relay = scene.relay();
    let firing = |name: &str, number| group(&format!("{name}{number}"), "firing", &[alert(number, "firing")]);
    let mut outcomes = Vec::new();
    for number in 0..6 {
        outcomes.push(outcome(&relay, "alertmanager", &firing("Noisy", number)).await);
    }
    assert_eq!(outcomes, ["queued", "queued", "queued", "merged", "merged", "merged"]);
    assert_eq!(outcome(&relay, "other", &firing("Quiet", 1)).await, "queued");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_in_any_order_are_told_once() {
    let scene = Scene::new("order", "", &format!("{TOKENS}{QUIET}")).await;
    let relay = scene.relay();
    // Each group begins, grows, and is over; some alerts are over before the others.
    let mut requests = Vec::new();
    for number in 0..12 {
        let (a, b) = (2 * number, 2 * number + 1);
        let name = format!("Group{number}");
        requests.push((number, 0, group(&name, "firing", &[alert(a, "firing")])));
        requests.push((number, 1, group(&name, "firing", &[alert(a, "firing"), alert(b, "firing")])));
        requests.push((number, 2, group(&name, "firing", &[alert(a, "resolved"), alert(b, "firing")])));
        requests.push((number, 3, group(&name, "resolved", &[alert(a, "resolved"), alert(b, "resolved")])));
    }
    // Twice each: of both of a pair, late, and in another order; the same order in each run.
    let mut stream: Vec<_> = requests.iter().chain(&requests).enumerate().collect();
    stream.sort_by_key(|(at, (number, step, _))| (at * 7_919 + number * 104_729 + step * 31) % 97);
    let mut told: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let mut over = BTreeMap::new();
    for (_, (number, step, body)) in stream {
        let outcome = outcome(&relay, "alertmanager", body).await;
        *told.entry((*number, *step)).or_default() += usize::from(outcome == "queued");
        let (a, b) = over.entry(*number).or_insert((false, false));
        let nothing_is_left = match step {
            0 => *a,
            1 => *a && *b,
            2 => *b,
            _ => false,
        };
        if nothing_is_left {
            assert_eq!(outcome, "skipped", "{number} {step}");
        }
        *a |= *step >= 2;
        *b |= *step == 3;
    }
    assert!(told.values().all(|times| *times <= 1), "{told:?}");
    for number in 0..12 {
        assert_eq!(told[&(number, 3)], 1, "each end is told");
    }
    scene.wait_for(told.values().sum()).await;
    let mut ended = std::collections::BTreeSet::new();
    for text in scene.texts() {
        let name =
            text.split_whitespace().find(|word| word.starts_with("Group")).unwrap().trim_end_matches(':');
        if text.starts_with("### ✅") && text.contains("2 resolved") {
            assert!(ended.insert(name.to_owned()), "{name} has ended twice");
        }
    }
    assert_eq!(ended.len(), 12);
    // A new episode of the same alert begins at another time.
    let mut again = alert(0, "firing");
    again["startsAt"] = json!("2026-11-29T12:00:00Z");
    assert_eq!(outcome(&relay, "alertmanager", &group("Group0", "firing", &[again])).await, "queued");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_is_over_stays_so_after_a_restart() {
    let scene = Scene::new("late", "", &format!("{TOKENS}{QUIET}")).await;
    let mut relay = scene.relay();
    assert_eq!(
        outcome(&relay, "alertmanager", &group("A", "resolved", &[alert(1, "resolved")])).await,
        "queued"
    );
    scene.wait_for(1).await;
    relay.kill();
    let relay = scene.relay();
    let late = group("A", "firing", &[alert(1, "firing")]);
    let (_, skipped) = post(&relay, "alertmanager", &late).await;
    assert_eq!(skipped, json!({"status": "skipped", "event": "over"}));
    // Another source and another alert of the group are not over.
    assert_eq!(outcome(&relay, "other", &late).await, "queued");
    let mixed = group("A", "firing", &[alert(1, "firing"), alert(2, "firing")]);
    assert_eq!(outcome(&relay, "alertmanager", &mixed).await, "queued");
    scene.wait_for(3).await;
    let text = scene.texts().pop().unwrap();
    assert!(
        text.contains("A: 1 firing") && text.contains("summary 2") && !text.contains("summary 1"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_is_told_after_the_window_of_a_pair() {
    let preset = dingtalk_config::PRESETS.iter().find(|preset| preset.name == "alertmanager").unwrap();
    let printed = preset.text(dingtalk_core::delivery::Language::En);
    let own = printed.replace("version = 1\n", "").replace("within = \"4m\"", "within = \"1s\"");
    let scene = Scene::new("reminder", "", &format!("{TOKENS}{own}")).await;
    let relay = scene.relay();
    let firing = group("A", "firing", &[alert(1, "firing")]);
    assert_eq!(outcome(&relay, "alertmanager", &firing).await, "queued");
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(outcome(&relay, "alertmanager", &firing).await, "queued");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_prove_nothing_and_open_where_the_file_says() {
    let links = "[links]\n\"http://prometheus-0:9090\" = \"https://prom.example.com\"\n";
    let scene = Scene::new("links", "", &format!("{TOKENS}{links}{QUIET}")).await;
    let relay = scene.relay();
    outcome(&relay, "alertmanager", &group("A", "firing", &[alert(1, "firing")])).await;
    scene.wait_for(1).await;
    let text = scene.texts().pop().unwrap();
    assert!(text.contains("(https://prom.example.com/graph?g0.expr=up)"), "{text}");
    assert!(text.contains("(http://alertmanager:9093/)") && !text.contains("password"), "{text}");
    let scene = Scene::new("origin", "", "[links]\n\"http://prometheus/graph\" = \"prom\"\n").await;
    let ended = scene.fail(&["relay", "--http", "127.0.0.1:0"]);
    let problem = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(problem.matches("invalid origin").count() == 2, "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_are_taken_where_the_preset_says_so() {
    let hooks = "[hooks.github]\npreset = \"github@1\"\nsecret = \"env:SIGN\"\n[hooks.kuma]\npreset = \"uptime-kuma@1\"\n";
    let scene = Scene::new("forms", "", &format!("{TOKENS}{hooks}{QUIET}")).await;
    let relay = scene.relay();
    let push = payload("tests/payloads/github/push.json");
    let form: String =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("payload", &push).finish();
    let send = |signature: String| {
        client()
            .post(format!("{}/hooks/ops/github", relay.url))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-github-event", "push")
            .header("x-hub-signature-256", signature)
            .body(form.clone())
    };
    // The signature is that of the form, not of the payload in it.
    assert_eq!(answer(send(signed("SECsign", &push))).await.0, 401);
    let (status, queued) = answer(send(signed("SECsign", &form))).await;
    assert_eq!((status, queued["status"].as_str()), (200, Some("queued")), "{queued}");
    let down = payload("tests/payloads/uptime-kuma/down.json");
    let parts = |name: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{down}\r\n--x--\r\n")
    };
    let send = |source: &str, content_type: &str, body: String| {
        let request = client().post(format!("{}/hooks/ops/{source}", relay.url)).bearer_auth(ALL);
        answer(request.header("content-type", content_type).body(body))
    };
    let multipart = "multipart/form-data; boundary=x";
    assert_eq!(send("kuma", multipart, parts("data")).await.0, 200);
    assert_eq!(send("kuma", multipart, parts("other")).await.0, 400);
    assert_eq!(send("kuma", "multipart/form-data", parts("data")).await.0, 415);
    for content_type in [multipart, "application/x-www-form-urlencoded", "text/plain"] {
        assert_eq!(send("alertmanager", content_type, parts("data")).await.0, 415, "{content_type}");
    }
    scene.wait_for(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_an_outage_tells_how_long_it_lasted() {
    let hooks = "[hooks.kuma]\npreset = \"uptime-kuma@1\"\nresolved = \"own\"\n";
    let scene = Scene::new("lasted", "", &format!("{TOKENS}{hooks}{QUIET}")).await;
    // Like that of older versions: it does not tell when the monitor went down.
    let heartbeat = |status: u8, second: u8, monitor: &str| {
        json!({
            "heartbeat": {"status": status, "msg": "checked", "localDateTime": format!("2026-11-29 14:10:{second:02}")},
            "monitor": {"id": monitor, "name": monitor}, "msg": "checked",
        })
    };
    let mut relay = scene.relay();
    let mut sent = 0;
    let mut tell = async |relay: &Relay, body: Value| {
        assert_eq!(post(relay, "kuma", &body).await.0, 200);
        sent += 1;
        scene.wait_for(sent).await;
        scene.texts().pop().unwrap()
    };
    tell(&relay, heartbeat(0, 1, "Shop")).await;
    relay.kill();
    relay = scene.relay();
    // A reminder is not the beginning.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    tell(&relay, heartbeat(0, 2, "Shop")).await;
    let up = tell(&relay, heartbeat(1, 3, "Shop")).await;
    let seconds = up.split_once("up again after ").and_then(|(_, rest)| rest.split_once(" s"));
    assert!(seconds.is_some_and(|(seconds, _)| seconds != "0"), "{up}");
    for (status, second, monitor, tells) in
        [(1, 4, "Shop", false), (1, 5, "Mail", false), (0, 6, "Shop", false), (1, 7, "Shop", true)]
    {
        let text = tell(&relay, heartbeat(status, second, monitor)).await;
        assert_eq!(text.contains("up again after "), tells, "{second}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_is_checked_as_a_whole() {
    let scene = Scene::new("reload", "", &format!("{TOKENS}{QUIET}")).await;
    let relay = scene.relay();
    let metric = async |relay: &Relay| {
        let metrics = client().get(format!("{}/metrics", relay.url)).bearer_auth(ALL).send().await.unwrap();
        metrics
            .text()
            .await
            .unwrap()
            .lines()
            .find(|line| line.starts_with("dingtalk_notify_config_reload_ok "))
            .unwrap()
            .to_owned()
    };
    let firing = group("A", "firing", &[alert(1, "firing")]);
    assert_eq!(post(&relay, "third", &firing).await.0, 404);
    let file = scene.path("robots.toml");
    let before = fs::read_to_string(&file).unwrap();
    let hang_up = || {
        let sent = Command::new("kill").args(["-HUP", &relay.process().to_string()]).status().unwrap();
        assert!(sent.success());
    };
    let deadline = std::time::Instant::now() + program::PATIENCE;
    // A fault in one hook: the good one is not taken either.
    let good = "[hooks.third]\npreset = \"alertmanager@1\"\n";
    fs::write(&file, format!("{before}{good}[hooks.fourth]\npreset = \"grafanna@1\"\n")).unwrap();
    hang_up();
    while !metric(&relay).await.ends_with(" 0") {
        assert!(std::time::Instant::now() < deadline, "the fault is not told");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(post(&relay, "third", &firing).await.0, 404);
    assert_eq!(outcome(&relay, "alertmanager", &firing).await, "queued");
    fs::write(&file, format!("{before}{good}")).unwrap();
    hang_up();
    while !metric(&relay).await.ends_with(" 1") {
        assert!(std::time::Instant::now() < deadline, "the file is not read");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(outcome(&relay, "third", &firing).await, "queued");
    assert_eq!(outcome(&relay, "alertmanager", &firing).await, "duplicate");
    scene.wait_for(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_carries_the_relay_beside_mcp() {
    let scene = Scene::new("serve", "", &format!("{TOKENS}{QUIET}")).await;
    let relay = scene.start(&["serve", "--http", "127.0.0.1:0", "--relay"]);
    let firing = group("A", "firing", &[alert(1, "firing")]);
    assert_eq!(outcome(&relay, "alertmanager", &firing).await, "queued");
    assert_eq!(answer(relay.raw(OPS, json!({"msgtype": "text", "text": {"content": "raw"}}))).await.0, 200);
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}});
    let request =
        relay.post("/mcp", hello).bearer_auth(ALL).header("accept", "application/json, text/event-stream");
    assert_eq!(answer(request).await.0, 200);
    scene.wait_for(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_has_sixteen_kibibytes() {
    let scene = Scene::new("head", "", TOKENS).await;
    let relay = scene.relay();
    let get = |bytes: usize| {
        client().get(format!("{}/healthz", relay.url)).header("x-filler", "x".repeat(bytes)).send()
    };
    assert_eq!(get(8 * 1024).await.unwrap().status(), 200);
    assert_eq!(get(17 * 1024).await.unwrap().status(), 431);
}
