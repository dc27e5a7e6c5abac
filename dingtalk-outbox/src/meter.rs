//! Requests of a month that may have reached DingTalk, and the quotas that limit them.

use dingtalk_core::delivery::{
    Block, RobotKey, Urgency,
    window::log::{Rest, SlotLog},
};

use crate::{
    trouble::Trouble,
    units::{duration, micros},
    work::Work,
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
    pub(crate) fn read(work: &Work<'_>, quotas: &'a [Quota], key: &RobotKey) -> Result<Self, Trouble> {
        let until = work.moment.at + micros(work.moment.month_left);
        let mut meter = Self { quotas: Vec::new(), read: Vec::new(), until };
        for quota in quotas.iter().filter(|quota| quota.robots.contains(key)) {
            let read = work.rows.used(&quota.robots, work.moment.month)?;
            meter.quotas.push((quota, read.iter().map(|(_, used)| used).sum()));
            meter.read.extend(read);
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
