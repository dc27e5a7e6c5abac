//! A durable store as its dispatchers and operators see it: who serves which lanes, and what waits.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use dingtalk_core::queue::store::{Claimed, Settlement, Store as _};
use dingtalk_outbox::{
    Outbox, SqliteStore,
    outbox::{Service, Standing},
};
use dingtalk_tests::{
    outbox_contract::{self, LEASE, OPS, Place, add, begin, claim, dead, settle},
    temporary::TemporaryDirectory,
};

struct Files {
    directory: TemporaryDirectory,
    /// Milliseconds since 1970.
    clock: Arc<AtomicU64>,
}

impl Files {
    fn new() -> Self {
        Self { directory: TemporaryDirectory::new(), clock: Arc::new(AtomicU64::new(1_700_000_000_000)) }
    }

    fn store(&self) -> SqliteStore {
        let clock = Arc::clone(&self.clock);
        let now = move || SystemTime::UNIX_EPOCH + Duration::from_millis(clock.load(Ordering::Relaxed));
        SqliteStore::open(self.directory.path().join("outbox.db")).unwrap().clock(now)
    }
}

impl Place for Files {
    fn open(&self) -> Box<dyn Outbox> {
        Box::new(self.store())
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(self.clock.load(Ordering::Relaxed))
    }

    fn advance(&self, by: Duration) {
        self.clock.fetch_add(u64::try_from(by.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

#[tokio::test]
async fn a_lane_of_a_process_that_has_ended_is_free_at_once() {
    let files = Files::new();
    let (first, second) = (files.store(), files.store());
    for id in ["a", "b"] {
        add(&first, id).await;
    }
    let (claim, _) = claim(&first, 1).await;
    begin(&first, &claim, "a").await;
    let held: Claimed = second.claim(OPS, 1, LEASE).await.unwrap();
    assert_eq!((held.claim, held.next), (None, Some(LEASE)), "the first process is running");
    drop(first);
    let claimed = second.claim(OPS, 2, LEASE).await.unwrap();
    let items: Vec<_> = claimed
        .items
        .iter()
        .map(|item| (&*item.envelope.id, item.interrupted, item.may_have_arrived, item.attempts))
        .collect();
    assert_eq!(items, [("a", true, true, 1), ("b", false, false, 0)]);
}

#[tokio::test]
async fn dispatchers_are_those_that_are_running() {
    let files = Files::new();
    let (first, second, reader) = (files.store(), files.store(), files.store());
    assert_eq!(reader.dispatchers().await.unwrap(), []);
    let serving = first.serve(Service::new("outbox run", [OPS, "robot:dev"])).await.unwrap().unwrap();
    let since = files.now();
    files.advance(Duration::from_secs(1));
    let _alone = second.serve(Service::new("detached", [OPS]).alone(true)).await.unwrap().unwrap();
    let running = reader.dispatchers().await.unwrap();
    let seen: Vec<_> = running.iter().map(|one| (&*one.owner, one.lanes.len(), one.alone)).collect();
    assert_eq!(seen, [("outbox run", 2, false), ("detached", 1, true)]);
    assert_eq!(running[0].since, since);
    assert!(reader.serve(Service::new("detached", [OPS]).alone(true)).await.unwrap().is_none());
    assert_eq!(reader.dispatchers().await.unwrap().len(), 2, "the refused one is not registered");
    drop(serving);
    // The store that ends the registration does so before its next step.
    assert_eq!(first.dispatchers().await.unwrap().len(), 1);
    drop(second);
    assert_eq!(reader.dispatchers().await.unwrap(), [], "a killed process removes nothing");
    assert!(reader.serve(Service::new("detached", [OPS]).alone(true)).await.unwrap().is_some());
}

#[tokio::test]
async fn an_id_is_found_in_every_state() {
    outbox_contract::an_id_is_found_in_every_state(&Files::new()).await;
}

#[tokio::test]
async fn a_digest_that_was_refused_is_not_delivered() {
    outbox_contract::a_digest_that_was_refused_is_not_delivered(&Files::new()).await;
}

#[tokio::test]
async fn pages_contain_each_entry_once() {
    outbox_contract::pages_contain_each_entry_once(&Files::new()).await;
}

#[tokio::test]
async fn dead_letters_are_listed_newest_first_and_purged_by_age() {
    outbox_contract::dead_letters_are_listed_newest_first_and_purged_by_age(&Files::new()).await;
}

#[tokio::test]
async fn a_removed_entry_is_never_sent() {
    outbox_contract::a_removed_entry_is_never_sent(&Files::new()).await;
}

#[tokio::test]
async fn stats_name_the_robot_and_the_longest_wait_of_each_lane() {
    outbox_contract::stats_name_the_robot_and_the_longest_wait_of_each_lane(&Files::new()).await;
}

#[tokio::test]
async fn ids_are_kept_for_a_week_and_dead_letters_for_a_month_also_if_nothing_is_added() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let files = Files::new();
    let store = files.store();
    for (id, settlement) in [("delivered", Settlement::Delivered), ("dead", dead())] {
        add(&store, id).await;
        let (held, _) = claim(&store, 1).await;
        begin(&store, &held, id).await;
        settle(&store, &held, id, settlement).await;
    }
    // A dispatcher looks for notifications, and there are none.
    let look = async || drop(store.claim(OPS, 1, LEASE).await.unwrap());
    files.advance(DAY * 6);
    look().await;
    assert!(matches!(store.find("delivered").await.unwrap(), Standing::Delivered(_)));
    files.advance(DAY * 2);
    look().await;
    assert_eq!(store.find("delivered").await.unwrap(), Standing::Unknown);
    assert_eq!(store.dead_letters(9).await.unwrap().len(), 1);
    files.advance(DAY * 21);
    look().await;
    assert_eq!(store.dead_letters(9).await.unwrap().len(), 1);
    files.advance(DAY * 2);
    look().await;
    assert_eq!(store.dead_letters(9).await.unwrap(), []);
    assert_eq!(store.find("dead").await.unwrap(), Standing::Unknown);
}
