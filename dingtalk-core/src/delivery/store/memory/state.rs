//! State of a store in memory, as plain data with the time as an argument.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};

use super::{
    super::{Begun, Claim, Claimed, DeadLetter, Enqueued, Failure, LanePending, Loss, Merge, Settlement},
    entry::{Entry, Place, Rank, system_time},
    known::Known,
    lane::{Held, Lane},
    rules::Rules,
};
use crate::{Envelope, Error, ErrorKind, delivery::Urgency};

/// All items, and the ids of those that were removed. Times count from 1970.
#[derive(Debug)]
pub(super) struct State {
    /// Items by id: notifications, including those in a digest, and digests.
    entries: HashMap<String, Entry>,
    lanes: HashMap<String, Lane>,
    /// Notifications whose place an urgent one may take, by number.
    displaceable: BTreeMap<u64, String>,
    known: Known,
    rules: Rules,
    /// Oldest first.
    dead_letters: VecDeque<DeadLetter>,
    dead_letter_capacity: usize,
    /// Number of entries that are not digests.
    notifications: usize,
    next_number: u64,
    next_claim: u64,
}

impl State {
    pub(super) fn new(dead_letter_capacity: usize) -> Self {
        Self {
            entries: HashMap::new(),
            lanes: HashMap::new(),
            displaceable: BTreeMap::new(),
            known: Known::default(),
            rules: Rules::new(),
            dead_letters: VecDeque::new(),
            dead_letter_capacity,
            notifications: 0,
            next_number: 0,
            next_claim: 1,
        }
    }

    pub(super) fn set_dead_letter_capacity(&mut self, capacity: usize) {
        self.dead_letter_capacity = capacity;
    }

    pub(super) fn notifications(&self) -> usize {
        self.notifications
    }

    pub(super) fn enqueue(
        &mut self,
        lane: &str,
        envelope: Envelope,
        capacity: usize,
        now: Duration,
    ) -> Enqueued {
        let id = &envelope.id;
        if self.entries.contains_key(id) || self.known.contains(id) || self.dead_letter(id).is_some() {
            return Enqueued::Known;
        }
        if self.rules.suppress(lane, &envelope, now) {
            return Enqueued::Suppressed;
        }
        let mut displaced = None;
        if self.notifications >= capacity {
            if envelope.urgency == Urgency::Urgent {
                displaced = self.displace(now);
            }
            if displaced.is_none() {
                return Enqueued::Full;
            }
        }
        let suppressed = self.rules.record(lane, &envelope, now);
        self.add(lane, envelope, now, |entry| entry.suppressed = suppressed);
        displaced.map_or(Enqueued::Added, |letter| Enqueued::Displaced(Box::new(letter)))
    }

    /// Gives up the newest notification that is not urgent.
    fn displace(&mut self, now: Duration) -> Option<DeadLetter> {
        let is_sending = |id: &str| {
            let lane = self.entries.get(id).and_then(|entry| self.lanes.get(&entry.lane));
            lane.is_some_and(|lane| lane.is_sending(id))
        };
        let id = self.displaceable.values().rev().find(|id| !is_sending(id))?.clone();
        let error = Error::new(ErrorKind::QueueFull, "an urgent notification took its place");
        self.bury(&id, Loss::Displaced, &Failure::from(&error), now).pop()
    }

    fn add(&mut self, lane: &str, envelope: Envelope, now: Duration, change: impl FnOnce(&mut Entry)) {
        let mut entry = Entry::new(lane, self.next_number(), envelope, now);
        change(&mut entry);
        self.notifications += 1;
        self.lane(lane).notifications += 1;
        self.insert(entry);
    }

    pub(super) fn claim(&mut self, lane: &str, max: usize, lease: Duration, now: Duration) -> Claimed {
        let mut claimed = Claimed::new(system_time(now));
        if let Some(held) = &self.lane(lane).held
            && now < held.until
        {
            claimed.next = Some(held.until.saturating_sub(now));
            return claimed;
        }
        self.interrupt(lane);
        claimed.expired = self.expire(lane, now);
        while let Some(id) = self.lane(lane).first_due(now).cloned() {
            let number = self.next_number();
            self.change(&id, |entry| {
                entry.position = (entry.position.0, number, 0);
                entry.place = Place::Ready;
            });
        }
        let number = self.next_claim;
        let Some(state) = self.lanes.get_mut(lane) else { return claimed };
        for id in state.ready.values().take(max) {
            let Some(entry) = self.entries.get_mut(id) else { continue };
            entry.claim = Some(number);
            claimed.items.push(entry.item(number));
        }
        if !claimed.items.is_empty() {
            self.next_claim += 1;
            state.held = Some(Held { claim: number, until: now.saturating_add(lease), sending: None });
            claimed.claim = Some(Claim::new(lane, number));
        }
        claimed.next = state.next_change().map(|at| at.saturating_sub(now));
        claimed.last_sent = state.last_sent.map(system_time);
        claimed
    }

