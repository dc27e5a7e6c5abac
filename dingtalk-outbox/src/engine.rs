//! The one user of the tables in a process: takes jobs in order, and answers waiters when their time has come.

#[cfg(feature = "postgres")]
mod at_once;

use std::{
    collections::{HashMap, VecDeque},
    mem,
    sync::Arc,
    time::Duration,
};

use dingtalk_core::{
    Error,
    delivery::{
        Block, Pace, RobotKey, Urgency,
        window::{Admission, Forecast, SlotEnd, SlotId, WaiterId},
    },
};
use tokio::sync::oneshot;

use crate::{
    clock::Clock,
    directory::FileId,
    ids::random_id,
    journal::{Event, Journal},
    line::{Line, Taking},
    meter::{self, Quota},
    moment::Access,
    records::Bounds,
    review::{Picture, Review, review},
    slots,
    status::{self, RobotStatus},
    store::{Change, Source, Store},
    trouble::Trouble,
    units::{duration, micros},
    waiters,
    work::Work,
};

/// Time after which a process asks for the changes of others while its first waiter may be next.
const SOON: Duration = Duration::from_millis(5);

/// Time after which it asks while its waiters have to wait for longer.
const LATER: Duration = Duration::from_millis(25);

/// Time after which it asks a server.
#[cfg(feature = "postgres")]
const OFTEN: Duration = Duration::from_millis(100);

/// Time after which a server that is away is tried again.
const RETRY: Duration = Duration::from_millis(500);

/// Size of the log from which changes are moved to the file.
const LOG_BYTES: u64 = 1 << 22;

/// Number of writes that wait for a server; older ones are lost.
const UNWRITTEN: usize = 10_000;

