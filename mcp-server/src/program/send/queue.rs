//! `send --queue`: the message is stored, and another process delivers it.

use std::{env, sync::Arc, time::Duration};

use dingtalk_core::message::Mentions;
use dingtalk_outbox::{Outbox, outbox::Standing};

use super::super::{Result, outbox::start};
use crate::{
    Settings,
    call::{
        Ready,
        policy::Question,
        queue::CallQueue,
        stored::{KnownRobot, Stored},
    },
    outbox::{
        self, Robots,
        deliverer::{becomes_served, is_served},
    },
};

/// Time for a detached process to begin.
const BEGIN: Duration = Duration::from_secs(10);

/// The queue of one robot, which this process does not deliver.
pub(in crate::program) struct Queue {
    outbox: Arc<dyn Outbox>,
    /// Name of the robot's lane in the store.
    lane: String,
    /// Name of the robot; `None` for the robot of the environment.
    pub(super) robot: Option<String>,
}

impl Queue {
    /// Opens the queue of this robot, or of the default robot.
    pub(in crate::program) fn open(settings: &Settings, robot: Option<&str>) -> Result<(Self, CallQueue)> {
        Self::open_in(settings, robot, outbox::open(settings)?)
    }

    /// As [`open`](Self::open), in this store.
    pub(in crate::program) fn open_in(
        settings: &Settings,
        robot: Option<&str>,
        outbox: Arc<dyn Outbox>,
    ) -> Result<(Self, CallQueue)> {
        let lanes = settings.lanes(Robots::One(robot))?;
        let queue = outbox::queue(settings, Arc::clone(&outbox), &lanes, false)?;
        let lane = lanes.first().ok_or("the robot is missing")?;
        let (key, robot) = (lane.key(), lane.name.clone());
        let known =
            KnownRobot { name: robot.clone(), deliver: Arc::clone(&lane.deliver), rate_per_minute: None };
        let accepted = Stored::new(Arc::clone(&outbox), [(key.clone(), known)]);
        Ok((Self { outbox, lane: key, robot }, CallQueue::new(queue, accepted).always()))
    }

    /// Reports whether a process delivers for the robot.
    pub(super) async fn is_served(&self) -> Result<bool> {
        Ok(is_served(&*self.outbox, &self.lane).await?)
    }

    /// Reports whether the message with this id was delivered.
    pub(in crate::program) async fn has_delivered(&self, id: &str) -> Result<bool> {
        Ok(matches!(self.outbox.find(id).await?, Standing::Delivered(_)))
    }

    /// Removes a message that waits. Has no effect on others.
    pub(in crate::program) async fn remove(&self, id: &str) -> Result<()> {
        self.outbox.remove(id).await?;
        Ok(())
    }

    /// Starts a process that delivers, unless one is running, and does not wait for it.
    pub(in crate::program) async fn start_deliverer(&self, settings: &Settings) -> Result<()> {
        if self.is_served().await? { Ok(()) } else { start(settings) }
    }

    /// Starts a process that delivers the message with this id, unless one is running. Returns `false` if none begins.
    ///
    /// The message is stored before this looks for a process: see `outbox::deliverer`.
    pub(super) async fn deliver_detached(&self, settings: &Settings, id: &str) -> Result<bool> {
        if self.is_served().await? {
            return Ok(true);
        }
        start(settings)?;
        if becomes_served(&*self.outbox, &self.lane, BEGIN).await? {
            return Ok(true);
        }
        // It may have ended before it was seen.
        Ok(!matches!(self.outbox.find(id).await?, Standing::Kept { .. }))
    }
}

/// Notes that the person who has entered the command has confirmed its message.
pub(super) fn confirm(ready: &mut Ready) {
    let person = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| env::var(name).ok());
    let by = person.map_or_else(|| "command line".to_owned(), |person| format!("{person}, command line"));
    let notifies_all = ready.envelope.message.mentions().is_some_and(|mentions: &Mentions| mentions.all);
    ready.confirm(by, if notifies_all { Question::AtAll } else { Question::Send });
}
