//! The most direct implementation of a store: one list of notifications, searched from the start each time.

use proptest::strategy::{BoxedStrategy, Just, Strategy as _};
use proptest_state_machine::ReferenceStateMachine;

use super::transition::{Outcome, Transition, any_transition};

/// In seconds.
pub(super) const LEASE: u64 = 50;

/// Maximum number of notifications in the store.
pub(super) const CAPACITY: usize = 12;

/// Delays before the next attempt for a message that was not sent, and for one that may have arrived.
pub(super) const NOT_SENT_PAUSE: u64 = 5;
pub(super) const UNKNOWN_PAUSE: u64 = 30;

/// State of all items, and the expected result of the last step.
#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    /// Seconds since the start, by a monotonic clock.
    pub(super) time: u64,
    /// The store's clock.
    pub(super) clock: u64,
    /// All notifications ever accepted, and digests, in the order of their lanes.
    pub(super) items: Vec<Item>,
    /// Items that each worker holds, or believes to hold: ids and the numbers of their claims.
    pub(super) tickets: [Vec<(String, u64)>; 2],
    pub(super) last: Answer,
    numbers: u64,
    claims: u64,
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
    pub(super) state: State,
    /// Position in the lane: not urgent, number, page.
    place: (bool, u64, usize),
    due: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Waiting,
    Claimed {
        claim: u64,
        until: u64,
    },
    Sending {
        claim: u64,
        until: u64,
    },
    /// In a digest.
    Member,
    Delivered,
    /// Ordinal number of the dead letter.
    Dead(u64),
    /// A digest that no longer exists.
    Gone,
}

