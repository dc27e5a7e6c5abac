//! Clocks of a shared state: restarts of the system, clocks that go backwards, and months.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::time::Duration;

use dingtalk_core::delivery::{Block, Urgency::Normal};
use dingtalk_tests::shared_state::{SharedState, pace, take, take_all};
use tokio::time::{advance, sleep};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn after_a_restart_of_the_system_the_window_is_full_since_its_start() {
    let shared = SharedState::new();
    // Others may not have been stored when the system stopped.
    drop(take(&*shared.window(pace(3)), Normal).await.unwrap());
    advance(seconds(60)).await;
    shared.clock.restart(seconds(4));
    let window = shared.window(pace(3));
    let wait = take(&*window, Normal).await.unwrap().unwrap_err().wait;
    assert_eq!(wait, seconds(6), "of ten seconds, four have passed");
    advance(wait).await;
    assert_eq!(take_all(&*window, Normal).await.unwrap(), 3);
    // A system that is up for longer than a window has none of its earlier requests in it.
    shared.clock.restart(seconds(11));
    assert_eq!(take_all(&*shared.window(pace(3)), Normal).await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_rest_outlives_a_restart_by_the_wall_clock_and_never_grows() {
    for (wall, left) in [(0, 540), (-3600, 600), (100_000, 0)] {
        let shared = SharedState::new();
        let window = shared.window(pace(3));
        window.rest(Block::Robot, seconds(600));
        advance(seconds(60)).await;
        shared.clock.restart(seconds(30));
        shared.clock.set_wall(wall);
        let forecast = shared.window(pace(3)).forecast(Normal, 0).await.unwrap();
        let rest = forecast.block.map_or(0, |_| forecast.wait.as_secs());
        assert!(
            rest.abs_diff(left) <= 1,
            "{rest} s are left, and not {left}, for a wall clock moved by {wall} s"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_clock_that_went_backwards_the_window_is_full_once() {
    let shared = SharedState::new();
    let window = shared.window(pace(3));
    drop(take(&*window, Normal).await.unwrap());
    advance(seconds(60)).await;
    drop(take(&*window, Normal).await.unwrap());
    shared.clock.jump(-3000);
    let wait = take(&*window, Normal).await.unwrap().unwrap_err().wait;
    assert_eq!(wait, seconds(10));
    advance(wait).await;
    assert_eq!(take_all(&*window, Normal).await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_small_step_backwards_changes_nothing() {
    let shared = SharedState::new();
    let window = shared.window(pace(3));
    advance(seconds(5)).await;
    drop(take(&*window, Normal).await.unwrap());
    shared.clock.jump(-1);
    assert_eq!(take_all(&*window, Normal).await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_waits_is_served_after_a_clock_that_went_backwards() {
    let shared = SharedState::new();
    let window = shared.window(pace(1));
    drop(take(&*window, Normal).await.unwrap());
    let (first, second) = (shared.window(pace(1)), shared.window(pace(1)));
    let wait = |window: std::sync::Arc<dyn dingtalk_core::delivery::window::Window>| {
        tokio::spawn(async move {
            let waiter = dingtalk_core::delivery::window::Waiter::join(&*window, Normal);
            let request = dingtalk_core::delivery::window::SlotRequest::new(seconds(3600), seconds(5));
            waiter.take(request).await.unwrap().map(drop)
        })
    };
    let first = wait(first);
    sleep(seconds(1)).await;
    let second = wait(second);
    sleep(seconds(1)).await;
    shared.clock.jump(-5000);
    sleep(seconds(12)).await;
    assert!(first.is_finished() && !second.is_finished(), "in their order");
    sleep(seconds(12)).await;
    assert!(second.is_finished());
}

#[tokio::test(start_paused = true)]
async fn the_wall_clock_decides_on_the_month_alone() {
    let shared = SharedState::new();
    let state = shared.builder().build();
    let window = dingtalk_core::delivery::window::Windows::window(
        &state,
        &dingtalk_tests::shared_state::robot(1),
        &pace(3),
    );
    assert_eq!(take_all(&*window, Normal).await.unwrap(), 3);
    assert_eq!(state.status().await.unwrap()[0].unknown, 3);
    // December has begun in China.
    shared.clock.set_wall(9 * 86_400 + 6 * 3600);
    assert_eq!(take_all(&*window, Normal).await.unwrap(), 0);
    assert_eq!(state.status().await.unwrap()[0].unknown, 0);
}
