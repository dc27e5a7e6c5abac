//! Acceptance of notifications.

use dingtalk_core::{
    Envelope, Error, ErrorKind,
    delivery::Urgency,
    queue::store::{DeadLetter, Enqueued, Failure, Loss},
};

use super::{items::Work, trouble::Trouble};

impl Work<'_> {
    pub(super) fn enqueue(
        &self,
        lane: &str,
        envelope: &Envelope,
        capacity: usize,
    ) -> Result<Enqueued, Trouble> {
        if self.is_known(&envelope.id)? {
            return Ok(Enqueued::Known);
        }
        let lane = self.lane(lane)?;
        if self.suppress(lane, envelope)? {
            return Ok(Enqueued::Suppressed);
        }
        let mut displaced = None;
        if self.notifications()? >= capacity {
            if envelope.urgency == Urgency::Urgent {
                displaced = self.displace()?;
            }
            if displaced.is_none() {
                return Ok(Enqueued::Full);
            }
        }
        let suppressed = self.record(lane, envelope)?;
        let item = self.insert(lane, envelope)?;
        if suppressed > 0 {
            self.execute("UPDATE dingtalk_item SET suppressed = ?2 WHERE item = ?1", [item, suppressed])?;
        }
        self.add_notifications(lane, 1)?;
        self.clean()?;
        Ok(displaced.map_or(Enqueued::Added, |letter| Enqueued::Displaced(Box::new(letter))))
    }

    pub(super) fn is_known(&self, id: &str) -> Result<bool, Trouble> {
        let sql = "SELECT 1 WHERE EXISTS (SELECT 1 FROM dingtalk_item WHERE id = ?1)
             OR EXISTS (SELECT 1 FROM dingtalk_done WHERE id = ?1) OR EXISTS (SELECT 1 FROM dingtalk_dead WHERE id = ?1)";
        Ok(self.first(sql, [id], |_| Ok(()))?.is_some())
    }

    /// Gives up the newest notification that is not urgent.
    fn displace(&self) -> Result<Option<DeadLetter>, Trouble> {
        let newest = self.entry(
            "WHERE rank = 1 AND members = 0 AND digest IS NULL
             AND NOT EXISTS (SELECT 1 FROM dingtalk_lane WHERE sending = item.item) ORDER BY number DESC LIMIT 1",
            [],
        )?;
        let Some(newest) = newest else { return Ok(None) };
        let error = Error::new(ErrorKind::QueueFull, "an urgent notification took its place");
        Ok(self.bury(&newest, Loss::Displaced, &Failure::from(&error))?.pop())
    }
}
