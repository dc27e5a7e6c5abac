//! The state that a client of the newer protocol returns with a person's answer: sealed, bound to one call, valid once.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use rmcp::model::{RequestStateCodec, RequestStateError, SealOptions};
use ulid::Ulid;

use crate::call::repeat::Key;

/// Time for a person to answer. A later answer is void.
pub(super) const PATIENCE: Duration = Duration::from_secs(45);

/// Upper bound of the states that are redeemed within [`PATIENCE`]: a person answers each.
const MAX_REDEEMED: usize = 1_000;

/// Seals states with a key of this process, so that a state of another process or an earlier run is void.
pub(super) struct States {
    codec: RequestStateCodec,
    /// Redeemed states, until they expire.
    redeemed: Mutex<HashMap<Vec<u8>, Instant>>,
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
        Self { codec: RequestStateCodec::new_unchecked(key), redeemed: Mutex::default() }
    }
}

impl States {
    /// Issues a state for one question about one call.
    pub(super) fn seal(&self, key: Key) -> String {
        self.seal_for(key, PATIENCE)
    }

    fn seal_for(&self, key: Key, patience: Duration) -> String {
        let options = SealOptions::new().associated_data(key.as_bytes()).ttl(patience);
        self.codec.seal_with(Ulid::generate().to_string().as_bytes(), &options)
    }

    pub(super) fn redeem(&self, state: &str, key: Key) -> Returned {
        let nonce = match self.codec.open_with(state, key.as_bytes()) {
            Ok(nonce) => nonce,
            Err(RequestStateError::Expired) => return Returned::Void,
            Err(_) => return Returned::Foreign,
        };
        let now = Instant::now();
        let mut redeemed = self.redeemed.lock().unwrap_or_else(PoisonError::into_inner);
        redeemed.retain(|_, at| now < *at + PATIENCE);
        if redeemed.len() >= MAX_REDEEMED || redeemed.contains_key(&nonce) {
            return Returned::Void;
        }
        redeemed.insert(nonce, now);
        Returned::Good
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
