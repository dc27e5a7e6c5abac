//! `serve --queue`: calls whose messages would have to wait are queued, and delivered later.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use dingtalk_sandbox::Sandbox;
use program::{PATIENCE, Program, command, text};
use serde_json::{Value, json};

/// Number of calls at once: more than a robot sends in a minute.
const CALLS: usize = 24;

/// Runs blocking code beside the sandbox, which runs on the other threads.
macro_rules! blocking {
    ($body:block) => {
        tokio::task::block_in_place(move || $body)
    };
}

/// A directory for the state, which is removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("queue-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn sandbox() -> Sandbox {
    Sandbox::builder().rate_per_minute(None).start().await.unwrap()
}

fn environment(sandbox: &Sandbox, state: &Directory) -> Vec<(&'static str, String)> {
    vec![
        ("DINGTALK_BOT_BASE_URL", sandbox.base_url()),
        ("DINGTALK_BOT_ACCESS_TOKEN", sandbox.token().to_owned()),
        ("DINGTALK_BOT_SECRET", sandbox.secret().unwrap().to_owned()),
        ("DINGTALK_NOTIFY_STATE_DIR", state.0.to_str().unwrap().to_owned()),
    ]
}

fn serve(environment: &[(&'static str, String)]) -> Program {
    let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, &**value)).collect();
    Program::serve_with(&["serve", "--queue"], &environment)
}

fn facts(result: &Value) -> &Value {
    &result["structuredContent"]
}

fn status(program: &mut Program, id: &Value) -> Value {
    let result = program.call("get_message_status", json!({"id": id}));
    assert_eq!(result["isError"], false, "{result}");
    facts(&result).clone()
}

/// Waits until the group has this number of messages, and returns their texts.
fn arrived(sandbox: &Sandbox, messages: usize) -> BTreeSet<String> {
    let deadline = Instant::now() + PATIENCE;
    while sandbox.accepted().len() < messages {
        assert!(Instant::now() < deadline, "{} of {messages} messages", sandbox.accepted().len());
        std::thread::sleep(Duration::from_millis(50));
    }
    sandbox.accepted().iter().map(|accepted| format!("{:?}", accepted.message)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_many_calls_is_answered_and_delivered_once_also_over_a_restart() {
    let (sandbox, state) = (sandbox().await, Directory::new("restart"));
    let environment = environment(&sandbox, &state);
    blocking!({
        let mut program = serve(&environment);
        let calls: [u64; CALLS] = std::array::from_fn(|number| {
            let arguments = json!({"text": format!("message {number}")});
            program.send("tools/call", json!({"name": "send_text_message", "arguments": arguments}))
        });
        let answers = program.answers(calls);
        let facts: Vec<&Value> = answers.iter().map(|answer| facts(&answer["result"])).collect();
        let of = |status: &str| facts.iter().filter(|facts| facts["status"] == status).count();
        // Two slots are kept for urgent messages.
        assert_eq!((of("delivered"), of("queued")), (18, 6), "{facts:?}");
        let number = facts.iter().position(|facts| facts["status"] == "queued").unwrap();
        let id = facts[number]["id"].clone();
        let answer = text(&answers[number]["result"]);
        assert!(
            answer.contains("Do not repeat the call.") && answer.contains("get_message_status"),
            "{answer}"
        );

        let waiting = status(&mut program, &id);
        assert_eq!(waiting["status"], "waiting", "{waiting}");
        assert!((1..=6).contains(&waiting["position"].as_u64().unwrap()), "{waiting}");
        assert!((1..=120).contains(&waiting["waitSeconds"].as_u64().unwrap()), "{waiting}");
        let uri = format!("dingtalk-notify://messages/{}", id.as_str().unwrap());
        let read = program.request("resources/read", json!({"uri": uri}));
        let read = read["result"]["contents"][0]["text"].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(read).unwrap()["status"], "waiting");

        let again = program.call("send_text_message", json!({"text": format!("message {number}")}));
        let again = &again["structuredContent"];
        assert_eq!((&again["status"], &again["id"]), (&json!("queued"), &id));
        assert!(
            again["detail"].as_str().unwrap().starts_with("an identical call has queued it; "),
            "{again}"
        );
        drop(program);
        assert_eq!(sandbox.accepted().len(), 18);

        // The window is forgotten with the state, so that nobody waits for a minute. The queue is another file.
        for file in ["state.db", "state.db-wal", "state.db-shm"] {
            let _ = fs::remove_file(state.0.join(file));
        }
        let mut program = serve(&environment);
        assert_eq!(arrived(&sandbox, CALLS).len(), CALLS, "each message once");
        let delivered = loop {
            let answer = status(&mut program, &id);
            if answer["status"] != "sending" {
                break answer;
            }
        };
        assert_eq!(delivered["status"], "delivered", "{delivered}");
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(sandbox.accepted().len(), CALLS);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_server_with_a_queue_has_the_tool_and_the_resource() {
    let (sandbox, state) = (sandbox().await, Directory::new("tools"));
    let environment = environment(&sandbox, &state);
    blocking!({
        let mut program = serve(&environment);
        let tools = program.request("tools/list", json!({}))["result"]["tools"].clone();
        let tools = tools.as_array().unwrap();
        let tool = tools.last().unwrap();
        assert_eq!((tools.len(), &tool["name"]), (6, &json!("get_message_status")));
        let hints = &tool["annotations"];
        assert_eq!((&hints["readOnlyHint"], &hints["destructiveHint"]), (&json!(true), &json!(false)));
        let sends = tools[0]["description"].as_str().unwrap();
        assert!(sends.contains("messages are queued") && sends.contains("On status `queued`"), "{sends}");
        let templates = program.request("resources/templates/list", json!({}));
        assert!(templates.to_string().contains("dingtalk-notify://messages/{id}"), "{templates}");
        let unknown = program.call("get_message_status", json!({"id": "01J0000000000000000000000A"}));
        assert_eq!((&facts(&unknown)["status"], &unknown["isError"]), (&json!("not_found"), &json!(true)));

        let plain: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, &**value)).collect();
        let mut program = Program::serve(&plain);
        let listed = program.request("tools/list", json!({})).to_string();
        assert!(!listed.contains("get_message_status") && !listed.contains("are queued"), "{listed}");
        let templates = program.request("resources/templates/list", json!({}));
        assert!(!templates.to_string().contains("messages/"), "{templates}");
    });
}

#[test]
fn a_queue_needs_the_state() {
    let output = command()
        .args(["serve", "--queue", "--no-state"])
        .env_remove("DINGTALK_NOTIFY_STATE_DIR")
        .env("DINGTALK_BOT_ACCESS_TOKEN", "abc")
        .output()
        .unwrap();
    let problem = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && problem.contains("the queue needs the state"), "{problem}");
}

#[test]
fn the_setting_has_three_sources() {
    let listed = |variable: Option<&str>, file: &program::File| {
        let mut command = command();
        command.args(["tools", "--json", "--config", file.path()]);
        if let Some(value) = variable {
            command.env("DINGTALK_NOTIFY_QUEUE", value);
        }
        let output = command.output().unwrap();
        String::from_utf8(output.stdout).unwrap().contains("get_message_status")
    };
    let robot = "version = 1\n[robots.ops]\nabout = \"operations\"\naccess_token = \"env:OPS\"\n";
    let on = program::File::new("queue-on", &format!("{robot}[outbox]\ncalls = true\n"));
    let off = program::File::new("queue-off", robot);
    assert!(listed(None, &on) && !listed(None, &off));
    assert!(listed(Some("1"), &off) && !listed(Some("0"), &on), "the variable takes precedence");
}
