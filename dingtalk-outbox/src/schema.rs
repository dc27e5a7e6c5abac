//! Tables of the state, and their migrations.
//!
//! A program runs for days while newer versions use the same file. Changes within a major version only add: an older
//! program ignores tables and columns that it does not know. A change that it must not ignore raises `min_compatible`.
//!
//! Times are microseconds since the start of the system (`meta.boot`). Robots are rows, because their keys are long.

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

use crate::trouble::Trouble;

/// Number of the newest schema that this version knows.
pub(crate) const SCHEMA: i64 = 2;

/// Steps from each schema to the next one. A step that was released never changes.
const MIGRATIONS: [&str; 2] = [include_str!("schema/1.sql"), include_str!("schema/2.sql")];

/// Brings the tables up to date. Safe for processes that begin at the same time.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), Trouble> {
    if current(connection)? >= SCHEMA {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been first.
    let from = current(&transaction)?;
    for (step, sql) in (1..).zip(MIGRATIONS) {
        if from < step {
            transaction.execute_batch(sql)?;
            transaction.execute("UPDATE meta SET schema = ?1", [step])?;
        }
    }
    transaction.commit()?;
    Ok(())
}

/// Returns the schema of a file, 0 if it is empty.
fn current(connection: &Connection) -> Result<i64, Trouble> {
    let table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta'";
    if connection.query_row(table, [], |_| Ok(())).optional()?.is_none() {
        return Ok(0);
    }
    Ok(connection.query_row("SELECT schema FROM meta", [], |row| row.get(0))?)
}
