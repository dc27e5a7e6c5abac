//! Sends one notification with the robot that the environment describes:
//!
//! ```sh
//! DINGTALK_BOT_ACCESS_TOKEN=… DINGTALK_BOT_SECRET=SEC… cargo run -p dingtalk-core --example send
//! ```
//!
//! Without a robot, `cargo run -p dingtalk-notify -- sandbox` starts a local one and prints the variables for it.

#![allow(clippy::print_stdout, reason = "an example shows its result")]

use dingtalk_core::{DeliverExt, Error, Notification, Robot};

#[derive(Notification)]
#[dingtalk(markdown(title = "Backup of {database}", text = "**{database}** was backed up in {seconds} s"))]
struct BackupFinished {
    database: String,
    seconds: u32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let robot = Robot::from_env()?;
    let receipt = robot.send(&BackupFinished { database: "orders".into(), seconds: 412 }).await?;
    println!("delivered as {} in {} ms", receipt.id, receipt.elapsed.as_millis());
    Ok(())
}
