//! `dingtalk-notify demo`: messages from Rust types and from an MCP client, in a sandbox group.

use std::{path::Path, process::Stdio, time::Duration};

use dingtalk_config::Config;
use dingtalk_core::{
    Deliver as _, DeliverExt as _, Message, Robot, Stub, message::WireMessage, tool::ToolType,
};
use dingtalk_sandbox::{RobotConfig, Sandbox};
use serde_json::{Map, Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{ChildStdin, ChildStdout, Command},
    time::timeout,
};

use super::{Program, Result, examples, sandbox::compose::compose, say, words::words};
use crate::{Error, Server, builtin_tools, protocol::example::example, settings::table};

/// Time for the messages to arrive: far more than the loopback needs.
const PATIENCE: Duration = Duration::from_secs(20);

/// A tool's name, and arguments for it.
type Call = (String, Map<String, Value>);

/// Sends the notifications of a configuration file, or else examples of the program's own types and of all messages.
pub(super) async fn run(program: &Program, once: bool, config: Option<&Path>) -> Result<()> {
    let config = config.map(Config::read).transpose().map_err(Error::from)?;
    let robot = RobotConfig::random().name(words("Ops", "运维机器人"));
    let on_call = words("Li Na", "李娜");
    let mut sandbox = Sandbox::builder().robot(robot).person(examples::ON_CALL, on_call).compose(compose);
    for (name, person) in config.iter().flat_map(|config| &config.people) {
        sandbox = sandbox.person(person.as_str(), name);
    }
    let sandbox = sandbox.start().await?;
    let declared = config.map(|config| config.notifications);
    say(format!("{}{}", words("Sandbox group: ", "沙箱群："), sandbox.page_url()))?;
    let mut expected = 0;
    let mut calls = calls_of_own_tools(program)?;
    if let Some(declared) = &declared {
        say("")?;
        say(words(
            "Notifications of the configuration file, made from their examples:",
            "配置文件里声明的通知，内容取自各自的示例：",
        ))?;
        expected += send_declared(&sandbox, declared).await?;
        if expected == 0 {
            return Err(words("the file declares no notifications", "这个文件没有声明通知").into());
        }
    } else if calls.is_empty() {
        say("")?;
        say(words(
            "Notifications declared as Rust types, signed and delivered:",
            "用 Rust 类型声明的通知，加签后发送：",
        ))?;
        expected += send_examples(&sandbox).await?;
        calls.push(("send_markdown_message".to_owned(), examples::agent_call()?));
    }

    if !calls.is_empty() {
        say("")?;
        let what =
            if calls.len() == 1 { "A tool call".to_owned() } else { format!("{} tool calls", calls.len()) };
        say(words(
            format!("{what} from an MCP client, through a server in a separate process:"),
            format!("MCP 客户端经由独立进程里的服务器调用 {} 次工具：", calls.len()),
        ))?;
        expected += calls.len();
        call_server(&sandbox, calls).await?;
    }

    let arrived = timeout(PATIENCE, sandbox.wait_for(expected)).await.map_or(0, |arrived| arrived.len());
    say("")?;
    if arrived != expected {
        return Err(words(
            format!("{arrived} of {expected} messages arrived"),
            format!("{expected} 条消息只收到 {arrived} 条"),
        )
        .into());
    }
    let all = words(
        format!("All {expected} messages arrived. See them at "),
        format!("{expected} 条消息全部送达，请看："),
    );
    say(format!("{all}{}", sandbox.page_url()))?;
    if !once {
        say(words("Press Ctrl-C to stop.", "按 Ctrl-C 结束。"))?;
        tokio::signal::ctrl_c().await?;
    }
    Ok(())
}

/// Returns a call of each tool of the program except the built-in ones, with example arguments.
fn calls_of_own_tools(program: &Program) -> Result<Vec<Call>> {
    let builtin: Vec<String> = builtin_tools().into_iter().map(|tool| tool.spec().name.to_owned()).collect();
    let server = Server::builder(Stub::new()).tools(program.tools.clone()).build()?;
    let definitions = server.deployment().definitions(server.tools());
    let own = server.tools().iter().zip(definitions);
    Ok(own
        .filter(|(tool, _)| !builtin.iter().any(|name| name == tool.spec().name))
        .filter_map(|(tool, definition)| {
            let mut example = example(&definition.input_schema, tool)?;
            let arguments = example.get_mut("arguments").and_then(Value::as_object_mut)?;
            Some((definition.name, std::mem::take(arguments)))
        })
        .collect())
}

