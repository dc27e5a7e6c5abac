use dingtalk_core::{ErrorKind, Message, delivery::Outcome};
use proptest::{prelude::*, sample::select, test_runner::Config};
use tokio::time::{Instant, advance};

use super::{memory::CAPACITY, table::UNKNOWN_WINDOW, *};

/// Nearly as long.
fn just_below(window: Duration) -> Duration {
    window.saturating_sub(Duration::from_millis(1))
}

/// Longer than any test waits.
const DEADLINE: Duration = Duration::from_secs(3_600);

fn call(name: &str) -> Identity {
    Identity::of_text(name)
}

fn delivered(id: &str) -> DeliveryOutcome {
    DeliveryOutcome::Delivered(Receipt::new(id, Outcome::Delivered))
}

fn failed(kind: ErrorKind) -> DeliveryOutcome {
    DeliveryOutcome::Failed(Error::new(kind, ""))
}

/// Kind of a table.
#[derive(Debug, Clone, Copy)]
enum Store {
    Memory,
    #[cfg(feature = "state")]
    State,
}

/// Calls of one process, over a table.
struct Table {
    repeats: Arc<Repeats>,
    memory: Memory,
    #[cfg(feature = "state")]
    directory: Option<shared::Directory>,
}

impl Store {
    fn table(self) -> Table {
        match self {
            Self::Memory => {
                let memory = Memory::default();
                let repeats = Arc::new(Repeats::with_table(Arc::new(memory.clone())));
                Table {
                    repeats,
                    memory,
                    #[cfg(feature = "state")]
                    directory: None,
                }
            }
            #[cfg(feature = "state")]
            Self::State => {
                let directory = shared::Directory::new();
                Table { directory: Some(directory.clone()), ..directory.process() }
            }
        }
    }
}

/// Effect of a call.
enum Does {
    Deliver(Box<Envelope>, Permit, Arc<Delivery>),
    Join(Arc<Delivery>),
    Duplicate(Box<Receipt>, Duration),
}

impl Table {
    /// Replaces a process that is killed. Returns its permit, of which nobody hears again. A table in memory knows no
    /// other process: there, the delivery ends without an outcome.
    fn kill(&mut self, permit: Permit) -> Option<Permit> {
        #[cfg(feature = "state")]
        if let Some(directory) = self.directory.clone() {
            directory.end_all();
            *self = Self { directory: Some(directory.clone()), ..directory.process() };
            return Some(permit);
        }
        drop(permit);
        None
    }

    async fn claim(&self, name: &str) -> Does {
        let envelope = Envelope::new(Message::text("x"));
        let (mut permit, delivery) = match self.repeats.claim(call(name), &envelope) {
            Claim::Join(delivery) => return Does::Join(delivery),
            Claim::Deliver(permit, delivery) => (permit, delivery),
        };
        match permit.decide(envelope, DEADLINE, None).await {
            Decided::Send(envelope) => Does::Deliver(envelope, permit, delivery),
            Decided::Settled(outcome) => {
                permit.finish(outcome.clone());
                match outcome {
                    DeliveryOutcome::Duplicate(receipt, age) => Does::Duplicate(receipt, age),
                    outcome => panic!("{name}: {outcome:?}"),
                }
            }
        }
    }

    /// Begins a call that must be delivered.
    async fn begin(&self, name: &str) -> (Box<Envelope>, Permit, Arc<Delivery>) {
        match self.claim(name).await {
            Does::Deliver(envelope, permit, delivery) => (envelope, permit, delivery),
            Does::Join(_) => panic!("{name} is in progress"),
            Does::Duplicate(..) => panic!("{name} was delivered"),
        }
    }

    /// Makes a call with this outcome, and returns its id.
    async fn call(&self, name: &str, outcome: DeliveryOutcome) -> String {
        let (envelope, permit, _) = self.begin(name).await;
        permit.finish(outcome);
        envelope.id
    }
}

/// Declares tests of each store.
macro_rules! for_each_store {
    ($($test:ident,)*) => {
        mod in_memory {
            $(#[tokio::test(start_paused = true)]
            async fn $test() {
                super::$test(super::Store::Memory).await;
            })*
        }

        #[cfg(feature = "state")]
        mod in_the_state {
            $(#[tokio::test(start_paused = true)]
            async fn $test() {
                super::$test(super::Store::State).await;
            })*
        }
    };
}

