//! Processes that deliver what a store keeps.

use std::{fmt, time::SystemTime};

/// A process that is going to deliver the notifications of lanes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Service {
    /// Name of the program, for display: its command and the number of its process, for example.
    pub owner: String,
    /// Names of the lanes.
    pub lanes: Vec<String>,
    /// Set if only one dispatcher of a store is to be of this sort.
    pub alone: bool,
}

impl Service {
    /// Creates a service of these lanes, beside others.
    pub fn new(owner: impl Into<String>, lanes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { owner: owner.into(), lanes: lanes.into_iter().map(Into::into).collect(), alone: false }
    }

    /// Sets whether only one dispatcher of the store is to be of this sort.
    #[must_use]
    pub fn alone(mut self, alone: bool) -> Self {
        self.alone = alone;
        self
    }
}

/// A dispatcher that is running.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dispatcher {
    /// Name of its program.
    pub owner: String,
    /// Names of the lanes that it serves.
    pub lanes: Vec<String>,
    /// Time since when it has served them, by the store's clock.
    pub since: SystemTime,
    /// Set if only one dispatcher of the store is of this sort.
    pub alone: bool,
}

impl Dispatcher {
    /// Creates a dispatcher that has provided a service since this time.
    pub fn new(service: Service, since: SystemTime) -> Self {
        let Service { owner, lanes, alone } = service;
        Self { owner, lanes, since, alone }
    }
}

/// The registration of a dispatcher, which ends when it is dropped.
#[must_use = "the registration ends when it is dropped"]
pub struct Serving(Option<Box<dyn FnOnce() + Send + Sync>>);

impl Serving {
    /// Creates a registration that `end` removes. `end` must not block.
    pub fn new(end: impl FnOnce() + Send + Sync + 'static) -> Self {
        Self(Some(Box::new(end)))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(end) = self.0.take() {
            end();
        }
    }
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving").finish_non_exhaustive()
    }
}