/// Result of a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Answer {
    /// Nothing to compare.
    #[default]
    None,
    /// Added, known or full: the given items, by id.
    Enqueued(String, Accepted),
    Claimed {
        items: Vec<String>,
        expired: Vec<String>,
        next: Option<u64>,
    },
    Merged {
        digests: Vec<(String, Vec<String>)>,
        done: bool,
    },
    Begun {
        ticket: (String, u64),
        answer: Begun,
    },
    Settled {
        ticket: (String, u64),
        outcome: Outcome,
        held: bool,
        was_sending: bool,
    },
    Redelivered(String, bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accepted {
    Added,
    Known,
    Full,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begun {
    Started(u32),
    Lost,
}

impl Item {
    fn is_held(&self, claim: u64) -> bool {
        matches!(self.state, State::Claimed { claim: held, .. } | State::Sending { claim: held, .. } if held == claim)
    }

    pub(super) fn is_pending(&self) -> bool {
        !matches!(self.state, State::Delivered | State::Dead(_) | State::Gone)
    }

    pub(super) fn is_digest(&self) -> bool {
        !self.members.is_empty()
    }
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

    /// Ids of the items in a lane, in order.
    fn line(&self, lane: usize) -> Vec<String> {
        let stands = |item: &&Item| item.lane == lane && item.is_pending() && item.state != State::Member;
        let mut items: Vec<&Item> = self.items.iter().filter(stands).collect();
        items.sort_by_key(|item| item.place);
        items.into_iter().map(|item| item.id.clone()).collect()
    }

    fn is_full(&self) -> bool {
        self.notifications().filter(|item| item.is_pending()).count() >= CAPACITY
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn enqueue(&mut self, lane: usize, urgent: bool, expires_in: Option<u64>) {
        let number = self.number();
        let id = format!("n{number}");
        if self.is_full() {
            self.last = Answer::Enqueued(id, Accepted::Full);
            return;
        }
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
            state: State::Waiting,
            place: (!urgent, number, 0),
            due: self.clock,
        });
        self.last = Answer::Enqueued(id, Accepted::Added);
    }

    fn claim(&mut self, worker: usize, lane: usize, max: usize) {
        let clock = self.clock;
        let (mut items, mut expired, mut next) = (Vec::new(), Vec::new(), None);
        for id in self.line(lane) {
            let item = self.item_mut(&id);
            match item.state {
                State::Claimed { until, .. } if until <= clock => item.state = State::Waiting,
                State::Sending { until, .. } if until <= clock => {
                    item.state = State::Waiting;
                    (item.interrupted, item.may_have_arrived) = (true, true);
                }
                _ => {}
            }
            let item = self.item(&id);
            if item.state == State::Waiting && item.expires_at.is_some_and(|at| at <= clock) {
                expired.extend(self.bury(&id));
            }
        }
        for id in self.line(lane) {
            let claim = self.claims;
            let item = self.item_mut(&id);
            let changes = match item.state {
                State::Claimed { until, .. } | State::Sending { until, .. } => Some(until),
                _ if item.due > clock => Some(item.expires_at.unwrap_or(u64::MAX).min(item.due)),
                _ => {
                    if items.len() < max {
                        item.state = State::Claimed { claim, until: clock + LEASE };
                        items.push(id.clone());
                        self.tickets[worker].push((id.clone(), claim));
                        self.claims += 1;
                    }
                    self.item(&id).expires_at
                }
            };
            next = next.into_iter().chain(changes).min();
        }
        let next = next.map(|at: u64| at - clock);
        self.last = Answer::Claimed { items, expired, next };
    }

    /// Turns an item, or the members of a digest, into dead letters; returns their ids.
    fn bury(&mut self, id: &str) -> Vec<String> {
        let digest = self.item(id).clone();
        if !digest.is_digest() {
            self.deaths += 1;
            self.item_mut(id).state = State::Dead(self.deaths);
            return vec![id.to_owned()];
        }
        for member in &digest.members {
            self.deaths += 1;
            let death = State::Dead(self.deaths);
            let item = self.item_mut(member);
            (item.state, item.attempts, item.may_have_arrived) =
                (death, digest.attempts, digest.may_have_arrived);
        }
        self.item_mut(id).state = State::Gone;
        digest.members
    }

    /// The leases of a worker on claimed items of a lane that may be merged.
    fn mergeable(&self, worker: usize, lane: usize) -> Vec<String> {
        let tickets = self.tickets[worker].iter();
        let fits = |(id, claim): &&(String, u64)| {
            let item = self.item(id);
            item.lane == lane
                && !item.urgent
                && !item.is_digest()
                && !item.alone
                && !item.may_have_arrived
                && matches!(item.state, State::Claimed { claim: held, .. } if held == *claim)
        };
        tickets.filter(fits).map(|(id, _)| id.clone()).collect()
    }

    fn merge(&mut self, worker: usize, lane: usize, two: bool) {
        let ids = self.mergeable(worker, lane);
        let first = ids.iter().map(|id| self.item(id).place).min();
        let Some(first) = first.filter(|_| ids.len() >= 2) else {
            self.last = Answer::Merged { digests: Vec::new(), done: true };
            return;
        };
        // The later half comes first, so that the order of digests differs from that of their members.
        let halves = if two && ids.len() >= 4 {
            let (first, second) = ids.split_at(ids.len() / 2);
            vec![second.to_vec(), first.to_vec()]
        } else {
            vec![ids]
        };
        let mut digests = Vec::new();
        for (page, members) in halves.into_iter().enumerate() {
            for member in &members {
                self.item_mut(member).state = State::Member;
            }
            let id = format!("d{}", self.number());
            self.items.push(Item {
                id: id.clone(),
                lane,
                urgent: false,
                expires_at: None,
                members: members.clone(),
                attempts: 0,
                interrupted: false,
                may_have_arrived: false,
                alone: false,
                state: State::Waiting,
                place: (first.0, first.1, page + 1),
                due: self.clock,
            });
            digests.push((id, members));
        }
        self.last = Answer::Merged { digests, done: true };
    }

    fn begin(&mut self, worker: usize, pick: usize) {
        let tickets = &self.tickets[worker];
        let Some(ticket) = tickets.get(pick % tickets.len().max(1)).cloned() else { return };
        let clock = self.clock;
        let item = self.item_mut(&ticket.0);
        let holds =
            matches!(item.state, State::Claimed { claim, until } if claim == ticket.1 && clock < until);
        let answer = if !holds {
            Begun::Lost
        } else if item.expires_at.is_some_and(|at| at <= clock) {
            item.state = State::Waiting;
            Begun::Lost
        } else {
            item.state = State::Sending { claim: ticket.1, until: clock + LEASE };
            item.attempts += 1;
            Begun::Started(item.attempts)
        };
        self.last = Answer::Begun { ticket, answer };
    }

    fn settle(&mut self, worker: usize, pick: usize, outcome: Outcome) {
        let tickets = &mut self.tickets[worker];
        if tickets.is_empty() {
            return;
        }
        let ticket = tickets.remove(pick % tickets.len());
        let clock = self.clock;
        let item = self.item_mut(&ticket.0);
        let held = item.is_held(ticket.1);
        let was_sending = matches!(item.state, State::Sending { .. });
        // Without an attempt, a worker can only defer the item or give it up.
        let outcome = match outcome {
            Outcome::DeadUnknown | Outcome::NotSent | Outcome::Throttled => outcome,
            _ if !was_sending => Outcome::Dead,
            // A queue takes no digest apart that may have arrived.
            Outcome::Unmerged if !item.is_digest() || item.may_have_arrived => Outcome::Delivered,
            other => other,
        };
        self.last = Answer::Settled { ticket: ticket.clone(), outcome, held, was_sending };
        if !held {
            return;
        }
        let item = self.item_mut(&ticket.0);
        item.interrupted = false;
        item.state = State::Waiting;
        match outcome {
            Outcome::NotSent => item.due = clock + NOT_SENT_PAUSE,
            Outcome::Unknown => (item.due, item.may_have_arrived) = (clock + UNKNOWN_PAUSE, true),
            Outcome::Throttled => {
                (item.due, item.attempts) = (clock, item.attempts - u32::from(was_sending));
            }
            Outcome::Delivered => {
                let members = item.members.clone();
                item.state = if members.is_empty() { State::Delivered } else { State::Gone };
                for member in members {
                    self.item_mut(&member).state = State::Delivered;
                }
            }
            Outcome::Dead | Outcome::DeadUnknown => {
                item.may_have_arrived |= outcome == Outcome::DeadUnknown;
                self.bury(&ticket.0);
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

    fn redeliver(&mut self, pick: usize) {
        let dead: Vec<String> = self.dead().iter().map(|item| item.id.clone()).collect();
        let Some(id) = dead.get(pick % dead.len().max(1)).cloned() else { return };
        let full = self.is_full();
        self.last = Answer::Redelivered(id.clone(), !full);
        if full {
            return;
        }
        let (number, clock) = (self.number(), self.clock);
        let item = self.item_mut(&id);
        item.state = State::Waiting;
        (item.attempts, item.alone, item.interrupted, item.expires_at) = (0, false, false, None);
        (item.place, item.due) = ((!item.urgent, number, 0), clock);
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
        let merges = [(0, 0), (0, 1), (1, 0), (1, 1)]
            .into_iter()
            .filter(|(worker, lane)| model.mergeable(*worker, *lane).len() >= 2);
        let digests = model.tickets.iter().enumerate().flat_map(|(worker, tickets)| {
            let is_digest = |(id, _): &(String, u64)| {
                let item = model.item(id);
                item.is_digest() && matches!(item.state, State::Sending { .. })
            };
            let picks = tickets.iter().enumerate().filter(move |(_, ticket)| is_digest(ticket));
            picks.map(move |(pick, _)| (worker, pick)).collect::<Vec<_>>()
        });
        any_transition(merges.collect(), digests.collect())
    }

    fn apply(mut model: Self, transition: &Transition) -> Self {
        model.last = Answer::None;
        match *transition {
            Transition::Enqueue { lane, urgent, expires_in } => model.enqueue(lane, urgent, expires_in),
            Transition::EnqueueAgain { pick } => {
                let ids: Vec<String> = model.notifications().map(|item| item.id.clone()).collect();
                if let Some(id) = ids.get(pick % ids.len().max(1)) {
                    model.last = Answer::Enqueued(id.clone(), Accepted::Known);
                }
            }
            Transition::Claim { worker, lane, max } => model.claim(worker, lane, max),
            Transition::Release { worker } => {
                for (id, claim) in model.tickets[worker].clone() {
                    let item = model.item_mut(&id);
                    if matches!(item.state, State::Claimed { claim: held, .. } if held == claim) {
                        item.state = State::Waiting;
                    }
                }
            }
            Transition::Merge { worker, lane, two } => model.merge(worker, lane, two),
            Transition::Begin { worker, pick } => model.begin(worker, pick),
            Transition::Settle { worker, pick, outcome } => model.settle(worker, pick, outcome),
            Transition::Crash { worker } => model.tickets[worker].clear(),
            Transition::Advance { seconds } => {
                model.time += seconds;
                model.clock += seconds;
            }
            Transition::SetBack { seconds } => model.clock -= seconds,
            Transition::Redeliver { pick } => model.redeliver(pick),
        }
        model
    }
}
