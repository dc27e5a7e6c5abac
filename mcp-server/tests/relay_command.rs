//! `dingtalk-notify relay` without a server: presets, and what a payload would become.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod program;

use std::path::PathBuf;

use program::{File, command};
use serde_json::Value;

fn payload(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    path.to_str().unwrap().to_owned()
}

/// Runs `relay`, and returns its exit code and its output.
fn relay(arguments: &[&str]) -> (i32, String, String) {
    let output = command().arg("relay").args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_payload_is_shown_as_its_message() {
    let down = payload("tests/payloads/uptime-kuma/down.json");
    let (code, shown, _) = relay(&["try", &down, "--source", "uptime-kuma"]);
    assert_eq!(code, 0);
    assert!(shown.starts_with("[🔴 网上商城 is down]\n"), "{shown}");
    assert!(shown.ends_with("-- event `down`, notification `send_monitor_down`\n"), "{shown}");

    let push = payload("tests/payloads/github/push.json");
    let (code, shown, _) =
        relay(&["try", &push, "--source", "github@1", "--header", "X-GitHub-Event: push", "--json"]);
    assert_eq!(code, 0);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["outcome"], "message");
    assert_eq!(shown["arguments"]["lines"][0], "3333333 Fix *the* cart");
    assert_eq!(shown["message"]["msgtype"], "markdown");

    let (code, shown, _) = relay(&["try", &down, "--source", "grafana"]);
    assert_eq!(code, 2);
    assert!(shown.contains("`alerts` is missing or different"), "{shown}");
}

#[test]
fn a_printed_preset_can_be_changed_in_a_file() {
    let (code, printed, _) = relay(&["preset", "show", "uptime-kuma", "--lang", "zh"]);
    assert_eq!(code, 0);
    let file = File::new("printed-preset", &printed.replace("已中断", "挂了"));
    let down = payload("tests/payloads/uptime-kuma/down.json");
    let (code, shown, problem) = relay(&["try", &down, "--config", file.path()]);
    assert_eq!(code, 0, "{problem}");
    assert!(shown.starts_with("[🔴 网上商城 挂了]\n"), "{shown}");
    let checked = relay(&["check", "--config", file.path()]).1;
    let lines = [
        "uptime-kuma: valid",
        "  uptime-kuma, down: [🔴 Shop 挂了]",
        "  uptime-kuma, up: [✅ Shop 已恢复 · 历时 12 min]",
    ];
    assert_eq!(checked.lines().collect::<Vec<_>>(), lines);
    let whole = relay(&["check", "--samples", "--config", file.path()]).1;
    assert!(whole.contains("    🔴 Shop 挂了\n") && whole.contains("connect ECONNREFUSED"), "{whole}");
}

#[test]
fn all_faults_of_all_hooks_are_told_at_once() {
    let file = File::new(
        "faulty-hooks",
        "version = 1\n[hooks.a]\nnotification = \"send_text_message\"\nfields = { texd = \"x\" }\n\
         [hooks.b]\nnotification = \"nothing\"\n",
    );
    let (code, _, problem) = relay(&["check", "--config", file.path()]);
    assert_eq!(code, 1);
    for expected in [
        "hooks.a.fields.texd: the notification has no field `texd`; did you mean `text`?",
        "hooks.a.fields.text: missing: the notification requires this field",
        "hooks.b.notification: unknown notification `nothing`; expected one of text_message",
    ] {
        assert!(problem.contains(expected), "{problem}");
    }
    let (code, _, problem) = relay(&["preset", "show", "alertmanger"]);
    assert_eq!(code, 1);
    assert!(problem.contains("did you mean `alertmanager`?"), "{problem}");
}

#[test]
fn a_token_is_new_each_time() {
    let (first, second) = (relay(&["token"]).1, relay(&["token"]).1);
    assert_eq!(first.trim().len(), 32);
    assert_ne!(first, second);
}
