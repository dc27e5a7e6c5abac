//! Rows of the tables in PostgreSQL, within one transaction. Robots are read as a whole, with one request, and changes
//! are sent together with the end of the transaction.
//!
//! All times here are those of this process's clock. They are moved to that of the server, and back, by the difference
//! that was seen when the robot was read.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashSet},
    fmt::Write as _,
    sync::Arc,
};

use dingtalk_core::delivery::{
    RobotKey, Urgency,
    window::{log::Rest, month::month_at},
};
use tokio::runtime::Runtime;
use tokio_postgres::{Row as Answer, types::ToSql};

use super::{
    connection::Postgres,
    link::{Link, wait},
    session::Session,
    trouble,
};
use crate::{
    clock::Reading,
    line::Known,
    moment::{Access, Moment},
    records::{Bounds, Count, Row, Slot, Usage},
    rows::Rows,
    slots,
    trouble::Trouble,
    units::{duration, micros},
};

/// Tables within a transaction.
pub(super) struct PostgresRows<'a> {
    pub(super) runtime: &'a Runtime,
    pub(super) link: &'a Link,
    pub(super) postgres: &'a Postgres,
    /// By which others know that this process is running, once it has claimed a call.
    pub(super) session: &'a Arc<Session>,
    pub(super) egress: &'a str,
    pub(super) access: Access,
    pub(super) clock: &'a dyn Fn() -> Reading,
    /// Time and month in place of the server's, in tests.
    pub(super) given: Option<(i64, i64)>,
    /// First failure of the database.
    pub(super) failure: RefCell<Option<trouble::Trouble>>,
    /// Robots that were read, by row.
    pub(super) robots: RefCell<BTreeMap<i64, Robot>>,
    pub(super) moment: Cell<Moment>,
    /// Time by which the server's clock is ahead.
    pub(super) ahead: Cell<i64>,
    pub(super) begun: Cell<bool>,
    pub(super) removed: RefCell<HashSet<i64>>,
    pub(super) writes: RefCell<String>,
    /// Set if the writes must survive a crash of the server.
    pub(super) durable: Cell<bool>,
    /// Time of the last sign of life.
    pub(super) signed: Cell<i64>,
}

/// Everything that is stored of a robot.
#[derive(Default)]
pub(super) struct Robot {
    key: Option<RobotKey>,
    slots: Vec<Slot>,
    rests: Vec<Rest>,
    waiting: Vec<(Row, i64)>,
    /// Bounds, with the time at which they were last seen.
    paces: Vec<(Bounds, i64)>,
    month: i64,
    usage: Usage,
}

/// Row of a robot that does not exist, for the rests of all.
const NOBODY: i64 = 0;

/// Time for which a sign of life is not repeated, in microseconds.
const SIGNS: i64 = 400_000;

/// Ends a transaction without waiting for the disk of the server.
const UNSYNCED: &str = "SET LOCAL synchronous_commit = off;";

