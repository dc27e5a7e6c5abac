//! Names of waiters, slots and users of the file.

/// Returns a name that no other process uses.
pub(crate) fn random_id() -> i64 {
    // Positive, and never the largest one.
    rand::random_range(1..i64::MAX)
}
