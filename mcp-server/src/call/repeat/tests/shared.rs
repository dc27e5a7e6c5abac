//! Calls of several processes with one state.

use std::{fs, path::PathBuf, time::SystemTime};

use dingtalk_outbox::{Clock, Reading, State};
use tokio::time::sleep;

use super::{super::Shared, *};

/// A directory of a state, which is removed with its files.
#[derive(Clone)]
pub(super) struct Directory(Arc<Removed>, Arc<VirtualClock>);

struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The clock of a paused run time.
struct VirtualClock(Instant);

impl Clock for VirtualClock {
    fn read(&self) -> Reading {
        let now = Duration::from_secs(1_000) + self.0.elapsed();
        Reading::new("a run", now, SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000) + now)
    }
}

impl Directory {
    pub(super) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("dingtalk-repeat-{:016x}", rand::random::<u64>()));
        Self(Arc::new(Removed(path)), Arc::new(VirtualClock(Instant::now())))
    }

    /// Returns the calls of a new process.
    pub(super) fn process(&self) -> Table {
        self.process_in("project")
    }

    /// Returns the calls of a new process with this working directory.
    fn process_in(&self, working_directory: &str) -> Table {
        let state = State::builder(&self.0.0).clock(Arc::<VirtualClock>::clone(&self.1)).inline().build();
        let table = Shared::of_directory(&state, working_directory.into());
        let repeats = Arc::new(Repeats::with_table(Arc::new(table)));
        Table { repeats, memory: Memory::default(), directory: None }
    }

    /// Lets all processes so far look like ended ones: they lose the locks by which others know that they run.
    pub(super) fn end_all(&self) {
        fs::remove_dir_all(self.0.0.join("processes")).unwrap();
    }
}

/// Makes a call of a process, with a deadline, and delivers its message if that is decided. Returns the id under which
/// it is delivered, or the outcome of a call that sends nothing.
async fn make(process: &Table, name: &str, deadline: Duration) -> Result<Box<Envelope>, DeliveryOutcome> {
    let envelope = Envelope::new(Message::text("x"));
    let Claim::Deliver(mut permit, _) = process.repeats.claim(call(name), &envelope) else {
        panic!("{name} is in progress")
    };
    match permit.decide(envelope, deadline, None).await {
        Decided::Send(envelope) => {
            permit.finish(delivered(&envelope.id));
            Ok(envelope)
        }
        Decided::Settled(outcome) => {
            permit.finish(outcome.clone());
            Err(outcome)
        }
    }
}

const SECONDS: Duration = Duration::from_secs(25);

#[tokio::test(start_paused = true)]
async fn a_call_of_another_process_is_joined() {
    let directory = Directory::new();
    let (one, two) = (directory.process(), directory.process());
    let (envelope, permit, _) = one.begin("a").await;
    let began = Instant::now();
    let (joined, ()) = tokio::join!(make(&two, "a", SECONDS), async {
        sleep(Duration::from_secs(5)).await;
        permit.finish(delivered(&envelope.id));
    });
    assert!(matches!(joined, Err(DeliveryOutcome::Delivered(receipt)) if receipt.id == envelope.id));
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    // Later it is a duplicate.
    assert!(matches!(make(&two, "a", SECONDS).await, Err(DeliveryOutcome::Duplicate(..))));
}

#[tokio::test(start_paused = true)]
async fn a_call_of_another_process_is_not_waited_for_beyond_the_deadline() {
    let directory = Directory::new();
    let (one, two) = (directory.process(), directory.process());
    let _in_progress = one.begin("a").await;
    let began = Instant::now();
    let outcome = make(&two, "a", SECONDS).await.unwrap_err();
    assert!(matches!(outcome, DeliveryOutcome::Unknown(Stop::Elsewhere)), "{outcome:?}");
    assert_eq!(began.elapsed(), SECONDS);
}

