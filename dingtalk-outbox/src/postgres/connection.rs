//! Connections to one schema of a database.

use std::{fmt, future::poll_fn, sync::Arc, time::Duration};

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts,
};
use dingtalk_core::{Error, ErrorKind};
use tokio::sync::OnceCell;
use tokio_postgres::{AsyncMessage, Client};

use super::{address::Address, migration, trouble::Trouble};

/// Number of connections of a store, unless set.
const CONNECTIONS: usize = 8;

/// Maximum time of a statement, and of a wait for a lock within it.
const STATEMENT: Duration = Duration::from_secs(10);
const LOCK: Duration = Duration::from_secs(3);

/// Time after which the server ends a transaction of a process that does nothing more, because it was stopped.
const IDLE: Duration = Duration::from_secs(5);

/// Time for which a call waits for a free connection.
const WAIT: Duration = Duration::from_secs(2);

/// A schema in a PostgreSQL database, for a [`PostgresStore`](super::PostgresStore). Cloning is cheap; clones share the
/// connections.
///
/// Nothing is connected before the first use. Tables and functions are then made, by one program at a time. A lost
/// connection is made anew by the next call.
///
/// The server must keep sessions: a pooler that gives each transaction another connection cannot be between.
///
/// ```
/// use dingtalk_outbox::{Postgres, PostgresStore};
///
/// # fn main() -> Result<(), dingtalk_core::Error> {
/// let postgres = Postgres::builder("postgresql://alerts@db.example.com/services").schema("alerts").build()?;
/// let store = PostgresStore::new(postgres);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Postgres(Arc<Inner>);

struct Inner {
    address: Address,
    schema: String,
    pool: Pool,
    migrates: bool,
    /// Set when the tables are known to be those of this version.
    ready: OnceCell<()>,
}

/// Settings of a [`Postgres`].
#[must_use = "call `build` to get a database"]
pub struct PostgresBuilder {
    url: String,
    schema: String,
    connections: usize,
    migrates: bool,
}

impl Postgres {
    /// Returns the settings of the database at a URL, `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`.
    ///
    /// A server on another machine is used with TLS, and its certificate is checked. `?sslrootcert=FILE` trusts the
    /// certificates of a file in place of those that the system trusts; `?sslmode=disable` turns TLS off.
    pub fn builder(url: impl Into<String>) -> PostgresBuilder {
        PostgresBuilder {
            url: url.into(),
            schema: "dingtalk".to_owned(),
            connections: CONNECTIONS,
            migrates: true,
        }
    }

    /// Returns the SQL that makes the tables and functions of a schema, or brings them up to date. For a person who has
    /// the right to do so, if programs have not.
    ///
    /// ```
    /// assert!(dingtalk_outbox::Postgres::sql("alerts").unwrap().contains("CREATE SCHEMA IF NOT EXISTS alerts;"));
    /// ```
    ///
    /// # Errors
    ///
    /// Fails if the schema's name is invalid; see [`PostgresBuilder::schema`].
    pub fn sql(schema: &str) -> Result<String, Error> {
        check(schema)?;
        Ok(migration::sql(schema))
    }

    /// Returns the SQL that lets a role do nothing but add notifications with the function `enqueue` of a schema.
    ///
    /// ```
    /// let sql = dingtalk_outbox::Postgres::enqueue_grants("alerts", "shop").unwrap();
    /// assert!(sql.contains("GRANT EXECUTE ON FUNCTION alerts.enqueue"));
    /// ```
    ///
    /// # Errors
    ///
    /// Fails if the schema's name is invalid, see [`PostgresBuilder::schema`], or the role has no name.
    pub fn enqueue_grants(schema: &str, role: &str) -> Result<String, Error> {
        check(schema)?;
        Ok(migration::enqueue_grants(schema, &role_name(role)?))
    }

    /// Returns the SQL that lets a role use the tables and functions of a schema, as programs do that
    /// [do not make them](PostgresBuilder::migrate). To be run after [`sql`](Self::sql), each time.
    ///
    /// # Errors
    ///
    /// As for [`enqueue_grants`](Self::enqueue_grants).
    pub fn program_grants(schema: &str, role: &str) -> Result<String, Error> {
        check(schema)?;
        Ok(migration::program_grants(schema, &role_name(role)?))
    }

    /// Returns the name of the channel on which programs are told of notifications.
    pub(super) fn channel(&self) -> String {
        format!("\"dingtalk {}\"", self.0.schema)
    }

    /// Returns the host, the database and the schema.
    pub fn name(&self) -> String {
        format!("{}, schema {}", self.0.address.name, self.0.schema)
    }

    /// Returns a connection on which the tables can be used.
    pub(super) async fn client(&self) -> Result<Object, Trouble> {
        let client = self.0.pool.get().await?;
        self.0.ready.get_or_try_init(|| migration::migrate(&client, &self.0.schema, self.0.migrates)).await?;
        Ok(client)
    }

