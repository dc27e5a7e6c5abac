//! The server over HTTP, seen from outside: access, limits and shutdown.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;
mod served;

use std::{io::Read as _, process::Stdio, time::Duration};

use dingtalk_sandbox::{Fault, RobotConfig, Sandbox};
use program::command;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use served::{Served, TOKEN, answer, body, client, hello, modern, post};

#[tokio::test]
async fn both_protocol_versions_are_served() {
    let program = Served::serve(&[], &[]);
    let list = modern(&program.url, "tools/list", json!({})).send().await.unwrap();
    assert!(list.headers().contains_key("content-length"), "one piece, and not chunks: {list:?}");
    let list = answer(list).await;
    assert_eq!(list["result"]["tools"][0]["name"], "send_text_message", "{list}");

    let greeted = post(&program.url, hello()).send().await.unwrap();
    let session = greeted.headers()["mcp-session-id"].to_str().unwrap().to_owned();
    assert_eq!(answer(greeted).await["result"]["protocolVersion"], "2025-11-25");
    let in_session = |body: String| {
        post(&program.url, body)
            .header("mcp-session-id", &session)
            .header("mcp-protocol-version", "2025-11-25")
            .send()
    };
    let noted = json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string();
    assert_eq!(in_session(noted).await.unwrap().status(), StatusCode::ACCEPTED);
    let list = answer(in_session(body("tools/list", &json!({}))).await.unwrap()).await;
    assert_eq!(list["result"]["tools"][0]["name"], "send_text_message", "{list}");
    let ended = client().delete(&program.url).header("mcp-session-id", &session).send().await.unwrap();
    assert_eq!(ended.status(), StatusCode::NO_CONTENT);
    let list = in_session(body("tools/list", &json!({}))).await.unwrap();
    assert_eq!(list.status(), StatusCode::NOT_FOUND, "the session goes on");
}

#[tokio::test]
async fn without_sessions_older_clients_are_served_too() {
    let program = Served::serve(&["--stateless"], &[]);
    let greeted = post(&program.url, hello()).send().await.unwrap();
    assert!(!greeted.headers().contains_key("mcp-session-id"));
    assert_eq!(answer(greeted).await["result"]["protocolVersion"], "2025-11-25");
    let list = answer(post(&program.url, body("tools/list", &json!({}))).send().await.unwrap()).await;
    assert_eq!(list["result"]["tools"][0]["name"], "send_text_message", "{list}");
}

#[tokio::test]
async fn foreign_origins_and_hosts_are_refused() {
    let program = Served::serve(
        &["--allow-host", "mcp.example.com", "--allow-origin", "https://app.example.com:443"],
        &[],
    );
    let list = |header: &'static str, value: &'static str| {
        modern(&program.url, "tools/list", json!({})).header(header, value).send()
    };
    for (header, value, status) in [
        ("origin", "https://evil.example", StatusCode::FORBIDDEN),
        ("origin", "null", StatusCode::FORBIDDEN),
        ("origin", "http://localhost.evil.example", StatusCode::FORBIDDEN),
        ("origin", "http://localhost:5173", StatusCode::OK),
        ("origin", "https://app.example.com", StatusCode::OK),
        ("host", "evil.example", StatusCode::FORBIDDEN),
        ("host", "mcp.example.com", StatusCode::OK),
        ("host", "localhost:1", StatusCode::OK),
    ] {
        assert_eq!(list(header, value).await.unwrap().status(), status, "{header}: {value}");
    }
}

