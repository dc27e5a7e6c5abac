//! Requests of a month that may have reached DingTalk, and the quotas that limit them.

use dingtalk_core::delivery::{
    Block, RobotKey, Urgency,
    window::{
        SlotEnd,
        log::{Rest, SlotLog},
    },
};
use rusqlite::OptionalExtension as _;

use crate::{
    database::Work,
    trouble::Trouble,
    units::{duration, micros},
};

/// Maximum number of requests in one month, of one robot or of several together. DingTalk's standard organisations have
/// 3,000 for all their robots, and months that begin at midnight in China.
///
/// Requests that other programs make without this state are not counted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quota {
    /// Name for logs and for the status.
    pub name: String,
    /// Maximum number of requests in one month.
    pub limit: u32,
    /// Robots whose requests count.
    pub robots: Vec<RobotKey>,
    /// Number of requests that are kept for urgent messages.
    pub keep_urgent: u32,
}

impl Quota {
    /// Creates a quota of these robots, without requests that are kept.
    pub fn new(name: impl Into<String>, limit: u32, robots: impl IntoIterator<Item = RobotKey>) -> Self {
        Self { name: name.into(), limit, robots: robots.into_iter().collect(), keep_urgent: 0 }
    }

    /// Sets the number of requests that are kept for urgent messages.
    #[must_use]
    pub fn keep_urgent(mut self, requests: u32) -> Self {
        self.keep_urgent = requests;
        self
    }

    /// Returns the number of requests from which a warning is due: four fifths of the limit.
    fn warns_at(&self) -> i64 {
        (i64::from(self.limit) * 4 + 4) / 5
    }

    fn left(&self, urgency: Urgency, used: i64) -> i64 {
        let kept = match urgency {
            Urgency::Urgent => 0,
            _ => self.keep_urgent,
        };
        i64::from(self.limit.saturating_sub(kept)) - used
    }
}

/// Changes of a robot's counters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Count {
    used: i64,
    delivered: i64,
    refused: i64,
}

impl Count {
    pub(crate) const USED: Self = Self { used: 1, delivered: 0, refused: 0 };
    pub(crate) const UNUSED: Self = Self { used: -1, delivered: 0, refused: 0 };

    /// Returns the change after a request with this outcome; an unknown one is the difference to all that were made.
    pub(crate) fn of(end: SlotEnd) -> Option<Self> {
        match end {
            SlotEnd::Delivered => Some(Self { used: 0, delivered: 1, refused: 0 }),
            SlotEnd::Refused => Some(Self { used: 0, delivered: 0, refused: 1 }),
            _ => None,
        }
    }
}

/// Counters of a robot in one month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) used: i64,
    pub(crate) delivered: i64,
    pub(crate) refused: i64,
}

/// Changes the counters of a robot.
pub(crate) fn count(work: &Work<'_>, robot: i64, month: i64, count: Count) -> Result<(), Trouble> {
    work.transaction
        .prepare_cached(
            "INSERT INTO month (robot, month, used, delivered, refused) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET used = max(0, used + excluded.used),
                 delivered = delivered + excluded.delivered, refused = refused + excluded.refused",
        )?
        .execute((robot, month, count.used, count.delivered, count.refused))?;
    Ok(())
}

/// Returns the counters of a robot in the current month.
pub(crate) fn usage(work: &Work<'_>, robot: i64) -> Result<Usage, Trouble> {
    let mut statement = work
        .transaction
        .prepare_cached("SELECT used, delivered, refused FROM month WHERE robot = ?1 AND month = ?2")?;
    let usage = statement.query_row((robot, work.moment.month), |row| {
        Ok(Usage { used: row.get(0)?, delivered: row.get(1)?, refused: row.get(2)? })
    });
    Ok(usage.optional()?.unwrap_or_default())
}

/// Sets the number of requests of a robot in the current month, unless there are some.
pub(crate) fn seed(work: &Work<'_>, robot: i64, used: i64) -> Result<(), Trouble> {
    work.transaction
        .prepare_cached("INSERT OR IGNORE INTO month (robot, month, used) VALUES (?1, ?2, ?3)")?
        .execute((robot, work.moment.month, used))?;
    Ok(())
}

/// Quotas of one robot, with what is used of them.
pub(crate) struct Meter<'a> {
    quotas: Vec<(&'a Quota, i64)>,
    /// Requests of each robot of the quotas.
    pub(crate) read: Vec<(RobotKey, i64)>,
    /// End of the month.
    until: i64,
}

impl<'a> Meter<'a> {
    /// Reads what is used of the quotas of a robot.
    pub(crate) fn read(work: &mut Work<'_>, quotas: &'a [Quota], key: &RobotKey) -> Result<Self, Trouble> {
        let until = work.moment.at + micros(work.moment.month_left);
        let mut meter = Self { quotas: Vec::new(), read: Vec::new(), until };
        for quota in quotas.iter().filter(|quota| quota.robots.contains(key)) {
            let mut used = 0;
            for key in &quota.robots {
                let Some(robot) = work.known_robot(key)? else { continue };
                let of_robot = usage(work, robot)?.used;
                used += of_robot;
                meter.read.push((*key, of_robot));
            }
            meter.quotas.push((quota, used));
        }
        Ok(meter)
    }

    /// Adds a rest to a log until the end of the month if nothing is left for messages of this urgency.
    pub(crate) fn limit(&self, mut log: SlotLog, urgency: Urgency) -> SlotLog {
        if self.quotas.iter().any(|(quota, used)| quota.left(urgency, *used) <= 0) {
            log.rest(Rest { until: duration(self.until), why: Block::Month });
        }
        log
    }

    /// Returns the quotas with their used requests.
    pub(crate) fn quotas(&self) -> &[(&'a Quota, i64)] {
        &self.quotas
    }

    /// Reports whether a quota applies, so that logs have to be limited.
    pub(crate) fn applies(&self) -> bool {
        !self.quotas.is_empty()
    }

    /// Counts a request. Returns the warnings that it makes due: of all programs, only this one notices.
    pub(crate) fn count(&mut self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        for (quota, used) in &mut self.quotas {
            *used += 1;
            if *used == quota.warns_at() {
                let (quota, limit) = (quota.name.clone(), quota.limit);
                warnings.push(Warning { quota, used: *used, limit });
            }
        }
        warnings
    }
}

/// A quota of which little is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Warning {
    quota: String,
    used: i64,
    limit: u32,
}

impl Warning {
    pub(crate) fn log(&self) {
        let Self { quota, used, limit } = self;
        tracing::warn!(
            name: "dingtalk.quota",
            quota,
            used,
            limit,
            "the monthly quota `{quota}` is nearly used up: {used} of {limit} requests"
        );
    }
}
