//! The store in PostgreSQL as its dispatchers and operators see it. Starts a server of its own.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

use std::time::Duration;

use dingtalk_outbox::{Outbox as _, outbox::Service};
use dingtalk_tests::{
    outbox_contract::{self, LEASE, OPS, add, begin, claim},
    postgres_place::PostgresPlace,
};
use tokio::time::{Instant, sleep};

/// Longest time in which a process that has ended is known to have.
const ENDS: Duration = Duration::from_secs(10);

macro_rules! checks {
    ($($name:ident),*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            let Some(place) = PostgresPlace::new().await else { return };
            outbox_contract::$name(&place).await;
        }
    )*};
}

checks!(
    an_id_is_found_in_every_state,
    a_digest_that_was_refused_is_not_delivered,
    pages_contain_each_entry_once,
    dead_letters_are_listed_newest_first_and_purged_by_age,
    a_removed_entry_is_never_sent,
    stats_name_the_robot_and_the_longest_wait_of_each_lane
);

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_of_a_process_that_has_ended_is_free_before_its_lease_ends() {
    let Some(place) = PostgresPlace::with_the_server_s_clock().await else { return };
    let (first, second) = (place.store(), place.store());
    // The session has begun before the claim.
    let serving = first.serve(Service::new("first", [OPS])).await.unwrap().unwrap();
    for id in ["a", "b"] {
        add(&first, id).await;
    }
    let (held, _) = claim(&first, 1).await;
    begin(&first, &held, "a").await;
    sleep(Duration::from_secs(4)).await;
    let outbox: &dyn dingtalk_outbox::Outbox = &second;
    let other = outbox.claim(OPS, 1, LEASE).await.unwrap();
    assert!(other.claim.is_none() && other.next.unwrap() > LEASE / 2, "the first process is running");
    drop((first, serving));
    let since = Instant::now();
    let claimed = loop {
        let claimed = outbox.claim(OPS, 2, LEASE).await.unwrap();
        if claimed.claim.is_some() {
            break claimed;
        }
        assert!(since.elapsed() < ENDS, "{claimed:?}");
        sleep(Duration::from_millis(100)).await;
    };
    let items: Vec<_> = claimed
        .items
        .iter()
        .map(|item| (&*item.envelope.id, item.interrupted, item.may_have_arrived, item.attempts))
        .collect();
    assert_eq!(items, [("a", true, true, 1), ("b", false, false, 0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn dispatchers_are_those_that_are_running() {
    let Some(place) = PostgresPlace::with_the_server_s_clock().await else { return };
    let (first, second, reader) = (place.store(), place.store(), place.store());
    assert_eq!(reader.dispatchers().await.unwrap(), []);
    let serving = first.serve(Service::new("outbox run", [OPS, "robot:dev"])).await.unwrap().unwrap();
    let alone = second.serve(Service::new("detached", [OPS]).alone(true)).await.unwrap().unwrap();
    let running = reader.dispatchers().await.unwrap();
    let seen: Vec<_> = running.iter().map(|one| (&*one.owner, one.lanes.len(), one.alone)).collect();
    assert_eq!(seen, [("outbox run", 2, false), ("detached", 1, true)]);
    assert!(reader.serve(Service::new("detached", [OPS]).alone(true)).await.unwrap().is_none());
    assert_eq!(reader.dispatchers().await.unwrap().len(), 2, "the refused one is not registered");
    drop(serving);
    // The store that ends the registration does so before its next step, whatever that is.
    outbox_contract::lanes(&first).await;
    assert_eq!(reader.dispatchers().await.unwrap().len(), 1);
    // A killed process removes nothing.
    std::mem::forget(alone);
    place.kill(second).await;
    let since = Instant::now();
    while !reader.dispatchers().await.unwrap().is_empty() {
        assert!(since.elapsed() < ENDS);
        sleep(Duration::from_millis(100)).await;
    }
    assert!(reader.serve(Service::new("detached", [OPS]).alone(true)).await.unwrap().is_some());
}
