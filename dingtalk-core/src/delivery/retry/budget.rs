//! How many retries a robot has left, so that a server that is down is not hammered.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ErrorKind;

/// What a retry costs.
const COST: u32 = 5;

/// What a retry costs after an answer did not come: the server is in trouble, or far.
const COST_WITHOUT_ANSWER: u32 = 10;

/// What a success earns that took no retry.
const REWARD: u32 = 1;

/// A bucket of tokens, as the AWS SDKs have one: retries take tokens, successes bring them back.
#[derive(Debug)]
pub(crate) struct RetryBudget {
    capacity: u32,
    tokens: Mutex<u32>,
}

impl RetryBudget {
    /// A full bucket.
    pub(crate) fn new(capacity: u32) -> Self {
        Self { capacity, tokens: Mutex::new(capacity) }
    }

    /// Takes what one retry after this failure costs, and returns it; `None` if too little is left.
    pub(crate) fn withdraw(&self, kind: ErrorKind) -> Option<u32> {
        let cost = if kind == ErrorKind::Unknown { COST_WITHOUT_ANSWER } else { COST };
        let mut tokens = self.tokens();
        *tokens = tokens.checked_sub(cost)?;
        Some(cost)
    }

    /// A success brings back what its last retry cost.
    pub(crate) fn reward(&self, last_retry: Option<u32>) {
        let mut tokens = self.tokens();
        *tokens = tokens.saturating_add(last_retry.unwrap_or(REWARD)).min(self.capacity);
    }

    fn tokens(&self) -> MutexGuard<'_, u32> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_end_when_nothing_succeeds_and_come_back_with_successes() {
        let budget = RetryBudget::new(20);
        assert_eq!(budget.withdraw(ErrorKind::Unknown), Some(COST_WITHOUT_ANSWER));
        assert_eq!(budget.withdraw(ErrorKind::NotSent), Some(COST));
        assert_eq!(budget.withdraw(ErrorKind::Unknown), None, "5 are left");
        assert_eq!(budget.withdraw(ErrorKind::Busy), Some(COST));
        assert_eq!(budget.withdraw(ErrorKind::Busy), None);
        for _ in 0..4 {
            budget.reward(None);
        }
        assert_eq!(budget.withdraw(ErrorKind::Busy), None);
        budget.reward(None);
        assert_eq!(budget.withdraw(ErrorKind::Busy), Some(COST));
        budget.reward(Some(COST_WITHOUT_ANSWER));
        budget.reward(Some(COST_WITHOUT_ANSWER));
        budget.reward(Some(COST_WITHOUT_ANSWER));
        assert_eq!(*budget.tokens(), 20, "never more than it holds");
    }
}
