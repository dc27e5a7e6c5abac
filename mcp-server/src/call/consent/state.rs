//! The state that a client of the newer protocol returns with a person's answer: sealed, bound to one call, valid once.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use rmcp::model::{RequestStateCodec, RequestStateError, SealOptions};

use crate::call::repeat::Key;

/// Time for a person to answer. A later answer is void.
pub(super) const PATIENCE: Duration = Duration::from_secs(45);

/// Seals states with a key of this process, so that a state of another process or an earlier run is void.
pub(super) struct States {
    codec: RequestStateCodec,
    issued: Mutex<Issued>,
}

/// One bit for each state that was issued within [`PATIENCE`]. So no limit is needed that one client's states could
/// exhaust for another's.
#[derive(Default)]
struct Issued {
    /// Number of the first block.
    first: u64,
    blocks: VecDeque<Block>,
    /// Number of the next state.
    next: u64,
}

/// Consecutive states.
struct Block {
    /// Time at which the last of them was issued.
    at: Instant,
    /// Bits of those that were redeemed.
    redeemed: u64,
}

/// States of one block.
const BLOCK: u64 = 64;

impl Issued {
    /// Returns the number of a new state.
    fn issue(&mut self, now: Instant) -> u64 {
        while self.blocks.front().is_some_and(|block| now > block.at + PATIENCE) {
            self.blocks.pop_front();
            self.first += 1;
            self.next = self.next.max(self.first * BLOCK);
        }
        let number = self.next;
        self.next += 1;
        if number / BLOCK >= self.first + self.blocks.len() as u64 {
            self.blocks.push_back(Block { at: now, redeemed: 0 });
        }
        if let Some(block) = self.blocks.back_mut() {
            block.at = now;
        }
        number
    }

    /// Reports that this state is redeemed for the first time, and notes it.
    fn redeem(&mut self, number: u64) -> bool {
        let index = (number / BLOCK).checked_sub(self.first).and_then(|index| usize::try_from(index).ok());
        let block = index.filter(|_| number < self.next).and_then(|index| self.blocks.get_mut(index));
        let Some(block) = block else { return false };
        let bit = 1 << (number % BLOCK);
        let is_first = block.redeemed & bit == 0;
        block.redeemed |= bit;
        is_first
    }
}

/// Validity of a state that a client returns.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Returned {
    /// Issued for this call, in time, and returned for the first time.
    Good,
    /// Issued for this call, but expired or already redeemed.
    Void,
    /// Not issued for this call.
    Foreign,
}

impl Default for States {
    fn default() -> Self {
        let key: [u8; 32] = rand::random();
        Self { codec: RequestStateCodec::new_unchecked(key), issued: Mutex::default() }
    }
}

impl States {
    /// Issues a state for one question about one call.
    pub(super) fn seal(&self, key: Key) -> String {
        self.seal_for(key, PATIENCE)
    }

    fn seal_for(&self, key: Key, patience: Duration) -> String {
        let options = SealOptions::new().associated_data(key.as_bytes()).ttl(patience);
        let number = self.issued.lock().unwrap_or_else(PoisonError::into_inner).issue(Instant::now());
        self.codec.seal_with(&number.to_be_bytes(), &options)
    }

    pub(super) fn redeem(&self, state: &str, key: Key) -> Returned {
        let number = match self.codec.open_with(state, key.as_bytes()) {
            Ok(number) => number.try_into().map(u64::from_be_bytes),
            Err(RequestStateError::Expired) => return Returned::Void,
            Err(_) => return Returned::Foreign,
        };
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        if number.is_ok_and(|number| issued.redeem(number)) { Returned::Good } else { Returned::Void }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::repeat::Identity;

    fn key(text: &str) -> Key {
        Identity::of_text(text).key
    }

    #[test]
    fn a_state_is_good_once_for_its_call() {
        let states = States::default();
        let state = states.seal(key("a"));
        assert_eq!(states.redeem(&state, key("b")), Returned::Foreign, "bound to the call");
        assert_eq!(states.redeem(&state, key("a")), Returned::Good);
        assert_eq!(states.redeem(&state, key("a")), Returned::Void, "good once");
        assert_eq!(states.redeem(&states.seal(key("a")), key("a")), Returned::Good, "another question");
    }

    #[test]
    fn the_answers_of_one_client_void_no_other() {
        let states = States::default();
        let first = states.seal(key("first"));
        for _ in 0..5_000 {
            let declined = states.seal(key("declined"));
            assert_eq!(states.redeem(&declined, key("declined")), Returned::Good);
            assert_eq!(states.redeem(&declined, key("declined")), Returned::Void);
        }
        assert_eq!(states.redeem(&first, key("first")), Returned::Good);
        assert_eq!(states.redeem(&first, key("first")), Returned::Void);
        assert!(states.issued.lock().unwrap().blocks.len() < 80, "one bit for each");
    }

    #[test]
    fn numbers_of_expired_states_are_forgotten_and_not_used_again() {
        let mut issued = Issued::default();
        let begin = Instant::now();
        let later = |seconds| begin + Duration::from_secs(seconds);
        let old: Vec<u64> = (0..100).map(|_| issued.issue(begin)).collect();
        let young: Vec<u64> = (0..100).map(|_| issued.issue(later(44))).collect();
        let new = issued.issue(later(46));
        assert_eq!(new, 200);
        assert!(!issued.redeem(old[0]), "expired");
        assert!(young.iter().all(|number| issued.redeem(*number) && !issued.redeem(*number)));
        assert!(issued.redeem(new) && !issued.redeem(new + 1));
        let next = issued.issue(later(500));
        assert!(next > new && issued.blocks.len() == 1);
        assert!(issued.redeem(next) && !issued.redeem(new));
    }

    #[test]
    fn a_late_state_is_void_and_a_forged_one_foreign() {
        let states = States::default();
        let late = states.seal_for(key("a"), Duration::ZERO);
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(states.redeem(&late, key("a")), Returned::Void);
        let other = States::default().seal(key("a"));
        assert_eq!(states.redeem(&other, key("a")), Returned::Foreign, "of another process");
        let mut forged = states.seal(key("a"));
        forged.pop();
        assert_eq!(states.redeem(&forged, key("a")), Returned::Foreign);
        assert_eq!(states.redeem(&format!("{late}-"), key("a")), Returned::Foreign);
        assert_eq!(states.redeem("", key("a")), Returned::Foreign);
    }
}
