//! Decisions on the waiters of a robot: one reading of the tables, and the same arithmetic as in memory.

use std::time::Duration;

use dingtalk_core::delivery::{
    Block, Pace, RobotKey, Urgency,
    window::{Admission, Forecast, WaiterId, log::SlotLog},
};

use crate::{
    ids::random_id,
    line::{Known, Line, Waiter},
    meter::{Meter, Quota, Warning},
    moment::Access,
    pace::{self, PACE_REPEATS},
    records::{Bounds, Row, Slot},
    slots,
    trouble::Trouble,
    units::{duration, micros},
    waiters,
    work::Work,
};

/// Everything that a decision depends on.
pub(crate) struct Picture<'a> {
    pub(crate) log: SlotLog,
    pub(crate) pace: Pace,
    pub(crate) waiting: Vec<Row>,
    pub(crate) known: Known,
    meter: Meter<'a>,
    now: Duration,
}

/// Decisions of one transaction, for the time after its commit.
#[derive(Default)]
pub(crate) struct Review {
    pub(crate) answers: Vec<(WaiterId, Admission)>,
    /// Rows that waiters received.
    pub(crate) rows: Vec<(WaiterId, i64)>,
    /// Waiters whose rows are not there any more.
    pub(crate) lost: Vec<WaiterId>,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) known: Known,
    /// Time of the next review, if nothing happens before.
    pub(crate) due: Option<i64>,
    /// Time at which the first program of others counts as ended, unless it says that it is alive.
    pub(crate) dies_at: Option<i64>,
    /// Set if bounds were recorded.
    pub(crate) recorded: bool,
    pub(crate) at: i64,
    /// Set if the decisions have to be written, which the transaction did not.
    pub(crate) incomplete: bool,
}

impl<'a> Picture<'a> {
    /// Reads the tables for a robot. `own` are the bounds within which this process uses it.
    pub(crate) fn read(
        work: &mut Work<'_>,
        key: &RobotKey,
        own: impl Iterator<Item = Bounds>,
        quotas: &'a [Quota],
        owner: i64,
    ) -> Result<Self, Trouble> {
        let robot = work.known_robot(key)?;
        let meter = Meter::read(work, quotas, key)?;
        let moment = work.moment;
        let (slots, rests, waiting, registered) = match robot {
            Some(robot) => (
                work.rows.slots(robot)?,
                work.rows.rests(Some(robot), moment.at)?,
                work.rows.waiting(robot, owner, moment.at)?,
                pace::registered(work, robot)?,
            ),
            None => (Vec::new(), work.rows.rests(None, moment.at)?, Vec::new(), None),
        };
        let bounds = own.chain(registered).reduce(Bounds::strictest);
        let pace = bounds.map_or_else(Pace::new, Bounds::pace);
        let log = slots::log(&slots, &rests, &pace, moment.at, moment.full_at);
        let now = duration(moment.at);
        Ok(Self { log, pace, waiting, known: Known { slots, rests, used: meter.read.clone() }, meter, now })
    }

    /// Returns the forecast for a message with `ahead` others before it.
    pub(crate) fn forecast(&self, urgency: Urgency, ahead: usize) -> Forecast {
        let log = self.log_for(urgency);
        let at = log.forecast(&self.pace, urgency, ahead, self.now);
        let block = log.resting(self.now).map(|rest| rest.why);
        Forecast::new(at.saturating_sub(self.now), block)
    }

    /// Returns the time that is left of the rest, with its cause.
    pub(crate) fn rest(&self) -> Option<(Duration, Block)> {
        let rest = self.log.resting(self.now)?;
        Some((rest.until.saturating_sub(self.now), rest.why))
    }

    /// Returns the quotas of the robot, with their used requests.
    pub(crate) fn quotas(&self) -> &[(&'a Quota, i64)] {
        self.meter.quotas()
    }

    fn free_at(&self, urgency: Urgency) -> Duration {
        self.log_for(urgency).free_at(&self.pace, urgency, self.now)
    }

    fn log_for(&self, urgency: Urgency) -> std::borrow::Cow<'_, SlotLog> {
        if self.meter.applies() {
            std::borrow::Cow::Owned(self.meter.limit(self.log.clone(), urgency))
        } else {
            std::borrow::Cow::Borrowed(&self.log)
        }
    }
}

/// Place of a waiter in the order of all processes.
#[derive(Clone, Copy)]
struct Place<'a> {
    urgency: Urgency,
    /// Set if it is one of this process.
    waiter: Option<&'a Waiter>,
    stored: bool,
    alive_until: i64,
}

