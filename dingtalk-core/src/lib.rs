//! DingTalk (钉钉) group robot notifications as Rust types: messages, signing, delivery.

#[doc(hidden)]
#[path = "private.rs"]
#[allow(missing_docs, missing_debug_implementations, reason = "not public: only generated code names it")]
pub mod __private;
mod constraint;
#[cfg(feature = "robot")]
mod delivery;
mod fault;
mod markdown;
pub mod message;
mod notification;
#[cfg(feature = "tool")]
mod tool;

#[cfg(feature = "derive")]
pub use dingtalk_derive::Notification;
pub use dingtalk_template::{Show, Sink};

#[cfg(feature = "tool")]
pub use crate::tool::{
    Annotations, Definition, Deployment, Parameter, Shape, Tool, ToolSet, ToolSetError, ToolSpec, ToolType,
};
pub use crate::{
    constraint::{Bounds, Constraint, Field},
    fault::{Fault, Faults, Invalid},
    markdown::Markdown,
    message::{
        MAX_MENTIONS, Mentions, Message, Mobile, ParseMobileError, ParseUrlError, Url, UserId, WireMessage,
    },
    notification::Notification,
};

#[cfg(feature = "robot")]
pub use crate::delivery::{
    Answer, BoxFuture, Deliver, DeliverExt, Envelope, Error, ErrorKind, Language, MAX_BODY_BYTES, Outcome,
    Receipt, Retry, Robot, RobotBuilder, Signature, Signer, Stub, classify,
};
