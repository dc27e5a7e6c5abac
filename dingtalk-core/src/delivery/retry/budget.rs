//! Budget of a robot's retries, which protects a server that is down.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ErrorKind;

/// Tokens that a retry costs.
const COST: u32 = 5;

/// Tokens that a retry costs after an attempt without an answer: the server is overloaded or far away.
const COST_WITHOUT_ANSWER: u32 = 10;

/// Tokens that a success without retries earns.
const REWARD: u32 = 1;

/// A bucket of tokens, as in the AWS SDKs: retries take tokens, successes return them.
#[derive(Debug)]
pub(crate) struct RetryBudget {
    capacity: u32,
    tokens: Mutex<u32>,
}

impl RetryBudget {
    /// Creates a full bucket.
    pub(crate) fn new(capacity: u32) -> Self {
        Self { capacity, tokens: Mutex::new(capacity) }
    }

    /// Takes the cost of one retry after this failure and returns it; `None` if too few tokens are left.
    pub(crate) fn withdraw(&self, kind: ErrorKind) -> Option<u32> {
        let cost = if kind == ErrorKind::Unknown { COST_WITHOUT_ANSWER } else { COST };
        let mut tokens = self.tokens();
        *tokens = tokens.checked_sub(cost)?;
        Some(cost)
    }

    /// Returns the cost of the last retry after a success.
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
