//! Sessions of clients before 2026-07-28: they outlive the process, and belong to their token.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;
mod served;

use std::time::Duration;

use program::File;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::json;
use served::{Served, TOKEN, answer, body, client, hello, post};

const OTHER_TOKEN: &str = "another-token-that-nobody-guesses";

fn config(name: &str) -> File {
    File::new(
        name,
        "version = 1\n[robots.ops]\nabout = \"operations\"\naccess_token = \"env:OPS\"\n\
         [tokens.a]\ntoken = \"env:A\"\n[tokens.b]\ntoken = \"env:B\"\n",
    )
}

const ENVIRONMENT: [(&str, &str); 3] = [("OPS", "0123abcd"), ("A", TOKEN), ("B", OTHER_TOKEN)];

/// Begins a session and returns its id.
async fn begin(served: &Served, token: &str) -> String {
    let greeted = post(&served.url, hello()).bearer_auth(token).send().await.unwrap();
    let session = greeted.headers()["mcp-session-id"].to_str().unwrap().to_owned();
    answer(greeted).await;
    let noted = json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string();
    let noted = within(served, noted, &session, token).send().await.unwrap();
    assert_eq!(noted.status(), StatusCode::ACCEPTED);
    session
}

fn within(served: &Served, body: String, session: &str, token: &str) -> RequestBuilder {
    let request = post(&served.url, body).header("mcp-session-id", session).bearer_auth(token);
    request.header("mcp-protocol-version", "2025-11-25")
}

async fn list(served: &Served, session: &str, token: &str) -> StatusCode {
    list_as(1, served, session, token).await
}

async fn list_as(id: u32, served: &Served, session: &str, token: &str) -> StatusCode {
    let list = json!({"jsonrpc": "2.0", "id": id, "method": "tools/list"}).to_string();
    let list = within(served, list, session, token).send().await.unwrap();
    let status = list.status();
    if status == StatusCode::OK {
        let list = answer(list).await;
        assert_eq!(list["result"]["tools"][0]["name"], "send_text_message", "{list}");
    }
    status
}

#[tokio::test]
async fn a_session_survives_the_process() {
    let config = config("http-sessions-restart");
    let before = Served::with_file(&config, &["--dry-run"], &ENVIRONMENT);
    let session = begin(&before, TOKEN).await;
    assert_eq!(list(&before, &session, TOKEN).await, StatusCode::OK);
    drop(before);
    let after = Served::with_file(&config, &["--dry-run"], &ENVIRONMENT);
    // Several requests at once bring it back once.
    let (first, second) = (list_as(1, &after, &session, TOKEN), list_as(2, &after, &session, TOKEN));
    assert_eq!(tokio::join!(first, second), (StatusCode::OK, StatusCode::OK));
    let metrics = after.metrics().await;
    assert!(metrics.contains("dingtalk_notify_http_sessions 1\n"), "{metrics}");
    let call = json!({"name": "send_text_message", "arguments": {"text": "x"}});
    let call = within(&after, body("tools/call", &call), &session, TOKEN).send().await.unwrap();
    let answer = answer(call).await;
    assert_eq!(answer["result"]["structuredContent"]["status"], "dry_run", "{answer}");
}

#[tokio::test]
async fn a_session_belongs_to_its_token() {
    let config = config("http-sessions-token");
    let served = Served::with_file(&config, &["--dry-run"], &ENVIRONMENT);
    let session = begin(&served, TOKEN).await;
    assert_eq!(list(&served, &session, OTHER_TOKEN).await, StatusCode::NOT_FOUND);
    let end = |token: &str| {
        client().delete(&served.url).header("mcp-session-id", &session).bearer_auth(token).send()
    };
    assert_eq!(end(OTHER_TOKEN).await.unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(list(&served, &session, TOKEN).await, StatusCode::OK);
    assert_eq!(end(TOKEN).await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(list(&served, &session, TOKEN).await, StatusCode::NOT_FOUND);
    assert_eq!(end(TOKEN).await.unwrap().status(), StatusCode::NOT_FOUND, "ended twice");
}

#[tokio::test]
async fn an_unknown_session_is_not_found_by_any_method() {
    let served = Served::serve(&["--dry-run"], &[]);
    for session in ["7c7e1b5e-0b1c-4b9a-9d6e-3f1a2b3c4d5e", "", "x y"] {
        let get = client().get(&served.url).header("accept", "text/event-stream");
        for request in [get, client().delete(&served.url), post(&served.url, body("tools/list", &json!({})))]
        {
            let response = request.header("mcp-session-id", session).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{session}");
            assert_eq!(answer(response).await["error"], "not_found");
        }
    }
}

/// The capabilities of the client come back with the session, or nobody could be asked.
#[tokio::test]
async fn a_session_that_comes_back_knows_what_its_client_can_do() {
    let before = Served::serve(&[], &[]);
    let hello = hello().replace("\"capabilities\":{}", "\"capabilities\":{\"elicitation\":{\"form\":{}}}");
    let greeted = post(&before.url, hello).send().await.unwrap();
    let session = greeted.headers()["mcp-session-id"].to_str().unwrap().to_owned();
    drop(before);
    let after = Served::serve(&[], &[]);
    let call = json!({"name": "send_text_message", "arguments": {"text": "x", "atAll": true}});
    let call = post(&after.url, body("tools/call", &call)).header("mcp-session-id", &session).send();
    let mut response = call.await.unwrap();
    let mut text = String::new();
    let asked = tokio::time::timeout(Duration::from_secs(20), async {
        while !text.contains("elicitation/create") {
            text.push_str(&String::from_utf8_lossy(&response.chunk().await.unwrap().unwrap()));
        }
    });
    assert!(asked.await.is_ok(), "{text}");
}
