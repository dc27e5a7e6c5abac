//! A schema of its own in the server of the tests.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a broken set-up is a failed test")]

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

use dingtalk_outbox::{Outbox, Postgres, PostgresStore};
use tokio_postgres::Client;

use crate::{
    outbox_contract::Place,
    postgres_server::{PostgresServer, schema, server},
};

/// A schema, with a clock that is a row, or that of the server.
#[derive(Debug)]
pub struct PostgresPlace {
    /// The server.
    pub server: &'static PostgresServer,
    /// Name of the schema.
    pub schema: String,
    /// A connection of the test, whose search path is the schema.
    pub client: Client,
    /// Milliseconds since 1970.
    clock: AtomicU64,
    own_clock: bool,
}

/// Connects to a server; the schema is the search path.
pub async fn connect(server: &PostgresServer, schema: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(&format!("SET search_path = {schema}")).await.unwrap();
    client
}

impl PostgresPlace {
    /// Creates a schema with a clock of its own, which begins long after 1970. `None` without a server.
    pub async fn new() -> Option<Self> {
        Self::create(true).await
    }

    /// Creates a schema with the clock of the server.
    pub async fn with_the_server_s_clock() -> Option<Self> {
        Self::create(false).await
    }

    async fn create(own_clock: bool) -> Option<Self> {
        let (server, schema) = (server()?, schema());
        let client = connect(server, &schema).await;
        client.batch_execute(&Postgres::sql(&schema).unwrap()).await.unwrap();
        let clock = 1_700_000_000_000_u64;
        if own_clock {
            let sql = format!(
                "CREATE TABLE test_clock (at timestamptz);
                 INSERT INTO test_clock VALUES (to_timestamp({}));
                 CREATE OR REPLACE FUNCTION clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS
                     'SELECT at FROM {schema}.test_clock'",
                clock / 1000
            );
            client.batch_execute(&sql).await.unwrap();
        }
        Some(Self { server, schema, client, clock: AtomicU64::new(clock), own_clock })
    }

    /// Returns the database, as one more process has it.
    pub fn postgres(&self) -> Postgres {
        Postgres::builder(self.server.url()).schema(&self.schema).connections(2).build().unwrap()
    }

    /// Opens the store as one more process does.
    pub fn store(&self) -> PostgresStore {
        PostgresStore::new(self.postgres())
    }

    /// Ends a process that has this store.
    pub async fn kill(&self, store: PostgresStore) {
        store.end_session();
        drop(store);
        tokio::task::yield_now().await;
    }

    /// Sets the clock.
    pub async fn set_clock(&self, milliseconds: u64) {
        self.clock.store(milliseconds, Ordering::Relaxed);
        let sql = format!("UPDATE test_clock SET at = to_timestamp({milliseconds} / 1000.0)");
        self.client.batch_execute(&sql).await.unwrap();
    }
}

impl Place for PostgresPlace {
    fn open(&self) -> Box<dyn Outbox> {
        Box::new(self.store())
    }

    fn now(&self) -> SystemTime {
        assert!(self.own_clock, "a clock of its own");
        SystemTime::UNIX_EPOCH + Duration::from_millis(self.clock.load(Ordering::Relaxed))
    }

    fn advance(&self, by: Duration) {
        let to = self.clock.load(Ordering::Relaxed) + u64::try_from(by.as_millis()).unwrap();
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(self.set_clock(to)));
    }
}
