//! Robots by name, from a configuration file.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;

use dingtalk_sandbox::{RobotConfig, Sandbox};
use program::{File, Program};
use serde_json::{Value, json};

const OPS: &str = "0123456789abcdef";
const SALES: &str = "fedcba9876543210";

async fn sandbox() -> Sandbox {
    let robot = |token| RobotConfig::new(token);
    Sandbox::builder().robot(robot(OPS)).robot(robot(SALES)).start().await.unwrap()
}

fn file(name: &str, sandbox: &Sandbox, more: &str) -> File {
    let base_url = sandbox.base_url();
    File::new(
        name,
        &format!(
            r#"
            version = 1
            {more}
            [robots.ops]
            about = "operations: alerts"
            access_token = "env:OPS_TOKEN"
            base_url = "{base_url}"
            keyword = "通知"
            [robots.sales]
            about = "sales: closed deals"
            access_token = "env:SALES_TOKEN"
            base_url = "{base_url}"
            at_all = "deny"
            [people]
            on_call = "13800000000"
            "#
        ),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_selects_its_group() {
    let sandbox = sandbox().await;
    let file = file("choose", &sandbox, "");
    let secrets = [("OPS_TOKEN", OPS), ("SALES_TOKEN", SALES)];
    let mut program = Program::serve_with(&["--config", file.path()], &secrets);

    let tools = program.request("tools/list", json!({}))["result"]["tools"].clone();
    for tool in tools.as_array().unwrap() {
        let robot = &tool["inputSchema"]["properties"]["robot"];
        assert_eq!(robot["enum"], json!(["ops", "sales"]), "{tool}");
        let words = robot["description"].as_str().unwrap();
        assert!(words.contains("`sales`: sales: closed deals"), "{words}");
        let required = tool["inputSchema"]["required"].as_array().unwrap();
        assert!(required.contains(&Value::from("robot")), "{tool}");
    }

    let call = |program: &mut Program, arguments: Value| program.call("send_text_message", arguments);
    let sent = call(&mut program, json!({"text": "done", "robot": "sales"}));
    assert_eq!(sent["structuredContent"]["status"], "delivered", "{sent}");
    assert_eq!(sent["structuredContent"]["robot"], "sales");
    // The same words for another group are another message.
    let sent = call(&mut program, json!({"text": "done", "robot": "ops", "atMobiles": ["on_call"]}));
    assert_eq!(sent["structuredContent"]["status"], "delivered", "{sent}");
    let accepted: Vec<Value> =
        sandbox.accepted().iter().map(|message| serde_json::to_value(message).unwrap()).collect();
    assert_eq!(accepted[0]["text"]["content"], "done");
    assert_eq!(accepted[1]["text"]["content"], "done\n通知\n@13800000000");

    let missing = call(&mut program, json!({"text": "done"}));
    assert!(missing.to_string().contains("`robot` is missing"), "{missing}");
    let unknown = call(&mut program, json!({"text": "done", "robot": "sale"}));
    assert!(unknown.to_string().contains("did you mean `sales`?"), "{unknown}");
    let denied = call(&mut program, json!({"text": "done", "robot": "sales", "atAll": true}));
    assert_eq!(denied["structuredContent"]["reason"], "at_all_denied", "{denied}");
    assert_eq!(sandbox.requests(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_applies_each_robot_s_policy_and_shows_its_keyword() {
    let sandbox = sandbox().await;
    let file = file("dry", &sandbox, "");
    let secrets = [("OPS_TOKEN", OPS), ("SALES_TOKEN", SALES)];
    let mut program = Program::serve_with(&["--config", file.path(), "--dry-run"], &secrets);
    let shown = program.call("send_text_message", json!({"text": "done", "robot": "ops", "atAll": true}));
    assert_eq!(shown["structuredContent"]["status"], "dry_run", "{shown}");
    let content = &shown["structuredContent"]["request"]["text"]["content"];
    assert!(content.as_str().unwrap().ends_with("\n通知\n@all"), "{shown}");
    let denied = program.call("send_text_message", json!({"text": "done", "robot": "sales", "atAll": true}));
    assert_eq!(denied["structuredContent"]["reason"], "at_all_denied", "{denied}");
    assert_eq!(sandbox.requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_makes_the_robot_optional() {
    let sandbox = sandbox().await;
    let file = file("default", &sandbox, "default_robot = \"sales\"");
    let secrets = [("OPS_TOKEN", OPS), ("SALES_TOKEN", SALES), ("DINGTALK_NOTIFY_CONFIG", file.path())];
    let mut program = Program::serve(&secrets);
    let sent = program.call("send_text_message", json!({"text": "done"}));
    assert_eq!(sent["structuredContent"]["robot"], "sales", "{sent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_file_prevents_the_server_from_starting() {
    let sandbox = sandbox().await;
    let file = file("wrong", &sandbox, "");
    let fails = |environment: &[(&str, &str)], expected: &str| {
        let program = Program::start(&["--config", file.path()], environment);
        let (status, words) = program.end(program::PATIENCE);
        assert!(!status.success());
        assert!(words.contains(expected), "{words}");
        assert!(!words.contains(OPS) && !words.contains(SALES), "{words}");
    };
    fails(&[("OPS_TOKEN", OPS)], "robots.sales: env:SALES_TOKEN is not set");
    fails(
        &[("OPS_TOKEN", OPS), ("SALES_TOKEN", SALES), ("DINGTALK_BOT_ACCESS_TOKEN", OPS)],
        "DINGTALK_BOT_ACCESS_TOKEN cannot be combined with the robots of the configuration file",
    );
    let both = File::new("keys", "version = 1\n[robots.ops]\nabuot = \"x\"\naccess_token = \"SEC\"");
    let (status, words) = Program::start(&["--config", both.path()], &[]).end(program::PATIENCE);
    assert!(!status.success());
    for expected in
        ["robots.ops.abuot: unknown key; did you mean `about`?", "secrets do not belong in this file"]
    {
        assert!(words.contains(expected), "{words}");
    }
}
