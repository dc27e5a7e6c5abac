//! Invalid lines on stdin: a client that waits for an answer gets one, and the server continues.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;

use program::{PATIENCE, Program};
use serde_json::{Value, json};

/// Placeholder in the texts below for the part that makes the line invalid.
const HOLE: &str = "<hole>";

fn serve() -> Program {
    Program::serve_with(&["--dry-run"], &[])
}

/// A request as the Python SDK writes it, and as the TypeScript SDK does, with the id at the end.
fn requests(id: &str, text: &str) -> [String; 2] {
    let params = json!({"name": "send_text_message", "arguments": {"text": text, "id": 5}});
    [
        format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{params}}}"#),
        format!(r#"{{"method":"tools/call","params":{params},"jsonrpc":"2.0","id":{id}}}"#),
    ]
}

fn with(line: &str, filling: &[u8]) -> Vec<u8> {
    let (before, after) = line.split_once(HOLE).unwrap();
    [before.as_bytes(), filling, after.as_bytes()].concat()
}

/// An ordinary call that must work after any input; no other output may precede its answer.
fn assert_alive(program: &mut Program) {
    let id = program.send("tools/call", json!({"name": "send_text_message", "arguments": {"text": "x"}}));
    let answer = program.next();
    assert_eq!((&answer["id"], &answer["result"]["isError"]), (&json!(id), &json!(false)), "{answer}");
}

fn assert_refused(program: &mut Program, id: &Value, code: i32, words: &str) {
    let answer = program.next();
    let error = &answer["error"];
    assert_eq!((&answer["id"], &error["code"]), (id, &json!(code)), "{answer}");
    assert!(error["message"].as_str().unwrap().contains(words), "{answer}");
    assert_eq!(answer["jsonrpc"], "2.0");
}

