//! Contract of every store: a naive model of a store, and random histories of two workers, crashes and clocks in which
//! a store is compared with the model after each step. Needs the feature `store-contract`.
//!
//! Properties of every history:
//!
//! - A notification that was accepted is in exactly one state at all times: waiting, delivered or a dead letter. An id
//!   is accepted once.
//! - Everything that is sent under one id is the same, and a message that may have arrived is not sent under another
//!   id, and is handed out as such.
//! - Items are handed out urgent ones first, then in order, to one worker at a time, and again after the end of a
//!   lease, or of the process. Deferred ones are last.
//! - A full store refuses notifications, or gives up the newest one for an urgent one.
//! - Rules for repetitions apply within a lane, and suppressed notifications are counted.
//!
//! A store is checked with a [`Harness`] that controls its clock:
//!
//! ```
//! use std::{
//!     sync::{Arc, Mutex},
//!     time::{Duration, SystemTime},
//! };
//!
//! use dingtalk_core::queue::store::{
//!     MemoryStore, Store,
//!     contract::{self, Harness},
//! };
//!
//! struct Memory {
//!     store: MemoryStore,
//!     clock: Arc<Mutex<SystemTime>>,
//! }
//!
//! impl Harness for Memory {
//!     fn store(&self, _worker: usize) -> &dyn Store {
//!         &self.store
//!     }
//!
//!     fn now(&self) -> SystemTime {
//!         *self.clock.lock().unwrap()
//!     }
//!
//!     fn advance(&mut self, by: Duration) {
//!         *self.clock.lock().unwrap() += by;
//!     }
//! }
//!
//! contract::check(20, || {
//!     let clock = Arc::new(Mutex::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)));
//!     let now = Arc::clone(&clock);
//!     Memory { store: MemoryStore::new().clock(move || *now.lock().unwrap()), clock }
//! });
//! ```

mod check;
mod harness;
mod model;
mod transition;

use proptest::test_runner::{Config, TestError, TestRunner};
use proptest_state_machine::ReferenceStateMachine as _;

pub use self::harness::Harness;
use self::{check::Checked, model::Model, transition::Transition};

/// The longest history, in steps.
const STEPS: usize = 120;

/// Compares a store, which `start` creates empty, with the model in this many random histories.
///
/// # Panics
///
/// Panics with the shortest history found in which they differ.
pub fn check<H: Harness>(histories: u32, start: impl Fn() -> H) {
    let config = Config { cases: histories, failure_persistence: None, ..Config::default() };
    let result =
        TestRunner::new(config).run(&Model::sequential_strategy(1..STEPS), |(mut model, steps, _)| {
            model.frees_lanes = H::FREES_LANES;
            let mut checked = Checked::new(start());
            for mut step in steps {
                if !H::CAN_SET_BACK && matches!(step, Transition::SetBack { .. }) {
                    step = Transition::Advance { seconds: 0 };
                }
                model = Model::apply(model, &step);
                checked.apply(&model, &step);
                checked.check_invariants(&model);
            }
            Ok(())
        });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, (_, steps, _))) => panic!("{reason}\nafter these steps: {steps:#?}"),
        Err(error) => panic!("{error}"),
    }
}
