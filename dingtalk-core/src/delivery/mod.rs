//! From a message to a group: signing, one robot, and what its answers mean.

mod advice;
#[cfg(feature = "blocking")]
mod blocking;
mod classify;
mod deliver;
mod departure;
mod digest;
mod duration;
mod endpoint;
mod envelope;
mod error;
mod error_kind;
mod overflow;
mod pace;
mod pool;
mod queue;
mod receipt;
mod retry;
mod robot;
mod router;
mod secret;
mod sign;
pub mod store;
mod stub;

#[cfg(feature = "blocking")]
pub use self::blocking::Blocking;
pub use self::{
    advice::Language,
    classify::{Answer, classify},
    deliver::{BoxFuture, Deliver, DeliverExt},
    departure::Departure,
    digest::{DigestPolicy, GroupBy, Planned, Waiting},
    envelope::{Envelope, MAX_BODY_BYTES, Urgency},
    error::Error,
    error_kind::{ErrorKind, Retry},
    overflow::{Limits, Overflow, Part},
    pace::{Block, Pace},
    pool::{Pool, PoolBuilder},
    queue::{Lane, Losses, Pending, Queue, QueueBuilder},
    receipt::{Outcome, Receipt},
    retry::Guarantee,
    robot::{Probe, Robot, RobotBuilder},
    router::{Router, RouterBuilder},
    sign::{Signature, Signer},
    stub::Stub,
};
