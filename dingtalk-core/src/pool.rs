//! Several robots behind one interface: a [`Pool`] shares the load of one group, a [`Router`] selects a robot by name.
//!
//! ```
//! use dingtalk_core::{Deliver, Envelope, Message, Stub, pool::Router};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), dingtalk_core::Error> {
//! let (ops, sales) = (Stub::new(), Stub::new());
//! let router = Router::builder().route("ops", ops.clone()).route("sales", sales).build()?;
//! router.deliver(Envelope::new(Message::text("Disk is full")).with_robot("ops")).await?;
//! assert_eq!(ops.envelopes().len(), 1);
//! # Ok(()) }
//! ```

pub use crate::delivery::{
    pool::{Pool, PoolBuilder},
    router::{Router, RouterBuilder},
};
