//! The settings of a robot's rate window and of its rests.

use std::time::{Duration, SystemTime};

use super::{super::ErrorKind, month::until_next_month};
use crate::delivery::Urgency;

/// How fast a [`Robot`](crate::Robot) sends, and for how long it rests after DingTalk has blocked it. All clones of the
/// robot share it.
///
/// Sends are counted in a sliding log: at most [`LIMIT`](Self::LIMIT) in any [`WINDOW`](Self::WINDOW), so that a burst
/// leaves at once and no minute ever holds more than DingTalk takes. (A token bucket that holds 20 and refills 20 a
/// minute lets 39 through in one minute.) Who finds no free place waits, first come, first served, urgent messages
/// before others; who would have to wait too long is told so at once.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use dingtalk_core::{Robot, delivery::Pace};
///
/// let robot = Robot::builder("0123abcd")
///     .pace(Pace::new().limit(10).max_wait(Duration::from_secs(5)))
///     .build()?;
/// // For a sandbox: neither limit nor rest.
/// let unpaced = Robot::builder("0123abcd").pace(None).build()?;
/// # Ok::<(), dingtalk_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    limit: u32,
    window: Duration,
    urgent_reserve: u32,
    rest: Duration,
    address_rest: Duration,
    max_wait: Duration,
}

impl Pace {
    /// How many messages a robot takes in a minute (page `custom-robots-send-group-messages` on open.dingtalk.com).
    pub const LIMIT: u32 = 20;

    /// The minute, and two seconds for messages that travel faster than the one 20 before them.
    pub const WINDOW: Duration = Duration::from_secs(62);

    /// How many of the places in a window only urgent messages take.
    pub const URGENT_RESERVE: u32 = 2;

    /// For how long DingTalk blocks a robot that has sent too fast (the same page).
    pub const REST: Duration = Duration::from_secs(10 * 60);

    /// For how long DingTalk blocks an address that has called too often: 10,000 calls in 20 seconds.
    pub const ADDRESS_REST: Duration = Duration::from_secs(5 * 60);

    /// What DingTalk takes.
    pub fn new() -> Self {
        Self {
            limit: Self::LIMIT,
            window: Self::WINDOW,
            urgent_reserve: Self::URGENT_RESERVE,
            rest: Self::REST,
            address_rest: Self::ADDRESS_REST,
            max_wait: Duration::MAX,
        }
    }

    /// How many messages may leave in any window: [`LIMIT`](Self::LIMIT) unless set, at least one. Fewer where other
    /// programs use the same robot.
    #[must_use]
    pub fn limit(mut self, messages: u32) -> Self {
        self.limit = messages;
        self
    }

    /// How long a window is: [`WINDOW`](Self::WINDOW) unless set.
    #[must_use]
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// How many places of a window only [urgent](Urgency::Urgent) messages take:
    /// [`URGENT_RESERVE`](Self::URGENT_RESERVE) unless set; one place is always left for all.
    #[must_use]
    pub fn urgent_reserve(mut self, messages: u32) -> Self {
        self.urgent_reserve = messages;
        self
    }

    /// For how long the robot rests after DingTalk has throttled it: [`REST`](Self::REST) unless set. Up to five
    /// seconds are added at random, so that several programs do not come back together.
    #[must_use]
    pub fn rest(mut self, rest: Duration) -> Self {
        self.rest = rest;
        self
    }

    /// For how long the robot rests after DingTalk has blocked this machine's address:
    /// [`ADDRESS_REST`](Self::ADDRESS_REST) unless set.
    #[must_use]
    pub fn address_rest(mut self, rest: Duration) -> Self {
        self.address_rest = rest;
        self
    }

    /// How long a message may wait for its turn; as long as the robot's
    /// [deadline](crate::delivery::RobotBuilder::deadline) allows unless set. Where it would be longer, the send fails at once
    /// and says how long ([`Error::retry_after`](crate::Error::retry_after)). A message in parts is as late as its last
    /// part.
    #[must_use]
    pub fn max_wait(mut self, wait: Duration) -> Self {
        self.max_wait = wait;
        self
    }

    /// The longest that a message waits for its turn.
    pub(crate) fn longest_wait(&self) -> Duration {
        self.max_wait
    }

    /// How long a rest lasts that begins `now`.
    pub(crate) fn rest_after(&self, block: Block, now: SystemTime) -> Duration {
        match block {
            Block::Robot => self.rest,
            Block::Address => self.address_rest,
            Block::Month => until_next_month(now),
        }
    }

    /// What is wrong with the settings, if something is.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        if self.limit == 0 {
            return Some("a pace needs room for at least one message in a window");
        }
        if self.window.is_zero() {
            return Some("a pace needs a window; `pace(None)` switches it off");
        }
        // A robot that does not rest would answer a block with more requests.
        (self.rest.is_zero() || self.address_rest.is_zero()).then_some("a rest must be more than nothing")
    }

    /// The length of a window.
    pub fn window_length(&self) -> Duration {
        self.window
    }

    /// Number of slots that a message of this urgency can share: the whole limit if it is urgent, or else the limit
    /// without the reserve. Counts requests of any urgency, its own included.
    ///
    /// ```
    /// use dingtalk_core::delivery::{Pace, Urgency};
    ///
    /// assert_eq!(Pace::new().slots(Urgency::Urgent), 20);
    /// assert_eq!(Pace::new().slots(Urgency::Normal), 18);
    /// ```
    pub fn slots(&self, urgency: Urgency) -> usize {
        let slots = match urgency {
            Urgency::Urgent => self.limit,
            Urgency::Normal => self.limit.saturating_sub(self.urgent_reserve).max(1),
        };
        usize::try_from(slots).unwrap_or(usize::MAX)
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self::new()
    }
}

/// For what DingTalk takes no more messages for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Block {
    /// The robot has sent too fast: [`Pace::REST`].
    Robot,
    /// This machine's address has called too often: [`Pace::ADDRESS_REST`].
    Address,
    /// The calls of this month are used up: until the next month begins in China.
    Month,
}

impl Block {
    /// What a message that meets the block fails with.
    pub(crate) fn kind(self) -> ErrorKind {
        match self {
            Self::Robot => ErrorKind::Throttled,
            Self::Address => ErrorKind::AddressBlocked,
            Self::Month => ErrorKind::QuotaExhausted,
        }
    }
}
