//! Checks of every table of calls, as several processes see it: each [`Program`] has a state of its own.

#![allow(async_fn_in_trait, reason = "one thread of a test")]
#![allow(clippy::missing_panics_doc, clippy::unwrap_used, reason = "checks of tests")]

use std::time::Duration;

use dingtalk_core::delivery::{Attempt, DeliveredParts, RobotKey};
use dingtalk_outbox::{
    State,
    calls::{Call, CallEnd, CallState, Calls, Claim, Permit},
};

/// An empty table, with a clock.
pub trait Place {
    /// Returns the table as one more process has it.
    fn program(&self) -> Program;

    /// Lets seconds pass.
    async fn advance(&self, seconds: u64);

    /// Ends a process as `kill -9` does: others know that it has ended, and nothing is recorded.
    async fn kill(&self, program: Program, permit: Permit);

    /// Makes others believe that all processes have ended.
    async fn lose_processes(&self);

    /// Counts the calls that are stored.
    async fn count_rows(&self) -> i64;
}

/// A process.
#[derive(Debug)]
pub struct Program {
    /// Its state.
    pub state: State,
    /// The table.
    pub calls: Calls,
}

impl From<State> for Program {
    fn from(state: State) -> Self {
        Self { calls: state.calls(), state }
    }
}

fn call(name: &str) -> Call {
    Call::new(name)
}

async fn granted(program: &Program, call: &Call, id: &str) -> Permit {
    match program.calls.claim(call, id).await.unwrap() {
        Claim::Granted(permit) => permit,
        other => panic!("{other:?}"),
    }
}

/// Ends a call, and waits until that is stored.
async fn end(program: &Program, permit: Permit, how: CallEnd) {
    permit.end(how);
    program.state.flush().await;
}

/// A call of a process that is running is not granted to another one, however long it takes.
pub async fn a_call_of_a_process_that_is_running_is_not_granted_to_another(place: &impl Place) {
    let (first, second) = (place.program(), place.program());
    let permit = granted(&first, &call("a"), "one").await;
    let claim = second.calls.claim(&call("a"), "two").await.unwrap();
    assert!(matches!(&claim, Claim::InProgress { id } if id == "one"), "{claim:?}");
    // Time alone changes nothing: it may wait for its slot.
    place.advance(3_600).await;
    assert_eq!(second.calls.look(&call("a")).await.unwrap(), Some(CallState::InProgress));
    assert_eq!(second.calls.look(&call("b")).await.unwrap(), None);
    end(&first, permit, CallEnd::Delivered).await;
    place.advance(59).await;
    let claim = second.calls.claim(&call("a"), "two").await.unwrap();
    assert!(matches!(&claim, Claim::Delivered { id, .. } if id == "one"), "{claim:?}");
    place.advance(60).await;
    assert_eq!(granted(&second, &call("a"), "two").await.id(), "two");
}

/// The call of a process that was killed is granted to another one.
pub async fn a_process_that_was_killed_leaves_its_id_its_robot_and_its_parts(place: &impl Place) {
    let asked = call("a").several_robots(true);
    let first = place.program();
    let permit = granted(&first, &asked, "one").await;
    assert_eq!(permit.earlier(), None);
    let robot = RobotKey::from_bytes([7; 32]);
    let mut attempt = Attempt::default();
    (attempt.robot, attempt.delivered, attempt.parts) = (Some(robot), 2, 5);
    permit.mark().begin(attempt).await.unwrap();
    place.kill(first, permit).await;
    let second = place.program();
    assert_eq!(second.calls.look(&asked).await.unwrap(), Some(CallState::Abandoned));
    let permit = granted(&second, &asked, "two").await;
    assert_eq!(permit.id(), "one");
    let earlier = *permit.earlier().unwrap();
    let parts = Some(DeliveredParts { count: 2, of: 5 });
    assert_eq!((earlier.sender, earlier.delivered), (Some(robot), parts));
    // It is in progress again, for others.
    assert!(matches!(place.program().calls.claim(&asked, "three").await.unwrap(), Claim::InProgress { .. }));
    end(&second, permit, CallEnd::NotSent).await;
    assert_eq!(
        second.calls.look(&asked).await.unwrap(),
        Some(CallState::Unknown),
        "it may have arrived before"
    );
    place.advance(600).await;
    assert_eq!(granted(&second, &asked, "four").await.id(), "four");
}

/// Each end of a call is remembered for its time.
pub async fn each_end_is_remembered_for_its_time(place: &impl Place) {
    for (how, state, seconds) in
        [(CallEnd::Delivered, CallState::Delivered, 60), (CallEnd::Unknown, CallState::Unknown, 600)]
    {
        let asked = call(&format!("{state:?}"));
        let program = place.program();
        end(&program, granted(&program, &asked, "one").await, how).await;
        place.advance(seconds - 1).await;
        assert_eq!(program.calls.look(&asked).await.unwrap(), Some(state));
        place.advance(1).await;
        assert_eq!(program.calls.look(&asked).await.unwrap(), None);
        assert_eq!(granted(&program, &asked, "two").await.id(), "two");
    }
    let program = place.program();
    end(&program, granted(&program, &call("a"), "one").await, CallEnd::NotSent).await;
    assert_eq!(program.calls.look(&call("a")).await.unwrap(), None);
    drop(granted(&program, &call("a"), "two").await);
    assert_eq!(
        program.calls.look(&call("a")).await.unwrap(),
        Some(CallState::Unknown),
        "nobody said how it ended"
    );
}

