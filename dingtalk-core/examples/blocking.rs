//! Sends from a program without an asynchronous runtime:
//! `cargo run -p dingtalk-core --features blocking --example blocking`.

#![allow(clippy::print_stdout, reason = "an example shows its result")]

use dingtalk_core::{Error, Message, Stub, delivery::Blocking};

fn main() -> Result<(), Error> {
    // In a real program: Robot::from_env()?
    let stub = Stub::new();
    let robot = Blocking::new(stub.clone())?;
    let receipt = robot.send(&Message::text("Disk of web-3 is full"))?;
    println!("{:?} as {}", receipt.outcome, receipt.id);
    println!("recorded: {:?}", stub.envelopes()[0].message);
    Ok(())
}
