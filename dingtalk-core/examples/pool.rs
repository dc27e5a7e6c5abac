//! Shares messages among several robots of one group, each given by its webhook:
//!
//! ```sh
//! cargo run -p dingtalk-core --example pool -- "$FIRST_WEBHOOK" "$SECOND_WEBHOOK"
//! ```
//!
//! Webhooks are secrets: a real program reads them from its configuration, because other users of the machine can see
//! arguments.

#![allow(clippy::print_stdout, reason = "an example shows its result")]

use std::env;

use dingtalk_core::{DeliverExt, Error, Message, Robot, pool::Pool};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let robots: Result<Vec<_>, _> = env::args()
        .skip(1)
        .enumerate()
        .map(|(at, webhook)| Robot::from_webhook(webhook).name(format!("robot-{}", at + 1)).build())
        .collect();
    let pool = Pool::new(robots?)?;
    for number in 1..=4 {
        let receipt = pool.send(&Message::text(format!("Message {number} of 4"))).await?;
        println!(
            "message {number} was sent by {}",
            receipt.robot.as_deref().unwrap_or("a robot without a name")
        );
    }
    Ok(())
}
