//! Entries, as operators see them.

use std::time::Duration;

use dingtalk_core::{
    Envelope,
    delivery::Urgency,
    queue::store::{DeadLetter, LanePending},
};
use rusqlite::{Row, params};

use super::{
    dead::{Finish, Finished},
    items::{Work, count, milliseconds, time},
    trouble::Trouble,
};
use crate::outbox::{Entry, EntryState, Filter, Kind, LaneStats, Page, Removal, Standing, Stats};

/// Number of rows that are read for one page.
const SCANNED: i64 = 10_000;

/// Maximum number of entries on a page.
const PAGE: usize = 1000;

/// Number of dead letters that one transaction removes.
const PURGED: i64 = 500;

/// Columns of an entry that is not finished; ?1 is set if its content is included.
const ENTRY: &str =
    "SELECT item.item, item.id, lane.name, CASE WHEN json_valid(envelope) THEN envelope ->> '$.robot' END, rank,
    due, (SELECT id FROM dingtalk_item AS digests WHERE digests.item = item.digest), enqueued, expires, attempts,
    may_have_arrived, failure, members, item.item IS lane.sending, CASE WHEN ?1 THEN envelope END
    FROM dingtalk_item AS item JOIN dingtalk_lane AS lane ON lane.lane = item.lane";

fn urgency(rank: i64) -> Urgency {
    if rank == 0 { Urgency::Urgent } else { Urgency::Normal }
}

