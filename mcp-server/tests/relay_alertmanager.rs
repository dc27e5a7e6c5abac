//! A real Alertmanager before the relay, driven as Prometheus drives it. Both are killed in the middle: no alert is
//! lost, and the group is told each state of its alerts once.
//!
//! Alertmanager has short intervals here, and the sandbox no rate limit, so that the test takes seconds. With
//! DingTalk's limits it takes two minutes: `cargo test -p dingtalk-notify --test relay_alertmanager -- --ignored`.

#![cfg(unix)]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]
#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;
#[path = "relay/scene.rs"]
mod scene;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use dingtalk_sandbox::Fault;
use jiff::{Timestamp, ToSpan as _};
use scene::{ALL, Scene, TOKENS, client};
use serde_json::{Value, json};

/// Maximum time of a step with DingTalk's limits: the messages of all groups take three minutes.
const PATIENCE: Duration = Duration::from_secs(300);

const GROUPS: usize = 20;
const ALERTS: usize = 10;

/// Groups whose alerts are all resolved in the end.
const RESOLVED: usize = 5;

/// Groups of which half of the alerts are resolved in the end. Those after them keep firing.
const HALF_RESOLVED: usize = 10;

/// Names of the program: Debian's, and that of its authors.
const PROGRAMS: [&str; 2] = ["prometheus-alertmanager", "alertmanager"];

/// A running Alertmanager.
struct Alertmanager {
    child: Child,
    url: String,
}

impl Alertmanager {
    fn start(program: &str, scene: &Scene, relay: &str) -> Self {
        let file = scene.path("alertmanager.yml");
        let text = format!(
            "route:\n  receiver: ops\n  group_by: [alertname]\n  group_wait: 1s\n  group_interval: 2s\n  \
             repeat_interval: 1h\nreceivers:\n  - name: ops\n    webhook_configs:\n      - url: \
             http://{relay}/hooks/ops/alertmanager\n        http_config:\n          authorization:\n            \
             credentials: {ALL}\n"
        );
        fs::write(&file, text).unwrap();
        let address = free_address();
        let child = Command::new(program)
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.path={}", scene.path("alertmanager").display()))
            .arg(format!("--web.listen-address={address}"))
            .args(["--cluster.listen-address=", "--log.level=error"])
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, url: format!("http://{address}") }
    }

    /// Ends it as a failure of its machine does.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Returns the number of requests that the relay has answered with success.
    async fn notified(&self) -> u64 {
        // It may not listen yet.
        let Ok(metrics) = client().get(format!("{}/metrics", self.url)).send().await else { return 0 };
        let metrics = metrics.text().await.unwrap();
        let count = |name: &str| {
            let line = format!("alertmanager_{name}{{integration=\"webhook\"}} ");
            metrics
                .lines()
                .find_map(|metric| metric.strip_prefix(&line))
                .unwrap_or("0")
                .parse::<u64>()
                .unwrap()
        };
        count("notifications_total") - count("notifications_failed_total")
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Returns the name of an installed Alertmanager; `None`, with a word, if there is none.
fn installed() -> Option<&'static str> {
    let runs = |program: &&&str| {
        let mut version = Command::new(program);
        version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        version.status().is_ok_and(|status| status.success())
    };
    let found = PROGRAMS.iter().find(runs);
    if found.is_none() {
        assert!(env::var_os("CI").is_none(), "Alertmanager is not installed: run .ci/run");
        eprintln!("skipped: Alertmanager is not installed (Debian: prometheus-alertmanager)");
    }
    found.copied()
}

/// Alerts as Prometheus has them: which of them are resolved, and since when.
struct Alerts {
    started: Timestamp,
    resolved: Option<Timestamp>,
}

impl Alerts {
    fn is_resolved(&self, group: usize, alert: usize) -> bool {
        self.resolved.is_some()
            && (group < RESOLVED || group < RESOLVED + HALF_RESOLVED && alert < ALERTS / 2)
    }

