//! State that the processes of one machine share: one rate, one month and one memory of rests for each robot.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};

use dingtalk_sandbox::{Fault, RobotConfig, Sandbox};
use program::{File, PATIENCE, Program, command};
use serde_json::{Value, json};

const TOKEN: &str = "0123456789abcdef";

/// A directory that does not exist yet, and is deleted when the test ends.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("scene-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A robot in a sandbox, and the variables of the processes that use it.
struct Scene {
    sandbox: Sandbox,
    directory: Directory,
    variables: Vec<(&'static str, String)>,
}

impl Scene {
    async fn new(name: &str) -> Self {
        let sandbox = Sandbox::builder().robot(RobotConfig::new(TOKEN)).start().await.unwrap();
        let directory = Directory::new(name);
        let variables = vec![
            ("DINGTALK_BOT_ACCESS_TOKEN", TOKEN.to_owned()),
            ("DINGTALK_BOT_BASE_URL", sandbox.base_url()),
            ("DINGTALK_NOTIFY_STATE_DIR", directory.0.to_str().unwrap().to_owned()),
        ];
        Self { sandbox, directory, variables }
    }

    fn with(mut self, variable: &'static str, value: &str) -> Self {
        self.variables.retain(|(name, _)| *name != variable);
        self.variables.push((variable, value.to_owned()));
        self
    }

    fn environment(&self) -> Vec<(&str, &str)> {
        self.variables.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        command().envs(self.environment()).args(arguments).output().unwrap()
    }

    fn serve(&self) -> Program {
        Program::serve(&self.environment())
    }

    fn start(&self, arguments: &[&str]) -> Program {
        Program::start(arguments, &self.environment())
    }

    /// The status of the only robot.
    fn status(&self) -> Value {
        let output = self.run(&["status", "--json"]);
        assert!(output.status.success(), "{}", words(&output));
        let status: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(status["stateDir"], self.directory.0.to_str().unwrap());
        assert!(status["robots"].as_array().unwrap().len() <= 1, "{status}");
        status["robots"][0].clone()
    }