    /// Ends a claim whose lease has ended.
    fn interrupt(&mut self, lane: &str) {
        let Some(held) = self.lane(lane).held.take() else { return };
        if let Some((id, _)) = held.sending
            && let Some(entry) = self.entries.get_mut(&id)
        {
            entry.interrupted = true;
            entry.may_have_arrived = true;
        }
    }

    fn expire(&mut self, lane: &str, now: Duration) -> Vec<DeadLetter> {
        let mut letters = Vec::new();
        while let Some(id) = self.lane(lane).first_expired(now).cloned() {
            let last = self.entries.get(&id).and_then(|entry| entry.last_failure.clone());
            let cause =
                last.map_or_else(String::new, |last| format!("the last attempt failed: {}", last.text));
            let failure = Failure::from(&Error::new(ErrorKind::Expired, cause));
            letters.extend(self.bury(&id, Loss::Expired, &failure, now));
        }
        letters
    }

    pub(super) fn release(&mut self, claim: &Claim) {
        let lane = self.lane(&claim.lane);
        if lane.held(claim.number).is_some_and(|held| held.sending.is_none()) {
            lane.held = None;
        }
    }

    pub(super) fn merge(&mut self, claim: &Claim, merges: Vec<Merge>, now: Duration) -> bool {
        let held = self.lane(&claim.lane).held(claim.number);
        if held.is_none_or(|held| held.sending.is_some()) {
            return false;
        }
        let mut first = None;
        for id in merges.iter().flat_map(|merge| &merge.members) {
            match self.claimed(claim, id) {
                Some(entry) if !entry.is_digest() => {
                    first = first.into_iter().chain([entry.position]).min();
                }
                _ => return false,
            }
        }
        self.lane(&claim.lane).held = None;
        let Some((rank, number, _)) = first else { return true };
        for (index, merge) in merges.into_iter().enumerate() {
            for id in &merge.members {
                self.change(id, |entry| entry.place = Place::Member);
            }
            let mut digest = Entry::new(&claim.lane, self.next_number(), merge.digest, now);
            digest.position = (rank, number, index + 1);
            digest.members = merge.members;
            self.insert(digest);
        }
        true
    }

    pub(super) fn begin(&mut self, claim: &Claim, id: &str, lease: Duration, now: Duration) -> Begun {
        let Some(entry) = self.claimed(claim, id).filter(|entry| !entry.has_expired(now)) else {
            return Begun::Lost;
        };
        let notifications = entry.notifications();
        let held = self.lane(&claim.lane).held(claim.number);
        let Some(held) = held.filter(|held| held.sending.is_none() && now < held.until) else {
            return Begun::Lost;
        };
        held.sending = Some((id.to_owned(), notifications));
        held.until = now.saturating_add(lease);
        let Some(entry) = self.entries.get_mut(id) else { return Begun::Lost };
        entry.attempts += 1;
        Begun::Started(entry.attempts)
    }

    pub(super) fn settle(&mut self, claim: &Claim, id: &str, settlement: Settlement, now: Duration) -> bool {
        if self.claimed(claim, id).is_none() {
            return false;
        }
        let lane = self.lane(&claim.lane);
        let begun = lane.is_sending(id);
        if lane.held(claim.number).is_none_or(|held| held.sending.is_some() != begun) {
            return false;
        }
        lane.held = None;
        let Some(entry) = self.entries.get_mut(id) else { return false };
        entry.interrupted = false;
        match settlement {
            Settlement::Delivered => {
                if entry.position.0 == Rank::Normal {
                    self.lane(&claim.lane).last_sent = Some(now);
                }
                self.forget(id);
            }
            Settlement::Deferred { after, counts, may_have_arrived, failure } => {
                self.change(id, |entry| {
                    if !after.is_zero() {
                        entry.place = Place::Deferred(now.saturating_add(after));
                    }
                    entry.attempts -= u32::from(begun && !counts);
                    entry.may_have_arrived |= may_have_arrived;
                    entry.last_failure = Some(failure);
                });
            }
            Settlement::Dead { loss, may_have_arrived, failure } => {
                entry.may_have_arrived |= may_have_arrived;
                self.bury(id, loss, &failure, now);
            }
            Settlement::Unmerged => self.unmerge(id),
        }
        true
    }

