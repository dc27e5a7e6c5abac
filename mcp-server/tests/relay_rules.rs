//! Rules that hold at every door of the relay.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;
#[path = "relay/scene.rs"]
mod scene;

use std::{fs, net::TcpListener, time::Instant};

use dingtalk_sandbox::Fault;
use reqwest::Method;
use scene::{ALL, Relay, Scene, TOKENS, answer, client};
use serde_json::{Value, json};

const HOOKS: &str = "[hooks.alertmanager]\npreset = \"alertmanager@1\"\n";

/// Addresses of all doors, and requests that they take.
fn doors() -> [(String, Value); 4] {
    [
        ("/notify/ops/disk_alert".to_owned(), json!({"host": "web-3", "percent": 97})),
        (format!("/robot/send?access_token={ALL}"), json!({"msgtype": "text", "text": {"content": "a"}})),
        ("/hooks/ops/alertmanager".to_owned(), firing("HostDown")),
        ("/dingtalk/ops/send".to_owned(), firing("DiskFull")),
    ]
}

fn firing(name: &str) -> Value {
    let alert = json!({
        "status": "firing", "labels": {"alertname": name}, "annotations": {"summary": format!("{name} on web-3")},
        "startsAt": "2026-11-29T08:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "", "fingerprint": name
    });
    json!({
        "version": "4", "groupKey": name, "status": "firing", "receiver": "ops", "groupLabels": {"alertname": name},
        "commonLabels": {"alertname": name}, "commonAnnotations": {}, "externalURL": "http://alertmanager:9093",
        "alerts": [alert], "truncatedAlerts": 0
    })
}

