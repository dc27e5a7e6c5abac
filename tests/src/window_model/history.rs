//! Steps of a history, done in a window and recorded in the truth.

use std::{
    sync::mpsc::{self, Receiver, Sender},
    time::Duration,
};

use dingtalk_core::delivery::{
    Pace, Urgency,
    window::{Admission, SlotEnd, SlotId, SlotRequest, WaiterId},
};
use proptest::{prelude::*, test_runner::TestCaseError};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};

use super::{
    HOLDS, Step, WINDOW, WORKERS, Workers,
    truth::{NOTICES, Slot, Truth, Waiter},
};

const FOREVER: Duration = Duration::from_secs(1_000_000);

/// A slot that a waiter received.
struct Granted {
    worker: usize,
    waiter: WaiterId,
    slot: SlotId,
    at: Duration,
}

/// A history that goes on.
pub(super) struct History<W> {
    workers: W,
    truth: Truth,
    start: Instant,
    tasks: Vec<(usize, WaiterId, JoinHandle<()>)>,
    granted: Receiver<Granted>,
    grants: Sender<Granted>,
}

impl<W: Workers> History<W> {
    pub(super) fn start(pace: Pace) -> Self {
        let (grants, granted) = mpsc::channel();
        Self {
            workers: W::start(pace),
            truth: Truth::new(pace),
            start: Instant::now(),
            tasks: Vec::new(),
            granted,
            grants,
        }
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    pub(super) async fn apply(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Take { worker, urgency } => self.take(worker, urgency).await?,
            Step::Wait { worker, urgency } => self.wait(worker, urgency),
            Step::End(index) => self.end(index, true),
            Step::GiveBack(index) => self.end(index, false),
            Step::Leave(index) => self.leave(index),
            Step::Rest { worker, block, seconds } => {
                let rest = Duration::from_secs(seconds);
                self.truth.rest(self.now(), rest);
                self.workers.window(worker).rest(block, rest);
            }
            Step::Pass { milliseconds } => sleep(Duration::from_millis(milliseconds)).await,
            Step::Crash { worker } => self.crash(worker),
            Step::JumpBack { seconds } => {
                if self.workers.jump_back(seconds) {
                    let span = Duration::from_secs(seconds.unsigned_abs());
                    self.truth.distrust(self.now(), span);
                }
            }
            Step::SetWall { seconds } => {
                self.truth.set_wall(self.now());
                self.workers.set_wall(seconds);
            }
            Step::Restart { up } => self.restart(Duration::from_secs(up)).await?,
        }
        self.settle().await
    }

    /// Lets everything that waits be served, and checks that all slots are there again.
    pub(super) async fn finish(mut self) -> Result<(), TestCaseError> {
        while !self.truth.waiters.is_empty() {
            let before = self.truth.waiters.len();
            sleep(self.truth.cautious_until().saturating_sub(self.now()) + HOLDS + 4 * WINDOW).await;
            self.settle().await?;
            prop_assert!(self.truth.waiters.len() < before, "no waiter was served: {:?}", self.truth);
        }
        sleep(self.truth.cautious_until().saturating_sub(self.now()) + HOLDS + 4 * WINDOW).await;
        self.take(0, Urgency::Urgent).await?;
        prop_assert!(
            self.truth.slots.last().is_some_and(|slot| slot.granted == self.now()),
            "a slot was lost"
        );
        Ok(())
    }

    async fn take(&mut self, worker: usize, urgency: Urgency) -> Result<(), TestCaseError> {
        self.settle().await?;
        let window = self.workers.window(worker);
        let waiter = window.join(urgency);
        let answer = window.take(waiter, SlotRequest::new(Duration::ZERO, HOLDS)).await;
        match answer.map_err(|error| TestCaseError::fail(error.to_string()))? {
            Admission::Granted(id) => {
                let slot = Slot { worker, id, granted: self.now(), ended: None, said: false };
                self.truth.grant(slot, urgency, None)
            }
            Admission::TooLong(_) => {
                window.leave(waiter);
                self.truth.refuse(urgency, self.now(), false)
            }
        }
    }