    pub(super) fn pending(&self, lane: &str) -> LanePending {
        self.lanes.get(lane).map_or_else(LanePending::default, Lane::pending)
    }

    pub(super) fn lanes(&self) -> Vec<(String, LanePending)> {
        let lanes = self.lanes.iter().filter(|(_, lane)| lane.notifications > 0);
        let mut lanes: Vec<_> = lanes.map(|(name, lane)| (name.clone(), lane.pending())).collect();
        lanes.sort_unstable_by(|(first, _), (second, _)| first.cmp(second));
        lanes
    }

    pub(super) fn dead_letters(&self, max: usize) -> Vec<DeadLetter> {
        self.dead_letters.iter().rev().take(max).cloned().collect()
    }

    pub(super) fn redeliver(&mut self, id: &str, capacity: usize, now: Duration) -> Option<Enqueued> {
        let index = self.dead_letter(id)?;
        if self.notifications >= capacity {
            return Some(Enqueued::Full);
        }
        let letter = self.dead_letters.remove(index)?;
        let mut envelope = letter.envelope;
        (envelope.expires_at, envelope.not_before) = (None, None);
        self.add(&letter.lane, envelope, now, |entry| {
            entry.may_have_arrived = letter.may_have_arrived;
            entry.last_failure = Some(letter.failure);
        });
        Some(Enqueued::Added)
    }

    fn next_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    fn lane(&mut self, name: &str) -> &mut Lane {
        if !self.lanes.contains_key(name) {
            self.lanes.insert(name.to_owned(), Lane::default());
        }
        self.lanes.get_mut(name).unwrap_or_else(|| unreachable!("{name} was added"))
    }

    /// Returns an item that was handed out under this claim. The claim may no longer hold.
    fn claimed(&self, claim: &Claim, id: &str) -> Option<&Entry> {
        let handed_out = |entry: &&Entry| entry.lane == claim.lane && entry.claim == Some(claim.number);
        self.entries.get(id).filter(handed_out)
    }

    fn dead_letter(&self, id: &str) -> Option<usize> {
        self.dead_letters.iter().position(|letter| letter.envelope.id == id)
    }

    fn insert(&mut self, entry: Entry) {
        self.lane(&entry.lane).insert(&entry);
        if entry.is_displaceable() {
            self.displaceable.insert(entry.number, entry.envelope.id.clone());
        }
        self.entries.insert(entry.envelope.id.clone(), entry);
    }

    fn remove(&mut self, id: &str) -> Option<Entry> {
        let entry = self.entries.remove(id)?;
        self.lane(&entry.lane).remove(&entry);
        self.displaceable.remove(&entry.number);
        Some(entry)
    }

    fn change(&mut self, id: &str, change: impl FnOnce(&mut Entry)) {
        if let Some(mut entry) = self.remove(id) {
            change(&mut entry);
            self.insert(entry);
        }
    }

    /// Removes an item that is finished; for a digest, its members too, which are returned.
    fn forget(&mut self, id: &str) -> Vec<Entry> {
        let Some(entry) = self.remove(id) else { return Vec::new() };
        self.known.remember(id.to_owned());
        let members = entry.members.clone();
        let finished: Vec<Entry> = if members.is_empty() {
            vec![entry]
        } else {
            members.iter().filter_map(|id| self.remove(id)).collect()
        };
        self.notifications -= finished.len();
        for entry in &finished {
            self.known.remember(entry.envelope.id.clone());
            self.lane(&entry.lane).notifications -= 1;
        }
        finished
    }

    fn bury(&mut self, id: &str, loss: Loss, failure: &Failure, now: Duration) -> Vec<DeadLetter> {
        let Some(entry) = self.entries.get(id) else { return Vec::new() };
        let (attempts, may_have_arrived) = (entry.attempts, entry.may_have_arrived);
        let finished = self.forget(id);
        let letters: Vec<DeadLetter> = finished
            .into_iter()
            .map(|entry| {
                self.rules.forget(&entry.lane, &entry.envelope);
                let mut letter = entry.dead_letter(loss, failure.clone(), now);
                (letter.attempts, letter.may_have_arrived) = (attempts, may_have_arrived);
                letter
            })
            .collect();
        self.dead_letters.extend(letters.iter().cloned());
        let too_many = self.dead_letters.len().saturating_sub(self.dead_letter_capacity);
        self.dead_letters.drain(..too_many);
        letters
    }

    fn unmerge(&mut self, id: &str) {
        let Some(digest) = self.remove(id) else { return };
        self.known.remember(id.to_owned());
        for id in digest.members {
            self.change(&id, |member| {
                member.place = Place::Ready;
                member.alone = true;
            });
        }
    }
}