    /// Makes a connection that is not one of those that calls use.
    pub(super) async fn session(&self) -> Result<Client, Trouble> {
        self.listener(|_| {}).await
    }

    /// Makes such a connection; `hear` is called with the text of each notice that it receives.
    pub(super) async fn listener(&self, hear: impl Fn(&str) + Send + 'static) -> Result<Client, Trouble> {
        let Address { config, tls, .. } = &self.0.address;
        let (client, mut connection) = config.connect(tls.clone()).await?;
        tokio::spawn(async move {
            // Ends with the client, or with an error, of which the client learns.
            while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
                if let AsyncMessage::Notification(notice) = message {
                    hear(notice.payload());
                }
            }
        });
        client.batch_execute(&begin(&self.0.schema)).await?;
        self.0.ready.get_or_try_init(|| migration::migrate(&client, &self.0.schema, self.0.migrates)).await?;
        Ok(client)
    }

    /// Returns the error of a failure.
    pub(super) fn error(&self, trouble: &Trouble) -> Error {
        trouble.error(&self.0.address.name)
    }
}

impl PostgresBuilder {
    /// Sets the schema of the tables; `dingtalk` unless set. Programs with the same schema share their queues and rate
    /// windows. A name consists of lower-case letters, digits and `_`, and begins with a letter; at most 50 characters.
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = name.into();
        self
    }

    /// Sets the maximum number of connections of the calls of one store; 8 unless set. Two more are used to tell other
    /// programs that this one is running.
    pub fn connections(mut self, number: usize) -> Self {
        self.connections = number;
        self
    }

    /// Sets whether the tables and functions are made and brought up to date at the first use, as they are unless set.
    /// If not, a person runs [`Postgres::sql`].
    pub fn migrate(mut self, migrates: bool) -> Self {
        self.migrates = migrates;
        self
    }

    /// Checks the settings. Connects to nothing.
    ///
    /// # Errors
    ///
    /// Fails with [`ErrorKind::Configuration`](dingtalk_core::ErrorKind::Configuration) if a setting is invalid, and
    /// never repeats the password.
    pub fn build(self) -> Result<Postgres, Error> {
        check(&self.schema)?;
        if self.connections == 0 {
            return Err(Error::new(
                ErrorKind::Configuration,
                "a database needs at least one connection".to_owned(),
            ));
        }
        let address = Address::parse(&self.url)?;
        let manager_config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(address.config.clone(), address.tls.clone(), manager_config);
        let begin: Arc<str> = begin(&self.schema).into();
        let pool = Pool::builder(manager)
            .max_size(self.connections)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts { wait: Some(WAIT), create: Some(STATEMENT), recycle: Some(STATEMENT) })
            .post_create(Hook::async_fn(move |client, _| {
                let begin = Arc::clone(&begin);
                Box::pin(async move { client.batch_execute(&begin).await.map_err(HookError::Backend) })
            }))
            .build()
            .map_err(|error| Error::new(ErrorKind::Configuration, error.to_string()))?;
        let Self { schema, migrates, .. } = self;
        Ok(Postgres(Arc::new(Inner { address, schema, pool, migrates, ready: OnceCell::new() })))
    }
}

/// Returns what begins each session.
fn begin(schema: &str) -> String {
    let [statement, lock, idle] = [STATEMENT, LOCK, IDLE].map(|time| time.as_millis());
    format!(
        "SET search_path = {schema}, pg_temp; SET statement_timeout = {statement}; SET lock_timeout = {lock};
         SET idle_in_transaction_session_timeout = {idle}; SET synchronous_commit = on"
    )
}

/// Checks the name of a schema, which needs no quotes.
pub(super) fn check(schema: &str) -> Result<(), Error> {
    let is_valid = schema.len() <= 50
        && schema.starts_with(|first: char| first.is_ascii_lowercase())
        && schema.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !schema.starts_with("pg_");
    if is_valid {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Configuration,
        format!(
            "invalid name of a schema: {schema:?}; expected at most 50 lower-case letters, digits and `_`"
        ),
    ))
}

/// Returns the name of a role as an identifier of SQL.
fn role_name(role: &str) -> Result<String, Error> {
    // Longer names would be those of other roles.
    if role.is_empty() || role.len() > 63 || role.contains('\0') {
        let problem = format!("invalid name of a role: {role:?}; expected 1 to 63 bytes");
        return Err(Error::new(ErrorKind::Configuration, problem));
    }
    Ok(format!("\"{}\"", role.replace('"', "\"\"")))
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Postgres").field(&self.name()).finish()
    }
}

impl fmt::Debug for PostgresBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresBuilder").field("schema", &self.schema).finish_non_exhaustive()
    }
}
