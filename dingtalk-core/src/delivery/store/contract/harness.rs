//! The store that is checked.

use std::time::{Duration, SystemTime};

use crate::queue::store::Store;

/// A store with an adjustable clock, in whole seconds.
pub trait Harness {
    /// Set if the clock can be set back; unless it is, no history does so.
    const CAN_SET_BACK: bool = false;

    /// Returns the store.
    fn store(&self) -> &dyn Store;

    /// Returns the time of the store's clock.
    fn now(&self) -> SystemTime;

    /// Lets time pass. If a store's clock cannot be adjusted, all its times can be made earlier instead.
    fn advance(&mut self, by: Duration);

    /// Sets the clock back.
    fn set_back(&mut self, by: Duration) {
        let _ = by;
    }

    /// Ends one process that uses the store, without any call. A durable store is closed and opened again.
    fn crash(&mut self) {}
}
