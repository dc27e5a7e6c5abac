//! Histories of a rate window that several workers share: crashes, waiters that leave, rests, and clocks that jump.
//!
//! After each step, what happened is compared with the truth: a list of all requests and waiters in a time that no
//! clock of the system changes.
//!
//! - No window has more slots than allowed, and no slot is granted while the robot rests.
//! - No waiter overtakes a live one of its urgency, and urgent ones go first.
//! - A slot that is free is granted, except in a window after the clocks went wrong, and for the time after which the
//!   waiters of a crashed worker are forgotten.

mod history;
mod truth;
mod workers;

use std::{sync::Arc, time::Duration};

use dingtalk_core::delivery::{Block, Pace, Urgency, window::Window};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use self::history::History;
pub use self::workers::{InDatabase, InFile, InMemory, state_in};

/// Number of workers, which have a connection each.
pub(crate) const WORKERS: usize = 2;

pub(crate) const WINDOW: Duration = Duration::from_secs(10);
pub(crate) const HOLDS: Duration = Duration::from_secs(20);

/// A window with its workers.
pub trait Workers {
    /// Starts the workers, inside a runtime whose time is paused. `pace` is that of all of them.
    fn start(pace: Pace) -> Self;

    /// Returns the window as a worker sees it.
    fn window(&self, worker: usize) -> Arc<dyn Window>;

    /// Ends a worker without any notice, and starts another one in its place. Returns `false` if its window cannot tell
    /// and keeps its waiters.
    fn crash(&mut self, worker: usize) -> bool;

    /// Moves the clock since the start of the system backwards. Returns `false` if there is none.
    fn jump_back(&self, seconds: i64) -> bool;

    /// Moves the wall clock.
    fn set_wall(&self, seconds: i64);

    /// Restarts the system, which has now been up for this time; all workers have crashed. Returns `false` if the
    /// window does not outlive that.
    fn restart(&self, up: Duration) -> bool;
}

/// A step of a history. Numbers select one of what there is.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "the fields say what they are")]
pub enum Step {
    /// Takes a slot if one is free.
    Take { worker: usize, urgency: Urgency },
    /// Waits for a slot.
    Wait { worker: usize, urgency: Urgency },
    /// Ends the request of a slot.
    End(usize),
    /// Gives back a slot that was not used.
    GiveBack(usize),
    /// Removes a waiter.
    Leave(usize),
    /// Begins a rest.
    Rest { worker: usize, block: Block, seconds: u64 },
    /// Lets time pass.
    Pass { milliseconds: u64 },
    /// Ends a worker without any notice.
    Crash { worker: usize },
    /// Moves the clock since the start of the system backwards.
    JumpBack { seconds: i64 },
    /// Moves the wall clock.
    SetWall { seconds: i64 },
    /// Restarts the system.
    Restart { up: u64 },
}

/// Checks `cases` random histories.
///
/// # Panics
///
/// Panics with a history in which a rule is broken.
pub fn check_workers<W: Workers>(cases: u32) {
    let histories = (1u32..5, 0u32..3, prop::collection::vec(step(), 1..60));
    let config = Config { cases, ..Config::with_source_file(file!()) };
    let result = TestRunner::new(config)
        .run(&histories, |(limit, reserve, steps)| follow::<W>(limit, reserve, &steps));
    result.unwrap_or_else(|error| panic!("{error}"));
}

/// Checks one history of robots with a limit and an urgent reserve.
///
/// # Panics
///
/// Panics if a rule is broken.
pub fn check_history<W: Workers>(limit: u32, reserve: u32, steps: &[Step]) {
    follow::<W>(limit, reserve, steps).unwrap_or_else(|error| panic!("{error}"));
}

fn follow<W: Workers>(limit: u32, reserve: u32, steps: &[Step]) -> Result<(), TestCaseError> {
    let pace = Pace::new().limit(limit).urgent_reserve(reserve).window(WINDOW);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(|error| TestCaseError::reject(error.to_string()))?;
    runtime.block_on(async {
        let mut history = History::<W>::start(pace);
        for step in steps {
            history.apply(*step).await?;
        }
        history.finish().await
    })
}

fn step() -> impl Strategy<Value = Step> {
    let worker = || 0..WORKERS;
    let urgency = || prop_oneof![3 => Just(Urgency::Normal), 1 => Just(Urgency::Urgent)];
    let any = || 0..100usize;
    prop_oneof![
        6 => (worker(), urgency()).prop_map(|(worker, urgency)| Step::Take { worker, urgency }),
        6 => (worker(), urgency()).prop_map(|(worker, urgency)| Step::Wait { worker, urgency }),
        8 => any().prop_map(Step::End),
        2 => any().prop_map(Step::GiveBack),
        2 => any().prop_map(Step::Leave),
        1 => (worker(), prop_oneof![Just(Block::Robot), Just(Block::Address)], 1..30u64)
            .prop_map(|(worker, block, seconds)| Step::Rest { worker, block, seconds }),
        8 => (1..8000u64).prop_map(|milliseconds| Step::Pass { milliseconds }),
        1 => worker().prop_map(|worker| Step::Crash { worker }),
        1 => (1..1000i64).prop_map(|seconds| Step::JumpBack { seconds }),
        1 => (-100_000..100_000i64).prop_map(|seconds| Step::SetWall { seconds }),
        1 => (1..30u64).prop_map(|up| Step::Restart { up }),
    ]
}
