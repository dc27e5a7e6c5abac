//! Checks of every durable store, as dispatchers and operators see it.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used, reason = "checks of tests")]

use std::time::{Duration, SystemTime};

use dingtalk_core::{
    Envelope, ErrorKind, Message,
    delivery::{Dedupe, Throttle, Urgency},
    queue::store::{Begun, Claim, Enqueued, Failure, Loss, Merge, Settlement},
};
use dingtalk_outbox::{
    Outbox,
    outbox::{Entry, EntryState, Filter, Kind, Removal, Standing},
};

/// Lease of all claims.
pub const LEASE: Duration = Duration::from_secs(150);

/// Lane of most notifications.
pub const OPS: &str = "robot:ops";

/// An empty store, with a clock.
pub trait Place {
    /// Opens the store as one more process does.
    fn open(&self) -> Box<dyn Outbox>;

    /// Returns the time of its clock.
    fn now(&self) -> SystemTime;

    /// Lets time pass.
    fn advance(&self, by: Duration);
}

/// Returns a notification with this id.
pub fn envelope(id: &str) -> Envelope {
    Envelope::new(Message::text("a secret plan")).with_id(id).with_robot("ops")
}

/// Adds a notification.
pub async fn add(store: &dyn Outbox, id: &str) {
    assert_eq!(store.enqueue(OPS, envelope(id), 1000).await.unwrap(), Enqueued::Added);
}

/// Claims the lane, and returns the ids of the items.
pub async fn claim(store: &dyn Outbox, max: usize) -> (Claim, Vec<String>) {
    let claimed = store.claim(OPS, max, LEASE).await.unwrap();
    (claimed.claim.unwrap(), claimed.items.into_iter().map(|item| item.envelope.id).collect())
}

/// Begins the first attempt.
pub async fn begin(store: &dyn Outbox, claim: &Claim, id: &str) {
    assert_eq!(store.begin(claim, id, LEASE).await.unwrap(), Begun::Started(1));
}

/// Ends a claim.
pub async fn settle(store: &dyn Outbox, claim: &Claim, id: &str, settlement: Settlement) {
    assert!(store.settle(claim, id, settlement).await.unwrap());
}

/// Returns some failure.
pub fn failure() -> Failure {
    Failure::new(ErrorKind::Refused, "as told")
}

/// Returns the outcome of one that is given up.
pub fn dead() -> Settlement {
    Settlement::Dead { loss: Loss::Unknown, may_have_arrived: true, failure: failure() }
}

/// Returns an entry with the number of messages before it.
pub async fn kept(store: &dyn Outbox, id: &str) -> (Entry, Option<usize>) {
    match store.find(id).await.unwrap() {
        Standing::Kept { entry, ahead } => (*entry, ahead),
        other => panic!("{id}: {other:?}"),
    }
}

/// An id is found in every state.
pub async fn an_id_is_found_in_every_state(place: &dyn Place) {
    let store = place.open();
    for id in ["a", "b", "c", "d"] {
        add(&*store, id).await;
    }
    let (entry, ahead) = kept(&*store, "c").await;
    assert_eq!((entry.state, ahead), (EntryState::Waiting, Some(2)));
    assert_eq!((&*entry.lane, entry.robot.as_deref(), entry.added), (OPS, Some("ops"), Some(place.now())));
    assert_eq!(entry.envelope.unwrap(), envelope("c"));

    let (held, _) = claim(&*store, 1).await;
    begin(&*store, &held, "a").await;
    assert_eq!(kept(&*store, "a").await.0.state, EntryState::Sending);
    let after = Duration::from_secs(5);
    let deferred = Settlement::Deferred { after, counts: true, may_have_arrived: false, failure: failure() };
    settle(&*store, &held, "a", deferred).await;
    let (entry, ahead) = kept(&*store, "a").await;
    assert_eq!((entry.state, ahead), (EntryState::Deferred(place.now() + after), None));
    assert_eq!((entry.attempts, entry.last_failure), (1, Some(failure())));

    let (held, _) = claim(&*store, 1).await;
    begin(&*store, &held, "b").await;
    settle(&*store, &held, "b", dead()).await;
    let (entry, _) = kept(&*store, "b").await;
    assert_eq!(entry.state, EntryState::Dead(Loss::Unknown, place.now()));
    assert!(entry.may_have_arrived);

    let (held, ids) = claim(&*store, 9).await;
    let digest = Envelope::new(Message::text("both")).with_id("digest");
    assert!(store.merge(&held, vec![Merge::new(digest, ids)]).await.unwrap());
    assert_eq!(kept(&*store, "c").await.0.state, EntryState::Merged("digest".to_owned()));
    assert_eq!(kept(&*store, "digest").await.0.members, 2);
    let (held, _) = claim(&*store, 9).await;
    begin(&*store, &held, "digest").await;
    settle(&*store, &held, "digest", Settlement::Delivered).await;
    for id in ["c", "d", "digest"] {
        assert_eq!(store.find(id).await.unwrap(), Standing::Delivered(place.now()), "{id}");
    }
    assert_eq!(store.find("e").await.unwrap(), Standing::Unknown);
}

