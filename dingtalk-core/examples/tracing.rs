//! Shows what a robot logs about one message, with each attempt, pause and rest:
//!
//! ```sh
//! DINGTALK_BOT_ACCESS_TOKEN=… DINGTALK_BOT_SECRET=SEC… cargo run -p dingtalk-core --example tracing
//! ```
//!
//! Neither the message nor a secret is ever logged; `docs/delivery.md` lists the events and their fields.

use dingtalk_core::{DeliverExt, Error, Message, Robot};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let levels =
        Targets::new().with_default(LevelFilter::WARN).with_target("dingtalk_core", LevelFilter::DEBUG);
    tracing_subscriber::registry().with(fmt::layer()).with(levels).init();

    let robot = Robot::from_env()?;
    robot.send(&Message::text("Hello from the tracing example")).await?;
    Ok(())
}
