//! The file: how it is made, opened, and changed.

use std::{fs, io, path::Path};

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, TransactionBehavior};

use super::trouble::Trouble;
use crate::database::{SQLITE_VERSION, wait_for_lock};

/// Number of the schema of this version.
const SCHEMA: i64 = 1;

/// Number of prepared statements that are kept; there are fewer.
const STATEMENTS: usize = 100;

/// Synchronisation of the disk.
#[derive(Debug, Clone, Copy)]
pub(super) enum DiskSync {
    /// A notification that was accepted survives a loss of power.
    EachCommit,
    /// A loss of power may undo the last commits. The file stays consistent.
    Sometimes,
}

/// Opens the file, and makes it unless it exists.
pub(super) fn open(path: &Path, sync: DiskSync) -> Result<Connection, Trouble> {
    check_version()?;
    create(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_handler(Some(wait_for_lock))?;
    let mode: String =
        retrying(|| Ok(connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?))?;
    if mode != "wal" {
        return Err(Trouble::new("the file system has no shared memory; use a file on a local disk"));
    }
    let synchronous = match sync {
        DiskSync::EachCommit => "FULL",
        DiskSync::Sometimes => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    retrying(|| migrate(&mut connection))?;
    Ok(connection)
}

pub(super) fn check_version() -> Result<(), Trouble> {
    if rusqlite::version_number() < SQLITE_VERSION {
        return Err(Trouble::new(format!(
            "SQLite {} corrupts files that several processes use; build the program with SQLite 3.51.3 or newer",
            rusqlite::version()
        )));
    }
    Ok(())
}

/// Makes an empty file that only its owner can read, before SQLite opens it.
fn create(path: &Path) -> Result<(), Trouble> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(Trouble::new(format!(
            "the file cannot be made ({error}); make its directory, and make that writable"
        ))),
        _ => Ok(()),
    }
}

/// Makes the tables unless they exist, and refuses those of a newer version.
fn migrate(connection: &mut Connection) -> Result<(), Trouble> {
    if compatible(connection)? {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    migrate_in(&transaction)?;
    transaction.commit()?;
    Ok(())
}

/// As [`migrate`], in a transaction that writes.
pub(super) fn migrate_in(transaction: &Connection) -> Result<(), Trouble> {
    // Another process may have been first.
    if !compatible(transaction)? {
        transaction.execute_batch(include_str!("schema.sql"))?;
    }
    Ok(())
}

/// Moves all changes from the log to the file and empties the log, which would otherwise keep removed messages, unless
/// another process uses it now.
pub(super) fn empty_log(connection: &Connection) -> Result<(), Trouble> {
    connection.busy_handler(None)?;
    let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    connection.busy_handler(Some(wait_for_lock))?;
    Ok(emptied?)
}

/// Reports whether the tables exist. Fails if they belong to a newer version.
fn compatible(connection: &Connection) -> Result<bool, Trouble> {
    let table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'dingtalk_meta'";
    if connection.query_row(table, [], |_| Ok(())).optional()?.is_none() {
        return Ok(false);
    }
    let needs: i64 =
        connection.query_row("SELECT min_compatible FROM dingtalk_meta", [], |row| row.get(0))?;
    if needs > SCHEMA {
        return Err(Trouble::new("a newer version of the program has changed the file; update this program"));
    }
    Ok(true)
}

/// Runs a transaction, which is committed if the work succeeds.
pub(super) fn transact<T>(
    connection: &mut Connection,
    behavior: TransactionBehavior,
    work: impl FnOnce(&Connection) -> Result<T, Trouble>,
) -> Result<T, Trouble> {
    let transaction = connection.transaction_with_behavior(behavior)?;
    let value = work(&transaction)?;
    transaction.commit()?;
    Ok(value)
}

/// Repeats what SQLite does not repeat by itself: several processes open one new file.
fn retrying<T>(mut work: impl FnMut() -> Result<T, Trouble>) -> Result<T, Trouble> {
    let mut earlier = 0;
    loop {
        match work() {
            Err(trouble) if trouble.locked && wait_for_lock(earlier) => earlier += 1,
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::tests::TempDir;

    #[test]
    fn an_emptied_log_keeps_nothing_that_was_removed() {
        let directory = TempDir::new();
        let path = directory.path().join("outbox.db");
        let connection = open(&path, DiskSync::EachCommit).unwrap();
        let sql = "INSERT INTO dingtalk_dead (id, at, letter) VALUES ('a', 0, 'a secret plan')";
        connection.execute(sql, []).unwrap();
        connection.execute("DELETE FROM dingtalk_dead", []).unwrap();
        let contains = |path: &Path| {
            let bytes = fs::read(path).unwrap_or_default();
            bytes.windows(11).any(|window| window == b"secret plan")
        };
        let log = path.with_extension("db-wal");
        assert!(contains(&log));
        empty_log(&connection).unwrap();
        assert!(!contains(&log) && !contains(&path));
    }

    #[test]
    fn each_connection_has_its_synchronisation() {
        let path = std::env::temp_dir().join(format!("outbox-sync-{}.db", std::process::id()));
        let _ = fs::remove_file(&path);
        // The numbers are SQLite's.
        for (sync, number) in [(DiskSync::EachCommit, 2), (DiskSync::Sometimes, 1), (DiskSync::EachCommit, 2)]
        {
            let connection = open(&path, sync).unwrap();
            let set: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0)).unwrap();
            assert_eq!(set, number, "{sync:?}");
        }
        fs::remove_file(&path).unwrap();
    }
}