/// A digest that was refused is not delivered.
pub async fn a_digest_that_was_refused_is_not_delivered(place: &dyn Place) {
    let store = place.open();
    for id in ["a", "b"] {
        add(&*store, id).await;
    }
    let (held, ids) = claim(&*store, 9).await;
    let digest = Envelope::new(Message::text("both")).with_id("digest");
    assert!(store.merge(&held, vec![Merge::new(digest, ids)]).await.unwrap());
    let (held, _) = claim(&*store, 9).await;
    begin(&*store, &held, "digest").await;
    settle(&*store, &held, "digest", Settlement::Unmerged).await;
    assert_eq!(store.find("digest").await.unwrap(), Standing::Unmerged(place.now()));
    assert_eq!(kept(&*store, "b").await.1, Some(1));
}

/// Pages contain each entry once.
pub async fn pages_contain_each_entry_once(place: &dyn Place) {
    let store = place.open();
    for number in 0..25 {
        let lane = if number % 5 == 0 { "robot:dev" } else { OPS };
        let added = store.enqueue(lane, envelope(&number.to_string()), 1000).await.unwrap();
        assert_eq!(added, Enqueued::Added);
    }
    for (lane, entries) in [(None, 25), (Some(OPS), 20), (Some("robot:dev"), 5), (Some("robot:other"), 0)] {
        let mut filter = Filter::new(Kind::Unfinished).lane(lane.map(str::to_owned)).limit(4);
        let mut ids = Vec::new();
        loop {
            let page = store.list(filter.clone()).await.unwrap();
            assert!(page.entries.len() <= 4);
            assert!(
                page.entries
                    .iter()
                    .all(|entry| entry.envelope.is_none() && lane.is_none_or(|lane| lane == entry.lane))
            );
            ids.extend(page.entries.into_iter().map(|entry| entry.id.parse::<u32>().unwrap()));
            let Some(next) = page.next else { break };
            filter = filter.after(next);
        }
        assert_eq!(ids.len(), entries, "{lane:?}");
        assert!(ids.is_sorted(), "{ids:?}");
    }
    let page = store.list(Filter::new(Kind::Unfinished).limit(1).content(true)).await.unwrap();
    assert_eq!(page.entries[0].envelope, Some(envelope("0")));
}

