//! `dingtalk-notify sandbox`, as a person starts it.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

mod program;

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    process::{Child, ChildStdout, Output, Stdio},
};

use dingtalk_core::Message;
use dingtalk_sandbox::{RobotConfig, Sandbox};
use program::{File, command};
use serde_json::{Value, json};

/// A running sandbox, and the lines that it prints.
struct Running {
    child: Child,
    lines: BufReader<ChildStdout>,
    page: String,
    /// Variables by the name of the robot.
    variables: BTreeMap<String, Vec<(String, String)>>,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[])
    }

    fn start_with(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = command()
            .args(["sandbox", "--port", "0"])
            .args(arguments)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut running = Self { child, lines, page: String::new(), variables: BTreeMap::new() };
        let mut robot = String::new();
        loop {
            let line = running.line();
            if let Some(page) = line.strip_prefix("Chat: ") {
                page.trim_end_matches('/').clone_into(&mut running.page);
            } else if let Some((_, rest)) = line.split_once("to the robot `") {
                rest.split('`').next().unwrap().clone_into(&mut robot);
            } else if let Some(variable) = line.strip_prefix("  export ") {
                let (name, value) = variable.split_once('=').unwrap();
                let variables = running.variables.entry(robot.clone()).or_default();
                variables.push((name.to_owned(), value.to_owned()));
            } else if line.starts_with("Press Ctrl-C") {
                return running;
            }
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(self.lines.read_line(&mut line).unwrap(), 0, "the sandbox has ended");
        line.trim_end().to_owned()
    }

    /// Sends as a program with the printed variables does.
    fn send(&self, robot: &str, text: &str) -> Output {
        let variables = self.variables[robot].iter().map(|(name, value)| (name.as_str(), value.as_str()));
        command()
            .args(["send", "text", text, "--no-state"])
            .envs(variables)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        json_of(reqwest::get(format!("{}{path}", self.page)).await.unwrap()).await
    }

    /// Sends a body to the first robot, as it is and without a signature.
    async fn deliver(&self, body: &Value) -> Value {
        let webhook = self.get("/robots").await["robots"][0]["webhook"].as_str().unwrap().to_owned();
        let request = reqwest::Client::new().post(webhook).header("Content-Type", "application/json");
        json_of(request.body(body.to_string()).send().await.unwrap()).await
    }

    /// Posts as the page does.
    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let token = self.get("/robots").await["token"].as_str().unwrap().to_owned();
        let request = reqwest::Client::new()
            .post(format!("{}{path}", self.page))
            .header("Origin", &self.page)
            .header("X-Sandbox-Token", token)
            .header("Content-Type", "application/json")
            .body(body.to_string());
        let reply = request.send().await.unwrap();
        (reply.status().as_u16(), json_of(reply).await)
    }
}

