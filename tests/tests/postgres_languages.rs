//! Programs in other languages and with other libraries, which add notifications within their own transactions.
//! `tests/enqueue/run` installs what they need, names them, and runs this. Starts a server of its own.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

use std::{fs, path::Path, process::Command, time::Duration};

use dingtalk_core::{Message, Stub, queue::Queue};
use dingtalk_outbox::{Postgres, PostgresStore};
use dingtalk_tests::{postgres_place::connect, postgres_server::PostgresServer};

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::print_stderr, reason = "says that a test was skipped")]
async fn a_notification_of_another_language_is_sent_if_its_transaction_is_committed() {
    let Ok(programs) = std::env::var("ENQUEUE_PROGRAMS") else {
        return eprintln!("skipped: run tests/enqueue/run");
    };
    let server = PostgresServer::start("").expect("PostgreSQL");
    let client = connect(&server, "public").await;
    client.batch_execute("CREATE TABLE orders (name text UNIQUE)").await.unwrap();
    let store = PostgresStore::new(Postgres::builder(server.url()).build().unwrap());
    store.name_robots(&[("ops", "name:ops")]).await.unwrap();
    // They can do nothing else.
    let sql = format!(
        "CREATE ROLE shop LOGIN; GRANT INSERT ON orders TO shop; {}",
        Postgres::enqueue_grants("dingtalk", "shop").unwrap()
    );
    client.batch_execute(&sql).await.unwrap();
    let url = server.url().replace("postgres@", "shop@");
    let programs: Vec<&str> = programs.lines().collect();
    for program in &programs {
        let mut words = program.split_whitespace();
        let mut command = Command::new(words.next().unwrap());
        let output = command.args(words).arg(&url).output().unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let robot = Stub::new();
    let queue = Queue::builder().lane("ops", robot.clone()).store(store).build().unwrap();
    queue.shutdown(Duration::from_secs(40)).await.unwrap();
    let text = |message| match message {
        Message::Text(text) => text.content,
        other => panic!("{other:?}"),
    };
    let mut told: Vec<String> = robot.envelopes().into_iter().map(|sent| text(sent.message)).collect();
    let ordered = client.query("SELECT name || ' was ordered' FROM orders", &[]).await.unwrap();
    let mut ordered: Vec<String> = ordered.iter().map(|row| row.get(0)).collect();
    told.sort();
    ordered.sort();
    assert_eq!(told.len(), programs.len(), "each of them once: {told:?}");
    assert_eq!(told, ordered);
}

#[test]
fn the_page_shows_the_code_of_these_programs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    let page = read("docs/scale.md");
    for (path, begins, ends) in [
        ("with_psycopg.py", "def order", "\n\n\n"),
        ("with_pg.mjs", "async function order", "\n\n"),
        ("rust/src/bin/with_sqlx.rs", "async fn order", "\n\n"),
        ("rust/src/bin/with_diesel.rs", "fn order", "\n\n"),
    ] {
        let code = read(&format!("tests/enqueue/{path}"));
        let code = &code[code.find(begins).unwrap()..];
        let code = &code[..code.find(ends).unwrap()];
        assert!(page.contains(code), "docs/scale.md does not show this code of {path}:\n{code}");
    }
}