#[test]
fn a_call_that_is_not_json_is_answered() {
    let mut program = serve();
    for (filling, words) in [
        // Latin-1, GBK, an incomplete character.
        (&b"caf\xE9"[..], "not UTF-8"),
        (b"\xB0\xE6\xD6\xD5", "not UTF-8"),
        (&"磁".as_bytes()[..2], "not UTF-8"),
        (br"\x41", "escape"),
        (b"a\tb", "control character"),
    ] {
        for (id, as_value) in [("17", json!(17)), (r#""a-1\n""#, json!("a-1\n"))] {
            for request in requests(id, HOLE) {
                program.bytes(&with(&request, filling));
                assert_refused(&mut program, &as_value, -32_700, words);
            }
        }
        assert_alive(&mut program);
    }
    program.line(r#"{"jsonrpc":"2.0","id":18,"method":"tools/call","params":{"name":"#);
    assert_refused(&mut program, &json!(18), -32_700, "EOF");
    assert_alive(&mut program);
}

#[test]
fn half_of_a_surrogate_pair_is_a_fault_of_the_call() {
    let mut program = serve();
    for filling in [&br"\ud800"[..], br"a \udc00 b", br"\uDE00\uD83D"] {
        for request in requests("17", HOLE) {
            program.bytes(&with(&request, filling));
            let answer = program.next();
            assert_eq!((&answer["id"], &answer["result"]["isError"]), (&json!(17), &json!(true)), "{answer}");
            let faults = &answer["result"]["structuredContent"]["faults"];
            assert!(
                faults[0].as_str().unwrap().starts_with("`text` contains half of a surrogate pair"),
                "{faults}"
            );
        }
        assert_alive(&mut program);
    }
}

#[test]
fn arguments_may_be_the_text_of_an_object() {
    let mut program = serve();
    for (arguments, status) in [
        (json!(r#"{"text": "x"}"#), "dry_run"),
        (json!(r#"{"text": "x", "text": "y"}"#), "refused"),
        (json!("x"), "refused"),
        (json!([{"text": "x"}]), "refused"),
        (json!(7), "refused"),
        (Value::Null, "refused"),
    ] {
        let result = program.call("send_text_message", arguments.clone());
        assert_eq!(result["structuredContent"]["status"], status, "{arguments}: {result}");
        if status == "dry_run" {
            assert_eq!(result["structuredContent"]["request"]["text"]["content"], "x");
        } else {
            assert_eq!(result["isError"], true);
        }
    }
}

#[test]
fn a_call_without_its_parameters_is_invalid() {
    let mut program = serve();
    for (params, words) in [
        ("null", "missing"),
        ("[]", "must be an object"),
        (r#"{"arguments":{}}"#, "missing field `name`"),
        (r#"{"name":"send_text_message","name":"send_link_message","arguments":{"text":"x"}}"#, "twice"),
        (r#"{"name":"send_text_message","arguments":{"text":"x","text":"y"}}"#, "twice"),
    ] {
        program.line(&format!(r#"{{"jsonrpc":"2.0","id":22,"method":"tools/call","params":{params}}}"#));
        assert_refused(&mut program, &json!(22), -32_602, words);
    }
    program.line(r#"{"jsonrpc":"2.0","id":22,"method":"tools/call"}"#);
    assert_refused(&mut program, &json!(22), -32_602, "missing");
    assert_alive(&mut program);
}

#[test]
fn an_invalid_request_is_answered() {
    let mut program = serve();
    for line in [
        r#"{"id":19,"method":"tools/list"}"#,
        r#"{"jsonrpc":"1.0","id":19,"method":"tools/list"}"#,
        r#"{"jsonrpc":"2.0","id":19,"method":7}"#,
        r#"{"jsonrpc":"2.0","id":19,"method":"tools/list","result":{}}"#,
    ] {
        program.line(line);
        assert_refused(&mut program, &json!(19), -32_600, "JSON-RPC");
        assert_alive(&mut program);
    }
}

#[test]
fn a_call_that_is_too_long_is_answered() {
    let mut program = serve();
    let long = vec![b'x'; 5 * 1024 * 1024];
    for request in requests("20", HOLE) {
        program.bytes(&with(&request, &long));
        assert_refused(&mut program, &json!(20), -32_600, "longer than 4194304 bytes");
        assert_alive(&mut program);
    }
}

/// The ids are somewhere in what is not kept.
#[test]
fn a_batch_that_is_too_long_is_answered_without_an_id() {
    let mut program = serve();
    let long = "x".repeat(5 * 1024 * 1024);
    let call = json!({
        "jsonrpc": "2.0", "id": 30, "method": "tools/call",
        "params": {"name": "send_text_message", "arguments": {"text": long}}
    });
    for line in [format!("[{call}]"), format!(" \u{feff}[{long}")] {
        program.bytes(line.as_bytes());
        assert_refused(&mut program, &Value::Null, -32_600, "longer than 4194304 bytes");
        assert_alive(&mut program);
    }
    // A notification needs no answer, however long it is.
    let note = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"reason": long}});
    program.bytes(note.to_string().as_bytes());
    assert_alive(&mut program);
}

/// The owner of such an id is ambiguous, so no answer can bear it.
#[test]
fn a_request_with_a_doubtful_id_is_answered_without_it() {
    let mut program = serve();
    let long = "x".repeat(5 * 1024 * 1024);
    let long = format!(r#"{{"jsonrpc":"2.0","id":31,"method":"ping","id":32,"params":{{"text":"{long}"}}}}"#);
    for line in [
        r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/list"}"#,
        r#"{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}"#,
        r#"{"jsonrpc":"2.0","id":null,"method":"tools/list"}"#,
        r#"{"jsonrpc":"2.0","method":"tools/list","id":{}}"#,
        r#"{"jsonrpc":"2.0","method":"tools/list","id":[1]}"#,
        r#"{"jsonrpc":"2.0","method":"tools/list","id":true}"#,
        &long,
    ] {
        program.line(line);
        assert_refused(&mut program, &Value::Null, -32_600, "");
        assert_alive(&mut program);
    }
}

#[test]
fn lines_that_expect_no_answer_get_none() {
    let mut program = serve();
    for line in [
        &b"not JSON"[..],
        b"",
        b"\r",
        b"{}",
        b"42",
        // Notifications.
        br#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"reason":"\ud800"}}"#,
        br#"{"jsonrpc":"2.0","method":"notifications/progress"}"#,
        br#"{"jsonrpc":"2.0","method":"workspace/didChange","params":{}}"#,
        // Answers; the id may be that of a concurrent request of the client.
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"action\":\"accept\",\"content\":\"\xFF\"}}",
        br#"{"jsonrpc":"2.0","id":1,"error":{"code":0,"message":"\ud800"}}"#,
        b"\xFF\xFE\x00\x01",
    ] {
        program.bytes(line);
        assert_alive(&mut program);
    }
    program.close_stdin();
    let (status, stderr) = program.end(PATIENCE);
    assert!(status.success());
    // A client's mistakes are not warnings.
    assert_eq!(stderr, "");
}

#[test]
fn lines_may_begin_and_end_as_other_systems_write_them() {
    let mut program = serve();
    program.line("\u{feff}{\"jsonrpc\":\"2.0\",\"id\":21,\"method\":\"ping\"}\r");
    assert_eq!(program.next(), json!({"jsonrpc": "2.0", "id": 21, "result": {}}));
}

#[test]
fn a_client_that_begins_with_garbage_is_served() {
    let mut program = Program::start(&["--dry-run"], &[]);
    program.line("rubbish");
    program.line(r#"{"jsonrpc":"2.0","id":"first","method":"initialize","params":{"clientInfo":"\ud800"}}"#);
    assert_refused(&mut program, &json!("first"), -32_700, "hex escape");
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}
    });
    assert_eq!(program.request("initialize", hello)["result"]["serverInfo"]["name"], "dingtalk-notify");
}

#[test]
fn messages_that_precede_the_first_request_are_ignored() {
    let mut program = Program::start(&["--dry-run"], &[]);
    for line in [
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#,
        r#"{"jsonrpc":"2.0","id":0,"result":{}}"#,
        r#"{"jsonrpc":"2.0","id":0,"error":{"code":1,"message":"x"}}"#,
        r#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
    ] {
        program.line(line);
    }
    assert_eq!(program.next(), json!({"jsonrpc": "2.0", "id": "p", "result": {}}));
    for (params, words) in [
        (
            json!({"capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}),
            "missing field `protocolVersion`",
        ),
        (json!({"protocolVersion": "2025-11-25", "capabilities": {}}), "missing field `clientInfo`"),
        (json!({"protocolVersion": 1, "capabilities": {}, "clientInfo": {}}), "invalid type"),
        (Value::Null, "missing"),
    ] {
        let answer = program.request("initialize", params);
        assert_eq!(answer["error"]["code"], -32_602, "{answer}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(
            message.contains("`initialize`") && message.contains(words) && !message.contains("_meta"),
            "{message}"
        );
    }
    program.line(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}
    });
    assert_eq!(program.request("initialize", hello)["result"]["serverInfo"]["name"], "dingtalk-notify");
    assert_alive(&mut program);
}

#[test]
fn the_end_of_stdin_ends_the_last_line() {
    let mut program = serve();
    program.last_line(br#"{"jsonrpc":"2.0","id":23,"method":"tools/call","params":{"name":"send_text_message","arguments":{"text":"x"}}}"#);
    assert_eq!(program.answer(23)["result"]["structuredContent"]["status"], "dry_run");
    assert!(program.end(PATIENCE).0.success());
}

#[test]
fn faults_are_few_and_short() {
    let mut program = serve();
    let keys = (0..1_000).map(|key| (format!("unknown_{key}"), json!(1))).collect();
    let result = program.call("send_text_message", Value::Object(keys));
    let faults = result["structuredContent"]["faults"].as_array().unwrap();
    assert_eq!((faults.len(), faults.last()), (21, Some(&json!("and 981 more"))));
    assert!(result.to_string().len() < 10_000, "{}", result.to_string().len());
    let long = "k\n".repeat(50_000);
    let result = program.call("send_text_message", json!({"text": "x", (long.clone()): 1}));
    assert_eq!(result["isError"], true);
    assert!(result.to_string().len() < 2_000, "{}", result.to_string().len());
    for (method, params) in [
        ("tools/call", json!({"name": long})),
        ("prompts/get", json!({"name": long})),
        ("resources/read", json!({"uri": long})),
    ] {
        let answer = program.request(method, params);
        assert!(answer["error"].is_object() && answer.to_string().len() < 2_000, "{method}: {answer:.300}");
    }
}

#[test]
fn answers_do_not_interleave() {
    let mut program = serve();
    let text = "磁盘".repeat(3_000);
    let unreadable = with(&requests("\"unreadable\"", HOLE)[1], br"\x41");
    let ids: Vec<u64> = (0..100)
        .map(|_| {
            program.bytes(&unreadable);
            program.send("tools/call", json!({"name": "send_text_message", "arguments": {"text": text}}))
        })
        .collect();
    let mut seen: Vec<Value> = (0..200).map(|_| program.next()["id"].clone()).collect();
    seen.retain(|id| *id != "unreadable");
    seen.sort_by_key(Value::as_u64);
    assert_eq!(seen, ids);
}
