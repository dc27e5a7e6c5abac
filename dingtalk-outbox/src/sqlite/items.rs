//! Rows of items and lanes, and the counters.

use std::time::{Duration, SystemTime};

use dingtalk_core::{
    Envelope, ErrorKind,
    delivery::Urgency,
    queue::store::{Failure, Item, LanePending},
};
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Params, Row};

use super::trouble::Trouble;

/// Columns of an [`Entry`].
const ENTRY: &str = "item, id, lane, rank, position, members, attempts, may_have_arrived";

/// A transaction, with its time in milliseconds since 1970.
pub(super) struct Work<'a> {
    transaction: &'a Connection,
    pub(super) now: i64,
}

/// An item, as far as most steps need it.
pub(super) struct Entry {
    pub(super) item: i64,
    pub(super) id: String,
    pub(super) lane: i64,
    pub(super) rank: i64,
    pub(super) position: i64,
    /// Number of members of a digest; 0 for a notification.
    pub(super) members: i64,
    pub(super) attempts: u32,
    pub(super) may_have_arrived: bool,
}

/// An envelope that another program has written, and that cannot be read.
pub(super) struct Unreadable(pub(super) Failure);

/// Reads an envelope. One that this program or a newer version has written, and that cannot be read, is a trouble: the
/// newer version can read it. The failure of an unchecked one repeats nothing of it.
pub(super) fn read_envelope(json: &str, unchecked: bool) -> Result<Result<Envelope, Unreadable>, Trouble> {
    match serde_json::from_str(json) {
        Ok(envelope) => Ok(Ok(envelope)),
        Err(error) if unchecked => {
            let words = format!(
                "the message in `dingtalk_outbox` is invalid (column {} of its envelope); write it as documented",
                error.column()
            );
            Ok(Err(Unreadable(Failure::new(ErrorKind::Invalid, words))))
        }
        Err(error) => Err(error.into()),
    }
}

/// Rank of items that are not urgent.
pub(super) const NORMAL: i64 = 1;

pub(super) fn rank(urgency: Urgency) -> i64 {
    i64::from(urgency != Urgency::Urgent)
}

/// Milliseconds since 1970; 0 for a time before that.
pub(super) fn since_1970(time: SystemTime) -> i64 {
    milliseconds(time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

/// Milliseconds of a span, rounded up, so that nothing is due too early.
pub(super) fn milliseconds(span: Duration) -> i64 {
    let exact = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    if span.subsec_nanos().is_multiple_of(1_000_000) { exact } else { exact.saturating_add(1) }
}

pub(super) fn time(milliseconds: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + span(milliseconds)
}

pub(super) fn span(milliseconds: i64) -> Duration {
    Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0))
}

pub(super) fn count(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

impl Entry {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            item: row.get(0)?,
            id: row.get(1)?,
            lane: row.get(2)?,
            rank: row.get(3)?,
            position: row.get(4)?,
            members: row.get(5)?,
            attempts: row.get(6)?,
            may_have_arrived: row.get(7)?,
        })
    }

    pub(super) fn is_digest(&self) -> bool {
        self.members > 0
    }
}

impl<'a> Work<'a> {
    pub(super) fn new(transaction: &'a Connection, now: SystemTime) -> Self {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { transaction, now: i64::try_from(now.as_millis()).unwrap_or(i64::MAX) }
    }

