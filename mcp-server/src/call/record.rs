//! The log record of a call: its outcome, never its content.

use std::sync::Arc;

use dingtalk_core::{
    Message,
    message::{Mentions, WireMessage},
};
use tracing::{Level, level_filters::LevelFilter};

use super::answer::Answer;
use crate::metrics::Metrics;

/// The target of these events, which distinguishes them from all others.
pub(crate) const TARGET: &str = "dingtalk_notify::calls";

/// Facts of a call that are known before its answer.
pub(crate) struct Record {
    tool: String,
    robot: Option<String>,
    /// Name of the caller's token.
    token: Option<Arc<str>>,
    metrics: Metrics,
    /// Empty if the log is off.
    logged: Option<Logged>,
}

#[derive(Default)]
struct Logged {
    /// The id of the HTTP request.
    request_id: Option<String>,
    message: Option<Size>,
}

struct Size {
    bytes: u64,
    mentions: u64,
    at_all: bool,
}

impl Record {
    pub(crate) fn new(
        tool: &str,
        token: Option<Arc<str>>,
        request_id: Option<&str>,
        metrics: Metrics,
    ) -> Self {
        // Asking for the event itself would make the layers of `tracing-subscriber` forget the next one.
        let is_read = LevelFilter::current() >= Level::INFO;
        let logged =
            is_read.then(|| Logged { request_id: request_id.map(str::to_owned), ..Logged::default() });
        Self { tool: tool.to_owned(), robot: None, token, metrics, logged }
    }

    /// Adds the message and its robot.
    pub(crate) fn sends(&mut self, message: &Message, robot: Option<&str>) {
        self.robot = robot.map(str::to_owned);
        let Some(logged) = &mut self.logged else { return };
        let bytes = serde_json::to_vec(&WireMessage::new(message.clone())).map_or(0, |body| body.len());
        let mentions = message.mentions().map_or(0, Mentions::people);
        let at_all = message.mentions().is_some_and(|mentions| mentions.all);
        logged.message = Some(Size { bytes: bytes as u64, mentions: mentions as u64, at_all });
    }

    /// Counts and logs the answer to the call.
    pub(crate) fn log(&self, answer: &Answer, id: Option<&str>) {
        let Self { tool, robot, token, metrics, logged } = self;
        metrics.called(tool, robot.as_deref(), token.as_deref(), answer.status.as_str());
        let Some(Logged { request_id, message }) = logged else { return };
        tracing::info!(
            name: "dingtalk.call",
            target: TARGET,
            request_id = request_id.as_deref(),
            token = token.as_deref(),
            tool,
            robot = robot.as_deref(),
            status = answer.status.as_str(),
            errcode = answer.code,
            "msgUuid" = id,
            bytes = message.as_ref().map(|size| size.bytes),
            mentions = message.as_ref().map(|size| size.mentions),
            at_all = message.as_ref().map(|size| size.at_all),
            "answered"
        );
    }
}
