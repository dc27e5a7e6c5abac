//! The most direct implementation of a store: one list of notifications, searched from the start each time.

use std::collections::BTreeMap;

use proptest::strategy::{BoxedStrategy, Just, Strategy as _};
use proptest_state_machine::ReferenceStateMachine;

use super::transition::{Outcome, Rule, Transition, any_transition};

/// In seconds.
pub(super) const LEASE: u64 = 50;

/// Maximum number of notifications in the store.
pub(super) const CAPACITY: usize = 8;

/// Delays before the next attempt for a message that was not sent, and for one that may have arrived.
pub(super) const NOT_SENT_PAUSE: u64 = 5;
pub(super) const UNKNOWN_PAUSE: u64 = 30;

/// Span of the rules for repetitions, in seconds.
pub(super) const SPAN: u64 = 60;

/// Limit of a throttle.
pub(super) const LIMIT: u32 = 1;

/// Number of claims that a worker remembers, including those that no longer hold.
const REMEMBERED: usize = 3;

/// State of all items, and the expected result of the last step.
#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    /// Seconds, by the store's clock.
    pub(super) clock: u64,
    /// All notifications ever accepted, and digests.
    pub(super) items: Vec<Item>,
    /// The claim on each lane.
    pub(super) held: [Option<Held>; 2],
    /// Claims that each worker holds, or believes to hold; newest first.
    pub(super) claims: [Vec<Claim>; 2],
    /// Time of the last delivery in each lane that was not urgent.
    pub(super) last_sent: [Option<u64>; 2],
    pub(super) last: Answer,
    /// The notification that was added under each key, and its time.
    dedupes: BTreeMap<(usize, u8), (String, u64)>,
    /// Times of the notifications added under each key, and the number of those suppressed since.
    throttles: BTreeMap<(usize, u8), (Vec<u64>, u32)>,
    /// Set if the lanes of a worker are free as soon as it crashes.
    pub(super) frees_lanes: bool,
    numbers: u64,
    claimed: u64,
    deaths: u64,
}

#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "as many facts, each for itself")]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) lane: usize,
    pub(super) urgent: bool,
    pub(super) expires_at: Option<u64>,
    pub(super) members: Vec<String>,
    pub(super) attempts: u32,
    pub(super) interrupted: bool,
    pub(super) may_have_arrived: bool,
    pub(super) alone: bool,
    pub(super) suppressed: u32,
    pub(super) state: State,
    /// Position in the lane: not urgent, number, page.
    place: (bool, u64, usize),
    /// Number in the order of addition.
    number: u64,
    /// Number of the last claim under which it was handed out.
    claim: Option<u64>,
    rule: Option<Rule>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Waiting,
    /// Waiting, but only from this time.
    Deferred(u64),
    /// In a digest.
    Member,
    Delivered,
    /// Ordinal number of the dead letter.
    Dead(u64),
    /// A digest that no longer exists.
    Gone,
}

/// The claim on a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) claim: u64,
    worker: usize,
    until: u64,
    /// Item of which an attempt has begun.
    pub(super) sending: Option<String>,
}

/// A claim as a worker knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) lane: usize,
    pub(super) number: u64,
    pub(super) items: Vec<String>,
}

