//! Losses of a queue, by reason.

use std::fmt;

use crate::queue::store::Loss;

/// Numbers of notifications that a queue has given up since it was created, by reason. A dead letter that is delivered
/// later stays counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Losses {
    counts: Vec<(Loss, u64)>,
}

impl Losses {
    /// Returns the number of losses for this reason.
    pub fn count(&self, loss: Loss) -> u64 {
        self.counts.iter().find(|(known, _)| *known == loss).map_or(0, |(_, count)| *count)
    }

    /// Returns the total number of losses.
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|(_, count)| count).sum()
    }

    /// Iterates over the reasons with their counts, in the order in which they first occurred.
    pub fn iter(&self) -> impl Iterator<Item = (Loss, u64)> + '_ {
        self.counts.iter().copied()
    }

    pub(super) fn add(&mut self, loss: Loss, notifications: usize) {
        let more = u64::try_from(notifications).unwrap_or(u64::MAX);
        match self.counts.iter_mut().find(|(known, _)| *known == loss) {
            Some((_, count)) => *count = count.saturating_add(more),
            None if more > 0 => self.counts.push((loss, more)),
            None => {}
        }
    }
}

/// Formats the counts as `3 expired, 1 refused (Keyword)`.
impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.counts.is_empty() {
            return f.write_str("none");
        }
        for (index, (loss, count)) in self.counts.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{count} {loss}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn losses_are_counted_by_reason() {
        let mut losses = Losses::default();
        assert_eq!(losses.to_string(), "none");
        losses.add(Loss::Expired, 2);
        losses.add(Loss::Refused(ErrorKind::Keyword), 1);
        losses.add(Loss::Refused(ErrorKind::TooLong), 1);
        losses.add(Loss::Expired, 1);
        losses.add(Loss::Dropped, 0);
        assert_eq!(losses.to_string(), "3 expired, 1 refused (Keyword), 1 refused (TooLong)");
        assert_eq!(losses.count(Loss::Expired), 3);
        assert_eq!(losses.count(Loss::Unknown), 0);
        assert_eq!(losses.total(), 5);
    }
}
