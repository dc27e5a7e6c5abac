//! Entries, as operators see them.

use std::time::{Duration, SystemTime};

use dingtalk_core::{
    Error,
    delivery::{BoxFuture, Urgency},
};
use tokio_postgres::Row;

use super::{
    letters::{self, LETTER},
    store::{PostgresStore, count, milliseconds, number, pending, size, text},
    trouble::Trouble,
};
use crate::outbox::{
    Admitted, Dispatcher, Entry, EntryState, Filter, Kind, LaneStats, Outbox, Page, Removal, Service,
    Serving, Standing, Stats, Submission,
};

/// Number of rows that are read for one page.
const SCANNED: i64 = 10_000;

/// Maximum number of entries on a page.
const PAGE: usize = 1000;

/// Number of dead letters that one transaction removes.
const PURGED: i64 = 500;

/// Columns of an entry that is not finished; $1 is set if its content is included.
const ENTRY: &str =
    "SELECT item.item, item.id, lane.name AS lane, robot, rank, due, due > clock() AS deferred,
    (SELECT id FROM item AS digests WHERE digests.item = item.digest) AS digest, enqueued, expires, attempts,
    may_have_arrived, failure, members, begun, CASE WHEN $1 THEN envelope END AS envelope
    FROM item JOIN lane USING (lane)";

fn entry(row: &Row) -> Result<(i64, Entry), Trouble> {
    let due: Option<SystemTime> = row.try_get("due")?;
    let state = match (row.try_get::<_, Option<String>>("digest")?, due) {
        (Some(digest), _) => EntryState::Merged(digest),
        (None, Some(due)) if row.try_get("deferred")? => EntryState::Deferred(due),
        (None, _) if row.try_get("begun")? => EntryState::Sending,
        (None, _) => EntryState::Waiting,
    };
    let mut entry = Entry::new(row.try_get::<_, String>("id")?, row.try_get::<_, String>("lane")?, state);
    entry.robot = row.try_get("robot")?;
    entry.urgency = if row.try_get::<_, i16>("rank")? == 0 { Urgency::Urgent } else { Urgency::Normal };
    entry.added = Some(row.try_get("enqueued")?);
    entry.expires_at = row.try_get("expires")?;
    entry.attempts = count(row.try_get("attempts")?);
    entry.may_have_arrived = row.try_get("may_have_arrived")?;
    let failure: Option<String> = row.try_get("failure")?;
    entry.last_failure = failure.and_then(|json| serde_json::from_str(&json).ok());
    entry.members = size(i64::from(row.try_get::<_, i32>("members")?));
    let envelope: Option<String> = row.try_get("envelope")?;
    entry.envelope = envelope.and_then(|json| serde_json::from_str(&json).ok());
    Ok((row.try_get("item")?, entry))
}

fn dead_entry(row: &Row, content: bool) -> Result<(i64, Entry), Trouble> {
    let letter = letters::read(row)?;
    let state = EntryState::Dead(letter.loss, letter.at);
    let mut entry = Entry::new(&*letter.envelope.id, letter.lane, state);
    entry.robot.clone_from(&letter.envelope.robot);
    entry.urgency = letter.envelope.urgency;
    entry.expires_at = letter.envelope.expires_at;
    entry.attempts = letter.attempts;
    entry.may_have_arrived = letter.may_have_arrived;
    entry.last_failure = Some(letter.failure);
    entry.envelope = content.then_some(letter.envelope);
    Ok((row.try_get("dead")?, entry))
}

fn page(rows: Vec<(i64, Entry)>, limit: usize, end: Option<i64>) -> Page {
    let last = rows.last().map(|(number, _)| *number).filter(|_| rows.len() == limit);
    let next = last.or(end).and_then(|number| u64::try_from(number).ok());
    Page::new(rows.into_iter().map(|(_, entry)| entry).collect(), next)
}

/// Returns the position of a page, or that of the first one.
fn position(after: Option<u64>, first: i64) -> i64 {
    after.map_or(first, |after| i64::try_from(after).unwrap_or(i64::MAX))
}

