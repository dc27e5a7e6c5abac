//! Tests across all crates, and code that several of them share. The examples of the READMEs are tests too.

pub mod calls_contract;
pub mod outbox_contract;
pub mod outbox_shares;
pub mod postgres_place;
pub mod postgres_server;
pub mod shared_state;
pub mod temporary;
pub mod tree;
pub mod virtual_clock;
pub mod window_contract;
pub mod window_model;

/// The examples of each README.
#[cfg(doctest)]
mod readme {
    #[doc = include_str!("../../README.md")]
    struct Workspace;

    #[doc = include_str!("../../dingtalk-core/README.md")]
    struct Core;

    #[doc = include_str!("../../dingtalk-template/README.md")]
    struct Template;

    #[doc = include_str!("../../dingtalk-outbox/README.md")]
    struct Outbox;

    #[doc = include_str!("../../dingtalk-sandbox/README.md")]
    struct Sandbox;
}