/// Dead letters are listed newest first and purged by age.
pub async fn dead_letters_are_listed_newest_first_and_purged_by_age(place: &dyn Place) {
    let store = place.open();
    for id in ["a", "b", "c"] {
        add(&*store, id).await;
        let (held, _) = claim(&*store, 1).await;
        begin(&*store, &held, id).await;
        settle(&*store, &held, id, dead()).await;
        place.advance(Duration::from_secs(60));
    }
    let list = async |filter: Filter| {
        let page = store.list(filter).await.unwrap();
        (page.entries.into_iter().map(|entry| entry.id).collect::<Vec<_>>(), page.next)
    };
    let (ids, next) = list(Filter::new(Kind::Dead).limit(2)).await;
    assert_eq!(ids, ["c", "b"]);
    assert_eq!(list(Filter::new(Kind::Dead).limit(2).after(next)).await, (vec!["a".to_owned()], None));
    assert_eq!(list(Filter::new(Kind::Dead).lane("robot:dev".to_owned())).await, (vec![], None));
    assert_eq!(store.stats().await.unwrap().dead_letters, 3);
    assert_eq!(store.purge(Duration::from_secs(100)).await.unwrap(), 2);
    assert_eq!(list(Filter::new(Kind::Dead)).await.0, ["c"]);
    assert!(matches!(store.find("a").await.unwrap(), Standing::Removed(_)));
    assert_eq!(store.purge(Duration::ZERO).await.unwrap(), 1);
    assert_eq!(store.enqueue(OPS, envelope("c"), 1000).await.unwrap(), Enqueued::Known);
}

/// A removed entry is never sent.
pub async fn a_removed_entry_is_never_sent(place: &dyn Place) {
    let store = place.open();
    let rules = |id: &str| {
        let dedupe = Dedupe::new("same", Duration::from_secs(600));
        envelope(id).with_dedupe(dedupe).with_throttle(Throttle::new("few", 1, Duration::from_secs(600)))
    };
    store.enqueue(OPS, rules("a"), 1000).await.unwrap();
    add(&*store, "b").await;
    let (held, _) = claim(&*store, 1).await;
    assert_eq!(store.remove("a").await.unwrap(), Removal::Removed(1), "it was claimed, not sent");
    assert_eq!(store.begin(&held, "a", LEASE).await.unwrap(), Begun::Lost);
    store.release(&held).await.unwrap();
    assert_eq!(store.find("a").await.unwrap(), Standing::Removed(place.now()));
    let again = store.enqueue(OPS, rules("c"), 1000).await.unwrap();
    assert_eq!(again, Enqueued::Added, "its key and its share of the throttle are free");

    let (held, ids) = claim(&*store, 1).await;
    assert_eq!(ids, ["b"]);
    begin(&*store, &held, "b").await;
    assert_eq!(store.remove("b").await.unwrap(), Removal::Sending);
    settle(&*store, &held, "b", dead()).await;
    assert_eq!(store.remove("b").await.unwrap(), Removal::Removed(1), "a dead letter");
    assert_eq!(store.dead_letters(9).await.unwrap(), []);

    add(&*store, "d").await;
    let (held, ids) = claim(&*store, 9).await;
    let digest = Envelope::new(Message::text("both")).with_id("digest");
    assert!(store.merge(&held, vec![Merge::new(digest, ids)]).await.unwrap());
    assert_eq!(store.remove("d").await.unwrap(), Removal::Merged("digest".to_owned()));
    assert_eq!(store.remove("digest").await.unwrap(), Removal::Removed(2));
    assert_eq!(store.remove("digest").await.unwrap(), Removal::Unknown);
    assert_eq!(store.lanes().await.unwrap(), []);
}

/// Stats name the robot and the longest wait of each lane.
pub async fn stats_name_the_robot_and_the_longest_wait_of_each_lane(place: &dyn Place) {
    let store = place.open();
    assert_eq!(store.stats().await.unwrap().lanes, []);
    add(&*store, "a").await;
    let first = place.now();
    place.advance(Duration::from_secs(60));
    store.enqueue(OPS, envelope("b").with_urgency(Urgency::Urgent), 1000).await.unwrap();
    let stats = store.stats().await.unwrap();
    let [lane] = &stats.lanes[..] else { panic!("{stats:?}") };
    assert_eq!((&*lane.lane, lane.robot.as_deref(), lane.pending.total()), (OPS, Some("ops"), 2));
    assert_eq!(lane.waiting_since, Some(first));
    assert!(stats.bytes.unwrap() > 0);
}

/// Reads the lanes.
pub async fn lanes(store: &dyn Outbox) -> usize {
    store.lanes().await.unwrap().len()
}
