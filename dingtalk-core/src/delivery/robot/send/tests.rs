//! Tests of the policy in virtual time, without requests.

use std::{sync::Arc, time::SystemTime};

use proptest::prelude::*;

use super::{
    super::script::{
        Ending,
        Ending::{Fails, Hangs, Page, Success},
        Script,
    },
    *,
};
use crate::delivery::{Pace, window::RateWindow};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn pacing(pace: Pace) -> Pacing {
    Pacing::new(pace, Arc::new(RateWindow::new(pace)))
}

fn policy() -> Policy {
    Policy {
        pacing: Some(pacing(Pace::new())),
        attempts: 3,
        timeout: seconds(10),
        connect_timeout: seconds(5),
        deadline: seconds(25),
        guarantee: Guarantee::AtLeastOnce,
        backoff: Backoff { base: seconds(1), cap: seconds(20), jitter: || 1.0 },
        budget: RetryBudget::new(100),
        clock: Arc::new(|| SystemTime::UNIX_EPOCH),
    }
}

fn bounds(policy: &Policy, urgency: Urgency, expires_in: Option<Duration>) -> Bounds<'static> {
    let deadline = policy.deadline(Instant::now(), 1, expires_in);
    Bounds { urgency, deadline, waiter: None, yields: false }
}

async fn send(policy: &Policy, script: &Script) -> (Result<(), Error>, Effort) {
    policy.send(bounds(policy, Urgency::Normal, None), script).await
}

