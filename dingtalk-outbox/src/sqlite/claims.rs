//! Claims on lanes, and the steps under them. No step reads more rows than it changes or returns.

use std::time::Duration;

use dingtalk_core::{
    Error, ErrorKind,
    queue::store::{Begun, Claim, Claimed, DeadLetter, Failure, Loss, Merge, Settlement},
};
use rusqlite::Row;

use super::{
    dead::Finish,
    items::{Entry, NORMAL, Unreadable, Work, milliseconds, span, time},
    trouble::Trouble,
};
use crate::processes::Processes;

/// Condition on an item that was handed out under the claim ?2 on the lane named ?1.
const CLAIMED: &str = "WHERE id = ?3 AND due IS NULL AND digest IS NULL AND EXISTS (
    SELECT 1 FROM dingtalk_lane AS lane WHERE lane.lane = item.lane AND lane.name = ?1 AND lane.claim = ?2 AND number <= to_number
    AND (rank, position, page) <= (to_rank, to_position, to_page))";

/// The claim on a lane.
struct Held {
    lane: i64,
    claim: Option<i64>,
    until: i64,
    sending: Option<i64>,
    last_sent: Option<i64>,
    process: Option<String>,
}

fn number(claim: &Claim) -> i64 {
    i64::try_from(claim.number).unwrap_or(i64::MAX)
}

