//! Routes of hooks: one payload for several robots, and what waits for the next message.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;
#[path = "relay/scene.rs"]
mod scene;

use scene::{ALL, OPS, Relay, Scene, TOKENS, answer};
use serde_json::{Value, json};

const ROUTED: &str = r#"
[robots.db]
about = "team of the databases"
access_token = "env:DB"
base_url = "BASE_URL"
rate_per_minute = 0

[people]
li = "13800000000"

[hooks.alerts]
preset = "alertmanager@1"
mention_by = "commonLabels.owner"

[[hooks.alerts.routes]]
when = { "commonLabels.severity" = "critical" }
robots = ["db", "ops"]

[[hooks.alerts.routes]]
when = { "commonLabels.team" = "db" }
robots = ["db"]

[[hooks.alerts.routes]]
robots = ["ops"]

[hooks.plain]
preset = "alertmanager@1"
"#;

/// A request of Alertmanager about a group of one alert with these labels.
fn group(name: &str, status: &str, labels: &Value) -> Value {
    json!({
        "version": "4", "groupKey": format!("{{}}:{{alertname=\"{name}\"}}"), "receiver": "r", "status": status,
        "groupLabels": {"alertname": name}, "commonLabels": labels, "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093/", "truncatedAlerts": 0,
        "alerts": [{
            "status": status, "labels": labels, "annotations": {"summary": format!("summary of {name}")},
            "startsAt": "2026-11-29T08:00:00Z", "endsAt": "2026-11-29T08:30:00Z", "fingerprint": name,
        }],
    })
}

async fn post(relay: &Relay, path: &str, token: &str, body: &Value) -> (u16, Value) {
    answer(relay.post(path, body).bearer_auth(token)).await
}

