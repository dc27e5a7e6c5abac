//! A relay of axum and SQLite alone: the reference for `dingtalk-notify relay`.
//!
//! It reads the body as JSON, stores a row, and answers once that is on disk, with the settings of our queue: one
//! thread writes, in WAL mode with `synchronous = FULL`, and commits up to 256 rows together. It checks neither a token
//! nor fields, and delivers nothing.

use std::{
    env,
    error::Error,
    io::{self, Write as _},
    iter,
    net::Ipv4Addr,
    sync::mpsc::{self, Receiver, Sender},
    thread,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::post,
};
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::oneshot};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Maximum number of rows in one transaction.
const TOGETHER: usize = 256;

/// A row, and where to report that it is on disk.
struct Row {
    lane: String,
    envelope: String,
    stored: oneshot::Sender<i64>,
}

async fn accept(
    State(rows): State<Sender<Row>>,
    Path((lane, name)): Path<(String, String)>,
    body: Bytes,
) -> impl IntoResponse {
    let Ok(fields) = serde_json::from_slice::<Value>(&body) else {
        return answer(StatusCode::BAD_REQUEST, &json!({"error": "not JSON"}));
    };
    let (stored, on_disk) = oneshot::channel();
    let envelope = json!({"name": name, "fields": fields}).to_string();
    let sent = rows.send(Row { lane, envelope, stored });
    match on_disk.await {
        Ok(id) if sent.is_ok() => answer(StatusCode::OK, &json!({"status": "queued", "id": id})),
        _ => answer(StatusCode::SERVICE_UNAVAILABLE, &json!({"error": "not stored"})),
    }
}

fn answer(status: StatusCode, body: &Value) -> impl IntoResponse + use<> {
    (status, [(CONTENT_TYPE, "application/json")], body.to_string())
}

/// Stores rows until nobody sends any more.
fn store(mut connection: Connection, rows: &Receiver<Row>) -> Result<()> {
    while let Ok(first) = rows.recv() {
        let transaction = connection.transaction()?;
        let mut stored = Vec::new();
        let mut insert = transaction.prepare_cached("INSERT INTO item (lane, envelope) VALUES (?1, ?2)")?;
        for row in iter::once(first).chain(rows.try_iter()).take(TOGETHER) {
            stored.push((insert.insert((row.lane, row.envelope))?, row.stored));
        }
        drop(insert);
        transaction.commit()?;
        for (id, stored) in stored {
            // A caller that no longer waits has no use for the answer.
            let _ = stored.send(id);
        }
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let connection = Connection::open(env::var("FILE")?)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(
        "CREATE TABLE item (item INTEGER PRIMARY KEY, lane TEXT NOT NULL, envelope TEXT NOT NULL)",
    )?;
    let (rows, received) = mpsc::channel();
    thread::spawn(move || store(connection, &received).is_ok());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    writeln!(io::stderr(), "relaying from http://{}", listener.local_addr()?)?;
    let routes = Router::new().route("/notify/{robot}/{type}", post(accept)).with_state(rows);
    axum::serve(listener, routes).await?;
    Ok(())
}
