//! Settings of a robot's rate window and of its rests.

use std::time::{Duration, SystemTime};

use super::{super::ErrorKind, month::month_at};
use crate::delivery::Urgency;

/// Rate at which a [`Robot`](crate::Robot) sends, and lengths of its rests after DingTalk has blocked it. All clones of
/// the robot share it.
///
/// Requests are counted in a sliding log: at most [`LIMIT`](Self::LIMIT) in any [`WINDOW`](Self::WINDOW), so that a
/// burst is sent immediately and no minute contains more than DingTalk accepts. (A token bucket of 20 with 20 new
/// tokens a minute allows 39 in one minute.) If no slot is free, messages wait in order of arrival, urgent ones before
/// others. A message that would wait too long fails immediately.
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
    /// Messages that a robot may send in one minute (page `custom-robots-send-group-messages` on open.dingtalk.com).
    pub const LIMIT: u32 = 20;

    /// One minute, and two seconds in case a message arrives faster than the one 20 before it.
    pub const WINDOW: Duration = Duration::from_secs(62);

    /// Slots of a window that are reserved for urgent messages.
    pub const URGENT_RESERVE: u32 = 2;

    /// Time for which DingTalk blocks a robot that has sent too fast (the same page).
    pub const REST: Duration = Duration::from_secs(10 * 60);

    /// Time for which DingTalk blocks an address that has called too often: 10,000 calls in 20 seconds.
    pub const ADDRESS_REST: Duration = Duration::from_secs(5 * 60);

    /// Creates a pace with DingTalk's documented limits.
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

    /// Sets the number of messages in any window: [`LIMIT`](Self::LIMIT) unless set, at least one. Set fewer if other
    /// programs use the same robot.
    #[must_use]
    pub fn limit(mut self, messages: u32) -> Self {
        self.limit = messages;
        self
    }

    /// Sets the length of a window: [`WINDOW`](Self::WINDOW) unless set.
    #[must_use]
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Sets the number of slots in a window that are reserved for [urgent](Urgency::Urgent) messages:
    /// [`URGENT_RESERVE`](Self::URGENT_RESERVE) unless set. At least one slot always remains for all messages.
    #[must_use]
    pub fn urgent_reserve(mut self, messages: u32) -> Self {
        self.urgent_reserve = messages;
        self
    }

    /// Sets how long the robot rests after DingTalk has throttled it: [`REST`](Self::REST) unless set. Up to five
    /// seconds are added at random, so that several programs do not resume at the same time.
    #[must_use]
    pub fn rest(mut self, rest: Duration) -> Self {
        self.rest = rest;
        self
    }

    /// Sets how long the robot rests after DingTalk has blocked this machine's address:
    /// [`ADDRESS_REST`](Self::ADDRESS_REST) unless set.
    #[must_use]
    pub fn address_rest(mut self, rest: Duration) -> Self {
        self.address_rest = rest;
        self
    }

    /// Sets how long a message may wait for its slot; unless set, as long as the robot's
    /// [deadline](crate::delivery::RobotBuilder::deadline) allows. If the wait would be longer, the send fails
    /// immediately and returns its length ([`Error::retry_after`](crate::Error::retry_after)). For a message in parts,
    /// the wait of the last part counts.
    #[must_use]
    pub fn max_wait(mut self, wait: Duration) -> Self {
        self.max_wait = wait;
        self
    }

    /// Returns the maximum wait of a message for its slot.
    pub(crate) fn longest_wait(&self) -> Duration {
        self.max_wait
    }

    /// Returns the length of a rest that begins `now`.
    pub(crate) fn rest_after(&self, block: Block, now: SystemTime) -> Duration {
        match block {
            Block::Robot => self.rest,
            Block::Address => self.address_rest,
            Block::Month => month_at(now).left,
        }
    }

    /// Returns the problem with the settings, if there is one.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        if self.limit == 0 {
            return Some("a pace must allow at least one message in a window");
        }
        if self.window.is_zero() {
            return Some("a pace needs a window; use `pace(None)` to turn it off");
        }
        // A robot that does not rest would answer a block with more requests.
        (self.rest.is_zero() || self.address_rest.is_zero()).then_some("a rest must be longer than zero")
    }

    /// Returns the length of a window.
    pub fn window_length(&self) -> Duration {
        self.window
    }

    /// Returns the number of slots available to a message of this urgency: the whole limit if it is urgent, or else the
    /// limit without the reserve. Requests of every urgency count, including its own.
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

/// Cause of a block during which DingTalk accepts no messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Block {
    /// The robot has sent too fast; see [`Pace::REST`].
    Robot,
    /// This machine's address has called too often; see [`Pace::ADDRESS_REST`].
    Address,
    /// The monthly quota of calls is used up, until the next month begins in China.
    Month,
}

impl Block {
    /// Returns the kind of error of a message that meets the block.
    pub(crate) fn kind(self) -> ErrorKind {
        match self {
            Self::Robot => ErrorKind::Throttled,
            Self::Address => ErrorKind::AddressBlocked,
            Self::Month => ErrorKind::QuotaExhausted,
        }
    }
}
