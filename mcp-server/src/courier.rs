//! Delivers the messages of calls: each once, within a deadline, for as long as somebody waits for it.

use std::{future::Future, sync::Arc, time::Duration};

use dingtalk_core::{Deliver, Envelope, Message};
use tokio::time::{sleep, timeout};

use crate::{
    outcome::Answer,
    repeat::{Claim, Flight, Key, Landing, Repeats, Stop, Ticket},
};

/// How much longer than a call's deadline a delivery may take before it is stopped from outside: a robot with the same
/// deadline ends by itself, and knows more.
const GRACE: Duration = Duration::from_secs(1);

/// How long a delivery that was stopped may take to say whether it had left.
const STOPPING: Duration = Duration::from_secs(1);

pub(crate) struct Courier {
    deliver: Arc<dyn Deliver>,
    deadline: Duration,
    repeats: Arc<Repeats>,
}

impl Courier {
    pub(crate) fn new(deliver: Arc<dyn Deliver>, deadline: Duration) -> Self {
        Self { deliver, deadline, repeats: Arc::default() }
    }

    /// How long a call may take.
    pub(crate) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Delivers a message, unless the same call has done so already. `meanwhile` runs while it is on its way.
    pub(crate) async fn send<W: Future<Output = ()>>(
        &self,
        key: Key,
        message: Message,
        cancelled: impl Future<Output = ()>,
        meanwhile: impl FnOnce(Arc<Flight>) -> W,
    ) -> Answer {
        let (flight, caller) = match self.repeats.claim(key, message) {
            Claim::Duplicate(receipt, age) => return Answer::duplicate(&receipt, age),
            Claim::Join(flight) => {
                let caller = flight.board();
                (flight, caller)
            }
            Claim::Deliver(envelope, ticket, flight) => {
                let caller = flight.board();
                let delivery =
                    fly(Arc::clone(&self.deliver), *envelope, ticket, Arc::clone(&flight), self.deadline);
                // On its own: the call that began it may be cancelled while another one waits for it.
                tokio::spawn(delivery);
                (flight, caller)
            }
        };
        let meanwhile = async {
            meanwhile(Arc::clone(&flight)).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            landing = flight.landing() => Answer::of(&landing, flight.id()),
            () = cancelled => {
                let landing = stopped(&flight, caller.leave()).await;
                Answer::of(&landing, flight.id())
            }
            () = meanwhile => Answer::of(&Landing::Open(Stop::Lost), flight.id()),
        }
    }
}

/// What became of a delivery whose call was cancelled; `last` where nobody else waits for it. The client gets no answer
/// to a call that it has cancelled: the log is where it stands.
async fn stopped(flight: &Flight, last: bool) -> Landing {
    let id = flight.id();
    if !last {
        tracing::info!(name: "dingtalk.cancelled", id, "call cancelled; another one waits for the same message");
        return Landing::Open(Stop::Cancelled);
    }
    let landing = timeout(STOPPING, flight.landing()).await.unwrap_or(Landing::Open(Stop::Cancelled));
    let became = match landing {
        Landing::Held(_) => "not sent",
        Landing::Open(_) => "may have arrived",
        Landing::Delivered(_) => "delivered",
        Landing::Failed(_) => "failed",
    };
    tracing::warn!(name: "dingtalk.cancelled", id, "call cancelled; the message: {became}");
    landing
}

/// One delivery, whoever waits for it. Giving it up closes its connection.
async fn fly(
    deliver: Arc<dyn Deliver>,
    envelope: Envelope,
    ticket: Ticket,
    flight: Arc<Flight>,
    deadline: Duration,
) {
    let stop = {
        let delivery = deliver.deliver(envelope);
        tokio::select! {
            biased;
            delivered = delivery => Err(match delivered {
                Ok(receipt) => Landing::Delivered(receipt),
                Err(error) => Landing::Failed(error),
            }),
            () = flight.abandoned() => Ok(Stop::Cancelled),
            () = sleep(deadline.saturating_add(GRACE)) => Ok(Stop::Overdue),
        }
    };
    match stop {
        Ok(why) => ticket.stop(why),
        Err(landing) => ticket.land(landing),
    }
}
