//! `dingtalk-notify send`, as a person or a script runs it.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;

use std::{
    io::Write as _,
    process::{Output, Stdio},
};

use dingtalk_sandbox::{Fault, RobotConfig, Sandbox};
use program::command;
use serde_json::{Value, json};

const TOKEN: &str = "0123456789abcdef";

async fn sandbox() -> Sandbox {
    Sandbox::builder().robot(RobotConfig::new(TOKEN)).start().await.unwrap()
}

fn send(sandbox: &Sandbox, environment: &[(&str, &str)], stdin: &str, arguments: &[&str]) -> Output {
    let mut child = command()
        .arg("send")
        .args(arguments)
        .env("DINGTALK_BOT_ACCESS_TOKEN", TOKEN)
        .env("DINGTALK_BOT_BASE_URL", sandbox.base_url())
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read stdin may have ended already.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

fn words(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_the_five_messages_arrives() {
    let sandbox = sandbox().await;
    let page = "https://example.com/a?b=c";
    for (stdin, arguments) in [
        ("", vec!["text", "disk full", "--at", "13800000000"]),
        ("### from a pipe\n", vec!["markdown", "--title", "T"]),
        ("", vec!["link", "--title", "T", "--url", page, "--picture", page, "text"]),
        ("card", vec!["action-card", "--title", "T", "--button", &format!("Open={page}"), "-"]),
        ("", vec!["feed-card", "--item", "A", page, page, "--item", "B", page, page]),
    ] {
        let output = send(&sandbox, &[], stdin, &arguments);
        assert!(output.status.success(), "{arguments:?}: {}", words(&output));
        assert!(output.stdout.starts_with(b"delivered as "));
    }
    let sent: Vec<Value> =
        sandbox.accepted().iter().map(|message| serde_json::to_value(message).unwrap()).collect();
    assert_eq!(sent[0]["text"]["content"], "disk full\n@13800000000");
    assert_eq!(sent[1]["markdown"]["text"], "### from a pipe");
    assert_eq!(sent[3]["actionCard"]["singleURL"], page);
    assert_eq!(sent[4]["feedCard"]["links"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_sends_nothing_and_shows_the_request() {
    let sandbox = sandbox().await;
    let output = send(&sandbox, &[], "", &["text", "x", "--dry-run"]);
    let request: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(request["text"], json!({"content": "x"}));
    assert_eq!(sandbox.requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_applies_the_policy_and_shows_the_keyword() {
    let sandbox = sandbox().await;
    let environment = [("DINGTALK_NOTIFY_AT_ALL", "deny"), ("DINGTALK_BOT_KEYWORD", "通知")];
    let output = send(&sandbox, &environment, "", &["text", "x", "--dry-run"]);
    let request: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(request["text"], json!({"content": "x\n通知"}));
    assert!(request["msgUuid"].is_string(), "{request}");

    for everybody in [&["text", "x", "--at-all"][..], &["text", "x", "--at-all", "--dry-run"]] {
        let output = send(&sandbox, &environment, "", everybody);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 0), "{}", words(&output));
        assert!(words(&output).contains("at_all"), "{}", words(&output));
    }
    assert_eq!(sandbox.requests(), 0);

    // The person who typed the command has confirmed it.
    let ask = [("DINGTALK_NOTIFY_AT_ALL", "ask")];
    let output = send(&sandbox, &ask, "", &["text", "x", "--at-all"]);
    assert!(output.status.success(), "{}", words(&output));
    assert_eq!(sandbox.requests(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_tells_apart_what_happened_and_what_to_do() {
    let sandbox = sandbox().await;
    sandbox.fault_next(1, Fault::Reply(json!({"errcode": 310_000, "errmsg": "sign not match"}).to_string()));
    let output = send(&sandbox, &[], "", &["text", "x", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (detail, advice) = (report["detail"].as_str().unwrap(), report["advice"].as_str().unwrap());
    assert!(detail.contains("310000") && !detail.contains(advice), "{report}");
    assert!(advice.contains("SEC"), "{report}");

    let output = send(&sandbox, &[], "", &["text", "x", "--at", "nobody", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &report["kind"]), (Some(2), &json!("invalid")));
    assert!(report["detail"].as_str().unwrap().starts_with("`atMobiles[0]`"), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_class_of_failure_has_its_exit_code_and_advice() {
    let sandbox = sandbox().await;
    let code = |output: &Output| output.status.code().unwrap();

    let output = send(&sandbox, &[], "", &["text", " "]);
    assert_eq!((code(&output), sandbox.requests()), (2, 0), "{}", words(&output));
    let output = send(&sandbox, &[], "", &["text", "x", "--robot", "ops"]);
    assert_eq!((code(&output), sandbox.requests()), (2, 0), "{}", words(&output));
    let output = send(&sandbox, &[("DINGTALK_NOTIFY_AT_ALL", "deny")], "", &["text", "x", "--at-all"]);
    assert_eq!((code(&output), sandbox.requests()), (3, 0), "{}", words(&output));

    sandbox.fault_next(1, Fault::Reply(json!({"errcode": 310_000, "errmsg": "sign not match"}).to_string()));
    let output = send(&sandbox, &[], "", &["text", "x"]);
    assert_eq!(code(&output), 3, "{}", words(&output));
    assert!(words(&output).contains("SEC"), "{}", words(&output));
    sandbox.fault_next(1, Fault::Throttle);
    let output = send(&sandbox, &[("LANG", "zh_CN.UTF-8")], "", &["text", "x"]);
    assert_eq!(code(&output), 5, "{}", words(&output));
    assert!(words(&output).contains('，'), "advice in Chinese: {}", words(&output));
    sandbox.fault_next(1, Fault::Reply(json!({"errcode": 430_101, "errmsg": "unsafe"}).to_string()));
    let output = send(&sandbox, &[], "", &["text", "x", "--json"]);
    assert_eq!(code(&output), 4, "{}", words(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["kind"], &report["code"]), (&json!("forbidden_content"), &json!(430_101)));

    let nobody = [("DINGTALK_BOT_BASE_URL", "http://127.0.0.1:9")];
    let output = send(&sandbox, &nobody, "", &["text", "x"]);
    assert_eq!(code(&output), 6, "{}", words(&output));
    assert!(!words(&output).contains(TOKEN));
}