/// Result of a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Answer {
    /// Nothing to compare.
    #[default]
    None,
    Enqueued(String, Accepted),
    Claimed {
        items: Vec<String>,
        expired: Vec<String>,
        next: Option<u64>,
        /// Set if the lane was free.
        granted: bool,
    },
    Merged {
        claim: u64,
        digests: Vec<(String, Vec<String>)>,
        done: bool,
    },
    Begun {
        claim: u64,
        id: String,
        answer: Begun,
    },
    Settled {
        claim: u64,
        id: String,
        outcome: Outcome,
        held: bool,
        was_sending: bool,
    },
    Redelivered(String, bool),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Accepted {
    Added,
    /// Added instead of this one.
    Displaced(String),
    Known,
    Full,
    Suppressed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begun {
    Started(u32),
    Lost,
}

impl Item {
    pub(super) fn is_pending(&self) -> bool {
        !matches!(self.state, State::Delivered | State::Dead(_) | State::Gone)
    }

    pub(super) fn is_digest(&self) -> bool {
        !self.members.is_empty()
    }

    fn is_in_order(&self) -> bool {
        matches!(self.state, State::Waiting | State::Deferred(_))
    }

    fn has_expired(&self, clock: u64) -> bool {
        self.expires_at.is_some_and(|at| at <= clock)
    }
}

/// Reports whether a time is in the span before the clock. One that is later was set by a clock that was set back.
fn is_recent(at: u64, clock: u64) -> bool {
    at <= clock && clock < at + SPAN
}

/// Returns the capacity for a notification of this urgency.
pub(super) fn capacity(urgent: bool) -> usize {
    CAPACITY + usize::from(urgent)
}

impl Model {
    pub(super) fn item(&self, id: &str) -> &Item {
        self.items.iter().find(|item| item.id == id).unwrap_or_else(|| panic!("{id} was never accepted"))
    }

    fn item_mut(&mut self, id: &str) -> &mut Item {
        self.items.iter_mut().find(|item| item.id == id).unwrap_or_else(|| panic!("{id} was never accepted"))
    }

    pub(super) fn notifications(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| !item.is_digest())
    }

    pub(super) fn is_sending(&self, id: &str) -> bool {
        self.held.iter().flatten().any(|held| held.sending.as_deref() == Some(id))
    }

    /// The dead letters, newest first.
    pub(super) fn dead(&self) -> Vec<&Item> {
        let mut dead: Vec<(u64, &Item)> = self
            .items
            .iter()
            .filter_map(|item| match item.state {
                State::Dead(number) => Some((number, item)),
                _ => None,
            })
            .collect();
        dead.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
        dead.into_iter().map(|(_, item)| item).collect()
    }

    fn size(&self) -> usize {
        self.notifications().filter(|item| item.is_pending()).count()
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn enqueue(
        &mut self,
        lane: usize,
        urgent: bool,
        (expires_in, due_in): (Option<u64>, Option<u64>),
        rule: Option<Rule>,
    ) {
        let number = self.number();
        let id = format!("n{number}");
        if self.suppresses(lane, rule) {
            self.last = Answer::Enqueued(id, Accepted::Suppressed);
            return;
        }
        let mut accepted = Accepted::Added;
        if self.size() >= capacity(urgent) {
            let may_go = |item: &&Item| !item.urgent && item.is_in_order() && !self.is_sending(&item.id);
            let newest = self.notifications().filter(may_go).max_by_key(|item| item.number);
            let Some(newest) = newest.filter(|_| urgent).map(|item| item.id.clone()) else {
                self.last = Answer::Enqueued(id, Accepted::Full);
                return;
            };
            self.bury(&newest);
            accepted = Accepted::Displaced(newest);
        }
        let suppressed = self.record(lane, rule, &id);
        self.items.push(Item {
            id: id.clone(),
            lane,
            urgent,
            expires_at: expires_in.map(|seconds| self.clock + seconds),
            members: Vec::new(),
            attempts: 0,
            interrupted: false,
            may_have_arrived: false,
            alone: false,
            suppressed,
            state: due_in
                .filter(|seconds| *seconds > 0)
                .map_or(State::Waiting, |seconds| State::Deferred(self.clock + seconds)),
            place: (!urgent, number, 0),
            number,
            claim: None,
            rule,
        });
        self.last = Answer::Enqueued(id, accepted);
    }

    fn suppresses(&mut self, lane: usize, rule: Option<Rule>) -> bool {
        let clock = self.clock;
        match rule {
            None => false,
            Some(Rule::Dedupe(key)) => {
                self.dedupes.get(&(lane, key)).is_some_and(|(_, at)| is_recent(*at, clock))
            }
            Some(Rule::Throttle(key)) => {
                let (times, suppressed) = self.throttles.entry((lane, key)).or_default();
                times.retain(|at| is_recent(*at, clock));
                let excluded = times.len() >= LIMIT as usize;
                *suppressed += u32::from(excluded);
                excluded
            }
        }
    }

    /// Records a notification that is added; returns the number of those suppressed before it.
    fn record(&mut self, lane: usize, rule: Option<Rule>, id: &str) -> u32 {
        match rule {
            None => 0,
            Some(Rule::Dedupe(key)) => {
                self.dedupes.insert((lane, key), (id.to_owned(), self.clock));
                0
            }
            Some(Rule::Throttle(key)) => {
                let (times, suppressed) = self.throttles.entry((lane, key)).or_default();
                times.push(self.clock);
                std::mem::take(suppressed)
            }
        }
    }

    /// Ids of the items in a lane that fulfil a condition, in order.
    fn line(&self, lane: usize, stands: impl Fn(&Item) -> bool) -> Vec<String> {
        let mut items: Vec<&Item> =
            self.items.iter().filter(|item| item.lane == lane && stands(item)).collect();
        items.sort_by_key(|item| item.place);
        items.into_iter().map(|item| item.id.clone()).collect()
    }

    fn claim(&mut self, worker: usize, lane: usize, max: usize) {
        let clock = self.clock;
        if let Some(held) = &self.held[lane]
            && clock < held.until
        {
            let next = Some(held.until - clock);
            self.last = Answer::Claimed { items: Vec::new(), expired: Vec::new(), next, granted: false };
            return;
        }
        if let Some(Held { sending: Some(id), .. }) = self.held[lane].take() {
            let item = self.item_mut(&id);
            (item.interrupted, item.may_have_arrived) = (true, true);
        }
        let mut dying = self.line(lane, |item| item.is_in_order() && item.has_expired(clock));
        dying.sort_by_key(|id| (self.item(id).expires_at, self.item(id).number));
        let expired = dying.iter().flat_map(|id| self.bury(id)).collect();
        let due = |item: &Item| matches!(item.state, State::Deferred(due) if due <= clock);
        let mut due = self.line(lane, due);
        // Stable: those of one time stay in order.
        due.sort_by_key(|id| match self.item(id).state {
            State::Deferred(due) => due,
            _ => 0,
        });
        for id in due {
            let number = self.number();
            let item = self.item_mut(&id);
            (item.place, item.state) = ((item.place.0, number, 0), State::Waiting);
        }
        let mut items = self.line(lane, |item| item.state == State::Waiting);
        items.truncate(max);
        if !items.is_empty() {
            self.claimed += 1;
            let number = self.claimed;
            for id in &items {
                self.item_mut(id).claim = Some(number);
            }
            self.held[lane] = Some(Held { claim: number, worker, until: clock + LEASE, sending: None });
            self.claims[worker].insert(0, Claim { lane, number, items: items.clone() });
            self.claims[worker].truncate(REMEMBERED);
        }
        let changes = self.items.iter().filter(|item| item.lane == lane && item.is_in_order());
        let next = changes
            .flat_map(|item| match item.state {
                State::Deferred(due) => [Some(due), item.expires_at],
                _ => [None, item.expires_at],
            })
            .flatten()
            .min();
        let next = next.map(|at| at - clock);
        self.last = Answer::Claimed { items, expired, next, granted: true };
    }

    fn crash(&mut self, worker: usize) {
        self.claims[worker].clear();
        if self.frees_lanes {
            for held in self.held.iter_mut().flatten().filter(|held| held.worker == worker) {
                held.until = 0;
            }
        }
    }

    /// Turns an item, or the members of a digest, into dead letters; returns their ids.
    fn bury(&mut self, id: &str) -> Vec<String> {
        let digest = self.item(id).clone();
        let dying = if digest.is_digest() { digest.members.clone() } else { vec![id.to_owned()] };
        self.item_mut(id).state = State::Gone;
        for id in &dying {
            self.deaths += 1;
            let death = State::Dead(self.deaths);
            let item = self.item_mut(id);
            (item.state, item.attempts, item.may_have_arrived) =
                (death, digest.attempts, digest.may_have_arrived);
            if let (lane, Some(Rule::Dedupe(key))) = (item.lane, item.rule)
                && self.dedupes.get(&(lane, key)).is_some_and(|(sent, _)| sent == id)
            {
                self.dedupes.remove(&(lane, key));
            }
        }
        dying
    }

    /// Items of a worker's newest claim that a queue may merge: of one urgency, and unchanged.
    fn mergeable(&self, worker: usize) -> Vec<String> {
        let Some(claim) = self.claims[worker].first() else { return Vec::new() };
        let fits = |item: &&Item| !item.is_digest() && !item.alone && !item.may_have_arrived;
        let items: Vec<&Item> = claim.items.iter().map(|id| self.item(id)).filter(fits).collect();
        let Some(urgent) = items.first().map(|item| item.urgent) else { return Vec::new() };
        items.iter().filter(|item| item.urgent == urgent).map(|item| item.id.clone()).collect()
    }

    /// Reports whether an item can still be used under a claim.
    fn is_claimed(&self, claim: u64, id: &str) -> bool {
        let item = self.item(id);
        item.claim == Some(claim) && item.is_in_order()
    }

    fn merge(&mut self, worker: usize, two: bool) {
        let ids = self.mergeable(worker);
        let Some(Claim { lane, number, .. }) = self.claims[worker].first().cloned() else { return };
        if ids.len() < 2 {
            return;
        }
        let held = self.held[lane].as_ref();
        let done = held.is_some_and(|held| held.claim == number && held.sending.is_none())
            && ids.iter().all(|id| self.is_claimed(number, id));
        // The later half comes first, so that the order of digests differs from that of their members.
        let halves = if two && ids.len() >= 4 {
            let (first, second) = ids.split_at(ids.len() / 2);
            vec![second.to_vec(), first.to_vec()]
        } else {
            vec![ids.clone()]
        };
        let digests: Vec<(String, Vec<String>)> =
            halves.into_iter().map(|members| (format!("d{}", self.number()), members)).collect();
        self.last = Answer::Merged { claim: number, digests: digests.clone(), done };
        if !done {
            return;
        }
        self.held[lane] = None;
        let Some(first) = ids.iter().map(|id| self.item(id).place).min() else { return };
        for (page, (id, members)) in digests.into_iter().enumerate() {
            for member in &members {
                self.item_mut(member).state = State::Member;
            }
            let number = self.number();
            self.items.push(Item {
                id,
                lane,
                urgent: !first.0,
                expires_at: None,
                members,
                attempts: 0,
                interrupted: false,
                may_have_arrived: false,
                alone: false,
                suppressed: 0,
                state: State::Waiting,
                place: (first.0, first.1, page + 1),
                number,
                claim: None,
                rule: None,
            });
        }
    }

    /// All items of a worker's claims, newest claim first, as it knows them.
    fn handed_out(&self, worker: usize) -> Vec<(Claim, String)> {
        let claims = self.claims[worker].iter();
        claims.flat_map(|claim| claim.items.iter().map(|id| (claim.clone(), id.clone()))).collect()
    }

    fn begin(&mut self, worker: usize, pick: usize) {
        let items = self.handed_out(worker);
        let Some((claim, id)) = items.get(pick % items.len().max(1)).cloned() else { return };
        let clock = self.clock;
        let usable = self.is_claimed(claim.number, &id) && !self.item(&id).has_expired(clock);
        let held = self.held[claim.lane].as_mut();
        let held = held
            .filter(|held| held.claim == claim.number && clock < held.until && held.sending.is_none())
            .filter(|_| usable);
        let answer = if let Some(held) = held {
            (held.sending, held.until) = (Some(id.clone()), clock + LEASE);
            let item = self.item_mut(&id);
            item.attempts += 1;
            Begun::Started(item.attempts)
        } else {
            Begun::Lost
        };
        self.last = Answer::Begun { claim: claim.number, id, answer };
    }

    fn settle(&mut self, worker: usize, pick: usize, outcome: Outcome) {
        let items = self.handed_out(worker);
        let Some((claim, id)) = items.get(pick % items.len().max(1)).cloned() else { return };
        let clock = self.clock;
        let claimed = self.is_claimed(claim.number, &id);
        let held = self.held[claim.lane].as_ref().filter(|held| held.claim == claim.number && claimed);
        let was_sending = held.is_some_and(|held| held.sending.as_ref() == Some(&id));
        let is_held = held.is_some_and(|held| held.sending.is_none() || was_sending);
        let item = self.item(&id);
        // Without an attempt, a worker can only defer the item or give it up.
        let outcome = match outcome {
            Outcome::DeadUnknown | Outcome::NotSent | Outcome::Throttled => outcome,
            _ if !was_sending => Outcome::Dead,
            // A queue takes no digest apart that may have arrived.
            Outcome::Unmerged if !item.is_digest() || item.may_have_arrived => Outcome::Delivered,
            other => other,
        };
        let number = claim.number;
        self.last = Answer::Settled { claim: number, id: id.clone(), outcome, held: is_held, was_sending };
        if !is_held {
            return;
        }
        self.held[claim.lane] = None;
        let item = self.item_mut(&id);
        item.interrupted = false;
        match outcome {
            Outcome::NotSent => item.state = State::Deferred(clock + NOT_SENT_PAUSE),
            Outcome::Unknown => {
                (item.state, item.may_have_arrived) = (State::Deferred(clock + UNKNOWN_PAUSE), true);
            }
            Outcome::Throttled => item.attempts -= u32::from(was_sending),
            Outcome::Delivered => {
                let (members, lane, urgent) = (item.members.clone(), item.lane, item.urgent);
                item.state = if members.is_empty() { State::Delivered } else { State::Gone };
                for member in members {
                    self.item_mut(&member).state = State::Delivered;
                }
                if !urgent {
                    self.last_sent[lane] = Some(clock);
                }
            }
            Outcome::Dead | Outcome::DeadUnknown => {
                item.may_have_arrived |= outcome == Outcome::DeadUnknown;
                self.bury(&id);
            }
            Outcome::Unmerged => {
                let members = item.members.clone();
                item.state = State::Gone;
                for member in members {
                    let member = self.item_mut(&member);
                    (member.state, member.alone) = (State::Waiting, true);
                }
            }
        }
    }

    fn release(&mut self, worker: usize) {
        let Some(claim) = self.claims[worker].first() else { return };
        let held = &mut self.held[claim.lane];
        if held.as_ref().is_some_and(|held| held.claim == claim.number && held.sending.is_none()) {
            *held = None;
        }
    }

    fn redeliver(&mut self, pick: usize) {
        let dead: Vec<String> = self.dead().iter().map(|item| item.id.clone()).collect();
        let Some(id) = dead.get(pick % dead.len().max(1)).cloned() else { return };
        let full = self.size() >= CAPACITY;
        self.last = Answer::Redelivered(id.clone(), !full);
        if full {
            return;
        }
        let number = self.number();
        let item = self.item_mut(&id);
        item.state = State::Waiting;
        (item.attempts, item.alone, item.interrupted, item.expires_at) = (0, false, false, None);
        (item.place, item.number, item.claim, item.suppressed) = ((!item.urgent, number, 0), number, None, 0);
    }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Transition;

    fn init_state() -> BoxedStrategy<Self> {
        // Late enough after zero for a clock that is set back.
        Just(Self { clock: 1_000_000, ..Self::default() }).boxed()
    }

    fn transitions(model: &Self) -> BoxedStrategy<Transition> {
        let merges = [0, 1].into_iter().filter(|worker| model.mergeable(*worker).len() >= 2).collect();
        let sending = [0, 1].into_iter().flat_map(|worker| {
            let items = model.handed_out(worker).into_iter().enumerate();
            let is_sending = |(_, (claim, id)): &(usize, (Claim, String))| {
                let held = model.held[claim.lane].as_ref();
                held.is_some_and(|held| held.claim == claim.number && held.sending.as_ref() == Some(id))
            };
            items.filter(is_sending).map(|(pick, _)| (worker, pick)).collect::<Vec<_>>()
        });
        any_transition(merges, sending.collect())
    }

    fn apply(mut model: Self, transition: &Transition) -> Self {
        model.last = Answer::None;
        match *transition {
            Transition::Enqueue { lane, urgent, expires_in, due_in, rule } => {
                model.enqueue(lane, urgent, (expires_in, due_in), rule);
            }
            Transition::EnqueueAgain { pick } => {
                let ids: Vec<String> = model.notifications().map(|item| item.id.clone()).collect();
                if let Some(id) = ids.get(pick % ids.len().max(1)) {
                    model.last = Answer::Enqueued(id.clone(), Accepted::Known);
                }
            }
            Transition::Claim { worker, lane, max } => model.claim(worker, lane, max),
            Transition::Release { worker } => model.release(worker),
            Transition::Merge { worker, two } => model.merge(worker, two),
            Transition::Begin { worker, pick } => model.begin(worker, pick),
            Transition::Settle { worker, pick, outcome } => model.settle(worker, pick, outcome),
            Transition::Crash { worker } => model.crash(worker),
            Transition::Advance { seconds } => model.clock += seconds,
            Transition::SetBack { seconds } => model.clock -= seconds,
            Transition::Redeliver { pick } => model.redeliver(pick),
        }
        model
    }
}
