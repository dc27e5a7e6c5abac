//! Decisions that the server makes by itself, with one request each: taking a slot that is free, and ending one. The
//! program decides on what has to wait, and reads and writes more than once.

use dingtalk_core::delivery::{RobotKey, Urgency, window::SlotEnd};
use tokio_postgres::types::ToSql;

use super::{
    link::{Link, wait},
    look::Look,
    tables::Tables,
    trouble,
};
use crate::{
    clock::Reading,
    ids::random_id,
    line::Known,
    moment::Access,
    pace::PACE_LASTS,
    records::{Bounds, Count, Slot},
    slots::FILLS_UP_TO,
    trouble::Trouble,
    units::micros,
};

/// A slot that a program wants now, for its first waiter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish {
    pub(crate) robot: RobotKey,
    /// Row of the waiter, if it has one.
    pub(crate) waiter: Option<i64>,
    pub(crate) urgency: Urgency,
    /// Longest time of the request, in microseconds.
    pub(crate) holds: i64,
    pub(crate) bounds: Bounds,
    /// Set if the bounds have to be recorded.
    pub(crate) records: bool,
}

/// A slot that was taken.
pub(crate) struct Taken {
    pub(crate) slot: Slot,
    pub(crate) known: Known,
    pub(crate) at: i64,
}

impl Tables {
    /// Takes a slot if one is free and nobody waits who goes before.
    pub(crate) fn take(
        &mut self,
        wish: &Wish,
        clock: &dyn Fn() -> Reading,
    ) -> Result<Option<Taken>, Trouble> {
        self.decide(|tables, link| {
            let rows = tables.rows(link, Access::Write, clock)?;
            let (key, egress, slot) = (wish.robot.as_bytes().to_vec(), tables.egress.clone(), random_id());
            let (clock, month) = rows.given.unzip();
            let waiter = wish.waiter;
            let (urgent, holds, records) = (wish.urgency == Urgency::Urgent, wish.holds, wish.records);
            let (slots, reserve, span) = wish.bounds.numbers();
            let (slots, reserve) = (i64::from(slots), i64::from(reserve));
            let (lasts, fills) = (micros(PACE_LASTS), i64::try_from(FILLS_UP_TO).unwrap_or(i64::MAX));
            let link = link.clone();
            let answer = wait(rows.runtime, async move {
                let values: [&(dyn ToSql + Sync); 14] = [
                    &key, &egress, &clock, &month, &slot, &waiter, &urgent, &holds, &slots, &reserve, &span,
                    &records, &lasts, &fills,
                ];
                Ok(link.client.query_one(&link.take, &values).await?)
            })?;
            if !answer.try_get::<_, bool>("o_taken")? {
                return Ok(None);
            }
            rows.add(wish.robot, &answer)?;
            let moment = rows.moment.get();
            let (begun, month) = (moment.at, moment.month);
            let slot = Slot { id: slot, month, begun, ends_by: begun.saturating_add(holds), ended: None };
            let mut known = rows.known();
            known.slots.push(slot);
            Ok(Some(Taken { slot, known, at: begun }))
        })
    }

    /// Ends a slot, or gives it back if there is no outcome.
    pub(crate) fn end(
        &mut self,
        robot: &RobotKey,
        slot: i64,
        end: Option<SlotEnd>,
        clock: &dyn Fn() -> Reading,
    ) -> Result<(), Trouble> {
        self.decide(|tables, link| {
            let rows = tables.rows(link, Access::Write, clock)?;
            let (key, clock) = (robot.as_bytes().to_vec(), rows.given.map(|(at, _)| at));
            let (was_used, count) = (end.is_some(), end.and_then(Count::of));
            let (delivered, refused) = count.map_or((0, 0), |count| (count.delivered, count.refused));
            let link = link.clone();
            wait(rows.runtime, async move {
                let values: [&(dyn ToSql + Sync); 6] = [&key, &clock, &slot, &was_used, &delivered, &refused];
                link.client.execute(&link.end, &values).await?;
                Ok(())
            })
        })
    }

    /// Looks at robots whose waiters wait.
    pub(crate) fn look(
        &mut self,
        robots: &[RobotKey],
        sender: i64,
        clock: &dyn Fn() -> Reading,
    ) -> Result<Vec<(RobotKey, Look)>, Trouble> {
        let keys: Vec<Vec<u8>> = robots.iter().map(|key| key.as_bytes().to_vec()).collect();
        self.decide(|tables, link| {
            let rows = tables.rows(link, Access::Read, clock)?;
            let (egress, clock, link) = (tables.egress.clone(), rows.given.map(|(at, _)| at), link.clone());
            let looks = wait(rows.runtime, async move {
                let values: [&(dyn ToSql + Sync); 4] = [&keys, &egress, &clock, &sender];
                Ok(link.client.query(&link.look, &values).await?)
            })?;
            let mut robots = Vec::with_capacity(looks.len());
            for row in looks {
                let key: Vec<u8> = row.try_get("o_key")?;
                let Ok(key) = key.as_slice().try_into() else { continue };
                let (change, first, rest) =
                    (row.try_get("o_change")?, row.try_get("o_first")?, row.try_get("o_rest")?);
                robots.push((RobotKey::from_bytes(key), Look { change, first, rest }));
            }
            Ok(robots)
        })
    }

    /// Runs a request, and gives up the connection if it was lost.
    fn decide<T>(
        &mut self,
        request: impl FnOnce(&Self, &Link) -> Result<T, trouble::Trouble>,
    ) -> Result<T, Trouble> {
        let result = self.link().and_then(|link| request(self, &link));
        result.map_err(|trouble| {
            if trouble.is_away() {
                self.link = None;
            }
            self.trouble(&trouble)
        })
    }
}
