//! The program with its state in PostgreSQL: processes that share nothing else, as on several machines. Starts a server
//! of its own.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

#[path = "../../tests/src/postgres_server.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with other crates")]
mod postgres_server;
mod program;

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use dingtalk_core::{Deliver as _, Message, Robot};
use dingtalk_outbox::{
    Outbox as _, Postgres, PostgresStore,
    tokio_postgres::{self, Client, NoTls},
};
use dingtalk_sandbox::{Fault, RobotConfig, Sandbox};
use postgres_server::{PostgresServer, schema, server};
use program::{PATIENCE, Program, command};
use serde_json::{Value, json};

const TOKEN: &str = "0123abcd";

/// A robot in a sandbox, and a schema that programs with different directories share.
struct Scene {
    sandbox: Sandbox,
    server: &'static PostgresServer,
    schema: String,
    directory: PathBuf,
}

impl Scene {
    /// Creates a scene; `state` are further lines of its section. `None` without a server.
    async fn new(state: &str) -> Option<Self> {
        Some(Self::on(server()?, state, "rate_per_minute = 0").await)
    }

    /// Creates a scene on a server; `robot` are further lines of the section of the robot.
    async fn on(server: &'static PostgresServer, state: &str, robot: &str) -> Self {
        let schema = schema();
        let sandbox = Sandbox::builder().robot(RobotConfig::new(TOKEN)).rate_per_minute(None);
        let sandbox = sandbox.start().await.unwrap();
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("postgres-{schema}"));
        fs::create_dir_all(&directory).unwrap();
        let file = format!(
            "version = 1\n[state]\nurl = \"env:DINGTALK_NOTIFY_DATABASE\"\nschema = \"{schema}\"\n{state}\n\
             [robots.ops]\nabout = \"a\"\naccess_token = \"env:TOKEN\"\nbase_url = \"{}\"\n{robot}\n",
            sandbox.base_url()
        );
        fs::write(directory.join("robots.toml"), file).unwrap();
        Self { sandbox, server, schema, directory }
    }

    /// Returns the variables of a program on a machine. Machines have different directories.
    fn variables(&self, machine: &str) -> Vec<(&'static str, String)> {
        let path = |name: &str| self.directory.join(name).to_str().unwrap().to_owned();
        vec![
            ("DINGTALK_NOTIFY_CONFIG", path("robots.toml")),
            ("DINGTALK_NOTIFY_STATE_DIR", path(machine)),
            ("DINGTALK_NOTIFY_DATABASE", self.server.url()),
            ("TOKEN", TOKEN.to_owned()),
        ]
    }

    fn serve(&self, machine: &str) -> Program {
        let variables = self.variables(machine);
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, &**value)).collect();
        Program::serve(&variables)
    }

    /// Returns a command on a machine.
    fn command(&self, machine: &str, arguments: &[&str]) -> Command {
        let mut command = command();
        command.args(arguments).envs(self.variables(machine));
        command
    }

    fn run(&self, machine: &str, arguments: &[&str]) -> Output {
        self.command(machine, arguments).output().unwrap()
    }

    /// Runs a command on a machine that has no directory at all, and returns its output.
    fn homeless(&self, arguments: &[&str]) -> String {
        let mut command = self.command("", arguments);
        command.env_remove("DINGTALK_NOTIFY_STATE_DIR");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", words(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    fn store(&self) -> PostgresStore {
        PostgresStore::new(Postgres::builder(self.server.url()).schema(&self.schema).build().unwrap())
    }

    /// Returns a connection of another program.
    async fn client(&self) -> Client {
        let (client, connection) = tokio_postgres::connect(&self.server.url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    fn texts(&self) -> Vec<String> {
        let text = |message| match message {
            Message::Text(text) => text.content,
            other => panic!("{other:?}"),
        };
        self.sandbox.accepted().into_iter().map(|wire| text(wire.message)).collect()
    }

    async fn wait_for(&self, texts: &[&str]) {
        let deadline = Instant::now() + PATIENCE;
        while self.texts() != texts {
            assert!(Instant::now() < deadline, "{:?}", self.texts());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the sandbox has received this many requests.
    async fn wait_for_requests(&self, number: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.sandbox.log().len() < number {
            assert!(Instant::now() < deadline, "{} requests", self.sandbox.log().len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Returns the status of a result.
fn status(result: &Value) -> &str {
    result["structuredContent"]["status"].as_str().unwrap_or_else(|| panic!("{result}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_another_replica_has_delivered_is_a_duplicate() {
    let Some(scene) = Scene::new("").await else { return };
    let (mut one, mut two) = (scene.serve("one"), scene.serve("two"));
    let first = one.call("send_text_message", json!({"text": "a"}));
    let second = two.call("send_text_message", json!({"text": "a"}));
    assert_eq!((status(&first), status(&second)), ("delivered", "duplicate"));
    assert_eq!(first["structuredContent"]["id"], second["structuredContent"]["id"]);
    assert_eq!(scene.texts(), ["a"]);
    assert!(!scene.directory.join("one").exists(), "nothing is in a directory");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_another_replica_is_delivering_is_joined() {
    let Some(scene) = Scene::new("").await else { return };
    let (mut one, mut two) = (scene.serve("one"), scene.serve("two"));
    scene.sandbox.fault_next(1, Fault::SlowAnswer);
    let arguments = json!({"name": "send_text_message", "arguments": {"text": "a"}});
    let first = one.send("tools/call", arguments.clone());
    scene.wait_for_requests(1).await;
    let second = two.send("tools/call", arguments);
    let answers = (one.answer(first), two.answer(second));
    assert_eq!(
        (status(&answers.0["result"]), status(&answers.1["result"])),
        ("delivered", "delivered"),
        "{answers:?}"
    );
    assert_eq!(scene.texts(), ["a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_call_of_a_replica_that_was_killed_is_repeated_under_its_id() {
    let Some(scene) = Scene::new("").await else { return };
    let (one, mut two) = (&mut scene.serve("one"), scene.serve("two"));
    scene.sandbox.fault_next(1, Fault::Hang);
    let arguments = json!({"name": "send_text_message", "arguments": {"text": "a"}});
    one.send("tools/call", arguments.clone());
    scene.wait_for_requests(1).await;
    one.signal("-KILL");
    let second = two.send("tools/call", arguments);
    assert_eq!(status(&two.answer(second)["result"]), "delivered");
    let ids: Vec<_> = scene
        .sandbox
        .log()
        .iter()
        .map(|entry| serde_json::from_slice::<Value>(&entry.body).unwrap()["msgUuid"].clone())
        .collect();
    assert!(ids.len() == 2 && ids[0].is_string() && ids[0] == ids[1], "{ids:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_known_on_every_machine() {
    let Some(scene) = Scene::new("").await else { return };
    let send = |machine: &str, text: &str| {
        let output = scene.run(machine, &["send", "text", text, "--id", "nightly", "--json"]);
        let report: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", words(&output)));
        (output.status.code(), report["outcome"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(send("one", "a"), (Some(0), "delivered".to_owned()));
    assert_eq!(send("two", "a"), (Some(0), "duplicate".to_owned()));
    assert_eq!(send("two", "b").0, Some(2), "the id belongs to another message");
    assert_eq!(scene.texts(), ["a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_needs_no_directory() {
    let Some(scene) = Scene::new("").await else { return };
    scene.homeless(&["send", "text", "a", "--queue", "--detach", "--id", "first"]);
    scene.wait_for(&["a"]).await;
    let again = scene.homeless(&["send", "text", "a", "--id", "first", "--json"]);
    assert!(again.contains("duplicate"), "{again}");
    assert!(scene.homeless(&["status"]).contains("ops"));
    // The detached process ends when nothing is left.
    let (store, deadline) = (scene.store(), Instant::now() + PATIENCE);
    while !store.dispatchers().await.unwrap().is_empty() {
        assert!(Instant::now() < deadline, "a process still delivers");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    scene
        .sandbox
        .fault_next(1, Fault::Reply(r#"{"errcode":310000,"errmsg":"keywords not in content"}"#.to_owned()));
    let payload = r#"{"hook_event_name":"Notification","message":"waits","session_id":"1","cwd":"/shop",
        "notification_type":"idle_prompt","transcript_path":"/t"}"#;
    // A hook gives up after a moment, which a busy machine may need for the connection alone.
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut hook = scene.command("", &["hook", "claude"]);
        hook.env_remove("DINGTALK_NOTIFY_STATE_DIR").stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut hook = hook.spawn().unwrap();
        hook.stdin.take().unwrap().write_all(payload.as_bytes()).unwrap();
        let output = hook.wait_with_output().unwrap();
        if output.stderr.is_empty() {
            break;
        }
        assert!(words(&output).contains("not queued within"), "{}", words(&output));
        assert!(Instant::now() < deadline, "{}", words(&output));
    }
    // The robot refuses it.
    let deadline = Instant::now() + PATIENCE;
    let dead = loop {
        let dead: Value =
            serde_json::from_str(&scene.homeless(&["outbox", "list", "--dead", "--json"])).unwrap();
        if let Some(id) = dead["entries"][0]["id"].as_str() {
            break id.to_owned();
        }
        assert!(Instant::now() < deadline, "{dead}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(scene.homeless(&["outbox", "show", &dead]).contains(&dead));
    assert!(scene.homeless(&["outbox", "stats"]).contains('1'));
    scene.homeless(&["outbox", "retry", &dead]);
    scene.homeless(&["outbox", "run", "--drain"]);
    assert_eq!(scene.texts().len(), 2);
    scene.homeless(&["send", "text", "b", "--queue", "--detach"]);
    scene.wait_for_requests(4).await;
    scene.homeless(&["outbox", "purge", "--older-than", "1d", "--json"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_are_made_by_a_person_if_the_file_says_so() {
    let Some(scene) = Scene::new("migrate = false").await else { return };
    let output = scene.run("one", &["send", "text", "a", "--queue", "--detach"]);
    assert!(!output.status.success());
    assert!(words(&output).contains("dingtalk-notify state sql"), "{}", words(&output));

    let client = scene.client().await;
    let role = |name: &str| format!("{}_{name}", scene.schema);
    for name in ["program", "shop"] {
        client.batch_execute(&format!("CREATE ROLE {} LOGIN", role(name))).await.unwrap();
    }
    let arguments = ["state", "sql", "--program-role", &role("program"), "--enqueue-role", &role("shop")]
        .map(str::to_owned);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = scene.run("one", &arguments);
    assert!(output.status.success(), "{}", words(&output));
    let sql = String::from_utf8(output.stdout).unwrap();
    client.batch_execute(&sql).await.unwrap();
    // Again: it changes nothing.
    client.batch_execute(&sql).await.unwrap();

    // The program's role sends, and delivers what the other one has added.
    let url = scene.server.url().replace("postgres@", &format!("{}@", role("program")));
    let robot = Robot::builder(TOKEN).base_url(scene.sandbox.base_url()).build().unwrap();
    let store =
        PostgresStore::new(Postgres::builder(&*url).schema(&scene.schema).migrate(false).build().unwrap());
    store.name_robots(&[("ops", &robot.lane_key().unwrap())]).await.unwrap();
    let shop = scene.client().await;
    shop.batch_execute(&format!("SET ROLE {}", role("shop"))).await.unwrap();
    let message = r#"{"type": "text", "content": "an order"}"#;
    let enqueue = format!("SELECT outcome FROM {}.enqueue('ops', '{message}')", scene.schema);
    assert_eq!(shop.query_one(&enqueue, &[]).await.unwrap().get::<_, String>(0), "added");
    for forbidden in
        ["SELECT * FROM {}.item", "SELECT * FROM {}.call", "SELECT {}.clean()", "DELETE FROM {}.item"]
    {
        let error = shop.batch_execute(&forbidden.replace("{}", &scene.schema)).await.unwrap_err();
        assert_eq!(error.code().unwrap().code(), "42501", "{forbidden}");
    }
    let mut program = scene.command("one", &["outbox", "run", "--drain"]);
    let output = program.env("DINGTALK_NOTIFY_DATABASE", &url).output().unwrap();
    assert!(output.status.success(), "{}", words(&output));
    assert_eq!(scene.texts(), ["an order"]);
    let mut program = scene.command("one", &["send", "text", "b", "--id", "b"]);
    let output = program.env("DINGTALK_NOTIFY_DATABASE", &url).output().unwrap();
    assert!(output.status.success(), "{}", words(&output));
    assert_eq!(scene.texts(), ["an order", "b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_delivers_makes_its_robots_known_to_the_function() {
    let Some(scene) = Scene::new("").await else { return };
    scene.homeless(&["outbox", "run", "--drain"]);
    let shop = scene.client().await;
    let message = r#"{"type": "text", "content": "an order"}"#;
    let enqueue =
        |robot: &str| format!("SELECT outcome FROM {}.enqueue('{robot}', '{message}')", scene.schema);
    assert_eq!(shop.query_one(&enqueue("ops"), &[]).await.unwrap().get::<_, String>(0), "added");
    let error = shop.query_one(&enqueue("opps"), &[]).await.unwrap_err();
    assert!(error.as_db_error().unwrap().message().contains("unknown robot \"opps\""), "{error:?}");
    scene.homeless(&["outbox", "run", "--drain"]);
    assert_eq!(scene.texts(), ["an order"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_server_is_away_direct_sends_fail_unless_the_state_is_not_required() {
    let Some(server) = PostgresServer::start("fsync = off") else { return };
    let server: &'static PostgresServer = Box::leak(Box::new(server));
    let strict = Scene::on(server, "", "").await;
    let lenient = Scene::on(server, "required = false", "").await;
    let mut running = strict.serve("one");
    let mut free = lenient.serve("one");
    for (program, scene) in [(&mut running, &strict), (&mut free, &lenient)] {
        assert_eq!(status(&program.call("send_text_message", json!({"text": "before"}))), "delivered");
        assert_eq!(scene.texts(), ["before"]);
    }

    server.crash();
    let failed = running.call("send_text_message", json!({"text": "away"}));
    assert!(
        failed["isError"] == true && failed.to_string().contains("the shared state is unavailable"),
        "{failed}"
    );
    assert_eq!(failed["structuredContent"]["reason"], "rate_limited", "{failed}");
    let mut waits = strict.command("two", &["send", "text", "waits"]);
    let waits = waits.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    assert_eq!(strict.texts(), ["before"]);
    assert_eq!(status(&free.call("send_text_message", json!({"text": "away"}))), "delivered");
    let output = lenient.run("two", &["send", "text", "away, too"]);
    assert!(output.status.success(), "{}", words(&output));
    assert_eq!(lenient.texts(), ["before", "away", "away, too"]);

    // Nothing has to be started anew.
    server.restart();
    let output = waits.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", words(&output));
    let after = running.call("send_text_message", json!({"text": "after"}));
    assert_eq!(status(&after), "delivered", "{after}");
    assert_eq!(strict.texts(), ["before", "waits", "after"]);
}
