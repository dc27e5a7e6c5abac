//! What every store of a queue must do, whatever it is made of: a naive model of one, and random histories of two workers, crashes
//! and clocks in which a store is compared with it after each step.
//!
//! What holds in every history:
//!
//! - A notification that was accepted is at all times in one place: it waits, is delivered, or is a dead letter. An id is
//!   accepted once.
//! - No more messages begin in any window than the budget has places, and none during a rest, whoever crashes and
//!   whatever the clock does, short of being set forward.
//! - Everything that is sent under one id is the same, and what may have arrived is not sent under another id.
//! - Items are handed out urgent ones first, then in order, to one worker at a time, and again when a lease ends.
//!
//! A store is checked by a [`Harness`] that can turn its clock:
//!
//! ```
//! use dingtalk_tests::store_model::{MemoryHarness, check_store};
//!
//! check_store::<MemoryHarness>(20);
//! ```

mod check;
mod memory;
mod model;
mod transition;

use std::time::{Duration, SystemTime};

use dingtalk_core::store::Store;
use proptest::test_runner::{Config, TestRunner};
use proptest_state_machine::{ReferenceStateMachine as _, StateMachineTest as _};

pub use self::memory::MemoryHarness;
use self::{check::Check, model::Model, transition::Transition};

/// The longest history, in steps.
const STEPS: usize = 120;

/// A store with a clock that can be turned, in whole seconds.
pub trait Harness {
    /// A new store, empty.
    fn start() -> Self;

    /// The store.
    fn store(&self) -> &dyn Store;

    /// The time, by the store's clock.
    fn now(&self) -> SystemTime;

    /// Time passes. A store whose clock cannot be turned can let everything that it holds grow older instead.
    fn advance(&self, by: Duration);

    /// Whether the store's clock can be set back. A store whose clock only goes forward is not asked to.
    const CAN_SET_BACK: bool;

    /// The clock is set back.
    fn set_back(&self, by: Duration);
}

/// Compares a store with the model in so many random histories.
///
/// # Panics
///
/// With the shortest history found in which they differ.
pub fn check_store<H: Harness>(histories: u32) {
    let config = Config { cases: histories, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config.clone());
    let result = runner.run(&Model::sequential_strategy(1..STEPS), |(model, mut transitions, seen)| {
        for transition in &mut transitions {
            if !H::CAN_SET_BACK && matches!(transition, Transition::SetBack { .. }) {
                *transition = Transition::Advance { seconds: 0 };
            }
        }
        Check::<H>::test_sequential(config.clone(), model, transitions, seen);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