/// A transaction that writes, and for whose end nobody waits.
pub(crate) type Write = Box<dyn FnMut(&mut Work<'_>) -> Result<(), Trouble> + Send>;

/// Work for the owner of the tables.
pub(crate) enum Job {
    Join {
        robot: RobotKey,
        waiter: WaiterId,
        urgency: Urgency,
        bounds: Bounds,
    },
    Leave {
        robot: RobotKey,
        waiter: WaiterId,
    },
    Take {
        robot: RobotKey,
        waiter: WaiterId,
        taking: Taking,
    },
    End {
        robot: RobotKey,
        slot: SlotId,
        end: SlotEnd,
    },
    GiveBack {
        robot: RobotKey,
        slot: SlotId,
    },
    Rest {
        robot: RobotKey,
        block: Block,
        rest: Duration,
    },
    Forecast(ForecastJob),
    Status(oneshot::Sender<Result<Vec<RobotStatus>, Error>>),
    /// Work in other tables.
    Run(Box<dyn FnOnce(&mut Engine) + Send>),
    /// Answered when everything before it was written.
    Flush(oneshot::Sender<()>),
}

/// Question of a forecast.
pub(crate) struct ForecastJob {
    pub(crate) robot: RobotKey,
    pub(crate) bounds: Bounds,
    pub(crate) urgency: Urgency,
    pub(crate) ahead: usize,
    pub(crate) reply: oneshot::Sender<Result<Forecast, Error>>,
}

/// Robots as this process uses them.
pub(crate) type Lines = HashMap<RobotKey, Line>;

/// Owner of the tables in this process.
pub(crate) struct Engine {
    store: Store,
    quotas: Arc<[Quota]>,
    owner: i64,
    name: String,
    /// Set if no other process uses the file, which only tests know.
    alone: bool,
    lines: Lines,
    journal: Journal,
    /// Other writes that a server has yet to receive, in their order.
    unwritten: VecDeque<Write>,
    /// Time of the next sign of life.
    says_so_at: Option<i64>,
    /// Time of the last job.
    latest: i64,
    /// Number of the last change of others that was seen.
    change: i64,
    /// Time at which a server is asked for changes of others.
    looks_at: i64,
}

impl Engine {
    pub(crate) fn new(
        source: Source,
        clock: Arc<dyn Clock>,
        quotas: Arc<[Quota]>,
        name: String,
        alone: bool,
    ) -> Self {
        Self {
            store: Store::new(source, clock),
            quotas,
            owner: random_id(),
            name,
            alone,
            lines: HashMap::new(),
            journal: Journal::default(),
            unwritten: VecDeque::new(),
            says_so_at: None,
            latest: i64::MIN / 4,
            change: 0,
            looks_at: i64::MIN,
        }
    }

    pub(crate) fn process(&mut self, job: Job) {
        self.notice_time();
        match job {
            Job::Join { robot, waiter, urgency, bounds } => {
                let line = self.line(robot);
                line.use_within(bounds);
                line.join(waiter, urgency);
            }
            Job::Leave { robot, waiter } => self.leave(robot, waiter),
            Job::Take { robot, waiter, taking } => self.take(robot, waiter, taking),
            Job::End { robot, slot, end } => self.end(robot, slot, end),
            Job::GiveBack { robot, slot } => self.give_back(robot, slots::row(slot)),
            Job::Rest { robot, block, rest } => self.rest(robot, block, rest),
            Job::Forecast(job) => {
                let forecast = self.forecast(&job);
                drop(job.reply.send(forecast.map_err(Error::from)));
            }
            Job::Status(reply) => drop(reply.send(self.status().map_err(Error::from))),
            Job::Run(work) => work(self),
            Job::Flush(reply) => {
                // Short processes have no other time for it.
                self.rest_a_while();
                self.write_again();
                // Somebody who no longer waits needs no answer.
                let _ = reply.send(());
            }
        }
    }

    /// Returns the time until the next [`tick`](Self::tick), if one is due without another job.
    pub(crate) fn next_tick(&self) -> Option<Duration> {
        let now = self.store.now();
        let again = (!self.unwritten.is_empty()).then(|| now.saturating_add(micros(RETRY)));
        let due = self.lines.values().filter_map(|line| line.due);
        let due = due.chain(self.says_so_at).chain(again).min()?;
        let due = duration(due.saturating_sub(now));
        if self.asks_server() && self.lines.values().any(Line::is_taking) {
            return Some(due.min(duration(self.looks_at.saturating_sub(now))));
        }
        if self.alone || self.store.file().is_none() || !self.lines.values().any(Line::is_taking) {
            return Some(due);
        }
        Some(due.min(if due < LATER * 4 { SOON } else { LATER }))
    }

    /// Does what is due: answers waiters, and says that this process is alive.
    pub(crate) fn tick(&mut self) {
        let now = self.notice_time();
        if self.says_so_at.is_some_and(|at| at <= now) {
            self.say_so();
        }
        self.write_again();
        let changed = self.see_changes(now);
        // A slot that is due is most likely granted, which writes: a server is not asked twice.
        let access = if self.asks_server() { Access::Write } else { Access::Read };
        let mut reviews = Vec::new();
        for (key, line) in self.lines.iter().filter(|(_, line)| line.is_taking()) {
            if line.due.is_some_and(|due| due <= now) {
                reviews.push((*key, access));
            } else if changed.contains(key) {
                reviews.push((*key, Access::Read));
            }
        }
        for (key, access) in reviews {
            #[cfg(feature = "postgres")]
            if access == Access::Write && self.take_what_is_due(key) {
                continue;
            }
            self.review(key, access);
        }
    }

    /// Does what nobody waits for.
    pub(crate) fn rest_a_while(&mut self) {
        let Some(file) = self.store.file() else { return };
        if self.store.log_bytes() > LOG_BYTES
            && let Err(trouble) = file.checkpoint()
        {
            tracing::debug!(name: "dingtalk.state_checkpoint", reason = trouble.words(), "the log was not moved");
        }
    }

    /// Runs a transaction that writes, or keeps it for the time when the server can be reached.
    pub(crate) fn write(&mut self, mut write: Write) {
        let written = self.transact(Access::Write, &mut |work, _| write(work));
        match written {
            Ok(()) => {}
            Err(trouble) if trouble.is_away() => {
                if self.unwritten.len() == UNWRITTEN {
                    self.unwritten.pop_front();
                }
                self.unwritten.push_back(write);
            }
            Err(trouble) => not_written(&trouble),
        }
    }

    /// Tries again what the server has yet to receive.
    fn write_again(&mut self) {
        if !self.unwritten.is_empty() {
            // Writes it, if the server can be reached.
            drop(self.open());
        }
    }

    /// Runs a transaction in the tables that programs share, and not in memory.
    pub(crate) fn in_source<T>(
        &mut self,
        access: Access,
        work: &mut dyn FnMut(&mut Work<'_>) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        self.store.retry_now();
        self.open()?;
        if self.store.is_fallback() {
            return Err(self.store.trouble());
        }
        let mut result = None;
        let mut work = |inner: &mut Work<'_>| work(inner);
        for _ in 0..2 {
            let file = self.store.file_id();
            result = self.store.transact(access, &mut work)?;
            if result.is_some() || self.after_loss(file)? {
                break;
            }
        }
        result.ok_or_else(|| self.store.trouble())
    }

    /// Reports whether a server is asked for what others have changed.
    fn asks_server(&self) -> bool {
        self.store.has_server() && !self.alone && !self.store.is_fallback()
    }

    /// Returns the time after which a server is asked again. It grows with the number of robots.
    #[cfg(feature = "postgres")]
    fn interval(&self) -> Duration {
        let waiting = self.lines.values().filter(|line| line.is_taking()).count();
        OFTEN.saturating_mul(1 + u32::try_from(waiting / 100).unwrap_or(u32::MAX))
    }

    /// Reads the clock, and moves all times that wait for it if it went backwards.
    fn notice_time(&mut self) -> i64 {
        let now = self.store.now();
        let back = mem::replace(&mut self.latest, now) - now;
        if back > 0 {
            self.says_so_at = self.says_so_at.map(|at| at - back);
            self.looks_at = i64::MIN;
            self.lines.values_mut().for_each(|line| line.go_back(back));
        }
        now
    }

    fn line(&mut self, robot: RobotKey) -> &mut Line {
        self.lines.entry(robot).or_default()
    }

    fn leave(&mut self, robot: RobotKey, waiter: WaiterId) {
        let line = self.line(robot);
        if let Some(index) = line.granted.iter().position(|(id, _)| *id == waiter) {
            let (_, slot) = line.granted.swap_remove(index);
            return self.give_back(robot, slot);
        }
        line.leave(waiter);
        if !line.left.is_empty() {
            self.review(robot, Access::Write);
        } else if line.is_taking() {
            self.review(robot, Access::Read);
        }
    }

    fn take(&mut self, robot: RobotKey, waiter: WaiterId, taking: Taking) {
        let line = self.line(robot);
        match line.waiter(waiter) {
            Some(waiter) => waiter.taking = Some(taking),
            // The waiter was removed.
            None => return drop(taking.reply.send(Ok(Admission::TooLong(Forecast::default())))),
        }
        #[cfg(feature = "postgres")]
        if self.take_at_once(robot, waiter) {
            return;
        }
        self.review(robot, Access::Write);
    }

    fn end(&mut self, robot: RobotKey, slot: SlotId, end: SlotEnd) {
        let slot = slots::row(slot);
        let at = self.store.now();
        self.forget_granted(robot, slot);
        let ended = self.write_end(robot, slot, Some(end));
        if let Some(known) = self.line(robot).known.slots.iter_mut().find(|known| known.id == slot) {
            known.ended.get_or_insert(at.min(known.ends_by));
        }
        self.note(robot, Event::Ended { slot, at, end }, &ended);
        // A server soon tells what has changed; nobody can send before a window has passed.
        if !self.asks_server() {
            self.after_event(robot);
        }
    }

    /// Ends a slot, or gives it back if there is no outcome.
    fn write_end(&mut self, robot: RobotKey, slot: i64, end: Option<SlotEnd>) -> Result<(), Trouble> {
        #[cfg(feature = "postgres")]
        if self.end_at_once(robot, slot, end) {
            return Ok(());
        }
        self.transact(Access::Write, &mut |work, _| {
            let at = work.moment.at;
            let Some(robot) = work.known_robot(&robot)? else { return Ok(()) };
            match end {
                Some(end) => slots::end(work, robot, slot, at, end),
                None => slots::give_back(work, robot, slot, at),
            }
        })
    }

    fn give_back(&mut self, robot: RobotKey, slot: i64) {
        let at = self.store.now();
        self.forget_granted(robot, slot);
        let given = self.write_end(robot, slot, None);
        self.line(robot).known.slots.retain(|known| known.id != slot || known.ended.is_some());
        self.note(robot, Event::GivenBack { slot, at }, &given);
        self.after_event(robot);
    }

    fn rest(&mut self, robot: RobotKey, block: Block, rest: Duration) {
        let until = self.store.now().saturating_add(micros(rest));
        let (quotas, owner) = (Arc::clone(&self.quotas), self.owner);
        let taken = self.transact(Access::Write, &mut |work, lines| {
            let picture = Picture::read(work, &robot, own_bounds(lines, &robot), &quotas, owner)?;
            let row = work.robot(&robot)?;
            let until = work.moment.at.saturating_add(micros(rest));
            slots::rest(work, row, block, until)?;
            Ok(picture.log.taken())
        });
        let limit = usize::try_from(Pace::LIMIT).unwrap_or(usize::MAX);
        let line = self.line(robot);
        if block == Block::Robot
            && taken.as_ref().is_ok_and(|taken| *taken <= limit)
            && !line.shared_with_others
        {
            line.shared_with_others = true;
            tracing::warn!(
                name: "dingtalk.used_by_others",
                robot = %robot,
                "DingTalk throttled the robot although this state allowed no more than its rate: another program \
                 uses the robot without this state; let it use the same state, or lower the robot's rate"
            );
        }
        self.note(robot, Event::Rests { block, until }, &taken.map(drop));
        if block == Block::Address {
            let keys: Vec<RobotKey> = self.lines.keys().copied().collect();
            for key in keys {
                self.after_event(key);
            }
        } else {
            self.after_event(robot);
        }
    }

    fn forecast(&mut self, job: &ForecastJob) -> Result<Forecast, Trouble> {
        let (quotas, owner) = (Arc::clone(&self.quotas), self.owner);
        let forecast = self.transact(Access::Read, &mut |work, lines| {
            let own = own_bounds(lines, &job.robot).chain([job.bounds]);
            let picture = Picture::read(work, &job.robot, own, &quotas, owner)?;
            let unstored = lines.get(&job.robot).map(Line::unstored).unwrap_or_default();
            let counts = |of: Urgency| job.urgency == Urgency::Normal || of == Urgency::Urgent;
            let stored = picture.waiting.iter().map(|row| row.urgency);
            let waiting = stored.chain(unstored).filter(|urgency| counts(*urgency)).count();
            Ok((picture.forecast(job.urgency, waiting + job.ahead), picture.known))
        });
        let (forecast, known) = forecast?;
        self.line(job.robot).known = known;
        Ok(forecast)
    }

    fn status(&mut self) -> Result<Vec<RobotStatus>, Trouble> {
        if !self.store.exists() {
            // Asking creates nothing.
            return Ok(Vec::new());
        }
        let (quotas, owner) = (Arc::clone(&self.quotas), self.owner);
        self.in_source(Access::Read, &mut |work| status::read(work, &quotas, owner))
    }

    /// Answers the waiters of a robot that can be answered now.
    fn review(&mut self, robot: RobotKey, access: Access) {
        let (quotas, owner, name) = (Arc::clone(&self.quotas), self.owner, self.name.clone());
        let mut access = access;
        loop {
            let result = self.transact(access, &mut |work, lines| {
                let Some(line) = lines.get(&robot) else { return Ok(Review::default()) };
                review(work, access, &robot, line, &quotas, (owner, &name))
            });
            match result {
                Ok(review) if review.incomplete => access = Access::Write,
                Ok(review) => return self.apply(robot, access, review),
                Err(trouble) => return self.fail(robot, trouble),
            }
        }
    }

    fn apply(&mut self, robot: RobotKey, access: Access, review: Review) {
        let fallback = self.store.is_fallback();
        let Some(line) = self.lines.get_mut(&robot) else { return };
        review.warnings.iter().for_each(meter::Warning::log);
        line.known = review.known;
        line.due = review.due;
        // A server tells when others have ended.
        let dies_at = review.dies_at.filter(|_| !self.store.has_server() || self.alone || fallback);
        let others_at = dies_at.map_or(i64::MAX, |at| at.saturating_add(1));
        line.due = line.due.map(|due| due.min(others_at));
        for id in review.lost {
            if let Some(waiter) = line.waiter(id) {
                waiter.row = None;
            }
        }
        for (id, row) in review.rows {
            if let Some(waiter) = line.waiter(id) {
                waiter.row = Some(row);
            }
        }
        if access == Access::Write {
            line.left.clear();
        }
        if review.recorded {
            line.bounds.iter_mut().for_each(|(_, recorded)| *recorded = Some(review.at));
        }
        let mut unclaimed = Vec::new();
        for (id, admission) in review.answers {
            let Some(waiter) = line.waiter(id) else { continue };
            let taking = waiter.taking.take();
            if let Admission::Granted(slot) = admission {
                let slot = slots::row(slot);
                waiter.row = None;
                line.leave(id);
                line.granted.push((id, slot));
                if fallback && let Some(taken) = line.known.slots.iter().find(|known| known.id == slot) {
                    self.journal.note(robot, Event::Taken(*taken));
                }
                if taking.is_none_or(|taking| taking.reply.send(Ok(admission)).is_err()) {
                    unclaimed.push(slot);
                }
            } else if let Some(taking) = taking {
                drop(taking.reply.send(Ok(admission)));
            }
        }
        if line.is_stored() {
            let soon = self.store.now().saturating_add(micros(waiters::SAYS_SO_EVERY));
            self.says_so_at.get_or_insert(soon);
        }
        for slot in unclaimed {
            self.give_back(robot, slot);
        }
    }

    /// Tells all waiters of a robot that the tables cannot be used: at once, or, if they most likely work again soon,
    /// when their time is over.
    fn fail(&mut self, robot: RobotKey, trouble: Trouble) {
        let now = self.store.now();
        let again = now.saturating_add(micros(RETRY));
        let is_away = trouble.is_away();
        let error = trouble.into_error();
        let line = self.line(robot);
        line.due = None;
        let mut due = None;
        for waiter in line.waiters_mut() {
            let Some(taking) = &waiter.taking else { continue };
            let latest = micros(taking.latest);
            if is_away && latest > now {
                due = Some(due.map_or(again, |due: i64| due.min(again)).min(latest));
            } else if let Some(taking) = waiter.taking.take() {
                drop(taking.reply.send(Err(error.clone())));
            }
        }
        line.due = due;
    }

    fn forget_granted(&mut self, robot: RobotKey, slot: i64) {
        self.line(robot).granted.retain(|(_, granted)| *granted != slot);
    }

    /// Reviews the waiters after an event that may let one of them send, or makes its wait too long.
    fn after_event(&mut self, robot: RobotKey) {
        if self.line(robot).is_taking() {
            self.review(robot, Access::Read);
        }
    }

    /// Notes an event that the file did not receive.
    fn note(&mut self, robot: RobotKey, event: Event, written: &Result<(), Trouble>) {
        if self.store.is_fallback() || written.is_err() {
            self.journal.note(robot, event);
        }
    }

    fn say_so(&mut self) {
        self.says_so_at = None;
        if !self.lines.values().any(Line::is_stored) {
            return;
        }
        let (owner, name) = (self.owner, self.name.clone());
        // If it fails, the waiters are added again when the tables work.
        drop(self.transact(Access::Write, &mut |work, _| waiters::keep_alive(work, (owner, &name))));
        self.says_so_at = Some(self.store.now().saturating_add(micros(waiters::SAYS_SO_EVERY)));
    }

    /// Returns the robots whose waiters may be concerned by what other processes have changed.
    fn see_changes(&mut self, now: i64) -> Vec<RobotKey> {
        #[cfg(feature = "postgres")]
        if self.asks_server() {
            return self.look(now);
        }
        let _ = now;
        let waiting = || self.lines.iter().filter(|(_, line)| line.is_taking()).map(|(key, _)| *key);
        if waiting().next().is_none() {
            return Vec::new();
        }
        match self.store.changes() {
            Some(change) if mem::replace(&mut self.change, change) != change => waiting().collect(),
            _ => Vec::new(),
        }
    }

    /// Opens the tables, and writes what they lack.
    fn open(&mut self) -> Result<(), Trouble> {
        let Some(change) = self.store.open()? else { return Ok(()) };
        self.reset(change)
    }

    fn reset(&mut self, change: Change) -> Result<(), Trouble> {
        self.lines.values_mut().for_each(Line::forget_rows);
        // The number belongs to a connection.
        self.change = -1;
        let owner = self.owner;
        if change == Change::Fallback {
            let known: Vec<_> = self.lines.iter().map(|(key, line)| (*key, line.known.clone())).collect();
            let seeded = self.store.transact(Access::Write, &mut |work| {
                for (key, known) in &known {
                    let robot = work.robot(key)?;
                    for slot in &known.slots {
                        work.rows.add_slot(robot, owner, slot)?;
                    }
                    for (key, used) in &known.used {
                        let robot = work.robot(key)?;
                        work.rows.seed(robot, work.moment.month, *used)?;
                    }
                    for rest in &known.rests {
                        slots::rest(work, robot, rest.why, micros(rest.until))?;
                    }
                }
                Ok(())
            });
            return seeded.map(drop);
        }
        if !self.journal.is_empty() {
            let journal = &self.journal;
            let written = self.store.transact(Access::Write, &mut |work| journal.replay(work, owner))?;
            if written.is_none() {
                return if self.store.is_fallback() { self.reset(Change::Fallback) } else { Ok(()) };
            }
            self.journal.clear();
            tracing::info!(name: "dingtalk.state_works", "the shared state works again");
        }
        while let Some(mut write) = self.unwritten.pop_front() {
            match self.store.transact(Access::Write, &mut write) {
                Ok(_) => {}
                Err(trouble) if trouble.is_away() => {
                    self.unwritten.push_front(write);
                    return Err(trouble);
                }
                Err(trouble) => not_written(&trouble),
            }
        }
        Ok(())
    }

    /// Runs a transaction in the tables that can be used, with the waiters of this process.
    pub(crate) fn transact<T>(
        &mut self,
        access: Access,
        work: &mut dyn FnMut(&mut Work<'_>, &Lines) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        // The file, a file made anew, and the tables in memory.
        for _ in 0..3 {
            self.open()?;
            let file = self.store.file_id();
            let lines = &self.lines;
            if let Some(value) = self.store.transact(access, &mut |inner| work(inner, lines))? {
                return Ok(value);
            }
            self.after_loss(file)?;
        }
        Err(Trouble::unusable("state.db changes all the time"))
    }

    /// Adapts to other tables after a transaction that found its file unusable. Reports whether they are in memory.
    fn after_loss(&mut self, file: FileId) -> Result<bool, Trouble> {
        if self.store.is_fallback() {
            self.reset(Change::Fallback)?;
        } else if self.store.file().is_some() && self.store.file_id() != file {
            self.reset(Change::Opened)?;
        }
        Ok(self.store.is_fallback())
    }
}

fn not_written(trouble: &Trouble) {
    let reason = trouble.words();
    tracing::warn!(name: "dingtalk.state_not_written", reason, "an event was not stored: {reason}");
}

/// Returns the bounds within which this process uses a robot.
fn own_bounds<'a>(lines: &'a Lines, robot: &RobotKey) -> impl Iterator<Item = Bounds> + use<'a> {
    lines.get(robot).into_iter().flat_map(|line| line.bounds.iter().map(|(bounds, _)| *bounds))
}
