//! Rate windows in PostgreSQL: the contract and the model of all windows. Starts a server of its own.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::sync::Arc;

use dingtalk_core::delivery::{
    Pace, RobotKey, Urgency,
    window::{Window, Windows as _},
};
use dingtalk_outbox::{Postgres, State};
use dingtalk_tests::{
    postgres_server::{schema, server},
    virtual_clock::VirtualClock,
    window_contract::{
        no_traffic_breaks_the_rules, the_forecast_comes_true, the_numbers_are_those_of_the_pace,
    },
    window_model::{InDatabase, Step, check_history, check_workers},
};

/// Runs a check with windows, each in a schema of its own.
fn in_schemas(check: impl FnOnce(&dyn Fn(Pace) -> Arc<dyn Window>)) {
    let Some(server) = server() else { return };
    check(&|pace| {
        let postgres = Postgres::builder(server.url()).schema(schema()).build().unwrap();
        let state = State::postgres(postgres).clock(Arc::new(VirtualClock::new())).inline().alone().build();
        state.window(&RobotKey::from_bytes([7; 32]), &pace)
    });
}

/// Number of random histories; `HISTORIES` sets another one.
fn histories() -> u32 {
    std::env::var("HISTORIES").ok().map_or(24, |number| number.parse().unwrap())
}

#[test]
fn no_traffic_breaks_the_rules_in_a_database() {
    in_schemas(|make| no_traffic_breaks_the_rules(make, 16));
}

#[test]
fn the_forecast_comes_true_in_a_database() {
    in_schemas(|make| the_forecast_comes_true(make, 16));
}

#[test]
fn the_numbers_are_those_of_the_pace_in_a_database() {
    in_schemas(|make| the_numbers_are_those_of_the_pace(make));
}

#[test]
fn two_workers_in_a_database() {
    if server().is_some() {
        check_workers::<InDatabase<false>>(histories());
    }
}

#[test]
fn two_workers_in_a_database_whose_clock_goes_back() {
    if server().is_some() {
        check_workers::<InDatabase<true>>(histories());
    }
}

#[test]
fn a_request_that_ends_after_the_clock_has_gone_back_counts_for_a_whole_window() {
    if server().is_none() {
        return;
    }
    let urgency = Urgency::Normal;
    let take = |worker| Step::Take { worker, urgency };
    check_history::<InDatabase<true>>(
        4,
        1,
        &[
            take(0),
            take(0),
            Step::JumpBack { seconds: 2 },
            take(0),
            Step::Pass { milliseconds: 4563 },
            take(0),
            Step::Wait { worker: 1, urgency },
            take(0),
            Step::End(9),
            Step::Pass { milliseconds: 4537 },
            take(1),
        ],
    );
}
