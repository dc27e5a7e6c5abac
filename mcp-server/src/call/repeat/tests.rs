use dingtalk_core::{ErrorKind, delivery::Outcome};
use proptest::{prelude::*, sample::select, test_runner::Config};
use tokio::time::advance;

use super::*;

/// Nearly as long.
fn just_below(window: Duration) -> Duration {
    window.saturating_sub(Duration::from_millis(1))
}

fn key(name: &str) -> Key {
    Key::new(None, name, "{}")
}

fn message() -> Message {
    Message::text("x")
}

fn delivered(id: &str) -> DeliveryOutcome {
    DeliveryOutcome::Delivered(Receipt::new(id, Outcome::Delivered))
}

fn failed(kind: ErrorKind) -> DeliveryOutcome {
    DeliveryOutcome::Failed(Error::new(kind, ""))
}

struct Table(Arc<Repeats>);

impl Table {
    fn new() -> Self {
        Self(Arc::default())
    }

    fn claim(&self, name: &str) -> Claim {
        self.0.claim(key(name), message(), None)
    }

    /// Begins a call that must be delivered.
    fn begin(&self, name: &str) -> (Box<Envelope>, Permit, Arc<Delivery>) {
        match self.claim(name) {
            Claim::Deliver(envelope, permit, delivery) => (envelope, permit, delivery),
            Claim::Join(_) => panic!("{name} is in progress"),
            Claim::Duplicate(..) => panic!("{name} was delivered"),
        }
    }

    /// Makes a call with this outcome, and returns its id.
    fn call(&self, name: &str, outcome: DeliveryOutcome) -> String {
        let (envelope, permit, _) = self.begin(name);
        permit.finish(outcome);
        envelope.id
    }
}

#[tokio::test(start_paused = true)]
async fn a_delivered_call_is_a_duplicate_for_a_minute() {
    let table = Table::new();
    table.call("a", delivered("first"));
    advance(just_below(WINDOW)).await;
    let Claim::Duplicate(receipt, age) = table.claim("a") else { panic!("it is sent again") };
    assert_eq!((&*receipt.id, age), ("first", just_below(WINDOW)));
    // A duplicate does not restart the minute.
    advance(Duration::from_millis(1)).await;
    table.begin("a");
}

#[tokio::test(start_paused = true)]
async fn other_calls_are_no_duplicates() {
    let table = Table::new();
    table.call("a", delivered("first"));
    table.begin("b");
}

