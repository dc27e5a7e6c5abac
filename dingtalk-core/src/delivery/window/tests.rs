//! Properties of the rate window under random traffic, in virtual time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use proptest::prelude::*;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::{Block, Forecast, Pace, RateWindow, Slot, SlotRequest, Waiter, Window as _};
use crate::delivery::Urgency;

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

async fn slot(window: &RateWindow, urgency: Urgency, latest: Instant) -> Result<Slot<'_>, Forecast> {
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

async fn act(window: &RateWindow, start: Instant, sender: &Sender, mut note: impl FnMut(Duration, What)) {
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
async fn run(pace: Pace, senders: &[Sender]) -> (Vec<Event>, Arc<RateWindow>) {
    let (window, start) = (Arc::new(RateWindow::new(pace)), Instant::now());
    let events = Arc::new(Mutex::new(Vec::new()));
    let tasks: Vec<_> = senders
        .iter()
        .cloned()
        .enumerate()
        .map(|(sender, acting)| {
            let (window, events) = (Arc::clone(&window), Arc::clone(&events));
            tokio::spawn(async move {
                act(&window, start, &acting, |at, what| {
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

proptest! {
    #[test]
    fn no_traffic_breaks_the_rules(pace in pace(), senders in prop::collection::vec(sender(), 1..40)) {
        let runtime = runtime();
        let (events, window) = runtime.block_on(run(pace, &senders));
        let urgency = |sender: usize| senders[sender].urgency;
        let mut rest_until = Duration::ZERO;
        for (index, event) in events.iter().enumerate() {
            match event.what {
                What::Begins => {
                    let places = pace.slots(urgency(event.sender));
                    prop_assert!(slots_in_window(&events, index) <= places, "the window at {index}");
                    prop_assert!(event.at >= rest_until, "a send while the robot rests at {index}");
                    for (other, _) in waiting(&events, index) {
                        let came_first = urgency(other) == Urgency::Urgent || urgency(event.sender) == Urgency::Normal;
                        let position = |of| events.iter().position(
                            |event| event.sender == of && matches!(event.what, What::Waits { .. }));
                        let overtaken = other != event.sender && came_first
                            && (urgency(other) != urgency(event.sender) || position(other) < position(event.sender));
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
                    rest_until = event.at + REST;
                    for (sender, latest) in waiting(&events, index) {
                        let told = events[index..].iter().any(|later| later.sender == sender && later.at == event.at);
                        prop_assert!(told || latest >= rest_until, "{sender} was not told of the rest at {index}");
                    }
                }
                What::Refused(too_long) => {
                    let latest = events.iter().find_map(|waits| match waits.what {
                        What::Waits { latest } if waits.sender == event.sender => Some(latest),
                        _ => None,
                    });
                    prop_assert!(event.at + too_long.wait + STEP >= latest.unwrap(), "refused too early at {index}");
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
                slots.push(slot(&window, Urgency::Urgent, Instant::now()).await.unwrap());
            }
            assert!(slot(&window, Urgency::Urgent, Instant::now()).await.is_err());
        });
    }

    #[test]
    fn the_forecast_comes_true(pace in pace(), past in prop::collection::vec(milliseconds(0..9000), 0..8), ahead in 0u32..20) {
        runtime().block_on(async {
            let window = Arc::new(RateWindow::new(pace));
            for pause in past {
                sleep(pause).await;
                drop(slot(&window, Urgency::Urgent, Instant::now()).await);
            }
            for _ in 0..ahead {
                let window = Arc::clone(&window);
                tokio::spawn(async move { drop(slot(&window, Urgency::Normal, Instant::now() + FOREVER).await) });
            }
            tokio::task::yield_now().await;
            let now = Instant::now();
            let forecast = match slot(&window, Urgency::Normal, now).await {
                Ok(slot) => {
                    slot.give_back();
                    Duration::ZERO
                }
                Err(too_long) => too_long.wait,
            };
            drop(slot(&window, Urgency::Normal, now + FOREVER).await.unwrap());
            let windows = 1 + ahead;
            assert!(now.elapsed().abs_diff(forecast) < STEP * windows, "{:?} and not {forecast:?}", now.elapsed());
        });
    }
}

fn taken_at_once(window: &RateWindow, urgency: Urgency) -> usize {
    runtime().block_on(async {
        let mut sends = 0;
        while slot(window, urgency, Instant::now()).await.is_ok() {
            sends += 1;
        }
        sends
    })
}

#[test]
fn what_dingtalk_takes() {
    let window = RateWindow::new(Pace::new());
    assert_eq!(taken_at_once(&window, Urgency::Normal), 18);
    assert_eq!(taken_at_once(&window, Urgency::Urgent), 2);
}

#[test]
fn one_place_is_left_for_all() {
    let window = RateWindow::new(Pace::new().limit(2).urgent_reserve(5));
    assert_eq!(taken_at_once(&window, Urgency::Normal), 1);
    assert_eq!(taken_at_once(&window, Urgency::Urgent), 1);
}

#[tokio::test(start_paused = true)]
async fn the_answer_says_how_long_it_would_have_taken() {
    let window = RateWindow::new(Pace::new().limit(1));
    drop(slot(&window, Urgency::Normal, Instant::now()).await.unwrap());
    sleep(Duration::from_secs(2)).await;
    let refused = |seconds| slot(&window, Urgency::Normal, Instant::now() + Duration::from_secs(seconds));
    let too_long = refused(59).await.unwrap_err();
    assert_eq!(too_long, Forecast::new(Duration::from_secs(60), None));
    window.rest(Block::Month, Duration::from_secs(1000));
    let too_long = refused(999).await.unwrap_err();
    assert_eq!(too_long, Forecast::new(Duration::from_secs(1000), Some(Block::Month)));
    assert!(refused(1000).await.is_ok());
}
