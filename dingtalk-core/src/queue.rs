//! Background delivery for services that must not wait: a queue accepts notifications immediately.
//!
//! A [`Queue`] limits rates, retries, and merges waiting messages ([`DigestPolicy`]). A [`store`] keeps its items, in
//! memory or durably.
//!
//! ```
//! use std::time::Duration;
//!
//! use dingtalk_core::{Message, Stub, queue::Queue};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let robot = Stub::new();
//! let queue = Queue::builder().only_lane(robot.clone()).capacity(100).build()?;
//! queue.try_send(&Message::text("Disk is full"))?;
//! queue.shutdown(Duration::from_secs(5)).await?;
//! assert_eq!(robot.envelopes().len(), 1);
//! # Ok(()) }
//! ```

#[cfg(feature = "jiff")]
pub use crate::delivery::queue::QuietHours;
pub use crate::delivery::{
    digest::{DigestPolicy, GroupBy, Planned, Waiting},
    queue::{Losses, Pending, Queue, QueueBuilder},
    store,
};
