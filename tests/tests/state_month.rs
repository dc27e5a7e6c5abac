//! Quotas, months, rests and paces that several processes share.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{sync::Arc, time::Duration};

use dingtalk_core::delivery::{
    Block, Pace,
    Urgency::{self, Normal, Urgent},
    window::{SlotEnd, SlotRequest, Waiter, Window, Windows as _},
};
use dingtalk_outbox::Quota;
use dingtalk_tests::shared_state::{Log, SharedState, pace, robot, take, take_all};
use tokio::time::{advance, sleep};

/// Time to the end of November in China, at the start of a test.
const LEFT: Duration = Duration::from_secs(9 * 86_400 + 6 * 3600);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Takes all slots that are free; of an exhausted quota, checks the cause and the time.
async fn exhaust(window: &dyn Window, urgency: Urgency) -> usize {
    let taken = take_all(window, urgency).await.unwrap();
    let forecast = take(window, urgency).await.unwrap().unwrap_err();
    assert_eq!(forecast.block, Some(Block::Month));
    assert!(forecast.wait <= LEFT && forecast.wait + seconds(3600) > LEFT, "{forecast:?}");
    taken
}

#[tokio::test(start_paused = true)]
async fn a_quota_is_shared_by_its_robots_and_keeps_some_for_urgent_messages() {
    let (shared, log) = (SharedState::new(), Log::default());
    let recording = log.record();
    let quota = Quota::new("organisation", 10, [robot(1), robot(2)]).keep_urgent(3);
    // Two processes.
    let processes = [0, 1].map(|_| shared.builder().quota(quota.clone()).build());
    let first = processes[0].window(&robot(1), &pace(100));
    let second = processes[1].window(&robot(2), &pace(100));
    for _ in 0..5 {
        drop(take(&*first, Normal).await.unwrap().unwrap());
    }
    assert_eq!(exhaust(&*second, Normal).await, 2);
    assert_eq!(exhaust(&*first, Normal).await, 0);
    assert_eq!(log.lines("monthly quota").len(), 0);
    assert_eq!(exhaust(&*first, Urgent).await, 3);
    // One that does not belong to it goes on.
    assert_eq!(take_all(&*processes[0].window(&robot(3), &pace(2)), Normal).await.unwrap(), 2);
    drop(recording);
    assert_eq!(log.lines("the monthly quota `organisation` is nearly used up: 8 of 10 requests").len(), 1);
    let status = processes[0].status().await.unwrap();
    assert_eq!(status[0].quotas[0].used, 10);
    assert_eq!(status[2].quotas, []);
    // The next month.
    shared.clock.set_wall(LEFT.as_secs().cast_signed());
    advance(seconds(30)).await;
    assert_eq!(exhaust_next_month(&*second).await, 7);
}

