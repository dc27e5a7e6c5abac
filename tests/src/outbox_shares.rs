//! Checks of the places that every durable store reserves for sources.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used, reason = "checks of tests")]

use std::{collections::BTreeMap, time::Duration};

use dingtalk_core::{
    Envelope, Message,
    delivery::{Dedupe, Throttle},
    message::{Mentions, Mobile, UserId},
    queue::store::{Begun, Enqueued, Item, Settlement},
};
use dingtalk_outbox::{
    Outbox,
    outbox::{Admitted, Share, Submission},
};

use crate::outbox_contract::{LEASE, OPS, Place, add};

/// Span of the rule on repetitions.
const SPAN: Duration = Duration::from_secs(240);

/// Time for which a digest waits for more notifications.
const COLLECTS: Duration = Duration::from_secs(10);

/// Returns the submission of this number at a source with two places.
fn submission(source: &str, number: usize) -> Submission {
    let share = Share::new(source, 2, format!("{source}: more notifications"));
    let envelope = Envelope::new(Message::text(format!("{source} {number}"))).with_robot("ops");
    let envelope = envelope.with_dedupe(Dedupe::new(format!("{source}/{number}"), SPAN));
    Submission::new(share.own(envelope), share, format!("{source} {number}"))
}

async fn admit(store: &dyn Outbox, submission: Submission) -> Admitted {
    store.admit(vec![(OPS.to_owned(), submission)]).await.unwrap().remove(0)
}

/// Sends the first item, and returns it.
async fn send_one(store: &dyn Outbox) -> Option<Item> {
    let claimed = store.claim(OPS, 1, LEASE).await.unwrap();
    let (claim, item) = (claimed.claim?, claimed.items.into_iter().next()?);
    assert_eq!(store.begin(&claim, &item.envelope.id, LEASE).await.unwrap(), Begun::Started(1));
    assert!(store.settle(&claim, &item.envelope.id, Settlement::Delivered).await.unwrap());
    Some(item)
}

/// Returns the notifications of which an item tells: by its lines, and by its count.
fn told(item: &Item) -> (Vec<String>, usize) {
    let Message::Text(text) = &item.envelope.message else { panic!("{item:?}") };
    let lines = text.content.lines().filter(|line| !line.ends_with("more notifications"));
    (lines.map(str::to_owned).collect(), item.suppressed as usize)
}

/// A copy of what a throttle excludes is counted once, and told once the throttle allows another one.
pub async fn a_copy_of_what_a_throttle_excludes_is_counted_once(place: &dyn Place) {
    let store = place.open();
    let submission = |number: usize| {
        let mut submission = submission("alerts", number);
        submission.envelope.throttle = Some(Throttle::new("disk", 1, Duration::from_secs(60)));
        submission
    };
    assert_eq!(admit(&*store, submission(0)).await, Admitted::Added);
    for wait in [10, 0, 40] {
        place.advance(Duration::from_secs(wait));
        assert_eq!(admit(&*store, submission(1)).await, Admitted::Suppressed);
    }
    assert_eq!(admit(&*store, submission(2)).await, Admitted::Suppressed);
    place.advance(Duration::from_secs(10));
    assert_eq!(admit(&*store, submission(1)).await, Admitted::Added, "it has not been told");
    assert_eq!(send_one(&*store).await.unwrap().suppressed, 0);
    assert_eq!(send_one(&*store).await.unwrap().suppressed, 2, "the copies and another one");
}

