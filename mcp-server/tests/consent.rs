//! Confirmation of messages that mention everyone: over stdio with protocol 2025-11-25, and over HTTP with
//! 2026-07-28.

#![allow(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "a broken set-up is a failed test")]

mod program;

use dingtalk_core::Stub;
use dingtalk_notify::{Server, builtin_tools};
use dingtalk_sandbox::{RobotConfig, Sandbox};
use program::Program;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

const TOKEN: &str = "0123456789abcdef";

async fn sandbox() -> Sandbox {
    Sandbox::builder().robot(RobotConfig::new(TOKEN)).start().await.unwrap()
}

fn everybody(text: &str) -> Value {
    json!({"name": "send_text_message", "arguments": {"text": text, "atAll": true}})
}

/// A client of 2025-11-25 with or without support for forms.
fn greet(environment: &[(&str, &str)], capabilities: Value) -> Program {
    let mut program = Program::start(&[], environment);
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": {"name": "test", "version": "1"}
    });
    program.request("initialize", hello);
    program.line(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string());
    program
}

/// Calls, answers the question, and returns the result.
fn asked(program: &mut Program, text: &str, answer: Value) -> Value {
    let call = program.send("tools/call", everybody(text));
    let question = program.next();
    assert_eq!(question["method"], "elicitation/create", "{question}");
    let form = &question["params"];
    assert!(form["message"].as_str().unwrap().contains(text), "{form}");
    assert_eq!(form["requestedSchema"]["required"], json!(["answer"]));
    program.line(&json!({"jsonrpc": "2.0", "id": question["id"], "result": answer}).to_string());
    program.answer(call)["result"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_exact_yes_sends() {
    let sandbox = sandbox().await;
    let base = sandbox.base_url();
    let environment = [("DINGTALK_BOT_ACCESS_TOKEN", TOKEN), ("DINGTALK_BOT_BASE_URL", &*base)];
    let mut program = greet(&environment, json!({"elicitation": {}}));
    for (index, answer) in [
        json!({"action": "accept", "content": {}}),
        json!({"action": "accept", "content": {"answer": "no"}}),
        json!({"action": "decline"}),
        json!({"action": "cancel"}),
    ]
    .into_iter()
    .enumerate()
    {
        let result = asked(&mut program, &format!("fire drill {index}"), answer.clone());
        assert_eq!(result["structuredContent"]["status"], "refused", "{answer}: {result}");
        assert_eq!(result["structuredContent"]["reason"], "not_confirmed");
        let words = result["content"][0]["text"].as_str().unwrap();
        assert!(words.contains("not confirmed") && !words.contains("declined"), "{words}");
    }
    assert_eq!(sandbox.requests(), 0);

    let result = asked(&mut program, "fire drill", json!({"action": "accept", "content": {"answer": "yes"}}));
    assert_eq!(result["structuredContent"]["status"], "delivered", "{result}");
    let sent = serde_json::to_value(&sandbox.accepted()[0]).unwrap();
    assert_eq!(sent["at"]["isAtAll"], true);

    // A repeated call needs no new confirmation.
    let again = program.request("tools/call", everybody("fire drill"));
    assert_eq!(again["result"]["structuredContent"]["status"], "duplicate", "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_forms_is_refused_with_the_reason() {
    let sandbox = sandbox().await;
    let base = sandbox.base_url();
    let robot = [("DINGTALK_BOT_ACCESS_TOKEN", TOKEN), ("DINGTALK_BOT_BASE_URL", &*base)];
    for capabilities in [json!({}), json!({"elicitation": {"url": {}}})] {
        let mut program = greet(&robot, capabilities);
        let result = program.request("tools/call", everybody("fire drill"))["result"].clone();
        assert_eq!(result["structuredContent"]["reason"], "not_confirmed", "{result}");
        // Other messages need no confirmation.
        let result = program.call("send_text_message", json!({"text": "quietly"}));
        assert!(
            ["delivered", "duplicate"].contains(&result["structuredContent"]["status"].as_str().unwrap())
        );
    }
    let everybodys = |entry: &Value| entry["at"]["isAtAll"] == true;
    assert!(!sandbox.accepted().iter().any(|message| everybodys(&serde_json::to_value(message).unwrap())));

    let denied = [robot[0], robot[1], ("DINGTALK_NOTIFY_AT_ALL", "deny")];
    let mut program = greet(&denied, json!({"elicitation": {}}));
    let result = program.request("tools/call", everybody("fire drill"))["result"].clone();
    assert_eq!(result["structuredContent"]["reason"], "at_all_denied", "{result}");

    let allowed = [robot[0], robot[1], ("DINGTALK_NOTIFY_AT_ALL", "allow")];
    let mut program = greet(&allowed, json!({}));
    let result = program.request("tools/call", everybody("fire drill"))["result"].clone();
    assert_eq!(result["structuredContent"]["status"], "delivered", "{result}");
}

/// An independent request, as clients of 2026-07-28 make it over stdio.
fn modern(program: &mut Program, params: Value) -> Value {
    answer(program, params)["result"].clone()
}

fn answer(program: &mut Program, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"}
    });
    program.request("tools/call", params)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newer_protocol_asks_in_an_answer_and_accepts_each_confirmation_once() {
    let sandbox = sandbox().await;
    let base = sandbox.base_url();
    let environment = [("DINGTALK_BOT_ACCESS_TOKEN", TOKEN), ("DINGTALK_BOT_BASE_URL", &*base)];
    let mut program = Program::start(&[], &environment);

    let question = modern(&mut program, everybody("fire drill"));
    assert_eq!(question["resultType"], "input_required", "{question}");
    let state = question["requestState"].clone();
    let answered = |text: &str, state: &Value, answer: &str| {
        let mut call = everybody(text);
        call["requestState"] = state.clone();
        call["inputResponses"] = json!({"confirm": {"action": "accept", "content": {"answer": answer}}});
        call
    };
    // The confirmation is for another message, or forged.
    let tampered = json!(format!("{}-tampered", state.as_str().unwrap()));
    for call in [answered("something else", &state, "yes"), answered("fire drill", &tampered, "yes")] {
        let refused = answer(&mut program, call);
        assert_eq!(refused["error"]["code"], -32_602, "{refused}");
        assert!(refused["error"]["message"].as_str().unwrap().contains("nothing was sent"), "{refused}");
    }
    assert_eq!(sandbox.requests(), 0);

    let refused = modern(&mut program, answered("fire drill", &state, "no"));
    assert_eq!(refused["structuredContent"]["reason"], "not_confirmed", "{refused}");
    // A state is valid once: after a changed answer, the person is asked again.
    let replayed = modern(&mut program, answered("fire drill", &state, "yes"));
    assert_eq!(replayed["resultType"], "input_required", "{replayed}");
    assert_eq!(sandbox.requests(), 0);

    let result = modern(&mut program, answered("fire drill", &replayed["requestState"], "yes"));
    assert_eq!(result["structuredContent"]["status"], "delivered", "{result}");
}

/// Only the server's 45 seconds pass.
#[tokio::test(start_paused = true)]
async fn an_unanswered_question_is_not_a_confirmation() {
    let stub = Stub::new();
    let server = Server::builder(stub.clone()).tools(builtin_tools()).build().unwrap();
    let (client, connection) = tokio::io::duplex(64 * 1024);
    tokio::spawn(async move { server.serve(connection).await });
    let (reader, mut writer) = tokio::io::split(client);
    let mut lines = BufReader::new(reader).lines();
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": {"elicitation": {}}, "clientInfo": {"name": "test", "version": "1"}
    });
    let began = tokio::time::Instant::now();
    for message in [
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": everybody("fire drill")}),
    ] {
        writer.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }
    let answer = loop {
        let line = lines.next_line().await.unwrap().unwrap();
        let message: Value = serde_json::from_str(&line).unwrap();
        if message["id"] == 2 {
            break message;
        }
    };
    assert_eq!(answer["result"]["structuredContent"]["reason"], "not_confirmed", "{answer}");
    assert_eq!(began.elapsed().as_secs(), 45);
    assert!(stub.envelopes().is_empty());
}
