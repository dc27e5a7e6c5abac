//! The right to deliver one call: decides with the table, and reports the outcome to all callers.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use dingtalk_core::{Envelope, ErrorKind, Receipt, delivery::Outcome};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::{
    Delivery, DeliveryOutcome, Identity, Queued, Recognition, Repeats, Stop,
    table::{Decision, Ending, Granted, Known, QUEUED_WINDOW, UNKNOWN_WINDOW, WINDOW},
};
use crate::call::standing::{Accepted, Standing};

/// Interval at which the call of another process is looked up.
const POLL: Duration = Duration::from_millis(250);

/// Time after which a message that was queued has been delivered or given up, if the queue cannot be asked.
const LONGEST_IN_QUEUE: Duration = Duration::from_secs(24 * 60 * 60);

/// The right to deliver one call. If it is dropped, the outcome is unknown, or not sent if no request was made.
#[derive(Debug)]
pub(crate) struct Permit {
    repeats: Arc<Repeats>,
    call: Identity,
    delivery: Arc<Delivery>,
    phase: Phase,
    finished: watch::Sender<Option<DeliveryOutcome>>,
}

/// Progress of a call.
#[derive(Debug)]
enum Phase {
    /// Nothing is decided, and nothing was sent.
    Undecided,
    /// Another process delivers the message.
    Elsewhere,
    /// The message is sent each time, and nothing is remembered.
    Unremembered,
    Granted(Granted),
}

/// Decision on a call.
#[derive(Debug)]
pub(crate) enum Decided {
    /// Deliver this envelope.
    Send(Box<Envelope>),
    /// Send nothing: this is the outcome.
    Settled(DeliveryOutcome),
}

impl Permit {
    pub(super) fn new(
        repeats: Arc<Repeats>,
        call: Identity,
        delivery: Arc<Delivery>,
        finished: watch::Sender<Option<DeliveryOutcome>>,
    ) -> Self {
        Self { repeats, call, delivery, phase: Phase::Undecided, finished }
    }

    /// Decides on the call. Waits as long as another process makes the same call, but not beyond `deadline`. `queue` is
    /// that of the server.
    pub(crate) async fn decide(
        &mut self,
        envelope: Envelope,
        deadline: Duration,
        queue: Option<&dyn Accepted>,
    ) -> Decided {
        if self.call.recognition == Recognition::Never {
            self.phase = Phase::Unremembered;
            return Decided::Send(Box::new(envelope));
        }
        let began = Instant::now();
        let mut has_waited = false;
        let mut settled: Option<String> = None;
        loop {
            match self.repeats.table.claim(&self.call, &envelope.id, settled.as_deref()).await {
                Ok(Decision::Send(granted)) => {
                    let envelope = self.begin(envelope, granted);
                    let left = deadline.saturating_sub(began.elapsed());
                    return Decided::Send(Box::new(if has_waited {
                        expire(envelope, left)
                    } else {
                        envelope
                    }));
                }
                // The caller has joined that call.
                Ok(Decision::Duplicate(receipt, _)) if has_waited => {
                    return Decided::Settled(DeliveryOutcome::Delivered(*receipt));
                }
                Ok(Decision::Duplicate(receipt, age)) => {
                    return Decided::Settled(DeliveryOutcome::Duplicate(receipt, age));
                }
                Ok(Decision::Queued(id, age)) => {
                    if let Some(outcome) = self.look_up(queue, &id, age).await {
                        self.delivery.is_known_as(&id);
                        return Decided::Settled(outcome);
                    }
                    settled = Some(id);
                }
                Ok(Decision::OtherMessage) => {
                    return Decided::Settled(DeliveryOutcome::OtherMessage);
                }
                Ok(Decision::Elsewhere(id)) => {
                    self.delivery.is_known_as(&id);
                    self.phase = Phase::Elsewhere;
                    has_waited = true;
                    if let Err(outcome) = self.wait(began + deadline).await {
                        return Decided::Settled(outcome);
                    }
                    self.phase = Phase::Undecided;
                }
                // The database of the state is away. It is waited for as a slot is.
                Err(error) if error.kind() == ErrorKind::RateLimited => {
                    if began.elapsed() + POLL >= deadline {
                        return Decided::Settled(DeliveryOutcome::Failed(error));
                    }
                    has_waited = true;
                    sleep(POLL).await;
                }
                Err(error) => return Decided::Settled(DeliveryOutcome::NotRecorded(error)),
            }
        }
    }

