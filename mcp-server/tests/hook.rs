//! `dingtalk-notify hook`: the agent is never disturbed, and people are told once.
//!
//! The payloads are written after the agents' documentation, not recorded.

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
    time::{Duration, Instant},
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

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_the_working_directory_is_not_read() {
    let scene = Scene::new("hook-directory", "").await;
    let mut command = scene.command(&["hook", "--try", "claude"]);
    command.env("DINGTALK_NOTIFY_CONFIG", "robots.toml").current_dir(scene.path(""));
    let output = with_stdin(&mut command, &payload("claude/stop.json"));
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));
    assert!(words(&output).contains("robots.toml"), "{}", words(&output));
    assert!(!Path::new(&scene.path("state")).join("outbox.db").exists());
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
    let home = home_with("codex", SETTINGS);
    for arguments in [&["--install", "codex", "--write"][..], &["--uninstall", "codex"]] {
        let output = with_home(&home, arguments);
        assert_eq!(output.status.code(), Some(1), "{}", words(&output));
        assert!(words(&output).contains("by hand"), "{}", words(&output));
        assert!(!words(&output).contains("dropped"), "{}", words(&output));
    }
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
    assert!(printed("codex").starts_with("notify = [\"/"));
}
