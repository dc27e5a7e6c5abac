//! The deployment of tools: facts in their definitions on delivery, people and groups.

use std::time::Duration;

use dingtalk_core::tool::PersonKind;

/// The deployment of a set of tools: facts in its definitions on delivery, people and groups.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Deployment {
    /// Maximum number of messages per minute; `None` without a rate limit.
    pub rate_per_minute: Option<u32>,
    /// Time after a delivery in which a repeated call sends nothing; `None` if every call sends.
    pub repeat_window: Option<Duration>,
    /// Maximum number of people that a call may mention; `None` for DingTalk's own limit.
    pub max_mentions: Option<usize>,
    /// Names that a call may use instead of numbers and ids, and the kind of each.
    pub people: Vec<(String, PersonKind)>,
    /// The robots that a call may choose from: name, and purpose of the group. With two or more, every definition has
    /// the argument [`ROBOT`](Self::ROBOT).
    pub robots: Vec<(String, String)>,
    /// The robot for calls that choose none; without it, the argument is required.
    pub default_robot: Option<String>,
    /// Set if messages that cannot be sent at once are queued. A tool then reports their status.
    pub queue: bool,
    /// Set if all robots shorten or split what is too long for one message.
    pub long_texts: bool,
}

impl Deployment {
    /// The argument that chooses a robot.
    pub const ROBOT: &'static str = "robot";

    /// Creates a deployment without facts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the maximum number of messages per minute.
    #[must_use]
    pub fn rate_per_minute(mut self, rate: Option<u32>) -> Self {
        self.rate_per_minute = rate;
        self
    }

    /// Sets the time after a delivery in which a repeated call sends nothing.
    #[must_use]
    pub fn repeat_window(mut self, window: Option<Duration>) -> Self {
        self.repeat_window = window;
        self
    }

    /// Sets the maximum number of people that a call may mention.
    #[must_use]
    pub fn max_mentions(mut self, people: Option<usize>) -> Self {
        self.max_mentions = people;
        self
    }

    /// Sets the names that a call may use instead of numbers and ids.
    #[must_use]
    pub fn people(mut self, names: impl IntoIterator<Item = (String, PersonKind)>) -> Self {
        self.people = names.into_iter().collect();
        self
    }

    /// Sets the robots that a call may choose from, each with the purpose of its group, and the default robot.
    #[must_use]
    pub fn robots(
        mut self,
        robots: impl IntoIterator<Item = (String, String)>,
        default: Option<String>,
    ) -> Self {
        self.robots = robots.into_iter().collect();
        self.default_robot = default;
        self
    }

    /// Sets whether messages that cannot be sent at once are queued.
    #[must_use]
    pub fn queue(mut self, queue: bool) -> Self {
        self.queue = queue;
        self
    }

    /// Sets whether all robots shorten or split what is too long for one message.
    #[must_use]
    pub fn long_texts(mut self, long_texts: bool) -> Self {
        self.long_texts = long_texts;
        self
    }

    /// Reports whether a call chooses its robot.
    pub(super) fn offers_a_choice(&self) -> bool {
        self.robots.len() > 1
    }
}
