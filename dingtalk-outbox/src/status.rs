//! Status of the robots: the window now, waiters, rests, and the month.

use std::time::Duration;

use dingtalk_core::delivery::{Block, RobotKey, Urgency, window::Forecast};

use crate::{meter::Quota, records::Usage, review::Picture, trouble::Trouble, work::Work};

/// Status of a robot that has used the state.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RobotStatus {
    /// Key of the robot.
    pub key: RobotKey,
    /// Number of slots that count in the window now.
    pub taken: usize,
    /// Maximum number of slots in a window, for urgent messages too.
    pub limit: usize,
    /// Number of waiters of all programs.
    pub waiting: usize,
    /// Time that is left of a rest, with its cause.
    pub rest: Option<(Duration, Block)>,
    /// Wait of a normal message that is sent now.
    pub forecast: Forecast,
    /// Requests of this month that DingTalk accepted. Months begin at midnight in China.
    pub delivered: u64,
    /// Requests of this month that DingTalk refused.
    pub refused: u64,
    /// Requests of this month whose outcome is not known. Requests that are being made are among them.
    pub unknown: u64,
    /// Quotas that limit the robot.
    pub quotas: Vec<QuotaStatus>,
}

/// Use of a quota in this month.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuotaStatus {
    /// Name of the quota.
    pub name: String,
    /// Requests that may have reached DingTalk.
    pub used: u64,
    /// Maximum number of requests.
    pub limit: u32,
    /// Requests that the whole month will have, if they go on as until now. `None` on its first day.
    pub forecast: Option<u64>,
}

/// Time after which a month says something of its end.
const FIRST_DAY: Duration = Duration::from_secs(24 * 3600);

/// Returns the number of requests in a whole month of which this much is over.
fn forecast(used: u64, over: Duration, length: Duration) -> Option<u64> {
    let whole = u128::from(used) * length.as_millis() / over.as_millis().max(1);
    (over >= FIRST_DAY).then(|| u64::try_from(whole).unwrap_or(u64::MAX))
}

/// Reads the status of all robots, by key.
pub(crate) fn read(work: &mut Work<'_>, quotas: &[Quota], owner: i64) -> Result<Vec<RobotStatus>, Trouble> {
    let robots = work.rows.robots()?;
    robots.into_iter().map(|key| of(work, key, quotas, owner)).collect()
}

fn of(work: &mut Work<'_>, key: RobotKey, quotas: &[Quota], owner: i64) -> Result<RobotStatus, Trouble> {
    let picture = Picture::read(work, &key, std::iter::empty(), quotas, owner)?;
    let usage = match work.known_robot(&key)? {
        Some(robot) => work.rows.usage(robot, work.moment.month)?,
        None => Usage::default(),
    };
    let over = work.moment.month_length.saturating_sub(work.moment.month_left);
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    Ok(RobotStatus {
        key,
        taken: picture.log.taken(),
        limit: picture.pace.slots(Urgency::Urgent),
        waiting: picture.waiting.len(),
        rest: picture.rest(),
        forecast: picture.forecast(Urgency::Normal, picture.waiting.len()),
        delivered: count(usage.delivered),
        refused: count(usage.refused),
        unknown: count(usage.used - usage.delivered - usage.refused),
        quotas: picture
            .quotas()
            .iter()
            .map(|(quota, used)| QuotaStatus {
                name: quota.name.clone(),
                used: count(*used),
                limit: quota.limit,
                forecast: forecast(count(*used), over, work.moment.month_length),
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_goes_on_as_until_now_and_its_first_day_says_nothing() {
        let days = |days: u64| Duration::from_secs(days * 24 * 3600);
        assert_eq!(forecast(500, days(10), days(30)), Some(1500));
        assert_eq!(forecast(500, days(30), days(30)), Some(500));
        assert_eq!(forecast(0, days(10), days(30)), Some(0));
        assert_eq!(forecast(500, Duration::from_secs(24 * 3600 - 1), days(30)), None);
        assert_eq!(forecast(u64::MAX, days(1), days(30)), Some(u64::MAX));
    }
}
