//! Applies each step to the store as well, and compares the results.

use std::{
    collections::HashMap,
    fmt,
    marker::PhantomData,
    time::{Duration, SystemTime},
};

use dingtalk_core::{
    Envelope, ErrorKind, Message,
    delivery::Urgency,
    queue::store::{Begun, Claim, Enqueued, Failure, LanePending, Loss, Merge, Settlement, Store},
};
use proptest_state_machine::StateMachineTest;
use tokio::runtime::Runtime;

use super::{
    Harness,
    model::{self, Accepted, Answer, CAPACITY, LEASE, Model, NOT_SENT_PAUSE, State, UNKNOWN_PAUSE},
    transition::{Outcome, Transition},
};

const LANES: [&str; 2] = ["ops", "dev"];

pub(super) struct Check<H>(PhantomData<H>);

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

impl<H: Harness> Checked<H> {
    fn run<T>(&self, future: impl Future<Output = Result<T, dingtalk_core::Error>>) -> T {
        self.runtime.block_on(future).unwrap_or_else(|error| panic!("the store failed: {error}"))
    }

    fn store(&self) -> &dyn Store {
        self.harness.store()
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

    fn held(&self, (id, claim): &(String, u64)) -> Claim {
        self.claims.get(claim).cloned().unwrap_or_else(|| panic!("claim {claim} of {id} is unknown"))
    }

    fn enqueue(&mut self, model: &Model, id: &str, expected: Accepted, new: Option<&Transition>) {
        let (lane, envelope) = match new {
            Some(Transition::Enqueue { lane, urgent, expires_in }) => {
                let mut envelope = Envelope::new(Message::text(format!("This is {id}"))).with_id(id);
                if *urgent {
                    envelope = envelope.with_urgency(Urgency::Urgent);
                }
                if let Some(expires_in) = expires_in {
                    envelope = envelope.with_expiry(self.at(model, model.clock + expires_in));
                }
                (*lane, envelope)
            }
            // Only the id counts, not the rest of the item.
            _ => (0, Envelope::new(Message::text("something else")).with_id(id)),
        };
        if expected == Accepted::Added {
            self.messages.insert(id.to_owned(), envelope.message.clone());
            self.accepted += 1;
        }
        let enqueued = self.run(self.store().enqueue(LANES[lane], envelope, CAPACITY));
        let expected = match expected {
            Accepted::Added => Enqueued::Added,
            Accepted::Known => Enqueued::Known,
            Accepted::Full => Enqueued::Full,
        };
        assert_eq!(enqueued, expected, "{id}");
    }

    fn claim(&mut self, model: &Model, worker: usize, lane: usize, max: usize) {
        let Answer::Claimed { items, expired, next } = &model.last else { panic!("{:?}", model.last) };
        let claimed = self.run(self.store().claim(LANES[lane], max, seconds(LEASE)));
        let ids: Vec<&str> = claimed.items.iter().map(|item| &*item.envelope.id).collect();
        assert_eq!(ids, *items, "handed out");
        let gone: Vec<&str> = claimed.expired.iter().map(|letter| &*letter.envelope.id).collect();
        assert_eq!(gone, *expired, "expired");
        assert!(claimed.expired.iter().all(|letter| letter.loss == Loss::Expired));
        assert_eq!(claimed.next.map(|next| next.as_secs()), *next, "when to look again");
        assert_eq!(claimed.now, self.harness.now());
        for item in claimed.items {
            let expected = model.item(&item.envelope.id);
            assert_eq!(item.members, expected.members);
            assert_eq!(
                (item.attempts, item.interrupted, item.may_have_arrived, item.alone),
                (expected.attempts, expected.interrupted, expected.may_have_arrived, expected.alone),
                "{}",
                expected.id
            );
            assert_eq!(Some(&item.envelope.message), self.messages.get(&expected.id), "what was put in");
            let State::Claimed { claim, .. } = expected.state else { panic!("{expected:?}") };
            let ticket = model.tickets[worker].iter().find(|(_, number)| *number == claim);
            assert!(ticket.is_some());
            self.claims.insert(claim, item.claim);
        }
    }

    fn merge(&mut self, model: &Model) {
        let Answer::Merged { digests, done } = &model.last else { panic!("{:?}", model.last) };
        let ticket = |id: &String| {
            let claims = model.tickets.iter().flatten().filter(|(of, _)| of == id);
            let claim = claims.map(|(_, claim)| *claim).max().unwrap_or_else(|| panic!("{id} is not held"));
            self.claims[&claim].clone()
        };
        let merge = |(id, members): &(String, Vec<String>)| {
            let message = Message::markdown("digest", format!("This is {id}: {}", members.join(", ")));
            Merge::new(Envelope::new(message).with_id(id), members.iter().map(ticket).collect())
        };
        let merges: Vec<Merge> = digests.iter().map(merge).collect();
        for merge in &merges {
            self.messages.insert(merge.digest.id.clone(), merge.digest.message.clone());
        }
        assert_eq!(self.run(self.store().merge(merges)), *done);
    }

    fn begin(&mut self, model: &Model) {
        let Answer::Begun { ticket, answer } = &model.last else { return };
        let (id, item) = (&ticket.0, model.item(&ticket.0));
        let begun = self.run(self.store().begin(&self.held(ticket), seconds(LEASE)));
        let expected = match *answer {
            model::Begun::Started(attempt) => Begun::Started(attempt),
            model::Begun::Lost => Begun::Lost,
        };
        assert_eq!(begun, expected, "{id}");
        if !matches!(begun, Begun::Started(_)) {
            return;
        }
        let members = if item.is_digest() { item.members.clone() } else { vec![id.clone()] };
        for member in members {
            let shown_by = self.shown_by.entry(member.clone()).or_insert_with(|| id.clone());
            assert_eq!(shown_by, id, "{member} may have arrived already");
        }
    }

    fn settle(&mut self, model: &Model) {
        let Answer::Settled { ticket, outcome, held, was_sending } = &model.last else { return };
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
        let settled = self.run(self.store().settle(&self.held(ticket), settlement));
        assert_eq!(settled, *held, "{ticket:?}");
        if !held || !was_sending {
            return;
        }
        let id = &ticket.0;
        let arrived_not =
            matches!(outcome, Outcome::NotSent | Outcome::Throttled | Outcome::Dead | Outcome::Unmerged);
        if arrived_not && !model.item(id).may_have_arrived {
            self.shown_by.retain(|_, shown_by| shown_by != id);
        }
    }
}

impl<H: Harness> StateMachineTest for Check<H> {
    type SystemUnderTest = Checked<H>;
    type Reference = Model;

