//! The relay's doors for webhooks: authentic payloads become messages, others become nothing.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;
#[path = "relay/scene.rs"]
mod scene;

use scene::{ALL, OPS, Scene, TOKENS, answer, payload, signed};
use serde_json::{Value, json};

const HOOKS: &str = r#"
[hooks.alertmanager]
preset = "alertmanager@1"
resolved = "own"
[hooks.github]
preset = "github@1"
secret = ["env:SIGN", "env:OPS"]
[hooks.open]
preset = "uptime-kuma@1"
auth = "none"
"#;

fn firing() -> String {
    payload("mcp-server/examples/webhooks/payloads/alertmanager/firing-and-resolved-v4.json")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_told_once_by_a_pair_of_alertmanagers() {
    let scene = Scene::new("alert", "", &format!("{TOKENS}{HOOKS}")).await;
    let relay = scene.relay();
    let post = async |body: &str, token: &str| {
        answer(relay.post("/hooks/ops/alertmanager", body).bearer_auth(token)).await
    };
    let (status, first) = post(&firing(), ALL).await;
    assert_eq!((status, first["status"].as_str()), (200, Some("queued")), "{first}");
    let (status, second) =
        post(&firing().replace("https://alertmanager.", "https://alertmanager-2."), OPS).await;
    assert_eq!((status, second["status"].as_str()), (200, Some("duplicate")), "{second}");
    let (status, _) = post(&payload("tests/payloads/alertmanager/resolved-0.34.json"), ALL).await;
    assert_eq!(status, 200);
    scene.wait_for(2).await;
    let texts = scene.texts();
    assert!(texts[0].starts_with("### 🔴 HostDiskWillFill: 1 firing"), "{texts:?}");
    assert!(texts[1].starts_with("### ✅ InstanceDown: 1 resolved"), "{texts:?}");
    assert_eq!(texts.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_is_recognised_after_a_restart() {
    let scene = Scene::new("restart", "", &format!("{TOKENS}{HOOKS}")).await;
    let mut relay = scene.relay();
    let post = async |relay: &scene::Relay, body: &str| {
        answer(relay.post("/hooks/ops/alertmanager", body).bearer_auth(ALL)).await.1["status"].clone()
    };
    assert_eq!(post(&relay, &firing()).await, "queued");
    scene.wait_for(1).await;
    relay.kill();
    relay = scene.relay();
    assert_eq!(post(&relay, &firing()).await, "duplicate");
    // One alert more is another state of the group.
    let mut other: Value = serde_json::from_str(&firing()).unwrap();
    other["alerts"][0]["fingerprint"] = json!("another");
    assert_eq!(post(&relay, &other.to_string()).await, "queued");
    scene.wait_for(2).await;
    assert_eq!(scene.texts().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_prometheus_webhook_dingtalk_works() {
    let scene = Scene::new("former", "", &format!("{TOKENS}{HOOKS}")).await;
    let relay = scene.relay();
    let (status, _) = answer(relay.post("/dingtalk/ops/send", firing()).bearer_auth(ALL)).await;
    assert_eq!(status, 200);
    let (status, problem) = answer(relay.post("/dingtalk/opps/send", firing()).bearer_auth(ALL)).await;
    assert_eq!(status, 404);
    assert!(problem.to_string().contains("did you mean `ops`?"), "{problem}");
    scene.wait_for(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_has_the_hook_of_its_name() {
    let named = "[hooks.ops]\npreset = \"alertmanager@1\"\nlanguage = \"zh\"\n";
    let scene = Scene::new("former-named", "", &format!("{TOKENS}{HOOKS}{named}")).await;
    let relay = scene.relay();
    let (status, _) = answer(relay.post("/dingtalk/ops/send", firing()).bearer_auth(ALL)).await;
    assert_eq!(status, 200);
    scene.wait_for(1).await;
    assert!(scene.texts()[0].contains("1 条告警触发"), "{:?}", scene.texts());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_proves_where_a_payload_comes_from() {
    let scene = Scene::new(
        "signature",
        "",
        HOOKS.split("[hooks.github]").last().map(|rest| format!("[hooks.github]{rest}")).unwrap().as_str(),
    )
    .await;
    let relay = scene.relay();
    let body = payload("tests/payloads/github/push.json");
    let post = |body: &str, signature: &str| {
        relay
            .post("/hooks/ops/github", body)
            .header("x-github-event", "push")
            .header("x-hub-signature-256", signature)
            // GitHub comes through a proxy.
            .header("x-forwarded-for", "192.0.2.1")
    };
    for (body, signature) in [
        (&*body, "sha256=00".to_owned()),
        (&*body, signed("another secret", &body)),
        (&*body.replace("lilei", "hacker"), signed("SECsign", &body)),
    ] {
        assert_eq!(answer(post(body, &signature)).await.0, 401);
    }
    assert_eq!(answer(relay.post("/hooks/ops/github", &body).header("x-github-event", "push")).await.0, 401);
    // Both secrets are valid while one replaces the other.
    let (status, first) = answer(post(&body, &signed("SECsign", &body))).await;
    assert_eq!((status, first["status"].as_str()), (200, Some("queued")), "{first}");
    let (_, replayed) = answer(post(&body, &signed(OPS, &body))).await;
    assert_eq!(replayed["status"], "duplicate", "a copy tells the group nothing");
    let ping = r#"{"zen": "Design for failure."}"#;
    let request =
        relay.post("/hooks/ops/github", ping).header("x-hub-signature-256", signed("SECsign", ping));
    let (status, shown) = answer(request.header("x-github-event", "ping")).await;
    assert_eq!((status, shown), (200, json!({"status": "skipped", "event": "ping"})));
    scene.wait_for(1).await;
    let log = relay.stop(&scene);
    for secret in ["SECsign", OPS] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_hook_is_open_to_this_machine_alone() {
    let open = "[hooks.open]\npreset = \"uptime-kuma@1\"\nauth = \"none\"\n";
    let scene = Scene::new("open", "", open).await;
    let relay = scene.relay();
    let down = payload("tests/payloads/uptime-kuma/down.json");
    assert_eq!(answer(relay.post("/hooks/ops/open", &down)).await.0, 200);
    let (status, problem) =
        answer(relay.post("/hooks/ops/open", &down).header("x-forwarded-for", "192.0.2.1")).await;
    assert_eq!(status, 403);
    assert!(problem.to_string().contains("auth = "), "{problem}");
    scene.wait_for(1).await;
    assert!(scene.texts()[0].starts_with("### 🔴 网上商城 is down"), "{:?}", scene.texts());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_without_any_proof_does_not_start() {
    let scene = Scene::new("proof", "", "[hooks.alertmanager]\npreset = \"alertmanager@1\"\n").await;
    let ended = scene.fail(&["relay", "--http", "127.0.0.1:0"]);
    let problem = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!ended.status.success());
    assert!(problem.contains("hooks.alertmanager: nothing proves the origin of its requests"), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authentic_payload_is_never_lost_to_its_form() {
    let scene = Scene::new("form", "", &format!("{TOKENS}{HOOKS}")).await;
    let relay = scene.relay();
    let post = |body: String| relay.post("/hooks/ops/alertmanager", body).bearer_auth(ALL);
    let mut odd: Value = serde_json::from_str(&firing()).unwrap();
    odd["alerts"] = json!("not a list");
    odd["commonLabels"] = json!([1, {"a": null}]);
    odd["externalURL"] = json!("javascript:alert(1)");
    let (status, shown) = answer(post(odd.to_string())).await;
    assert_eq!((status, shown["status"].as_str()), (200, Some("queued")), "{shown}");
    let mut many: Value = serde_json::from_str(&firing()).unwrap();
    let alert = many["alerts"][0].clone();
    many["alerts"] = (0..5_000)
        .map(|number| {
            let mut alert = alert.clone();
            alert["fingerprint"] = json!(number.to_string());
            alert["annotations"]["summary"] = json!("x".repeat(200));
            alert
        })
        .collect();
    assert!(many.to_string().len() > 1024 * 1024);
    assert_eq!(answer(post(many.to_string())).await.0, 200);
    scene.wait_for(2).await;
    assert!(scene.texts().iter().any(|text| text.contains("5000 firing") && text.contains("…and")));
    many["alerts"] = many["alerts"].as_array().unwrap().iter().take(30).cloned().collect();
    for alert in many["alerts"].as_array_mut().unwrap() {
        alert["annotations"]["summary"] = json!("满".repeat(600));
    }
    let (status, shown) = answer(post(many.to_string())).await;
    assert_eq!((status, &shown["fallback"]), (200, &json!(true)), "{shown}");
    scene.wait_for(3).await;
    assert!(
        scene
            .texts()
            .iter()
            .any(|text| text == "HostDiskWillFill: firing (30)\nThe notification is too long to be shown")
    );
    // A payload of another source is the sender's fault.
    for body in ["{}", "[]", "{\"status\"", "\"text\""] {
        assert_eq!(answer(post(body.to_owned())).await.0, 400, "{body}");
    }
    assert_eq!(answer(post(payload("tests/payloads/grafana/firing.json"))).await.0, 400);
    assert_eq!(answer(post(format!("{}{}", "[".repeat(65), "]".repeat(65)))).await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_of_nine_mebibytes_is_told_once_an_hour() {
    let scene = Scene::new("size", "", &format!("{TOKENS}{HOOKS}")).await;
    let relay = scene.relay();
    let body = format!("{{\"version\": \"4\", \"text\": \"{}\"}}", "x".repeat(9 * 1024 * 1024));
    for _ in 0..2 {
        let request = relay.post("/hooks/ops/alertmanager", &body).bearer_auth(ALL);
        assert_eq!(answer(request).await.0, 413);
    }
    scene.wait_for(1).await;
    assert_eq!(scene.texts(), ["alertmanager: a payload of more than 8 MiB could not be shown"]);
}
