//! Choice of the robot for a message.

use std::time::Duration;

/// Returns the index of the shortest wait; of several, the first one counted from `next`, so that robots take turns.
/// `None` marks a robot that is excluded.
pub(super) fn soonest(waits: &[Option<Duration>], next: usize) -> Option<usize> {
    let count = waits.len();
    // `min_by_key` returns the first of equals.
    (0..count)
        .map(|offset| (next + offset) % count)
        .filter_map(|index| waits[index].map(|wait| (index, wait)))
        .min_by_key(|(_, wait)| *wait)
        .map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equals_take_turns_and_nobody_is_asked_in_vain() {
        let free = [Some(Duration::ZERO); 3];
        assert_eq!([0, 1, 2].map(|next| soonest(&free, next)), [Some(0), Some(1), Some(2)]);
        assert_eq!(soonest(&[None, Some(Duration::MAX), None], 2), Some(1));
        assert_eq!(soonest(&[None, None], 1), None);
        assert_eq!(soonest(&[], 0), None);
    }

    proptest! {
        #[test]
        fn nobody_waits_shorter_than_the_chosen_one(
            waits in prop::collection::vec(prop::option::of(0u64..4), 0..8),
            next in 0usize..8,
        ) {
            let waits: Vec<_> = waits.into_iter().map(|wait| wait.map(Duration::from_secs)).collect();
            let best = waits.iter().flatten().min().copied();
            let chosen = soonest(&waits, next);
            prop_assert_eq!(chosen.and_then(|index| waits[index]), best);
            if let Some(chosen) = chosen {
                let distance = |index: usize| (index + 8 * waits.len() - next) % waits.len();
                let nearer = (0..waits.len()).find(|index| waits[*index] == best && distance(*index) < distance(chosen));
                prop_assert_eq!(nearer, None, "another one had waited for its turn longer");
            }
        }
    }
}
