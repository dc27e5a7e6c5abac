//! Rate windows in PostgreSQL: the contract and the model of all windows. Starts a server of its own.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::sync::Arc;

use dingtalk_core::delivery::{
    Pace, RobotKey,
    window::{Window, Windows as _},
};
use dingtalk_outbox::{Postgres, State};
use dingtalk_tests::{
    postgres_server::{schema, server},
    virtual_clock::VirtualClock,
    window_contract::{
        no_traffic_breaks_the_rules, the_forecast_comes_true, the_numbers_are_those_of_the_pace,
    },
    window_model::{InDatabase, check_workers},
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
        check_workers::<InDatabase<false>>(24);
    }
}

/// In some histories, one slot too many is granted after the clock has gone back by seconds.
#[test]
#[ignore = "fails: a known fault, see docs/scale.md"]
fn two_workers_in_a_database_whose_clock_goes_back() {
    if server().is_some() {
        check_workers::<InDatabase<true>>(24);
    }
}
