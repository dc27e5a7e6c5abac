//! Rows of the table of calls, inside a transaction.

use dingtalk_core::delivery::{Attempt, DeliveredParts, RobotKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use rusqlite::{OptionalExtension as _, Row};
use sha2::Sha256;

use super::call::{Call, CallEnd, CallState, Earlier};
use crate::{
    database::Work,
    trouble::Trouble,
    units::{duration, micros},
};

/// Version of the keys. Another one makes all calls new: raise it if a program recognises calls by something else.
const VERSION: u8 = 1;

/// Time for which a call in progress stays in the table if its process is killed and nobody repeats it.
const ABANDONED_FOR: i64 = 24 * 60 * 60 * 1_000_000;

const IN_PROGRESS: i64 = 1;
const UNKNOWN: i64 = 2;
const DELIVERED: i64 = 3;
const QUEUED: i64 = 4;

/// Key of a row.
pub(super) type RowKey = [u8; 32];

/// Answer to a claim.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Granted { id: String, claim: i64, earlier: Option<Earlier> },
    InProgress { id: String },
    Delivered { id: String, age: std::time::Duration },
    Queued { id: String, age: std::time::Duration },
    OtherMessage,
}

/// A claim that was granted.
#[derive(Debug, Clone)]
pub(super) struct Granted {
    pub(super) key: RowKey,
    pub(super) claim: i64,
    pub(super) process: String,
}

struct Known {
    meaning: Option<RowKey>,
    id: String,
    state: i64,
    at: i64,
    process: String,
    robot: Option<RowKey>,
    delivered: u32,
    parts: u32,
}

impl Known {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            meaning: row.get(0)?,
            id: row.get(1)?,
            state: row.get(2)?,
            at: row.get(3)?,
            process: row.get(4)?,
            robot: row.get(5)?,
            delivered: row.get(6)?,
            parts: row.get(7)?,
        })
    }

    /// Returns the state, unless the call is forgotten. A call of `own` is none that is in progress: it was given up.
    fn state(
        &self,
        call: &Call,
        now: i64,
        own: Option<&str>,
        is_running: &dyn Fn(&str) -> bool,
    ) -> Option<CallState> {
        let age = now - self.at;
        match self.state {
            DELIVERED => (age < micros(call.delivered_for)).then_some(CallState::Delivered),
            UNKNOWN => (age < micros(call.unknown_for)).then_some(CallState::Unknown),
            QUEUED if call.settled.as_ref() == Some(&self.id) => None,
            QUEUED => (age < micros(call.queued_for)).then_some(CallState::Queued),
            _ if own != Some(&*self.process) && is_running(&self.process) => Some(CallState::InProgress),
            _ => (age < micros(call.unknown_for)).then_some(CallState::Abandoned),
        }
    }

    fn earlier(&self) -> Earlier {
        let count = |parts| usize::try_from(parts).unwrap_or(usize::MAX);
        let parts = DeliveredParts { count: count(self.delivered), of: count(self.parts) };
        Earlier { sender: self.robot.map(RobotKey::from_bytes), delivered: (self.parts > 1).then_some(parts) }
    }
}

/// Makes the key of a row.
fn row_key(work: &Work<'_>, of: &[u8]) -> Result<RowKey, Trouble> {
    let mut statement = work.sqlite()?.prepare_cached("SELECT secret FROM secret")?;
    let secret: Vec<u8> = statement.query_row([], |row| row.get(0))?;
    // HMAC takes keys of any length.
    let mut hmac = Hmac::<Sha256>::new_from_slice(&secret).map_err(|_| Trouble::Damaged)?;
    hmac.update(&[VERSION]);
    hmac.update(of);
    Ok(hmac.finalize().into_bytes().into())
}

fn find(work: &Work<'_>, key: &RowKey) -> Result<Option<Known>, Trouble> {
    let sql = "SELECT meaning, id, state, at, process, robot, delivered, parts FROM call WHERE key = ?1";
    Ok(work.sqlite()?.prepare_cached(sql)?.query_row([key], Known::read).optional()?)
}

/// Returns the state of a call that is remembered.
pub(super) fn look(
    work: &Work<'_>,
    call: &Call,
    own: Option<&str>,
    is_running: &dyn Fn(&str) -> bool,
) -> Result<Option<CallState>, Trouble> {
    let key = row_key(work, &call.key)?;
    Ok(find(work, &key)?.and_then(|known| known.state(call, work.moment.at, own, is_running)))
}