async fn json_of(reply: reqwest::Response) -> Value {
    serde_json::from_slice(&reply.bytes().await.unwrap()).unwrap()
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_variables_work_and_stay_valid_over_restarts() {
    let first = Running::start(&["--robots", "ops,值班"]);
    for robot in ["ops", "值班"] {
        let variables: Vec<_> = first.variables[robot].iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(variables, ["DINGTALK_BOT_BASE_URL", "DINGTALK_BOT_ACCESS_TOKEN", "DINGTALK_BOT_SECRET"]);
    }
    assert!(first.send("ops", "one").status.success());
    assert_eq!(first.get("/messages").await["entries"][0]["robot"], "ops");
    let again = Running::start(&["--robots", "ops,值班"]);
    for robot in ["ops", "值班"] {
        assert_eq!(first.variables[robot][1..], again.variables[robot][1..], "{robot}");
        assert!(again.variables[robot][1].1.contains("sandbox-development"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_of_a_robot_are_flags() {
    let flags = "--robots ops --token mine --secret SECmine --keyword Alert --rate 1 --window fixed --block-seconds 7 --quota 9";
    let flags: Vec<&str> = flags.split(' ').collect();
    let sandbox = Running::start(&[flags, vec!["--fault", "busy*2", "--fault", "hang@0.5/3"]].concat());
    let robot = sandbox.get("/robots").await["robots"][0].clone();
    assert_eq!((&robot["secret"], &robot["keywords"]), (&json!("SECmine"), &json!(["Alert"])));
    assert!(robot["webhook"].as_str().unwrap().ends_with("access_token=mine"));
    let gauge = sandbox.get("/gauges").await["robots"][0].clone();
    assert_eq!((&gauge["limit"], &gauge["window"], &gauge["quota"]), (&json!(1), &json!("fixed"), &json!(9)));
    let faults = sandbox.get("/faults").await;
    assert_eq!(faults["next"], json!(["busy", "busy"]));
    assert_eq!(faults["by_chance"], json!([{"fault": "hang", "chance": 0.5}]));

    let unsigned = Running::start(&["--secret", "", "--rate", "0"]);
    assert_eq!(unsigned.variables["sandbox"].len(), 2, "no secret is printed");
    assert_eq!(unsigned.get("/gauges").await["robots"][0]["limit"], Value::Null);
    for n in 0..22 {
        let body = json!({"msgtype": "text", "text": {"content": n.to_string()}});
        assert_eq!(unsigned.deliver(&body).await["errcode"], 0, "{n}");
    }
}

#[test]
fn a_mistake_in_a_flag_is_told() {
    for (arguments, problem) in [
        (["--fault", "hagn"], "unknown fault \"hagn\""),
        (["--robots", "a,,b"], "--robots: a name must not be empty"),
        (["--robots", "a,a"], "two robots have the same token or name"),
        (["--token", ""], "--token: must not be empty"),
        (["--address", "localhost"], "invalid value 'localhost'"),
        (["--release", "ops"], "ops"),
        (["--person", "13800000000"], "13800000000=NAME"),
        (["--person", "=Li"], "13800000000=NAME"),
        (["--person", "manager 4220=Li"], "13800000000=NAME"),
        (["--config", "/nonexistent/robots.toml"], "/nonexistent/robots.toml"),
    ] {
        let output = command().args(["sandbox", "--port", "0"]).args(arguments).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains(problem), "{arguments:?}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mentions_show_the_names_of_members() {
    let file = File::new(
        "names",
        "version = 1\n[people]\nann = \"13900000000\"\nbob = { user_id = \"manager4220\" }\n",
    );
    let mut sandbox = Running::start(&[
        "--config",
        file.path(),
        "--person",
        "13800000000=李四",
        "--person",
        "+86 139 0000 0000=Anna",
        "--secret",
        "",
        "--tail",
    ]);
    let text = "@13800000000 @13900000000 @manager4220 @other: disk full";
    let at = json!({"atMobiles": ["13800000000", "13900000000"], "atUserIds": ["manager4220", "other"], "isAtAll": false});
    let body = json!({"msgtype": "text", "text": {"content": text}, "at": at});
    assert_eq!(sandbox.deliver(&body).await["errcode"], 0);
    let page = reqwest::get(&sandbox.page).await.unwrap().bytes().await.unwrap();
    let page = String::from_utf8_lossy(&page);
    for shown in ["@李四", "@Anna", "@bob", "@other"] {
        assert!(page.contains(shown), "{shown}");
    }
    let shown = [sandbox.line(), sandbox.line()];
    assert!(shown[1].contains("@李四 @Anna @bob @other: disk full"), "{shown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_and_refusals_are_printed_as_they_come() {
    let mut sandbox = Running::start(&["--tail", "--keyword", "disk", "--secret", ""]);
    let body = json!({"msgtype": "text", "text": {"content": "disk of web-3\u{1b}[31m is full"}});
    assert_eq!(sandbox.deliver(&body).await["errcode"], 0);
    assert_eq!(sandbox.line(), "#1 sandbox accepted text disk of web-3\\u{1b}[31m is full");
    assert_eq!(sandbox.line(), "    disk of web-3\\u{1b}[31m is full");
    assert!(!sandbox.send("sandbox", "CPU").status.success());
    let refused = sandbox.line();
    assert!(refused.starts_with("#2 sandbox refused 310000 "), "{refused}");
    assert_eq!(sandbox.line(), "  → The message must contain at least one of the robot's keywords.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declaration_is_judged() {
    let sandbox = Running::start(&[]);
    let toml = "purpose = \"Warn.\"\ntext = \"{host} is full\"\n\
                fields = [{ name = \"host\", type = \"text\", description = \"Host name, such as `web-3`.\", length = \"..=64\" }]";
    let draft = json!({"declaration": toml, "values": {"host": "web-3"}});
    let (status, verdict) = sandbox.post("/verdict", draft).await;
    assert_eq!((status, &verdict["message"]["text"]["content"]), (200, &json!("web-3 is full")), "{verdict}");
    let (_, verdict) = sandbox.post("/verdict", json!({"declaration": "text = \"{hots}\""})).await;
    assert_eq!(verdict["outcome"], "invalid");
    assert!(verdict["faults"].to_string().contains("hots"), "{verdict}");
}

/// The real robot is another sandbox.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_released_through_the_queue() {
    let real = Sandbox::builder().robot(RobotConfig::random().name("real")).start().await.unwrap();
    let (token, secret) = real.access("real").unwrap();
    let file = format!(
        "version = 1\n[robots.ops]\nabout = \"operations\"\nbase_url = \"{}\"\naccess_token = \"env:OPS_TOKEN\"\nsecret = \"env:OPS_SECRET\"\n",
        real.base_url()
    );
    let file = File::new("sandbox-release", &file);
    let environment = [("OPS_TOKEN", token), ("OPS_SECRET", secret.unwrap())];
    let arguments = ["--release", "ops", "--config", file.path()];
    let sandbox = Running::start_with(&arguments, &environment);
    let release = sandbox.get("/release").await;
    assert_eq!(
        (&release["enabled"], &release["robot"], &release["host"]),
        (&json!(true), &json!("ops"), &json!("127.0.0.1"))
    );

    let body = json!({"body": {"msgtype": "text", "text": {"content": "for real"}}});
    let (status, offer) = sandbox.post("/release/offer", body.clone()).await;
    assert_eq!((status, &offer["robot"]), (200, &json!("ops")), "{offer}");
    let nonce = json!({"nonce": offer["nonce"]});
    let (status, sent) = sandbox.post("/release", nonce.clone()).await;
    assert_eq!(status, 200, "{sent}");
    assert_eq!(sandbox.post("/release", nonce).await.0, 409, "a nonce sends once");
    let arrived = tokio::time::timeout(program::PATIENCE, real.wait_for(1)).await.unwrap();
    assert_eq!(arrived.len(), 1);
    real.expect(&[&Message::text("for real")]);

    let everybody = json!({"body": {"msgtype": "text", "text": {"content": "x"}, "at": {"isAtAll": true}}});
    let (status, refused) = sandbox.post("/release/offer", everybody).await;
    assert_eq!(status, 400);
    assert!(refused["error"].as_str().unwrap().contains("never notifies everybody"));
}

/// Arguments of `send --sheet` with a file that has this sandbox as its robot.
fn sheet(real: &Sandbox, arguments: &[&str]) -> Output {
    let file = format!(
        "version = 1\n[robots.ops]\nabout = \"operations\"\nbase_url = \"{}\"\naccess_token = \"env:OPS_TOKEN\"\n",
        real.base_url()
    );
    let file = File::new(&format!("sheet-{}", arguments.len()), &file);
    let mut command = command();
    command.args(["send", "--sheet", "ops", "--config", file.path()]).args(arguments);
    command.env("OPS_TOKEN", real.token()).stdin(Stdio::null()).output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_has_one_message_of_each_construct() {
    let real = Sandbox::builder().robot(RobotConfig::new("0123456789abcdef")).start().await.unwrap();
    let asked = sheet(&real, &[]);
    let told = String::from_utf8_lossy(&asked.stderr).into_owned();
    assert!(
        !asked.status.success() && told.contains("15 messages to the robot `ops`, in about 42 s"),
        "{told}"
    );
    assert!(told.contains("there is no terminal to ask on; pass --yes"), "{told}");
    let dry = sheet(&real, &["--dry-run"]);
    assert!(dry.status.success() && String::from_utf8_lossy(&dry.stdout).contains("feed card: {"));
    assert_eq!(real.requests(), 0);

    let sent = sheet(&real, &["--yes", "--pause", "0"]);
    let told = String::from_utf8_lossy(&sent.stdout).into_owned();
    assert!(sent.status.success(), "{told}{}", String::from_utf8_lossy(&sent.stderr));
    assert!(told.ends_with("15/15 feed card: delivered\n"), "{told}");
    assert_eq!(real.accepted().len(), 15);

    // It ends at the first message that is refused.
    real.fault(dingtalk_sandbox::Fault::Reply("{\"errcode\":400102,\"errmsg\":\"stopped\"}".to_owned()));
    let refused = sheet(&real, &["--yes", "--pause", "0", "--no-state"]);
    assert_eq!(refused.status.code(), Some(3), "{}", String::from_utf8_lossy(&refused.stderr));
    assert_eq!(real.requests(), 16);
}

#[test]
fn send_needs_a_message_or_a_sheet() {
    for (arguments, problem) in [
        (&["send"][..], "name the message"),
        (&["send", "--sheet", "ops", "text", "x"], "leave the message out"),
    ] {
        let output = command().args(arguments).stdin(Stdio::null()).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(problem), "{told}");
    }
}
