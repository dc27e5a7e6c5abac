//! Callers with names: what each token opens, and what it may send.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;
mod served;

use std::io::Read as _;

use program::File;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use served::{Served, answer, modern};

const GRAFANA: &str = "grafana-0123456789abcdef";
const TEAM: &str = "team-0123456789abcdef";
const HOOKS: &str = "hooks-0123456789abcdef";

fn serve(name: &str) -> (File, Served) {
    let config = File::new(
        name,
        "version = 1\ndefault_robot = \"ops\"\n\
         [robots.ops]\nabout = \"operations\"\naccess_token = \"env:OPS\"\nat_all = \"allow\"\n\
         [robots.sales]\nabout = \"sales\"\naccess_token = \"env:OPS\"\n\
         [tokens.grafana]\ntoken = \"env:GRAFANA\"\ndoors = [\"mcp\"]\nrobots = [\"ops\"]\nrate = 2\nat_all = false\n\
         [tokens.team]\ntoken = \"env:TEAM\"\n\
         [tokens.hooks]\ntoken = \"env:HOOKS\"\ndoors = [\"hooks\"]\n",
    );
    let environment = [
        ("OPS", "0123abcd"),
        ("GRAFANA", GRAFANA),
        ("TEAM", TEAM),
        ("HOOKS", HOOKS),
        ("DINGTALK_NOTIFY_LOG", "calls"),
    ];
    let served = Served::with_file(&config, &["--dry-run"], &environment);
    (config, served)
}

async fn call(served: &Served, token: &str, arguments: Value) -> Response {
    let call = json!({"name": "send_text_message", "arguments": arguments});
    modern(&served.url, "tools/call", call).bearer_auth(token).send().await.unwrap()
}

async fn facts(response: Response) -> Value {
    answer(response).await["result"]["structuredContent"].clone()
}

#[tokio::test]
async fn a_token_opens_its_doors_and_no_others() {
    let (_file, served) = serve("http-tokens-doors");
    let list = |token: &str| modern(&served.url, "tools/list", json!({})).bearer_auth(token).send();
    assert_eq!(list(TEAM).await.unwrap().status(), StatusCode::OK);
    let unknown = list("nobody-0123456789abcdef").await.unwrap();
    assert_eq!(unknown.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(unknown.headers()["www-authenticate"], "Bearer error=\"invalid_token\"");
    let refused = list(HOOKS).await.unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let problem = answer(refused).await;
    assert!(
        problem["error_description"].as_str().unwrap().contains("`hooks` does not open `mcp`"),
        "{problem}"
    );
}

#[tokio::test]
async fn a_token_sends_through_its_robots_and_notifies_everybody_only_if_it_may() {
    let (_file, served) = serve("http-tokens-robots");
    let answer = facts(call(&served, GRAFANA, json!({"text": "x", "robot": "sales"})).await).await;
    assert_eq!(answer["status"], "refused", "{answer}");
    assert!(answer["faults"][0].as_str().unwrap().contains("must be one of `ops`"), "{answer}");
    let answer = facts(call(&served, GRAFANA, json!({"text": "x", "atAll": true})).await).await;
    assert_eq!(answer["status"], "refused", "{answer}");
    let answer = facts(call(&served, TEAM, json!({"text": "x", "atAll": true})).await).await;
    assert_eq!(answer["status"], "dry_run", "the robot's own policy: {answer}");
    let answer = facts(call(&served, TEAM, json!({"text": "x", "robot": "sales"})).await).await;
    assert_eq!(answer["status"], "dry_run", "{answer}");
}

#[tokio::test]
async fn a_token_that_calls_too_often_is_told_when_to_come_back() {
    let (_file, served) = serve("http-tokens-rate");
    for _ in 0..2 {
        assert_eq!(call(&served, GRAFANA, json!({"text": "x"})).await.status(), StatusCode::OK);
    }
    let refused = call(&served, GRAFANA, json!({"text": "x"})).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers()["retry-after"].to_str().unwrap().parse::<u32>().unwrap() <= 30);
    assert_eq!(call(&served, TEAM, json!({"text": "x"})).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_name_of_a_token_is_in_the_log_and_the_metrics() {
    let (_file, mut served) = serve("http-tokens-log");
    call(&served, GRAFANA, json!({"text": "x"})).await;
    let metrics = served.metrics().await;
    for line in [
        "dingtalk_notify_calls_total{tool=\"send_text_message\",robot=\"ops\",token=\"grafana\",status=\"dry_run\"} 1",
        "dingtalk_notify_http_requests_total{door=\"mcp\",token=\"grafana\",status=\"200\"} 1",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} is not in\n{metrics}");
    }
    served.terminate();
    served.end();
    let mut line = String::new();
    served.stderr.read_to_string(&mut line).unwrap();
    let line: Value = serde_json::from_str(line.lines().next().unwrap()).unwrap();
    assert_eq!((&line["token"], &line["tool"]), (&json!("grafana"), &json!("send_text_message")));
}
