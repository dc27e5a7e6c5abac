//! Longest durations.

use std::time::Duration;

/// Longest time in the future that every clock can represent.
pub(super) const FAR_FUTURE: Duration = Duration::from_secs(30 * 365 * 86_400);