for_each_store! {
    a_delivered_call_is_a_duplicate_for_a_minute,
    other_calls_are_no_duplicates,
    a_call_with_an_unknown_outcome_is_sent_again_under_the_same_id,
    a_call_that_was_not_sent_is_forgotten,
    a_message_that_may_have_arrived_stays_unknown,
    a_call_in_progress_is_joined_and_delivers_once_for_all,
    the_last_caller_stops_a_delivery,
    a_delivery_without_an_outcome_is_unknown,
}

async fn a_delivered_call_is_a_duplicate_for_a_minute(store: Store) {
    let table = store.table();
    let (envelope, permit, _) = table.begin("a").await;
    let id = envelope.id;
    permit.finish(delivered(&id));
    advance(just_below(WINDOW)).await;
    let Does::Duplicate(receipt, age) = table.claim("a").await else { panic!("it is sent again") };
    assert_eq!((&*receipt.id, age), (&*id, just_below(WINDOW)));
    // A duplicate does not restart the minute.
    advance(Duration::from_millis(1)).await;
    table.begin("a").await;
}

async fn other_calls_are_no_duplicates(store: Store) {
    let table = store.table();
    table.call("a", delivered("first")).await;
    table.begin("b").await;
}

async fn a_call_with_an_unknown_outcome_is_sent_again_under_the_same_id(store: Store) {
    for outcome in [
        failed(ErrorKind::Unknown),
        failed(ErrorKind::Busy),
        DeliveryOutcome::Unknown(Stop::Cancelled),
        DeliveryOutcome::Unknown(Stop::Overdue),
    ] {
        let table = store.table();
        let id = table.call("a", outcome).await;
        advance(just_below(UNKNOWN_WINDOW)).await;
        assert_eq!(table.call("a", failed(ErrorKind::Unknown)).await, id, "the second attempt");
        // Each attempt extends the window.
        advance(just_below(UNKNOWN_WINDOW)).await;
        assert_eq!(table.call("a", delivered(&id)).await, id, "the third attempt");
        assert!(matches!(table.claim("a").await, Does::Duplicate(receipt, _) if receipt.id == id));
    }
    let table = store.table();
    let id = table.call("a", failed(ErrorKind::Unknown)).await;
    advance(UNKNOWN_WINDOW).await;
    assert_ne!(table.call("a", delivered("x")).await, id, "the id is kept for ever");
}

async fn a_call_that_was_not_sent_is_forgotten(store: Store) {
    for outcome in [
        failed(ErrorKind::NotSent),
        failed(ErrorKind::Signature),
        failed(ErrorKind::RateLimited),
        failed(ErrorKind::Throttled),
        DeliveryOutcome::NotSent(Stop::Cancelled),
    ] {
        let table = store.table();
        let id = table.call("a", outcome).await;
        assert_ne!(table.call("a", delivered("x")).await, id);
    }
}

async fn a_message_that_may_have_arrived_stays_unknown(store: Store) {
    let table = store.table();
    let id = table.call("a", failed(ErrorKind::Unknown)).await;
    for outcome in
        [failed(ErrorKind::NotSent), failed(ErrorKind::Throttled), DeliveryOutcome::NotSent(Stop::Cancelled)]
    {
        let (envelope, permit, delivery) = table.begin("a").await;
        assert_eq!(envelope.id, id);
        permit.finish(outcome);
        assert!(matches!(delivery.outcome().await, DeliveryOutcome::StillUnknown(_)));
    }
    // Its age is unchanged.
    advance(UNKNOWN_WINDOW).await;
    assert_ne!(table.call("a", delivered("x")).await, id);
}

async fn a_call_in_progress_is_joined_and_delivers_once_for_all(store: Store) {
    let table = store.table();
    let (envelope, permit, delivery) = table.begin("a").await;
    let Does::Join(joined) = table.claim("a").await else { panic!("it is sent twice") };
    assert!(Arc::ptr_eq(&delivery, &joined));
    let (first, second) = (delivery.outcome(), joined.outcome());
    permit.finish(delivered(&envelope.id));
    for outcome in [first.await, second.await] {
        assert!(matches!(outcome, DeliveryOutcome::Delivered(receipt) if receipt.id == envelope.id));
    }
}