/// Sends with scripted attempts, and returns the failure, the number of attempts, and the duration in seconds.
async fn outcome(policy: Policy, endings: impl IntoIterator<Item = Ending>) -> (Option<ErrorKind>, u32, u64) {
    let started = Instant::now();
    let (result, effort) = send(&policy, &Script::new(endings)).await;
    assert_eq!(result.as_ref().map_or_else(Error::attempts, |()| effort.attempts), effort.attempts);
    (result.err().map(|error| error.kind()), effort.attempts, started.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn each_class_is_repeated_in_its_own_way() {
    use ErrorKind as Kind;
    for (endings, expected) in [
        (vec![], (None, 1, 0)),
        (vec![Fails(Kind::NotSent)], (None, 2, 1)),
        (vec![Fails(Kind::NotSent), Fails(Kind::Busy)], (None, 3, 3)),
        (vec![Fails(Kind::Busy); 3], (Some(Kind::Busy), 3, 3)),
        (vec![Fails(Kind::Unknown)], (None, 2, 1)),
        (vec![Fails(Kind::Unknown); 3], (Some(Kind::Unknown), 3, 3)),
        (vec![Hangs; 3], (Some(Kind::Unknown), 2, 21)),
        (vec![Fails(Kind::Clock)], (None, 2, 0)),
        (vec![Fails(Kind::Clock); 2], (Some(Kind::Clock), 2, 0)),
        (vec![Fails(Kind::Throttled)], (Some(Kind::Throttled), 1, 0)),
        (vec![Fails(Kind::AddressBlocked)], (Some(Kind::AddressBlocked), 1, 0)),
        (vec![Fails(Kind::QuotaExhausted)], (Some(Kind::QuotaExhausted), 1, 0)),
        (vec![Page], (Some(Kind::Unknown), 1, 0)),
        (vec![Fails(Kind::Keyword)], (Some(Kind::Keyword), 1, 0)),
        (vec![Fails(Kind::TooLong)], (Some(Kind::TooLong), 1, 0)),
        (vec![Fails(Kind::Refused)], (Some(Kind::Refused), 1, 0)),
    ] {
        assert_eq!(outcome(policy(), endings.clone()).await, expected, "{endings:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn at_most_once_stops_where_the_message_may_have_arrived() {
    let cautious = || Policy { guarantee: Guarantee::AtMostOnce, ..policy() };
    assert_eq!(outcome(cautious(), [Fails(ErrorKind::Unknown)]).await, (Some(ErrorKind::Unknown), 1, 0));
    assert_eq!(outcome(cautious(), [Hangs]).await, (Some(ErrorKind::Unknown), 1, 10));
    assert_eq!(outcome(cautious(), [Fails(ErrorKind::NotSent)]).await, (None, 2, 1));
    assert_eq!(outcome(cautious(), [Fails(ErrorKind::Busy)]).await, (None, 2, 1));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_signed_anew_when_it_is_too_late_for_an_attempt() {
    let policy = Policy { deadline: seconds(12), ..policy() };
    let script = Script::timed([(seconds(9), Fails(ErrorKind::Clock))]);
    let (result, effort) = send(&policy, &script).await;
    let error = result.unwrap_err();
    assert_eq!((error.kind(), effort.attempts), (ErrorKind::Clock, 1));
    assert!(error.to_string().contains("no time for another attempt"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_may_have_arrived_stays_open() {
    for later in [ErrorKind::NotSent, ErrorKind::Keyword, ErrorKind::Throttled, ErrorKind::Clock] {
        let script = Script::new([Fails(ErrorKind::Unknown), Fails(later), Fails(later)]);
        let error = send(&policy(), &script).await.0.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Unknown, Retry::SameId), "{later:?}");
        let said = Error::new(later, "as scripted").to_string();
        let said = said.split(')').next().unwrap();
        assert!(error.to_string().contains(&format!("(as scripted; after that, {said})")), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_robot_rests_and_all_its_senders_learn_it_at_once() {
    let policy = Arc::new(policy());
    // The window is full, and the next messages wait for it.
    for _ in 0..18 {
        send(&policy, &Script::default()).await.0.unwrap();
    }
    tokio::time::advance(seconds(45)).await;
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let policy = Arc::clone(&policy);
            tokio::spawn(async move {
                let error = send(&policy, &Script::default()).await.0.unwrap_err();
                (error, Instant::now())
            })
        })
        .collect();
    tokio::time::advance(seconds(1)).await;
    let throttled_at = Instant::now();
    let script = Script::new([Fails(ErrorKind::Throttled)]);
    let (result, _) = policy.send(bounds(&policy, Urgency::Urgent, None), &script).await;
    let rest = seconds(605);
    assert_eq!(result.unwrap_err().retry_after(), Some(rest));
    for task in waiting {
        let (error, at) = task.await.unwrap();
        assert_eq!((error.kind(), error.attempts(), at), (ErrorKind::Throttled, 0, throttled_at));
        assert_eq!(error.retry_after(), Some(rest));
        assert!(error.to_string().contains("the robot rests for another 10 min 5 s"), "{error}");
    }
    // Nothing is sent until the rest ends.
    let script = Script::default();
    tokio::time::advance(seconds(605 - 21)).await;
    assert_eq!(send(&policy, &script).await.0.unwrap_err().kind(), ErrorKind::Throttled);
    assert_eq!(script.attempts().len(), 0);
    tokio::time::advance(seconds(1)).await;
    send(&policy, &script).await.0.unwrap();
    assert_eq!(script.attempts()[0].0, throttled_at + rest);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_beyond_the_rest_is_waited_for() {
    let patient = |jitter| Policy {
        deadline: seconds(3600),
        backoff: Backoff { jitter, ..policy().backoff },
        ..policy()
    };
    assert_eq!(outcome(patient(|| 0.0), [Fails(ErrorKind::Throttled)]).await, (None, 2, 600));
    assert_eq!(outcome(patient(|| 0.0), [Fails(ErrorKind::AddressBlocked)]).await, (None, 2, 300));
    assert_eq!(outcome(patient(|| 0.0), [Page]).await, (None, 2, 600));
    assert_eq!(
        outcome(patient(|| 1.0), [Fails(ErrorKind::Throttled); 3]).await,
        (Some(ErrorKind::Throttled), 3, 1210)
    );
}

#[tokio::test(start_paused = true)]
async fn a_pause_ends_when_the_robot_begins_to_rest() {
    let policy = Arc::new(Policy { backoff: Backoff { base: seconds(10), ..policy().backoff }, ..policy() });
    let started = Instant::now();
    let pausing = {
        let policy = Arc::clone(&policy);
        tokio::spawn(
            async move { send(&policy, &Script::new([Fails(ErrorKind::Busy)])).await.0.unwrap_err() },
        )
    };
    sleep(seconds(1)).await;
    assert!(send(&policy, &Script::new([Fails(ErrorKind::Throttled)])).await.0.is_err());
    let error = pausing.await.unwrap();
    assert_eq!((error.kind(), error.attempts(), started.elapsed()), (ErrorKind::Busy, 1, seconds(1)));
    assert_eq!(error.retry_after(), Some(seconds(605)));
}

#[tokio::test(start_paused = true)]
async fn without_a_pace_a_block_is_only_an_error() {
    let unpaced = Policy { pacing: None, ..policy() };
    let script = Script::new([Fails(ErrorKind::Throttled)]);
    let error = send(&unpaced, &script).await.0.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Throttled, None));
    for _ in 0..100 {
        send(&unpaced, &script).await.0.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_month_s_end_is_waited_for_with_an_error_of_its_own() {
    let policy = policy();
    assert!(send(&policy, &Script::new([Fails(ErrorKind::QuotaExhausted)])).await.0.is_err());
    let script = Script::default();
    let error = send(&policy, &script).await.0.unwrap_err();
    assert_eq!((error.kind(), script.attempts().len()), (ErrorKind::QuotaExhausted, 0));
    // The policy's clock says 1 January 1970, eight in the morning in China.
    assert_eq!(error.retry_after(), Some(seconds(31 * 86_400 - 8 * 3600 + 5)));
    tokio::time::advance(seconds(31 * 86_400)).await;
    send(&policy, &script).await.0.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_takes_no_place_and_what_was_does() {
    let narrow =
        || Policy { pacing: Some(pacing(Pace::new().limit(1))), deadline: seconds(3600), ..policy() };
    assert_eq!(outcome(narrow(), [Fails(ErrorKind::NotSent)]).await, (None, 2, 1));
    assert_eq!(outcome(narrow(), [Fails(ErrorKind::Busy)]).await, (None, 2, 62));
}

#[tokio::test(start_paused = true)]
async fn giving_up_during_an_attempt_keeps_its_place_taken() {
    let policy = Policy { pacing: Some(pacing(Pace::new().limit(1))), ..policy() };
    let script = Script::new([Hangs]);
    assert!(timeout(seconds(1), send(&policy, &script)).await.is_err());
    let error = send(&policy, &script).await.0.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(seconds(62))));
    assert!(error.to_string().contains("a slot is free only after 62 s"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn waiting_has_its_own_bound() {
    let pace = Pace::new().limit(1).max_wait(seconds(15));
    let policy = Policy { pacing: Some(pacing(pace)), deadline: seconds(3600), ..policy() };
    send(&policy, &Script::default()).await.0.unwrap();
    tokio::time::advance(seconds(46)).await;
    assert_eq!(send(&policy, &Script::default()).await.0.unwrap_err().retry_after(), Some(seconds(16)));
    tokio::time::advance(seconds(1)).await;
    let (result, effort) = send(&policy, &Script::default()).await;
    result.unwrap();
    assert_eq!(effort, Effort { attempts: 1, wait: seconds(15) });
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_down_is_not_hammered() {
    let dead = Policy { pacing: None, ..policy() };
    let attempts_of_ten_sends = async || {
        let mut attempts = 0;
        for _ in 0..10 {
            attempts += outcome_of(&dead, [Fails(ErrorKind::Unknown); 3]).await;
        }
        attempts
    };
    assert_eq!(attempts_of_ten_sends().await, 20, "the budget holds ten retries");
    assert_eq!(attempts_of_ten_sends().await, 10, "and then none");
    for _ in 0..10 {
        outcome_of(&dead, []).await;
    }
    assert_eq!(attempts_of_ten_sends().await, 11, "ten successes earn one");
}

/// A server that fails until a time.
struct Gateway {
    up_at: Instant,
    fails: ErrorKind,
}

impl Post for Gateway {
    async fn mark(&self) -> Result<(), Error> {
        Ok(())
    }

    async fn post(&self, _: Duration) -> Result<(), Failure> {
        if Instant::now() >= self.up_at {
            return Ok(());
        }
        Err(Failure { error: Error::new(self.fails, "as scripted"), block: None })
    }
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_is_down_for_three_seconds_fails_nothing() {
    // A burst whose requests did not leave takes no slots; others take one for each attempt, and 18 are free.
    for (fails, messages) in [(ErrorKind::NotSent, 18), (ErrorKind::Unknown, 4), (ErrorKind::Busy, 4)] {
        for _ in 0..100 {
            // The defaults, with their random pauses.
            let robot = super::super::Robot::builder("abcd").build().unwrap();
            let gateway = Arc::new(Gateway { up_at: Instant::now() + seconds(3), fails });
            let mut sends = tokio::task::JoinSet::new();
            for _ in 0..messages {
                let (robot, gateway) = (robot.clone(), Arc::clone(&gateway));
                sends.spawn(async move {
                    let policy = &robot.0.policy;
                    policy.send(bounds(policy, Urgency::Normal, None), &*gateway).await
                });
            }
            for (result, effort) in sends.join_all().await {
                assert!(result.is_ok(), "{fails:?}: {result:?}");
                assert!((2..=4).contains(&effort.attempts), "{fails:?}: {effort:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn retries_that_help_cost_nothing() {
    let policy = Policy { pacing: None, ..policy() };
    for _ in 0..30 {
        assert_eq!(outcome_of(&policy, [Fails(ErrorKind::Unknown)]).await, 2);
    }
}

async fn outcome_of(policy: &Policy, endings: impl IntoIterator<Item = Ending>) -> u32 {
    send(policy, &Script::new(endings)).await.1.attempts
}

#[tokio::test(start_paused = true)]
async fn an_expiry_shortens_the_deadline() {
    let policy = policy();
    let script = Script::new([Hangs]);
    let started = Instant::now();
    let (result, _) = policy.send(bounds(&policy, Urgency::Normal, Some(seconds(3))), &script).await;
    assert_eq!((result.unwrap_err().kind(), started.elapsed()), (ErrorKind::Unknown, seconds(3)));
    assert_eq!(script.attempts().len(), 1);
}

fn ending() -> impl Strategy<Value = (Duration, Ending)> {
    const KINDS: &[ErrorKind] = &[
        ErrorKind::NotSent,
        ErrorKind::Unknown,
        ErrorKind::Busy,
        ErrorKind::Throttled,
        ErrorKind::Clock,
        ErrorKind::Keyword,
    ];
    let ending = prop_oneof![
        3 => Just(Success),
        6 => prop::sample::select(KINDS).prop_map(Fails),
        1 => Just(Hangs),
        1 => Just(Page),
    ];
    ((0u64..12_000).prop_map(Duration::from_millis), ending)
}

proptest! {
    /// Checks any sequence of endings: the deadline, the number of attempts, and the result.
    #[test]
    fn a_send_keeps_its_bounds(
        endings in prop::collection::vec(ending(), 0..8),
        attempts in 1u32..6,
        deadline in 6u64..1000,
        cautious in any::<bool>(),
    ) {
        let guarantee = if cautious { Guarantee::AtMostOnce } else { Guarantee::AtLeastOnce };
        let deadline = seconds(deadline);
        let policy = Policy { attempts, deadline, guarantee, ..policy() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let script = Script::timed(endings.clone());
            let started = Instant::now();
            let (result, effort) = send(&policy, &script).await;
            let made = script.attempts();
            assert!(started.elapsed() <= deadline);
            assert_eq!(made.len(), effort.attempts as usize);
            assert!((1..=attempts).contains(&effort.attempts));
            // Attempts as the server saw them.
            let seen: Vec<_> = endings.iter().copied().chain([(Duration::ZERO, Success)]).take(made.len()).zip(&made).collect();
            let succeeded = |((takes, ending), (_, limit)): &((Duration, Ending), &(Instant, Duration))|
                matches!(ending, Success) && takes <= limit;
            assert_eq!(result.is_ok(), seen.last().is_some_and(succeeded));
            assert!(!seen[..seen.len() - 1].iter().any(succeeded), "nothing is sent after a success");
            let open = |((takes, ending), (_, limit)): &((Duration, Ending), &(Instant, Duration))|
                takes > limit || matches!(ending, Hangs | Page | Fails(ErrorKind::Unknown));
            if let Err(error) = result {
                assert_eq!(error.kind() == ErrorKind::Unknown, seen.iter().any(open));
            }
            assert!(!cautious || !seen[..seen.len() - 1].iter().any(open), "at most once");
            for (at, limit) in &made[1..] {
                assert!(*limit >= policy.connect_timeout && *at + policy.connect_timeout <= started + deadline);
            }
        });
    }
}
