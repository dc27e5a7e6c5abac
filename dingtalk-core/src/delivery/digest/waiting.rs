//! A notification that a digest can merge with others.

use std::time::SystemTime;

use crate::Message;

/// A notification that waits for a robot.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Waiting<'a> {
    /// Message of the notification.
    pub message: &'a Message,
    /// Set if it is sent before all others, and merged only with others like it.
    pub urgent: bool,
    /// Group, such as an alert's name. The digest shows it as a heading above the notifications of the group.
    pub group: Option<&'a str>,
    /// Text that represents it in the digest instead of its message's text, in one line.
    pub line: Option<&'a str>,
    /// Time since when it has been waiting.
    pub enqueued: SystemTime,
}

impl<'a> Waiting<'a> {
    /// Creates a notification that is not urgent and has no group.
    pub fn new(message: &'a Message, enqueued: SystemTime) -> Self {
        Self { message, urgent: false, group: None, line: None, enqueued }
    }

    /// Sets the group.
    #[must_use]
    pub fn in_group(mut self, group: Option<&'a str>) -> Self {
        self.group = group;
        self
    }

    /// Sets the line that represents it. A blank one is ignored.
    #[must_use]
    pub fn with_line(mut self, line: Option<&'a str>) -> Self {
        self.line = line.filter(|line| !line.trim().is_empty());
        self
    }

    /// Sets whether it is urgent.
    #[must_use]
    pub fn urgent(mut self, urgent: bool) -> Self {
        self.urgent = urgent;
        self
    }
}
