//! The steps of a history.

use proptest::{
    prelude::*,
    strategy::{BoxedStrategy, Union},
};

/// One step. A step that selects something does so by a number, modulo the number of candidates.
#[derive(Debug, Clone)]
pub(super) enum Transition {
    /// A notification is added.
    Enqueue { lane: usize, urgent: bool, expires_in: Option<u64> },
    /// A known notification is added again.
    EnqueueAgain { pick: usize },
    /// A worker claims items.
    Claim { worker: usize, lane: usize, max: usize },
    /// A worker returns items that it has not begun.
    Release { worker: usize },
    /// A worker merges claimed items into one digest, or two.
    Merge { worker: usize, lane: usize, two: bool },
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

/// Any step, with a preference for useful ones: `merges` are workers and lanes with items to merge, `digests`
/// are workers that are sending a digest, with its position among their leases.
pub(super) fn any_transition(
    merges: Vec<(usize, usize)>,
    digests: Vec<(usize, usize)>,
) -> BoxedStrategy<Transition> {
    let worker = 0..2_usize;
    let lane = 0..2_usize;
    let pick = 0..100_usize;
    let outcome = prop_oneof![
        4 => Just(Outcome::Delivered),
        2 => Just(Outcome::NotSent),
        2 => Just(Outcome::Unknown),
        2 => Just(Outcome::Throttled),
        1 => Just(Outcome::Dead),
        1 => Just(Outcome::DeadUnknown),
        2 => Just(Outcome::Unmerged),
    ];
    let mut sensible = Vec::new();
    if !merges.is_empty() {
        let merge = (proptest::sample::select(merges), any::<bool>())
            .prop_map(|((worker, lane), two)| Transition::Merge { worker, lane, two });
        sensible.push((8, merge.boxed()));
    }
    if !digests.is_empty() {
        let refused = proptest::sample::select(digests).prop_map(|(worker, pick)| {
            let outcome = Outcome::Unmerged;
            Transition::Settle { worker, pick, outcome }
        });
        sensible.push((3, refused.boxed()));
    }
    let mut all = vec![
        (
            8,
            (lane.clone(), proptest::bool::weighted(0.2), proptest::option::weighted(0.2, 1..200_u64))
                .prop_map(|(lane, urgent, expires_in)| Transition::Enqueue { lane, urgent, expires_in })
                .boxed(),
        ),
        (1, pick.clone().prop_map(|pick| Transition::EnqueueAgain { pick }).boxed()),
        (
            8,
            (worker.clone(), lane.clone(), prop_oneof![Just(1_usize), 1..10_usize])
                .prop_map(|(worker, lane, max)| Transition::Claim { worker, lane, max })
                .boxed(),
        ),
        (1, worker.clone().prop_map(|worker| Transition::Release { worker }).boxed()),
        (
            2,
            (worker.clone(), lane, any::<bool>())
                .prop_map(|(worker, lane, two)| Transition::Merge { worker, lane, two })
                .boxed(),
        ),
        (
            8,
            (worker.clone(), pick.clone())
                .prop_map(|(worker, pick)| Transition::Begin { worker, pick })
                .boxed(),
        ),
        (
            8,
            (worker.clone(), pick.clone(), outcome)
                .prop_map(|(worker, pick, outcome)| Transition::Settle { worker, pick, outcome })
                .boxed(),
        ),
        (1, worker.prop_map(|worker| Transition::Crash { worker }).boxed()),
        (5, prop_oneof![1..20_u64, 1..100_u64].prop_map(|seconds| Transition::Advance { seconds }).boxed()),
        (1, (1..50_u64).prop_map(|seconds| Transition::SetBack { seconds }).boxed()),
        (1, pick.prop_map(|pick| Transition::Redeliver { pick }).boxed()),
    ];
    all.extend(sensible);
    Union::new_weighted(all).boxed()
}
