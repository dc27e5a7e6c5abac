//! State of a store in memory, as plain data with the time as an argument.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};

use super::{
    super::{Begun, Claim, Claimed, DeadLetter, Enqueued, Failure, LanePending, Loss, Merge, Settlement},
    entry::{Entry, Position, Work},
    known::Known,
};
use crate::{Envelope, Error, ErrorKind};

/// All items, and the ids of those that were removed. Times count from 1970.
#[derive(Debug)]
pub(super) struct State {
    /// Items by id: notifications, including those in a digest, and digests.
    entries: HashMap<String, Entry>,
    /// Ids of a lane in order, without those in a digest.
    lanes: HashMap<String, BTreeMap<Position, String>>,
    known: Known,
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
            known: Known::default(),
            dead_letters: VecDeque::new(),
            dead_letter_capacity,
            notifications: 0,
            next_number: 0,
            next_claim: 0,
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
        if self.notifications >= capacity {
            return Enqueued::Full;
        }
        self.add(lane, envelope, now);
        Enqueued::Added
    }

    fn add(&mut self, lane: &str, envelope: Envelope, now: Duration) -> &mut Entry {
        let entry = Entry::new(lane, self.next_number, envelope, now);
        self.next_number += 1;
        self.notifications += 1;
        let id = entry.envelope.id.clone();
        self.lanes.entry(lane.to_owned()).or_default().insert(entry.position, id.clone());
        self.entries.entry(id).insert_entry(entry).into_mut()
    }

    pub(super) fn claim(&mut self, lane: &str, max: usize, lease: Duration, now: Duration) -> Claimed {
        let mut claimed = Claimed::new(std::time::SystemTime::UNIX_EPOCH + now);
        self.end_leases(lane, now);
        claimed.expired = self.expire(lane, now);
        let mut next = None;
        for id in self.lanes.get(lane).into_iter().flat_map(BTreeMap::values) {
            let Some(entry) = self.entries.get_mut(id) else { continue };
            let changes = match entry.work {
                Work::None if entry.due <= now && claimed.items.len() < max => {
                    let claim = self.next_claim;
                    self.next_claim += 1;
                    entry.work = Work::Claimed { claim, until: now.saturating_add(lease) };
                    claimed.items.push(entry.item(claim));
                    entry.expires_at()
                }
                Work::None if entry.due <= now => entry.expires_at(),
                Work::None => Some(entry.expires_at().map_or(entry.due, |at| at.min(entry.due))),
                Work::Claimed { until, .. } | Work::Sending { until, .. } => Some(until),
                Work::Member => None,
            };
            next = next.into_iter().chain(changes).min();
        }
        claimed.next = next.map(|at| at.saturating_sub(now));
        claimed
    }

    /// Releases items whose lease has ended.
    fn end_leases(&mut self, lane: &str, now: Duration) {
        for id in self.lanes.get(lane).into_iter().flat_map(BTreeMap::values) {
            let Some(entry) = self.entries.get_mut(id) else { continue };
            match &entry.work {
                Work::Claimed { until, .. } if *until <= now => entry.work = Work::None,
                Work::Sending { until, .. } if *until <= now => {
                    entry.work = Work::None;
                    entry.interrupted = true;
                    entry.may_have_arrived = true;
                }
                _ => {}
            }
        }
    }

    fn expire(&mut self, lane: &str, now: Duration) -> Vec<DeadLetter> {
        let expired = |id: &&String| {
            self.entries.get(*id).is_some_and(|entry| entry.work == Work::None && entry.has_expired(now))
        };
        let ids = self.lanes.get(lane).into_iter().flat_map(BTreeMap::values);
        let expired: Vec<String> = ids.filter(expired).cloned().collect();
        let mut letters = Vec::new();
        for id in expired {
            let last = self.entries.get(&id).and_then(|entry| entry.last_failure.clone());
            let cause =
                last.map_or_else(String::new, |last| format!("the last attempt failed: {}", last.text));
            let failure = Failure::from(&Error::new(ErrorKind::Expired, cause));
            letters.extend(self.bury(&id, Loss::Expired, &failure, now));
        }
        letters
    }

    pub(super) fn release(&mut self, claims: &[Claim]) {
        for claim in claims {
            if let Some(entry) = self.held(claim)
                && matches!(entry.work, Work::Claimed { .. })
            {
                entry.work = Work::None;
            }
        }
    }

    pub(super) fn merge(&mut self, merges: Vec<Merge>, now: Duration) -> bool {
        let mut first = None;
        for claim in merges.iter().flat_map(|merge| &merge.members) {
            match self.held(claim) {
                Some(entry) if matches!(entry.work, Work::Claimed { .. }) && !entry.is_digest() => {
                    first = first.into_iter().chain([entry.position]).min();
                }
                _ => return false,
            }
        }
        let Some((rank, number, _)) = first else { return merges.is_empty() };
        for (index, merge) in merges.into_iter().enumerate() {
            let mut digest = None;
            for claim in merge.members {
                let Some(member) = self.entries.get_mut(&claim.id) else { continue };
                member.work = Work::Member;
                let digest =
                    digest.get_or_insert_with(|| Entry::new(&member.lane, 0, merge.digest.clone(), now));
                if let Some(line) = self.lanes.get_mut(&member.lane) {
                    line.remove(&member.position);
                }
                digest.members.push(claim.id);
            }
            let Some(mut digest) = digest else { continue };
            digest.position = (rank, number, index + 1);
            let id = digest.envelope.id.clone();
            self.lanes.entry(digest.lane.clone()).or_default().insert(digest.position, id.clone());
            self.entries.insert(id, digest);
        }
        true
    }

    pub(super) fn begin(&mut self, claim: &Claim, lease: Duration, now: Duration) -> Begun {
        let Some(entry) = self.held(claim) else { return Begun::Lost };
        match entry.work {
            Work::Claimed { until, .. } if now < until => {}
            _ => return Begun::Lost,
        }
        if entry.has_expired(now) {
            entry.work = Work::None;
            return Begun::Lost;
        }
        entry.work = Work::Sending { claim: claim.number, until: now.saturating_add(lease) };
        entry.attempts += 1;
        Begun::Started(entry.attempts)
    }

    pub(super) fn settle(&mut self, claim: &Claim, settlement: Settlement, now: Duration) -> bool {
        let Some(entry) = self.held(claim) else { return false };
        let begun = matches!(entry.work, Work::Sending { .. });
        entry.work = Work::None;
        entry.interrupted = false;
        match settlement {
            Settlement::Delivered => self.forget(&claim.id),
            Settlement::Deferred { after, counts, may_have_arrived, failure } => {
                entry.due = now.saturating_add(after);
                entry.attempts -= u32::from(begun && !counts);
                entry.may_have_arrived |= may_have_arrived;
                entry.last_failure = Some(failure);
            }
            Settlement::Dead { loss, may_have_arrived, failure } => {
                entry.may_have_arrived |= may_have_arrived;
                self.bury(&claim.id, loss, &failure, now);
            }
            Settlement::Unmerged => self.unmerge(&claim.id),
        }
        true
    }

    pub(super) fn pending(&self, lane: &str) -> LanePending {
        let ids = self.lanes.get(lane).into_iter().flat_map(BTreeMap::values);
        ids.filter_map(|id| self.entries.get(id))
            .map(Entry::pending)
            .fold(LanePending::default(), |sum, one| {
                LanePending::new(sum.waiting + one.waiting, sum.sending + one.sending)
            })
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
        envelope.expires_at = None;
        let entry = self.add(&letter.lane, envelope, now);
        entry.may_have_arrived = letter.may_have_arrived;
        entry.last_failure = Some(letter.failure);
        Some(Enqueued::Added)
    }

    fn held(&mut self, claim: &Claim) -> Option<&mut Entry> {
        self.entries.get_mut(&claim.id).filter(|entry| entry.is_held_by(claim))
    }

    fn dead_letter(&self, id: &str) -> Option<usize> {
        self.dead_letters.iter().position(|letter| letter.envelope.id == id)
    }

    /// Removes an item from its lane.
    fn take(&mut self, id: &str) -> Option<Entry> {
        let entry = self.entries.remove(id)?;
        if let Some(line) = self.lanes.get_mut(&entry.lane) {
            line.remove(&entry.position);
        }
        self.notifications -= usize::from(!entry.is_digest());
        self.known.remember(id.to_owned());
        Some(entry)
    }

    /// Removes an item that is finished, with its members.
    fn forget(&mut self, id: &str) {
        let Some(entry) = self.take(id) else { return };
        for member in entry.members {
            self.take_member(&member);
        }
    }

    fn bury(&mut self, id: &str, loss: Loss, failure: &Failure, now: Duration) -> Vec<DeadLetter> {
        let Some(mut entry) = self.take(id) else { return Vec::new() };
        let members = std::mem::take(&mut entry.members);
        let letters: Vec<DeadLetter> = if members.is_empty() {
            vec![entry.dead_letter(loss, failure.clone(), now)]
        } else {
            let (attempts, may_have_arrived) = (entry.attempts, entry.may_have_arrived);
            let members = members.iter().filter_map(|id| self.take_member(id));
            members
                .map(|member| {
                    let mut letter = member.dead_letter(loss, failure.clone(), now);
                    (letter.attempts, letter.may_have_arrived) = (attempts, may_have_arrived);
                    letter
                })
                .collect()
        };
        self.dead_letters.extend(letters.iter().cloned());
        let too_many = self.dead_letters.len().saturating_sub(self.dead_letter_capacity);
        self.dead_letters.drain(..too_many);
        letters
    }

    /// Members are not in a lane.
    fn take_member(&mut self, id: &str) -> Option<Entry> {
        let entry = self.entries.remove(id)?;
        self.notifications -= 1;
        self.known.remember(id.to_owned());
        Some(entry)
    }

    fn unmerge(&mut self, id: &str) {
        let Some(digest) = self.take(id) else { return };
        let line = self.lanes.entry(digest.lane).or_default();
        for id in digest.members {
            if let Some(member) = self.entries.get_mut(&id) {
                member.work = Work::None;
                member.alone = true;
                line.insert(member.position, id);
            }
        }
    }
}