#[tokio::test(start_paused = true)]
async fn a_joined_call_has_the_outcome_of_the_other_process() {
    let directory = Directory::new();
    let (one, two) = (directory.process(), directory.process());
    let (_, permit, _) = one.begin("a").await;
    let (joined, ()) = tokio::join!(make(&two, "a", SECONDS), async {
        sleep(Duration::from_secs(1)).await;
        permit.finish(failed(ErrorKind::Unknown));
    });
    assert!(
        matches!(joined, Err(DeliveryOutcome::Unknown(Stop::Elsewhere))),
        "not sent a second time unasked"
    );
    // The next call asks for it.
    make(&two, "a", SECONDS).await.unwrap();

    // A message that the other did not send is sent now, under an id of its own, in the time that is left.
    let (envelope, permit, _) = one.begin("b").await;
    let (joined, ()) = tokio::join!(make(&two, "b", SECONDS), async {
        sleep(Duration::from_secs(1)).await;
        permit.finish(failed(ErrorKind::NotSent));
    });
    let sent = joined.unwrap();
    assert_ne!(sent.id, envelope.id);
    let left = sent.expires_at.unwrap().duration_since(SystemTime::now()).unwrap();
    assert!(left <= Duration::from_secs(24), "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_of_a_process_that_has_ended_goes_on_at_once() {
    let directory = Directory::new();
    let (one, two, three) = (directory.process(), directory.process(), directory.process());
    let (envelope, permit, _) = one.begin("a").await;
    let (other, other_permit, _) = one.begin("b").await;
    directory.end_all();
    let began = Instant::now();
    assert_eq!(make(&two, "a", SECONDS).await.unwrap().id, envelope.id);
    assert_eq!(began.elapsed(), Duration::ZERO);
    // The outcome of the ended process comes too late.
    permit.finish(failed(ErrorKind::NotSent));
    assert!(matches!(make(&three, "a", SECONDS).await, Err(DeliveryOutcome::Duplicate(..))));
    // It ends while another one waits for it.
    let in_progress = three.begin("c").await;
    let (joined, ()) = tokio::join!(make(&two, "c", SECONDS), async {
        sleep(Duration::from_secs(10)).await;
        directory.end_all();
    });
    assert_eq!(joined.unwrap().id, in_progress.0.id);
    assert!(began.elapsed() < Duration::from_secs(11), "{:?}", began.elapsed());
    // A message that was certainly not sent this time may have arrived before.
    let (again, permit, delivery) = two.begin("b").await;
    assert_eq!(again.id, other.id);
    permit.finish(failed(ErrorKind::NotSent));
    assert!(matches!(delivery.outcome().await, DeliveryOutcome::StillUnknown(_)));
    drop(other_permit);
}

#[tokio::test(start_paused = true)]
async fn another_client_is_not_swallowed() {
    let directory = Directory::new();
    let process = directory.process();
    let of = |client| {
        let caller = Caller::Client(Some(client));
        Identity::new(&Group::Name(None), caller, "send_text_message", "{}")
    };
    for client in ["editor", "terminal"] {
        let envelope = Envelope::new(Message::text("x"));
        let Claim::Deliver(mut permit, _) = process.repeats.claim(of(client), &envelope) else { panic!() };
        let Decided::Send(envelope) = permit.decide(envelope, SECONDS, None).await else {
            panic!("{client}")
        };
        permit.finish(delivered(&envelope.id));
    }
}

#[tokio::test(start_paused = true)]
async fn another_project_is_not_swallowed() {
    let directory = Directory::new();
    make(&directory.process_in("one"), "a", SECONDS).await.unwrap();
    make(&directory.process_in("two"), "a", SECONDS).await.unwrap();
    assert!(make(&directory.process_in("one"), "a", SECONDS).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_chosen_id_is_kept_for_days_and_belongs_to_one_message() {
    let directory = Directory::new();
    let of = |text| {
        let caller = Caller::Person { id: Some("nightly") };
        Identity::new(&Group::Name(None), caller, "send_text_message", text)
    };
    let outcome = async |text| {
        let process = directory.process();
        let call = of(text);
        let envelope = Envelope::new(Message::text("x")).with_id(call.message_id().unwrap());
        let Claim::Deliver(mut permit, _) = process.repeats.claim(call, &envelope) else { panic!() };
        match permit.decide(envelope, SECONDS, None).await {
            Decided::Send(envelope) => {
                let outcome = delivered(&envelope.id);
                permit.finish(outcome.clone());
                outcome
            }
            Decided::Settled(outcome) => {
                permit.finish(outcome.clone());
                outcome
            }
        }
    };
    let DeliveryOutcome::Delivered(receipt) = outcome("a").await else { panic!("it is new") };
    advance(Duration::from_secs(20 * 24 * 3_600)).await;
    match outcome("a").await {
        DeliveryOutcome::Duplicate(known, age) => {
            assert_eq!((known.id, age), (receipt.id, Duration::from_secs(20 * 24 * 3_600)));
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(outcome("b").await, DeliveryOutcome::OtherMessage));
}

#[tokio::test(start_paused = true)]
async fn a_state_that_cannot_be_used_is_replaced_by_memory_except_for_chosen_ids() {
    let state = State::builder("/dev/null/state").inline().build();
    let repeats = Arc::new(Repeats::with_table(Arc::new(Shared::new(&state))));
    let table = Table { repeats, memory: Memory::default(), directory: None };
    table.call("a", delivered("first")).await;
    assert!(matches!(table.claim("a").await, Does::Duplicate(..)));
    let caller = Caller::Person { id: Some("nightly") };
    let named = Identity::new(&Group::Name(None), caller, "send_text_message", "{}");
    let envelope = Envelope::new(Message::text("x"));
    let Claim::Deliver(mut permit, _) = table.repeats.claim(named, &envelope) else { panic!() };
    let Decided::Settled(outcome) = permit.decide(envelope, SECONDS, None).await else {
        panic!("it is a promise")
    };
    assert!(matches!(&outcome, DeliveryOutcome::NotRecorded(error) if error.kind() == ErrorKind::Store));
    permit.finish(outcome);
}