/// Decides on a call, and records a claim that is granted. `id` is for a message that was never sent.
pub(super) fn claim(
    work: &Work<'_>,
    call: &Call,
    id: &str,
    process: &str,
    is_running: &dyn Fn(&str) -> bool,
) -> Result<(RowKey, Decision), Trouble> {
    let now = work.moment.at;
    let key = row_key(work, &call.key)?;
    let meaning = call.meaning.as_deref().map(|meaning| row_key(work, meaning)).transpose()?;
    work.sqlite()?.prepare_cached("DELETE FROM call WHERE forget_at < ?1")?.execute([now])?;
    let known = find(work, &key)?;
    // Random: a claim that was rolled back has another number than the one after it.
    let claim = rand::random();
    let known =
        known.and_then(|known| known.state(call, now, Some(process), is_running).map(|state| (known, state)));
    let earlier = match known {
        Some((known, _)) if known.meaning != meaning => return Ok((key, Decision::OtherMessage)),
        Some((known, CallState::InProgress)) => return Ok((key, Decision::InProgress { id: known.id })),
        Some((known, CallState::Delivered)) => {
            return Ok((key, Decision::Delivered { id: known.id, age: duration(now - known.at) }));
        }
        Some((known, CallState::Queued)) => {
            return Ok((key, Decision::Queued { id: known.id, age: duration(now - known.at) }));
        }
        Some((known, CallState::Abandoned | CallState::Unknown)) => Some(known),
        None => None,
    };
    let forget_at = now + micros(call.unknown_for).max(ABANDONED_FOR);
    let id = match &earlier {
        Some(known) => {
            let sql = "UPDATE call SET state = ?2, claim = ?3, process = ?4, forget_at = ?5, earlier_at = at, at = ?6
                       WHERE key = ?1";
            let row = (key, IN_PROGRESS, claim, process, forget_at, now);
            work.sqlite()?.prepare_cached(sql)?.execute(row)?;
            known.id.clone()
        }
        None => {
            let sql = "INSERT OR REPLACE INTO call (key, meaning, id, state, at, forget_at, claim, process)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
            let row = (key, meaning, id, IN_PROGRESS, now, forget_at, claim, process);
            work.sqlite()?.prepare_cached(sql)?.execute(row)?;
            id.to_owned()
        }
    };
    Ok((key, Decision::Granted { id, claim, earlier: earlier.as_ref().map(Known::earlier) }))
}

/// Records the robot of an attempt and the parts before it. Reports whether the claim is known.
pub(super) fn begin(work: &Work<'_>, granted: &Granted, attempt: &Attempt) -> Result<bool, Trouble> {
    let sql = "UPDATE call SET robot = ?4, delivered = ?5, parts = ?6
               WHERE key = ?1 AND claim = ?2 AND process = ?3 AND state = ?7";
    let robot = attempt.robot.as_ref().map(RobotKey::as_bytes);
    let number = |parts| u32::try_from(parts).unwrap_or(u32::MAX);
    let (delivered, parts) = (number(attempt.delivered), number(attempt.parts));
    let Granted { key, claim, process } = granted;
    let row = (key, claim, process, robot, delivered, parts, IN_PROGRESS);
    Ok(work.sqlite()?.prepare_cached(sql)?.execute(row)? > 0)
}

/// Records the end of a claim, unless another claim has replaced it.
pub(super) fn end(work: &Work<'_>, granted: &Granted, call: &Call, end: CallEnd) -> Result<(), Trouble> {
    let now = work.moment.at;
    let Granted { key, claim, process } = granted;
    let (state, remembered) = match end {
        CallEnd::Delivered => (DELIVERED, call.delivered_for),
        CallEnd::Unknown => (UNKNOWN, call.unknown_for),
        CallEnd::Queued => (QUEUED, call.queued_for),
        CallEnd::NotSent => {
            // A message that was not sent this time is as it was before.
            let sql =
                "DELETE FROM call WHERE key = ?1 AND claim = ?2 AND process = ?3 AND earlier_at IS NULL";
            work.sqlite()?.prepare_cached(sql)?.execute((key, claim, process))?;
            let sql = "UPDATE call SET state = ?4, at = earlier_at, forget_at = earlier_at + ?5
                       WHERE key = ?1 AND claim = ?2 AND process = ?3";
            let row = (key, claim, process, UNKNOWN, micros(call.unknown_for));
            work.sqlite()?.prepare_cached(sql)?.execute(row)?;
            return Ok(());
        }
    };
    let sql =
        "UPDATE call SET state = ?4, at = ?5, forget_at = ?6 WHERE key = ?1 AND claim = ?2 AND process = ?3";
    let row = (key, claim, process, state, now, now + micros(remembered));
    work.sqlite()?.prepare_cached(sql)?.execute(row)?;
    Ok(())
}
