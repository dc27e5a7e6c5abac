//! Settings of deliveries that a program decides, not the file.

use std::{fmt, sync::Arc, time::Duration};

use dingtalk_core::delivery::{Overflow, window::Windows};

/// Time that one send may take. Callers give up after half a minute.
const DEADLINE: Duration = Duration::from_secs(25);

/// Settings of deliveries that a program decides, not the file.
///
/// ```
/// use std::time::Duration;
/// use dingtalk_config::DeliveryOptions;
///
/// // A script that would rather wait than fail.
/// let patient = DeliveryOptions::new().deadline(Duration::from_secs(150)).max_wait(Duration::from_secs(120));
/// # let _ = patient;
/// ```
#[derive(Clone)]
#[must_use = "options have no effect unless a delivery is made with them"]
pub struct DeliveryOptions {
    pub(crate) deadline: Duration,
    pub(crate) max_wait: Option<Duration>,
    pub(crate) windows: Option<Arc<dyn Windows>>,
    pub(crate) overflow: Option<Overflow>,
    pub(crate) confirmed: bool,
}

impl DeliveryOptions {
    /// Creates the defaults: a deadline of 25 seconds, the file's longest wait, and windows in memory.
    pub fn new() -> Self {
        Self { deadline: DEADLINE, max_wait: None, windows: None, overflow: None, confirmed: false }
    }

    /// Sets the time that one send may take, including waiting and retries: 25 seconds unless set.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets the longest time that a message waits for a slot; by default, the file's `max_wait_seconds`.
    pub fn max_wait(mut self, max_wait: Duration) -> Self {
        self.max_wait = Some(max_wait);
        self
    }

    /// Sets the handling of messages that are too long; by default, the file's `overflow`.
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = Some(overflow);
        self
    }

    /// Sets the source of the robots' rate windows, for state that several processes share; by default, each robot has
    /// a window of its own in memory.
    pub fn windows(mut self, windows: Arc<dyn Windows>) -> Self {
        self.windows = Some(windows);
        self
    }

    /// Refuses messages that the policy has a person confirm first, unless their envelopes have the
    /// [confirmation](dingtalk_core::Envelope::confirmation): for queues, whose notifications may come from programs
    /// with another policy. By default, only messages that the policy denies are refused.
    pub fn confirmed(mut self, confirmed: bool) -> Self {
        self.confirmed = confirmed;
        self
    }
}

impl DeliveryOptions {
    /// Reports whether messages must have been [confirmed](Self::confirmed).
    pub fn must_be_confirmed(&self) -> bool {
        self.confirmed
    }
}

impl Default for DeliveryOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for DeliveryOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryOptions")
            .field("deadline", &self.deadline)
            .field("max_wait", &self.max_wait)
            .field("overflow", &self.overflow)
            .field("shares_windows", &self.windows.is_some())
            .field("confirmed", &self.confirmed)
            .finish()
    }
}
