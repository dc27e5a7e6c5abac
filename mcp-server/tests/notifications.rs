//! Notifications that the configuration file declares, through the program.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;

use std::process::Output;

use dingtalk_sandbox::{RobotConfig, Sandbox};
use program::{File, Program, command};
use serde_json::{Value, json};

const TOKEN: &str = "0123456789abcdef";
const PAGE: &str = include_str!("../../docs/configuration.md");

/// The block of the page after a comment.
fn block(name: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("<!-- {name} -->\n```")).unwrap();
    let (_, block) = rest.split_once('\n').unwrap();
    block.split_once("\n```\n").unwrap().0
}

fn tools(arguments: &[&str]) -> Output {
    command().arg("tools").args(arguments).output().unwrap()
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_of_the_page_is_served_and_called() {
    let sandbox = Sandbox::builder().robot(RobotConfig::new(TOKEN)).start().await.unwrap();
    let file = File::new("page", block("notifications"));
    let base_url = sandbox.base_url();
    let robot = [("DINGTALK_BOT_ACCESS_TOKEN", TOKEN), ("DINGTALK_BOT_BASE_URL", &base_url)];
    let mut program = Program::serve_with(&["serve", "--config", file.path()], &robot);

    let listed = program.request("tools/list", json!({}))["result"]["tools"].clone();
    let listed_names = names(&listed);
    assert_eq!(listed_names.len(), 7);
    assert_eq!(listed_names[5..], ["send_cpu_alert", "send_disk_alert"], "behind the ready-made ones");
    let cpu = &listed[5];
    assert_eq!(cpu["title"], "Cpu alert");
    let description = cpu["description"].as_str().unwrap();
    assert!(description.contains("When a disk is nearly full, use send_disk_alert."), "{description}");
    assert_eq!(cpu["inputSchema"]["required"], json!(["host", "percent"]));

    let arguments = json!({"host": "web-3", "percent": 97, "processes": ["nginx", "cc1*"]});
    let sent = program.call("send_cpu_alert", arguments.clone());
    assert_eq!(sent["structuredContent"]["status"], "delivered", "{sent}");
    let accepted = serde_json::to_value(&sandbox.accepted()[0]).unwrap();
    assert_eq!(accepted["markdown"]["title"], "CPU 97% on web-3");
    assert_eq!(accepted["markdown"]["text"], block("notifications message"));
    let again = program.call("send_cpu_alert", arguments);
    assert_eq!(again["structuredContent"]["status"], "duplicate", "{again}");

    let wrong = program.call("send_cpu_alert", json!({"hots": "web-3", "percent": 101, "severity": "warn"}));
    let faults = wrong["structuredContent"]["faults"].to_string();
    for fault in [
        "`hots` is not a parameter; did you mean `host`?",
        "`host` is missing: give a string",
        "`percent` must be 0 to 100, not 101",
        "`severity` must be one of",
    ] {
        assert!(faults.contains(fault), "{fault}: {faults}");
    }

    let uri = "dingtalk-notify://tools/send_disk_alert";
    let resource = program.request("resources/read", json!({"uri": uri}))["result"].clone();
    let text: Value = serde_json::from_str(resource["contents"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(text["example"]["message"]["text"]["content"], "example: 0% of / is used");
    assert_eq!(sandbox.requests(), 1);
}

#[test]
fn people_can_list_and_select_them() {
    let file = File::new("choice", block("notifications"));
    let output = tools(&["--config", file.path(), "--json", "--tool-prefix", "ops"]);
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(names(&printed["tools"])[5..], ["ops_send_cpu_alert", "ops_send_disk_alert"]);
    let output = tools(&["--config", file.path(), "--json", "--tools", "send_disk_alert,send_text_message"]);
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(names(&printed["tools"]), ["send_text_message", "send_disk_alert"]);
    let output = tools(&["--config", file.path(), "--lint"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn possible_improvements_are_listed_and_faults_are_refused() {
    let filler =
        block("notifications").replace("Warn the on-call group that", "Simply warn the SRE group that");
    let file = File::new("filler", &filler);
    let output = tools(&["--config", file.path(), "--lint"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("W5 send_cpu_alert: the description has the empty word `Simply`"), "{said}");
    assert!(said.contains("W7 send_cpu_alert: `SRE` may be unknown"), "{said}");

    let wrong = block("notifications")
        .replace("{percent}% of", "{percnt}% of")
        .replace("line = \"- {}\"", "lin = \"- {}\"");
    let file = File::new("wrong", &wrong);
    for arguments in [&["--config", file.path(), "--lint"][..], &["--config", file.path()]] {
        let output = tools(arguments);
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8(output.stderr).unwrap();
        for fault in [
            "notifications.cpu_alert.fields[3].lin: unknown key; did you mean `line`?",
            "notifications.disk_alert.text: there is no field `percnt`; did you mean `percent`?",
        ] {
            assert!(said.contains(fault), "{fault}: {said}");
        }
    }
}
