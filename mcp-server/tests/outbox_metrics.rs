//! Metrics and readiness of the processes that have a queue.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;
#[path = "outbox/scene.rs"]
mod scene;

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use dingtalk_core::{Envelope, Message, queue::store::Store as _};
use dingtalk_sandbox::Fault;
use program::PATIENCE;
use reqwest::{Client, StatusCode};
use scene::{Scene, words};
use serde_json::{Value, json};

/// The processes with a queue, and what they say before the address at which operators find them.
const PROCESSES: [(&[&str], &str); 3] = [
    (&["serve", "--queue", "--http", "127.0.0.1:0"], "serving MCP at"),
    (&["relay", "--http", "127.0.0.1:0"], "relaying from"),
    (&["outbox", "run", "--admin", "127.0.0.1:0"], "metrics at"),
];

/// A process that is killed at the end of the test.
struct Running {
    child: Child,
    url: String,
}

impl Running {
    fn start(scene: &Scene, arguments: &[&str], says: &str) -> Self {
        let mut child = scene.command(arguments).stdout(Stdio::null()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let (mut line, mut all) = (String::new(), String::new());
        while !line.contains(says) {
            line.clear();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "{all}");
            all.push_str(&line);
        }
        // Nothing that it says later may block it.
        std::thread::spawn(move || stderr.read_to_end(&mut Vec::new()));
        let url = line.trim().rsplit(' ').next().unwrap();
        let url = url.trim_end_matches("/mcp").trim_end_matches("/metrics").to_owned();
        Self { child, url }
    }

    async fn get(&self, path: &str) -> (StatusCode, String) {
        let client = Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        let response = client.get(format!("{}{path}", self.url)).send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    }

