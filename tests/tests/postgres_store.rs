//! The store in PostgreSQL behaves like its model. Starts a server of its own.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

use dingtalk_core::queue::store::{
    Store,
    contract::{self, Harness},
};
use dingtalk_outbox::{Postgres, PostgresStore};
use dingtalk_tests::postgres_server::{PostgresServer, schema, server};
use tokio::runtime::Runtime;

/// An arbitrary time long after 1970.
const START: u64 = 1_700_000_000;

/// Two workers, each with a store of its own in one schema, whose clock is a row.
struct Subject {
    server: &'static PostgresServer,
    schema: String,
    workers: [PostgresStore; 2],
    clock: AtomicU64,
    /// Of the client alone: the contract brings its own for the store.
    runtime: Runtime,
    client: tokio_postgres::Client,
}

fn open(server: &PostgresServer, schema: &str) -> PostgresStore {
    let postgres = Postgres::builder(server.url()).schema(schema).connections(2).build().unwrap();
    PostgresStore::new(postgres).without_session()
}

impl Subject {
    fn new(server: &'static PostgresServer) -> Self {
        let schema = schema();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let sql = Postgres::sql(&schema).unwrap();
        let client = runtime.block_on(async {
            let (client, connection) =
                tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            client.batch_execute(&sql).await.unwrap();
            let clock = format!(
                "SET search_path = {schema}; CREATE TABLE test_clock (at timestamptz);
                 INSERT INTO test_clock VALUES (to_timestamp({START}));
                 CREATE OR REPLACE FUNCTION clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS
                     'SELECT at FROM {schema}.test_clock'"
            );
            client.batch_execute(&clock).await.unwrap();
            client
        });
        let workers = [0, 1].map(|_| open(server, &schema));
        Self { server, schema, workers, clock: AtomicU64::new(START), runtime, client }
    }

    fn execute(&self, sql: &str) {
        self.runtime.block_on(self.client.batch_execute(sql)).unwrap();
    }

    fn set_clock(&self, to: u64) {
        self.clock.store(to, Ordering::Relaxed);
        self.execute(&format!("UPDATE test_clock SET at = to_timestamp({to})"));
    }
}

impl Harness for Subject {
    const CAN_SET_BACK: bool = true;

    fn store(&self, worker: usize) -> &dyn Store {
        &self.workers[worker]
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.clock.load(Ordering::Relaxed))
    }

    fn advance(&mut self, by: Duration) {
        self.set_clock(self.clock.load(Ordering::Relaxed) + by.as_secs());
    }

    fn set_back(&mut self, by: Duration) {
        self.set_clock(self.clock.load(Ordering::Relaxed) - by.as_secs());
    }

    fn crash(&mut self, worker: usize) {
        self.workers[worker] = open(self.server, &self.schema);
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.execute(&format!("DROP SCHEMA {} CASCADE", self.schema));
        }
    }
}

#[test]
fn two_stores_on_one_database_in_postgresql() {
    let Some(server) = server() else { return };
    contract::check(32, || Subject::new(server));
}
