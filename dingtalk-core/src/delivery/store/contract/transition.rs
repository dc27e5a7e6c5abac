//! The steps of a history.

use proptest::{
    prelude::*,
    strategy::{BoxedStrategy, Union},
};

/// One step. A step that selects something does so by a number, modulo the number of candidates.
#[derive(Debug, Clone)]
pub(super) enum Transition {
    /// A notification is added.
    Enqueue { lane: usize, urgent: bool, expires_in: Option<u64>, due_in: Option<u64>, rule: Option<Rule> },
    /// A known notification is added again.
    EnqueueAgain { pick: usize },
    /// A worker claims a lane.
    Claim { worker: usize, lane: usize, max: usize },
    /// A worker gives a claim back.
    Release { worker: usize },
    /// A worker merges claimed items into one digest, or two.
    Merge { worker: usize, two: bool },
    /// A worker begins an attempt.
    Begin { worker: usize, pick: usize },
    /// A worker reports the outcome of an attempt.
    Settle { worker: usize, pick: usize, outcome: Outcome },
    /// A worker loses its state.
    Crash { worker: usize },
    /// Time passes.
    Advance { seconds: u64 },
    /// The clock is set back.
    SetBack { seconds: u64 },
    /// A person has a dead letter sent again.
    Redeliver { pick: usize },
}

/// Rule for repetitions of a notification, with one of a few keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    Dedupe(u8),
    Throttle(u8),
}

/// Outcome of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Delivered,
    NotSent,
    Unknown,
    Throttled,
    Dead,
    DeadUnknown,
    /// For a digest: refused.
    Unmerged,
}

/// Any step, with a preference for useful ones: `merges` are workers with items to merge, `sending` are workers and the
/// numbers that select an item that they are sending.
pub(super) fn any_transition(merges: Vec<usize>, sending: Vec<(usize, usize)>) -> BoxedStrategy<Transition> {
    let worker = || 0..2_usize;
    let lane = || 0..2_usize;
    // The first item of the newest claim, or any.
    let pick = || prop_oneof![3 => Just(0_usize), 1 => 0..100_usize];
    let outcome = || {
        prop_oneof![
            4 => Just(Outcome::Delivered),
            2 => Just(Outcome::NotSent),
            2 => Just(Outcome::Unknown),
            2 => Just(Outcome::Throttled),
            1 => Just(Outcome::Dead),
            1 => Just(Outcome::DeadUnknown),
            3 => Just(Outcome::Unmerged),
        ]
    };
    let rule = prop_oneof![(0..2_u8).prop_map(Rule::Dedupe), Just(Rule::Throttle(0))];
    let added = (
        lane(),
        proptest::bool::weighted(0.25),
        proptest::option::weighted(0.2, 1..200_u64),
        proptest::option::weighted(0.1, 0..60_u64),
        proptest::option::weighted(0.35, rule),
    );
    let mut all = vec![
        (
            9,
            added
                .prop_map(|(lane, urgent, expires_in, due_in, rule)| Transition::Enqueue {
                    lane,
                    urgent,
                    expires_in,
                    due_in,
                    rule,
                })
                .boxed(),
        ),
        (1, (0..100_usize).prop_map(|pick| Transition::EnqueueAgain { pick }).boxed()),
        (
            8,
            (worker(), lane(), prop_oneof![Just(1_usize), 1..10_usize])
                .prop_map(|(worker, lane, max)| Transition::Claim { worker, lane, max })
                .boxed(),
        ),
        (2, worker().prop_map(|worker| Transition::Release { worker }).boxed()),
        (1, (worker(), any::<bool>()).prop_map(|(worker, two)| Transition::Merge { worker, two }).boxed()),
        (8, (worker(), pick()).prop_map(|(worker, pick)| Transition::Begin { worker, pick }).boxed()),
        (
            3,
            (worker(), pick(), outcome())
                .prop_map(|(worker, pick, outcome)| Transition::Settle { worker, pick, outcome })
                .boxed(),
        ),
        (1, worker().prop_map(|worker| Transition::Crash { worker }).boxed()),
        (5, prop_oneof![1..20_u64, 1..100_u64].prop_map(|seconds| Transition::Advance { seconds }).boxed()),
        (1, (1..50_u64).prop_map(|seconds| Transition::SetBack { seconds }).boxed()),
        (1, (0..100_usize).prop_map(|pick| Transition::Redeliver { pick }).boxed()),
    ];
    if !merges.is_empty() {
        let merge = (proptest::sample::select(merges), any::<bool>())
            .prop_map(|(worker, two)| Transition::Merge { worker, two });
        all.push((8, merge.boxed()));
    }
    if !sending.is_empty() {
        let settle = (proptest::sample::select(sending), outcome())
            .prop_map(|((worker, pick), outcome)| Transition::Settle { worker, pick, outcome });
        all.push((8, settle.boxed()));
    }
    Union::new_weighted(all).boxed()
}
