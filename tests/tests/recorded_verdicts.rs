//! Each recorded request of other clients gets from the sandbox the verdict that is recorded for it.

#![allow(clippy::unwrap_used, reason = "a recording that cannot be read fails the test")]

use std::time::{Duration, UNIX_EPOCH};

use dingtalk_sandbox::{RobotConfig, Sandbox};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// Codes of the refused requests. Action cards of these clients have flags that are numbers.
const REFUSED: [(&str, &str, i64); 9] = [
    ("dingtalkchatbot-1.5.7", "action_single.plain", 40035),
    ("dingtalkchatbot-1.5.7", "action_multi.two", 40035),
    ("dingtalkchatbot-1.5.7", "action_multi.one_button", 40035),
    ("npm-dingtalk-robot-sender-1.2.0", "text.over_21000_bytes", 460_101),
    ("npm-dingtalk-robot-sender-1.2.0", "text.blank", 400_202),
    ("npm-dingtalk-robot-sender-1.2.0", "markdown.empty_title", 400_402),
    ("npm-dingtalk-robot-sender-1.2.0", "action_multi.two", 40035),
    ("npm-dingtalk-robot-sender-1.2.0", "action_multi.one_button", 40035),
    ("npm-dingtalk-robot-sender-1.2.0", "action_multi.none", 40035),
];

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Sends a recorded request at its own time, and returns the code of the answer.
async fn replay(secret: &str, request: &Value) -> i64 {
    let pairs: Vec<(&str, &str)> = request["query_pairs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| (text(&pair[0]), text(&pair[1])))
        .collect();
    let parameter = |wanted: &str| pairs.iter().find(|(name, _)| *name == wanted).unwrap().1;
    let time = UNIX_EPOCH + Duration::from_millis(parameter("timestamp").parse().unwrap());
    let robot = RobotConfig::new(parameter("access_token")).secret(secret);
    let sandbox = Sandbox::builder().robot(robot).clock(move || time).start().await.unwrap();
    let query: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
        .collect();
    let address = format!("{}{}?{}", sandbox.base_url(), text(&request["path"]), query.join("&"));
    let mut sent = reqwest::Client::new().post(address).body(text(&request["body_utf8"]).to_owned());
    for header in request["headers"].as_array().unwrap() {
        sent = sent.header(text(&header[0]), text(&header[1]));
    }
    let reply: Value = serde_json::from_slice(&sent.send().await.unwrap().bytes().await.unwrap()).unwrap();
    let code = reply["errcode"].as_i64().unwrap();
    // The verdict on the body alone is the same: the signature is right.
    let alone = dingtalk_sandbox::verdict(text(&request["body_utf8"]));
    assert_eq!(alone.refusal.map_or(0, |refusal| refusal.code), code);
    code
}

#[tokio::test]
async fn each_recorded_request_gets_its_verdict() {
    let (mut sent, mut refused) = (0, Vec::new());
    for recording in [
        include_str!("../vectors/dingtalkchatbot-1.5.7.json"),
        include_str!("../vectors/npm-dingtalk-robot-sender-1.2.0.json"),
    ] {
        let recording: Value = serde_json::from_str(recording).unwrap();
        for vector in recording["vectors"].as_array().unwrap() {
            for request in vector["requests"].as_array().unwrap() {
                let code = replay(text(&recording["secret"]), request).await;
                let (sender, case) = (text(&recording["sender"]), text(&vector["case"]));
                assert_eq!(code == 0, vector["robot_accepted"], "{sender}: {case} was answered {code}");
                sent += 1;
                if code != 0 {
                    refused.push((sender.to_owned(), case.to_owned(), code));
                }
            }
        }
    }
    let expected: Vec<_> =
        REFUSED.iter().map(|(sender, case, code)| (sender.to_string(), case.to_string(), *code)).collect();
    assert_eq!(refused, expected);
    assert_eq!(sent, 52);
}