    fn wait(&mut self, worker: usize, urgency: Urgency) {
        let window = self.workers.window(worker);
        let id = window.join(urgency);
        self.truth.waiters.push(Waiter { worker, id, urgency });
        let (grants, start) = (self.grants.clone(), self.start);
        let task = tokio::spawn(async move {
            let answer = window.take(id, SlotRequest::new(FOREVER, HOLDS)).await;
            if let Ok(Admission::Granted(slot)) = answer {
                drop(grants.send(Granted { worker, waiter: id, slot, at: start.elapsed() }));
            }
        });
        self.tasks.push((worker, id, task));
    }

    fn end(&mut self, index: usize, sent: bool) {
        let now = self.now();
        let open = |slot: &Slot| slot.ended.is_none();
        let count = self.truth.slots.iter().filter(|slot| open(slot)).count();
        let Some(chosen) = (count > 0).then(|| index % count) else { return };
        let Some(at) = (0..self.truth.slots.len()).filter(|at| open(&self.truth.slots[*at])).nth(chosen)
        else {
            return;
        };
        let slot = &mut self.truth.slots[at];
        let window = self.workers.window(slot.worker);
        // Later than it may end, a slot has ended, and is not given back.
        let sent = sent || now >= slot.granted + HOLDS;
        slot.ended = Some(now.min(slot.granted + HOLDS));
        slot.said = true;
        let id = slot.id;
        // Saying it again changes nothing.
        for _ in 0..2 {
            if sent {
                window.end(id, SlotEnd::Delivered);
            } else {
                window.give_back(id);
            }
        }
        if !sent {
            self.truth.slots.remove(at);
        }
    }

    fn leave(&mut self, index: usize) {
        let Some(chosen) = index.checked_rem(self.truth.waiters.len()) else { return };
        let Waiter { worker, id, .. } = self.truth.waiters.remove(chosen);
        self.forget(|of, waiter| of == worker && waiter == id);
        self.workers.window(worker).leave(id);
    }

    fn crash(&mut self, worker: usize) {
        let left: Vec<Waiter> =
            self.truth.waiters.iter().filter(|waiter| waiter.worker == worker).copied().collect();
        self.forget(|of, _| of == worker);
        let window = self.workers.window(worker);
        if !self.workers.crash(worker) {
            for waiter in left {
                window.leave(waiter.id);
            }
        }
        self.truth.crash(worker, self.now());
    }

    async fn restart(&mut self, up: Duration) -> Result<(), TestCaseError> {
        for worker in 0..WORKERS {
            self.crash(worker);
        }
        sleep(up).await;
        if self.workers.restart(up) {
            self.truth.restart(self.now());
        }
        Ok(())
    }

    fn forget(&mut self, of: impl Fn(usize, WaiterId) -> bool) {
        for (_, _, task) in self.tasks.extract_if(.., |(worker, id, _)| of(*worker, *id)) {
            task.abort();
        }
    }

    /// Lets tasks go on, and checks what they received, and what they did not.
    async fn settle(&mut self) -> Result<(), TestCaseError> {
        sleep(NOTICES).await;
        let mut granted: Vec<Granted> = self.granted.try_iter().collect();
        // Several that are granted at one moment go on in any order.
        granted.sort_by_key(|granted| (granted.at, self.truth.place(granted.worker, granted.waiter)));
        for Granted { worker, waiter, slot, at } in granted {
            let Some(index) = self.truth.position(worker, waiter) else { continue };
            let urgency = self.truth.waiters[index].urgency;
            let slot = Slot { worker, id: slot, granted: at, ended: None, said: false };
            self.truth.grant(slot, urgency, Some(waiter))?;
        }
        self.truth.check_waiters(self.now())
    }
}
