//! Batches of messages, in the versions of the protocol that allow them and in those that do not.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;
mod served;

use program::{PATIENCE, Program};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use served::{Served, post};

fn greeting(version: &str) -> Value {
    json!({"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}})
}

fn serve(version: &str) -> Program {
    let mut program = Program::start(&["--dry-run"], &[]);
    let answer = program.request("initialize", greeting(version));
    assert_eq!(answer["result"]["protocolVersion"], version);
    program.line(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string());
    program
}

fn request(id: impl Into<Value>, method: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id.into(), "method": method})
}

fn call(id: impl Into<Value>, text: &str) -> Value {
    let params = json!({"name": "send_text_message", "arguments": {"text": text}});
    json!({"jsonrpc": "2.0", "id": id.into(), "method": "tools/call", "params": params})
}

/// Returns the answers of a batch by their ids, written as JSON.
fn answers(batch: &Value) -> std::collections::BTreeMap<String, Value> {
    let answers = batch.as_array().unwrap_or_else(|| panic!("no array: {batch}"));
    answers.iter().map(|answer| (answer["id"].to_string(), answer.clone())).collect()
}

#[test]
fn a_batch_has_one_array_of_answers() {
    for version in ["2024-11-05", "2025-03-26"] {
        let mut program = serve(version);
        let batch = json!([
            call(50, "first"),
            {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": 1}},
            request("b", "ping"),
            request("c", "initialize"),
            request(51, "no/such/method"),
            {"jsonrpc": "2.0", "id": 52, "method": "tools/call", "params": {}},
            call(50, "the id is in use"),
            7,
        ]);
        program.line(&batch.to_string());
        let answers = answers(&program.next());
        let code = |id: &str| answers[id]["error"]["code"].as_i64();
        assert_eq!(
            answers.keys().collect::<Vec<_>>(),
            ["\"b\"", "\"c\"", "50", "51", "52", "null"],
            "{answers:?}"
        );
        assert_eq!(answers["\"b\""]["result"], json!({}));
        // Parameters of `initialize` are missing: both errors are right.
        assert!([Some(-32_600), Some(-32_602)].contains(&code("\"c\"")), "{answers:?}");
        assert_eq!((code("51"), code("52"), code("null")), (Some(-32_601), Some(-32_602), Some(-32_600)));
        // Alone, each request is answered by itself again.
        assert_eq!(program.request("ping", json!({}))["result"], json!({}));
        program.close_stdin();
        assert!(program.end(PATIENCE).0.success());
    }
}

#[test]
fn the_second_request_with_an_id_is_refused_before_it_is_sent() {
    let mut program = serve("2025-03-26");
    program.line(&json!([call(50, "first"), call(50, "second")]).to_string());
    let answer = program.next();
    let answers = answer.as_array().unwrap();
    let (refused, sent): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer["error"].is_object());
    assert_eq!((refused.len(), sent.len()), (1, 1), "{answer}");
    assert_eq!((&refused[0]["id"], &refused[0]["error"]["code"]), (&json!(50), &json!(-32_600)));
    assert_eq!(sent[0]["result"]["structuredContent"]["request"]["text"]["content"], "first");
}

#[test]
fn initialize_is_no_part_of_a_batch() {
    let mut program = serve("2025-03-26");
    let mut again = request(50, "initialize");
    again["params"] = greeting("2025-11-25");
    program.line(&json!([again]).to_string());
    let answer = program.next();
    assert_eq!(answer[0]["error"]["code"], -32_600, "{answer}");
    assert!(answer[0]["error"]["message"].as_str().unwrap().contains("must not be part of a batch"));
    program.line(&json!([request(51, "ping")]).to_string());
    assert_eq!(
        program.next(),
        json!([{"jsonrpc": "2.0", "id": 51, "result": {}}]),
        "the version has not changed"
    );
}

#[test]
fn a_batch_that_expects_no_answer_has_none() {
    let mut program = serve("2025-03-26");
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    program.line(&json!([initialized, {"jsonrpc": "2.0", "id": 9, "result": {}}]).to_string());
    assert_eq!(program.request("ping", json!({}))["result"], json!({}));
}

#[test]
fn a_batch_has_one_to_twenty_messages() {
    let mut program = serve("2025-03-26");
    let batch = |count: u64| Value::from((100..100 + count).map(|id| call(id, "x")).collect::<Vec<_>>());
    for (text, words) in [
        ("[]".to_owned(), "must not be empty"),
        (batch(21).to_string(), "at most 20 messages; this one has 21"),
        (r#"[{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}]"#.to_owned(), "key twice"),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}"#.to_owned(), "not valid JSON"),
    ] {
        program.line(&text);
        let answer = program.next();
        let code = if words == "not valid JSON" { -32_700 } else { -32_600 };
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&Value::Null, &json!(code)), "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(words), "{answer}");
    }
    program.line(&batch(20).to_string());
    assert_eq!(answers(&program.next()).len(), 20);
}