async fn exhaust_next_month(window: &dyn Window) -> usize {
    take_all(window, Normal).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_month_counts_requests_by_their_outcomes() {
    let shared = SharedState::new();
    let state = shared.builder().build();
    let window = state.window(&robot(1), &pace(10));
    for end in [SlotEnd::Delivered, SlotEnd::Delivered, SlotEnd::Refused, SlotEnd::Unknown] {
        take(&*window, Normal).await.unwrap().unwrap().end(end);
    }
    take(&*window, Normal).await.unwrap().unwrap().give_back();
    // One whose process crashes.
    std::mem::forget(take(&*window, Normal).await.unwrap().unwrap());
    advance(seconds(100)).await;
    let status = state.status().await.unwrap().remove(0);
    assert_eq!((status.delivered, status.refused, status.unknown), (2, 1, 2));
    assert_eq!(status.taken, 0);
}

#[tokio::test(start_paused = true)]
async fn a_rest_holds_for_all_processes_and_one_of_the_address_for_all_robots() {
    let shared = SharedState::new();
    let (first, second) = (shared.window(pace(3)), shared.window(pace(3)));
    let other = shared.builder().build().window(&robot(2), &pace(3));
    first.rest(Block::Robot, seconds(60));
    let refused = take(&*second, Urgent).await.unwrap().unwrap_err();
    assert_eq!((refused.wait, refused.block), (seconds(60), Some(Block::Robot)));
    assert!(take(&*other, Normal).await.unwrap().is_ok());
    first.rest(Block::Address, seconds(90));
    let refused = take(&*other, Normal).await.unwrap().unwrap_err();
    assert_eq!((refused.wait, refused.block), (seconds(90), Some(Block::Address)));
    // One that is shorter cuts nothing short.
    second.rest(Block::Address, seconds(1));
    advance(seconds(89)).await;
    assert!(take(&*other, Normal).await.unwrap().is_err());
    advance(seconds(1)).await;
    assert!(take(&*other, Normal).await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_rest_of_another_process_informs_the_waiters() {
    let shared = SharedState::new();
    let (first, second) = (shared.window(pace(1)), shared.window(pace(1)));
    drop(take(&*first, Normal).await.unwrap().unwrap());
    let waits = tokio::spawn(async move {
        Waiter::join(&*second, Normal)
            .take(SlotRequest::new(seconds(20), seconds(5)))
            .await
            .unwrap()
            .map(drop)
    });
    sleep(seconds(1)).await;
    first.rest(Block::Robot, seconds(600));
    sleep(seconds(1)).await;
    assert!(waits.is_finished(), "it does not wait for what comes too late");
    assert_eq!(waits.await.unwrap().unwrap_err().block, Some(Block::Robot));
}

#[tokio::test(start_paused = true)]
async fn the_strictest_of_several_paces_holds_while_it_is_in_use() {
    let shared = SharedState::new();
    let strict = shared.window(Pace::new().limit(4).urgent_reserve(2).window(seconds(10)));
    let lax = shared.window(Pace::new().limit(9).urgent_reserve(0).window(seconds(5)));
    drop(take(&*strict, Normal).await.unwrap().unwrap());
    assert_eq!(take_all(&*lax, Normal).await.unwrap(), 1, "two of four are for urgent ones");
    assert_eq!(take_all(&*lax, Urgent).await.unwrap(), 2);
    advance(seconds(9)).await;
    assert_eq!(take_all(&*lax, Urgent).await.unwrap(), 0, "the window is the longer one");
    // It has not used the robot for an hour.
    advance(seconds(3600)).await;
    assert_eq!(take_all(&*lax, Normal).await.unwrap(), 9);
}

#[tokio::test(start_paused = true)]
async fn a_throttle_that_this_state_did_not_cause_is_reported_once() {
    for (limit, reports) in [(20, 1), (100, 0)] {
        let (shared, log) = (SharedState::new(), Log::default());
        let recording = log.record();
        let window = shared.window(pace(limit));
        assert_eq!(take_all(&*window, Normal).await.unwrap(), limit as usize);
        for _ in 0..2 {
            window.rest(Block::Robot, seconds(600));
        }
        window.rest(Block::Address, seconds(600));
        drop(recording);
        let lines = log.lines("another program uses the robot without this state");
        assert_eq!(lines.len(), reports, "{limit}: {lines:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_that_crashed_delays_the_line_by_two_seconds_at_most() {
    let shared = SharedState::new();
    let window = shared.window(pace(1));
    drop(take(&*window, Normal).await.unwrap().unwrap());
    let crashing = shared.window(pace(1));
    let crashes = Arc::clone(&crashing);
    let waits = tokio::spawn(async move {
        let id = crashes.join(Normal);
        drop(crashes.take(id, SlotRequest::new(seconds(600), seconds(5))).await);
    });
    sleep(seconds(9)).await;
    // Its row stays, and nobody says any more that it is alive.
    waits.abort();
    drop(waits.await);
    drop(crashing);
    let refused = take(&*window, Normal).await.unwrap().unwrap_err();
    assert_eq!(refused.wait, seconds(11), "it is counted while it may be alive");
    sleep(seconds(2)).await;
    assert!(take(&*window, Normal).await.unwrap().is_ok());
}
