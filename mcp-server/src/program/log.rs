//! What is logged, and where.

use std::io;

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// Logs go to stderr only: stdout belongs to the protocol.
pub(super) fn to_stderr() {
    let wanted = std::env::var("DINGTALK_MCP_LOG").ok();
    let filter: Targets = wanted
        .as_deref()
        .and_then(|filter| filter.parse().ok())
        .unwrap_or_else(|| Targets::new().with_default(LevelFilter::WARN));
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(false);
    tracing_subscriber::registry().with(lines).with(filter).init();
}