/// A source beyond its places gets one digest, and takes no place of others.
pub async fn a_source_beyond_its_places_gets_one_digest(place: &dyn Place) {
    let store = place.open();
    for number in 0..2 {
        assert_eq!(admit(&*store, submission("noisy", number)).await, Admitted::Added);
    }
    let Admitted::Merged(digest) = admit(&*store, submission("noisy", 2)).await else {
        panic!("a third place")
    };
    for number in 3..30 {
        assert_eq!(admit(&*store, submission("noisy", number)).await, Admitted::Merged(digest.clone()));
    }
    // One that was merged is known as well as one that was added.
    for number in [0, 2, 29] {
        assert_eq!(admit(&*store, submission("noisy", number)).await, Admitted::Suppressed, "{number}");
    }
    // The store is full for all others, and not for a source.
    assert_eq!(store.enqueue(OPS, Envelope::new(Message::text("a")), 3).await.unwrap(), Enqueued::Full);
    assert_eq!(admit(&*store, submission("quiet", 0)).await, Admitted::Added);
    let mut items = Vec::new();
    place.advance(COLLECTS);
    while let Some(item) = send_one(&*store).await {
        items.push(told(&item));
    }
    let line = |source: &str, number: usize| format!("{source} {number}");
    let lines: Vec<String> = (2..22).map(|number| line("noisy", number)).collect();
    assert_eq!(
        items,
        [(vec![line("noisy", 0)], 0), (vec![line("noisy", 1)], 0), (vec![line("quiet", 0)], 0), (lines, 8),]
    );
}

/// A digest that a worker has read is not changed behind its back.
pub async fn a_digest_that_was_read_is_closed(place: &dyn Place) {
    let store = place.open();
    for number in 0..3 {
        admit(&*store, submission("noisy", number)).await;
    }
    place.advance(COLLECTS);
    let claimed = store.claim(OPS, 10, LEASE).await.unwrap();
    let Admitted::Merged(second) = admit(&*store, submission("noisy", 3)).await else { panic!("no digest") };
    assert!(claimed.items.iter().all(|item| item.envelope.id != second), "{claimed:?}");
    // Once it waits again, unchanged, it may be.
    store.release(&claimed.claim.unwrap()).await.unwrap();
    assert_eq!(admit(&*store, submission("noisy", 4)).await, Admitted::Merged(second));
    let mut numbers = Vec::new();
    place.advance(COLLECTS);
    while let Some(item) = send_one(&*store).await {
        numbers.push(told(&item).0.len());
    }
    assert_eq!(numbers, [1, 1, 1, 2]);
}

/// Every submission is in one message or in one count, whatever workers do meanwhile.
pub async fn every_arrival_is_told_once(place: &dyn Place) {
    let store = place.open();
    add(&*store, "other").await;
    let (mut lines, mut counted) = (BTreeMap::new(), 0);
    let mut read = |item: &Item| {
        let (shown, more) = told(item);
        counted += more;
        for line in shown {
            *lines.entry(line).or_insert(0) += 1;
        }
    };
    let mut held = None;
    for number in 0..200 {
        let mut one = submission(if number % 11 == 0 { "quiet" } else { "noisy" }, number);
        one.share.per_minute = (number % 5 == 1).then_some(0);
        let again = {
            let mut again = submission("noisy", number);
            again.envelope.dedupe.clone_from(&one.envelope.dedupe);
            again
        };
        assert!(!matches!(admit(&*store, one).await, Admitted::Known));
        if number % 3 == 0 {
            assert_eq!(admit(&*store, again).await, Admitted::Suppressed);
        }
        match number % 45 {
            2 => held = store.claim(OPS, 5, LEASE).await.unwrap().claim,
            5 => {
                if let Some(claim) = held.take() {
                    store.release(&claim).await.unwrap();
                }
            }
            0 => place.advance(COLLECTS),
            7 | 29 => send_one(&*store).await.iter().for_each(&mut read),
            _ => {}
        }
    }
    if let Some(claim) = held.take() {
        store.release(&claim).await.unwrap();
    }
    place.advance(COLLECTS);
    while let Some(item) = send_one(&*store).await {
        read(&item);
    }
    assert_eq!(lines.remove("a secret plan"), Some(1));
    assert_eq!(lines.values().max(), Some(&1), "{lines:?}");
    assert_eq!(lines.len() + counted, 200);
    assert!(counted > 0 && (0..200).step_by(11).all(|number| lines.contains_key(&format!("quiet {number}"))));
}

