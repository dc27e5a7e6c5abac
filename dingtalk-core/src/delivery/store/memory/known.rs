//! Ids of finished notifications, so that none is accepted twice.

use std::collections::{HashSet, VecDeque};

/// Number of remembered ids, more than a robot sends in eight hours.
const IDS: usize = 10_000;

/// Newest ids.
#[derive(Debug, Default)]
pub(super) struct Known {
    ids: HashSet<String>,
    oldest_first: VecDeque<String>,
}

impl Known {
    pub(super) fn contains(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    pub(super) fn remember(&mut self, id: String) {
        if !self.ids.insert(id.clone()) {
            return;
        }
        self.oldest_first.push_back(id);
        if self.oldest_first.len() > IDS
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_known() {
        let mut known = Known::default();
        for n in 0..=IDS {
            known.remember(n.to_string());
            known.remember(n.to_string());
        }
        assert!(!known.contains("0"));
        assert!(known.contains("1") && known.contains(&IDS.to_string()));
        assert_eq!(known.oldest_first.len(), IDS);
    }
}