    /// Waits until the metrics have these lines.
    async fn wait_for(&self, lines: &[&str]) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (_, text) = self.get("/metrics").await;
            let missing = lines.iter().find(|line| !text.lines().any(|found| found == **line));
            let Some(missing) = missing else { return };
            assert!(Instant::now() < deadline, "{missing} is not in\n{text}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns a scene whose robot has a rate, so that its state is counted.
async fn counted(name: &str, settings: &str) -> Scene {
    let scene = Scene::new(name, settings).await;
    let file = scene.path("robots.toml");
    let text = fs::read_to_string(&file).unwrap().replace("rate_per_minute = 0", "rate_per_minute = 20");
    fs::write(file, text).unwrap();
    scene
}

fn message() -> Envelope {
    Envelope::new(Message::text("Disk is full"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_in_the_metrics_and_a_blocked_robot_does_not_make_a_process_unready() {
    for (arguments, says) in PROCESSES {
        let scene = counted(&format!("metrics-{}", arguments[0]), "").await;
        scene.sandbox.fault(Fault::Throttle);
        for _ in 0..3 {
            scene.enqueue(message()).await;
        }
        scene
            .store()
            .enqueue("robot:of-another-file", message().with_robot("secret-name"), 10)
            .await
            .unwrap();
        let running = Running::start(&scene, arguments, says);
        running
            .wait_for(&[
                "dingtalk_notify_outbox_up 1",
                "dingtalk_notify_outbox_waiting{robot=\"ops\"} 3",
                "dingtalk_notify_outbox_waiting{robot=\"other\"} 1",
                "dingtalk_notify_outbox_dead_letters 0",
            ])
            .await;
        let (_, text) = running.get("/metrics").await;
        let value = |name: &str| {
            let line =
                text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{text}"));
            line.trim().parse::<f64>().unwrap()
        };
        assert!(value("dingtalk_notify_outbox_oldest_age_seconds{robot=\"ops\"}") > 0.0, "{text}");
        assert!(value("dingtalk_notify_outbox_size_bytes") > 4096.0, "{text}");
        assert!(!text.contains("secret-name") && text.ends_with("# EOF\n"), "{text}");
        assert_eq!(running.get("/readyz").await, (StatusCode::OK, "the server is ready\n".to_owned()));
        let rest = async || {
            let (status, text) = running.get("/readyz?verbose").await;
            assert_eq!(status, StatusCode::OK, "{arguments:?}");
            let described: Value = serde_json::from_str(&text).unwrap();
            let queue = &described["queue"];
            assert_eq!((&described["ready"], &queue["waiting"]), (&json!(true), &json!(4)), "{text}");
            assert_eq!((&queue["full"], &queue["capacity"]), (&json!(false), &json!(1000)), "{text}");
            assert!(!text.contains("secret-name") && !text.contains("Disk"), "{text}");
            queue["robots"]["ops"]["restSeconds"].as_f64().unwrap_or_default()
        };
        let deadline = Instant::now() + PATIENCE;
        while rest().await <= 0.0 {
            assert!(Instant::now() < deadline, "the block is not seen");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let (_, text) = running.get("/metrics").await;
        assert!(text.contains("dingtalk_notify_robot_rest_seconds{robot=\"ops\"} "), "{text}");
        assert!(!text.contains("dingtalk_notify_robot_rest_seconds{robot=\"ops\"} 0.0\n"), "{text}");

        scene.sandbox.heal();
        assert_eq!(running.get("/healthz").await.0, StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_that_is_used_up_is_told_and_does_not_make_a_process_unready() {
    let scene = counted("quota", "monthly_quota = 4").await;
    let running = Running::start(&scene, PROCESSES[1].0, PROCESSES[1].1);
    let ratio = "dingtalk_notify_robot_quota_used_ratio{robot=\"ops\"}";
    scene.enqueue(message()).await;
    running.wait_for(&[&format!("{ratio} 0.25")]).await;
    for _ in 0..5 {
        scene.enqueue(message()).await;
    }
    running.wait_for(&[&format!("{ratio} 1.0")]).await;
    assert_eq!(running.get("/readyz").await.0, StatusCode::OK);
    let (_, text) = running.get("/readyz?verbose=1").await;
    let described: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(described["queue"]["robots"]["ops"]["quotaUsed"], 1.0, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_whose_store_cannot_be_used_is_not_ready() {
    for (arguments, says) in PROCESSES {
        let scene = Scene::new(&format!("unready-{}", arguments[0]), "").await;
        let running = Running::start(&scene, arguments, says);
        assert_eq!(running.get("/readyz").await.0, StatusCode::OK, "{arguments:?}");
        fs::remove_file(scene.path("state").join("outbox.db")).unwrap();
        running.wait_for(&["dingtalk_notify_outbox_up 0"]).await;
        let (status, text) = running.get("/readyz").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{arguments:?}");
        assert_eq!(text, "the store of the queue cannot be used\n");
        assert_eq!(running.get("/healthz").await.0, StatusCode::OK, "a restart is for a person to decide");
        let (_, metrics) = running.get("/metrics").await;
        assert!(!metrics.contains("outbox_waiting"), "old numbers: {metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_queue_has_no_metrics_of_one() {
    let scene = Scene::new("no-queue", "").await;
    let running = Running::start(&scene, &["serve", "--http", "127.0.0.1:0"], "serving MCP at");
    let (_, text) = running.get("/metrics").await;
    assert!(text.contains("dingtalk_notify_http_connections 1") && !text.contains("outbox"), "{text}");
    assert_eq!(running.get("/readyz").await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deliverer_answers_operators_and_nobody_else() {
    let scene = Scene::new("admin", "").await;
    let (arguments, says) = PROCESSES[2];
    let running = Running::start(&scene, arguments, says);
    assert_eq!(running.get("/mcp").await.0, StatusCode::NOT_FOUND);
    scene.enqueue(message()).await;
    scene.wait_for(|texts| texts == ["Disk is full"]).await;

    let output = scene.run(&["outbox", "run", "--admin", "0.0.0.0:0"]);
    let said = words(&output);
    assert!(!output.status.success() && said.contains("DINGTALK_NOTIFY_HTTP_TOKEN"), "{said}");
    assert!(
        !said.contains("metrics at") && !said.contains("delivering"),
        "said before everything was checked: {said}"
    );
    let output = scene.run(&["outbox", "run", "--detach", "--admin", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(2), "{}", words(&output));
}
