//! The log record of a call: its outcome, never its content.

use dingtalk_core::{
    Message,
    message::{Mentions, WireMessage},
};
use tracing::Level;

use super::answer::Answer;

/// The target of these events, which distinguishes them from all others.
pub(crate) const TARGET: &str = "dingtalk_notify::calls";

/// Facts of a call that are known before its answer; empty if the log is off.
pub(crate) struct Record(Option<Known>);

struct Known {
    tool: String,
    /// The id of the HTTP request.
    request_id: Option<String>,
    robot: Option<String>,
    message: Option<Size>,
}

struct Size {
    bytes: u64,
    mentions: u64,
    at_all: bool,
}

impl Record {
    pub(crate) fn new(tool: &str, request_id: Option<&str>) -> Self {
        let is_read = tracing::event_enabled!(target: TARGET, Level::INFO);
        Self(is_read.then(|| Known {
            tool: tool.to_owned(),
            request_id: request_id.map(str::to_owned),
            robot: None,
            message: None,
        }))
    }

    /// Adds the message and its robot.
    pub(crate) fn sends(&mut self, message: &Message, robot: Option<&str>) {
        let Some(known) = &mut self.0 else { return };
        known.robot = robot.map(str::to_owned);
        let bytes = serde_json::to_vec(&WireMessage::new(message.clone())).map_or(0, |body| body.len());
        let mentions = message.mentions().map_or(0, Mentions::people);
        let at_all = message.mentions().is_some_and(|mentions| mentions.all);
        known.message = Some(Size { bytes: bytes as u64, mentions: mentions as u64, at_all });
    }

    /// Logs the answer to the call.
    pub(crate) fn log(&self, answer: &Answer, id: Option<&str>) {
        let Some(Known { tool, request_id, robot, message }) = &self.0 else { return };
        tracing::info!(
            name: "dingtalk.call",
            target: TARGET,
            request_id = request_id.as_deref(),
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
