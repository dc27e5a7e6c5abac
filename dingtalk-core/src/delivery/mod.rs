//! From a message to a group: signing, one robot, and what its answers mean.

mod advice;
mod classify;
mod deliver;
mod endpoint;
mod error;
mod robot;
mod secret;
mod sign;
mod stub;

pub use self::{
    advice::Language,
    classify::{Answer, classify},
    deliver::{BoxFuture, Deliver, DeliverExt, Envelope, MAX_BODY_BYTES, Outcome, Receipt},
    error::{Error, ErrorKind, Retry},
    robot::{Robot, RobotBuilder},
    sign::{Signature, Signer},
    stub::Stub,
};