    /// Returns the outcome of a call whose message an earlier one has queued; `None` if the delivery of that message
    /// has ended, so that this call is a new one.
    async fn look_up(
        &self,
        queue: Option<&dyn Accepted>,
        id: &str,
        age: Duration,
    ) -> Option<DeliveryOutcome> {
        let Some(queue) = queue else {
            return (age < LONGEST_IN_QUEUE).then_some(DeliveryOutcome::Unknown(Stop::NoQueue));
        };
        let is_chosen = matches!(self.call.recognition, Recognition::Id(_));
        let duplicate = |age| {
            let receipt = Receipt::new(id, Outcome::Delivered);
            Some(DeliveryOutcome::Duplicate(Box::new(receipt), age))
        };
        match queue.find(id).await {
            Ok(standing @ (Standing::Waiting(_) | Standing::Sending)) => {
                let queued = Queued { standing: Some(standing), earlier: true };
                Some(DeliveryOutcome::Queued(Box::new(queued)))
            }
            // An id that the caller chose is remembered longer than the queue does.
            Ok(Standing::Delivered { age }) if is_chosen || age < WINDOW => duplicate(age),
            Ok(Standing::Unknown) if is_chosen && age >= QUEUED_WINDOW => duplicate(age),
            Ok(Standing::Failed(failed)) if failed.may_have_arrived && failed.age < UNKNOWN_WINDOW => {
                Some(DeliveryOutcome::Unknown(Stop::GivenUp))
            }
            Ok(Standing::Delivered { .. } | Standing::Failed(_) | Standing::Removed | Standing::Unknown) => {
                None
            }
            Err(error) => Some(DeliveryOutcome::NotRecorded(error)),
        }
    }

    /// Reports that the id of the message was made for it alone.
    pub(crate) fn is_new(&self) -> bool {
        matches!(self.phase, Phase::Unremembered)
    }

    /// Reports that the message has certainly not been sent by an earlier call.
    pub(crate) fn is_first(&self) -> bool {
        !matches!(&self.phase, Phase::Granted(Granted { earlier: Some(_), .. }))
    }

    /// Begins the delivery that the table has granted.
    fn begin(&mut self, envelope: Envelope, granted: Granted) -> Envelope {
        self.delivery.is_known_as(&granted.id);
        let mut envelope = envelope.with_id(&granted.id);
        if let Some(earlier) = &granted.earlier {
            (envelope.sender, envelope.delivered) = (earlier.sender, earlier.delivered);
        }
        if let Some(mark) = granted.turn.mark() {
            envelope = envelope.with_attempt_mark(mark);
        }
        self.phase = Phase::Granted(granted);
        envelope
    }

    /// Waits until the process that makes the same call has ended it, or has ended itself. Fails with the outcome if
    /// the call need not be decided again.
    async fn wait(&self, deadline: Instant) -> Result<(), DeliveryOutcome> {
        loop {
            if Instant::now() >= deadline {
                return Err(DeliveryOutcome::Unknown(Stop::Elsewhere));
            }
            sleep(POLL.min(deadline - Instant::now())).await;
            match self.repeats.table.look(&self.call).await {
                Ok(Known::InProgress) => {}
                Ok(Known::Absent | Known::Delivered | Known::Queued | Known::Abandoned) => return Ok(()),
                // It may have arrived, or the other process may still send it.
                Ok(Known::Unknown) | Err(_) => return Err(DeliveryOutcome::Unknown(Stop::Elsewhere)),
            }
        }
    }

    /// Reports the outcome to all callers.
    pub(crate) fn finish(mut self, outcome: DeliveryOutcome) {
        self.settle(outcome);
    }

    /// Reports to all callers that the delivery was stopped.
    pub(crate) fn stop(mut self, why: Stop) {
        let outcome = self.stopped(why);
        self.settle(outcome);
    }

    fn stopped(&self, why: Stop) -> DeliveryOutcome {
        let unsent = match self.phase {
            Phase::Undecided => true,
            Phase::Elsewhere => false,
            Phase::Unremembered | Phase::Granted(_) => self.delivery.is_held(),
        };
        if unsent { DeliveryOutcome::NotSent(why) } else { DeliveryOutcome::Unknown(why) }
    }

    fn settle(&mut self, outcome: DeliveryOutcome) {
        let outcome = match &mut self.phase {
            Phase::Granted(Granted { earlier, turn, .. }) => {
                // Remember it before reporting it: a caller may repeat the call at once.
                turn.end(match &outcome {
                    DeliveryOutcome::Delivered(receipt) => Ending::Delivered(receipt),
                    DeliveryOutcome::Queued(_) => Ending::Queued,
                    outcome if outcome.is_not_sent() => Ending::NotSent,
                    _ => Ending::Unknown,
                });
                match earlier {
                    Some(_) if outcome.is_not_sent() => DeliveryOutcome::StillUnknown(Box::new(outcome)),
                    _ => outcome,
                }
            }
            _ => outcome,
        };
        self.repeats.in_progress().remove(&self.call.key);
        self.finished.send_replace(Some(outcome));
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.finished.borrow().is_none() {
            let outcome = self.stopped(Stop::Lost);
            self.settle(outcome);
        }
    }
}

/// Ends the delivery with the time that its callers have left.
fn expire(envelope: Envelope, left: Duration) -> Envelope {
    let ends = SystemTime::now() + left;
    let ends = envelope.expires_at.map_or(ends, |expires_at| expires_at.min(ends));
    envelope.with_expiry(ends)
}