    fn body(&self) -> String {
        let now = Timestamp::now();
        let alerts: Vec<Value> = (0..GROUPS)
            .flat_map(|group| (0..ALERTS).map(move |alert| (group, alert)))
            .map(|(group, alert)| {
                let resolved = self.resolved.filter(|_| self.is_resolved(group, alert));
                json!({
                    "labels": {"alertname": format!("Group{group}"), "instance": format!("web-{group}-{alert}")},
                    "annotations": {"summary": format!("alert {group}-{alert}")},
                    "startsAt": self.started.to_string(),
                    "endsAt": resolved.unwrap_or(now + 60.seconds()).to_string(),
                })
            })
            .collect();
        Value::from(alerts).to_string()
    }
}

/// Posts all alerts every second, to whichever Alertmanager runs.
fn prometheus(alerts: Arc<Mutex<Alerts>>, url: Arc<Mutex<String>>) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let client = client();
        loop {
            let (body, url) = (alerts.lock().unwrap().body(), url.lock().unwrap().clone());
            let request =
                client.post(format!("{url}/api/v2/alerts")).header("content-type", "application/json");
            // Prometheus does not repeat a request that fails: the next one has all alerts again.
            let _ = request.body(body).send().await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    })
}

/// State of the alerts of a group, as a message tells it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Told {
    group: usize,
    firing: BTreeSet<String>,
    resolved: BTreeSet<String>,
}

impl Told {
    /// Reads a message.
    fn read(text: &str) -> Self {
        let title = text.lines().next().unwrap();
        let group = title.split("Group").nth(1).and_then(|rest| rest.split(':').next()).unwrap();
        let all_resolved = title.ends_with(" resolved");
        let (mut firing, mut resolved) = (BTreeSet::new(), BTreeSet::new());
        for line in text.lines().filter(|line| line.starts_with("- ")) {
            let name =
                line.split_once("alert ").and_then(|(_, rest)| rest.split_whitespace().next()).unwrap();
            let alerts = if all_resolved || line.starts_with("- ✅") { &mut resolved } else { &mut firing };
            assert!(alerts.insert(name.to_owned()), "{text}");
        }
        Self { group: group.parse().unwrap(), firing, resolved }
    }
}

fn told(scene: &Scene) -> Vec<Told> {
    scene.texts().iter().map(|text| Told::read(text)).collect()
}

