//! A user of a robot's shared window: takes slots one after another, or all at once, and prints a line for each.
//!
//! Arguments: directory, number of slots, limit, length of the window in milliseconds, `each` or `all`.

#![allow(clippy::print_stdout, reason = "lines for the test that has started it")]

use std::{
    env,
    error::Error,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use dingtalk_core::delivery::{
    Pace, RobotKey, Urgency,
    window::{SlotEnd, SlotRequest, Waiter, Window, Windows as _},
};
use dingtalk_outbox::State;

const PATIENCE: Duration = Duration::from_secs(600);
const HOLDS: Duration = Duration::from_secs(5);

/// Time of a request.
const REQUEST: Duration = Duration::from_millis(2);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [directory, slots, limit, window_ms, order] = &arguments[..] else {
        return Err("expected: DIRECTORY SLOTS LIMIT WINDOW_MS each|all".into());
    };
    let pace =
        Pace::new().limit(limit.parse()?).urgent_reserve(0).window(Duration::from_millis(window_ms.parse()?));
    let state = State::builder(directory).build();
    let window = state.window(&RobotKey::from_bytes([7; 32]), &pace);
    let slots: u32 = slots.parse()?;
    if order == "each" {
        for _ in 0..slots {
            take(&*window).await?;
        }
    } else {
        let takes: Vec<_> = (0..slots)
            .map(|_| {
                let window = Arc::clone(&window);
                tokio::spawn(async move { take(&*window).await.map_err(|error| error.to_string()) })
            })
            .collect();
        for take in takes {
            take.await??;
        }
    }
    state.flush().await;
    Ok(())
}

/// Takes a slot, and prints the times of its request since 1970, its wait and its forecast, in microseconds.
async fn take(window: &dyn Window) -> Result<(), dingtalk_core::Error> {
    let started = Instant::now();
    let forecast = window.forecast(Urgency::Normal, 0).await?.wait;
    let waiter = Waiter::join(window, Urgency::Normal);
    let slot = waiter.take(SlotRequest::new(PATIENCE, HOLDS)).await??;
    let (granted, wait) = (since_1970(), started.elapsed());
    tokio::time::sleep(REQUEST).await;
    let ended = since_1970();
    slot.end(SlotEnd::Delivered);
    println!("{granted} {ended} {} {}", wait.as_micros(), forecast.as_micros());
    Ok(())
}

fn since_1970() -> u128 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_micros()
}
