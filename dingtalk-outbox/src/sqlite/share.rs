//! Notifications of sources that have places of their own.

use std::time::SystemTime;

use dingtalk_core::{Envelope, Message};

use super::{
    items::{Work, count, milliseconds, time},
    trouble::Trouble,
};
use crate::outbox::{
    Admitted, Share, Submission,
    share::{COLLECTS, DIGESTS, LINES, MARKS, MINUTE, PREFIX, TOO_MANY},
};

/// Condition on a digest of the lane ?1, with ids from ?2, whose content no worker has read, and that was not tried.
const OPEN: &str = "lane = ?1 AND substr(id, 1, ?3) = ?2 AND id >= ?2 AND digest IS NULL AND attempts = 0
    AND may_have_arrived = 0 AND NOT (due IS NULL AND EXISTS (
        SELECT 1 FROM dingtalk_lane AS lane WHERE lane.lane = item.lane AND lane.claim IS NOT NULL AND lane.until > ?4
        AND number <= to_number AND (rank, position, page) <= (to_rank, to_position, to_page)))";

impl Work<'_> {
    pub(super) fn admit(&self, name: &str, submission: &Submission) -> Result<Admitted, Trouble> {
        let Submission { envelope, share, .. } = submission;
        if self.is_known(&envelope.id)? {
            return Ok(Admitted::Known);
        }
        let lane = self.lane(name)?;
        if self.suppress(lane, envelope)? {
            // The earlier one may have been told without them.
            self.mark(submission)?;
            return Ok(Admitted::Suppressed);
        }
        let source = share.notifications();
        let in_digest = self.is_excess(share)? || self.waiting(&source)? >= share.places;
        let admitted = if in_digest { self.merge_submission(lane, submission)? } else { Admitted::Added };
        let suppressed = self.record(lane, envelope)?;
        self.mark(submission)?;
        let counted = match &admitted {
            Admitted::Merged(digest) => digest.as_str(),
            _ => {
                self.insert(lane, envelope)?;
                self.add_notifications(lane, 1)?;
                if share.per_minute.is_some() {
                    self.note_added(self.lane(MARKS)?, &source, MINUTE)?;
                }
                &envelope.id
            }
        };
        if suppressed > 0 {
            let sql = "UPDATE dingtalk_item SET suppressed = suppressed + ?2 WHERE id = ?1";
            self.execute(sql, (counted, suppressed))?;
        }
        self.clean()?;
        Ok(admitted)
    }

    /// Reports that the source has added its notifications of this minute.
    fn is_excess(&self, share: &Share) -> Result<bool, Trouble> {
        let Some(most) = share.per_minute else { return Ok(false) };
        Ok(self.added(self.lane(MARKS)?, &share.notifications(), MINUTE)? >= i64::from(most))
    }

    /// Returns when the keys were marked.
    pub(super) fn marked(&self, keys: &[String]) -> Result<Vec<Option<SystemTime>>, Trouble> {
        let Some(lane) = self.known_lane(MARKS)? else { return Ok(vec![None; keys.len()]) };
        let sql =
            "SELECT at FROM dingtalk_dedupe WHERE lane = ?1 AND key = ?2 AND at <= ?3 AND at + span > ?3";
        let at = |key| self.first(sql, (lane, key, self.now), |row| Ok(time(row.get(0)?)));
        keys.iter().map(at).collect()
    }

    fn mark(&self, submission: &Submission) -> Result<(), Trouble> {
        if submission.marks.is_empty() {
            return Ok(());
        }
        let lane = self.lane(MARKS)?;
        let sql =
            "INSERT OR REPLACE INTO dingtalk_dedupe (lane, key, id, at, span) VALUES (?1, ?2, ?3, ?4, ?5)";
        let span = milliseconds(submission.marked_for);
        for key in &submission.marks {
            self.execute(sql, (lane, key, &submission.envelope.id, self.now, span))?;
        }
        Ok(())
    }

    /// Counts the unfinished items whose ids have this beginning.
    fn waiting(&self, beginning: &str) -> Result<usize, Trouble> {
        let sql = "SELECT count(*) FROM dingtalk_item WHERE id >= ?1 AND id < ?2";
        // The beginning has an end: no id contains this character.
        let end = format!("{beginning}\u{10ffff}");
        Ok(self.first(sql, [beginning, &end], |row| row.get(0))?.map_or(0, count))
    }

    /// Adds a submission to the digest of its source that waits, or to a new one.
    fn merge_submission(&self, lane: i64, submission: &Submission) -> Result<Admitted, Trouble> {
        let digests = submission.share.digests();
        let prefix = i64::try_from(PREFIX).unwrap_or(i64::MAX);
        let sql = format!(
            "SELECT item, id, envelope FROM dingtalk_item AS item WHERE {OPEN} ORDER BY number DESC LIMIT 1"
        );
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let open: Option<(i64, String, String)> =
            self.first(&sql, (lane, &digests, prefix, self.now), read)?;
        if let Some((item, id, envelope)) = open {
            let mut envelope: Envelope = serde_json::from_str(&envelope)?;
            let mut is_counted = true;
            if let Message::Text(text) = &mut envelope.message {
                is_counted = text.content.matches('\n').count() >= count(LINES);
                if !is_counted {
                    text.content.push('\n');
                    text.content.push_str(&submission.line);
                }
                submission.mention(&mut text.mentions);
            }
            let sql = "UPDATE dingtalk_item SET suppressed = suppressed + ?2, envelope = ?3 WHERE item = ?1";
            self.execute(sql, (item, is_counted, serde_json::to_string(&envelope)?))?;
            return Ok(Admitted::Merged(id));
        }
        if self.waiting(&digests)? >= count(DIGESTS) {
            return Err(Trouble::new(TOO_MANY));
        }
        let digest: Envelope = submission.digest();
        let item = self.insert(lane, &digest)?;
        let due = self.now.saturating_add(COLLECTS);
        self.execute("UPDATE dingtalk_item SET due = ?2 WHERE item = ?1", [item, due])?;
        self.add_notifications(lane, 1)?;
        Ok(Admitted::Merged(digest.id))
    }
}
