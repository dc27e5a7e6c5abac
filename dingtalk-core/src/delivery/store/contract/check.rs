//! Applies each step to the store as well, and compares the results.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

use tokio::runtime::Runtime;

use super::{
    harness::Harness,
    model::{
        self, Accepted, Answer, CAPACITY, LEASE, LIMIT, Model, NOT_SENT_PAUSE, SPAN, State, UNKNOWN_PAUSE,
        capacity,
    },
    transition::{Outcome, Rule, Transition},
};
use crate::{
    Envelope, Error, ErrorKind, Message,
    delivery::{Dedupe, Throttle, Urgency},
    queue::store::{
        Begun, Claim, DeadLetter, Enqueued, Failure, Item, LanePending, Loss, Merge, Settlement, Store,
    },
};

const LANES: [&str; 2] = ["ops", "dev"];

/// The store, and the observations made of it.
pub(super) struct Checked<H> {
    harness: H,
    runtime: Runtime,
    /// Claims, by the model's number.
    claims: HashMap<u64, Claim>,
    /// Notifications added under each id, and digests made.
    messages: HashMap<String, Message>,
    /// Number of accepted notifications.
    accepted: usize,
    /// Id under which each notification may have arrived.
    shown_by: HashMap<String, String>,
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn failure() -> Failure {
    Failure::new(ErrorKind::Unknown, "as the model says")
}

fn message(id: &str) -> Message {
    Message::text(format!("This is {id}"))
}

fn with_rule(envelope: Envelope, rule: Option<Rule>) -> Envelope {
    match rule {
        None => envelope,
        Some(Rule::Dedupe(key)) => envelope.with_dedupe(Dedupe::new(key.to_string(), seconds(SPAN))),
        Some(Rule::Throttle(key)) => {
            envelope.with_throttle(Throttle::new(key.to_string(), LIMIT, seconds(SPAN)))
        }
    }
}

impl<H: Harness> Checked<H> {
    pub(super) fn new(harness: H) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Self {
            harness,
            runtime: runtime.unwrap_or_else(|error| panic!("no runtime: {error}")),
            claims: HashMap::new(),
            messages: HashMap::new(),
            accepted: 0,
            shown_by: HashMap::new(),
        }
    }

    fn run<T>(&self, future: impl Future<Output = Result<T, Error>>) -> T {
        self.runtime.block_on(future).unwrap_or_else(|error| panic!("the store failed: {error}"))
    }

    /// The store of a worker that is the other one after each notification, for steps that any process takes.
    fn store(&self) -> &dyn Store {
        self.harness.store(self.accepted % 2)
    }

    fn store_of(&self, worker: usize) -> &dyn Store {
        self.harness.store(worker)
    }

    /// Time of the model's clock, as the store's clock shows it.
    fn at(&self, model: &Model, clock: u64) -> SystemTime {
        let now = self.harness.now();
        if clock < model.clock {
            now - seconds(model.clock - clock)
        } else {
            now + seconds(clock - model.clock)
        }
    }

    fn claim(&self, number: u64) -> &Claim {
        self.claims.get(&number).unwrap_or_else(|| panic!("claim {number} is unknown"))
    }

    pub(super) fn apply(&mut self, model: &Model, transition: &Transition) {
        match (transition, &model.last) {
            (Transition::Advance { seconds: by }, _) => self.harness.advance(seconds(*by)),
            (Transition::SetBack { seconds: by }, _) => self.harness.set_back(seconds(*by)),
            (Transition::Crash { worker }, _) => self.harness.crash(*worker),
            (_, Answer::Enqueued(id, expected)) => self.enqueue(model, id, expected, transition),
            (Transition::Claim { worker, lane, max }, _) => self.claim_lane(model, *worker, *lane, *max),
            (Transition::Release { worker }, _) => {
                if let Some(claim) = model.claims[*worker].first() {
                    self.run(self.store_of(*worker).release(self.claim(claim.number)));
                }
            }
            (Transition::Merge { worker, .. }, _) => self.merge(model, *worker),
            (Transition::Begin { worker, .. }, _) => self.begin(model, *worker),
            (Transition::Settle { worker, .. }, _) => self.settle(model, *worker),
            (_, Answer::Redelivered(id, taken)) => {
                let enqueued = self.run(self.store().redeliver(id, CAPACITY));
                assert_eq!(enqueued, Some(if *taken { Enqueued::Added } else { Enqueued::Full }));
                // A person has decided that it is sent under its own id, also if a digest with it may have arrived.
                if *taken && self.shown_by.remove(id).is_some() && model.item(id).may_have_arrived {
                    self.shown_by.insert(id.clone(), id.clone());
                }
            }
            _ => {}
        }
    }

