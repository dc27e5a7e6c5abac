//! Messages in a durable store, as callers see them.

#![cfg_attr(not(feature = "program"), allow(dead_code, reason = "only the command line has a queue"))]

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use dingtalk_core::{Deliver, Envelope, Error, ErrorKind, Message, delivery::BoxFuture};
use dingtalk_outbox::{
    Outbox,
    outbox::{Entry, EntryState, Standing as Kept},
};

use super::standing::{Accepted, Failed, Standing, Waiting};

/// The messages in a store, and the robots that this process knows.
pub(crate) struct Stored {
    outbox: Arc<dyn Outbox>,
    /// By the names of their lanes in the store.
    robots: BTreeMap<String, KnownRobot>,
}

/// A robot that this process knows.
pub(crate) struct KnownRobot {
    /// Name of the robot, if it has one.
    pub(crate) name: Option<String>,
    pub(crate) deliver: Arc<dyn Deliver>,
    pub(crate) rate_per_minute: Option<u32>,
}

impl Stored {
    pub(crate) fn new(
        outbox: Arc<dyn Outbox>,
        robots: impl IntoIterator<Item = (String, KnownRobot)>,
    ) -> Self {
        Self { outbox, robots: robots.into_iter().collect() }
    }

    async fn standing(&self, id: &str) -> Result<Standing, Error> {
        let mut kept = self.outbox.find(id).await?;
        // A digest is sent in place of its members.
        if let Kept::Kept { entry, .. } = &kept
            && let EntryState::Merged(digest) = &entry.state
        {
            let digest = self.outbox.find(digest).await?;
            // It may have ended since then.
            kept = if matches!(digest, Kept::Kept { .. }) { digest } else { self.outbox.find(id).await? };
        }
        Ok(match kept {
            Kept::Kept { entry, ahead } => self.entry(*entry, ahead).await,
            Kept::Delivered(at) => Standing::Delivered { age: since(at) },
            Kept::Removed(_) => Standing::Removed,
            _ => Standing::Unknown,
        })
    }

    async fn entry(&self, entry: Entry, ahead: Option<usize>) -> Standing {
        let known = self.robots.get(&entry.lane);
        let robot = known.map_or_else(|| entry.robot.clone(), |known| known.name.clone());
        let failure = entry.last_failure;
        match entry.state {
            EntryState::Sending => Standing::Sending,
            EntryState::Dead(_, at) => Standing::Failed(Failed {
                kind: failure.as_ref().map_or(ErrorKind::Expired, |failure| failure.kind),
                text: failure.map(|failure| failure.text).unwrap_or_default(),
                may_have_arrived: entry.may_have_arrived,
                age: since(at),
            }),
            state => {
                let wait = match (state, known, ahead) {
                    (EntryState::Deferred(until), ..) => {
                        Some(until.duration_since(SystemTime::now()).unwrap_or_default())
                    }
                    (_, Some(known), Some(ahead)) => known.wait(ahead).await,
                    _ => None,
                };
                let position = ahead.map(|ahead| ahead.saturating_add(1));
                let failure = failure.map(|failure| failure.text);
                Standing::Waiting(Waiting { robot, position, wait, failure })
            }
        }
    }
}

impl KnownRobot {
    /// Returns how long a message waits behind this number of others, approximately: the next slot, and one interval of
    /// the rate for each of them.
    async fn wait(&self, ahead: usize) -> Option<Duration> {
        let any = Envelope::new(Message::text("a message"));
        let next = self.deliver.forecast(&any).await.ok()?.wait;
        let Some(rate) = self.rate_per_minute.filter(|rate| *rate > 0) else { return Some(next) };
        let interval = Duration::from_secs(60) / rate;
        Some(next.saturating_add(interval.saturating_mul(u32::try_from(ahead).unwrap_or(u32::MAX))))
    }
}

impl Accepted for Stored {
    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Standing, Error>> {
        Box::pin(self.standing(id))
    }
}

fn since(time: SystemTime) -> Duration {
    // A clock that was set back.
    SystemTime::now().duration_since(time).unwrap_or_default()
}