/// Sends a notification of each type, and returns their number.
async fn send_examples(sandbox: &Sandbox) -> Result<usize> {
    let robot = robot_of(sandbox)?;
    let notifications = examples::all()?;
    for notification in &notifications {
        robot.send(&**notification).await?;
        say_last(sandbox)?;
    }
    Ok(notifications.len())
}

/// Sends each notification of a configuration file, made from its example, and returns their number.
async fn send_declared(sandbox: &Sandbox, declared: &[ToolType]) -> Result<usize> {
    let robot = robot_of(sandbox)?;
    let mut sent = 0;
    for tool in declared {
        let name = tool.spec().name;
        let example = example(&tool.spec().input_schema(), tool);
        let Some(arguments) = example.as_ref().and_then(|example| example["arguments"].as_object()) else {
            say(words(
                format!("  - {name}: no example found; give its fields an `example`"),
                format!("  - {name}：没有示例；请为它的字段写上 `example`"),
            ))?;
            continue;
        };
        robot.deliver(tool.envelope(arguments)?).await?;
        sent += 1;
        say_last(sandbox)?;
    }
    Ok(sent)
}

fn robot_of(sandbox: &Sandbox) -> Result<Robot> {
    let mut robot = Robot::builder(sandbox.token()).base_url(sandbox.base_url()).name("demo");
    if let Some(secret) = sandbox.secret() {
        robot = robot.secret(secret);
    }
    Ok(robot.build()?)
}

/// Starts this program as a client does, and calls its tools.
async fn call_server(sandbox: &Sandbox, calls: Vec<Call>) -> Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    // Settings of the real robot must not affect the demo.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DINGTALK_")) {
        command.env_remove(name);
    }
    command
        .arg("serve")
        .env(table::NO_STATE.variable, "1")
        .env("DINGTALK_BOT_BASE_URL", sandbox.base_url())
        .env("DINGTALK_BOT_ACCESS_TOKEN", sandbox.token())
        .env("DINGTALK_BOT_SECRET", sandbox.secret().unwrap_or_default())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    let mut server = command.spawn()?;
    let (Some(stdout), Some(stdin)) = (server.stdout.take(), server.stdin.take()) else {
        return Err("the server has no stdin or stdout".into());
    };
    let mut client = Client { stdin, stdout: BufReader::new(stdout).lines(), requests: 0 };
    client.begin().await?;
    for (name, arguments) in calls {
        let answer = client.request("tools/call", &json!({"name": name, "arguments": arguments})).await?;
        let result = &answer["result"];
        if !result.is_object() || result["isError"] == true {
            return Err(format!("{}: {answer}", words("the tool call failed", "工具调用失败")).into());
        }
        say_last(sandbox)?;
    }
    Ok(())
}

/// A client of MCP over the server's stdin and stdout. That of the protocol's library would make each program larger.
struct Client {
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
    requests: u64,
}

impl Client {
    async fn begin(&mut self) -> Result<()> {
        let this = json!({"name": "demo", "version": env!("CARGO_PKG_VERSION")});
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": this});
        self.request("initialize", &params).await?;
        self.write(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await
    }

    /// Makes a request and returns the answer, which is the next message: this client lets the server ask nothing.
    async fn request(&mut self, method: &str, params: &Value) -> Result<Value> {
        self.requests += 1;
        let id = self.requests;
        self.write(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).await?;
        let line = timeout(PATIENCE, self.stdout.next_line()).await??;
        let line = line.ok_or_else(|| words("the server has ended", "服务器已退出"))?;
        Ok(serde_json::from_str(&line)?)
    }

    async fn write(&mut self, message: &Value) -> Result<()> {
        self.stdin.write_all(format!("{message}\n").as_bytes()).await?;
        Ok(())
    }
}

/// Prints one line on the last message.
fn say_last(sandbox: &Sandbox) -> Result<()> {
    if let Some(WireMessage { message, .. }) = sandbox.accepted().last() {
        let shown = match message {
            Message::Text(text) => text.content.lines().next(),
            Message::Markdown(markdown) => Some(markdown.title.as_str()),
            Message::Link(link) => Some(link.title.as_str()),
            Message::ActionCard(card) => Some(card.title.as_str()),
            Message::FeedCard(card) => card.items.first().map(|item| item.title.as_str()),
            _ => None,
        };
        say(format!("  ✓ {:<10}  {}", message.kind(), shown.unwrap_or_default()))?;
    }
    Ok(())
}
