//! The server over stdin and stdout, as a client sees it, against the strict robot.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    time::Duration,
};

use dingtalk_core::{Message, message};
use dingtalk_sandbox::Sandbox;
use program::{PATIENCE, Program, text};
use serde_json::{Value, json};

const NAMES: [&str; 5] = [
    "send_text_message",
    "send_markdown_message",
    "send_link_message",
    "send_action_card_message",
    "send_feed_card_message",
];

/// The program promises to end within two seconds; a robot's own timeout is ten.
const PROMPT: Duration = Duration::from_secs(2);

async fn sandbox() -> Sandbox {
    Sandbox::builder().rate_per_minute(None).start().await.unwrap()
}

fn serve(sandbox: &Sandbox) -> Program {
    Program::serve(&[
        ("DINGTALK_BOT_BASE_URL", &sandbox.base_url()),
        ("DINGTALK_BOT_ACCESS_TOKEN", sandbox.token()),
        ("DINGTALK_BOT_SECRET", sandbox.secret().unwrap()),
        ("DINGTALK_NOTIFY_AT_ALL", "allow"),
    ])
}

/// The tests block on the program; the sandbox runs on the other threads.
macro_rules! blocking {
    ($body:block) => {
        tokio::task::block_in_place(move || $body)
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn all_tools_are_listed_and_deliver() {
    let sandbox = sandbox().await;
    let mut program = serve(&sandbox);
    blocking!({
        let tools = program.request("tools/list", json!({}))["result"]["tools"].clone();
        let names: Vec<&str> =
            tools.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        assert_eq!(names, NAMES);
        let parameters = |tool: usize| -> Vec<&String> {
            tools[tool]["inputSchema"]["properties"].as_object().unwrap().keys().collect()
        };
        assert_eq!(parameters(0), ["text", "atMobiles", "atUserIds", "atAll"]);
        assert_eq!(parameters(1), ["title", "text", "atMobiles", "atUserIds", "atAll"]);
        assert_eq!(parameters(2), ["title", "text", "url", "pictureUrl"]);
        assert_eq!(parameters(3), ["title", "text", "buttons"]);
        assert_eq!(parameters(4), ["items"]);
        assert_eq!(tools[1]["inputSchema"]["required"], json!(["title", "text"]));

        let result = program.call(
            "send_text_message",
            json!({"text": "磁盘 *已满*\n\"95%\" 🚨", "atMobiles": ["13800000000"]}),
        );
        assert_eq!(result["isError"], false, "{result}");
        assert_eq!(result["structuredContent"]["status"], "delivered");
        assert!(text(&result).contains(result["structuredContent"]["id"].as_str().unwrap()));
        let result = program
            .call("send_markdown_message", json!({"title": "T", "text": "### a\n\n- b", "atAll": true}));
        assert_eq!(result["structuredContent"]["status"], "delivered", "{result}");
        let page = "https://example.com/1";
        for (tool, arguments) in [
            ("send_link_message", json!({"title": "T", "text": "x", "url": page, "pictureUrl": page})),
            (
                "send_action_card_message",
                json!({"title": "T", "text": "### Go?", "buttons": [
                    {"label": "Yes", "url": page}, {"label": "No", "url": page}
                ]}),
            ),
            ("send_feed_card_message", json!({"items": [{"title": "T", "url": page, "pictureUrl": page}]})),
        ] {
            let result = program.call(tool, arguments);
            assert_eq!(result["structuredContent"]["status"], "delivered", "{result}");
        }
    });
    let accepted = sandbox.accepted();
    let Message::Text(plain) = &accepted[0].message else { panic!("{accepted:?}") };
    assert_eq!(plain.content, "磁盘 *已满*\n\"95%\" 🚨\n@13800000000");
    assert_eq!(plain.mentions.mobiles[0].as_str(), "13800000000");
    let Message::Markdown(markdown) = &accepted[1].message else { panic!("{accepted:?}") };
    assert_eq!(markdown.text, "### a\n\n- b\n\n@all");
    assert!(markdown.mentions.all);
    let kinds: Vec<&str> = accepted.iter().map(|wire| wire.message.kind()).collect();
    assert_eq!(kinds, ["text", "markdown", "link", "actionCard", "feedCard"]);
    let Message::ActionCard(card) = &accepted[3].message else { unreachable!() };
    let message::Buttons::Several(buttons) = &card.buttons else { panic!("{card:?}") };
    assert_eq!((&*buttons[1].title, &*buttons[1].url), ("No", "https://example.com/1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_faults_of_a_call_are_in_one_answer() {
    let sandbox = sandbox().await;
    let mut program = serve(&sandbox);
    blocking!({
        let result = program.call(
            "send_markdown_message",
            json!({"text": "", "atMobiles": ["13800000000", "Zhang San"], "atAll": "yes", "colour": "red"}),
        );
        assert_eq!(result["isError"], true);
        assert_eq!(result["structuredContent"]["status"], "refused");
        let faults = result["structuredContent"]["faults"].as_array().unwrap();
        assert_eq!(faults.len(), 5, "{result}");
        for (fault, expected) in faults.iter().zip([
            "`colour` is not a parameter",
            "`title` is missing: give a string",
            "`text` must have at least 1 character",
            "`atMobiles[1]` is invalid: a name is not a mobile number; do not guess the number: ask for it or \
             look it up; expected a mobile number",
            "`atAll` must be a boolean, not the string \"yes\"",
        ]) {
            assert!(fault.as_str().unwrap().starts_with(expected), "{fault}");
            assert!(text(&result).contains(fault.as_str().unwrap()));
        }
        let answer = program.request("tools/call", json!({"name": "send_txt", "arguments": {}}));
        assert!(answer["error"]["message"].as_str().unwrap().contains("send_text_message"), "{answer}");
    });
    assert_eq!(sandbox.requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_an_error_with_code_reason_and_advice() {
    let sandbox = sandbox().await;
    let mut program = Program::serve(&[
        ("DINGTALK_BOT_BASE_URL", &sandbox.base_url()),
        ("DINGTALK_BOT_ACCESS_TOKEN", sandbox.token()),
        ("DINGTALK_BOT_SECRET", "SECwrong"),
    ]);
    let (tools, result) = blocking!({
        let tools = program.request("tools/list", json!({}))["result"]["tools"].clone();
        (tools, program.call("send_text_message", json!({"text": "x"})))
    });
    assert_eq!(result["isError"], true);
    let facts = &result["structuredContent"];
    let promised = tools[0]["outputSchema"]["properties"].as_object().unwrap();
    assert!(facts.as_object().unwrap().keys().all(|fact| promised.contains_key(fact)), "{facts}");
    assert_eq!(
        (&facts["status"], &facts["code"], &facts["reason"]),
        (&json!("refused"), &json!(310_000), &json!("signature"))
    );
    assert!(text(&result).contains("310000"));
    assert!(text(&result).contains(facts["advice"].as_str().unwrap()), "{result}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_survives_a_text_that_is_far_too_long() {
    let sandbox = sandbox().await;
    let mut program = serve(&sandbox);
    blocking!({
        let answer = program.request("no/such/method", json!({}));
        assert_eq!(answer["error"]["code"], -32_601, "{answer}");
        let result = program.call("send_text_message", json!({"text": "长".repeat(350_000)}));
        assert_eq!(result["isError"], true);
        assert!(text(&result).contains("1050000 bytes"), "{}", text(&result));
        assert!(text(&result).len() < 1_000, "the answer repeats the argument");
        let result = program.call("send_text_message", json!({"text": "still here"}));
        assert_eq!(result["isError"], false);
    });
}

#[test]
fn a_missing_token_is_named() {
    for environment in [vec![], vec![("DINGTALK_BOT_ACCESS_TOKEN", "  ")]] {
        let mut program = Program::start(&["serve"], &environment);
        program.close_stdin();
        let seen = std::mem::take(&mut program.seen);
        let (status, stderr) = program.end(PATIENCE);
        assert!(!status.success());
        assert_eq!(seen, "");
        assert!(stderr.contains("DINGTALK_BOT_ACCESS_TOKEN"), "{stderr}");
    }
}

#[test]
fn dingtalk_itself_requires_a_rate_limit() {
    let program =
        Program::start(&[], &[("DINGTALK_BOT_ACCESS_TOKEN", "abc"), ("DINGTALK_BOT_RATE_PER_MINUTE", "0")]);
    let (status, stderr) = program.end(PATIENCE);
    assert!(!status.success());
    assert!(stderr.contains("DINGTALK_BOT_RATE_PER_MINUTE"), "{stderr}");
}

/// A robot that accepts the request and never answers.
fn hung_robot() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

fn read_request(listener: &TcpListener) -> std::net::TcpStream {
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.ends_with(b"}") {
        let read = stream.read(&mut buffer).unwrap();
        request.extend_from_slice(&buffer[..read]);
    }
    stream
}

fn serve_hung(url: &str) -> Program {
    Program::serve(&[("DINGTALK_BOT_BASE_URL", url), ("DINGTALK_BOT_ACCESS_TOKEN", "abc")])
}

#[test]
fn the_end_of_stdin_ends_the_server_while_a_robot_hangs() {
    let (listener, url) = hung_robot();
    let mut program = serve_hung(&url);
    program.send("tools/call", json!({"name": "send_text_message", "arguments": {"text": "x"}}));
    let _stream = read_request(&listener);
    program.close_stdin();
    let (status, _) = program.end(PROMPT);
    assert!(status.success());
}

#[test]
fn a_call_in_progress_is_answered_before_the_end() {
    let (listener, url) = hung_robot();
    let mut program = serve_hung(&url);
    let id = program.send("tools/call", json!({"name": "send_text_message", "arguments": {"text": "x"}}));
    let mut stream = read_request(&listener);
    program.close_stdin();
    let body = "{\"errcode\":0,\"errmsg\":\"ok\"}";
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    assert_eq!(program.answer(id)["result"]["structuredContent"]["status"], "delivered");
    assert!(program.end(PROMPT).0.success());
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_server_while_a_robot_hangs() {
    let (listener, url) = hung_robot();
    let mut program = serve_hung(&url);
    program.send("tools/call", json!({"name": "send_text_message", "arguments": {"text": "x"}}));
    let _stream = read_request(&listener);
    program.signal("-TERM");
    assert!(program.end(PROMPT).0.success());
}

#[cfg(unix)]
#[test]
fn a_hangup_ends_the_server() {
    let mut program = serve_hung("http://127.0.0.1:1");
    program.request("ping", Value::Null);
    program.signal("-HUP");
    assert!(program.end(PROMPT).0.success());
}

#[test]
fn a_request_whose_id_is_in_use_is_refused_before_it_is_sent() {
    let (listener, url) = hung_robot();
    let mut program = serve_hung(&url);
    let call = |text: &str| {
        let params = json!({"name": "send_text_message", "arguments": {"text": text}});
        json!({"jsonrpc": "2.0", "id": "same", "method": "tools/call", "params": params}).to_string()
    };
    program.line(&call("the first"));
    let mut stream = read_request(&listener);
    program.line(&call("the second"));
    let refused = program.next();
    assert_eq!((&refused["id"], &refused["error"]["code"]), (&json!("same"), &json!(-32_600)), "{refused}");
    let body = "{\"errcode\":0,\"errmsg\":\"ok\"}";
    write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        .unwrap();
    assert_eq!(program.next()["result"]["structuredContent"]["status"], "delivered");
    listener.set_nonblocking(true).unwrap();
    program.request("ping", Value::Null);
    assert!(listener.accept().is_err(), "the second was sent");
    // The id is free again.
    let again = json!({"jsonrpc": "2.0", "id": "same", "method": "ping"});
    program.line(&again.to_string());
    assert_eq!(program.next(), json!({"jsonrpc": "2.0", "id": "same", "result": {}}));
}

/// A client that reads no more, and goes on writing.
#[cfg(unix)]
#[test]
fn a_closed_stdout_ends_the_server() {
    let mut child = program::command()
        .arg("--dry-run")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "{}", json!({"jsonrpc": "2.0", "id": 1, "method": "ping"})).unwrap();
    let deadline = std::time::Instant::now() + PROMPT;
    while child.try_wait().unwrap().is_none() {
        if std::time::Instant::now() > deadline {
            let _ = child.kill();
            panic!("the server goes on");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_silent_client_is_not_an_error() {
    let mut program = Program::start(&[], &[("DINGTALK_BOT_ACCESS_TOKEN", "abc")]);
    program.close_stdin();
    let (status, stderr) = program.end(PROMPT);
    assert!(status.success(), "{stderr}");
}

#[test]
fn a_cancelled_call_stops_its_request() {
    let (listener, url) = hung_robot();
    let mut program = serve_hung(&url);
    let id = program.send("tools/call", json!({"name": "send_text_message", "arguments": {"text": "x"}}));
    let mut stream = read_request(&listener);
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}});
    program.line(&cancel.to_string());
    // The robot sees the connection close; a call that continued would keep it open for ten seconds.
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let closed = stream.read(&mut [0; 1]);
    assert!(
        matches!(closed, Ok(0))
            || closed.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset)
    );
    assert!(program.request("tools/list", Value::Null)["result"]["tools"].is_array());
}
