//! Faults that the next requests meet.

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::{
    fault::Fault,
    fault_rule::{Applies, FaultRule, name_of},
};

/// The queued faults, those by chance, and the standing one.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// One element per request; `None` is a request without a fault.
    next: VecDeque<Option<Fault>>,
    by_chance: Vec<ByChance>,
    standing: Option<Fault>,
}

/// A fault that some requests meet.
#[derive(Debug)]
struct ByChance {
    fault: Fault,
    chance: f64,
    dice: Dice,
}

/// Random numbers that the same seed repeats, in every version of the sandbox (`SplitMix64`).
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    /// Returns a number of at least 0 and less than 1.
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // 32 bits are precise enough for a chance, and fit a float exactly.
        let bits = u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or_default();
        f64::from(bits) / (f64::from(u32::MAX) + 1.0)
    }
}

impl Faults {
    pub(crate) fn stand(&mut self, fault: Fault) {
        self.standing = Some(fault);
    }

    pub(crate) fn queue(&mut self, times: usize, fault: Fault) {
        self.script(std::iter::repeat_n(Some(fault), times));
    }

    pub(crate) fn script(&mut self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.next.extend(faults);
    }

    pub(crate) fn heal(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn by_chance(&mut self, chance: f64, seed: u64, fault: Fault) {
        self.by_chance.push(ByChance { fault, chance, dice: Dice(seed) });
    }

    /// Adds the faults of a rule.
    pub(crate) fn follow(&mut self, rule: FaultRule) {
        match rule.applies {
            Applies::Always => self.stand(rule.fault),
            Applies::Next(times) => self.queue(times, rule.fault),
            Applies::ByChance { chance, seed } => self.by_chance(chance, seed, rule.fault),
        }
    }

    /// Returns the faults as JSON, by the names that [`FaultRule`] reads.
    pub(crate) fn to_json(&self) -> Value {
        let by_chance = |one: &ByChance| json!({"fault": name_of(&one.fault), "chance": one.chance});
        json!({
            "next": self.next.iter().map(|next| next.as_ref().map(name_of)).collect::<Vec<_>>(),
            "by_chance": self.by_chance.iter().map(by_chance).collect::<Vec<_>>(),
            "always": self.standing.as_ref().map(name_of),
        })
    }

    /// Takes the fault for the current request.
    pub(crate) fn take(&mut self) -> Option<Fault> {
        if let Some(next) = self.next.pop_front() {
            return next;
        }
        // Each rolls at every request, so that one does not change the luck of another.
        let hits: Vec<bool> = self.by_chance.iter_mut().map(|one| one.dice.roll() < one.chance).collect();
        let hit = self.by_chance.iter().zip(hits).find(|(_, hit)| *hit);
        hit.map(|(one, _)| one.fault.clone()).or_else(|| self.standing.clone())
    }

    /// Reports whether the new connection must be reset at once, and takes that fault from the queue.
    pub(crate) fn take_on_connect(&mut self) -> bool {
        let next = self.next.front().map_or(self.standing.as_ref(), Option::as_ref);
        let reset = next == Some(&Fault::ResetOnConnect);
        if reset {
            self.next.pop_front();
        }
        reset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queued_faults_come_before_the_standing_one() {
        let mut faults = Faults::default();
        assert_eq!(faults.take(), None);
        faults.stand(Fault::Hang);
        faults.queue(2, Fault::Busy);
        let taken: Vec<_> = std::iter::repeat_with(|| faults.take()).take(4).flatten().collect();
        assert_eq!(taken, [Fault::Busy, Fault::Busy, Fault::Hang, Fault::Hang]);
        faults.heal();
        assert_eq!(faults.take(), None);
    }

    #[test]
    fn a_script_can_skip_requests() {
        let mut faults = Faults::default();
        faults.stand(Fault::Hang);
        faults.script([None, Some(Fault::ResetOnConnect), None]);
        assert!(!faults.take_on_connect());
        assert_eq!(faults.take(), None);
        assert!(faults.take_on_connect());
        assert_eq!(faults.take(), None);
        assert_eq!(faults.take(), Some(Fault::Hang));
    }

    #[test]
    fn a_connection_takes_only_its_own_fault() {
        let mut faults = Faults::default();
        faults.queue(1, Fault::Busy);
        faults.queue(1, Fault::ResetOnConnect);
        assert!(!faults.take_on_connect());
        assert_eq!(faults.take(), Some(Fault::Busy));
        assert!(faults.take_on_connect());
        assert!(!faults.take_on_connect());
    }

    #[test]
    fn a_chance_is_kept_and_the_same_seed_repeats_it() {
        let run = |seed| {
            let mut faults = Faults::default();
            faults.by_chance(0.25, seed, Fault::Busy);
            std::iter::repeat_with(|| faults.take().is_some()).take(4000).collect::<Vec<_>>()
        };
        let hits = run(7).iter().filter(|hit| **hit).count();
        assert!((900..1100).contains(&hits), "{hits} of 4,000");
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }

    #[test]
    fn a_chance_of_one_hits_always_and_of_zero_never() {
        let mut faults = Faults::default();
        faults.by_chance(0.0, 1, Fault::Hang);
        faults.by_chance(1.0, 1, Fault::Busy);
        faults.stand(Fault::Throttle);
        assert!((0..100).all(|_| faults.take() == Some(Fault::Busy)));
    }
}