impl PostgresStore {
    fn failed(&self, trouble: &Trouble) -> Error {
        self.postgres.error(trouble)
    }

    async fn standing(&self, id: &str) -> Result<Standing, Error> {
        let id = text(id);
        let rows = self.rows(&format!("{ENTRY} WHERE item.id = $2"), &[&true, &id]).await?;
        if let Some(row) = rows.first() {
            let (item, entry) = entry(row).map_err(|trouble| self.failed(&trouble))?;
            let ahead = self.ahead(item, &entry).await?;
            return Ok(Standing::Kept { entry: Box::new(entry), ahead });
        }
        let rows = self.rows(&format!("SELECT dead, {LETTER} FROM dead WHERE id = $1"), &[&id]).await?;
        if let Some(row) = rows.first() {
            let (_, entry) = dead_entry(row, true).map_err(|trouble| self.failed(&trouble))?;
            return Ok(Standing::Kept { entry: Box::new(entry), ahead: None });
        }
        let rows = self.rows("SELECT outcome, at FROM done WHERE id = $1", &[&id]).await?;
        let Some(row) = rows.first() else { return Ok(Standing::Unknown) };
        let read = || -> Result<_, Trouble> { Ok((row.try_get::<_, i16>(0)?, row.try_get(1)?)) };
        Ok(match read().map_err(|trouble| self.failed(&trouble))? {
            (0, at) => Standing::Delivered(at),
            (2, at) => Standing::Unmerged(at),
            (_, at) => Standing::Removed(at),
        })
    }

