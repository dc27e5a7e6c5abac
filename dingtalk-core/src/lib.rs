//! DingTalk (钉钉) group robot notifications as Rust types: messages, signing, delivery.

pub mod message;

pub use crate::message::{
    Mentions, Message, Mobile, ParseMobileError, ParseUrlError, Url, UserId, WireMessage,
};
