//! Where tools are served: what their definitions say of delivery, of people and of groups.

use std::time::Duration;

use dingtalk_core::tool::PersonKind;

/// Where a set of tools is served: what its definitions say of delivery.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Deployment {
    /// The most messages that leave in a minute; `None` where nothing paces them.
    pub rate_per_minute: Option<u32>,
    /// For how long the same call sends nothing after it has delivered; `None` where every call sends.
    pub repeat_window: Option<Duration>,
    /// The most people that one call may mention; `None` leaves it to the wire's own limit.
    pub max_mentions: Option<usize>,
    /// Names that a call may give in place of people, and what they stand for.
    pub people: Vec<(String, PersonKind)>,
    /// The robots that a call may choose from, by name, and what the group of each is for. With two or more, every
    /// definition has the argument [`ROBOT`](Self::ROBOT).
    pub robots: Vec<(String, String)>,
    /// The robot that posts where a call chooses none; the argument is required without one.
    pub default_robot: Option<String>,
}

impl Deployment {
    /// The argument that chooses a robot.
    pub const ROBOT: &'static str = "robot";

    /// A deployment that says nothing of its pace.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the most messages that leave in a minute.
    #[must_use]
    pub fn rate_per_minute(mut self, rate: Option<u32>) -> Self {
        self.rate_per_minute = rate;
        self
    }

    /// Sets for how long the same call sends nothing after it has delivered.
    #[must_use]
    pub fn repeat_window(mut self, window: Option<Duration>) -> Self {
        self.repeat_window = window;
        self
    }

    /// Sets the most people that one call may mention.
    #[must_use]
    pub fn max_mentions(mut self, people: Option<usize>) -> Self {
        self.max_mentions = people;
        self
    }

    /// Sets the names that a call may give in place of people.
    #[must_use]
    pub fn people(mut self, names: impl IntoIterator<Item = (String, PersonKind)>) -> Self {
        self.people = names.into_iter().collect();
        self
    }

    /// Sets the robots that a call may choose from, each with what its group is for, and the one that posts where a call
    /// chooses none.
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

    /// Does a call say which robot posts?
    pub(super) fn offers_a_choice(&self) -> bool {
        self.robots.len() > 1
    }
}
