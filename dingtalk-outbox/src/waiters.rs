//! Waiters of all processes, as rows.

use std::time::Duration;

use dingtalk_core::delivery::Urgency;

use crate::{ids::random_id, trouble::Trouble, units::micros, work::Work};

/// Time for which an owner counts as alive after it has said so.
const ALIVE_FOR: Duration = Duration::from_secs(2);

/// Time after which an owner says again that it is alive.
pub(crate) const SAYS_SO_EVERY: Duration = Duration::from_millis(500);

/// Adds a waiter behind all others of its urgency, and returns the name of its row.
pub(crate) fn add(work: &Work<'_>, robot: i64, urgency: Urgency, owner: i64) -> Result<i64, Trouble> {
    let waiter = random_id();
    work.rows.add_waiter(robot, urgency, waiter, owner)?;
    Ok(waiter)
}

/// Removes waiters by the names of their rows.
pub(crate) fn remove(work: &Work<'_>, rows: &[i64]) -> Result<(), Trouble> {
    rows.iter().try_for_each(|row| work.rows.remove_waiter(*row))
}

/// Records that an owner is alive, and removes others that are not, with their waiters.
pub(crate) fn keep_alive(work: &Work<'_>, (owner, name): (i64, &str)) -> Result<(), Trouble> {
    let at = work.moment.at;
    work.rows.keep_alive(owner, name, at, at + micros(ALIVE_FOR))
}
