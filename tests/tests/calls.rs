//! The contract of calls in a file. What only a file has is tested with its code.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use dingtalk_outbox::{Clock, Reading, State, calls::Permit};
use dingtalk_tests::{
    calls_contract::{self, Place, Program},
    temporary::TemporaryDirectory,
};

/// A clock that tests set, in seconds.
#[derive(Default)]
struct Seconds(AtomicU64);

impl Clock for Seconds {
    fn read(&self) -> Reading {
        let now = Duration::from_secs(self.0.load(Ordering::SeqCst));
        let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000) + now;
        Reading::new("one".to_owned(), Duration::from_secs(1_000) + now, wall)
    }
}

struct File {
    directory: TemporaryDirectory,
    clock: Arc<Seconds>,
}

impl File {
    fn new() -> Self {
        Self { directory: TemporaryDirectory::new(), clock: Arc::default() }
    }
}

impl Place for File {
    fn program(&self) -> Program {
        let clock: Arc<dyn Clock> = Arc::<Seconds>::clone(&self.clock);
        State::builder(self.directory.path()).clock(clock).build().into()
    }

    async fn advance(&self, seconds: u64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    async fn kill(&self, program: Program, permit: Permit) {
        // Jobs of its thread own the lock too, until they are done.
        program.state.flush().await;
        permit.abandon();
        drop(program);
    }

    async fn lose_processes(&self) {
        fs::remove_dir_all(self.directory.path().join("processes")).unwrap();
    }

    async fn count_rows(&self) -> i64 {
        let rows = rusqlite::Connection::open(self.directory.path().join("state.db")).unwrap();
        rows.query_row("SELECT count(*) FROM call", [], |row| row.get(0)).unwrap()
    }
}

macro_rules! checks {
    ($($name:ident),*) => {$(
        #[tokio::test]
        async fn $name() {
            calls_contract::$name(&File::new()).await;
        }
    )*};
}

checks!(
    a_call_of_a_process_that_is_running_is_not_granted_to_another,
    a_process_that_was_killed_leaves_its_id_its_robot_and_its_parts,
    each_end_is_remembered_for_its_time,
    a_queued_message_is_the_answer_until_its_delivery_has_ended,
    an_unknown_outcome_is_sent_again_and_keeps_its_age_if_it_was_not_sent,
    an_attempt_of_a_killed_process_counts_from_its_own_time,
    a_claim_that_nobody_received_is_given_up,
    a_late_end_does_not_change_a_newer_claim,
    a_chosen_key_is_of_one_message,
    the_table_forgets
);