async fn metrics(relay: &Relay) -> String {
    let metrics = client().get(format!("{}/metrics", relay.url)).bearer_auth(ALL).send().await.unwrap();
    metrics.text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_door_takes_post_of_json_from_programs_alone() {
    let scene = Scene::new("rules", "", &format!("{TOKENS}{HOOKS}")).await;
    let relay = scene.relay();
    for (door, body) in doors() {
        let url = format!("{}{door}", relay.url);
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::PATCH, Method::DELETE] {
            let request = client().request(method.clone(), &url).bearer_auth(ALL);
            let request = request.header("content-type", "application/json").body(body.to_string());
            assert_eq!(answer(request).await.0, 405, "{method} {door}");
        }
        for (header, value) in [
            ("origin", "http://localhost"),
            ("origin", "null"),
            ("host", "evil.example"),
            ("host", "localhost.evil.example"),
        ] {
            let request = relay.post(&door, &body).bearer_auth(ALL).header(header, value);
            assert_eq!(answer(request).await.0, 403, "{header}: {value} at {door}");
        }
        for content_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "text/json",
            "",
        ] {
            let request = client().post(&url).bearer_auth(ALL).header("content-type", content_type);
            assert_eq!(answer(request.body(body.to_string())).await.0, 415, "{content_type} at {door}");
        }
        let preflight = client().request(Method::OPTIONS, &url).header("origin", "http://localhost");
        let preflight = preflight.header("access-control-request-method", "POST").send().await.unwrap();
        assert!(
            preflight.headers().keys().all(|name| !name.as_str().starts_with("access-control")),
            "{door}"
        );
    }
    assert_eq!(scene.sandbox.requests(), 0);
    for (door, body) in doors() {
        assert_eq!(answer(relay.post(&door, &body).bearer_auth(ALL)).await.0, 200, "{door}");
    }
    scene.wait_for(4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_door_is_open_to_what_a_proxy_has_passed_on() {
    let scene = Scene::new("proxy", "", &format!("{HOOKS}auth = \"none\"\n")).await;
    let relay = scene.relay();
    for (door, body) in doors() {
        let door = door.replace(ALL, "ops");
        for header in ["X-Forwarded-For", "x-forwarded-host", "X-FORWARDED-PROTO", "Forwarded", "Via"] {
            let request = relay.post(&door, &body).header(header, "for=192.0.2.1");
            assert_eq!(answer(request).await.0, 403, "{header} at {door}");
        }
    }
    assert_eq!(scene.sandbox.requests(), 0);
    for (door, body) in doors() {
        assert_eq!(answer(relay.post(&door.replace(ALL, "ops"), &body)).await.0, 200, "{door}");
    }
    scene.wait_for(4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_of_metrics_are_names_of_the_file() {
    let hooks = "[hooks.github]\npreset = \"github@1\"\nsecret = \"env:SIGN\"\n";
    let scene = Scene::new("labels", "", &format!("{TOKENS}{HOOKS}{hooks}")).await;
    let relay = scene.relay();
    for (door, _) in doors() {
        for part in ["ops", "disk_alert", "alertmanager", ALL] {
            let (status, _) =
                answer(relay.post(&door.replace(part, "invented"), json!({})).bearer_auth(ALL)).await;
            assert!((400..500).contains(&status), "{door}");
        }
        answer(relay.post(&door, json!({})).bearer_auth("invented-0123456789abcdef")).await;
    }
    let event = "{}";
    let request = relay.post("/hooks/ops/github", event).header("x-github-event", "invented");
    let (_, unknown) = answer(request.header("x-hub-signature-256", scene::signed("SECsign", event))).await;
    assert_eq!(unknown, json!({"status": "unknown", "event": "invented"}));
    let metrics = metrics(&relay).await;
    assert!(!metrics.contains("invented"), "{metrics}");
    let counted =
        "dingtalk_notify_hook_requests_total{source=\"github\",robot=\"ops\",outcome=\"unknown\"} 1";
    assert!(metrics.contains(counted), "{metrics}");
}

/// Reports whether a file of the state contains a text.
fn is_stored(scene: &Scene, text: &str) -> bool {
    let files = fs::read_dir(scene.path("state")).unwrap();
    let contains = |bytes: Vec<u8>| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    files.filter_map(|file| fs::read(file.unwrap().path()).ok()).any(contains)
}

#[tokio::test(flavor = "multi_thread")]
async fn payloads_are_not_stored_and_messages_only_until_they_arrive() {
    let scene = Scene::new("privacy", "", &format!("{TOKENS}{HOOKS}")).await;
    scene.sandbox.fault(Fault::Hang);
    let relay = scene.relay();
    let mut payload = firing("HostDown");
    payload["alerts"][0]["labels"]["customer"] = json!("a name that no message shows");
    assert_eq!(answer(relay.post("/hooks/ops/alertmanager", &payload).bearer_auth(ALL)).await.0, 200);
    assert!(is_stored(&scene, "HostDown on web-3"), "it could not survive a crash");
    assert!(!is_stored(&scene, "a name that no message shows"));
    scene.sandbox.heal();
    scene.wait_for(1).await;
    let deadline = Instant::now() + program::PATIENCE;
    while is_stored(&scene, "HostDown") {
        assert!(Instant::now() < deadline, "what was delivered is still stored");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_of_a_payload_is_opened() {
    let scene = Scene::new("outward", "", &format!("{TOKENS}{HOOKS}")).await;
    let relay = scene.relay();
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let link = format!("http://{}/x.png", elsewhere.local_addr().unwrap());
    let mut payload = firing("HostDown");
    payload["externalURL"] = json!(link);
    payload["alerts"][0]["generatorURL"] = json!(link);
    let picture = json!({"msgtype": "link", "link": {
        "title": "t", "text": "t", "messageUrl": link, "picUrl": link
    }});
    assert_eq!(answer(relay.post("/hooks/ops/alertmanager", &payload).bearer_auth(ALL)).await.0, 200);
    assert_eq!(answer(relay.raw(ALL, &picture)).await.0, 200);
    scene.wait_for(2).await;
    assert!(scene.texts().iter().any(|text| text.contains(&link)), "{:?}", scene.texts());
    assert_eq!(elsewhere.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}
