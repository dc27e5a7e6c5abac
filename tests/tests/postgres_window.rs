//! Rate windows in PostgreSQL: the contract and the model of all windows. Starts a server of its own.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{sync::Arc, time::Duration};

use dingtalk_core::delivery::{
    Block, Pace, RobotKey, Urgency,
    window::{SlotEnd, Window, Windows as _},
};
use dingtalk_outbox::{Postgres, State};
use dingtalk_tests::{
    postgres_place::PostgresPlace,
    postgres_server::{schema, server},
    shared_state::{pace, robot, take, take_all},
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

/// Returns the slots that can be taken now, in the clock of the server.
async fn free(place: &PostgresPlace) -> usize {
    let state = State::postgres(place.postgres()).build();
    let slots = take_all(&*state.window(&robot(1), &pace(3)), Urgency::Normal).await.unwrap();
    // Written before the clock goes on.
    state.flush().await;
    slots
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failover_to_a_server_whose_clock_is_behind_the_window_is_full_once() {
    let Some(place) = PostgresPlace::new().await else { return };
    let start = 1_800_000_000_000;
    place.set_clock(start).await;
    let state = State::postgres(place.postgres()).build();
    let window = state.window(&robot(1), &pace(3));
    take(&*window, Urgency::Normal).await.unwrap().unwrap().end(SlotEnd::Delivered);
    state.flush().await;
    // A small step changes nothing.
    place.set_clock(start - 900).await;
    take(&*window, Urgency::Normal).await.unwrap().unwrap().end(SlotEnd::Delivered);
    state.flush().await;
    let behind = start - 3_600_000;
    place.set_clock(behind).await;
    assert_eq!(free(&place).await, 0);
    place.set_clock(behind + 9_999).await;
    assert_eq!(free(&place).await, 0);
    place.set_clock(behind + 10_001).await;
    assert_eq!(free(&place).await, 3);
    // The clock of the first server is back, which is as if time had passed.
    place.set_clock(start).await;
    assert_eq!(free(&place).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rest_lasts_as_long_as_before_if_the_clock_of_another_server_is_behind() {
    let Some(place) = PostgresPlace::new().await else { return };
    let start = 1_800_000_000_000;
    place.set_clock(start).await;
    let state = State::postgres(place.postgres()).build();
    state.window(&robot(1), &pace(3)).rest(Block::Robot, Duration::from_secs(60));
    state.flush().await;
    let behind = start - 3_600_000;
    place.set_clock(behind).await;
    assert_eq!(free(&place).await, 0);
    place.set_clock(behind + 59_999).await;
    assert_eq!(free(&place).await, 0);
    place.set_clock(behind + 60_001).await;
    assert_eq!(free(&place).await, 3);
}
