//! Tables of the state in PostgreSQL, for the one user of them in a process. Its calls block, as those of SQLite do;
//! the connection has a thread of its own.

use std::{
    cell::{Cell, RefCell},
    fmt,
    sync::Arc,
};

use tokio::runtime::Runtime;

use super::{
    connection::Postgres,
    link::{Link, wait},
    rows::PostgresRows,
    session::Session,
    trouble,
};
use crate::{
    clock::Reading,
    moment::{Access, Moment},
    trouble::Trouble,
    units::{micros, since_1970},
    work::Work,
};

/// Runs of a transaction that others were in the way of.
const RUNS: u32 = 5;

/// Database of a state.
pub(crate) struct Tables {
    postgres: Postgres,
    /// Name of the address from which requests are made, to which rests of the address belong.
    pub(super) egress: String,
    /// Set if the server's clock counts, and not that of this process, which tests set.
    server_s_clock: bool,
    runtime: Option<Runtime>,
    pub(super) link: Option<Link>,
    session: Arc<Session>,
    /// Time of the last sign of life that was written.
    signed: Cell<i64>,
}

impl Tables {
    pub(crate) fn new(postgres: Postgres, egress: String, server_s_clock: bool) -> Self {
        let signed = Cell::new(i64::MIN);
        Self { postgres, egress, server_s_clock, runtime: None, link: None, session: Arc::default(), signed }
    }

    /// Returns the error of a failure in the words of the state.
    pub(super) fn trouble(&self, trouble: &trouble::Trouble) -> Trouble {
        let words = format!("{}: {}", self.postgres.name(), trouble.words());
        if trouble.is_away() { Trouble::Away(words) } else { Trouble::Unusable(words) }
    }

    /// Returns the connection, which is made unless it is open.
    pub(super) fn link(&mut self) -> Result<Link, trouble::Trouble> {
        if let Some(link) = &self.link
            && !link.client.is_closed()
        {
            return Ok(link.clone());
        }
        let postgres = self.postgres.clone();
        let runtime = match &mut self.runtime {
            Some(runtime) => runtime,
            none => none.insert(runtime()?),
        };
        let link = wait(runtime, async move {
            let client = postgres.session().await?;
            let take = "SELECT * FROM take_slot($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
            let used = "SELECT key, coalesce(used, 0) FROM robot LEFT JOIN month ON month.robot = robot.robot
                 AND month = $2 WHERE key = ANY($1)";
            // All are sent at once.
            let (read, take, end, look, used, robots, read_call, begin_call, secret) = tokio::try_join!(
                client.prepare("SELECT * FROM read_window($1, $2, $3, $4, $5)"),
                client.prepare(take),
                client.prepare("SELECT end_slot($1, $2, $3, $4, $5, $6)"),
                client.prepare("SELECT * FROM look_at_windows($1, $2, $3, $4)"),
                client.prepare(used),
                client.prepare("SELECT key FROM robot ORDER BY key"),
                client.prepare("SELECT * FROM read_call($1, $2, $3)"),
                client.prepare("SELECT begin_call($1, $2, $3, $4, $5, $6)"),
                client.query_one("SELECT secret FROM secret", &[]),
            )?;
            let secret = secret.try_get::<_, Vec<u8>>(0)?.into();
            Ok(Link {
                client: client.into(),
                read,
                take,
                end,
                look,
                used,
                robots,
                read_call,
                begin_call,
                secret,
            })
        })?;
        self.link = Some(link.clone());
        // Another server may not have the last one.
        self.signed.set(i64::MIN);
        Ok(link)
    }

    /// Connects, if there is no connection.
    pub(crate) fn open(&mut self) -> Result<(), Trouble> {
        self.link().map(drop).map_err(|trouble| self.trouble(&trouble))
    }

    /// Runs a transaction, which is committed if the work succeeds and wrote. `work` may run several times.
    pub(crate) fn transact<T>(
        &mut self,
        access: Access,
        clock: &dyn Fn() -> Reading,
        work: &mut dyn FnMut(&mut Work<'_>) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let mut runs = 1;
        loop {
            match self.attempt(access, clock, work) {
                Err(Failure::Database(trouble)) if trouble.is_conflict() && runs < RUNS => runs += 1,
                Err(Failure::Database(trouble)) => {
                    if trouble.is_away() {
                        self.link = None;
                    }
                    return Err(self.trouble(&trouble));
                }
                Err(Failure::Work(trouble)) => return Err(trouble),
                Ok(value) => return Ok(value),
            }
        }
    }

    fn attempt<T>(
        &mut self,
        access: Access,
        clock: &dyn Fn() -> Reading,
        work: &mut dyn FnMut(&mut Work<'_>) -> Result<T, Trouble>,
    ) -> Result<T, Failure> {
        let link = self.link()?;
        let rows = self.rows(&link, access, clock)?;
        let (runtime, moment) = (rows.runtime, rows.moment.get());
        let result = work(&mut Work { rows: &rows, calls: &rows, moment, durable: true });
        // The reason itself, whatever the work made of it.
        let result = match rows.failure.take() {
            Some(trouble) => Err(Failure::Database(trouble)),
            None => result.map_err(Failure::Work),
        };
        let end = match &result {
            Ok(_) => rows.end(),
            Err(_) => rows.begun.get().then(|| "ROLLBACK".to_owned()),
        };
        let Some(end) = end else { return result };
        let client = Arc::clone(&link.client);
        let ended = wait(runtime, async move { Ok(client.batch_execute(&end).await?) });
        let (value, signed) = (result?, rows.signed.get());
        ended?;
        self.signed.set(signed);
        Ok(value)
    }

    /// Returns the rows of a transaction that has yet to begin.
    pub(super) fn rows<'a>(
        &'a self,
        link: &'a Link,
        access: Access,
        clock: &'a dyn Fn() -> Reading,
    ) -> Result<PostgresRows<'a>, trouble::Trouble> {
        let runtime =
            self.runtime.as_ref().ok_or_else(|| trouble::Trouble::away("the connection was not made"))?;
        let reading = clock();
        let moment = Moment::of(micros(reading.since_boot), reading.wall);
        Ok(PostgresRows {
            runtime,
            link,
            postgres: &self.postgres,
            session: &self.session,
            egress: &self.egress,
            access,
            clock,
            given: (!self.server_s_clock).then_some((moment.at, moment.month)),
            failure: RefCell::default(),
            robots: RefCell::default(),
            moment: Cell::new(moment),
            ahead: Cell::new(if self.server_s_clock { since_1970(reading.wall) - moment.at } else { 0 }),
            begun: Cell::new(false),
            removed: RefCell::default(),
            writes: RefCell::default(),
            durable: Cell::new(false),
            signed: self.signed.clone(),
        })
    }
}

impl Drop for Tables {
    fn drop(&mut self) {
        self.session.end();
        // Without waiting: a runtime cannot end within another one.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tables").field("postgres", &self.postgres).finish_non_exhaustive()
    }
}

/// Reason for which a transaction failed.
enum Failure {
    Database(trouble::Trouble),
    Work(Trouble),
}

impl From<trouble::Trouble> for Failure {
    fn from(trouble: trouble::Trouble) -> Self {
        Self::Database(trouble)
    }
}

fn runtime() -> Result<Runtime, trouble::Trouble> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).thread_name("dingtalk-postgres").enable_all().build();
    runtime.map_err(|error| trouble::Trouble::new(format!("no thread can be started ({error})")))
}
