//! The part of a state that its windows and clones share.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use dingtalk_core::delivery::window::WaiterId;

use crate::{
    clock::{Clock, Reading},
    driver::Driver,
};

pub(crate) struct Shared {
    pub(crate) driver: Driver,
    pub(crate) clock: Arc<dyn Clock>,
    /// Name of the place, for display.
    pub(crate) name: String,
    /// Directory of the file; `None` for a state in a database.
    pub(crate) directory: Option<PathBuf>,
    pub(crate) next_waiter: AtomicU64,
}

impl Shared {
    pub(crate) fn now(&self) -> Reading {
        self.clock.read()
    }

    pub(crate) fn waiter(&self) -> WaiterId {
        WaiterId(self.next_waiter.fetch_add(1, Ordering::Relaxed))
    }
}
