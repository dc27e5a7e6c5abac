//! A replica of a service that shares robots with others through PostgreSQL: sends to each robot as fast as it may.
//!
//! Arguments: URL, schema, base URL, number of robots, length of the window in milliseconds, seconds. With `-` in place
//! of the base URL, requests are only pretended, and the robot, the start and the end of each are printed, in
//! microseconds.

#![allow(clippy::print_stdout, reason = "lines for the test that has started it")]

use std::{
    env,
    error::Error,
    fmt::Write as _,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use dingtalk_core::{
    DeliverExt as _, ErrorKind, Message, Robot,
    delivery::{
        Pace, RobotKey, Urgency,
        window::{SlotEnd, SlotRequest, Waiter, Window, Windows as _},
    },
};
use dingtalk_outbox::{Postgres, State};

/// Time of a pretended request.
const REQUEST: Duration = Duration::from_millis(20);

const HOLDS: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [url, schema, base_url, robots, window_ms, seconds] = &arguments[..] else {
        return Err("expected: URL SCHEMA BASE_URL ROBOTS WINDOW_MS SECONDS".into());
    };
    let until = Instant::now() + Duration::from_secs(seconds.parse()?);
    let pace = Pace::new().urgent_reserve(0).window(Duration::from_millis(window_ms.parse()?));
    let state = State::postgres(Postgres::builder(url).schema(schema).build()?).build();
    let robots: u32 = robots.parse()?;
    let mut senders = Vec::new();
    for number in 0..robots {
        if base_url == "-" {
            let window = state.window(&key(number), &pace);
            senders.push(tokio::spawn(async move {
                pretend(&*window, number, until).await.map_err(|error| error.to_string())
            }));
        } else {
            let robot = Robot::builder(format!("robot{number}")).base_url(base_url).pace(pace);
            let robot = robot.windows(Arc::new(state.clone())).deadline(Duration::from_secs(600)).build()?;
            senders.push(tokio::spawn(async move {
                send(&robot, until).await.map_err(|error| error.to_string())?;
                Ok(String::new())
            }));
        }
    }
    for sender in senders {
        print!("{}", sender.await??);
    }
    state.flush().await;
    Ok(())
}

async fn send(robot: &Robot, until: Instant) -> Result<(), dingtalk_core::Error> {
    while let Ok(result) = tokio::time::timeout_at(until.into(), robot.send(&Message::text("An alert"))).await
    {
        result?;
    }
    Ok(())
}

async fn pretend(window: &dyn Window, robot: u32, until: Instant) -> Result<String, dingtalk_core::Error> {
    let mut lines = String::new();
    loop {
        let request = SlotRequest::new(until.saturating_duration_since(Instant::now()), HOLDS);
        let slot = match Waiter::join(window, Urgency::Normal).take(request).await {
            Ok(Ok(slot)) => slot,
            Ok(Err(_)) => return Ok(lines),
            Err(error) if error.kind() == ErrorKind::RateLimited => return Ok(lines),
            Err(error) => return Err(error),
        };
        let begun = since_1970();
        tokio::time::sleep(REQUEST).await;
        let ended = since_1970();
        slot.end(SlotEnd::Delivered);
        // A string takes everything.
        let _ = writeln!(lines, "{robot} {begun} {ended}");
    }
}

fn key(number: u32) -> RobotKey {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    RobotKey::from_bytes(bytes)
}

fn since_1970() -> u128 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_micros()
}
