//! Ends of notifications: delivered ones and dead letters.

use dingtalk_core::{
    Envelope, Message,
    queue::store::{DeadLetter, Enqueued, Failure, Loss},
};

use super::{
    items::{Entry, Unreadable, Work, count, read_envelope, time},
    trouble::Trouble,
};

const DAY: i64 = 24 * 60 * 60 * 1000;

/// Time between two removals of rows that no longer matter: ten minutes.
const CLEANING: i64 = 10 * 60 * 1000;

/// Maximum number of rows of one kind that one transaction removes.
const OLD: i64 = 256;

/// Text in place of a message that cannot be read.
const UNREADABLE: &str = "(a message that cannot be read)";

/// Time for which ids of finished notifications are known.
const IDS: i64 = 7 * DAY;

/// Time for which dead letters are kept.
const LETTERS: i64 = 30 * DAY;

/// End of a notification or a digest. The numbers are those in the table.
#[derive(Debug, Clone, Copy)]
pub(super) enum Finish {
    Delivered = 0,
    Dead = 1,
    Unmerged = 2,
    Removed = 3,
}

/// A notification that is finished.
pub(super) struct Finished {
    id: String,
    pub(super) envelope: String,
    unchecked: bool,
    pub(super) enqueued: i64,
}

impl Work<'_> {
    /// Removes an item that is finished; for a digest, its members too, which are returned.
    pub(super) fn forget(&self, entry: &Entry, finish: Finish) -> Result<Vec<Finished>, Trouble> {
        let condition = if entry.is_digest() { "digest = ?1 ORDER BY member" } else { "item = ?1" };
        let sql = format!("SELECT id, envelope, unchecked, enqueued FROM dingtalk_item WHERE {condition}");
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Finished {
                id: row.get(0)?,
                envelope: row.get(1)?,
                unchecked: row.get(2)?,
                enqueued: row.get(3)?,
            })
        };
        let finished = self.all(&sql, [entry.item], read)?;
        self.execute("DELETE FROM dingtalk_item WHERE item = ?1 OR digest = ?1", [entry.item])?;
        self.remember(&entry.id, finish)?;
        for Finished { id, .. } in &finished {
            self.remember(id, finish)?;
        }
        self.add_notifications(entry.lane, -i64::try_from(finished.len()).unwrap_or(0))?;
        Ok(finished)
    }

    pub(super) fn remember(&self, id: &str, finish: Finish) -> Result<(), Trouble> {
        let sql = "INSERT OR REPLACE INTO dingtalk_done (id, at, outcome) VALUES (?1, ?2, ?3)";
        self.execute(sql, (id, self.now, finish as i64))?;
        Ok(())
    }

    /// Turns an item, or the members of a digest, into dead letters.
    pub(super) fn bury(
        &self,
        entry: &Entry,
        loss: Loss,
        failure: &Failure,
    ) -> Result<Vec<DeadLetter>, Trouble> {
        let lane = self.lane_name(entry.lane)?;
        let mut letters = Vec::new();
        for Finished { id, envelope: json, unchecked, .. } in self.forget(entry, Finish::Dead)? {
            let read = read_envelope(&json, unchecked)?;
            let unreadable = read.is_err().then_some(json);
            let (envelope, failure) = match read {
                Ok(envelope) => (envelope, failure.clone()),
                Err(Unreadable(reason)) => (Envelope::new(Message::text(UNREADABLE)).with_id(&*id), reason),
            };
            self.free_key(entry.lane, &envelope)?;
            let mut letter = DeadLetter::new(&*lane, envelope, loss, failure, time(self.now));
            (letter.attempts, letter.may_have_arrived) = (entry.attempts, entry.may_have_arrived);
            let sql = "INSERT INTO dingtalk_dead (id, at, letter, unreadable) VALUES (?1, ?2, ?3, ?4)";
            self.execute(sql, (id, self.now, serde_json::to_string(&letter)?, unreadable))?;
            letters.push(letter);
        }
        Ok(letters)
    }

    pub(super) fn dead_letters(&self, max: usize) -> Result<Vec<DeadLetter>, Trouble> {
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        let sql = "SELECT letter FROM dingtalk_dead ORDER BY dead DESC LIMIT ?1";
        let letters: Vec<String> = self.all(sql, [max], |row| row.get(0))?;
        Ok(letters.iter().map(|json| serde_json::from_str(json)).collect::<Result<_, _>>()?)
    }

    pub(super) fn redeliver(&self, id: &str, capacity: usize) -> Result<Option<Enqueued>, Trouble> {
        let sql = "SELECT letter, unreadable FROM dingtalk_dead WHERE id = ?1";
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let Some((letter, unreadable)) = self.first::<(String, Option<String>)>(sql, [id], read)? else {
            return Ok(None);
        };
        if self.notifications()? >= capacity {
            return Ok(Some(Enqueued::Full));
        }
        let letter: DeadLetter = serde_json::from_str(&letter)?;
        let mut envelope = letter.envelope;
        (envelope.expires_at, envelope.not_before) = (None, None);
        self.execute("DELETE FROM dingtalk_dead WHERE id = ?1", [id])?;
        let lane = self.lane(&letter.lane)?;
        let item = match unreadable {
            // A newer version may be able to read it.
            Some(json) => self.insert_json(lane, &envelope, &json, true)?,
            None => self.insert(lane, &envelope)?,
        };
        let sql = "UPDATE dingtalk_item SET may_have_arrived = ?2, failure = ?3 WHERE item = ?1";
        self.execute(sql, (item, letter.may_have_arrived, serde_json::to_string(&letter.failure)?))?;
        self.add_notifications(lane, 1)?;
        Ok(Some(Enqueued::Added))
    }

    /// Removes rows that no longer matter, if that was not done lately. Many of them are removed step by step.
    pub(super) fn clean(&self) -> Result<(), Trouble> {
        let sql = "SELECT 1 FROM dingtalk_meta WHERE cleaned > ?1 AND cleaned <= ?2";
        let lately = self.now.saturating_sub(CLEANING);
        if self.first(sql, [lately, self.now], |_| Ok(()))?.is_some() {
            return Ok(());
        }
        let ids = "DELETE FROM dingtalk_done WHERE id IN
             (SELECT id FROM dingtalk_done WHERE at < ?1 ORDER BY at LIMIT ?2)";
        let letters = "DELETE FROM dingtalk_dead WHERE dead IN
             (SELECT dead FROM dingtalk_dead WHERE at < ?1 ORDER BY at LIMIT ?2)";
        let more = self.execute(ids, [self.now.saturating_sub(IDS), OLD])? == count(OLD)
            || self.execute(letters, [self.now.saturating_sub(LETTERS), OLD])? == count(OLD)
            || self.remove_old_keys(OLD)?;
        if !more {
            self.execute("UPDATE dingtalk_meta SET cleaned = ?1", [self.now])?;
        }
        Ok(())
    }
}
