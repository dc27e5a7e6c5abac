//! What is logged of a call: what became of it, never what it said.

use dingtalk_core::{Mentions, Message, WireMessage};
use tracing::Level;

use crate::outcome::Answer;

/// The target of these events, by which they can be told from all others.
pub(crate) const TARGET: &str = "dingtalk_mcp::calls";

/// What is known of a call before it is answered.
pub(crate) struct Record {
    tool: &'static str,
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

/// Does anybody read these events?
fn is_logged() -> bool {
    tracing::event_enabled!(target: TARGET, Level::INFO)
}

impl Record {
    pub(crate) fn new(tool: &'static str, request_id: Option<&str>) -> Self {
        let request_id = request_id.filter(|_| is_logged()).map(str::to_owned);
        Self { tool, request_id, robot: None, message: None }
    }

    /// Adds what is to be sent, and by whom.
    pub(crate) fn sends(&mut self, message: &Message, robot: Option<&str>) {
        // Measuring costs as much as writing the message.
        if !is_logged() {
            return;
        }
        self.robot = robot.map(str::to_owned);
        let bytes = serde_json::to_vec(&WireMessage::new(message.clone())).map_or(0, |body| body.len());
        let mentions = message.mentions().map_or(0, Mentions::people);
        let at_all = message.mentions().is_some_and(|mentions| mentions.all);
        self.message = Some(Size { bytes: bytes as u64, mentions: mentions as u64, at_all });
    }

    /// Logs how the call was answered.
    pub(crate) fn log(&self, answer: &Answer) {
        tracing::info!(
            name: "dingtalk.call",
            target: TARGET,
            request_id = self.request_id.as_deref(),
            tool = self.tool,
            robot = self.robot.as_deref(),
            status = answer.status().as_str(),
            errcode = answer.code(),
            "msgUuid" = answer.id(),
            bytes = self.message.as_ref().map(|size| size.bytes),
            mentions = self.message.as_ref().map(|size| size.mentions),
            at_all = self.message.as_ref().map(|size| size.at_all),
            "answered"
        );
    }
}
