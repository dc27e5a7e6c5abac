//! Properties that every rate window has, under random traffic, in virtual time.
//!
//! A window is made by a function, inside the runtime with paused time; its clock is tokio's.

#![allow(clippy::unwrap_used, reason = "a property that cannot be checked has failed")]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use dingtalk_core::delivery::{
    Block, Pace, Urgency,
    window::{Forecast, Slot, SlotRequest, Waiter, Window},
};

/// Makes a window with the limit, length and reserve of a pace.
pub type Make<'a> = &'a dyn Fn(Pace) -> Arc<dyn Window>;

const WINDOW: Duration = Duration::from_secs(10);
const REST: Duration = Duration::from_secs(30);

/// tokio's timers have steps of a millisecond.
const STEP: Duration = Duration::from_millis(2);

const FOREVER: Duration = Duration::from_secs(1_000_000);

/// A sender that joins, waits for a while, sends for a while, and ends.
#[derive(Debug, Clone)]
struct Sender {
    comes: Duration,
    urgency: Urgency,
    /// Time for which it waits.
    patience: Duration,
    /// Time after which it drops the future.
    cancels: Duration,
    sends_for: Duration,
    ending: Ending,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Ending {
    Sent,
    NotSent,
    Throttled,
    /// Its process crashes, so the slot is neither ended nor given back.
    Crashed,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum What {
    Waits { latest: Duration },
    Begins,
    Ends(Ending),
    Refused(Forecast),
    Cancelled,
}

/// An event, in order of time.
#[derive(Debug, Clone, Copy)]
struct Event {
    at: Duration,
    sender: usize,
    what: What,
}

/// Longer than any sender sends.
const HOLDS: Duration = Duration::from_secs(20);

async fn slot(window: &dyn Window, urgency: Urgency, latest: Instant) -> Result<Slot<'_>, Forecast> {
    let request = SlotRequest::new(latest.saturating_duration_since(Instant::now()), HOLDS);
    Waiter::join(window, urgency).take(request).await.unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

fn milliseconds(range: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_millis)
}

fn sender() -> impl Strategy<Value = Sender> {
    (
        milliseconds(0..60_000),
        prop_oneof![4 => Just(Urgency::Normal), 1 => Just(Urgency::Urgent)],
        prop_oneof![Just(FOREVER), milliseconds(0..40_000)],
        prop_oneof![3 => Just(FOREVER), 1 => milliseconds(0..20_000)],
        prop_oneof![Just(Duration::ZERO), milliseconds(0..5000)],
        prop_oneof![
            12 => Just(Ending::Sent),
            3 => Just(Ending::NotSent),
            1 => Just(Ending::Throttled),
            1 => Just(Ending::Crashed),
        ],
    )
        .prop_map(|(comes, urgency, patience, cancels, sends_for, ending)| Sender {
            comes,
            urgency,
            patience,
            cancels,
            sends_for,
            ending,
        })
}

fn pace() -> impl Strategy<Value = Pace> {
    (1u32..6, 0u32..4).prop_map(|(limit, reserve)| {
        Pace::new().limit(limit).urgent_reserve(reserve).window(WINDOW).rest(REST)
    })
}

async fn act(window: &dyn Window, start: Instant, sender: &Sender, mut note: impl FnMut(Duration, What)) {
    sleep_until(start + sender.comes).await;
    let latest = Instant::now() + sender.patience;
    note(start.elapsed(), What::Waits { latest: latest - start });
    let slot = match timeout(sender.cancels, slot(window, sender.urgency, latest)).await {
        Ok(Ok(slot)) => slot,
        Ok(Err(too_long)) => return note(start.elapsed(), What::Refused(too_long)),
        Err(_) => return note(start.elapsed(), What::Cancelled),
    };
    note(start.elapsed(), What::Begins);
    sleep(sender.sends_for).await;
    note(start.elapsed(), What::Ends(sender.ending));
    match sender.ending {
        Ending::Sent => drop(slot),
        Ending::NotSent => slot.give_back(),
        Ending::Crashed => std::mem::forget(slot),
        Ending::Throttled => {
            window.rest(Block::Robot, REST);
            drop(slot);
        }
    }
}

/// Runs all senders, and returns the events and the window afterwards.
async fn run(make: Make<'_>, pace: Pace, senders: &[Sender]) -> (Vec<Event>, Arc<dyn Window>) {
    let (window, start) = (make(pace), Instant::now());
    let events = Arc::new(Mutex::new(Vec::new()));
    let tasks: Vec<_> = senders
        .iter()
        .cloned()
        .enumerate()
        .map(|(sender, acting)| {
            let (window, events) = (Arc::clone(&window), Arc::clone(&events));
            tokio::spawn(async move {
                act(&*window, start, &acting, |at, what| {
                    events.lock().unwrap().push(Event { at, sender, what });
                })
                .await;
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let events = events.lock().unwrap().clone();
    (events, window)
}

/// Counts the slots of the window at a moment: taken by then, and not ended more than a window before.
fn slots_in_window(events: &[Event], upto: usize) -> usize {
    let now = events[upto].at;
    let mut ends: HashMap<usize, Duration> = HashMap::new();
    for event in &events[..=upto] {
        match event.what {
            What::Begins => drop(ends.insert(event.sender, event.at + HOLDS)),
            What::Ends(Ending::NotSent) => drop(ends.remove(&event.sender)),
            What::Ends(Ending::Sent | Ending::Throttled) => drop(ends.insert(event.sender, event.at)),
            _ => {}
        }
    }
    ends.values().filter(|end| **end + WINDOW > now).count()
}

/// Returns the waiters at an event, each with the latest moment at which it can use a slot.
fn waiting(events: &[Event], upto: usize) -> Vec<(usize, Duration)> {
    let mut waiting = Vec::new();
    for event in &events[..upto] {
        match event.what {
            What::Waits { latest } => waiting.push((event.sender, latest)),
            What::Ends(_) => {}
            _ => waiting.retain(|(sender, _)| *sender != event.sender),
        }
    }
    waiting
}

/// Checks that no traffic of `cases` random ones exceeds the rate, overtakes a waiter, waits longer than it has to, is
/// refused too early, or loses a slot.
///
/// # Panics
///
/// Panics with the traffic that breaks a rule.
pub fn no_traffic_breaks_the_rules(make: Make<'_>, cases: u32) {
    let traffic = (pace(), prop::collection::vec(sender(), 1..40));
    check(cases, &traffic, |(pace, senders)| {
        let runtime = runtime();
        let (events, window) = runtime.block_on(run(make, pace, &senders));
        let urgency = |sender: usize| senders[sender].urgency;
        let (mut rest_from, mut rest_until) = (Duration::ZERO, Duration::ZERO);
        for (index, event) in events.iter().enumerate() {
            match event.what {
                What::Begins => {
                    let places = pace.slots(urgency(event.sender));
                    prop_assert!(slots_in_window(&events, index) <= places, "the window at {index}");
                    // A slot that was granted at the moment in which the rest begins is not taken back.
                    let rests = rest_from < event.at && event.at < rest_until;
                    prop_assert!(!rests, "a send while the robot rests at {index}");
                    for (other, _) in waiting(&events, index) {
                        let came_first =
                            urgency(other) == Urgency::Urgent || urgency(event.sender) == Urgency::Normal;
                        let position = |of| {
                            events.iter().position(|event| {
                                event.sender == of && matches!(event.what, What::Waits { .. })
                            })
                        };
                        // Several that are granted at one moment go on in any order.
                        let begins_too = events[index..].iter().any(|later| {
                            later.sender == other && later.what == What::Begins && later.at == event.at
                        });
                        let overtaken = other != event.sender
                            && came_first
                            && !begins_too
                            && (urgency(other) != urgency(event.sender)
                                || position(other) < position(event.sender));
                        prop_assert!(!overtaken, "{other} was overtaken at {index}");
                    }
                    let had_cause = events[..index].iter().any(|cause| {
                        let moments = match cause.what {
                            What::Ends(Ending::Sent) => [cause.at + WINDOW, cause.at],
                            What::Ends(Ending::Throttled) => [cause.at + WINDOW, cause.at + REST],
                            // If it crashes, its slot ends here.
                            What::Begins => [cause.at + HOLDS + WINDOW, cause.at],
                            _ => [cause.at, cause.at],
                        };
                        moments.iter().any(|moment| *moment <= event.at && event.at < *moment + STEP)
                    });
                    prop_assert!(had_cause, "it waited longer than it had to at {index}");
                }
                What::Ends(Ending::Throttled) => {
                    (rest_from, rest_until) = (event.at, event.at + REST);
                    for (sender, latest) in waiting(&events, index) {
                        let told = events[index..]
                            .iter()
                            .any(|later| later.sender == sender && later.at == event.at);
                        prop_assert!(
                            told || latest >= rest_until,
                            "{sender} was not told of the rest at {index}"
                        );
                    }
                }
                What::Refused(too_long) => {
                    let latest = events.iter().find_map(|waits| match waits.what {
                        What::Waits { latest } if waits.sender == event.sender => Some(latest),
                        _ => None,
                    });
                    prop_assert!(
                        event.at + too_long.wait + STEP >= latest.unwrap(),
                        "refused too early at {index}"
                    );
                }
                _ => {}
            }
        }
        // No waiter was forgotten, and no slot was lost.
        let last = |sender| events.iter().rev().find(|event| event.sender == sender).map(|event| event.what);
        for sender in 0..senders.len() {
            let settled = matches!(last(sender), Some(What::Ends(_) | What::Refused(_) | What::Cancelled));
            prop_assert!(settled, "{sender} still waits");
        }
        runtime.block_on(async {
            sleep(REST + HOLDS + WINDOW).await;
            let mut slots = Vec::new();
            for _ in 0..pace.slots(Urgency::Urgent) {
                slots.push(slot(&*window, Urgency::Urgent, Instant::now()).await.unwrap());
            }
            assert!(slot(&*window, Urgency::Urgent, Instant::now()).await.is_err());
        });
        Ok(())
    });
}

/// Checks that a message is sent when the forecast says, in `cases` random windows.
///
/// # Panics
///
/// Panics with the window whose forecast is wrong.
pub fn the_forecast_comes_true(make: Make<'_>, cases: u32) {
    let windows = (pace(), prop::collection::vec(milliseconds(0..9000), 0..8), 0u32..20);
    check(cases, &windows, |(pace, past, ahead)| {
        runtime().block_on(async {
            let window = make(pace);
            for pause in past {
                sleep(pause).await;
                drop(slot(&*window, Urgency::Urgent, Instant::now()).await);
            }
            for _ in 0..ahead {
                let window = Arc::clone(&window);
                tokio::spawn(
                    async move { drop(slot(&*window, Urgency::Normal, Instant::now() + FOREVER).await) },
                );
            }
            tokio::task::yield_now().await;
            let now = Instant::now();
            let forecast = match slot(&*window, Urgency::Normal, now).await {
                Ok(slot) => {
                    slot.give_back();
                    Duration::ZERO
                }
                Err(too_long) => too_long.wait,
            };
            drop(slot(&*window, Urgency::Normal, now + FOREVER).await.unwrap());
            let windows = 1 + ahead;
            assert!(
                now.elapsed().abs_diff(forecast) < STEP * windows,
                "{:?} and not {forecast:?}",
                now.elapsed()
            );
        });
        Ok(())
    });
}

/// Checks the number of slots, and the answer to a request that cannot wait.
///
/// # Panics
///
/// Panics if one of them is wrong.
pub fn the_numbers_are_those_of_the_pace(make: Make<'_>) {
    for (pace, normal, urgent) in [
        (Pace::new(), 18, 2),
        // One slot is left for all.
        (Pace::new().limit(2).urgent_reserve(5), 1, 1),
    ] {
        runtime().block_on(async {
            let window = make(pace);
            assert_eq!(taken_at_once(&*window, Urgency::Normal).await, normal);
            assert_eq!(taken_at_once(&*window, Urgency::Urgent).await, urgent);
        });
    }
    runtime().block_on(async {
        let window = make(Pace::new().limit(1));
        drop(slot(&*window, Urgency::Normal, Instant::now()).await.unwrap());
        sleep(Duration::from_secs(2)).await;
        let refused =
            |seconds| slot(&*window, Urgency::Normal, Instant::now() + Duration::from_secs(seconds));
        let too_long = refused(59).await.unwrap_err();
        assert_eq!(too_long, Forecast::new(Duration::from_secs(60), None));
        window.rest(Block::Month, Duration::from_secs(1000));
        let too_long = refused(999).await.unwrap_err();
        assert_eq!(too_long, Forecast::new(Duration::from_secs(1000), Some(Block::Month)));
        assert!(refused(1000).await.is_ok());
    });
}

async fn taken_at_once(window: &dyn Window, urgency: Urgency) -> usize {
    let mut sends = 0;
    while slot(window, urgency, Instant::now()).await.is_ok() {
        sends += 1;
    }
    sends
}

fn check<S: Strategy>(cases: u32, values: &S, property: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases, ..Config::with_source_file(file!()) };
    TestRunner::new(config).run(values, property).unwrap_or_else(|error| panic!("{error}"));
}