/// A queued message is the answer until its delivery has ended.
pub async fn a_queued_message_is_the_answer_until_its_delivery_has_ended(place: &impl Place) {
    let asked = call("a");
    let (first, second) = (place.program(), place.program());
    end(&first, granted(&first, &asked, "one").await, CallEnd::Queued).await;
    place.advance(86_400).await;
    assert_eq!(second.calls.look(&asked).await.unwrap(), Some(CallState::Queued));
    let claim = second.calls.claim(&asked, "two").await.unwrap();
    let age = Duration::from_secs(86_400);
    assert!(matches!(&claim, Claim::Queued { id, age: found } if id == "one" && *found == age), "{claim:?}");
    // Another message of the call has ended: this one has not.
    let claim = second.calls.claim(&asked.clone().settled("zero"), "two").await.unwrap();
    assert!(matches!(claim, Claim::Queued { .. }), "{claim:?}");
    let permit = granted(&second, &asked.clone().settled("one"), "two").await;
    assert_eq!((permit.id(), permit.earlier()), ("two", None), "a new call");
    // Both processes saw that it had ended; one of them sends.
    let claim = first.calls.claim(&asked.clone().settled("one"), "three").await.unwrap();
    assert!(matches!(&claim, Claim::InProgress { id } if id == "two"), "{claim:?}");
    end(&second, permit, CallEnd::Queued).await;
    place.advance(7 * 86_400).await;
    assert_eq!(second.calls.look(&asked).await.unwrap(), None, "the queue has forgotten it too");
}

/// An unknown outcome is sent again under its id.
pub async fn an_unknown_outcome_is_sent_again_and_keeps_its_age_if_it_was_not_sent(place: &impl Place) {
    let asked = call("a");
    let program = place.program();
    end(&program, granted(&program, &asked, "one").await, CallEnd::Unknown).await;
    place.advance(400).await;
    let permit = granted(&program, &asked, "two").await;
    assert_eq!((permit.id(), permit.earlier().is_some()), ("one", true));
    end(&program, permit, CallEnd::NotSent).await;
    place.advance(199).await;
    assert_eq!(granted(&program, &asked, "three").await.id(), "one");
    place.advance(1).await;
    assert_eq!(granted(&program, &asked, "four").await.id(), "one", "the last one may have arrived");
}

/// An attempt of a process that was killed counts from its own time.
pub async fn an_attempt_of_a_killed_process_counts_from_its_own_time(place: &impl Place) {
    let asked = call("a");
    let program = place.program();
    end(&program, granted(&program, &asked, "one").await, CallEnd::Unknown).await;
    place.advance(400).await;
    let permit = granted(&program, &asked, "two").await;
    place.kill(program, permit).await;
    place.advance(599).await;
    let program = place.program();
    let permit = granted(&program, &asked, "three").await;
    assert_eq!(permit.id(), "one");
    // It was not sent now: what counts is the attempt before.
    end(&program, permit, CallEnd::NotSent).await;
    place.advance(1).await;
    assert_eq!(granted(&program, &asked, "four").await.id(), "four");
}

/// A claim that nobody received is given up.
pub async fn a_claim_that_nobody_received_is_given_up(place: &impl Place) {
    let asked = call("a");
    let program = place.program();
    let mut claim = Box::pin(program.calls.claim(&asked, "one"));
    // It is asked for, and dropped before its answer.
    assert!(
        std::future::poll_fn(|context| std::task::Poll::Ready(claim.as_mut().poll(context)))
            .await
            .is_pending()
    );
    drop(claim);
    // Once for the claim, and once for what its answer does.
    program.state.flush().await;
    program.state.flush().await;
    assert_eq!(granted(&program, &asked, "two").await.id(), "two");
}

/// The end of a claim that another process has taken over changes nothing.
pub async fn a_late_end_does_not_change_a_newer_claim(place: &impl Place) {
    let asked = call("a");
    let (first, second) = (place.program(), place.program());
    let late = granted(&first, &asked, "one").await;
    // Its lock is lost, though it is running.
    place.lose_processes().await;
    let permit = granted(&second, &asked, "two").await;
    assert_eq!(permit.id(), "one");
    let mark = late.mark();
    late.end(CallEnd::NotSent);
    first.state.flush().await;
    assert_eq!(second.calls.look(&asked).await.unwrap(), Some(CallState::Abandoned));
    end(&second, permit, CallEnd::Delivered).await;
    assert_eq!(second.calls.look(&asked).await.unwrap(), Some(CallState::Delivered));
    let mut attempt = Attempt::default();
    attempt.parts = 2;
    assert!(mark.begin(attempt).await.is_err(), "it may not send any more");
}

/// A key that its caller chose belongs to one message.
pub async fn a_chosen_key_is_of_one_message(place: &impl Place) {
    let named =
        |text: &str| call("nightly").meaning(text).remembered(Duration::MAX, Duration::MAX, Duration::MAX);
    let program = place.program();
    end(&program, granted(&program, &named("a"), "one").await, CallEnd::Delivered).await;
    place.advance(1_000_000).await;
    for other in [named("b"), call("nightly").remembered(Duration::MAX, Duration::MAX, Duration::MAX)] {
        assert!(matches!(program.calls.claim(&other, "two").await.unwrap(), Claim::OtherMessage));
    }
    match program.calls.claim(&named("a"), "two").await.unwrap() {
        Claim::Delivered { id, age } => assert_eq!((&*id, age), ("one", Duration::from_secs(1_000_000))),
        other => panic!("{other:?}"),
    }
}

/// The table forgets.
pub async fn the_table_forgets(place: &impl Place) {
    let program = place.program();
    for number in 0..100 {
        end(&program, granted(&program, &call(&number.to_string()), "one").await, CallEnd::Delivered).await;
    }
    place.advance(61).await;
    end(&program, granted(&program, &call("last"), "one").await, CallEnd::NotSent).await;
    program.state.flush().await;
    assert_eq!(place.count_rows().await, 0);
}
