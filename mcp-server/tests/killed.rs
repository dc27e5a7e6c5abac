//! Processes that are killed at random moments while they send, as by `kill -9`, and callers that repeat their calls:
//! each message is in the group once.
//!
//! The sandbox honours `msgUuid` as DingTalk documents it; DingTalk's own behaviour is not verified. `ROUNDS=40` in the
//! environment makes more than a few rounds, and `SEED` others.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread::sleep,
    time::Duration,
};

use dingtalk_sandbox::{Fault, RobotConfig, Sandbox};
use program::{PATIENCE, Program, command};
use serde_json::{Value, json};

/// Robots of the pool.
const ROBOTS: usize = 3;

/// Rounds unless the environment sets others.
const ROUNDS: u64 = 3;

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok()?.parse().ok()
}

/// Random numbers, the same in every run: a generator of the kind "split mix".
struct Random(u64);

impl Random {
    fn new(scene: u64) -> Self {
        Self(number("SEED").unwrap_or(20_261_129) << 8 | scene)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ (word >> 31)) % limit
    }
}

/// A group in a sandbox, a file that describes its robots, and a state.
struct Scene {
    sandbox: Sandbox,
    directory: PathBuf,
}

impl Scene {
    /// Creates a scene without a rate limit, so that rounds take no minutes.
    async fn new(name: &str, robots: usize) -> Self {
        Self::with_rate(name, robots, None).await
    }

