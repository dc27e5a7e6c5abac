//! Settings from flags, variables and the file, as the built program takes them: nothing fails open, nothing is
//! ignored.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;

use std::process::Output;

use dingtalk_sandbox::{RobotConfig, Sandbox};
use program::{File, PATIENCE, Program, command, text};
use serde_json::{Value, json};

const TOKEN: &str = "0123456789abcdef";

async fn sandbox() -> Sandbox {
    Sandbox::builder().robot(RobotConfig::new(TOKEN)).start().await.unwrap()
}

fn run(environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    command().args(arguments).envs(environment.iter().copied()).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A file with one complete robot, and more.
fn file(name: &str, sandbox: &Sandbox, more: &str) -> File {
    let ops = format!(
        "version = 1\n[robots.ops]\nabout = \"operations\"\naccess_token = \"env:OPS_TOKEN\"\nbase_url = \"{}\"\n{more}",
        sandbox.base_url()
    );
    File::new(name, &ops)
}

#[tokio::test(flavor = "multi_thread")]
async fn deny_in_a_variable_holds_beside_a_file() {
    let sandbox = sandbox().await;
    for (index, stated) in ["", "at_all = \"allow\"", "at_all = \"ask\""].into_iter().enumerate() {
        let file = file(&format!("deny-{index}"), &sandbox, stated);
        let environment = [
            ("OPS_TOKEN", TOKEN),
            ("DINGTALK_NOTIFY_AT_ALL", "deny"),
            ("DINGTALK_NOTIFY_CONFIG", file.path()),
        ];
        for dry_run in [&[][..], &["--dry-run"]] {
            let output = run(&environment, &[&["send", "text", "hi", "--at-all"], dry_run].concat());
            assert_eq!(output.status.code(), Some(3), "{stated}: {}", stderr(&output));
            let mut server = Program::serve_with(dry_run, &environment);
            let denied = server.call("send_text_message", json!({"text": "hi", "atAll": true}));
            assert_eq!(denied["structuredContent"]["reason"], "at_all_denied", "{stated}: {denied}");
        }
    }
    assert_eq!(sandbox.requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn deny_in_the_file_holds_beside_a_variable() {
    let sandbox = sandbox().await;
    let file = file("file-denies", &sandbox, "at_all = \"deny\"");
    let environment =
        [("OPS_TOKEN", TOKEN), ("DINGTALK_NOTIFY_AT_ALL", "allow"), ("DINGTALK_NOTIFY_CONFIG", file.path())];
    let output = run(&environment, &["send", "text", "hi", "--at-all"]);
    assert_eq!((output.status.code(), sandbox.requests()), (Some(3), 0), "{}", stderr(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_message_needs_one_robot_and_a_server_needs_all() {
    let sandbox = sandbox().await;
    let file = file("one", &sandbox, "[robots.bad]\nabout = \"x\"\naccess_token = \"env:BAD_TOKEN\"\n");
    let environment = [("OPS_TOKEN", TOKEN), ("DINGTALK_NOTIFY_CONFIG", file.path())];
    let sent = run(&environment, &["send", "text", "hi", "--robot", "ops"]);
    assert_eq!((sent.status.code(), sandbox.accepted().len()), (Some(0), 1), "{}", stderr(&sent));
    for arguments in [&["send", "text", "hi", "--robot", "bad"][..], &["serve"]] {
        let output = run(&environment, arguments);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("robots.bad: env:BAD_TOKEN is not set"), "{}", stderr(&output));
    }
    let checked = run(&environment, &["check", "--json"]);
    let findings: Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert!(findings.as_array().unwrap().iter().any(|finding| finding["robot"] == "bad"), "{findings}");
    assert_eq!(run(&environment, &["check", "--robot", "ops"]).status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blank_variable_is_not_set_for_every_command() {
    let sandbox = sandbox().await;
    let file = file("blank", &sandbox, "");
    let environment = [
        ("OPS_TOKEN", TOKEN),
        ("DINGTALK_BOT_ACCESS_TOKEN", " "),
        ("DINGTALK_BOT_BASE_URL", ""),
        ("DINGTALK_NOTIFY_CONFIG", file.path()),
    ];
    for arguments in [&["check"][..], &["serve"], &["send", "text", "hi"], &["tools"]] {
        let output = run(&environment, arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_s_file_is_read_however_an_editor_saved_it() {
    let sandbox = sandbox().await;
    for (index, content) in
        ["\u{feff}TOKEN\r\n", "\"TOKEN\"\n", "\u{feff} 'TOKEN' \r\n"].into_iter().enumerate()
    {
        let webhook = format!("{}/robot/send?access_token={TOKEN}", sandbox.base_url());
        let file = File::new(&format!("secret-{index}"), &content.replace("TOKEN", &webhook));
        let environment =
            [("DINGTALK_BOT_ACCESS_TOKEN_FILE", file.path()), ("DINGTALK_BOT_RATE_PER_MINUTE", "0")];
        let output = run(&environment, &["send", "text", "hi"]);
        assert_eq!(
            (output.status.code(), sandbox.accepted().len()),
            (Some(0), index + 1),
            "{}",
            stderr(&output)
        );
    }
    let missing = run(&[("DINGTALK_BOT_ACCESS_TOKEN_FILE", "/run/secrets/none")], &["serve"]);
    assert!(stderr(&missing).contains("file:/run/secrets/none cannot be read"), "{}", stderr(&missing));
}

#[test]
fn a_setting_that_would_be_ignored_or_misread_stops_every_command() {
    let token = ("DINGTALK_BOT_ACCESS_TOKEN", TOKEN);
    for (variable, expected) in [
        (
            ("DINGTALK_MCP_AT_ALL", "deny"),
            "DINGTALK_MCP_AT_ALL: this variable has been renamed to `DINGTALK_NOTIFY_AT_ALL`",
        ),
        (("DINGTALK_NOTIFY_ATALL", "deny"), "did you mean `DINGTALK_NOTIFY_AT_ALL`?"),
        (("DINGTALK_BOT_SECERT", "SECcanary"), "did you mean `DINGTALK_BOT_SECRET`?"),
        (("DINGTALK_BOT_SECRET", "${DINGTALK_BOT_SECRET}"), "DINGTALK_BOT_SECRET: it holds a placeholder"),
        (("DINGTALK_BOT_ACCESS_TOKEN_FILE", "/run/secrets/canary"), "are both set; unset one of them"),
    ] {
        for arguments in [&["serve"][..], &["send", "text", "hi"]] {
            let output = run(&[token, variable], arguments);
            assert_eq!(output.status.code(), Some(1), "{variable:?}");
            assert!(stderr(&output).contains(expected), "{expected}: {}", stderr(&output));
            assert!(!stderr(&output).contains("SECcanary"), "{}", stderr(&output));
        }
    }
}

#[test]
fn errors_of_settings_and_of_the_file_speak_the_language_of_the_person() {
    let file = File::new("chinese", "version = 1\n[robots.ops]\nabuot = \"x\"\naccess_token = \"SEC0123\"\n");
    let environment = [
        ("DINGTALK_NOTIFY_LANG", "zh"),
        ("DINGTALK_NOTIFY_AT_ALL", "no"),
        ("DINGTALK_NOTIFY_CONFIG", file.path()),
    ];
    for arguments in [&["serve"][..], &["check"], &["send", "text", "hi"], &["tools"]] {
        let told = stderr(&run(&environment, arguments));
        for expected in [
            "DINGTALK_NOTIFY_AT_ALL：应为 `ask`、`allow`、`deny` 之一，而不是 \"no\"",
            "robots.ops.abuot：未知的键；是否想写 `about`？",
            "robots.ops.access_token：密钥不能写在这个文件里",
        ] {
            assert!(told.contains(expected), "{arguments:?}: {expected}: {told}");
        }
        assert!(!told.contains("unknown") && !told.contains("SEC0123"), "{told}");
    }
}

#[test]
fn faults_of_a_robot_s_settings_speak_the_language_of_the_person() {
    for (variables, expected) in [
        (vec![], "没有设置 DINGTALK_BOT_ACCESS_TOKEN："),
        (vec![("DINGTALK_BOT_ACCESS_TOKEN", "a/b")], "DINGTALK_BOT_ACCESS_TOKEN：应为 access_token 本身"),
        (
            vec![("DINGTALK_BOT_ACCESS_TOKEN", TOKEN), ("DINGTALK_BOT_BASE_URL", "http://example.com")],
            "DINGTALK_BOT_BASE_URL：http 会在网络上暴露",
        ),
    ] {
        let environment: Vec<_> = variables.iter().copied().chain([("LANG", "zh_CN.UTF-8")]).collect();
        let told = stderr(&run(&environment, &["serve"]));
        assert!(told.contains(expected), "{expected}: {told}");
        assert!(!told.contains("robot"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmation_before_every_message_holds_from_a_variable() {
    let sandbox = sandbox().await;
    let file = file("confirm", &sandbox, "");
    let environment = [
        ("OPS_TOKEN", TOKEN),
        ("DINGTALK_NOTIFY_CONFIRM", "always"),
        ("DINGTALK_NOTIFY_CONFIG", file.path()),
    ];
    let mut server = Program::serve(&environment);
    let refused = server.call("send_text_message", json!({"text": "hi"}));
    assert!(text(&refused).contains("not confirmed"), "{refused}");
    assert_eq!(sandbox.requests(), 0);
    server.close_stdin();
    assert!(server.end(PATIENCE).0.success());
}