impl Work<'_> {
    fn held(&self, lane: i64) -> Result<Held, Trouble> {
        let sql = "SELECT lane, claim, coalesce(until, 0), sending, last_sent, process FROM dingtalk_lane WHERE lane = ?1";
        let read = |row: &Row<'_>| {
            Ok(Held {
                lane: row.get(0)?,
                claim: row.get(1)?,
                until: row.get(2)?,
                sending: row.get(3)?,
                last_sent: row.get(4)?,
                process: row.get(5)?,
            })
        };
        self.first(sql, [lane], read)?.ok_or_else(|| Trouble::new("a lane is missing"))
    }

    /// Returns the claim if it holds.
    fn held_by(&self, claim: &Claim) -> Result<Option<Held>, Trouble> {
        let Some(lane) = self.known_lane(&claim.lane)? else { return Ok(None) };
        Ok(Some(self.held(lane)?).filter(|held| held.claim == Some(number(claim))))
    }

    fn end_claim(&self, lane: i64) -> Result<(), Trouble> {
        self.execute(
            "UPDATE dingtalk_lane SET claim = NULL, until = NULL, sending = NULL WHERE lane = ?1",
            [lane],
        )?;
        Ok(())
    }

    pub(super) fn claim(
        &self,
        name: &str,
        max: usize,
        lease: Duration,
        processes: &Processes,
    ) -> Result<Claimed, Trouble> {
        self.clean()?;
        let mut claimed = Claimed::new(time(self.now));
        let Some(lane) = self.known_lane(name)? else { return Ok(claimed) };
        let held = self.held(lane)?;
        // A process that has ended comes back for nothing.
        let is_running = || held.process.as_deref().is_none_or(|process| processes.is_running(process));
        if held.claim.is_some() && self.now < held.until && is_running() {
            claimed.next = Some(span(held.until - self.now));
            return Ok(claimed);
        }
        if held.claim.is_some() {
            let sql = "UPDATE dingtalk_item SET interrupted = 1, may_have_arrived = 1 WHERE item = ?1";
            self.execute(sql, [held.sending])?;
            self.end_claim(lane)?;
        }
        claimed.expired = self.expire(lane)?;
        self.readmit(lane)?;
        let sql =
            "SELECT item, rank, position, page FROM dingtalk_item WHERE lane = ?1 AND due IS NULL AND digest IS NULL
             ORDER BY rank, position, page LIMIT ?2";
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        let read = |row: &Row<'_>| Ok((row.get(0)?, (row.get(1)?, row.get(2)?, row.get(3)?)));
        let items: Vec<(i64, (i64, i64, i64))> = self.all(sql, [lane, max], read)?;
        let last = items.last().map(|(_, at)| *at);
        for (item, _) in items {
            match self.item(item)? {
                Ok(item) => claimed.items.push(item),
                Err(Unreadable(failure)) => claimed.expired.extend(self.bury_unreadable(item, &failure)?),
            }
        }
        if let Some((rank, position, page)) = last.filter(|_| !claimed.items.is_empty()) {
            let sql = "UPDATE dingtalk_meta SET claim = claim + 1 RETURNING claim, number";
            let counters = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
            let (claim, newest) = self.statement(sql)?.query_row([], counters)?;
            let until = self.now.saturating_add(milliseconds(lease));
            let sql =
                "UPDATE dingtalk_lane SET claim = ?2, until = ?3, to_rank = ?4, to_position = ?5, to_page = ?6,
                 to_number = ?7, process = ?8 WHERE lane = ?1";
            self.execute(sql, (lane, claim, until, rank, position, page, newest, processes.own()?))?;
            let claim = u64::try_from(claim).unwrap_or(0);
            claimed.claim = Some(Claim::new(name, claim));
            for item in &mut claimed.items {
                item.claim = claim;
            }
        }
        claimed.next = self.next_change(lane)?.map(|at| span(at - self.now));
        if last.is_some() && claimed.claim.is_none() {
            // None of these could be read; others may follow.
            claimed.next = Some(Duration::ZERO);
        }
        claimed.last_sent = held.last_sent.map(time);
        Ok(claimed)
    }

    fn bury_unreadable(&self, item: i64, failure: &Failure) -> Result<Vec<DeadLetter>, Trouble> {
        match self.entry("WHERE item = ?1", [item])? {
            Some(entry) => self.bury(&entry, Loss::Refused(failure.kind), failure),
            None => Ok(Vec::new()),
        }
    }

    fn expire(&self, lane: i64) -> Result<Vec<DeadLetter>, Trouble> {
        let mut letters = Vec::new();
        let condition = "WHERE lane = ?1 AND digest IS NULL AND expires IS NOT NULL AND expires <= ?2
             ORDER BY expires, number LIMIT 1";
        while let Some(entry) = self.entry(condition, [lane, self.now])? {
            let sql = "SELECT failure FROM dingtalk_item WHERE item = ?1";
            let last: Option<String> = self.first(sql, [entry.item], |row| row.get(0))?.flatten();
            let last: Option<Failure> = last.map(|json| serde_json::from_str(&json)).transpose()?;
            let cause =
                last.map_or_else(String::new, |last| format!("the last attempt failed: {}", last.text));
            let failure = Failure::from(&Error::new(ErrorKind::Expired, cause));
            letters.extend(self.bury(&entry, Loss::Expired, &failure)?);
        }
        Ok(letters)
    }

    /// Puts items whose delay is over after all others.
    fn readmit(&self, lane: i64) -> Result<(), Trouble> {
        let sql = "SELECT item FROM dingtalk_item WHERE lane = ?1 AND due IS NOT NULL AND due <= ?2
             ORDER BY due, rank, position, page";
        for item in self.all(sql, [lane, self.now], |row| row.get::<_, i64>(0))? {
            let number = self.next_number()?;
            let sql = "UPDATE dingtalk_item SET due = NULL, position = ?2, page = 0 WHERE item = ?1";
            self.execute(sql, [item, number])?;
        }
        Ok(())
    }

    /// Returns the time at which the next item becomes due or expires.
    fn next_change(&self, lane: i64) -> Result<Option<i64>, Trouble> {
        let due = "SELECT min(due) FROM dingtalk_item WHERE lane = ?1 AND due IS NOT NULL";
        let expires = "SELECT min(expires) FROM dingtalk_item WHERE lane = ?1 AND expires IS NOT NULL AND digest IS NULL";
        let due: Option<i64> = self.first(due, [lane], |row| row.get(0))?.flatten();
        let expires: Option<i64> = self.first(expires, [lane], |row| row.get(0))?.flatten();
        Ok(due.into_iter().chain(expires).min())
    }

    pub(super) fn release(&self, claim: &Claim) -> Result<(), Trouble> {
        match self.held_by(claim)? {
            Some(Held { lane, sending: None, .. }) => self.end_claim(lane),
            _ => Ok(()),
        }
    }

    /// Returns an item that was handed out under a claim that holds.
    fn claimed(&self, claim: &Claim, id: &str) -> Result<Option<Entry>, Trouble> {
        self.entry(CLAIMED, (&claim.lane, number(claim), id))
    }

    pub(super) fn merge(&self, claim: &Claim, merges: &[Merge]) -> Result<bool, Trouble> {
        let Some(held) = self.held_by(claim)?.filter(|held| held.sending.is_none()) else { return Ok(false) };
        let mut first = None;
        for id in merges.iter().flat_map(|merge| &merge.members) {
            let Some(entry) = self.claimed(claim, id)?.filter(|entry| !entry.is_digest()) else {
                return Ok(false);
            };
            first = first.into_iter().chain([(entry.rank, entry.position)]).min();
        }
        self.end_claim(held.lane)?;
        let Some((rank, position)) = first else { return Ok(true) };
        for (page, merge) in (1_i64..).zip(merges) {
            let digest = self.insert(held.lane, &merge.digest)?;
            let members = i64::try_from(merge.members.len()).unwrap_or(0);
            let sql =
                "UPDATE dingtalk_item SET rank = ?2, position = ?3, page = ?4, members = ?5 WHERE item = ?1";
            self.execute(sql, [digest, rank, position, page, members])?;
            for (index, id) in (0_i64..).zip(&merge.members) {
                self.execute(
                    "UPDATE dingtalk_item SET digest = ?2, member = ?3 WHERE id = ?1",
                    (id, digest, index),
                )?;
            }
        }
        Ok(true)
    }

    pub(super) fn begin(&self, claim: &Claim, id: &str, lease: Duration) -> Result<Begun, Trouble> {
        let held = self.held_by(claim)?.filter(|held| held.sending.is_none() && self.now < held.until);
        let (Some(held), Some(entry)) = (held, self.claimed(claim, id)?) else { return Ok(Begun::Lost) };
        let sql =
            "UPDATE dingtalk_item SET attempts = attempts + 1 WHERE item = ?1 AND (expires IS NULL OR expires > ?2)
             RETURNING attempts";
        let begun = self.first(sql, [entry.item, self.now], |row| row.get(0))?;
        let Some(attempt) = begun else { return Ok(Begun::Lost) };
        let until = self.now.saturating_add(milliseconds(lease));
        self.execute(
            "UPDATE dingtalk_lane SET sending = ?2, until = ?3 WHERE lane = ?1",
            [held.lane, entry.item, until],
        )?;
        Ok(Begun::Started(attempt))
    }

    pub(super) fn settle(&self, claim: &Claim, id: &str, settlement: &Settlement) -> Result<bool, Trouble> {
        let (Some(held), Some(mut entry)) = (self.held_by(claim)?, self.claimed(claim, id)?) else {
            return Ok(false);
        };
        let begun = held.sending == Some(entry.item);
        if held.sending.is_some() != begun {
            return Ok(false);
        }
        self.end_claim(held.lane)?;
        self.execute("UPDATE dingtalk_item SET interrupted = 0 WHERE item = ?1", [entry.item])?;
        match settlement {
            Settlement::Delivered => {
                if entry.rank == NORMAL {
                    let sql = "UPDATE dingtalk_lane SET last_sent = ?2 WHERE lane = ?1";
                    self.execute(sql, [held.lane, self.now])?;
                }
                self.forget(&entry, Finish::Delivered)?;
            }
            Settlement::Deferred { after, counts, may_have_arrived, failure } => {
                let due = (!after.is_zero()).then(|| self.now.saturating_add(milliseconds(*after)));
                let sql = "UPDATE dingtalk_item SET due = ?2, attempts = attempts - ?3,
                     may_have_arrived = may_have_arrived OR ?4, failure = ?5 WHERE item = ?1";
                let failure = serde_json::to_string(failure)?;
                self.execute(sql, (entry.item, due, begun && !counts, may_have_arrived, failure))?;
            }
            Settlement::Dead { loss, may_have_arrived, failure } => {
                entry.may_have_arrived |= may_have_arrived;
                self.bury(&entry, *loss, failure)?;
            }
            Settlement::Unmerged => {
                self.remember(&entry.id, Finish::Unmerged)?;
                self.execute("DELETE FROM dingtalk_item WHERE item = ?1", [entry.item])?;
                let sql =
                    "UPDATE dingtalk_item SET digest = NULL, member = NULL, alone = 1 WHERE digest = ?1";
                self.execute(sql, [entry.item])?;
            }
            _ => {
                return Err(Trouble::new(
                    "this version of dingtalk-outbox is older than that of dingtalk-core",
                ));
            }
        }
        Ok(true)
    }
}
