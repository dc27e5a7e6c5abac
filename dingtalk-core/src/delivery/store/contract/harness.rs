//! The store that is checked.

use std::time::{Duration, SystemTime};

use crate::queue::store::Store;

/// A store with an adjustable clock, in whole seconds.
pub trait Harness {
    /// Set if the clock can be set back; unless it is, no history does so.
    const CAN_SET_BACK: bool = false;

    /// Set if the lanes that a crashed process has claimed are free at once; unless it is, they are after their leases.
    const FREES_LANES: bool = false;

    /// Returns the store as one of two workers, 0 and 1, has it. Both may have the same.
    fn store(&self, worker: usize) -> &dyn Store;

    /// Returns the time of the store's clock.
    fn now(&self) -> SystemTime;

    /// Lets time pass. If a store's clock cannot be adjusted, all its times can be made earlier instead.
    fn advance(&mut self, by: Duration);

    /// Sets the clock back.
    fn set_back(&mut self, by: Duration) {
        let _ = by;
    }

    /// Ends the process of one worker, without any call. A durable store is closed and opened again.
    fn crash(&mut self, worker: usize) {
        let _ = worker;
    }
}
