//! Rate window of a robot in the shared state.

use std::{fmt, sync::Arc, time::Duration};

use dingtalk_core::{
    Error,
    delivery::{
        Block, BoxFuture, Pace, RobotKey, Urgency,
        window::{Admission, Forecast, SlotEnd, SlotId, SlotRequest, WaiterId, Window},
    },
};
use tokio::sync::oneshot;

use crate::{
    engine::{ForecastJob, Job},
    line::Taking,
    records::Bounds,
    shared::Shared,
};

/// Window of one robot. All its methods hand over to the owner of the tables.
pub(crate) struct SharedWindow {
    shared: Arc<Shared>,
    robot: RobotKey,
    bounds: Bounds,
}

impl SharedWindow {
    pub(crate) fn new(shared: Arc<Shared>, robot: RobotKey, pace: &Pace) -> Self {
        Self { shared, robot, bounds: Bounds::of(pace) }
    }
}

impl Window for SharedWindow {
    fn join(&self, urgency: Urgency) -> WaiterId {
        let waiter = self.shared.waiter();
        let (robot, bounds) = (self.robot, self.bounds);
        self.shared.driver.post(Job::Join { robot, waiter, urgency, bounds });
        waiter
    }

    fn leave(&self, waiter: WaiterId) {
        self.shared.driver.post(Job::Leave { robot: self.robot, waiter });
    }

    fn take(&self, waiter: WaiterId, request: SlotRequest) -> BoxFuture<'_, Result<Admission, Error>> {
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            let latest = self.shared.now().since_boot.saturating_add(request.patience);
            let taking = Taking { latest, request, reply };
            self.shared.driver.post(Job::Take { robot: self.robot, waiter, taking });
            self.shared.driver.answer(answer).await
        })
    }

    fn end(&self, slot: SlotId, end: SlotEnd) {
        self.shared.driver.post(Job::End { robot: self.robot, slot, end });
    }

    fn give_back(&self, slot: SlotId) {
        self.shared.driver.post(Job::GiveBack { robot: self.robot, slot });
    }

    fn forecast(&self, urgency: Urgency, ahead: usize) -> BoxFuture<'_, Result<Forecast, Error>> {
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            let (robot, bounds) = (self.robot, self.bounds);
            let job = ForecastJob { robot, bounds, urgency, ahead, reply };
            self.shared.driver.post(Job::Forecast(job));
            self.shared.driver.answer(answer).await
        })
    }

    fn rest(&self, block: Block, rest: Duration) {
        self.shared.driver.post(Job::Rest { robot: self.robot, block, rest });
    }
}

impl fmt::Debug for SharedWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedWindow").field("robot", &self.robot).finish_non_exhaustive()
    }
}
