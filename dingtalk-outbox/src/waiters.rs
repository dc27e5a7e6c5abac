//! Waiters of all processes, as rows.

use std::time::Duration;

use dingtalk_core::delivery::Urgency;

use crate::{database::Work, ids::random_id, trouble::Trouble, units::micros};

/// Time for which an owner counts as alive after it has said so.
const ALIVE_FOR: Duration = Duration::from_secs(2);

/// Time after which an owner says again that it is alive.
pub(crate) const SAYS_SO_EVERY: Duration = Duration::from_millis(500);

/// A waiter with a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) waiter: i64,
    pub(crate) urgency: Urgency,
    /// End of the time for which its owner counts as alive.
    pub(crate) alive_until: i64,
}

/// Returns the waiters of a robot whose owners are alive, and all of one owner, in their order.
pub(crate) fn waiting(work: &Work<'_>, robot: i64, owner: i64) -> Result<Vec<Row>, Trouble> {
    let mut statement = work.transaction.prepare_cached(
        "SELECT waiter, urgent, alive_until FROM waiter JOIN owner USING (owner)
         WHERE robot = ?1 AND (alive_until > ?2 OR owner = ?3) ORDER BY urgent DESC, seq",
    )?;
    let rows = statement.query_map((robot, work.moment.at, owner), |row| {
        let urgency = if row.get(1)? { Urgency::Urgent } else { Urgency::Normal };
        Ok(Row { waiter: row.get(0)?, urgency, alive_until: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Adds a waiter behind all others of its urgency, and returns the name of its row.
pub(crate) fn add(work: &Work<'_>, robot: i64, urgency: Urgency, owner: i64) -> Result<i64, Trouble> {
    let (waiter, urgent) = (random_id(), urgency == Urgency::Urgent);
    work.transaction
        .prepare_cached(
            "INSERT INTO waiter (robot, urgent, seq, waiter, owner) VALUES (?1, ?2,
                 (SELECT coalesce(max(seq), 0) + 1 FROM waiter WHERE robot = ?1 AND urgent = ?2), ?3, ?4)",
        )?
        .execute((robot, urgent, waiter, owner))?;
    Ok(waiter)
}

/// Removes waiters by the names of their rows.
pub(crate) fn remove(work: &Work<'_>, rows: &[i64]) -> Result<(), Trouble> {
    for row in rows {
        work.transaction.prepare_cached("DELETE FROM waiter WHERE waiter = ?1")?.execute([row])?;
    }
    Ok(())
}

/// Records that an owner is alive, and removes others that are not, with their waiters.
pub(crate) fn keep_alive(work: &Work<'_>, (owner, name): (i64, &str)) -> Result<(), Trouble> {
    let at = work.moment.at;
    work.transaction
        .prepare_cached(
            "INSERT INTO owner (owner, name, alive_until) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET alive_until = excluded.alive_until",
        )?
        .execute((owner, name, at + micros(ALIVE_FOR)))?;
    work.transaction
        .prepare_cached(
            "DELETE FROM waiter WHERE owner IN (SELECT owner FROM owner WHERE alive_until <= ?1)",
        )?
        .execute([at])?;
    work.transaction.prepare_cached("DELETE FROM owner WHERE alive_until <= ?1")?.execute([at])?;
    Ok(())
}