    async fn with_rate(name: &str, robots: usize, rate: Option<u32>) -> Self {
        let sandbox = Sandbox::builder().rate_per_minute(rate).log_capacity(100_000);
        let tokens = (0..robots).map(|index| RobotConfig::new(format!("token{index}")));
        let sandbox = tokens.fold(sandbox, dingtalk_sandbox::Builder::robot).start().await.unwrap();
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("killed-{name}"));
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap();
        let webhook = |index| format!("{{ access_token = \"env:TOKEN{index}\" }}");
        let robots: Vec<String> = (0..robots).map(webhook).collect();
        let file = format!(
            "version = 1\n[robots.ops]\nabout = \"a\"\npool = [{}]\nbase_url = \"{}\"\noverflow = \"split\"\n\
             rate_per_minute = {}\n",
            robots.join(", "),
            sandbox.base_url(),
            rate.unwrap_or(0)
        );
        fs::write(directory.join("robots.toml"), file).unwrap();
        Self { sandbox, directory }
    }

    fn variables(&self) -> Vec<(String, String)> {
        let path = |name: &str| self.directory.join(name).to_str().unwrap().to_owned();
        let variables = [("DINGTALK_NOTIFY_CONFIG", "robots.toml"), ("DINGTALK_NOTIFY_STATE_DIR", "state")];
        let tokens = (0..ROBOTS).map(|index| (format!("TOKEN{index}"), format!("token{index}")));
        variables.map(|(name, file)| (name.to_owned(), path(file))).into_iter().chain(tokens).collect()
    }

    fn serve(&self) -> Program {
        let variables = self.variables();
        let variables: Vec<(&str, &str)> =
            variables.iter().map(|(name, value)| (&**name, &**value)).collect();
        Program::serve(&variables)
    }

    fn send(&self, arguments: &[&str]) -> Command {
        let mut command = command();
        command.arg("send").args(arguments).envs(self.variables());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Lets the next requests meet faults that leave them without an answer: the first of them after the message was
    /// accepted.
    fn break_some(&self, random: &mut Random) {
        let fault = |random: &mut Random| match random.below(4) {
            0 => Some(Fault::AcceptThenHang),
            1 => Some(Fault::Hang),
            _ => None,
        };
        let others: Vec<_> = (0..random.below(4)).map(|_| fault(random)).collect();
        self.sandbox.fault_script([Some(Fault::AcceptThenHang)].into_iter().chain(others));
    }

    /// Waits until the sandbox has received this many requests since `before`, and a moment longer.
    fn wait_for_requests(&self, before: u64, requests: u64, random: &mut Random) {
        let patience = PATIENCE.as_millis() / 2;
        for _ in 0..patience {
            if self.sandbox.requests() - before >= requests {
                break;
            }
            sleep(Duration::from_millis(1));
        }
        sleep(Duration::from_micros(random.below(4_000)));
    }

    /// Returns how often each text is in the group; of a split message, each part is one.
    fn seen(&self) -> BTreeMap<String, usize> {
        let mut seen = BTreeMap::new();
        for message in self.sandbox.accepted() {
            let message = serde_json::to_value(&message).unwrap();
            let text = message["text"]["content"].as_str().unwrap();
            *seen.entry(text.to_owned()).or_insert(0) += 1;
        }
        seen
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Calls a server, kills it at some moment, and repeats the calls to another server. Returns the number of calls
/// without an answer from the first one.
fn round(scene: &Scene, random: &mut Random, texts: &[String]) -> usize {
    let call = |server: &mut Program, text: &String| {
        server.send("tools/call", json!({"name": "send_text_message", "arguments": {"text": text}}))
    };
    scene.break_some(random);
    let before = scene.sandbox.requests();
    let mut server = scene.serve();
    let calls: Vec<u64> = texts.iter().map(|text| call(&mut server, text)).collect();
    let requests = random.below(texts.len() as u64 + 1);
    scene.wait_for_requests(before, requests, random);
    server.signal("-KILL");
    let mut answered = 0;
    while let Some(message) = server.next_within(Duration::from_millis(200)) {
        answered += usize::from(calls.iter().any(|id| message["id"] == *id));
    }
    drop(server);
    scene.sandbox.heal();

    let mut server = scene.serve();
    let repeated: Vec<u64> = texts.iter().map(|text| call(&mut server, text)).collect();
    let mut open = repeated.len();
    while open > 0 {
        let message = server.next();
        if repeated.iter().any(|id| message["id"] == *id) {
            open -= 1;
            let status = &message["result"]["structuredContent"]["status"];
            assert!(*status == "delivered" || *status == "duplicate", "{message}");
        }
    }
    texts.len() - answered
}

/// Makes all rounds of a scene, each with some calls of these texts, and checks that each text is in the group
/// `times` times.
fn rounds(scene: &Scene, number_of_scene: u64, text: impl Fn(&str) -> String, times: usize) {
    let mut random = Random::new(number_of_scene);
    let (mut lost, mut all) = (0, 0);
    for round_number in 0..number("ROUNDS").unwrap_or(ROUNDS) {
        let texts: Vec<String> = (0..2 + random.below(8))
            .map(|index| text(&format!("round {round_number} call {index}.")))
            .collect();
        lost += round(scene, &mut random, &texts);
        all += texts.len();
    }
    let seen = scene.seen();
    let twice: Vec<_> = seen.iter().filter(|(_, count)| **count != 1).map(|(text, _)| &text[..30]).collect();
    assert!(twice.is_empty(), "seen twice: {twice:?}");
    assert_eq!(seen.len(), all * times, "lost");
    assert!(lost > 0, "no call was interrupted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_a_running_server_is_joined_until_it_is_killed() {
    let scene = Scene::new("joined", ROBOTS).await;
    let call = json!({"name": "send_text_message", "arguments": {"text": "once"}});
    scene.sandbox.fault_next(1, Fault::AcceptThenHang);
    let mut first = scene.serve();
    first.send("tools/call", call.clone());
    scene.wait_for_requests(0, 1, &mut Random::new(5));
    let mut second = scene.serve();
    let joined = second.send("tools/call", call);
    let early = second.next_within(Duration::from_millis(700));
    assert!(early.is_none() && scene.sandbox.requests() == 1, "it waits: {early:?}");
    first.signal("-KILL");
    let answer = second.answer(joined);
    assert_eq!(answer["result"]["structuredContent"]["status"], "delivered", "{answer}");
    assert_eq!((scene.sandbox.requests(), scene.sandbox.accepted().len()), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_a_killed_server_are_delivered_once_by_the_next() {
    rounds(&Scene::new("single", 1).await, 1, str::to_owned, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_a_killed_server_stay_with_their_robots_of_a_pool() {
    rounds(&Scene::new("pool", ROBOTS).await, 2, str::to_owned, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_a_split_message_are_delivered_once() {
    // Each quotation mark takes two bytes of JSON.
    let text = |name: &str| {
        let line = |index| format!("{name} line {index} {}\n", "\"".repeat(70));
        (0..180).map(line).collect::<String>()
    };
    rounds(&Scene::new("split", ROBOTS).await, 3, text, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_of_a_killed_server_count() {
    let scene = Scene::with_rate("rate", 1, Some(20)).await;
    let texts: Vec<String> = (0..7).map(|index| format!("call {index}")).collect();
    // The sandbox refuses more than the rate, and each answer must be a delivery.
    round(&scene, &mut Random::new(6), &texts);
    let seen = scene.seen();
    assert!(seen.len() == texts.len() && seen.values().all(|count| *count == 1), "{seen:?}");
}

fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_was_killed_is_repeated_with_its_id() {
    let scene = Scene::new("command", ROBOTS).await;
    let mut random = Random::new(4);
    let rounds = number("ROUNDS").unwrap_or(ROUNDS);
    for round in 0..rounds {
        let (text, key) = (format!("round {round}"), format!("key {round}"));
        let arguments = ["text", &text, "--id", &key];
        let fault = if random.below(2) == 0 { Fault::AcceptThenHang } else { Fault::Hang };
        scene.sandbox.fault_next(1, fault);
        let before = scene.sandbox.requests();
        let child = scene.send(&arguments).spawn().unwrap();
        if random.below(4) == 0 {
            sleep(Duration::from_micros(random.below(200_000)));
        } else {
            scene.wait_for_requests(before, 1, &mut random);
        }
        kill(child);
        scene.sandbox.heal();
        let output = scene.send(&arguments).output().unwrap();
        assert!(output.status.success(), "{}", words(&output));
        let output = scene.send(&arguments).output().unwrap();
        assert!(
            output.status.success() && words(&output).starts_with("already delivered as "),
            "{}",
            words(&output)
        );
    }
    let seen = scene.seen();
    assert!(seen.len() as u64 == rounds && seen.values().all(|count| *count == 1), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_of_one_message_and_needs_the_state() {
    let scene = Scene::new("id", 1).await;
    let run = |arguments: &[&str]| scene.send(arguments).output().unwrap();
    let output = run(&["text", "a", "--id", "nightly", "--json"]);
    let first: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(first["outcome"], "delivered");
    let output = run(&["text", "a", "--id", "nightly", "--json"]);
    let again: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&again["outcome"], &again["id"]), (&json!("duplicate"), &first["id"]));
    // Another message with the same id, and the same message with another id, or without one.
    let output = run(&["text", "b", "--id", "nightly"]);
    assert_eq!(output.status.code(), Some(2), "{}", words(&output));
    assert!(words(&output).contains("another message"), "{}", words(&output));
    for other in [&["text", "a", "--id", "hourly"][..], &["text", "a"], &["text", "a"]] {
        let output = run(other);
        assert!(words(&output).starts_with("delivered as "), "{}", words(&output));
    }
    assert_eq!(scene.sandbox.accepted().len(), 4);

    // An outcome that is not known has an advice that a shell can follow.
    scene.sandbox.fault(Fault::AcceptThenReset);
    let output = run(&["text", "c"]);
    assert_eq!(output.status.code(), Some(7), "{}", words(&output));
    assert!(words(&output).contains("--id KEY"), "{}", words(&output));
    let output = run(&["text", "d", "--id", "d"]);
    assert!(words(&output).contains("Run the same command again"), "{}", words(&output));
    scene.sandbox.heal();
    let output = run(&["text", "d", "--id", "d"]);
    assert!(words(&output).starts_with("delivered as "), "{}", words(&output));
    assert_eq!(scene.seen()["d"], 1);

    for (state, code) in [(&["--no-state"][..], 1), (&["--state-dir", "/dev/null/state"], 1)] {
        let requests = scene.sandbox.requests();
        let mut command = scene.send(&[&["text", "e", "--id", "e"][..], state].concat());
        let output = command.env_remove("DINGTALK_NOTIFY_STATE_DIR").output().unwrap();
        assert_eq!(
            (output.status.code(), scene.sandbox.requests()),
            (Some(code), requests),
            "{}",
            words(&output)
        );
        assert!(words(&output).contains("--state-dir"), "{}", words(&output));
    }
    let output = run(&["text", "e", "--id", " "]);
    assert_eq!(output.status.code(), Some(2), "{}", words(&output));
}