/// A key is marked for its time, with a submission that repeats another one too.
pub async fn a_key_is_marked_for_its_time(place: &dyn Place) {
    let store = place.open();
    let keys = || vec!["a".to_owned(), "b".to_owned()];
    assert_eq!(store.marked(keys()).await.unwrap(), [None, None]);
    let begun = place.now();
    for (number, key) in [(0, "a"), (0, "b")] {
        let mut submission = submission("noisy", number);
        (submission.marks, submission.marked_for) = (vec![key.to_owned()], SPAN);
        admit(&*store, submission).await;
        place.advance(SPAN / 2);
    }
    let marked = store.marked(keys()).await.unwrap();
    let [None, Some(at)] = marked[..] else { panic!("{marked:?}") };
    let after = at.duration_since(begun).unwrap();
    assert!((SPAN / 2..SPAN).contains(&after), "{after:?}");
}

/// Notifications for several robots are written together.
pub async fn several_lanes_get_theirs_together(place: &dyn Place) {
    let store = place.open();
    let several = |number| {
        vec![
            (OPS.to_owned(), submission("noisy", number)),
            ("robot:b".to_owned(), submission("noisy", number)),
        ]
    };
    assert_eq!(store.admit(several(0)).await.unwrap(), [Admitted::Added, Admitted::Added]);
    assert_eq!(store.admit(several(0)).await.unwrap(), [Admitted::Suppressed, Admitted::Suppressed]);
    let merged = store.admit(several(1)).await.unwrap();
    let [Admitted::Merged(a), Admitted::Merged(b)] = &merged[..] else { panic!("{merged:?}") };
    assert_ne!(a, b, "each robot has a digest of its own");
    assert_eq!(store.admit(Vec::new()).await.unwrap(), []);
}

/// A source adds its number of notifications in any minute, whichever process counts them; the others are merged.
pub async fn a_minute_has_its_number_of_notifications(place: &dyn Place) {
    let limited = |number| {
        let mut submission = submission("noisy", number);
        (submission.share.places, submission.share.per_minute) = (100, Some(3));
        submission
    };
    let seconds = Duration::from_secs;
    let mut added = Vec::new();
    for (number, pause) in [0, 20, 0, 20, 0, 19, 1, 0, 20].into_iter().enumerate() {
        place.advance(seconds(pause));
        // Each time after a restart.
        added.push(admit(&*place.open(), limited(number)).await == Admitted::Added);
    }
    assert_eq!(added, [true, true, true, false, false, false, true, false, true]);
    let unlimited = admit(&*place.open(), submission("quiet", 0)).await;
    assert_eq!(unlimited, Admitted::Added, "another source");
}

/// A digest mentions the people whom its notifications mention, as far as there is room.
pub async fn a_digest_mentions_the_people_of_its_notifications(place: &dyn Place) {
    let store = place.open();
    let mention = |number: usize, mentions: Mentions| {
        let mut submission = submission("noisy", number);
        (submission.share.per_minute, submission.share.max_mentions) = (Some(0), 3);
        submission.envelope.message = submission.envelope.message.with_mentions(mentions);
        submission
    };
    let mobile = |number: &str| Mobile::new(number).unwrap();
    let user = |id: &str| Mentions::user_ids([UserId::new(id).unwrap()]);
    admit(&*store, mention(0, Mentions::mobiles([mobile("13800000000")]))).await;
    admit(&*store, mention(1, user("manager01"))).await;
    for number in 2..25 {
        let both = Mentions::mobiles([mobile("13800000000"), mobile("13900000000")]);
        admit(&*store, mention(number, both)).await;
    }
    // No room is left, and nobody is mentioned twice.
    admit(&*store, mention(25, user("manager02"))).await;
    admit(&*store, mention(26, Mentions::everybody())).await;
    place.advance(COLLECTS);
    let item = send_one(&*store).await.unwrap();
    assert_eq!(told(&item).0.len(), 20);
    let mut expected = Mentions::mobiles([mobile("13800000000"), mobile("13900000000")]);
    expected.merge(user("manager01"));
    expected.all = true;
    assert_eq!(item.envelope.message.mentions(), Some(&expected));
}
