//! Contract of every store of a queue: a naive model of a store, and random histories of two workers, crashes
//! and clocks in which a store is compared with the model after each step.
//!
//! Properties of every history:
//!
//! - A notification that was accepted is in exactly one state at all times: waiting, delivered or a dead
//!   letter. An id is accepted once.
//! - Everything that is sent under one id is the same, and a message that may have arrived is not sent under
//!   another id.
//! - Items are handed out urgent ones first, then in order, to one worker at a time, and again when a lease
//!   expires.
//!
//! A store is checked with a [`Harness`] that controls its clock:
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

use dingtalk_core::queue::store::Store;
use proptest::test_runner::{Config, TestRunner};
use proptest_state_machine::{ReferenceStateMachine as _, StateMachineTest as _};

pub use self::memory::MemoryHarness;
use self::{check::Check, model::Model, transition::Transition};

/// The longest history, in steps.
const STEPS: usize = 120;

/// A store with an adjustable clock, in whole seconds.
pub trait Harness {
    /// A new store, empty.
    fn start() -> Self;

    /// The store.
    fn store(&self) -> &dyn Store;

    /// The time of the store's clock.
    fn now(&self) -> SystemTime;

    /// Lets time pass. If a store's clock cannot be adjusted, all its items can be made older instead.
    fn advance(&self, by: Duration);

    /// Support for setting the store's clock back; false if the clock only goes forward.
    const CAN_SET_BACK: bool;

    /// Sets the clock back.
    fn set_back(&self, by: Duration);
}

/// Compares a store with the model in this many random histories.
///
/// # Panics
///
/// Panics with the shortest history found in which they differ.
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