    fn enqueue(&mut self, model: &Model, id: &str, expected: &Accepted, step: &Transition) {
        // If the id is known, only that counts, not the rest of the item.
        let mut envelope = Envelope::new(message("something else")).with_id(id);
        let (mut lane, mut room) = (0, CAPACITY);
        if let Transition::Enqueue { lane: of, urgent, expires_in, due_in, rule } = step {
            (lane, room) = (*of, capacity(*urgent));
            envelope.message = message(id);
            envelope = with_rule(envelope, *rule);
            if *urgent {
                envelope = envelope.with_urgency(Urgency::Urgent);
            }
            if let Some(expires_in) = expires_in {
                envelope = envelope.with_expiry(self.at(model, model.clock + expires_in));
            }
            if let Some(due_in) = due_in {
                envelope = envelope.with_not_before(self.at(model, model.clock + due_in));
            }
        }
        if matches!(expected, Accepted::Added | Accepted::Displaced(_)) {
            self.messages.insert(id.to_owned(), envelope.message.clone());
            self.accepted += 1;
        }
        match (self.run(self.store().enqueue(LANES[lane], envelope, room)), expected) {
            (Enqueued::Added, Accepted::Added)
            | (Enqueued::Known, Accepted::Known)
            | (Enqueued::Full, Accepted::Full)
            | (Enqueued::Suppressed, Accepted::Suppressed) => {}
            (Enqueued::Displaced(letter), Accepted::Displaced(displaced)) => {
                assert_eq!((&letter.envelope.id, letter.loss), (displaced, Loss::Displaced));
            }
            (enqueued, _) => panic!("{id}: {enqueued:?} instead of {expected:?}"),
        }
    }

    fn claim_lane(&mut self, model: &Model, worker: usize, lane: usize, max: usize) {
        let Answer::Claimed { items, expired, next, granted } = &model.last else {
            panic!("{:?}", model.last)
        };
        let claimed = self.run(self.store_of(worker).claim(LANES[lane], max, seconds(LEASE)));
        let ids: Vec<&str> = claimed.items.iter().map(|item| &*item.envelope.id).collect();
        assert_eq!(ids, *items, "handed out");
        let gone: Vec<&str> = claimed.expired.iter().map(|letter| &*letter.envelope.id).collect();
        assert_eq!(gone, *expired, "expired");
        assert!(claimed.expired.iter().all(|letter| letter.loss == Loss::Expired));
        assert_eq!(claimed.next.map(|next| next.as_secs()), *next, "when to look again");
        assert_eq!(claimed.now, self.harness.now());
        if *granted {
            let last_sent = model.last_sent[lane].map(|clock| self.at(model, clock));
            assert_eq!(claimed.last_sent, last_sent, "last delivery");
        }
        assert_eq!(claimed.claim.is_some(), !items.is_empty());
        let Some(claim) = claimed.claim else { return };
        assert_eq!(claim.lane, LANES[lane]);
        for item in &claimed.items {
            self.check_item(model, item, &claim);
        }
        let number = model.held[lane].as_ref().map_or(0, |held| held.claim);
        self.claims.insert(number, claim);
    }

    fn check_item(&self, model: &Model, item: &Item, claim: &Claim) {
        let expected = model.item(&item.envelope.id);
        let id = &expected.id;
        assert_eq!(item.claim, claim.number, "{id}");
        assert_eq!(item.members, expected.members, "{id}");
        assert_eq!(
            (item.attempts, item.interrupted, item.may_have_arrived, item.alone, item.suppressed),
            (
                expected.attempts,
                expected.interrupted,
                expected.may_have_arrived,
                expected.alone,
                expected.suppressed
            ),
            "{id}"
        );
        assert_eq!(Some(&item.envelope.message), self.messages.get(id), "what was put in as {id}");
        let urgent = item.envelope.urgency == Urgency::Urgent;
        assert_eq!(urgent, expected.urgent, "{id}");
        let seen = self.shown_by.contains_key(item.members.first().unwrap_or(id));
        assert!(item.may_have_arrived || !seen, "{id} may have arrived");
    }

