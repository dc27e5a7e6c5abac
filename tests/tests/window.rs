//! The contract of rate windows, for the one in memory and the one that processes share.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::sync::{Arc, Mutex};

use dingtalk_core::delivery::{
    Pace, RobotKey,
    window::{RateWindow, Window, Windows as _},
};
use dingtalk_outbox::State;
use dingtalk_tests::{
    temporary::TemporaryDirectory,
    virtual_clock::VirtualClock,
    window_contract::{
        no_traffic_breaks_the_rules, the_forecast_comes_true, the_numbers_are_those_of_the_pace,
    },
};

fn in_memory(pace: Pace) -> Arc<dyn Window> {
    Arc::new(RateWindow::new(pace))
}

/// Runs a check with windows in files, each of a new directory.
fn in_files(check: impl FnOnce(&dyn Fn(Pace) -> Arc<dyn Window>)) {
    let directory = Mutex::new(None);
    check(&|pace| {
        // The one before it is not used any more.
        let mut directory = directory.lock().unwrap();
        let path = directory.insert(TemporaryDirectory::new()).path().to_owned();
        let clock = Arc::new(VirtualClock::new());
        let state = State::builder(path).clock(clock).inline().alone().build();
        state.window(&RobotKey::from_bytes([7; 32]), &pace)
    });
}

#[test]
fn in_memory_no_traffic_breaks_the_rules() {
    no_traffic_breaks_the_rules(&in_memory, 256);
}

#[test]
fn in_memory_the_forecast_comes_true() {
    the_forecast_comes_true(&in_memory, 256);
}

#[test]
fn in_memory_the_numbers_are_those_of_the_pace() {
    the_numbers_are_those_of_the_pace(&in_memory);
}

#[test]
fn in_a_file_no_traffic_breaks_the_rules() {
    in_files(|make| no_traffic_breaks_the_rules(make, 48));
}

#[test]
fn in_a_file_the_forecast_comes_true() {
    in_files(|make| the_forecast_comes_true(make, 48));
}

#[test]
fn in_a_file_the_numbers_are_those_of_the_pace() {
    in_files(|make| the_numbers_are_those_of_the_pace(make));
}