impl PostgresRows<'_> {
    /// Runs a request. The words of a failure are for the caller, the failure itself for the end of the transaction.
    pub(super) fn request<T: Send + 'static>(
        &self,
        request: impl Future<Output = Result<T, trouble::Trouble>> + Send + 'static,
    ) -> Result<T, Trouble> {
        self.checked(wait(self.runtime, request))
    }

    /// Keeps the reason of a failure.
    pub(super) fn checked<T>(&self, result: Result<T, trouble::Trouble>) -> Result<T, Trouble> {
        result.map_err(|trouble| {
            let words = Trouble::unusable(trouble.words());
            self.failure.borrow_mut().get_or_insert(trouble);
            words
        })
    }

    /// Adds a write that survives a crash of the server.
    pub(super) fn write(&self, sql: std::fmt::Arguments<'_>) {
        self.durable.set(true);
        self.write_lightly(sql);
    }

    /// Adds a write that may be lost with the last moments before a crash of the server.
    fn write_lightly(&self, sql: std::fmt::Arguments<'_>) {
        let mut writes = self.writes.borrow_mut();
        // A string takes everything.
        let _ = writes.write_fmt(sql);
        writes.push(';');
    }

    /// Returns a time of the server's clock.
    fn server(&self, at: i64) -> i64 {
        at.saturating_add(self.ahead.get())
    }

    /// Returns a time of this process's clock.
    pub(super) fn local(&self, time: i64) -> i64 {
        time.saturating_sub(self.ahead.get())
    }

    /// Adopts the server's time.
    pub(super) fn see_time(&self, now: i64) {
        let at = micros((self.clock)().since_boot);
        self.ahead.set(now - at);
        self.moment.set(Moment { at, ..self.moment.get() });
    }

    /// Returns what ends the transaction, if it has begun or changes something.
    pub(super) fn end(&self) -> Option<String> {
        let writes = self.writes.take();
        if writes.is_empty() {
            return self.begun.get().then(|| format!("{UNSYNCED}COMMIT"));
        }
        let mut sql = if self.begun.get() { String::new() } else { "BEGIN;".to_owned() };
        if !self.durable.get() {
            sql += UNSYNCED;
        }
        sql += &writes;
        let robots = self.robots.borrow();
        let robots: Vec<String> = robots.keys().filter(|row| **row != NOBODY).map(i64::to_string).collect();
        if self.begun.get() && !robots.is_empty() {
            let (robots, seen) = (robots.join(","), self.server(self.moment.get().at));
            let _ = write!(
                sql,
                "UPDATE robot SET seen = greatest(seen, {seen}), change = change + 1 WHERE robot IN ({robots});"
            );
        }
        Some(sql + "COMMIT")
    }

    /// Reads a robot, and locks it if the transaction writes.
    fn load(&self, key: &RobotKey) -> Result<Option<i64>, Trouble> {
        let (link, egress) = (self.link.clone(), self.egress.to_owned());
        let (bytes, locks) = (key.as_bytes().to_vec(), self.access == Access::Write);
        let (clock, month) = self.given.unzip();
        let begins = locks && !self.begun.replace(true);
        let answer = self.request(async move {
            let client = Arc::clone(&link.client);
            let values: [&(dyn ToSql + Sync); 5] = [&bytes, &egress, &clock, &month, &locks];
            let read = client.query_one(&link.read, &values);
            if !begins {
                return Ok(read.await?);
            }
            // Both are sent at once, in this order.
            let (begun, read) = tokio::join!(biased; client.batch_execute("BEGIN"), read);
            begun?;
            Ok(read?)
        })?;
        self.checked(self.add(*key, &answer))
    }

    pub(super) fn add(&self, key: RobotKey, answer: &Answer) -> Result<Option<i64>, trouble::Trouble> {
        let now: i64 = answer.try_get("o_now")?;
        self.see_time(now);
        let local = |time: i64| self.local(time);
        let full_at: Option<i64> = answer.try_get("o_full_at")?;
        let mut moment = self.moment.get();
        moment.full_at = full_at.map(local);
        moment.month = answer.try_get("o_month")?;
        if self.given.is_none() {
            let month = month_at(std::time::SystemTime::UNIX_EPOCH + duration(now));
            (moment.month_left, moment.month_length) = (month.left, month.length);
        }
        self.moment.set(moment);
        let numbers = |name: &str| -> Result<Vec<i64>, trouble::Trouble> { Ok(answer.try_get(name)?) };
        let mut robot = Robot { key: Some(key), month: moment.month, ..Robot::default() };
        for slot in numbers("o_slots")?.as_chunks::<5>().0 {
            let [id, month, begun, ends_by, ended] = *slot;
            let ended = (ended >= 0).then(|| local(ended));
            robot.slots.push(Slot { id, month, begun: local(begun), ends_by: local(ends_by), ended });
        }
        for [block, until] in numbers("o_rests")?.as_chunks::<2>().0 {
            robot.rests.push(Rest { until: duration(local(*until)), why: slots::block(*block) });
        }
        for [waiter, urgent, sender, alive_until] in numbers("o_waiting")?.as_chunks::<4>().0 {
            let urgency = if *urgent == 1 { Urgency::Urgent } else { Urgency::Normal };
            let row = Row { waiter: *waiter, urgency, alive_until: local(*alive_until) };
            robot.waiting.push((row, *sender));
        }
        for [slots, reserve, span, seen] in numbers("o_paces")?.as_chunks::<4>().0 {
            let number = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
            robot.paces.push((Bounds::of_numbers(number(*slots), number(*reserve), *span), local(*seen)));
        }
        if let [used, delivered, refused] = numbers("o_used")?[..] {
            robot.usage = Usage { used, delivered, refused };
        }
        let row: Option<i64> = answer.try_get("o_robot")?;
        self.robots.borrow_mut().insert(row.unwrap_or(NOBODY), robot);
        Ok(row)
    }

    /// Returns the slots and rests of the only robot that was read.
    pub(super) fn known(&self) -> Known {
        let robot = self.robots.take().pop_first().map(|(_, robot)| robot).unwrap_or_default();
        Known { slots: robot.slots, rests: robot.rests, used: Vec::new() }
    }

    /// Uses what was read of a robot.
    fn of<T>(&self, robot: i64, read: impl FnOnce(&mut Robot) -> T) -> Result<T, Trouble> {
        let mut robots = self.robots.borrow_mut();
        let robot = robots.get_mut(&robot).ok_or_else(|| Trouble::unusable("a robot was not read"))?;
        Ok(read(robot))
    }
}