    pub(super) fn statement(&self, sql: &str) -> Result<CachedStatement<'_>, Trouble> {
        Ok(self.transaction.prepare_cached(sql)?)
    }

    pub(super) fn execute(&self, sql: &str, params: impl Params) -> Result<usize, Trouble> {
        Ok(self.statement(sql)?.execute(params)?)
    }

    /// Returns the first row, if there is one.
    pub(super) fn first<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Trouble> {
        Ok(self.statement(sql)?.query_row(params, read).optional()?)
    }

    pub(super) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Trouble> {
        Ok(self.statement(sql)?.query_map(params, read)?.collect::<Result<_, _>>()?)
    }

    /// Returns the first item that fulfils a condition.
    pub(super) fn entry(&self, condition: &str, params: impl Params) -> Result<Option<Entry>, Trouble> {
        self.first(&format!("SELECT {ENTRY} FROM dingtalk_item AS item {condition}"), params, Entry::read)
    }

    /// Returns the number of a lane, if it has one.
    pub(super) fn known_lane(&self, name: &str) -> Result<Option<i64>, Trouble> {
        self.first("SELECT lane FROM dingtalk_lane WHERE name = ?1", [name], |row| row.get(0))
    }

    /// Returns the number of a lane, which is added unless it exists.
    pub(super) fn lane(&self, name: &str) -> Result<i64, Trouble> {
        match self.known_lane(name)? {
            Some(lane) => Ok(lane),
            None => Ok(self.statement("INSERT INTO dingtalk_lane (name) VALUES (?1)")?.insert([name])?),
        }
    }

    pub(super) fn lane_name(&self, lane: i64) -> Result<String, Trouble> {
        let name = self.first("SELECT name FROM dingtalk_lane WHERE lane = ?1", [lane], |row| row.get(0))?;
        name.ok_or_else(|| Trouble::new("a lane is missing"))
    }

    pub(super) fn next_number(&self) -> Result<i64, Trouble> {
        let next = "UPDATE dingtalk_meta SET number = number + 1 RETURNING number";
        Ok(self.statement(next)?.query_row([], |row| row.get(0))?)
    }

    pub(super) fn notifications(&self) -> Result<usize, Trouble> {
        let sql = "SELECT notifications FROM dingtalk_meta";
        Ok(count(self.statement(sql)?.query_row([], |row| row.get(0))?))
    }

    /// Changes the numbers of notifications, of all lanes and of one.
    pub(super) fn add_notifications(&self, lane: i64, more: i64) -> Result<(), Trouble> {
        self.execute("UPDATE dingtalk_meta SET notifications = notifications + ?1", [more])?;
        self.execute(
            "UPDATE dingtalk_lane SET notifications = notifications + ?2 WHERE lane = ?1",
            [lane, more],
        )?;
        Ok(())
    }

    /// Adds an item at the end of its lane, and returns its row.
    pub(super) fn insert(&self, lane: i64, envelope: &Envelope) -> Result<i64, Trouble> {
        self.insert_json(lane, envelope, &serde_json::to_string(envelope)?, false)
    }

    /// Adds an item with this stored form of its envelope, which may be `unchecked`.
    pub(super) fn insert_json(
        &self,
        lane: i64,
        envelope: &Envelope,
        json: &str,
        unchecked: bool,
    ) -> Result<i64, Trouble> {
        let number = self.next_number()?;
        let sql =
            "INSERT INTO dingtalk_item (id, lane, rank, number, position, due, expires, enqueued, unchecked, envelope)
             VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9)";
        let due = envelope.not_before.map(since_1970).filter(|at| *at > self.now);
        let expires = envelope.expires_at.map(since_1970);
        let rank = rank(envelope.urgency);
        let row = (&envelope.id, lane, rank, number, due, expires, self.now, unchecked, json);
        Ok(self.statement(sql)?.insert(row)?)
    }

    /// Returns the content of a claimed item, or the reason for which it cannot be read.
    pub(super) fn item(&self, item: i64) -> Result<Result<Item, Unreadable>, Trouble> {
        let sql =
            "SELECT envelope, enqueued, attempts, interrupted, may_have_arrived, alone, suppressed, failure,
             unchecked, members FROM dingtalk_item WHERE item = ?1";
        let mut statement = self.statement(sql)?;
        let mut rows = statement.query([item])?;
        let Some(row) = rows.next()? else { return Err(Trouble::new("an item is missing")) };
        let envelope: String = row.get(0)?;
        let envelope = match read_envelope(&envelope, row.get(8)?)? {
            Ok(envelope) => envelope,
            Err(unreadable) => return Ok(Err(unreadable)),
        };
        let mut item_read = Item::new(envelope, time(row.get(1)?), 0);
        item_read.attempts = row.get(2)?;
        item_read.interrupted = row.get(3)?;
        item_read.may_have_arrived = row.get(4)?;
        item_read.alone = row.get(5)?;
        item_read.suppressed = row.get(6)?;
        let failure: Option<String> = row.get(7)?;
        item_read.last_failure = failure.map(|json| serde_json::from_str(&json)).transpose()?;
        if row.get::<_, i64>(9)? > 0 {
            let members = "SELECT id FROM dingtalk_item WHERE digest = ?1 ORDER BY member";
            item_read.members = self.all(members, [item], |row| row.get(0))?;
        }
        Ok(Ok(item_read))
    }

    pub(super) fn pending(&self, lane: &str) -> Result<LanePending, Trouble> {
        let sql = "SELECT notifications, coalesce((SELECT max(members, 1) FROM dingtalk_item WHERE item = sending), 0)
             FROM dingtalk_lane WHERE name = ?1";
        let pending = |row: &Row<'_>| pending(row.get(0)?, row.get(1)?);
        Ok(self.first(sql, [lane], pending)?.unwrap_or_default())
    }

    pub(super) fn lanes(&self) -> Result<Vec<(String, LanePending)>, Trouble> {
        let sql =
            "SELECT notifications, coalesce((SELECT max(members, 1) FROM dingtalk_item WHERE item = sending), 0), name
             FROM dingtalk_lane WHERE notifications > 0 ORDER BY name";
        self.all(sql, [], |row| Ok((row.get(2)?, pending(row.get(0)?, row.get(1)?)?)))
    }
}

#[allow(clippy::unnecessary_wraps, reason = "the end of reading a row")]
fn pending(notifications: i64, sending: i64) -> rusqlite::Result<LanePending> {
    Ok(LanePending::new(count(notifications - sending), count(sending)))
}