/// Waits until the last message of every group tells this state.
async fn wait_for(scene: &Scene, is_told: impl Fn(&Told) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let last: BTreeMap<usize, Told> = told(scene).into_iter().map(|told| (told.group, told)).collect();
        let missing: Vec<usize> =
            (0..GROUPS).filter(|group| !last.get(group).is_some_and(&is_told)).collect();
        if missing.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "groups {missing:?} are not told: {last:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until an Alertmanager that knows nothing of the past has told the relay of this number of groups.
async fn wait_for_repetitions(alertmanager: &Alertmanager, groups: u64) {
    let deadline = Instant::now() + PATIENCE;
    while alertmanager.notified().await < groups {
        assert!(Instant::now() < deadline, "Alertmanager repeats nothing");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Waits until the group has this number of messages.
async fn wait_for_messages(scene: &Scene, messages: usize) {
    let deadline = Instant::now() + PATIENCE;
    while scene.sandbox.accepted().len() < messages {
        assert!(Instant::now() < deadline, "{:#?}", scene.texts());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn sections() -> String {
    format!(
        "{TOKENS}[hooks.alertmanager]\npreset = \"alertmanager@1\"\nresolved = \"own\"\nper_minute = 1000\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn no_alert_is_lost_or_told_twice_when_both_programs_are_killed() {
    let Some(program) = installed() else { return };
    kill_both(program, Scene::new("alertmanager", "", &sections()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: the robot takes 20 messages in each"]
async fn dingtalk_never_throttles_when_both_programs_are_killed() {
    let Some(program) = installed() else { return };
    kill_both(program, Scene::strict("strict", &sections()).await).await;
}

async fn kill_both(program: &str, scene: Scene) {
    let in_the_middle = || scene.sandbox.fault_script([None, None, Some(Fault::AcceptThenHang)]);
    in_the_middle();
    let address = free_address();
    let mut relay = scene.relay_at(&address);
    let mut alertmanager = Alertmanager::start(program, &scene, &address);
    let alerts = Arc::new(Mutex::new(Alerts { started: Timestamp::now() - 10.seconds(), resolved: None }));
    let url = Arc::new(Mutex::new(alertmanager.url.clone()));
    let prometheus = prometheus(Arc::clone(&alerts), Arc::clone(&url));

    // The relay ends while the first messages arrive: the third one is in the group, and the relay does not know it.
    wait_for_messages(&scene, 3).await;
    relay.kill();
    assert!(scene.sandbox.accepted().len() < GROUPS, "the relay is killed too late");
    tokio::time::sleep(Duration::from_secs(1)).await;
    relay = scene.relay_at(&address);
    wait_for(&scene, |told| told.firing.len() == ALERTS).await;
    assert_each_is_told_once(&scene);
    let first = whole_groups(&scene);

    // An Alertmanager whose log is lost tells everything again.
    alertmanager.kill();
    alertmanager = Alertmanager::start(program, &scene, &address);
    alertmanager.url.clone_into(&mut url.lock().unwrap());
    wait_for_repetitions(&alertmanager, GROUPS as u64).await;
    assert_each_is_told_once(&scene);
    assert_eq!(whole_groups(&scene), first, "a repetition is told again");

    // The relay is away while alerts are resolved, and ends again while the messages arrive.
    relay.kill();
    in_the_middle();
    let before = scene.sandbox.accepted().len();
    alerts.lock().unwrap().resolved = Some(Timestamp::now());
    tokio::time::sleep(Duration::from_secs(3)).await;
    relay = scene.relay_at(&address);
    wait_for_messages(&scene, before + 3).await;
    relay.kill();
    assert!(
        scene.sandbox.accepted().len() < before + RESOLVED + HALF_RESOLVED,
        "the relay is killed too late"
    );
    relay = scene.relay_at(&address);
    let resolved_of = |group: usize| {
        if group < RESOLVED {
            ALERTS
        } else if group < RESOLVED + HALF_RESOLVED {
            ALERTS / 2
        } else {
            0
        }
    };
    wait_for(&scene, |told| {
        let resolved = resolved_of(told.group);
        told.resolved.len() == resolved && told.firing.len() == ALERTS - resolved
    })
    .await;
    alertmanager.kill();
    alertmanager = Alertmanager::start(program, &scene, &address);
    alertmanager.url.clone_into(&mut url.lock().unwrap());
    wait_for_repetitions(&alertmanager, (GROUPS - RESOLVED) as u64).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    prometheus.abort();
    drop(relay);

    assert_each_is_told_once(&scene);
    let all = told(&scene);
    let firing: BTreeSet<&String> = all.iter().flat_map(|told| &told.firing).collect();
    let resolved: BTreeSet<&String> = all.iter().flat_map(|told| &told.resolved).collect();
    assert_eq!((firing.len(), resolved.len()), (GROUPS * ALERTS, GROUPS * ALERTS / 2));
    let refused: Vec<_> = scene
        .sandbox
        .log()
        .iter()
        .filter_map(|request| request.refusal().map(|why| format!("{why:?}")))
        .collect();
    assert_eq!(refused, [""; 0], "DingTalk refuses nothing");
    // Two requests are repeated, because the relay was killed before it knew their answers.
    let (calls, messages) = (scene.sandbox.requests(), all.len() as u64);
    eprintln!("{} alerts in {GROUPS} groups: {messages} messages, {calls} calls", GROUPS * ALERTS);
    assert!((messages..=messages + 2).contains(&calls), "{calls} calls for {messages} messages");
}

/// Returns the number of messages that tell of all alerts of their group as firing. An Alertmanager that begins with
/// old alerts may tell of the first of a group before it has received the others, which is another state.
fn whole_groups(scene: &Scene) -> usize {
    told(scene).iter().filter(|told| told.firing.len() == ALERTS).count()
}

/// No two messages tell the same of the same group.
fn assert_each_is_told_once(scene: &Scene) {
    let mut seen = BTreeSet::new();
    for told in told(scene) {
        assert!(seen.insert(told.clone()), "told twice: {told:?}");
    }
}