async fn the_last_caller_stops_a_delivery(store: Store) {
    let table = store.table();
    let (_envelope, _permit, delivery) = table.begin("a").await;
    let (first, second) = (delivery.join(), delivery.join());
    let abandoned = delivery.abandoned();
    tokio::pin!(abandoned);
    assert!(!first.leave());
    assert!(tokio::time::timeout(Duration::from_secs(1), &mut abandoned).await.is_err());
    assert!(second.leave());
    abandoned.await;
}

async fn a_delivery_without_an_outcome_is_unknown(store: Store) {
    let table = store.table();
    let (envelope, permit, delivery) = table.begin("a").await;
    drop(permit);
    assert!(matches!(delivery.outcome().await, DeliveryOutcome::Unknown(Stop::Lost)));
    assert_eq!(table.call("a", delivered("x")).await, envelope.id);
}

#[tokio::test(start_paused = true)]
async fn memory_is_bounded_and_calls_in_progress_stay() {
    let table = Store::Memory.table();
    let (_envelope, _permit, _delivery) = table.begin("in progress").await;
    let open = table.call("open", failed(ErrorKind::Unknown)).await;
    for number in 0..3 * CAPACITY {
        table.call(&format!("{number}"), delivered("x")).await;
        // A repeated call occupies one entry.
        assert!(matches!(table.claim(&format!("{number}")).await, Does::Duplicate(..)));
    }
    let (known, order) = {
        let calls = table.memory.calls();
        (calls.known.len(), calls.order.len())
    };
    assert!(known <= CAPACITY && order <= CAPACITY, "{known}");
    assert!(matches!(table.claim("in progress").await, Does::Join(_)));
    assert_ne!(table.call("open", delivered("x")).await, open, "the oldest is forgotten first");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_keeps_failing_occupies_one_entry() {
    let table = Store::Memory.table();
    for _ in 0..3 * CAPACITY {
        table.call("a", failed(ErrorKind::Unknown)).await;
    }
    table.call("b", delivered("x")).await;
    let calls = table.memory.calls();
    assert_eq!((calls.known.len(), calls.order.len() <= CAPACITY), (2, true), "{}", calls.order.len());
}

#[tokio::test(start_paused = true)]
async fn time_empties_the_table() {
    let table = Store::Memory.table();
    for number in 0..100 {
        table.call(&format!("{number}"), delivered("x")).await;
    }
    advance(UNKNOWN_WINDOW).await;
    table.call("new", DeliveryOutcome::NotSent(Stop::Cancelled)).await;
    assert_eq!(table.memory.calls().known.len(), 0);
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
    /// The process is killed, and another one takes its place.
    Killed,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let ending = select(vec![
        Ending::Delivered,
        Ending::Unknown,
        Ending::NotSent,
        Ending::Stopped,
        Ending::Lost,
        Ending::Killed,
    ]);
    let seconds = select(vec![0, 1, 29, 59, 60, 61, 300, 599, 600, 601]);
    let step = prop_oneof![
        3 => (0_usize..3, ending).prop_map(|(call, ending)| Step::Call(call, ending)),
        2 => seconds.prop_map(|seconds| Step::Wait(Duration::from_secs(seconds))),
    ];
    proptest::collection::vec(step, 1..40)
}

/// Checks each step against a model of the past: the last call that was sent, its outcome and its time.
async fn check(store: Store, steps: Vec<Step>) {
    let mut table = store.table();
    let mut killed = Vec::new();
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
        match table.claim(&name).await {
            Does::Duplicate(receipt, _) => {
                assert_eq!(Some(&receipt.id), settled.map(|(id, _, _)| id), "nothing is sent for no reason");
            }
            Does::Join(_) => panic!("nothing is in progress"),
            Does::Deliver(envelope, permit, _) => {
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
                    Ending::Killed => killed.extend(table.kill(permit)),
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

fn checked(store: Store, steps: Vec<Step>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(check(store, steps));
}

proptest! {
    #![proptest_config(Config { cases: 300, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_message_is_never_sent_again_under_another_id(steps in steps()) {
        checked(Store::Memory, steps);
    }
}

#[cfg(feature = "state")]
proptest! {
    // Each has a file of its own.
    #![proptest_config(Config { cases: 30, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_message_is_never_sent_again_under_another_id_in_the_state(steps in steps()) {
        checked(Store::State, steps);
    }
}

#[cfg(feature = "state")]
mod shared;