impl Rows for PostgresRows<'_> {
    fn robot(&self, key: &RobotKey, _: bool) -> Result<Option<i64>, Trouble> {
        let known = self.robots.borrow();
        if let Some((row, _)) = known.iter().find(|(_, robot)| robot.key.as_ref() == Some(key)) {
            return Ok(Some(*row).filter(|row| *row != NOBODY));
        }
        drop(known);
        self.load(key)
    }

    fn moment(&self) -> Option<Moment> {
        Some(self.moment.get())
    }

    fn robots(&self) -> Result<Vec<RobotKey>, Trouble> {
        let link = self.link.clone();
        let keys = self.request(async move {
            let rows = link.client.query(&link.robots, &[]).await?;
            let keys: Result<Vec<Vec<u8>>, _> = rows.iter().map(|row| row.try_get(0)).collect();
            Ok(keys?)
        })?;
        Ok(keys
            .iter()
            .filter_map(|key| Some(RobotKey::from_bytes(key.as_slice().try_into().ok()?)))
            .collect())
    }

    fn slots(&self, robot: i64) -> Result<Vec<Slot>, Trouble> {
        self.of(robot, |robot| robot.slots.clone())
    }

    fn add_slot(&self, robot: i64, _: i64, slot: &Slot) -> Result<(), Trouble> {
        self.of(robot, |robot| robot.slots.push(*slot))?;
        let Slot { id, month, begun, ends_by, ended } = *slot;
        let (begun, ends_by) = (self.server(begun), self.server(ends_by));
        let ended = ended.map_or_else(|| "NULL".to_owned(), |ended| self.server(ended).to_string());
        self.write(format_args!(
            "INSERT INTO slot (robot, slot, month, begun, ends_by, ended)
             VALUES ({robot}, {id}, {month}, {begun}, {ends_by}, {ended}) ON CONFLICT DO NOTHING"
        ));
        Ok(())
    }

    fn remove_slots(&self, robot: i64, until: i64) -> Result<(), Trouble> {
        let is_gone = |slot: &Slot| slot.ended.unwrap_or(slot.ends_by) <= until;
        let gone = self.of(robot, |robot| robot.slots.extract_if(.., |slot| is_gone(slot)).count())?;
        if gone > 0 {
            let until = self.server(until);
            self.write(format_args!(
                "DELETE FROM slot WHERE robot = {robot} AND coalesce(ended, ends_by) <= {until}"
            ));
        }
        Ok(())
    }

    fn end_slot(&self, robot: i64, slot: i64, at: i64) -> Result<Option<i64>, Trouble> {
        let ended = self.of(robot, |robot| {
            let known = robot.slots.iter_mut().find(|known| known.id == slot && known.ended.is_none())?;
            let ended = at.min(known.ends_by);
            known.ended = Some(ended);
            Some((known.month, ended))
        })?;
        let Some((month, ended)) = ended else { return Ok(None) };
        let ended = self.server(ended);
        self.write(format_args!("UPDATE slot SET ended = {ended} WHERE robot = {robot} AND slot = {slot}"));
        Ok(Some(month))
    }

    fn take_slot_back(&self, robot: i64, slot: i64, at: i64) -> Result<Option<i64>, Trouble> {
        let month = self.of(robot, |robot| {
            let is_open = |known: &Slot| known.id == slot && known.ended.is_none() && known.ends_by > at;
            let index = robot.slots.iter().position(is_open)?;
            Some(robot.slots.swap_remove(index).month)
        })?;
        if month.is_some() {
            self.write(format_args!("DELETE FROM slot WHERE robot = {robot} AND slot = {slot}"));
        }
        Ok(month)
    }

    fn rest(&self, robot: Option<i64>, block: i64, until: i64, now: i64) -> Result<(), Trouble> {
        let (robot, span) = (robot.unwrap_or(NOBODY), until.saturating_sub(now));
        let egress = if robot == NOBODY { self.egress.replace('\'', "''") } else { String::new() };
        let until = self.server(until);
        self.write(format_args!(
            "INSERT INTO rest (robot, egress, block, until, span) VALUES ({robot}, '{egress}', {block}, {until}, {span})
             ON CONFLICT (robot, egress, block) DO UPDATE SET until = greatest(rest.until, excluded.until),
                 span = greatest(rest.span, excluded.span)"
        ));
        Ok(())
    }

    fn rests(&self, robot: Option<i64>, now: i64) -> Result<Vec<Rest>, Trouble> {
        let now = duration(now);
        self.of(robot.unwrap_or(NOBODY), |robot| {
            robot.rests.iter().filter(|rest| rest.until > now).copied().collect()
        })
    }

    fn waiting(&self, robot: i64, owner: i64, now: i64) -> Result<Vec<Row>, Trouble> {
        let removed = self.removed.borrow();
        self.of(robot, |robot| {
            let waits = |(row, sender): &&(Row, i64)| {
                (row.alive_until > now || *sender == owner) && !removed.contains(&row.waiter)
            };
            robot.waiting.iter().filter(waits).map(|(row, _)| *row).collect()
        })
    }

    fn add_waiter(&self, robot: i64, urgency: Urgency, waiter: i64, owner: i64) -> Result<(), Trouble> {
        let urgent = urgency == Urgency::Urgent;
        self.write_lightly(format_args!(
            "INSERT INTO waiter (waiter, robot, urgent, sender) VALUES ({waiter}, {robot}, {urgent}, {owner})"
        ));
        Ok(())
    }

    fn remove_waiter(&self, waiter: i64) -> Result<(), Trouble> {
        self.removed.borrow_mut().insert(waiter);
        self.write_lightly(format_args!("DELETE FROM waiter WHERE waiter = {waiter}"));
        Ok(())
    }

    fn keep_alive(&self, owner: i64, _: &str, now: i64, until: i64) -> Result<(), Trouble> {
        if (now - SIGNS..=now).contains(&self.signed.get()) {
            return Ok(());
        }
        self.signed.set(now);
        let (now, until) = (self.server(now), self.server(until));
        self.write_lightly(format_args!(
            "INSERT INTO sender (sender, alive_until) VALUES ({owner}, {until})
             ON CONFLICT (sender) DO UPDATE SET alive_until = excluded.alive_until"
        ));
        // Another program may be removing the same ones.
        self.write_lightly(format_args!(
            "WITH gone AS (DELETE FROM sender WHERE sender IN (
                 SELECT sender FROM sender WHERE alive_until <= {now} AND sender <> {owner} FOR UPDATE SKIP LOCKED)
                 RETURNING sender)
             DELETE FROM waiter WHERE sender IN (SELECT sender FROM gone)"
        ));
        Ok(())
    }

    fn add_bounds(&self, robot: i64, bounds: Bounds, now: i64, outdated: i64) -> Result<(), Trouble> {
        let ((slots, reserve, span), now, outdated) =
            (bounds.numbers(), self.server(now), self.server(outdated));
        self.write_lightly(format_args!("DELETE FROM pace WHERE robot = {robot} AND seen <= {outdated}"));
        self.write_lightly(format_args!(
            "INSERT INTO pace (robot, slots, reserve, span, seen) VALUES ({robot}, {slots}, {reserve}, {span}, {now})
             ON CONFLICT (robot, slots, reserve, span) DO UPDATE SET seen = excluded.seen"
        ));
        Ok(())
    }

    fn bounds(&self, robot: i64, since: i64) -> Result<Option<Bounds>, Trouble> {
        self.of(robot, |robot| {
            let lately = robot.paces.iter().filter(|(_, seen)| *seen > since);
            lately.map(|(bounds, _)| *bounds).reduce(Bounds::strictest)
        })
    }

    fn count(&self, robot: i64, month: i64, count: Count) -> Result<(), Trouble> {
        let Count { used, delivered, refused } = count;
        self.write(format_args!(
            "INSERT INTO month (robot, month, used, delivered, refused)
             VALUES ({robot}, {month}, greatest(0, {used}), {delivered}, {refused})
             ON CONFLICT (robot, month) DO UPDATE SET used = greatest(0, month.used + {used}),
                 delivered = month.delivered + {delivered}, refused = month.refused + {refused}"
        ));
        Ok(())
    }

    fn seed(&self, robot: i64, month: i64, used: i64) -> Result<(), Trouble> {
        self.write(format_args!(
            "INSERT INTO month (robot, month, used) VALUES ({robot}, {month}, {used}) ON CONFLICT DO NOTHING"
        ));
        Ok(())
    }

    fn usage(&self, robot: i64, month: i64) -> Result<Usage, Trouble> {
        self.of(robot, |robot| if robot.month == month { robot.usage } else { Usage::default() })
    }

    fn used(&self, robots: &[RobotKey], month: i64) -> Result<Vec<(RobotKey, i64)>, Trouble> {
        let (link, locks) = (self.link.clone(), self.begun.get());
        let keys: Vec<Vec<u8>> = robots.iter().map(|key| key.as_bytes().to_vec()).collect();
        // The first robot stands for the quota.
        let lock =
            keys.iter().min().and_then(|key| key.first_chunk()).map_or(0, |first| i32::from_be_bytes(*first));
        let rows = self.request(async move {
            let client = Arc::clone(&link.client);
            let values: [&(dyn ToSql + Sync); 2] = [&keys, &month];
            let read = client.query(&link.used, &values);
            if !locks {
                return Ok(read.await?);
            }
            let lock =
                format!("SELECT pg_advisory_xact_lock(hashtext('quota ' || current_schema()), {lock})");
            let (locked, read) = tokio::join!(biased; client.batch_execute(&lock), read);
            locked?;
            Ok(read?)
        })?;
        let read = |row: &Answer| {
            let key: Vec<u8> = row.try_get(0).ok()?;
            Some((RobotKey::from_bytes(key.as_slice().try_into().ok()?), row.try_get(1).ok()?))
        };
        Ok(rows.iter().filter_map(read).collect())
    }
}

/// Returns the name of this machine, by which its address is known unless it has another name.
pub(crate) fn host_name() -> String {
    #[cfg(unix)]
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    let name = std::env::var("COMPUTERNAME").unwrap_or_default();
    if name.is_empty() { "unnamed".to_owned() } else { name }
}
