//! Queues notifications without waiting for their delivery, and empties the queue before the program ends:
//! `cargo run -p dingtalk-core --example queue`.

#![allow(clippy::print_stdout, reason = "an example shows its result")]

use std::{error, time::Duration};

use dingtalk_core::{Envelope, Error, ErrorKind, Message, Stub, delivery::Urgency, queue::Queue};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn error::Error>> {
    // In a service: Robot::from_env()?
    let robot = Stub::new();
    robot.fail_next(Error::new(ErrorKind::TooLong, "this one is refused, to show what becomes of it"));
    let queue = Queue::builder().only_lane(robot.clone()).digest(None).build()?;

    queue.try_send(&Message::text("Disk of web-3 is full"))?;
    queue.try_send(&Message::text("Disk of web-4 is full"))?;
    let urgent = Envelope::new(Message::text("The data centre is on fire")).with_urgency(Urgency::Urgent);
    queue.try_deliver(urgent)?;

    // Whatever is still queued in memory when the program ends is lost, so this comes before it.
    queue.shutdown(Duration::from_secs(30)).await?;

    for envelope in robot.envelopes() {
        println!("attempted: {:?}", envelope.message);
    }
    for letter in queue.dead_letters(10).await? {
        println!("given up after {} attempt(s): {}", letter.attempts, letter.failure.text);
    }
    println!("{} given up in all", queue.losses().total());
    Ok(())
}
