//! Paces of several programs that use one robot: the strictest of each property holds for all of them.

use std::time::Duration;

use crate::{records::Bounds, trouble::Trouble, units::micros, work::Work};

/// Time for which the pace of a program holds after its last use of the robot.
pub(crate) const PACE_LASTS: Duration = Duration::from_secs(3600);

/// Time after which a program that still uses the robot says so again.
pub(crate) const PACE_REPEATS: Duration = Duration::from_secs(600);

/// Records that a robot is used within these bounds.
pub(crate) fn register(work: &Work<'_>, robot: i64, bounds: Bounds) -> Result<(), Trouble> {
    let at = work.moment.at;
    work.rows.add_bounds(robot, bounds, at, at - micros(PACE_LASTS))
}

/// Returns the strictest bounds within which a robot was used lately.
pub(crate) fn registered(work: &Work<'_>, robot: i64) -> Result<Option<Bounds>, Trouble> {
    work.rows.bounds(robot, work.moment.at - micros(PACE_LASTS))
}