#[test]
fn other_versions_refuse_a_batch_as_a_whole() {
    for version in ["2025-06-18", "2025-11-25"] {
        let mut program = serve(version);
        for text in ["[]".to_owned(), json!([call(50, "x"), request(51, "ping")]).to_string()] {
            program.line(&text);
            let answer = program.next();
            assert_eq!(
                (&answer["id"], &answer["error"]["code"]),
                (&Value::Null, &json!(-32_600)),
                "{answer}"
            );
        }
        assert_eq!(program.request("ping", json!({}))["result"], json!({}));
    }
    // Before the conversation has begun, there is no version.
    let mut program = Program::start(&["--dry-run"], &[]);
    program.line(&json!([request(1, "ping")]).to_string());
    assert_eq!(program.next()["error"]["code"], -32_600);
    assert!(program.request("initialize", greeting("2025-03-26"))["result"].is_object());
}

#[test]
fn a_cancelled_call_does_not_hold_up_its_batch() {
    // Nobody answers there: the call would wait for its deadline.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let mut program =
        Program::start(&[], &[("DINGTALK_BOT_BASE_URL", &url), ("DINGTALK_BOT_ACCESS_TOKEN", "abc")]);
    program.request("initialize", greeting("2025-03-26"));
    program.line(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string());
    program.line(&json!([call(50, "slow"), request(51, "ping")]).to_string());
    let _connection = silent.accept().unwrap();
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 50}});
    program.line(&cancel.to_string());
    assert_eq!(program.next(), json!([{"jsonrpc": "2.0", "id": 51, "result": {}}]));
}

/// A session over HTTP of a client that does not name its version again, as the first versions did.
struct Session<'s> {
    served: &'s Served,
    id: String,
}

impl<'s> Session<'s> {
    async fn begin(served: &'s Served, version: &str) -> Self {
        let mut hello = request(1, "initialize");
        hello["params"] = greeting(version);
        let greeted = post(&served.url, hello.to_string()).send().await.unwrap();
        let id = greeted.headers()["mcp-session-id"].to_str().unwrap().to_owned();
        let session = Self { served, id };
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        assert_eq!(session.post(&initialized).await.status(), StatusCode::ACCEPTED);
        session
    }

    async fn post(&self, message: &Value) -> Response {
        post(&self.served.url, message.to_string()).header("mcp-session-id", &self.id).send().await.unwrap()
    }
}

#[tokio::test]
async fn over_http_a_batch_has_one_array_of_answers() {
    let served = Served::serve(&["--dry-run"], &[]);
    for version in ["2024-11-05", "2025-03-26"] {
        let session = Session::begin(&served, version).await;
        let batch = json!([
            call(50, "first"),
            {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": 1}},
            request("b", "ping"),
            {"jsonrpc": "2.0", "id": 52, "method": "tools/call", "params": {}},
            call(50, "the id is in use"),
            7,
        ]);
        let answered = session.post(&batch).await;
        assert_eq!(answered.status(), StatusCode::OK);
        let answer = whole(answered).await;
        assert_eq!(answer.as_array().unwrap().len(), 5, "{answer}");
        let sent: Vec<_> = answer.as_array().unwrap().iter().filter(|one| one["id"] == 50).collect();
        assert!(sent.iter().any(|one| one["error"]["code"] == -32_600), "{answer}");
        assert!(sent.iter().any(|one| one["result"]["structuredContent"]["status"] == "dry_run"), "{answer}");
        let answers = answers(&answer);
        assert_eq!(answers["\"b\""]["result"], json!({}), "{answers:?}");
        assert_eq!(answers["52"]["error"]["code"], -32_602, "{answers:?}");
        assert_eq!(answers["null"]["error"]["code"], -32_600, "{answers:?}");
        let noted = json!([{"jsonrpc": "2.0", "method": "notifications/initialized"}]);
        assert_eq!(session.post(&noted).await.status(), StatusCode::ACCEPTED);
        for refused in [json!([]), Value::from((0..21).map(|id| request(id, "ping")).collect::<Vec<_>>())] {
            let answered = session.post(&refused).await;
            assert_eq!(answered.status(), StatusCode::BAD_REQUEST);
            assert_eq!(whole(answered).await["error"]["code"], -32_600);
        }
    }
}

#[tokio::test]
async fn over_http_other_versions_refuse_a_batch_as_a_whole() {
    let served = Served::serve(&["--dry-run"], &[]);
    let batch = json!([request(50, "ping"), call(51, "x")]);
    for version in ["2025-06-18", "2025-11-25"] {
        let answered = Session::begin(&served, version).await.post(&batch).await;
        assert_eq!(answered.status(), StatusCode::BAD_REQUEST);
        let answer = whole(answered).await;
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&Value::Null, &json!(-32_600)), "{answer}");
    }
    // Neither does a request of the version without sessions, nor one with a session that does not exist.
    for (header, value, status) in [
        ("mcp-protocol-version", "2026-07-28", StatusCode::BAD_REQUEST),
        ("mcp-session-id", "unknown", StatusCode::NOT_FOUND),
    ] {
        let answered = post(&served.url, batch.to_string()).header(header, value).send().await.unwrap();
        assert_eq!(answered.status(), status, "{header}");
    }
}

async fn whole(answered: Response) -> Value {
    serde_json::from_str(&answered.text().await.unwrap()).unwrap()
}
