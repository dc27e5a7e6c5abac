//! A scripted delivery, and a few notifications.

use std::{
    collections::VecDeque,
    mem::ManuallyDrop,
    sync::{Arc, Mutex},
    time::Duration,
};

use dingtalk_core::{
    Deliver, Envelope, Error, ErrorKind, Message, Receipt,
    delivery::{
        BoxFuture, Outcome, Pace, Urgency,
        window::{Forecast, RateWindow, SlotRequest, Waiter, Window as _},
    },
    queue::Queue,
};
use tokio::time::{Instant, sleep};

/// Result of a delivery.
#[derive(Debug, Clone)]
pub(crate) enum Then {
    Deliver,
    Fail(ErrorKind),
    Panic,
    Hang,
}

/// Ends deliveries according to a script, and after its end according to `afterwards`. With a rate window, it makes
/// requests as a robot does.
#[derive(Clone)]
pub(crate) struct Fake {
    played: Arc<Mutex<Played>>,
    window: Option<Arc<RateWindow>>,
}

/// As long as a robot waits for its slot unless told otherwise.
const PATIENCE: Duration = seconds(20);

/// As long as a robot takes its slot for.
const HOLDS: Duration = seconds(20);

struct Played {
    script: VecDeque<Then>,
    afterwards: Then,
    takes: Duration,
    started: Instant,
    deliveries: Vec<(Duration, Envelope)>,
}

impl Fake {
    pub(crate) fn new() -> Self {
        Self::scripted([])
    }

    pub(crate) fn scripted(script: impl IntoIterator<Item = Then>) -> Self {
        let played = Arc::new(Mutex::new(Played {
            script: script.into_iter().collect(),
            afterwards: Then::Deliver,
            takes: Duration::ZERO,
            started: Instant::now(),
            deliveries: Vec::new(),
        }));
        Self { played, window: None }
    }

    /// Takes a slot for each request, at this pace.
    pub(crate) fn paced(self, pace: Pace) -> Self {
        self.within(&Arc::new(RateWindow::new(pace)))
    }

    /// Takes a slot of this window for each request.
    pub(crate) fn within(mut self, window: &Arc<RateWindow>) -> Self {
        self.window = Some(Arc::clone(window));
        self
    }

    /// Always fails like this.
    pub(crate) fn failing(kind: ErrorKind) -> Self {
        let fake = Self::new();
        fake.played.lock().unwrap().afterwards = Then::Fail(kind);
        fake
    }

    pub(crate) fn hanging() -> Self {
        let fake = Self::new();
        fake.played.lock().unwrap().afterwards = Then::Hang;
        fake
    }

    /// Sets the duration of each delivery.
    pub(crate) fn taking(self, time: Duration) -> Self {
        self.played.lock().unwrap().takes = time;
        self
    }

    /// The delivered ids, in order.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.envelopes().into_iter().map(|envelope| envelope.id).collect()
    }

    pub(crate) fn envelopes(&self) -> Vec<Envelope> {
        self.played.lock().unwrap().deliveries.iter().map(|(_, envelope)| envelope.clone()).collect()
    }

    /// Beginnings of the deliveries, in seconds since the fake was made.
    pub(crate) fn seconds(&self) -> Vec<f64> {
        self.played.lock().unwrap().deliveries.iter().map(|(at, _)| at.as_secs_f64()).collect()
    }
}

impl Fake {
    /// One request.
    async fn request(&self, envelope: Envelope) -> Result<Receipt, Error> {
        let id = envelope.id.clone();
        let (then, takes) = {
            let mut played = self.played.lock().unwrap();
            let at = played.started.elapsed();
            played.deliveries.push((at, envelope));
            let afterwards = played.afterwards.clone();
            (played.script.pop_front().unwrap_or(afterwards), played.takes)
        };
        sleep(takes).await;
        match then {
            Then::Deliver => Ok(Receipt::new(id, Outcome::Delivered)),
            Then::Fail(kind) => Err(Error::new(kind, "as scripted")),
            Then::Panic => panic!("as scripted"),
            Then::Hang => std::future::pending().await,
        }
    }
}

impl Deliver for Fake {
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
        Box::pin(async move {
            let Some(window) = &self.window else { return self.request(envelope).await };
            let waiter = Waiter::join(&**window, envelope.urgency);
            let slot = waiter.take(SlotRequest::new(PATIENCE, HOLDS)).await??;
            envelope.mark_attempt().await?;
            // A process that crashes ends nothing.
            let slot = ManuallyDrop::new(slot);
            let result = self.request(envelope).await;
            drop(ManuallyDrop::into_inner(slot));
            result
        })
    }

    fn forecast<'a>(&'a self, envelope: &'a Envelope) -> BoxFuture<'a, Result<Forecast, Error>> {
        match &self.window {
            Some(window) => window.forecast(envelope.urgency, 0),
            None => Box::pin(std::future::ready(Ok(Forecast::default()))),
        }
    }

    fn marks_attempts(&self) -> bool {
        self.window.is_some()
    }
}

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn queue(fake: &Fake) -> Queue {
    Queue::builder().lane("ops", fake.clone()).build().unwrap()
}

pub(crate) fn envelope(id: &str) -> Envelope {
    Envelope::new(Message::text(format!("This is {id}"))).with_id(id)
}

pub(crate) fn urgent(id: &str) -> Envelope {
    envelope(id).with_urgency(Urgency::Urgent)
}

/// Each time is the expected one, up to the fifth of jitter on each of its parts.
pub(crate) fn assert_about(times: &[f64], pauses: &[u64]) {
    assert_eq!(times.len(), pauses.len() + 1, "{times:?}");
    for (pair, pause) in times.windows(2).zip(pauses) {
        let (took, pause) = (pair[1] - pair[0], f64::from(u32::try_from(*pause).unwrap()));
        assert!(took >= pause * 0.799 && took <= pause * 1.201, "{took} instead of {pause} in {times:?}");
    }
}
