//! `dingtalk-notify hook`: the agent is never disturbed, and people are told once.
//!
//! Payloads in folders with a version are recorded (`tests/agents/run`). The others are written after the agents'
//! documentation, with fields that they may have one day.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;
#[path = "outbox/scene.rs"]
mod scene;

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant, SystemTime},
};

use dingtalk_outbox::{
    Outbox as _,
    outbox::{Filter, Kind, Removal},
};
use program::{PATIENCE, command};
use scene::{Scene, words};

fn payload(path: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/payloads/agents");
    fs::read(folder.join(path)).unwrap()
}

/// Runs a command with these bytes on stdin.
fn with_stdin(command: &mut Command, bytes: &[u8]) -> Output {
    let mut running =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut stdin, bytes) = (running.stdin.take().unwrap(), bytes.to_vec());
    let writing = thread::spawn(move || {
        // The process may have ended.
        let _ = stdin.write_all(&bytes);
    });
    let output = running.wait_with_output().unwrap();
    writing.join().unwrap();
    output
}

/// Asserts that the agent sees nothing but success. Returns what stderr has.
fn undisturbed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", words(output));
    assert_eq!(output.stdout, b"", "{}", words(output));
    let told = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(told.lines().count() <= 1, "{told}");
    told
}

fn shown(agent: &str, path: &str, options: &[&str]) -> String {
    let mut command = command();
    command.args(["hook", "--try", agent, "--dry-run"]).args(options).env("HOME", "/home/me");
    let output = with_stdin(&mut command, &payload(path));
    assert!(output.status.success(), "{}", words(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn events_are_shown_as_messages() {
    expect_test::expect![[r"
        shop: Claude Code asks for permission
        Bash: git push …
        Session 0b5cd6e1
        shop: Claude Code asks for permission
        Bash: GH_TOKEN=[…] git push origin main
        Session 0b5cd6e1
        shop: Claude Code waits for input
        Session 0b5cd6e1
        shop: Claude Code has finished
        Shall I push to main, ＠all?
        Session 0b5cd6e1
        shop: Codex has finished
        The cart is fixed.
        Session 7d9f0a12
        shop: Codex asks for permission
        shell: git push …
        Session 7d9f0a12
    "]]
    .assert_eq(
        &[
            shown("claude", "claude/permission-request.json", &[]),
            shown("claude", "claude/permission-request.json", &["--show", "command"]),
            shown("claude", "claude/notification-idle.json", &[]),
            shown("claude", "claude/stop.json", &[]),
            shown("codex", "codex/agent-turn-complete.json", &[]),
            shown("codex", "codex/permission-request.json", &[]),
        ]
        .concat(),
    );
}

/// The payloads that `tests/agents/run --record` has written, with the agent of each.
fn recorded() -> Vec<(String, PathBuf)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/payloads/agents");
    let entries = |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut recorded = Vec::new();
    for of_version in entries(&folder) {
        let name = of_version.file_name().unwrap().to_str().unwrap().to_owned();
        if let Some((agent, _)) = name.split_once('-') {
            recorded.extend(entries(&of_version).map(|file| (agent.to_owned(), file)));
        }
    }
    recorded.sort();
    recorded
}

#[test]
fn recorded_events_are_shown_as_messages() {
    let mut messages = String::new();
    for (agent, file) in recorded() {
        let parts: Vec<_> = file.iter().rev().take(2).map(|part| part.to_str().unwrap()).collect();
        messages.push_str(&format!("## {}/{}\n", parts[1], parts[0]));
        messages.push_str(&shown(&agent, file.to_str().unwrap(), &[]));
    }
    expect_test::expect_file!["golden/hook/recorded.txt"].assert_eq(&messages);
}

#[test]
fn an_agent_is_never_disturbed() {
    let stop = payload("claude/stop.json");
    let huge = vec![b'['; 2 << 20];
    let deep = vec![b'['; 100_000];
    // Arguments, stdin, and a part of what is told.
    let cases: [(&[&str], &[u8], Option<&str>); 12] = [
        (&["hook"], &stop, Some("invalid arguments")),
        (&["hook", "cat"], &stop, Some("invalid arguments")),
        (&["hook", "claude", "--bogus"], &stop, Some("invalid arguments")),
        (&["hook", "codex", "{\"token\":\"hunter2\"}", "more"], b"", Some("invalid arguments")),
        (&["hook", "claude"], b"", Some("not a JSON object")),
        (&["hook", "claude"], b"\xff\xfe garbage", Some("not a JSON object")),
        (&["hook", "claude"], b"[]", Some("not a JSON object")),
        (&["hook", "claude"], &deep, Some("not a JSON object")),
        (&["hook", "claude"], &huge, Some("larger than 1 MiB")),
        (&["hook", "claude"], br#"{"hook_event_name":"OfNextMonth"}"#, None),
        (&["hook", "claude"], br#"{"hook_event_name":"SubagentStop","session_id":7}"#, None),
        (&["hook", "codex", r#"{"type":"of-next-month"}"#], b"", None),
    ];
    for (arguments, stdin, part) in cases {
        let told = undisturbed(&with_stdin(command().args(arguments), stdin));
        assert!(!told.contains("hunter2"), "{told}");
        match part {
            // On a slow machine, the time may be over first.
            Some(part) => assert!(told.contains(part) || told.contains("not queued within"), "{told}"),
            None => assert!(told.is_empty() || told.contains("not queued within"), "{told}"),
        }
    }
}

#[test]
fn bad_settings_disturb_no_agent() {
    let stop = payload("claude/stop.json");
    let settings = [
        vec![],
        vec![("DINGTALK_NOTIFY_CONFIG", "/nowhere/robots.toml")],
        vec![("DINGTALK_NOTIFY_BOGUS", "1")],
        vec![("DINGTALK_BOT_ACCESS_TOKEN", "0123abcd"), ("DINGTALK_NOTIFY_STATE_DIR", "/proc/nowhere")],
    ];
    for variables in settings {
        let told = undisturbed(&with_stdin(
            command().args(["hook", "claude"]).envs(variables.iter().copied()),
            &stop,
        ));
        assert!(told.contains("hook: dropped: "), "{variables:?}: {told:?}");
        assert!(!told.contains("0123abcd"), "{told}");
    }
}

#[test]
fn an_event_that_does_not_come_is_not_awaited() {
    let mut command = command();
    command.args(["hook", "claude"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    // Held open, as by an agent that hangs.
    let stdin = running.stdin.take();
    let told = undisturbed(&running.wait_with_output().unwrap());
    drop(stdin);
    assert!(told.contains("not queued within 250 ms"), "{told}");
}

#[test]
fn an_agent_that_reads_nothing_is_not_awaited() {
    let (unread, full) = std::io::pipe().unwrap();
    let mut filling = full.try_clone().unwrap();
    // It waits in the pipe until this test ends.
    thread::spawn(move || while filling.write_all(&[b'.'; 4096]).is_ok() {});
    thread::sleep(Duration::from_millis(200));
    let mut command = command();
    command.args(["hook", "claude", "--bogus"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(full);
    let mut running = command.spawn().unwrap();
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = running.try_wait().unwrap() {
            break Some(status);
        }
        if Instant::now() > deadline {
            running.kill().unwrap();
            break None;
        }
        thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(status.and_then(|status| status.code()), Some(0), "it waits for a reader of stderr");
    drop(unread);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_project_redirects_nothing() {
    let (scene, hostile) = (Scene::new("hook-own", "").await, Scene::new("hook-hostile", "").await);
    let file = fs::read_to_string(hostile.path("robots.toml")).unwrap().replace("env:TOKEN", "file:token");
    let project = hostile.path("project");
    for folder in ["", ".dingtalk-notify", ".config/dingtalk-notify", "dingtalk-notify", ".claude"] {
        fs::create_dir_all(project.join(folder)).unwrap();
        for name in ["dingtalk.toml", "dingtalk-notify.toml", "robots.toml", "config.toml"] {
            fs::write(project.join(folder).join(name), &file).unwrap();
        }
        fs::write(project.join(folder).join("token"), "0123abcd").unwrap();
    }
    let variables = format!(
        "DINGTALK_NOTIFY_CONFIG={}\nDINGTALK_BOT_ACCESS_TOKEN=0123abcd\nDINGTALK_BOT_BASE_URL={}\n",
        project.join("robots.toml").display(),
        hostile.sandbox.base_url()
    );
    fs::write(project.join(".env"), variables).unwrap();
    let mut event: serde_json::Value = serde_json::from_slice(&payload("claude/stop.json")).unwrap();
    event["cwd"] = project.to_str().unwrap().into();
    event["config"] = project.join("robots.toml").to_str().unwrap().into();
    let event = event.to_string();

    // A person without settings has no robot.
    let mut command = command();
    command.args(["hook", "--try", "claude"]).current_dir(&project).env("HOME", scene.path("home"));
    let output = with_stdin(&mut command, event.as_bytes());
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));

    let mut command = scene.command(&["hook", "--try", "claude"]);
    let output = with_stdin(command.current_dir(&project), event.as_bytes());
    assert!(output.status.success(), "{}", words(&output));
    scene.wait_for(|texts| !texts.is_empty()).await;
    scene.wait_for_end().await;
    assert_eq!(hostile.texts(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_told_once_of_one_request() {
    let scene = Scene::new("hook", "").await;
    let request = payload("claude/permission-request.json");
    let notification = payload("claude/notification-permission.json");
    let run = |bytes: &[u8]| {
        undisturbed(&with_stdin(scene.command(&["hook", "claude"]).env("HOME", "/home/me"), bytes))
    };
    let deadline = Instant::now() + PATIENCE;
    // On a slow machine, the time may be over before it is queued.
    while scene.texts().is_empty() {
        assert!(Instant::now() < deadline, "{}", run(&request));
        run(&request);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for _ in 0..3 {
        run(&notification);
        run(&request);
    }
    scene.wait_for_end().await;
    assert_eq!(
        scene.texts(),
        ["shop: Claude Code asks for permission\nBash: git push …\nSession 0b5cd6e1"],
        "one message, without the secret"
    );
}

/// An event of Claude Code in the turn 1 of a session.
fn event(session: &str, name: &str, more: &str) -> Vec<u8> {
    format!(
        r#"{{"session_id":"{session}","cwd":"/home/me/shop","prompt_id":"1","hook_event_name":"{name}"{more}}}"#
    )
    .into_bytes()
}

const PUSH: &str = r#","tool_name":"Bash","tool_input":{"command":"git push"}"#;
const PULL: &str = r#","tool_name":"Bash","tool_input":{"command":"git pull"}"#;

/// Runs the command without its time limit, as a person does.
fn tried(scene: &Scene, options: &[&str], event: &[u8]) -> String {
    let mut command = scene.command(&["hook", "--try", "claude"]);
    let output = with_stdin(command.args(options).env("HOME", "/home/me"), event);
    assert!(output.status.success(), "{}", words(&output));
    words(&output)
}

/// Notifications that wait: their texts.
async fn waiting(scene: &Scene) -> Vec<String> {
    let page = scene.store().list(Filter::new(Kind::Unfinished).content(true)).await.unwrap();
    page.entries.into_iter().map(|entry| entry.envelope.unwrap().message.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_still_waits_is_told() {
    let scene = Scene::new("hook-after", "").await;
    let late = |event: &[u8]| tried(&scene, &["--after", "1h"], event);
    let asks =
        |what: &str| vec![format!("shop: Claude Code asks for permission\nBash: git {what}\nSession a")];

    late(&event("a", "PermissionRequest", PUSH));
    assert_eq!(waiting(&scene).await, asks("push"));
    // The notification of the same request says less.
    late(&event("a", "Notification", r#","notification_type":"permission_prompt""#));
    assert_eq!(waiting(&scene).await, asks("push"));
    // The first request was answered, or there would be no second one.
    late(&event("a", "PermissionRequest", PULL));
    assert_eq!(waiting(&scene).await, asks("pull"));
    late(&event("b", "PermissionRequest", PUSH));
    assert_eq!(waiting(&scene).await.len(), 2, "another session cancels nothing");
    late(&event("b", "SessionEnd", ""));
    assert_eq!(waiting(&scene).await, asks("pull"));
    late(&event("a", "Stop", r#","last_assistant_message":"Done.""#));
    assert_eq!(waiting(&scene).await, ["shop: Claude Code has finished\nDone.\nSession a"]);
    late(&event("a", "Notification", r#","notification_type":"idle_prompt""#));
    assert_eq!(waiting(&scene).await, ["shop: Claude Code has finished\nDone.\nSession a"]);
    late(&event("a", "UserPromptSubmit", ""));
    assert_eq!(waiting(&scene).await, [""; 0]);
    late(&event("a", "PermissionRequest", PUSH));
    assert_eq!(waiting(&scene).await, asks("push"), "its key is free again");
    late(&event("a", "SessionEnd", ""));
    assert_eq!(waiting(&scene).await, [""; 0]);
    assert_eq!(fs::read_dir(scene.path("state/hooks")).unwrap().count(), 0, "no notes are left");

    tried(&scene, &["--after", "1s"], &event("c", "PermissionRequest", PUSH));
    scene.wait_for(|texts| !texts.is_empty()).await;
    scene.wait_for_end().await;
    let told = ["shop: Claude Code asks for permission\nBash: git push\nSession c"];
    assert_eq!(scene.texts(), told, "what waits is told, and nothing else was");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_says_how_long_the_turn_ran() {
    let scene = Scene::new("hook-duration", "").await;
    tried(&scene, &[], &event("a", "UserPromptSubmit", r#","prompt":"the token is hunter2""#));
    let notes = fs::read_dir(scene.path("state/hooks")).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&notes).unwrap();
    assert!(!text.contains("hunter2") && !text.contains(r#""a""#) && !text.contains("shop"), "{text}");
    assert_eq!(fs::metadata(&notes).unwrap().permissions().mode() & 0o777, 0o600);
    // It began two hours before.
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let began = json["turn"]["began_ms"].as_u64().unwrap();
    json["turn"]["began_ms"] = (began - 2 * 3600 * 1000).into();
    fs::write(&notes, json.to_string()).unwrap();
    tried(&scene, &[], &event("a", "Stop", r#","last_assistant_message":"Done.""#));
    scene.wait_for(|texts| !texts.is_empty()).await;
    scene.wait_for_end().await;
    let texts = scene.texts();
    let [text] = &texts[..] else { panic!("{texts:?}") };
    assert!(text.starts_with("shop: Claude Code has finished\nDone.\nRan for 2 h"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sub_agents_are_one_with_their_session() {
    let scene = Scene::new("hook-sub-agents", "").await;
    for name in ["Stop", "StopFailure", "UserPromptSubmit"] {
        let part = event("a", name, r#","agent_id":"s1","last_assistant_message":"A part.""#);
        assert!(tried(&scene, &[], &part).contains("not told"), "{name}");
    }
    for agent in ["s1", "s2", "s3"] {
        tried(&scene, &[], &event("a", "PermissionRequest", &format!(r#","agent_id":"{agent}"{PUSH}"#)));
        tried(&scene, &[], &event("a", "SubagentStop", &format!(r#","agent_id":"{agent}""#)));
    }
    tried(&scene, &[], &event("a", "Stop", r#","last_assistant_message":"Done.""#));
    scene.wait_for(|texts| texts.len() >= 2).await;
    scene.wait_for_end().await;
    let mut texts = scene.texts();
    texts.sort();
    let asks = "shop: Claude Code asks for permission\nBash: git push\nSession a";
    assert_eq!(texts, [asks, "shop: Claude Code has finished\nDone.\nSession a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_has_few_messages_a_minute() {
    let scene = Scene::new("hook-few", "").await;
    for session in ["a", "b", "c", "d"] {
        tried(&scene, &["--per-minute", "2"], &event(session, "Stop", ""));
    }
    scene.wait_for(|texts| texts.len() >= 2).await;
    scene.wait_for_end().await;
    assert_eq!(scene.texts().len(), 2, "{:?}", scene.texts());
}

#[tokio::test(flavor = "multi_thread")]
async fn quiet_hours_and_the_quota_of_the_month_hold() {
    let minute = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() / 60;
    let clock = |minute: u64| format!("{:02}:{:02}", minute / 60 % 24, minute % 60);
    let (begin, end) = (clock(minute - 60), clock(minute + 60));
    let quiet = format!("[outbox]\nquiet_hours = {{ begin = \"{begin}\", end = \"{end}\", zone = \"UTC\" }}");
    let scene = Scene::new("hook-quiet", "").await.with(&quiet);
    tried(&scene, &[], &event("a", "Stop", ""));
    scene.wait_until_served().await;
    assert_eq!((waiting(&scene).await.len(), scene.texts().len()), (1, 0));
    let id = &scene.store().list(Filter::new(Kind::Unfinished)).await.unwrap().entries[0].id;
    assert_eq!(scene.store().remove(id).await.unwrap(), Removal::Removed(1));
    scene.wait_for_end().await;

    let scene = Scene::new("hook-quota", "").await;
    let file = fs::read_to_string(scene.path("robots.toml")).unwrap();
    let file = file.replace("rate_per_minute = 0", "rate_per_minute = 20\nmonthly_quota = 1");
    fs::write(scene.path("robots.toml"), file).unwrap();
    for session in ["a", "b"] {
        tried(&scene, &[], &event(session, "Stop", ""));
    }
    scene.wait_for(|texts| !texts.is_empty()).await;
    let id = loop {
        // The first one may not be settled.
        match &scene.store().list(Filter::new(Kind::Unfinished)).await.unwrap().entries[..] {
            [entry] => break entry.id.clone(),
            _ => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    assert_eq!(scene.store().remove(&id).await.unwrap(), Removal::Removed(1), "it waits, and expires");
    scene.wait_for_end().await;
    assert_eq!(scene.texts().len(), 1, "{:?}", scene.texts());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_the_working_directory_is_not_read() {
    let scene = Scene::new("hook-directory", "").await;
    let mut command = scene.command(&["hook", "--try", "claude"]);
    command.env("DINGTALK_NOTIFY_CONFIG", "robots.toml").current_dir(scene.path(""));
    let output = with_stdin(&mut command, &payload("claude/stop.json"));
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));
    assert!(words(&output).contains("robots.toml"), "{}", words(&output));
    assert!(!Path::new(&scene.path("state")).join("outbox.db").exists());
    // A person who types the path means it.
    let mut command = scene.command(&["hook", "--try", "claude", "--config", "robots.toml"]);
    let output = with_stdin(command.current_dir(scene.path("")), &payload("claude/stop.json"));
    assert!(output.status.success(), "{}", words(&output));
    let mut command = scene.command(&["hook", "claude", "--config", "robots.toml"]);
    let told = undisturbed(&with_stdin(command.current_dir(scene.path("")), &payload("claude/stop.json")));
    assert!(told.contains("dropped"), "{told}");
}

/// Events of Claude Code that run this program.
const EVENTS: [&str; 5] = ["UserPromptSubmit", "Notification", "Stop", "PermissionRequest", "SessionEnd"];

/// Settings of a person, with their own indentation and order.
const SETTINGS: &str = r#"{
    "model": "opus",
    "hooks": {
        "Stop": [
            {
                "hooks": [
                    {
                        "type": "command",
                        "command": "say done"
                    }
                ]
            }
        ]
    },
    "env": {
        "A": "1"
    }
}
"#;

/// A home directory with the settings behind a link, with mode 0640.
fn home_with(name: &str, settings: &str) -> PathBuf {
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("hook-{name}"));
    let _ = fs::remove_dir_all(&home);
    fs::create_dir_all(home.join(".claude")).unwrap();
    let real = home.join("dotfiles.json");
    fs::write(&real, settings).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("../dotfiles.json", home.join(".claude/settings.json")).unwrap();
    home
}

fn with_home(home: &Path, arguments: &[&str]) -> Output {
    let mut command = command();
    command.arg("hook").args(arguments).env("HOME", home).env_remove("CLAUDE_CONFIG_DIR");
    command.env("DINGTALK_BOT_ACCESS_TOKEN", "0123abcd").output().unwrap()
}

#[test]
fn settings_are_merged_and_removed() {
    let home = home_with("merged", SETTINGS);
    let file = home.join(".claude/settings.json");
    let install = ["--install", "claude", "--write", "--config", "/etc/robots.toml"];
    let output = with_home(&home, &install);
    assert!(output.status.success(), "{}", words(&output));
    let once = fs::read_to_string(&file).unwrap();
    let settings: serde_json::Value = serde_json::from_str(&once).unwrap();
    let hooks = settings["hooks"].as_object().unwrap();
    let mut events: Vec<&str> = hooks.keys().map(String::as_str).collect();
    events.sort_unstable();
    let mut expected = EVENTS;
    expected.sort_unstable();
    assert_eq!(events, expected);
    let program = command().get_program().to_str().unwrap().to_owned();
    for event in EVENTS {
        let typed = &hooks[event].as_array().unwrap().last().unwrap()["hooks"][0]["command"];
        assert_eq!(*typed, format!("{program} hook claude --config=/etc/robots.toml"), "{event}");
    }
    assert_eq!(hooks["Stop"][0]["hooks"][0]["command"], "say done");
    assert!(!once.contains("0123abcd"), "no token");
    assert!(once.starts_with("{\n    \"model\": \"opus\",\n    \"hooks\""), "order and indentation: {once}");
    assert!(fs::symlink_metadata(&file).unwrap().is_symlink());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    let written = fs::metadata(&file).unwrap().ino();

    let again = with_home(&home, &install);
    assert!(again.status.success() && words(&again).contains("nothing to change"), "{}", words(&again));
    assert_eq!(fs::metadata(&file).unwrap().ino(), written, "not written again");
    let changed = with_home(&home, &["--install", "claude", "--write", "--robot", "ops"]);
    assert!(changed.status.success(), "{}", words(&changed));
    assert_eq!(fs::read_to_string(&file).unwrap().matches("hook claude").count(), EVENTS.len());

    let output = with_home(&home, &["--uninstall", "claude"]);
    assert!(output.status.success(), "{}", words(&output));
    assert_eq!(fs::read_to_string(&file).unwrap(), SETTINGS);
    assert!(fs::symlink_metadata(&file).unwrap().is_symlink());
    let mut left: Vec<_> = fs::read_dir(&home).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [".claude", "dotfiles.json"], "no temporary file");
}

#[test]
fn hooks_of_codex_are_merged_and_removed() {
    let home = home_with("codex", SETTINGS);
    fs::create_dir_all(home.join(".codex")).unwrap();
    let (file, config) = (home.join(".codex/hooks.json"), home.join(".codex/config.toml"));
    let (theirs, toml) = ("{\n  \"hooks\": {\n    \"Stop\": []\n  }\n}\n", "model = \"gpt-5\" # mine\n");
    fs::write(&file, theirs).unwrap();
    fs::write(&config, toml).unwrap();
    let install = ["--install", "codex", "--write", "--after", "1m", "--per-minute", "3"];
    let output = with_home(&home, &install);
    assert!(output.status.success() && words(&output).contains("trust"), "{}", words(&output));
    let once = fs::read_to_string(&file).unwrap();
    let settings: serde_json::Value = serde_json::from_str(&once).unwrap();
    let program = command().get_program().to_str().unwrap().to_owned();
    let typed = format!("{program} hook codex --after=60s --per-minute=3");
    for event in ["UserPromptSubmit", "Stop", "PermissionRequest", "SessionEnd"] {
        assert_eq!(settings["hooks"][event][0]["hooks"][0]["command"], typed, "{event}");
    }
    assert!(words(&with_home(&home, &install)).contains("nothing to change"));
    // Those of another agent are another's.
    assert!(
        with_home(&home, &["--uninstall", "claude", "--settings-file", file.to_str().unwrap()])
            .status
            .success()
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), once);
    assert!(with_home(&home, &["--uninstall", "codex"]).status.success());
    assert!(!fs::read_to_string(&file).unwrap().contains("hook codex"));
    assert_eq!(fs::read_to_string(&config).unwrap(), toml, "not touched");
    assert_eq!(fs::read_to_string(home.join("dotfiles.json")).unwrap(), SETTINGS, "not touched");
}

#[test]
fn settings_are_created_where_none_are() {
    let home = home_with("created", SETTINGS);
    let file = home.join("new/settings.json");
    let path = file.to_str().unwrap();
    let gone = with_home(&home, &["--uninstall", "claude", "--settings-file", path]);
    assert!(gone.status.success() && !file.exists(), "{}", words(&gone));
    let output = with_home(&home, &["--install", "claude", "--write", "--settings-file", path]);
    assert!(output.status.success(), "{}", words(&output));
    assert_eq!(fs::read_to_string(&file).unwrap().matches("hook claude").count(), EVENTS.len());
    assert_eq!(fs::read_to_string(home.join("dotfiles.json")).unwrap(), SETTINGS);
}

#[test]
fn settings_that_are_not_understood_stay() {
    let cases = [
        ("", "invalid JSON"),
        ("{\"hooks\": {}, // mine\n}", "invalid JSON"),
        ("{\"a\": 1, \"a\": 2}", "key twice"),
        ("[]", "`/` is not an object"),
        ("{\"hooks\": []}", "`/hooks` is not an object"),
        ("{\"hooks\": {\"Stop\": {}}}", "`/hooks/Stop` is not an array"),
        ("{\"hooks\": {\"PreToolUse\": [\"lint\"]}}", "`/hooks/PreToolUse`"),
    ];
    for (settings, part) in cases {
        for arguments in [&["--install", "claude", "--write"][..], &["--uninstall", "claude"]] {
            let home = home_with("refused", settings);
            let output = with_home(&home, arguments);
            assert_eq!(output.status.code(), Some(1), "{settings}: {}", words(&output));
            assert!(words(&output).contains(part), "{settings}: {}", words(&output));
            assert_eq!(fs::read_to_string(home.join("dotfiles.json")).unwrap(), settings);
        }
    }
    let home = home_with("arguments", SETTINGS);
    for arguments in [
        &["--uninstall", "claude", "--robot", "ops"][..],
        &["claude", "--write"],
        &["--install", "claude", "--settings-file", "/nowhere"],
    ] {
        assert!(words(&with_home(&home, arguments)).contains("invalid arguments"), "{arguments:?}");
    }
    assert_eq!(fs::read_to_string(home.join("dotfiles.json")).unwrap(), SETTINGS);
}

#[test]
fn the_settings_of_an_agent_are_printed() {
    let printed = |agent| {
        let output =
            command().args(["hook", "--install", agent, "--config", "/etc/robots.toml"]).output().unwrap();
        assert!(output.status.success(), "{}", words(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let settings: serde_json::Value = serde_json::from_str(&printed("claude")).unwrap();
    let hooks: Vec<&String> = settings["hooks"].as_object().unwrap().keys().collect();
    assert_eq!(hooks, EVENTS);
    let typed = settings["hooks"]["Stop"][0]["hooks"][0]["command"].as_str().unwrap();
    let program = command().get_program().to_str().unwrap().to_owned();
    let expected = format!("{program} hook claude --config=/etc/robots.toml");
    assert_eq!(typed, expected);
    let hooks: serde_json::Value = serde_json::from_str(&printed("codex")).unwrap();
    let hooks: Vec<&String> = hooks["hooks"].as_object().unwrap().keys().collect();
    assert_eq!(hooks, ["UserPromptSubmit", "Stop", "PermissionRequest", "SessionEnd"]);
}