    fn merge(&mut self, model: &Model, worker: usize) {
        let Answer::Merged { claim, digests, done } = &model.last else { return };
        let merge = |(id, members): &(String, Vec<String>)| {
            let message = Message::markdown("digest", format!("This is {id}: {}", members.join(", ")));
            let mut digest = Envelope::new(message).with_id(id);
            if members.first().is_some_and(|id| model.item(id).urgent) {
                digest = digest.with_urgency(Urgency::Urgent);
            }
            Merge::new(digest, members.clone())
        };
        let merges: Vec<Merge> = digests.iter().map(merge).collect();
        for merge in &merges {
            self.messages.insert(merge.digest.id.clone(), merge.digest.message.clone());
        }
        assert_eq!(self.run(self.store_of(worker).merge(self.claim(*claim), merges)), *done);
    }

    fn begin(&mut self, model: &Model, worker: usize) {
        let Answer::Begun { claim, id, answer } = &model.last else { return };
        let begun = self.run(self.store_of(worker).begin(self.claim(*claim), id, seconds(LEASE)));
        let expected = match *answer {
            model::Begun::Started(attempt) => Begun::Started(attempt),
            model::Begun::Lost => Begun::Lost,
        };
        assert_eq!(begun, expected, "{id}");
        if !matches!(begun, Begun::Started(_)) {
            return;
        }
        let item = model.item(id);
        let members = if item.is_digest() { item.members.clone() } else { vec![id.clone()] };
        for member in members {
            let shown_by = self.shown_by.entry(member.clone()).or_insert_with(|| id.clone());
            assert_eq!(shown_by, id, "{member} may have arrived already");
        }
    }

    fn settle(&mut self, model: &Model, worker: usize) {
        let Answer::Settled { claim, id, outcome, held, was_sending } = &model.last else { return };
        let failure = failure();
        let deferred = |after, counts, may_have_arrived, failure| Settlement::Deferred {
            after: seconds(after),
            counts,
            may_have_arrived,
            failure,
        };
        let settlement = match outcome {
            Outcome::Delivered => Settlement::Delivered,
            Outcome::NotSent => deferred(NOT_SENT_PAUSE, true, false, failure),
            Outcome::Unknown => deferred(UNKNOWN_PAUSE, true, true, failure),
            Outcome::Throttled => deferred(0, false, false, failure),
            Outcome::Dead => {
                Settlement::Dead { loss: Loss::Refused(ErrorKind::Refused), may_have_arrived: false, failure }
            }
            Outcome::DeadUnknown => Settlement::Dead { loss: Loss::Unknown, may_have_arrived: true, failure },
            Outcome::Unmerged => Settlement::Unmerged,
        };
        let settled = self.run(self.store_of(worker).settle(self.claim(*claim), id, settlement));
        assert_eq!(settled, *held, "{id}");
        if !held || !was_sending {
            return;
        }
        let arrived_not =
            matches!(outcome, Outcome::NotSent | Outcome::Throttled | Outcome::Dead | Outcome::Unmerged);
        if arrived_not && !model.item(id).may_have_arrived {
            self.shown_by.retain(|_, shown_by| shown_by != id);
        }
    }

    pub(super) fn check_invariants(&self, model: &Model) {
        let mut pending = 0;
        let mut lanes = Vec::new();
        for (number, lane) in LANES.iter().enumerate() {
            let counted = self.run(self.store().pending(lane));
            let of_lane = || model.notifications().filter(|item| item.lane == number && item.is_pending());
            let sending = of_lane()
                .filter(|item| {
                    let digest = model.items.iter().find(|digest| {
                        item.state == State::Member
                            && digest.is_pending()
                            && digest.members.contains(&item.id)
                    });
                    model.is_sending(&digest.unwrap_or(item).id)
                })
                .count();
            assert_eq!(counted, LanePending::new(of_lane().count() - sending, sending), "in {lane}");
            pending += counted.total();
            if counted.total() > 0 {
                lanes.insert(0, ((*lane).to_owned(), counted));
            }
        }
        assert_eq!(self.run(self.store().lanes()), lanes);
        let letters = self.run(self.store().dead_letters(usize::MAX));
        let dead = model.dead();
        let ids = |letters: &[DeadLetter]| -> Vec<String> {
            letters.iter().map(|letter| letter.envelope.id.clone()).collect()
        };
        assert_eq!(ids(&letters), dead.iter().map(|item| item.id.clone()).collect::<Vec<_>>());
        for (letter, item) in letters.iter().zip(dead) {
            assert_eq!(
                (letter.attempts, letter.may_have_arrived, &*letter.lane),
                (item.attempts, item.may_have_arrived, LANES[item.lane])
            );
        }
        let delivered = model.notifications().filter(|item| item.state == State::Delivered).count();
        assert_eq!(pending + letters.len() + delivered, self.accepted, "something has vanished");
    }
}