#[tokio::test(start_paused = true)]
async fn a_call_with_an_unknown_outcome_is_sent_again_under_the_same_id() {
    for outcome in [
        failed(ErrorKind::Unknown),
        failed(ErrorKind::Busy),
        DeliveryOutcome::Unknown(Stop::Cancelled),
        DeliveryOutcome::Unknown(Stop::Overdue),
    ] {
        let table = Table::new();
        let id = table.call("a", outcome);
        advance(just_below(UNKNOWN_WINDOW)).await;
        assert_eq!(table.call("a", failed(ErrorKind::Unknown)), id, "the second attempt");
        // Each attempt extends the window.
        advance(just_below(UNKNOWN_WINDOW)).await;
        assert_eq!(table.call("a", delivered(&id)), id, "the third attempt");
        assert!(matches!(table.claim("a"), Claim::Duplicate(receipt, _) if receipt.id == id));
    }
    let table = Table::new();
    let id = table.call("a", failed(ErrorKind::Unknown));
    advance(UNKNOWN_WINDOW).await;
    assert_ne!(table.call("a", delivered("x")), id, "the id is kept for ever");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_not_sent_is_forgotten() {
    for outcome in [
        failed(ErrorKind::NotSent),
        failed(ErrorKind::Signature),
        failed(ErrorKind::RateLimited),
        failed(ErrorKind::Throttled),
        DeliveryOutcome::NotSent(Stop::Cancelled),
    ] {
        let table = Table::new();
        let id = table.call("a", outcome);
        assert_ne!(table.call("a", delivered("x")), id);
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_may_have_arrived_stays_unknown() {
    let table = Table::new();
    let id = table.call("a", failed(ErrorKind::Unknown));
    for outcome in
        [failed(ErrorKind::NotSent), failed(ErrorKind::Throttled), DeliveryOutcome::NotSent(Stop::Cancelled)]
    {
        let (envelope, permit, delivery) = table.begin("a");
        assert_eq!(envelope.id, id);
        permit.finish(outcome);
        assert!(matches!(delivery.outcome().await, DeliveryOutcome::StillUnknown(_)));
    }
    // Its age is unchanged.
    advance(UNKNOWN_WINDOW).await;
    assert_ne!(table.call("a", delivered("x")), id);
}

#[tokio::test(start_paused = true)]
async fn a_call_in_progress_is_joined_and_delivers_once_for_all() {
    let table = Table::new();
    let (envelope, permit, delivery) = table.begin("a");
    let Claim::Join(joined) = table.claim("a") else { panic!("it is sent twice") };
    assert!(Arc::ptr_eq(&delivery, &joined));
    let (first, second) = (delivery.outcome(), joined.outcome());
    permit.finish(delivered(&envelope.id));
    for outcome in [first.await, second.await] {
        assert!(matches!(outcome, DeliveryOutcome::Delivered(receipt) if receipt.id == envelope.id));
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_caller_stops_a_delivery() {
    let table = Table::new();
    let (_envelope, _permit, delivery) = table.begin("a");
    let (first, second) = (delivery.join(), delivery.join());
    let abandoned = delivery.abandoned();
    tokio::pin!(abandoned);
    assert!(!first.leave());
    assert!(tokio::time::timeout(Duration::from_secs(1), &mut abandoned).await.is_err());
    assert!(second.leave());
    abandoned.await;
}

#[tokio::test(start_paused = true)]
async fn a_delivery_without_an_outcome_is_unknown() {
    let table = Table::new();
    let (envelope, permit, delivery) = table.begin("a");
    drop(permit);
    assert!(matches!(delivery.outcome().await, DeliveryOutcome::Unknown(Stop::Lost)));
    assert_eq!(table.call("a", delivered("x")), envelope.id);
}

#[tokio::test(start_paused = true)]
async fn memory_is_bounded_and_calls_in_progress_stay() {
    let table = Table::new();
    let (_envelope, _permit, _delivery) = table.begin("in progress");
    let open = table.call("open", failed(ErrorKind::Unknown));
    for number in 0..3 * CAPACITY {
        table.call(&format!("{number}"), delivered("x"));
        // A repeated call occupies one entry.
        assert!(matches!(table.claim(&format!("{number}")), Claim::Duplicate(..)));
    }
    let calls = table.0.calls();
    assert!(calls.known.len() <= CAPACITY + 1 && calls.order.len() <= CAPACITY, "{}", calls.known.len());
    assert!(matches!(calls.known.get(&key("in progress")), Some(Call::InProgress(_))));
    drop(calls);
    assert_ne!(table.call("open", delivered("x")), open, "the oldest is forgotten first");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_keeps_failing_occupies_one_entry() {
    let table = Table::new();
    for _ in 0..3 * CAPACITY {
        table.call("a", failed(ErrorKind::Unknown));
    }
    table.call("b", delivered("x"));
    let calls = table.0.calls();
    assert_eq!((calls.known.len(), calls.order.len() <= CAPACITY), (2, true), "{}", calls.order.len());
}

#[tokio::test(start_paused = true)]
async fn time_empties_the_table() {
    let table = Table::new();
    for number in 0..100 {
        table.call(&format!("{number}"), delivered("x"));
    }
    advance(UNKNOWN_WINDOW).await;
    table.call("new", DeliveryOutcome::NotSent(Stop::Cancelled));
    assert_eq!(table.0.calls().known.len(), 0);
}

/// An event of one of three calls.
#[derive(Debug, Clone)]
enum Step {
    Call(usize, Ending),
    Wait(Duration),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Delivered,
    Unknown,
    NotSent,
    /// Stopped after it was sent, or before that is known.
    Stopped,
    /// The delivery ends without an outcome.
    Lost,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let ending =
        select(vec![Ending::Delivered, Ending::Unknown, Ending::NotSent, Ending::Stopped, Ending::Lost]);
    let seconds = select(vec![0, 1, 29, 59, 60, 61, 300, 599, 600, 601]);
    let step = prop_oneof![
        3 => (0_usize..3, ending).prop_map(|(call, ending)| Step::Call(call, ending)),
        2 => seconds.prop_map(|seconds| Step::Wait(Duration::from_secs(seconds))),
    ];
    proptest::collection::vec(step, 1..40)
}

/// Checks each step against a model of the past: the last call that was sent, its outcome and its time.
async fn check(steps: Vec<Step>) {
    let table = Table::new();
    let mut last: [Option<(String, Ending, Instant)>; 3] = [None, None, None];
    for step in steps {
        let (call, ending) = match step {
            Step::Wait(duration) => {
                advance(duration).await;
                continue;
            }
            Step::Call(call, ending) => (call, ending),
        };
        let now = Instant::now();
        let (before, name) = (&mut last[call], call.to_string());
        let recent = |window| before.as_ref().filter(|(_, _, at)| now - *at < window);
        let settled = recent(WINDOW).filter(|(_, ending, _)| *ending == Ending::Delivered);
        let open = recent(UNKNOWN_WINDOW).filter(|(_, ending, _)| *ending != Ending::Delivered);
        match table.claim(&name) {
            Claim::Duplicate(receipt, _) => {
                assert_eq!(Some(&receipt.id), settled.map(|(id, _, _)| id), "nothing is sent for no reason");
            }
            Claim::Join(_) => panic!("nothing is in progress"),
            Claim::Deliver(envelope, permit, _) => {
                assert!(settled.is_none(), "it was delivered a moment ago");
                match open {
                    Some((id, _, _)) => assert_eq!(*id, envelope.id, "it may have arrived under another id"),
                    None => assert!(before.as_ref().is_none_or(|(id, _, _)| *id != envelope.id)),
                }
                let id = envelope.id.clone();
                match ending {
                    Ending::Delivered => permit.finish(delivered(&id)),
                    Ending::Unknown => permit.finish(failed(ErrorKind::Unknown)),
                    Ending::NotSent => permit.finish(failed(ErrorKind::NotSent)),
                    Ending::Stopped => permit.stop(Stop::Cancelled),
                    Ending::Lost => drop(permit),
                }
                // A message that was not sent does not change what may have arrived earlier.
                if ending != Ending::NotSent {
                    *before = Some((id, ending, now));
                } else if open.is_none() {
                    *before = None;
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(Config { cases: 300, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_message_is_never_sent_again_under_another_id(steps in steps()) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(check(steps));
    }
}