/// Returns the names of the robots that an answer lists, and checks that their messages have ids of their own.
fn robots(answer: &Value) -> Vec<&str> {
    let messages = answer["messages"].as_array().unwrap();
    let ids: std::collections::BTreeSet<&str> =
        messages.iter().map(|message| message["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), messages.len(), "{answer}");
    messages.iter().map(|message| message["robot"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_goes_to_the_robots_of_its_routes() {
    let scene = Scene::new("routes", "", &format!("{TOKENS}{ROUTED}")).await;
    let relay = scene.relay();
    let mut sent = 0;
    for (path, labels, expected) in [
        ("/hooks/alerts", json!({"severity": "critical", "owner": "li"}), &["db", "ops"][..]),
        ("/hooks/alerts", json!({"team": "db"}), &["db"]),
        ("/hooks/alerts", json!({"team": "nobody"}), &["ops"]),
        // The robot of the address takes the place of the default route, and of no other.
        ("/hooks/db/alerts", json!({"team": "nobody"}), &["db"]),
        ("/hooks/ops/alerts", json!({"team": "db", "x": "1"}), &["db"]),
    ] {
        sent += expected.len();
        let (status, answer) = post(&relay, path, ALL, &group(&sent.to_string(), "firing", &labels)).await;
        assert_eq!((status, &answer["status"]), (200, &json!("queued")), "{answer}");
        assert_eq!(robots(&answer), expected, "{path} {labels}");
    }
    scene.wait_for(sent).await;
    assert_eq!(scene.texts().iter().filter(|text| text.contains("@13800000000")).count(), 2);
    // The same again is told nowhere again.
    let again = group("2", "firing", &json!({"severity": "critical", "owner": "li"}));
    let (_, answer) = post(&relay, "/hooks/alerts", ALL, &again).await;
    assert_eq!(answer["status"], "duplicate");
    let (status, answer) = post(&relay, "/hooks/plain", ALL, &group("x", "firing", &json!({}))).await;
    assert_eq!(status, 404);
    assert!(answer.to_string().contains("send to `/hooks/ROBOT/plain`"), "{answer}");
    let _ = relay.stop(&scene);
    assert_eq!(scene.texts().len(), sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_shows_the_robots_of_each_sample() {
    let scene = Scene::new("check", "", &format!("{TOKENS}{ROUTED}")).await;
    let shown = String::from_utf8(scene.fail(&["relay", "check"]).stdout).unwrap();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(
        lines,
        [
            "alerts: valid",
            "  alertmanager, firing: [🔴 HighLatency: 1 firing] → db, ops",
            "  alertmanager, resolved: [✅ HighLatency: resolved] → db, ops",
            "plain: valid",
            "  alertmanager, firing: [🔴 HighLatency: 1 firing]",
            "  alertmanager, resolved: [✅ HighLatency: resolved]",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_lead_to_no_robot_that_the_token_does_not_allow() {
    let scene = Scene::new("rights", "", &format!("{TOKENS}{ROUTED}")).await;
    let relay = scene.relay();
    let critical = group("a", "firing", &json!({"severity": "critical"}));
    let (status, answer) = post(&relay, "/hooks/alerts", OPS, &critical).await;
    assert_eq!(status, 403, "{answer}");
    assert!(answer.to_string().contains("the token does not allow the robot `db`"), "{answer}");
    let (status, _) = post(&relay, "/hooks/alerts", OPS, &group("b", "firing", &json!({}))).await;
    assert_eq!(status, 200);
    scene.wait_for(1).await;
    let _ = relay.stop(&scene);
    assert_eq!(scene.texts().len(), 1, "nothing of the refused payload is sent to any robot");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_resolved_is_a_line_of_the_next_message() {
    let scene = Scene::new("resolved", "", &format!("{TOKENS}{ROUTED}")).await;
    let mut relay = scene.relay();
    let resolved = group("Disk", "resolved", &json!({}));
    assert_eq!(post(&relay, "/hooks/alerts", ALL, &resolved).await.0, 200);
    // It waits in the store, so a crash does not lose it.
    relay.kill();
    let relay = scene.relay();
    assert_eq!(post(&relay, "/hooks/alerts", ALL, &group("Cpu", "firing", &json!({}))).await.0, 200);
    scene.wait_for(1).await;
    let _ = relay.stop(&scene);
    let texts = scene.texts();
    assert_eq!(texts.len(), 1, "{texts:#?}");
    assert!(texts[0].starts_with("### 🟠 Cpu: 1 firing"), "{}", texts[0]);
    assert!(texts[0].ends_with("\n\n———\n\n- ✅ Disk: 1 resolved after 30 min"), "{}", texts[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rest_of_a_quota_is_for_what_needs_attention() {
    let scene =
        Scene::new("quota", "rate_per_minute = 600\nmonthly_quota = 5", &format!("{TOKENS}{ROUTED}")).await;
    let relay = scene.relay();
    let information = |name: &str| group(name, "firing", &json!({"severity": "info"}));
    for (number, labels) in [json!({"severity": "info"}), json!({}), json!({}), json!({})].iter().enumerate()
    {
        let body = group(&format!("Alert{number}"), "firing", labels);
        assert_eq!(post(&relay, "/hooks/alerts", ALL, &body).await.0, 200);
        scene.wait_for(number + 1).await;
    }
    let _ = relay.stop(&scene);
    // The quotas are read again by another process, and every half minute.
    let relay = scene.relay();
    assert_eq!(post(&relay, "/hooks/alerts", ALL, &information("News")).await.0, 200);
    assert_eq!(post(&relay, "/hooks/alerts", ALL, &group("Last", "firing", &json!({}))).await.0, 200);
    scene.wait_for(5).await;
    let _ = relay.stop(&scene);
    let texts = scene.texts();
    assert_eq!(texts.len(), 5, "{texts:#?}");
    assert!(texts[4].contains("Last: 1 firing") && texts[4].contains("- 🔵 News: 1 firing"), "{}", texts[4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_quota_is_left_for_is_sent_by_the_fallback() {
    let robot = "rate_per_minute = 600\nmonthly_quota = 1\nfallback_robot = \"db\"";
    let scene = Scene::new("used", robot, &format!("{TOKENS}{ROUTED}")).await;
    let relay = scene.relay();
    for number in 1..=2 {
        let body = group(&format!("Alert{number}"), "firing", &json!({}));
        assert_eq!(post(&relay, "/hooks/alerts", ALL, &body).await.0, 200);
        scene.wait_for(number).await;
    }
    let _ = relay.stop(&scene);
    let texts = scene.texts();
    assert!(!texts[0].contains("For the group of"), "{}", texts[0]);
    assert!(
        texts[1].contains("Alert2: 1 firing") && texts[1].contains("For the group of the robot ops"),
        "{}",
        texts[1]
    );
}