/// Answers the waiters that can be answered. Writes slots and rows if the transaction does.
pub(crate) fn review(
    work: &mut Work<'_>,
    access: Access,
    key: &RobotKey,
    line: &Line,
    quotas: &[Quota],
    owner: (i64, &str),
) -> Result<Review, Trouble> {
    let own = line.bounds.iter().map(|(bounds, _)| *bounds);
    if access == Access::Write {
        waiters::remove(work, &line.left)?;
    }
    let mut picture = Picture::read(work, key, own, quotas, owner.0)?;
    let mut places = places(&picture.waiting, line);
    let mut review = Review { at: work.moment.at, ..Review::default() };
    review.lost = lost(&picture.waiting, line);
    let mut index = 0;
    let mut due: Option<Duration> = None;
    while let Some(place) = places.get(index).copied() {
        let Some((waiter, taking)) = place.waiter.and_then(|waiter| Some((waiter, waiter.taking.as_ref()?)))
        else {
            index += 1;
            continue;
        };
        let free_at = (index == 0).then(|| picture.free_at(place.urgency));
        if free_at.is_some_and(|at| at <= picture.now) {
            if access == Access::Read {
                review.incomplete = true;
                return Ok(review);
            }
            let slot = Slot {
                id: random_id(),
                month: work.moment.month,
                begun: work.moment.at,
                ends_by: work.moment.at.saturating_add(micros(taking.request.holds)),
                ended: None,
            };
            let robot = work.robot(key)?;
            slots::forget(work, robot, picture.pace.window_length())?;
            slots::begin(work, robot, owner.0, &slot)?;
            waiters::remove(work, waiter.row.as_slice())?;
            picture.log.begin(slots::name(slot.id), duration(slot.ends_by));
            picture.known.slots.push(slot);
            review.warnings.extend(picture.meter.count());
            review.answers.push((waiter.id, Admission::Granted(slots::name(slot.id))));
            places.remove(index);
            continue;
        }
        let forecast = picture.forecast(place.urgency, index);
        let free = picture.now.saturating_add(forecast.wait);
        if taking.latest <= picture.now
            || taking.latest < free
            || (taking.request.yields && forecast.block.is_some())
        {
            review.answers.push((waiter.id, Admission::TooLong(forecast)));
        } else {
            let again = free_at.unwrap_or(taking.latest).min(taking.latest);
            due = Some(due.map_or(again, |due| due.min(again)));
        }
        index += 1;
    }
    let answered = |waiter: &Waiter| review.answers.iter().any(|(id, _)| *id == waiter.id);
    // Others that have died no longer delay the line.
    let dies_at = places.iter().filter(|place| place.waiter.is_none()).map(|place| place.alive_until).min();
    let unstored = to_store(&places, &answered);
    review.incomplete = access == Access::Read && (!unstored.is_empty() || !line.left.is_empty());
    if access == Access::Write && !unstored.is_empty() {
        let robot = work.robot(key)?;
        waiters::keep_alive(work, owner)?;
        for (id, urgency) in unstored {
            review.rows.push((id, waiters::add(work, robot, urgency, owner.0)?));
        }
    }
    if access == Access::Write && (!review.answers.is_empty() || !review.rows.is_empty()) {
        review.recorded = record(work, key, line)?;
    }
    review.due = due.map(micros);
    review.dies_at = dies_at;
    review.known = picture.known;
    Ok(review)
}

/// Returns all waiters in their order: those with rows, and behind them those of this process without.
fn places<'a>(waiting: &[Row], line: &'a Line) -> Vec<Place<'a>> {
    let mut places = Vec::with_capacity(waiting.len() + line.waiters().len());
    for urgency in [Urgency::Urgent, Urgency::Normal] {
        for row in waiting.iter().filter(|row| row.urgency == urgency) {
            let waiter = line.waiters().iter().find(|waiter| waiter.row == Some(row.waiter));
            places.push(Place { urgency, waiter, stored: true, alive_until: row.alive_until });
        }
        let unstored = |waiter: &&Waiter| {
            waiter.urgency == urgency && !waiting.iter().any(|row| Some(row.waiter) == waiter.row)
        };
        places.extend(line.waiters().iter().filter(unstored).map(|waiter| Place {
            urgency,
            waiter: Some(waiter),
            stored: false,
            alive_until: i64::MAX,
        }));
    }
    places
}

/// Returns the waiters of this process whose rows were removed, because it was slow.
fn lost(waiting: &[Row], line: &Line) -> Vec<WaiterId> {
    let is_lost =
        |waiter: &&Waiter| waiter.row.is_some_and(|name| !waiting.iter().any(|row| row.waiter == name));
    line.waiters().iter().filter(is_lost).map(|waiter| waiter.id).collect()
}

/// Returns the waiters that need rows, so that nobody overtakes them: those that wait, and those of this process that
/// joined before them.
fn to_store(places: &[Place<'_>], answered: &dyn Fn(&Waiter) -> bool) -> Vec<(WaiterId, Urgency)> {
    let mut store = Vec::new();
    for urgency in [Urgency::Urgent, Urgency::Normal] {
        let unstored: Vec<&Waiter> = places
            .iter()
            .filter(|place| place.urgency == urgency && !place.stored)
            .filter_map(|place| place.waiter)
            .collect();
        let waits = |waiter: &&Waiter| waiter.taking.is_some() && !answered(waiter);
        if let Some(last) = unstored.iter().rposition(waits) {
            store.extend(unstored[..=last].iter().map(|waiter| (waiter.id, urgency)));
        }
    }
    store
}

/// Records the bounds of this process, unless that was done lately. Reports whether it did.
fn record(work: &mut Work<'_>, key: &RobotKey, line: &Line) -> Result<bool, Trouble> {
    let since = work.moment.at - micros(PACE_REPEATS);
    if line.bounds.iter().all(|(_, recorded)| recorded.is_some_and(|at| at > since)) {
        return Ok(false);
    }
    let robot = work.robot(key)?;
    for (bounds, _) in &line.bounds {
        pace::register(work, robot, *bounds)?;
    }
    Ok(true)
}