#[tokio::test]
async fn only_requests_with_the_token_are_accepted() {
    let program = Served::serve(&[], &[("DINGTALK_NOTIFY_HTTP_TOKEN", TOKEN)]);
    let list = || modern(&program.url, "tools/list", json!({}));
    let refused = list().send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(refused.headers()["www-authenticate"], "Bearer");
    assert_eq!(list().bearer_auth("wrong").send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(list().bearer_auth(TOKEN).send().await.unwrap().status(), StatusCode::OK);
    let health = client().get(program.at("/healthz")).send().await.unwrap();
    assert_eq!(
        (health.status(), health.text().await.unwrap()),
        (StatusCode::OK, "the server is running\n".to_owned())
    );
}

#[tokio::test]
async fn large_bodies_and_other_paths_are_refused() {
    let program = Served::serve(&[], &[]);
    let large = modern(&program.url, "tools/list", json!({"cursor": "x".repeat(1024 * 1024)}));
    assert_eq!(large.send().await.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
    let get = |path: &str| client().get(program.at(path)).send();
    assert_eq!(get("/").await.unwrap().status(), StatusCode::NOT_FOUND);
    let posted = client().post(program.at("/healthz")).send().await.unwrap();
    assert_eq!(posted.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_call_is_logged_with_the_id_of_its_request() {
    let environment = [("DINGTALK_NOTIFY_LOG", "calls"), ("DINGTALK_NOTIFY_DRY_RUN", "1")];
    let mut program = Served::serve(&[], &environment);
    let call = json!({"name": "send_text_message", "arguments": {"text": "x"}});
    let request = modern(&program.url, "tools/call", call).header("x-request-id", "from-the-proxy-1");
    assert_eq!(answer(request.send().await.unwrap()).await["result"]["isError"], false);
    program.terminate();
    program.end();
    let mut line = String::new();
    program.stderr.read_to_string(&mut line).unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&line["request_id"], &line["status"]), (&json!("from-the-proxy-1"), &json!("dry_run")));
}

#[tokio::test]
async fn an_invalid_body_is_refused_at_once() {
    let program = Served::serve(&["--dry-run"], &[]);
    for body in [
        &br#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"\ud800"}}"#[..],
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"caf\xE9\"}",
        br#"{"jsonrpc":"2.0","id":1,"method":"#,
        br#"{"id":1,"method":"tools/list"}"#,
        b"[]",
        b"",
        // JSON, but no message.
        b"{}",
        b"42",
        br#"{"jsonrpc":"2.0","id":1}"#,
        br#"{"jsonrpc":"2.0","result":{}}"#,
        br#"{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}"#,
        br#"{"jsonrpc":"2.0","id":null,"method":"tools/list"}"#,
    ] {
        for version in ["2026-07-28", "2025-11-25"] {
            let request = post(&program.url, String::new())
                .header("mcp-protocol-version", version)
                .header("mcp-method", "tools/call")
                .body(body);
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{body:?}");
            let answer = answer(response).await;
            assert!([json!(-32_700), json!(-32_600)].contains(&answer["error"]["code"]), "{answer}");
            assert!(answer.get("id").is_some() && answer["error"]["message"].is_string(), "{answer}");
        }
    }
    let list = answer(modern(&program.url, "tools/list", json!({})).send().await.unwrap()).await;
    assert_eq!(list["result"]["tools"][0]["name"], "send_text_message", "{list}");
}

/// The conformance suite sends one without its parameters.
#[tokio::test]
async fn a_version_without_sessions_has_no_method_to_begin_one() {
    let program = Served::serve(&["--dry-run"], &[]);
    for params in [json!({}), json!({"protocolVersion": "2026-07-28"})] {
        let response = modern(&program.url, "initialize", params).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(answer(response).await["error"]["code"], -32_601);
    }
}

#[tokio::test]
async fn arguments_are_read_as_models_write_them() {
    let program = Served::serve(&["--dry-run"], &[]);
    for (arguments, status) in [
        (r#"{"text":"x"}"#, "dry_run"),
        (r#""{\"text\":\"x\"}""#, "dry_run"),
        (r#""text""#, "refused"),
        (r#"["x"]"#, "refused"),
        (r#"{"text":"\ud83d"}"#, "refused"),
        ("null", "refused"),
    ] {
        let place = json!({"name": "send_text_message", "arguments": "<here>"});
        let request = modern(&program.url, "tools/call", place).build().unwrap();
        let text = str::from_utf8(request.body().unwrap().as_bytes().unwrap()).unwrap();
        let text = text.replace("\"<here>\"", arguments);
        let request = modern(&program.url, "tools/call", json!({"name": "send_text_message"})).body(text);
        let answer = answer(request.send().await.unwrap()).await;
        let facts = &answer["result"]["structuredContent"];
        assert_eq!(facts["status"], status, "{arguments}: {answer}");
        assert_eq!(facts["faults"].is_array(), status == "refused", "{arguments}: {answer}");
    }
}

#[tokio::test]
async fn invalid_parameters_have_the_status_of_their_protocol_version() {
    let program = Served::serve(&["--dry-run"], &[]);
    for params in ["null", "[]", "{}", r#"{"name":"send_text_message","name":"x"}"#] {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
        for (version, status) in [("2026-07-28", StatusCode::BAD_REQUEST), ("2025-11-25", StatusCode::OK)] {
            let request = post(&program.url, body.clone()).header("mcp-protocol-version", version);
            let response = request.header("mcp-method", "tools/call").send().await.unwrap();
            assert_eq!(response.status(), status, "{params}");
            let answer = answer(response).await;
            assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(1), &json!(-32_602)), "{answer}");
        }
    }
}

#[tokio::test]
async fn a_request_whose_id_is_in_use_is_refused() {
    let sandbox = Sandbox::builder().robot(RobotConfig::new("0123456789abcdef")).start().await.unwrap();
    let program = Served::serve(
        &[],
        &[("DINGTALK_BOT_ACCESS_TOKEN", sandbox.token()), ("DINGTALK_BOT_BASE_URL", &sandbox.base_url())],
    );
    let greeted = post(&program.url, hello()).send().await.unwrap();
    let session = greeted.headers()["mcp-session-id"].to_str().unwrap().to_owned();
    answer(greeted).await;
    let call = |text: &str| {
        let params = json!({"name": "send_text_message", "arguments": {"text": text}});
        let request = post(&program.url, body("tools/call", &params)).header("mcp-session-id", &session);
        request.header("mcp-protocol-version", "2025-11-25").send()
    };
    // Busy once: the first call pauses.
    sandbox.fault_next(1, Fault::Busy);
    let first = tokio::spawn(call("the first"));
    while sandbox.requests() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let second = answer(call("the second").await.unwrap()).await;
    assert_eq!(second["error"]["code"], -32_600, "{second}");
    let first = answer(first.await.unwrap().unwrap()).await;
    assert_eq!(first["result"]["structuredContent"]["status"], "delivered", "{first}");
    let third = answer(call("the third").await.unwrap()).await;
    assert_eq!(third["result"]["structuredContent"]["status"], "delivered", "{third}");
    assert_eq!(sandbox.accepted().len(), 2);
}

#[tokio::test]
async fn a_request_id_is_returned() {
    let program = Served::serve(&[], &[]);
    let id = |response: Response| response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let list = || modern(&program.url, "tools/list", json!({}));
    assert_eq!(
        id(list().header("x-request-id", "from-the-proxy-1").send().await.unwrap()),
        "from-the-proxy-1"
    );
    let (first, second) = (id(list().send().await.unwrap()), id(list().send().await.unwrap()));
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_call_in_progress_is_answered_before_the_end() {
    let sandbox = Sandbox::builder().robot(RobotConfig::new("0123456789abcdef")).start().await.unwrap();
    let mut program = Served::serve(
        &[],
        &[("DINGTALK_BOT_ACCESS_TOKEN", sandbox.token()), ("DINGTALK_BOT_BASE_URL", &sandbox.base_url())],
    );
    // Busy once: the call pauses, and is answered after the process was told to stop.
    sandbox.fault_next(1, Fault::Busy);
    let call = modern(
        &program.url,
        "tools/call",
        json!({"name": "send_text_message", "arguments": {"text": "the last one"}}),
    );
    let call = tokio::spawn(call.send());
    while sandbox.requests() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    program.terminate();
    let answer = answer(call.await.unwrap().unwrap()).await;
    assert_eq!(answer["result"]["structuredContent"]["status"], "delivered", "{answer}");
    assert!(program.end().success());
}

#[test]
fn other_machines_need_a_token_and_a_host_name() {
    let started = |environment: &[(&str, &str)]| {
        let output = command()
            .args(["serve", "--http", "0.0.0.0:0"])
            .env("DINGTALK_BOT_ACCESS_TOKEN", "0123abcd")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let error = started(&[]);
    assert!(error.contains("DINGTALK_NOTIFY_HTTP_TOKEN"), "{error}");
    let error = started(&[("DINGTALK_NOTIFY_HTTP_TOKEN", TOKEN)]);
    assert!(error.contains("--allow-host") && !error.contains(TOKEN), "{error}");
}
