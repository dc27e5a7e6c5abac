//! Unfinished notifications of a queue.

use std::{collections::BTreeMap, fmt};

use crate::queue::store::LanePending;

/// Numbers of unfinished notifications in a queue, by lane.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pending {
    /// Counts by the name of the lane.
    pub lanes: BTreeMap<String, LanePending>,
    /// Set if the store could not answer for all lanes: there may be more.
    pub incomplete: bool,
}

impl Pending {
    /// Returns the total number of notifications.
    pub fn total(&self) -> usize {
        self.lanes.values().map(|lane| lane.total()).sum()
    }

    /// Returns `true` if nothing is left.
    pub fn is_empty(&self) -> bool {
        self.total() == 0 && !self.incomplete
    }
}

/// Formats the counts as `12 notifications are left: dev 2, ops 10`.
impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.total() {
            1 => f.write_str("1 notification is left")?,
            total => write!(f, "{total} notifications are left")?,
        }
        let lanes = self.lanes.iter().filter(|(_, lane)| lane.total() > 0);
        for (index, (name, lane)) in lanes.enumerate() {
            let separator = if index == 0 { ": " } else { ", " };
            write!(f, "{separator}{name} {}", lane.total())?;
        }
        if self.incomplete {
            f.write_str("; the store could not say whether there are more")?;
        }
        Ok(())
    }
}

impl std::error::Error for Pending {}

crate::debug::debug_as_display!(Pending { lanes, incomplete });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pending_says_where() {
        let mut pending = Pending::default();
        assert!(pending.is_empty());
        pending.lanes.insert("ops".to_owned(), LanePending::new(9, 1));
        pending.lanes.insert("dev".to_owned(), LanePending::new(2, 0));
        pending.lanes.insert("quiet".to_owned(), LanePending::default());
        assert_eq!(pending.to_string(), "12 notifications are left: dev 2, ops 10");
        pending.lanes.clear();
        pending.incomplete = true;
        assert!(!pending.is_empty());
    }
}
