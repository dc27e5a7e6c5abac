//! Operation over HTTP: paths, health, metrics, reloading and stopping.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;
mod served;

use std::{fs, process::Stdio, time::Duration};

use program::{File, PATIENCE, command};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use served::{Served, TOKEN, answer, client, modern};

async fn get(url: String) -> Response {
    client().get(url).send().await.unwrap()
}

/// A line of the metrics, when it has this value.
async fn wait_for(served: &Served, line: &str) {
    let found = tokio::time::timeout(PATIENCE, async {
        while !served.metrics().await.lines().any(|found| found == line) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(found.await.is_ok(), "{line} is not in\n{}", served.metrics().await);
}

#[tokio::test]
async fn unknown_paths_are_answered_as_clients_of_oauth_read_them() {
    let served = Served::serve(&["--dry-run"], &[("DINGTALK_NOTIFY_HTTP_TOKEN", TOKEN)]);
    for path in
        ["/", "/.well-known/oauth-protected-resource", "/.well-known/openid-configuration/mcp", "/register"]
    {
        for request in [client().get(served.at(path)), client().post(served.at(path))] {
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
            assert!(!response.headers().contains_key("www-authenticate"), "{path}");
            let problem = answer(response).await;
            assert!(problem["error"].is_string(), "{problem}");
            assert!(problem["error_description"].as_str().unwrap().contains("no OAuth"), "{problem}");
        }
    }
    let refused = modern(&served.url, "tools/list", json!({})).send().await.unwrap();
    assert_eq!(refused.headers()["www-authenticate"], "Bearer");
    let refused = modern(&served.url, "tools/list", json!({})).bearer_auth("wrong").send().await.unwrap();
    assert_eq!(refused.headers()["www-authenticate"], "Bearer error=\"invalid_token\"");
    assert_eq!(answer(refused).await["error"], "invalid_token");
}

#[tokio::test]
async fn mcp_is_served_with_a_slash_at_the_end_and_below_a_prefix() {
    let served = Served::serve(&["--dry-run", "--path-prefix", "/dingtalk"], &[]);
    for path in ["/mcp", "/mcp/", "/dingtalk/mcp", "/dingtalk/mcp/"] {
        let list = modern(&served.at(path), "tools/list", json!({})).send().await.unwrap();
        assert_eq!(list.status(), StatusCode::OK, "{path}");
    }
    for path in ["/healthz", "/dingtalk/healthz", "/readyz", "/dingtalk/readyz"] {
        assert_eq!(get(served.at(path)).await.status(), StatusCode::OK, "{path}");
    }
    assert_eq!(get(served.at("/dingtalk/")).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_cursor_that_was_never_given_out_is_refused() {
    let served = Served::serve(&["--dry-run"], &[]);
    for method in ["tools/list", "prompts/list", "resources/list", "resources/templates/list"] {
        let list = answer(modern(&served.url, method, json!({"cursor": "junk"})).send().await.unwrap()).await;
        assert_eq!(list["error"]["code"], -32_602, "{method}: {list}");
    }
}

#[tokio::test]
async fn metrics_need_a_token_beyond_this_machine() {
    let served = Served::serve(
        &["--dry-run", "--allow-host", "mcp.example.com", "--admin", "127.0.0.1:0"],
        &[("DINGTALK_NOTIFY_HTTP_TOKEN", TOKEN)],
    );
    let metrics = |url: &str| client().get(url.to_owned());
    let url = served.at("/metrics");
    let admin = served.admin.clone().unwrap();
    for (request, status) in [
        (metrics(&url), StatusCode::OK),
        (metrics(&admin), StatusCode::OK),
        (metrics(&url).header("host", "mcp.example.com"), StatusCode::UNAUTHORIZED),
        (metrics(&url).header("x-forwarded-for", "10.0.0.1"), StatusCode::UNAUTHORIZED),
        (metrics(&url).header("host", "mcp.example.com").bearer_auth(TOKEN), StatusCode::OK),
        (metrics(&admin.replace("/metrics", "/mcp")), StatusCode::NOT_FOUND),
    ] {
        assert_eq!(request.send().await.unwrap().status(), status);
    }
    let response = metrics(&url).send().await.unwrap();
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    let text = response.text().await.unwrap();
    assert!(
        text.contains("dingtalk_notify_http_requests_total{door=\"metrics\",token=\"\",status=\"401\"} 2\n"),
        "{text}"
    );
    assert!(text.ends_with("# EOF\n"), "{text}");
}

#[test]
fn metrics_for_other_machines_are_not_served_without_a_token() {
    let output = command()
        .args(["serve", "--http", "127.0.0.1:0", "--admin", "0.0.0.0:0"])
        .env("DINGTALK_BOT_ACCESS_TOKEN", "0123abcd")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && error.contains("DINGTALK_NOTIFY_HTTP_TOKEN"), "{error}");
    assert!(!error.contains("serving"), "said before everything was checked: {error}");
}

fn config(about: &str, more: &str) -> String {
    format!("version = 1\n[robots.ops]\nabout = \"{about}\"\naccess_token = \"env:OPS\"\n{more}")
}

const NOTIFICATION: &str = "[notifications.backup_done]\npurpose = \"Report that a backup is done.\"\n\
     when = \"a backup has ended\"\ntext = \"{host} is backed up\"\n[[notifications.backup_done.fields]]\nname = \"host\"\n\
     type = \"text\"\ndescription = \"Host name, for example `web-3`.\"\nlength = \"1..=64\"\n";

async fn tool_names(served: &Served, token: &str) -> Vec<String> {
    let list = modern(&served.url, "tools/list", json!({})).bearer_auth(token).send().await.unwrap();
    let list = answer(list).await;
    let name = |tool: &Value| tool["name"].as_str().unwrap().to_owned();
    list["result"]["tools"].as_array().unwrap_or_else(|| panic!("{list}")).iter().map(name).collect()
}

#[tokio::test]
async fn a_file_is_read_again_on_a_signal_and_stays_as_it_was_if_it_is_faulty() {
    let tokens = "[tokens.a]\ntoken = \"env:A\"\n";
    let file = File::new("http-reload", &config("operations", tokens));
    let environment = [("OPS", "0123abcd"), ("A", TOKEN), ("B", "another-token-of-some-length")];
    let served = Served::with_file(&file, &["--dry-run"], &environment);
    wait_for(&served, "dingtalk_notify_config_reload_ok 1").await;
    assert!(!tool_names(&served, TOKEN).await.contains(&"send_backup_done".to_owned()));

    fs::write(file.path(), config("operations", "[tokens.a]\ntokn = 1\n")).unwrap();
    served.signal("-HUP");
    wait_for(&served, "dingtalk_notify_config_reload_ok 0").await;
    assert!(!tool_names(&served, TOKEN).await.is_empty(), "the old one stays");

    let tokens = format!("[tokens.a]\ntoken = \"env:B\"\n{NOTIFICATION}");
    fs::write(file.path(), config("operations", &tokens)).unwrap();
    served.signal("-HUP");
    wait_for(&served, "dingtalk_notify_config_reload_ok 1").await;
    assert!(
        tool_names(&served, "another-token-of-some-length").await.contains(&"send_backup_done".to_owned())
    );
    let refused = modern(&served.url, "tools/list", json!({})).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "the old token");
}

#[tokio::test]
async fn a_server_that_stops_is_not_ready_while_it_still_serves() {
    let mut served = Served::serve(&["--dry-run", "--drain-delay", "2"], &[]);
    assert_eq!(get(served.at("/readyz")).await.status(), StatusCode::OK);
    served.terminate();
    let stopping = tokio::time::timeout(PATIENCE, async {
        while get(served.at("/readyz")).await.status() == StatusCode::OK {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(stopping.await.is_ok());
    assert_eq!(get(served.at("/readyz")).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(get(served.at("/healthz")).await.status(), StatusCode::OK);
    let list = modern(&served.url, "tools/list", json!({})).send().await.unwrap();
    assert_eq!(list.status(), StatusCode::OK, "requests are served during the delay");
    assert!(served.end().success());
    assert!(client().get(served.at("/healthz")).send().await.is_err());
}
