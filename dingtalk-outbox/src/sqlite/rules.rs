//! Keys of the rules for repetitions. Times after the current one were set by a clock that was set back, and no longer
//! matter.

use std::time::Duration;

use dingtalk_core::{
    Envelope,
    delivery::{Dedupe, Throttle},
};
use rusqlite::Row;

use super::{
    items::{Work, count, milliseconds},
    trouble::Trouble,
};

/// Time for which a count of suppressed notifications waits for the next notification with its key: a day.
const COUNTS: i64 = 24 * 60 * 60 * 1000;

impl Work<'_> {
    /// Reports whether a rule of this notification excludes it, and counts it if a throttle does. A copy of one that a
    /// throttle excludes is not counted again: it is known under its key until the throttle allows another one.
    pub(super) fn suppress(&self, lane: i64, envelope: &Envelope) -> Result<bool, Trouble> {
        if let Some(Dedupe { key, span, .. }) = &envelope.dedupe {
            let sql = "SELECT 1 FROM dingtalk_dedupe WHERE lane = ?1 AND key = ?2 AND at <= ?3 AND at > ?4";
            let since = self.now.saturating_sub(milliseconds(*span));
            if self.first(sql, (lane, key, self.now, since), |_| Ok(()))?.is_some() {
                return Ok(true);
            }
        }
        let Some(Throttle { key, limit, span, .. }) = &envelope.throttle else { return Ok(false) };
        let excluded = self.added(lane, key, *span)? >= i64::from(*limit).max(1);
        if excluded {
            let sql = "UPDATE dingtalk_throttle SET suppressed = suppressed + 1, at = ?3 WHERE lane = ?1 AND key = ?2";
            self.execute(sql, (lane, key, self.now))?;
            let sql = "SELECT min(at) FROM dingtalk_throttled WHERE lane = ?1 AND key = ?2";
            let oldest = self.first(sql, (lane, key), |row| row.get::<_, Option<i64>>(0))?.flatten();
            let free = oldest.unwrap_or(self.now).saturating_add(milliseconds(*span));
            if let Some(Dedupe { span, .. }) = &envelope.dedupe {
                let at = free.saturating_sub(milliseconds(*span)).min(self.now);
                self.record_key(lane, envelope, at)?;
            }
        }
        Ok(excluded)
    }

    /// Records the dedupe key of a notification, if it has one.
    fn record_key(&self, lane: i64, envelope: &Envelope, at: i64) -> Result<(), Trouble> {
        if let Some(Dedupe { key, span, .. }) = &envelope.dedupe {
            let sql = "INSERT OR REPLACE INTO dingtalk_dedupe (lane, key, id, at, span) VALUES (?1, ?2, ?3, ?4, ?5)";
            self.execute(sql, (lane, key, &envelope.id, at, milliseconds(*span)))?;
        }
        Ok(())
    }

    /// Records a notification that is added, and returns the number of those that its throttle suppressed before it.
    pub(super) fn record(&self, lane: i64, envelope: &Envelope) -> Result<i64, Trouble> {
        self.record_key(lane, envelope, self.now)?;
        let Some(Throttle { key, span, .. }) = &envelope.throttle else { return Ok(0) };
        let sql = "SELECT suppressed FROM dingtalk_throttle WHERE lane = ?1 AND key = ?2";
        let suppressed = self.first(sql, (lane, key), |row| row.get(0))?.unwrap_or(0);
        self.note_added(lane, key, *span)?;
        Ok(suppressed)
    }

    /// Counts the notifications that were added under the key of a throttle, and whose time has not passed.
    pub(super) fn added(&self, lane: i64, key: &str, span: Duration) -> Result<i64, Trouble> {
        let since = self.now.saturating_sub(milliseconds(span));
        let outdated =
            "DELETE FROM dingtalk_throttled WHERE lane = ?1 AND key = ?2 AND (at <= ?3 OR at > ?4)";
        self.execute(outdated, (lane, key, since, self.now))?;
        let sql = "SELECT count(*) FROM dingtalk_throttled WHERE lane = ?1 AND key = ?2";
        Ok(self.first(sql, (lane, key), |row| row.get(0))?.unwrap_or(0))
    }

    /// Notes a notification that is added under the key of a throttle.
    pub(super) fn note_added(&self, lane: i64, key: &str, span: Duration) -> Result<(), Trouble> {
        let sql = "INSERT OR REPLACE INTO dingtalk_throttle (lane, key, suppressed, at, span) VALUES (?1, ?2, 0, ?3, ?4)";
        self.execute(sql, (lane, key, self.now, milliseconds(span)))?;
        let sql = "INSERT INTO dingtalk_throttled (lane, key, at) VALUES (?1, ?2, ?3)";
        self.execute(sql, (lane, key, self.now))?;
        Ok(())
    }

    /// Frees the dedupe key of a notification that was given up.
    pub(super) fn free_key(&self, lane: i64, envelope: &Envelope) -> Result<(), Trouble> {
        if let Some(Dedupe { key, .. }) = &envelope.dedupe {
            let sql = "DELETE FROM dingtalk_dedupe WHERE lane = ?1 AND key = ?2 AND id = ?3";
            self.execute(sql, (lane, key, &envelope.id))?;
        }
        Ok(())
    }

    /// Frees the share of its throttle that a removed notification has taken when it was added.
    pub(super) fn free_share(&self, lane: i64, envelope: &Envelope, added: i64) -> Result<(), Trouble> {
        if let Some(Throttle { key, .. }) = &envelope.throttle {
            let sql = "DELETE FROM dingtalk_throttled WHERE rowid =
                 (SELECT rowid FROM dingtalk_throttled WHERE lane = ?1 AND key = ?2 AND at = ?3 LIMIT 1)";
            self.execute(sql, (lane, key, added))?;
        }
        Ok(())
    }

    /// Removes keys that no longer matter, up to `most` of each kind. Reports whether more are left.
    pub(super) fn remove_old_keys(&self, most: i64) -> Result<bool, Trouble> {
        let dedupes = "DELETE FROM dingtalk_dedupe WHERE (lane, key) IN
             (SELECT lane, key FROM dingtalk_dedupe WHERE at + span <= ?1 LIMIT ?2)";
        let removed = self.execute(dedupes, [self.now, most])?;
        let old = "SELECT lane, key FROM dingtalk_throttle WHERE at + span <= ?1 AND (suppressed = 0 OR at + ?2 <= ?1)
             LIMIT ?3";
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let throttles: Vec<(i64, String)> = self.all(old, [self.now, COUNTS, most], read)?;
        for row in &throttles {
            self.execute("DELETE FROM dingtalk_throttled WHERE lane = ?1 AND key = ?2", (row.0, &row.1))?;
            self.execute("DELETE FROM dingtalk_throttle WHERE lane = ?1 AND key = ?2", (row.0, &row.1))?;
        }
        Ok(removed.max(throttles.len()) == count(most))
    }
}