impl Work<'_> {
    fn read_entry(&self, row: &Row<'_>) -> rusqlite::Result<(i64, Entry)> {
        let (due, digest): (Option<i64>, Option<String>) = (row.get(5)?, row.get(6)?);
        let state = match (digest, due) {
            (Some(digest), _) => EntryState::Merged(digest),
            (None, Some(due)) if due > self.now => EntryState::Deferred(time(due)),
            (None, _) if row.get(13)? => EntryState::Sending,
            (None, _) => EntryState::Waiting,
        };
        let mut entry = Entry::new(row.get::<_, String>(1)?, row.get::<_, String>(2)?, state);
        entry.robot = row.get(3)?;
        entry.urgency = urgency(row.get(4)?);
        entry.added = Some(time(row.get(7)?));
        entry.expires_at = row.get::<_, Option<i64>>(8)?.map(time);
        entry.attempts = row.get(9)?;
        entry.may_have_arrived = row.get(10)?;
        let failure: Option<String> = row.get(11)?;
        entry.last_failure = failure.and_then(|json| serde_json::from_str(&json).ok());
        entry.members = count(row.get(12)?);
        let envelope: Option<String> = row.get(14)?;
        entry.envelope = envelope.and_then(|json| serde_json::from_str(&json).ok());
        Ok((row.get(0)?, entry))
    }

    pub(super) fn find(&self, id: &str) -> Result<Standing, Trouble> {
        let sql = format!("{ENTRY} WHERE item.id = ?2");
        if let Some((item, entry)) = self.first(&sql, params![true, id], |row| self.read_entry(row))? {
            let ahead = self.ahead(item, &entry)?;
            return Ok(Standing::Kept { entry: Box::new(entry), ahead });
        }
        let sql = "SELECT dead, letter, unreadable IS NULL FROM dingtalk_dead WHERE id = ?1";
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        if let Some((number, letter, readable)) = self.first::<(i64, String, bool)>(sql, [id], read)? {
            let (_, entry) = dead_entry(number, &letter, readable)?;
            return Ok(Standing::Kept { entry: Box::new(entry), ahead: None });
        }
        let sql = "SELECT outcome, at FROM dingtalk_done WHERE id = ?1";
        let done: Option<(i64, i64)> = self.first(sql, [id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(match done {
            Some((outcome, at)) if outcome == Finish::Delivered as i64 => Standing::Delivered(time(at)),
            Some((outcome, at)) if outcome == Finish::Unmerged as i64 => Standing::Unmerged(time(at)),
            Some((_, at)) => Standing::Removed(time(at)),
            None => Standing::Unknown,
        })
    }

    /// Counts the items before a waiting one.
    fn ahead(&self, item: i64, entry: &Entry) -> Result<Option<usize>, Trouble> {
        if entry.state != EntryState::Waiting {
            return Ok(None);
        }
        let sql = "SELECT count(*) FROM (SELECT 1 FROM dingtalk_item AS before JOIN dingtalk_item AS own
             ON before.lane = own.lane AND (before.rank, before.position, before.page) < (own.rank, own.position, own.page)
             WHERE own.item = ?1 AND before.due IS NULL AND before.digest IS NULL LIMIT ?2)";
        let most = i64::try_from(Standing::MOST_AHEAD).unwrap_or(i64::MAX);
        Ok(self.first(sql, [item, most], |row| row.get(0))?.map(count))
    }

    pub(super) fn list(&self, filter: &Filter) -> Result<Page, Trouble> {
        match filter.kind {
            Kind::Unfinished => self.list_unfinished(filter),
            Kind::Dead => self.list_dead(filter),
        }
    }

    fn list_unfinished(&self, filter: &Filter) -> Result<Page, Trouble> {
        let lane = match &filter.lane {
            Some(name) => match self.known_lane(name)? {
                None => return Ok(Page::default()),
                known => known,
            },
            None => None,
        };
        let after = filter.after.map_or(0, |after| i64::try_from(after).unwrap_or(i64::MAX));
        let sql = "SELECT item FROM dingtalk_item WHERE item > ?1 ORDER BY item LIMIT 1 OFFSET ?2";
        let end: Option<i64> = self.first(sql, [after, SCANNED], |row| row.get(0))?;
        let limit = filter.limit.clamp(1, PAGE);
        let sql = format!(
            "{ENTRY} WHERE item.item > ?2 AND item.item < ?3 AND (?4 IS NULL OR +item.lane = ?4) ORDER BY item.item
             LIMIT ?5"
        );
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let values = params![filter.content, after, end.unwrap_or(i64::MAX), lane, most];
        let rows = self.all(&sql, values, |row| self.read_entry(row))?;
        Ok(page(rows, limit, end.map(|end| end - 1)))
    }

    fn list_dead(&self, filter: &Filter) -> Result<Page, Trouble> {
        let before = filter.after.map_or(i64::MAX, |after| i64::try_from(after).unwrap_or(i64::MAX));
        let sql = "SELECT dead FROM dingtalk_dead WHERE dead < ?1 ORDER BY dead DESC LIMIT 1 OFFSET ?2";
        let end: Option<i64> = self.first(sql, [before, SCANNED], |row| row.get(0))?;
        let limit = filter.limit.clamp(1, PAGE);
        let sql = "SELECT dead, letter, unreadable IS NULL FROM dingtalk_dead
             WHERE dead < ?1 AND dead > ?2 AND (?3 IS NULL OR letter ->> '$.lane' = ?3)
             ORDER BY dead DESC LIMIT ?4";
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let values = params![before, end.unwrap_or(0), filter.lane, most];
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let rows: Vec<(i64, String, bool)> = self.all(sql, values, read)?;
        let read = |(number, letter, readable): &(i64, String, bool)| {
            dead_entry(*number, letter, filter.content && *readable)
        };
        let entries = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(page(entries, limit, end.map(|end| end + 1)))
    }

    pub(super) fn stats(&self) -> Result<Stats, Trouble> {
        let mut lanes = Vec::new();
        for (name, pending) in self.lanes()? {
            lanes.push(self.lane_stats(name, pending)?);
        }
        let dead = self.first("SELECT count(*) FROM dingtalk_dead", [], |row| row.get(0))?.map_or(0, count);
        let mut stats = Stats::new(lanes, dead);
        let bytes = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
        let bytes: Option<i64> = self.first(bytes, [], |row| row.get(0))?;
        stats.bytes = bytes.and_then(|bytes| u64::try_from(bytes).ok());
        Ok(stats)
    }

    fn lane_stats(&self, name: String, pending: LanePending) -> Result<LaneStats, Trouble> {
        let sql = "WITH next (item) AS (
                SELECT * FROM (SELECT item FROM dingtalk_item WHERE lane = ?1 AND rank = 0 AND due IS NULL AND digest IS NULL
                    ORDER BY rank, position, page LIMIT 1)
                UNION ALL SELECT * FROM (SELECT item FROM dingtalk_item WHERE lane = ?1 AND rank = 1 AND due IS NULL AND
                    digest IS NULL ORDER BY rank, position, page LIMIT 1)
                UNION ALL SELECT * FROM (SELECT item FROM dingtalk_item WHERE lane = ?1 AND due IS NOT NULL
                    ORDER BY due, rank, position, page LIMIT 1))
             SELECT enqueued, CASE WHEN json_valid(envelope) THEN envelope ->> '$.robot' END
             FROM next JOIN dingtalk_item USING (item) ORDER BY enqueued";
        let lane = self.known_lane(&name)?;
        let mut stats = LaneStats::new(name, pending);
        let next: Vec<(i64, Option<String>)> = self.all(sql, [lane], |row| Ok((row.get(0)?, row.get(1)?)))?;
        stats.waiting_since = next.first().map(|(added, _)| time(*added));
        stats.robot = next.into_iter().find_map(|(_, robot)| robot);
        Ok(stats)
    }

    pub(super) fn remove(&self, id: &str) -> Result<Removal, Trouble> {
        if let Some(entry) = self.entry("WHERE id = ?1", [id])? {
            let sql = "SELECT item.item IS lane.sending, (SELECT id FROM dingtalk_item AS digests WHERE digests.item = item.digest)
                 FROM dingtalk_item AS item JOIN dingtalk_lane AS lane ON lane.lane = item.lane WHERE item.item = ?1";
            let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
            return match self.first::<(bool, Option<String>)>(sql, [entry.item], read)? {
                Some((_, Some(digest))) => Ok(Removal::Merged(digest)),
                Some((true, None)) => Ok(Removal::Sending),
                _ => {
                    let finished = self.forget(&entry, Finish::Removed)?;
                    for Finished { envelope, enqueued, .. } in &finished {
                        if let Ok(envelope) = serde_json::from_str::<Envelope>(envelope) {
                            self.free_key(entry.lane, &envelope)?;
                            self.free_share(entry.lane, &envelope, *enqueued)?;
                        }
                    }
                    Ok(Removal::Removed(finished.len()))
                }
            };
        }
        if self.execute("DELETE FROM dingtalk_dead WHERE id = ?1", [id])? == 0 {
            return Ok(Removal::Unknown);
        }
        self.remember(id, Finish::Removed)?;
        Ok(Removal::Removed(1))
    }

    /// Removes some of the dead letters that are older than this, and returns their number; zero if none are left.
    pub(super) fn purge(&self, older_than: Duration) -> Result<usize, Trouble> {
        let sql = "DELETE FROM dingtalk_dead WHERE dead IN (SELECT dead FROM dingtalk_dead WHERE at <= ?1 LIMIT ?2)";
        self.execute(sql, [self.now.saturating_sub(milliseconds(older_than)), PURGED])
    }
}

fn page(rows: Vec<(i64, Entry)>, limit: usize, end: Option<i64>) -> Page {
    let last = rows.last().map(|(number, _)| *number).filter(|_| rows.len() == limit);
    let next = last.or(end).and_then(|number| u64::try_from(number).ok());
    Page::new(rows.into_iter().map(|(_, entry)| entry).collect(), next)
}

fn dead_entry(number: i64, letter: &str, content: bool) -> Result<(i64, Entry), Trouble> {
    let letter: DeadLetter = serde_json::from_str(letter)?;
    let state = EntryState::Dead(letter.loss, letter.at);
    let mut entry = Entry::new(&*letter.envelope.id, letter.lane, state);
    entry.robot.clone_from(&letter.envelope.robot);
    entry.urgency = letter.envelope.urgency;
    entry.expires_at = letter.envelope.expires_at;
    entry.attempts = letter.attempts;
    entry.may_have_arrived = letter.may_have_arrived;
    entry.last_failure = Some(letter.failure);
    entry.envelope = content.then_some(letter.envelope);
    Ok((number, entry))
}