    fn init_test(_: &Model) -> Checked<H> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Checked {
            harness: H::start(),
            runtime: runtime.unwrap_or_else(|error| panic!("no runtime: {error}")),
            claims: HashMap::new(),
            messages: HashMap::new(),
            accepted: 0,
            shown_by: HashMap::new(),
        }
    }

    fn apply(mut checked: Checked<H>, model: &Model, transition: Transition) -> Checked<H> {
        match (&transition, &model.last) {
            (Transition::Advance { seconds: by }, _) => checked.harness.advance(seconds(*by)),
            (Transition::SetBack { seconds: by }, _) => checked.harness.set_back(seconds(*by)),
            (Transition::Enqueue { .. }, Answer::Enqueued(id, expected)) => {
                checked.enqueue(model, id, *expected, Some(&transition));
            }
            (_, Answer::Enqueued(id, expected)) => checked.enqueue(model, id, *expected, None),
            (Transition::Claim { worker, lane, max }, _) => checked.claim(model, *worker, *lane, *max),
            (Transition::Release { worker }, _) => {
                let tickets = &model.tickets[*worker];
                let tickets: Vec<Claim> = tickets.iter().map(|ticket| checked.held(ticket)).collect();
                checked.run(checked.store().release(&tickets));
            }
            (Transition::Merge { .. }, _) => checked.merge(model),
            (Transition::Begin { .. }, _) => checked.begin(model),
            (Transition::Settle { .. }, _) => checked.settle(model),
            (_, Answer::Redelivered(id, taken)) => {
                let enqueued = checked.run(checked.store().redeliver(id, CAPACITY));
                assert_eq!(enqueued, Some(if *taken { Enqueued::Added } else { Enqueued::Full }));
                // A person has resolved the problem.
                checked.shown_by.remove(id);
            }
            _ => {}
        }
        checked
    }

    fn check_invariants(checked: &Checked<H>, model: &Model) {
        let mut pending = 0;
        for (number, lane) in LANES.iter().enumerate() {
            let counted = checked.run(checked.store().pending(lane));
            let of_lane = || model.notifications().filter(|item| item.lane == number && item.is_pending());
            let sending = of_lane()
                .filter(|item| {
                    let digest = model.items.iter().find(|digest| {
                        item.state == State::Member
                            && digest.is_pending()
                            && digest.members.contains(&item.id)
                    });
                    matches!(digest.unwrap_or(item).state, State::Sending { .. })
                })
                .count();
            assert_eq!(counted, LanePending::new(of_lane().count() - sending, sending), "in {lane}");
            pending += counted.total();
        }
        let letters = checked.run(checked.store().dead_letters(usize::MAX));
        let dead = model.dead();
        let ids = |letters: &[dingtalk_core::queue::store::DeadLetter]| -> Vec<String> {
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
        assert_eq!(pending + letters.len() + delivered, checked.accepted, "something has vanished");
    }
}

impl<H> fmt::Debug for Checked<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checked").finish_non_exhaustive()
    }
}