    /// Requests that the robot refused.
    fn refusals(&self) -> usize {
        self.sandbox.log().iter().filter(|entry| entry.refusal().is_some()).count()
    }
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Calls the tool, each time with another text, and returns the statuses.
fn calls(server: &mut Program, texts: impl IntoIterator<Item = u32>) -> Vec<String> {
    let ids: Vec<u64> = texts
        .into_iter()
        .map(|text| {
            let arguments = json!({"text": format!("message {text}")});
            server.send("tools/call", json!({"name": "send_text_message", "arguments": arguments}))
        })
        .collect();
    let mut statuses = Vec::new();
    while statuses.len() < ids.len() {
        let message = server.next();
        if ids.iter().any(|id| message["id"] == *id) {
            let content = &message["result"]["structuredContent"];
            statuses.push(content["status"].as_str().unwrap_or_else(|| panic!("{message}")).to_owned());
        }
    }
    statuses
}

fn count(statuses: &[String], status: &str) -> usize {
    statuses.iter().filter(|found| *found == status).count()
}

/// With the real minute: it is what a person would do.
#[tokio::test(flavor = "multi_thread")]
async fn a_loop_of_25_delivers_25() {
    let scene = Scene::new("loop").await;
    for number in 1..=25 {
        let output = scene.run(&["send", "text", &number.to_string()]);
        assert_eq!(output.status.code(), Some(0), "{number}: {}", words(&output));
        assert_eq!(words(&output), "", "a pipe shows nothing of the wait");
    }
    let sent: Vec<Value> = scene.sandbox.accepted().iter().map(|sent| json!(sent)).collect();
    let texts: Vec<&str> = sent.iter().map(|sent| sent["text"]["content"].as_str().unwrap()).collect();
    assert_eq!(texts, (1..=25).map(|number| number.to_string()).collect::<Vec<_>>());
    assert_eq!(scene.refusals(), 0, "130101");
    assert_eq!(scene.status()["month"], json!({"delivered": 25, "refused": 0, "unknown": 0}));
}

/// With the real minute.
#[tokio::test(flavor = "multi_thread")]
async fn two_servers_of_one_robot_deliver_all_calls() {
    let scene = Scene::new("patient").await.with("DINGTALK_NOTIFY_CALL_DEADLINE", "120");
    let file = File::new(
        "patient",
        &format!(
            "version = 1\n[robots.ops]\nabout = \"operations\"\naccess_token = \"env:OPS\"\nbase_url = \"{}\"\n\
             max_wait_seconds = 100\n",
            scene.sandbox.base_url()
        ),
    );
    let mut scene = scene.with("DINGTALK_NOTIFY_CONFIG", file.path()).with("OPS", TOKEN);
    scene.variables.retain(|(name, _)| !name.starts_with("DINGTALK_BOT_"));
    let servers = [1_u32, 2].map(|server| {
        let mut program = scene.serve();
        std::thread::spawn(move || {
            let first = server * 100;
            let ids: Vec<u64> = (first..first + 15)
                .map(|text| {
                    let arguments = json!({"text": format!("message {text}")});
                    program.send("tools/call", json!({"name": "send_text_message", "arguments": arguments}))
                })
                .collect();
            // The last ones wait for a minute, longer than the patience of one answer.
            let mut delivered = 0;
            let mut waited = 0;
            while delivered < ids.len() && waited < 6 {
                let Some(message) = program.next_within(PATIENCE) else {
                    waited += 1;
                    continue;
                };
                if ids.iter().any(|id| message["id"] == *id) {
                    assert_eq!(message["result"]["structuredContent"]["status"], "delivered", "{message}");
                    delivered += 1;
                }
            }
            delivered
        })
    });
    for server in servers {
        assert_eq!(server.join().unwrap(), 15);
    }
    assert_eq!((scene.sandbox.accepted().len(), scene.refusals()), (30, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_of_one_robot_never_exceed_its_rate() {
    let scene = Scene::new("two").await;
    let servers = [1_u32, 2].map(|server| {
        let mut program = scene.serve();
        std::thread::spawn(move || calls(&mut program, server * 100..server * 100 + 15))
    });
    let statuses: Vec<String> = servers.into_iter().flat_map(|server| server.join().unwrap()).collect();
    // Two of the twenty slots are kept for urgent messages. The others would wait for longer than a call may.
    assert_eq!((count(&statuses, "delivered"), count(&statuses, "throttled")), (18, 12), "{statuses:?}");
    assert_eq!((scene.sandbox.requests(), scene.refusals()), (18, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_remembers_the_window() {
    let scene = Scene::new("restart").await;
    let mut first = scene.serve();
    assert_eq!(count(&calls(&mut first, 0..12), "delivered"), 12);
    first.signal("-TERM");
    assert!(first.end(PATIENCE).0.success());
    let mut second = scene.serve();
    assert_eq!(count(&calls(&mut second, 100..125), "delivered"), 6);
    assert_eq!((scene.sandbox.requests(), scene.refusals()), (18, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rest_is_shared_and_status_tells_the_truth() {
    let scene = Scene::new("rest").await;
    // Nothing has been sent, so there is no state, and asking for it makes none.
    assert_eq!(scene.status(), Value::Null);
    let idle = String::from_utf8(scene.run(&["status"]).stdout).unwrap();
    assert!(idle.contains("the robot of the environment (") && idle.contains("nothing sent yet"), "{idle}");
    assert!(!scene.directory.0.exists());

    assert!(scene.run(&["send", "text", "first"]).status.success());
    scene.sandbox.fault_next(1, Fault::Status(429));
    assert_eq!(scene.run(&["send", "text", "second"]).status.code(), Some(5));
    let requests = scene.sandbox.requests();
    let third = scene.run(&["send", "text", "third"]);
    assert_eq!(third.status.code(), Some(5), "a rest is longer than the longest wait");
    assert!(words(&third).contains("the robot rests for another"), "{}", words(&third));
    assert_eq!(scene.sandbox.requests(), requests, "another process rests, too");

    let robot = scene.status();
    assert_eq!(robot["window"], json!({"taken": 2, "limit": 20}));
    assert_eq!((&robot["waiting"], &robot["rest"]["kind"]), (&json!(0), &json!("throttled")));
    assert!((1..=605_000).contains(&robot["rest"]["leftMs"].as_u64().unwrap()), "{robot}");
    assert_eq!(robot["month"], json!({"delivered": 1, "refused": 1, "unknown": 0}));
    let chinese =
        command().envs(scene.environment()).env("DINGTALK_NOTIFY_LANG", "zh").arg("status").output();
    let chinese = String::from_utf8(chinese.unwrap().stdout).unwrap();
    for line in ["速率窗口：20 个名额已用 2 个；0 条在等待", "停发：还有", "本月：送达 1，拒收 1，结果未知 0"]
    {
        assert!(chinese.contains(line), "{line} is not in\n{chinese}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn quotas_of_the_file_are_counted_and_kept() {
    let scene = Scene::new("quotas").await;
    let robot = |name: &str, token: &str, more: &str| {
        let base_url = scene.sandbox.base_url();
        format!(
            "[robots.{name}]\nabout = \"{name}\"\naccess_token = \"env:{token}\"\nbase_url = \"{base_url}\"\n{more}\n"
        )
    };
    let file = File::new(
        "quotas",
        &[
            "version = 1\ndefault_robot = \"ops\"\n".to_owned(),
            robot("ops", "OPS", "monthly_quota = 100"),
            // Its token is nowhere: it sends nothing, and keeps no other robot from sending.
            robot("dev", "DEV", ""),
            "[quotas.organisation]\nlimit = 2\n".to_owned(),
        ]
        .concat(),
    );
    let mut variables = scene.environment();
    variables.retain(|(name, _)| !name.starts_with("DINGTALK_BOT_"));
    variables.extend([("OPS", TOKEN), ("DINGTALK_NOTIFY_CONFIG", file.path())]);
    let run = |arguments: &[&str]| command().envs(variables.clone()).args(arguments).output().unwrap();
    for text in ["first", "second"] {
        let output = run(&["send", "text", text]);
        assert!(output.status.success(), "{}", words(&output));
    }
    let third = run(&["send", "text", "third", "--json"]);
    assert_eq!(third.status.code(), Some(5), "{}", words(&third));
    let report: Value = serde_json::from_slice(&third.stdout).unwrap();
    assert_eq!(report["kind"], "quota_exhausted", "{report}");
    assert_eq!(scene.sandbox.requests(), 2);
    let status: Value = serde_json::from_slice(&run(&["status", "--json"]).stdout).unwrap();
    let robot = &status["robots"][0];
    assert_eq!(robot["name"], "ops");
    let mut quotas = robot["quotas"].as_array().unwrap().clone();
    quotas.sort_by_key(|quota| quota["limit"].as_u64());
    for quota in &mut quotas {
        // The first day of a month says nothing of its end.
        let forecast = quota.as_object_mut().unwrap().remove("forecast").unwrap();
        assert!(forecast.is_null() || forecast.as_u64().unwrap() >= 2, "{forecast}");
    }
    assert_eq!(
        quotas,
        [
            json!({"name": "organisation", "used": 2, "limit": 2}),
            json!({"name": "ops", "used": 2, "limit": 100})
        ]
    );
}

/// A process that waits for the only slot of the minute.
async fn waiting(name: &str) -> (Scene, Program) {
    let scene = Scene::new(name).await.with("DINGTALK_BOT_RATE_PER_MINUTE", "1");
    assert!(scene.run(&["send", "text", "first"]).status.success());
    let program = scene.start(&["send", "text", "second"]);
    for _ in 0..400 {
        if scene.status()["waiting"] == 1 {
            return (scene, program);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("nothing waits");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_wait_sends_nothing_and_leaves_the_line() {
    use std::os::unix::process::ExitStatusExt as _;

    let (scene, program) = waiting("interrupt").await;
    program.signal("-INT");
    let (status, said) = program.end(PATIENCE);
    // As the signal would have ended it: a loop of the shell ends, too.
    assert_eq!(status.signal(), Some(2), "{status}");
    assert!(said.contains("Not sent"), "{said}");
    assert_eq!((scene.sandbox.requests(), scene.status()["waiting"].clone()), (1, json!(0)));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_request_may_have_arrived() {
    let scene = Scene::new("request").await;
    scene.sandbox.fault(Fault::Hang);
    let program = scene.start(&["send", "text", "first"]);
    while scene.sandbox.requests() == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    program.signal("-INT");
    let (status, said) = program.end(PATIENCE);
    assert_eq!(status.code(), Some(7), "{said}");
    assert_eq!(scene.status()["month"], json!({"delivered": 0, "refused": 0, "unknown": 1}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_would_be_too_long_ends_at_once() {
    let scene = Scene::new("impatient").await.with("DINGTALK_BOT_RATE_PER_MINUTE", "1");
    assert!(scene.run(&["send", "text", "first"]).status.success());
    for wait in ["0", "30s"] {
        let output = scene.run(&["send", "text", "second", "--wait", wait, "--json"]);
        assert_eq!(output.status.code(), Some(5), "{wait}");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["kind"], "rate_limited");
        assert!((0.001..=62.0).contains(&report["retry_after_seconds"].as_f64().unwrap()), "{report}");
    }
    let wrong = scene.run(&["send", "text", "second", "--wait", "soon"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(words(&wrong).contains("for example 90s, 2m or 1h30m"), "{}", words(&wrong));
    assert_eq!(scene.sandbox.requests(), 1);
}

/// `script` runs a command on a terminal.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_shows_that_a_message_waits() {
    use std::{
        io::Read as _,
        process::{Command, Stdio},
    };

    let scene = Scene::new("terminal").await;
    let robot = |name: &str| {
        let base_url = scene.sandbox.base_url();
        format!(
            "[robots.{name}]\nabout = \"{name}\"\naccess_token = \"env:{name}\"\nbase_url = \"{base_url}\"\n\
             rate_per_minute = 1\n"
        )
    };
    let file = File::new("terminal", &format!("version = 1\n{}{}", robot("ops"), robot("dev")));
    let mut scene = scene.with("DINGTALK_NOTIFY_CONFIG", file.path()).with("ops", TOKEN);
    scene.variables.retain(|(name, _)| !name.starts_with("DINGTALK_BOT_"));
    let first = scene.run(&["send", "text", "first", "--robot", "ops"]);
    assert!(first.status.success(), "{}", words(&first));
    let program = command().get_program().to_str().unwrap().to_owned();
    let mut terminal = Command::new("script")
        .args([
            "--quiet",
            "--return",
            "--command",
            &format!("{program} send text second --robot ops"),
            "/dev/null",
        ])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .envs(scene.environment())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut shown = Vec::new();
    let mut output = terminal.stdout.take().unwrap();
    let expected = "waiting for a free slot: about ";
    while !String::from_utf8_lossy(&shown).contains(expected) {
        let mut some = [0; 256];
        let read = output.read(&mut some).unwrap();
        assert!(read > 0, "{}", String::from_utf8_lossy(&shown));
        shown.extend_from_slice(&some[..read]);
    }
    let _ = terminal.kill();
    let _ = terminal.wait();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_sending_makes_a_state() {
    let scene = Scene::new("untouched").await;
    for arguments in [
        &["check"][..],
        &["check", "--send"],
        &["tools"],
        &["tools", "--lint"],
        &["demo", "--once"],
        &["send", "text", "x", "--dry-run"],
        &["send", "text", "x", "--no-state"],
        &["status"],
        &["status", "--json", "--no-state"],
        &["completions", "bash"],
    ] {
        let output = scene.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", words(&output));
        assert!(!scene.directory.0.exists(), "{arguments:?}");
    }
    let mut server = scene.serve();
    server.request("tools/list", json!({}));
    assert!(!scene.directory.0.exists(), "starting costs nothing");
    server.call("send_text_message", json!({"text": "now"}));
    assert!(scene.directory.0.join("state.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_cannot_be_used_is_one_warning() {
    let scene = Scene::new("unusable").await;
    let file = File::new("unusable", "");
    let no_directory = scene.with("DINGTALK_NOTIFY_STATE_DIR", file.path());
    let output = no_directory.run(&["send", "text", "x"]);
    assert!(output.status.success(), "{}", words(&output));
    assert_eq!(words(&output).matches("WARN").count(), 1, "{}", words(&output));

    let homeless = no_directory.with("DINGTALK_NOTIFY_STATE_DIR", "");
    let output = homeless.run(&["send", "text", "x"]);
    assert!(output.status.success(), "{}", words(&output));
    assert_eq!(words(&output).matches("WARN").count(), 1, "{}", words(&output));
    assert!(words(&output).contains("set DINGTALK_NOTIFY_STATE_DIR"), "{}", words(&output));
    let quiet = homeless.with("DINGTALK_NOTIFY_LOG", "error");
    assert_eq!(words(&quiet.run(&["send", "text", "x"])), "");
}

/// As in the container image: no home, and nothing can be written but the directory of the state.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_root_needs_only_the_state_directory() {
    use std::process::Command;

    /// Makes every file system read-only, except the directory of the state.
    const READ_ONLY: &str = r#"
        set -e
        mount --make-rprivate /
        mount --bind "$DINGTALK_NOTIFY_STATE_DIR" "$DINGTALK_NOTIFY_STATE_DIR"
        while read -r _ point _; do
            [ "$point" = "$DINGTALK_NOTIFY_STATE_DIR" ] || mount -o remount,bind,ro "$point" 2>/dev/null || true
        done </proc/self/mounts
        if touch "$DINGTALK_NOTIFY_STATE_DIR/../written" 2>/dev/null; then exit 99; fi
        exec "$@"
    "#;
    let scene = Scene::new("read-only").await;
    fs::create_dir_all(&scene.directory.0).unwrap();
    fs::set_permissions(&scene.directory.0, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let program = command().get_program().to_owned();
    let works = |arguments: &[&str]| {
        let output = Command::new("unshare").args(arguments).args(["mount", "--make-rprivate", "/"]).output();
        output.is_ok_and(|output| output.status.success())
    };
    // Namespaces of one's own need root, or a system that allows them to everybody.
    let ways = [&["--mount"][..], &["--user", "--map-root-user", "--mount"]];
    let mut sends = match ways.into_iter().find(|way| works(way)) {
        Some(way) => {
            let mut command = Command::new("unshare");
            command.args(way).args(["sh", "-c", READ_ONLY, "sh"]).arg(&program);
            command
        }
        None => Command::new(&program),
    };
    let path = std::env::var_os("PATH").unwrap();
    let sends = sends.args(["send", "text", "hello"]).env_clear().env("PATH", path).envs(scene.environment());
    for _ in 0..2 {
        let output = sends.output().unwrap();
        assert!(output.status.success(), "{}", words(&output));
        assert_eq!(words(&output), "");
    }
    assert_eq!(scene.status()["month"]["delivered"], 2);
}
