//! Durable stores, as the processes that serve them and the people that operate them see them.

mod dispatcher;
mod entry;
pub(crate) mod share;
mod stats;

use std::time::{Duration, SystemTime};

use dingtalk_core::{Error, delivery::BoxFuture, queue::store::Store};

pub use self::{
    dispatcher::{Dispatcher, Service, Serving},
    entry::{Entry, EntryState, Filter, Kind, Page, Removal, Standing},
    share::{Admitted, Share, Submission},
    stats::{LaneStats, Stats},
};

/// A durable [`Store`] with what its dispatchers and operators need besides.
///
/// Object-safe: a program holds an `Arc<dyn Outbox>`, which is a `Store` too. Each method reads a bounded number of
/// rows, or only those that it returns, and delays those that enqueue no longer than that takes.
pub trait Outbox: Store {
    /// Registers this process as a dispatcher of these lanes, until the result is dropped or the process ends. It
    /// claims nothing: a [`Queue`](dingtalk_core::queue::Queue) delivers. Returns `None` if the service is to be
    /// [alone](Service::alone), and another such dispatcher runs.
    fn serve(&self, service: Service) -> BoxFuture<'_, Result<Option<Serving>, Error>>;

    /// Returns the dispatchers that are running, oldest first.
    fn dispatchers(&self) -> BoxFuture<'_, Result<Vec<Dispatcher>, Error>>;

    /// Returns the state of a notification or a digest. Its content is included.
    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Standing, Error>>;

    /// Returns a page of the entries that a filter selects.
    fn list(&self, filter: Filter) -> BoxFuture<'_, Result<Page, Error>>;

    /// Counts the entries.
    fn stats(&self) -> BoxFuture<'_, Result<Stats, Error>>;

    /// Removes an entry for good, without a delivery and without a dead letter: a notification that waits, a digest
    /// that waits, with its members, or a dead letter. Its id stays known; its dedupe key and its share of a throttle
    /// are free again.
    fn remove<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Removal, Error>>;

    /// Adds notifications of sources that have places of their own, each in the lane of this name, however full the
    /// store is. If the places of a source are taken, its notification goes into the source's digest: as a line, or as
    /// one more that the digest counts. All of them are written, or none is, if that fails.
    fn admit(&self, submissions: Vec<(String, Submission)>) -> BoxFuture<'_, Result<Vec<Admitted>, Error>>;

    /// Returns when a [`Submission`] has marked each key, in whichever lane; `None` for keys that are not marked, or
    /// whose time has passed.
    fn marked(&self, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<SystemTime>>, Error>>;

    /// Removes the dead letters that are older than this, and returns their number.
    fn purge(&self, older_than: Duration) -> BoxFuture<'_, Result<usize, Error>>;
}
