//! `dingtalk-notify check` names the faults of a robot's configuration, and sends nothing by default.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    process::Output,
    thread,
};

use dingtalk_sandbox::{RobotConfig, Sandbox};
use program::{File, command};
use serde_json::{Value, json};

const TOKEN: &str = "0123456789abcdef";
const SECRET: &str = "SEC0123456789abcdef";

async fn sandbox() -> Sandbox {
    let robot = RobotConfig::new(TOKEN).secret(SECRET).keyword("alarm");
    Sandbox::builder().robot(robot).start().await.unwrap()
}

fn check(base_url: &str, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    let output = command()
        .arg("check")
        .args(arguments)
        .env("DINGTALK_BOT_BASE_URL", base_url)
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    for stream in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(stream);
        assert!(!text.contains(TOKEN) && !text.contains(SECRET), "{text}");
    }
    output
}

/// Findings, as pairs of subject and state, and the exit code.
fn found(output: &Output) -> (Vec<(String, String)>, Option<i32>) {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{stdout}"));
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let pairs = findings.iter().map(|finding| (text(finding, "check"), text(finding, "result")));
    (pairs.collect(), output.status.code())
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.map(|(check, result)| (check.to_owned(), result.to_owned())).to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_by_default() {
    let sandbox = sandbox().await;
    let environment = [("DINGTALK_BOT_ACCESS_TOKEN", TOKEN), ("DINGTALK_BOT_SECRET", SECRET)];
    let (findings, code) = found(&check(&sandbox.base_url(), &environment, &["--json"]));
    let fine = [("settings", "ok"), ("server", "ok"), ("clock", "ok"), ("message", "open")];
    assert_eq!((findings, code), (pairs(fine), Some(0)));
    assert_eq!(sandbox.accepted().len(), 0);

    let keyword = ("DINGTALK_BOT_KEYWORD", "alarm");
    let environment = [environment[0], environment[1], keyword];
    let (findings, code) = found(&check(&sandbox.base_url(), &environment, &["--json", "--send"]));
    assert_eq!((&findings[3].1, code), (&"ok".to_owned(), Some(0)));
    assert_eq!(sandbox.accepted().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_that_only_a_message_shows_are_named_with_advice() {
    let sandbox = sandbox().await;
    let token = ("DINGTALK_BOT_ACCESS_TOKEN", TOKEN);
    for (environment, words) in [
        (vec![token, ("DINGTALK_BOT_SECRET", SECRET)], "set `keyword` (DINGTALK_BOT_KEYWORD)"),
        (vec![token, ("DINGTALK_BOT_SECRET", "SECother")], "Copy the secret (SEC…)"),
        (vec![token], "This robot signs, and no secret is set"),
        (vec![token, ("DINGTALK_NOTIFY_LANG", "zh")], "启用了加签，但没有设置密钥"),
        (vec![("DINGTALK_BOT_ACCESS_TOKEN", "fedcba98")], "Copy the webhook"),
        (vec![token, ("DINGTALK_BOT_SECRET", "SECother"), ("LANG", "zh_CN.UTF-8")], "重新复制密钥"),
    ] {
        let output = check(&sandbox.base_url(), &environment, &["--send"]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains(words), "{words}: {text}");
        assert_eq!(output.status.code(), Some(3), "{text}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
    assert_eq!(sandbox.accepted().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_settings_are_named_before_any_request() {
    let sandbox = sandbox().await;
    let secret = format!("SEC{}", "0".repeat(64));
    let swapped = [("DINGTALK_BOT_ACCESS_TOKEN", &*secret)];
    let (findings, code) = found(&check(&sandbox.base_url(), &swapped, &["--json"]));
    assert_eq!((findings, code), (pairs([("settings", "failed")]), Some(3)));

    for (token, words) in [
        ("\"0123", "quotation mark"),
        ("XXXXXXXX", "placeholder"),
        ("https://oapi.dingtalk.com/robot/send?access_token=0123&secret=SEC0123456789abcdef", "`secret=`"),
    ] {
        let output = check(&sandbox.base_url(), &[("DINGTALK_BOT_ACCESS_TOKEN", token)], &["--json"]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(3), "{text}");
        assert!(text.contains(words), "{words}: {text}");
    }

    let unusual = [("DINGTALK_BOT_ACCESS_TOKEN", TOKEN), ("DINGTALK_BOT_SECRET", "0123")];
    let (findings, code) = found(&check(&sandbox.base_url(), &unusual, &["--json"]));
    assert_eq!((&findings[1], code), (&pairs([("secret", "warning")])[0], Some(0)));

    let nowhere = [("DINGTALK_BOT_ACCESS_TOKEN", TOKEN)];
    let (findings, code) = found(&check("http://127.0.0.1:1", &nowhere, &["--json"]));
    assert_eq!((findings, code), (pairs([("settings", "ok"), ("server", "failed")]), Some(6)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_refused_address_is_named() {
    let refused = server(
        "HTTP/1.1 200 OK\r\nContent-Length: 61\r\nConnection: close\r\n\r\n\
         {\"errcode\":310000,\"errmsg\":\"ip 203.0.113.7 not in whitelist\"}",
    );
    let output = check(&refused, &[("DINGTALK_BOT_ACCESS_TOKEN", TOKEN)], &["--send"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("203.0.113.7") && text.contains("IPv4"), "{text}");
}

/// A server that answers everything with these bytes.
fn server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // The whole request fits into one read on loopback.
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    format!("http://{address}")
}

#[test]
fn a_wrong_clock_and_a_foreign_server_are_told_apart() {
    let late = server(
        "HTTP/1.1 200 OK\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\nContent-Length: 17\r\nConnection: close\r\n\r\n\
         {\"errcode\":43002}",
    );
    let signs = [("DINGTALK_BOT_ACCESS_TOKEN", TOKEN), ("DINGTALK_BOT_SECRET", SECRET)];
    let (findings, code) = found(&check(&late, &signs, &["--json"]));
    assert_eq!((&findings[2], code), (&pairs([("clock", "failed")])[0], Some(3)));
    // Without a signature, the time does not matter.
    let (findings, code) = found(&check(&late, &signs[..1], &["--json"]));
    assert_eq!((&findings[2], code), (&pairs([("clock", "warning")])[0], Some(0)));

    let portal = server("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>");
    let (findings, code) = found(&check(&portal, &signs, &["--json"]));
    assert_eq!((&findings[1], code), (&pairs([("server", "failed")])[0], Some(6)));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_robot_of_the_file_is_checked() {
    let sandbox = sandbox().await;
    let file = format!(
        r#"
        version = 1
        [robots.ops]
        about = "operations"
        base_url = "{0}"
        access_token = "env:OPS_TOKEN"
        secret = "env:OPS_SECRET"
        keyword = "alarm"
        [robots.sales]
        about = "customers"
        base_url = "{0}"
        access_token = "env:SALES_TOKEN"
        "#,
        sandbox.base_url()
    );
    // Beside a file with robots, a base URL of the environment is an error.
    let file = File::new("check", &file);
    let config = file.path();
    let environment = [("OPS_TOKEN", TOKEN), ("OPS_SECRET", SECRET)];
    let output = check("", &environment, &["--config", config, "--send", "--json"]);
    let findings: Value = serde_json::from_slice(&output.stdout).unwrap();
    let last = findings.as_array().unwrap().last().unwrap();
    assert_eq!((&findings[3]["robot"], &findings[3]["result"]), (&json!("ops"), &json!("ok")));
    assert_eq!((&last["robot"], &last["result"]), (&json!("sales"), &json!("failed")));
    assert!(last["detail"].as_str().unwrap().contains("env:SALES_TOKEN is not set"), "{last}");
    assert_eq!(output.status.code(), Some(3));

    let one = check("", &environment, &["--config", config, "--robot", "ops", "--json"]);
    assert_eq!(one.status.code(), Some(0));
    let none = check("", &environment, &["--config", config, "--robot", "opps"]);
    assert!(String::from_utf8_lossy(&none.stderr).contains("unknown robot `opps`"));
}