    /// Counts the items before a waiting one.
    async fn ahead(&self, item: i64, entry: &Entry) -> Result<Option<usize>, Error> {
        if entry.state != EntryState::Waiting {
            return Ok(None);
        }
        let sql = "SELECT count(*) FROM (SELECT 1 FROM item AS before JOIN item AS own
             ON before.lane = own.lane AND (before.rank, before.position, before.page) < (own.rank, own.position, own.page)
             WHERE own.item = $1 AND before.due IS NULL AND before.digest IS NULL LIMIT $2) AS before";
        let most = number(Standing::MOST_AHEAD);
        Ok(Some(size(self.value(sql, &[&item, &most]).await?)))
    }

    async fn unfinished(&self, filter: &Filter) -> Result<Page, Error> {
        let after = position(filter.after, 0);
        let limit = filter.limit.clamp(1, PAGE);
        let sql = "SELECT item FROM item WHERE item > $1 ORDER BY item LIMIT 1 OFFSET $2";
        let end = self.rows(sql, &[&after, &SCANNED]).await?;
        let end: Option<i64> = end.first().and_then(|row| row.try_get(0).ok());
        let lane = filter.lane.as_deref().map(text);
        let sql = format!(
            "{ENTRY} WHERE item.item > $2 AND item.item < $3 AND ($4::text IS NULL OR lane.name = $4)
             ORDER BY item.item LIMIT $5"
        );
        let before = end.unwrap_or(i64::MAX);
        let rows = self.rows(&sql, &[&filter.content, &after, &before, &lane, &number(limit)]).await?;
        let entries: Result<_, _> = rows.iter().map(entry).collect();
        Ok(page(entries.map_err(|trouble| self.failed(&trouble))?, limit, end.map(|end| end - 1)))
    }

    async fn dead(&self, filter: &Filter) -> Result<Page, Error> {
        let before = position(filter.after, i64::MAX);
        let limit = filter.limit.clamp(1, PAGE);
        let sql = "SELECT dead FROM dead WHERE dead < $1 ORDER BY dead DESC LIMIT 1 OFFSET $2";
        let end = self.rows(sql, &[&before, &SCANNED]).await?;
        let end: Option<i64> = end.first().and_then(|row| row.try_get(0).ok());
        let lane = filter.lane.as_deref().map(text);
        let sql = format!(
            "SELECT dead, {LETTER} FROM dead WHERE dead < $1 AND dead > $2 AND ($3::text IS NULL OR lane = $3)
             ORDER BY dead DESC LIMIT $4"
        );
        let rows = self.rows(&sql, &[&before, &end.unwrap_or(0), &lane, &number(limit)]).await?;
        let entries: Result<_, _> = rows.iter().map(|row| dead_entry(row, filter.content)).collect();
        Ok(page(entries.map_err(|trouble| self.failed(&trouble))?, limit, end.map(|end| end + 1)))
    }

    async fn numbers(&self) -> Result<Stats, Error> {
        let rows = self.rows("SELECT * FROM lane_stats()", &[]).await?;
        let lane = |row: &Row| -> Result<LaneStats, Trouble> {
            let mut lane = LaneStats::new(row.try_get::<_, String>("o_lane")?, pending(row));
            lane.waiting_since = row.try_get("o_since")?;
            lane.robot = row.try_get("o_robot")?;
            Ok(lane)
        };
        let lanes: Result<_, _> = rows.iter().map(lane).collect();
        let dead: i64 = self.value("SELECT count(*) FROM dead", &[]).await?;
        let mut stats = Stats::new(lanes.map_err(|trouble| self.failed(&trouble))?, size(dead));
        let sql = "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class
             WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace";
        stats.bytes = self.value::<Option<i64>>(sql, &[]).await?.and_then(|bytes| u64::try_from(bytes).ok());
        Ok(stats)
    }

    async fn take_out(&self, id: &str) -> Result<Removal, Error> {
        let rows = self.rows("SELECT * FROM remove_entry($1)", &[&text(id)]).await?;
        let read = |row: &Row| -> Result<_, Trouble> {
            let outcome: String = row.try_get(0)?;
            Ok(match &*outcome {
                "removed" => Removal::Removed(size(i64::from(row.try_get::<_, i32>(1)?))),
                "sending" => Removal::Sending,
                "merged" => Removal::Merged(row.try_get(2)?),
                _ => Removal::Unknown,
            })
        };
        rows.first().map_or(Ok(Removal::Unknown), |row| read(row).map_err(|trouble| self.failed(&trouble)))
    }

    async fn remove_letters(&self, older_than: Duration) -> Result<usize, Error> {
        let sql = "WITH gone AS (DELETE FROM dead WHERE dead IN (
                SELECT dead FROM dead WHERE at <= clock() - span($1) LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING 1)
             SELECT count(*) FROM gone";
        let mut removed = 0;
        loop {
            let some: i64 = self.value(sql, &[&milliseconds(older_than), &PURGED]).await?;
            removed += size(some);
            if some < PURGED {
                return Ok(removed);
            }
        }
    }
}

impl Outbox for PostgresStore {
    fn serve(&self, service: Service) -> BoxFuture<'_, Result<Option<Serving>, Error>> {
        Box::pin(self.register(service))
    }

    fn dispatchers(&self) -> BoxFuture<'_, Result<Vec<Dispatcher>, Error>> {
        Box::pin(self.registered())
    }

    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Standing, Error>> {
        Box::pin(self.standing(id))
    }

    fn list(&self, filter: Filter) -> BoxFuture<'_, Result<Page, Error>> {
        Box::pin(async move {
            match filter.kind {
                Kind::Unfinished => self.unfinished(&filter).await,
                Kind::Dead => self.dead(&filter).await,
            }
        })
    }

    fn stats(&self) -> BoxFuture<'_, Result<Stats, Error>> {
        Box::pin(self.numbers())
    }

    fn remove<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Removal, Error>> {
        Box::pin(self.take_out(id))
    }

    fn admit(&self, submissions: Vec<(String, Submission)>) -> BoxFuture<'_, Result<Vec<Admitted>, Error>> {
        Box::pin(self.add_submissions(submissions))
    }

    fn marked(&self, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<SystemTime>>, Error>> {
        Box::pin(self.marked_keys(keys))
    }

    fn purge(&self, older_than: Duration) -> BoxFuture<'_, Result<usize, Error>> {
        Box::pin(self.remove_letters(older_than))
    }
}
