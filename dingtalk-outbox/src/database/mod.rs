//! A connection to the tables: in the file, or in memory while the file cannot be used.

mod calls;
mod rows;

use std::{cell::RefCell, collections::HashMap, thread::sleep, time::Duration};

use dingtalk_core::delivery::RobotKey;
use rusqlite::{Connection, OpenFlags, Row, TransactionBehavior};

use self::rows::SqliteRows;
use crate::{
    clock::Reading,
    directory::{Directory, FileId},
    moment::{Access, settle},
    schema::migrate,
    trouble::Trouble,
    work::Work,
};

/// Oldest safe SQLite. Up to 3.51.2, two processes that write and checkpoint at the same moment can corrupt the file.
pub(crate) const SQLITE_VERSION: i32 = 3_051_003;

/// Retries of a locked file with a short pause; most transactions take less.
const SHORT_RETRIES: i32 = 4;

/// Retries until a locked file counts as unusable: five seconds.
const RETRIES: i32 = 400;

/// Pages of the log from which changes are moved to the file.
const LOG_PAGES: i64 = 1000;

/// Tables that are open.
pub(crate) struct Database {
    connection: Connection,
    /// Identity of the file, unless the tables are in memory.
    file: Option<FileId>,
    /// Rows of robots that are known to exist.
    robots: HashMap<RobotKey, i64>,
}

impl Database {
    /// Opens the file, and makes it unless it exists.
    pub(crate) fn open(directory: &Directory) -> Result<Self, Trouble> {
        if rusqlite::version_number() < SQLITE_VERSION {
            return Err(Trouble::unusable(format!(
                "SQLite {} corrupts files that several processes use; build the program with SQLite 3.51.3 or newer",
                rusqlite::version()
            )));
        }
        directory.prepare()?;
        // Only one process at a time makes the tables, and none while another moves a damaged file aside.
        let _lock = directory.lock()?;
        let file = directory.file_id();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(directory.file(), flags)?;
        connection.busy_handler(Some(wait_for_lock))?;
        let mode: String =
            retrying(|| connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)))?;
        if mode != "wal" {
            return Err(Trouble::unusable(
                "the file system of the state directory has no shared memory; set one on a local disk",
            ));
        }
        // A killed process loses nothing. A machine that loses power loses the last moments, and starts with full
        // windows.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        // Done while nobody waits; see `Engine::rest_a_while`.
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        connection.pragma_update(None, "mmap_size", 0)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.set_prepared_statement_cache_capacity(64);
        retrying(|| migrate(&mut connection))?;
        Ok(Self { connection, file: Some(file), robots: HashMap::new() })
    }

    /// Creates empty tables in memory.
    pub(crate) fn in_memory() -> Result<Self, Trouble> {
        let mut connection = Connection::open_in_memory()?;
        connection.set_prepared_statement_cache_capacity(64);
        migrate(&mut connection)?;
        Ok(Self { connection, file: None, robots: HashMap::new() })
    }

    /// Returns the identity of the open file.
    pub(crate) fn file(&self) -> FileId {
        self.file.flatten()
    }

    /// Runs a transaction, which is committed if the work succeeds and wrote. `work` may run twice.
    pub(crate) fn transact<T>(
        &mut self,
        directory: Option<&Directory>,
        access: Access,
        clock: &dyn Fn() -> Reading,
        work: &mut dyn FnMut(&mut Work<'_>) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let is_other = |file: FileId| directory.is_some_and(|directory| directory.file_id() != file);
        if self.file.is_some_and(is_other) {
            return Err(Trouble::Moved);
        }
        let result = match self.attempt(access, clock, work) {
            // The clocks have to be settled first, which writes.
            Ok(None) => self.attempt(Access::Write, clock, work),
            result => result,
        };
        if result.is_err() {
            // Rows may have been rolled back.
            self.robots.clear();
        }
        match result? {
            Some(value) => Ok(value),
            None => Err(Trouble::unusable("state.db: its times cannot be settled")),
        }
    }

    fn attempt<T>(
        &mut self,
        access: Access,
        clock: &dyn Fn() -> Reading,
        work: &mut dyn FnMut(&mut Work<'_>) -> Result<T, Trouble>,
    ) -> Result<Option<T>, Trouble> {
        let behavior = match access {
            Access::Read => TransactionBehavior::Deferred,
            Access::Write => TransactionBehavior::Immediate,
        };
        let durable = self.file.is_some();
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        // Read after the lock was granted, so that times of transactions are in their order.
        let Some(moment) = settle(&transaction, access, &clock())? else { return Ok(None) };
        let rows = SqliteRows { transaction: &transaction, robots: RefCell::new(&mut self.robots) };
        let value = work(&mut Work { rows: &rows, calls: &rows, moment, durable })?;
        match access {
            Access::Read => drop(transaction),
            Access::Write => transaction.commit()?,
        }
        Ok(Some(value))
    }

    /// Counts all windows as full, because earlier slots are not known.
    pub(crate) fn fill_windows(
        &mut self,
        directory: &Directory,
        clock: &dyn Fn() -> Reading,
    ) -> Result<(), Trouble> {
        let now = self.transact(Some(directory), Access::Write, clock, &mut |work| Ok(work.moment.at))?;
        self.connection.execute("UPDATE meta SET full_at = ?1", [now])?;
        Ok(())
    }

    /// Returns a number that changes when another connection has changed the file.
    pub(crate) fn changes_of_others(&self) -> Result<i64, Trouble> {
        let mut statement = self.connection.prepare_cached("PRAGMA data_version")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// Moves changes from the log to the file if they are many, as far as others do not use them at this moment.
    pub(crate) fn checkpoint(&self) -> Result<(), Trouble> {
        let pages = |row: &Row<'_>| Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?);
        let waiting = self.connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], pages)?;
        if waiting > LOG_PAGES {
            self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        }
        Ok(())
    }
}

/// Waits before another attempt to lock the file. Random, so that no process is always last.
pub(crate) fn wait_for_lock(earlier: i32) -> bool {
    let range = if earlier < SHORT_RETRIES { 200..2000 } else { 5000..20_000 };
    sleep(Duration::from_micros(rand::random_range(range)));
    earlier < RETRIES
}

/// Repeats what SQLite does not repeat by itself: several processes open one new file.
fn retrying<T, E: Into<Trouble>>(mut work: impl FnMut() -> Result<T, E>) -> Result<T, Trouble> {
    let mut earlier = 0;
    loop {
        match work().map_err(Into::into) {
            Err(Trouble::Locked) if wait_for_lock(earlier) => earlier += 1,
            result => return result,
        }
    }
}
