//! A durable store of a queue, in SQLite.

mod claims;
mod dead;
mod dispatchers;
mod enqueue;
mod entries;
mod file;
mod items;
mod rules;
mod share;
mod thread;
#[cfg(feature = "transaction")]
mod transaction;
mod trouble;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, mpsc::Sender},
    time::{Duration, SystemTime},
};

use dingtalk_core::{
    Envelope, Error, ErrorKind,
    delivery::BoxFuture,
    queue::store::{Begun, Claim, Claimed, DeadLetter, Enqueued, LanePending, Merge, Settlement, Store},
};
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use self::{
    file::DiskSync,
    items::Work,
    thread::{Job, Write},
    trouble::Trouble,
};
use crate::{
    directory::Directory,
    outbox::{
        Admitted, Dispatcher, Filter, Outbox, Page, Removal, Service, Serving, Standing, Stats, Submission,
    },
    processes::Processes,
};

#[cfg(feature = "transaction")]
pub use self::transaction::enqueue_in;

/// Interval of the checks for notifications from other processes.
const POLL: Duration = Duration::from_secs(1);

/// End of the name of the folder for the files of processes, after the name of the file.
const PROCESSES: &str = "-processes";

/// Notifications of queues in one SQLite file, which several processes can use. A notification that was accepted
/// survives a crash and a loss of power.
///
/// The file is on a local disk, and only its owner can read it: it contains the messages. Delivered messages are
/// removed at once; their ids are known for 7 days, and dead letters are kept for 30 days. A damaged file is never
/// replaced: all calls fail until a person has recovered it.
///
/// Nothing is delivered unless a process runs a [`Queue`](dingtalk_core::queue::Queue) with a lane for the robot. The
/// robot's window is a separate choice; see [`State`](crate::State).
///
/// ```
/// use std::time::Duration;
///
/// use dingtalk_core::{DeliverExt, Message, Stub, queue::Queue};
/// use dingtalk_outbox::SqliteStore;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = std::env::temp_dir().join(format!("dingtalk-outbox-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&directory)?;
/// # let path = directory.join("outbox.db");
/// let robot = Stub::new(); // in a service: Robot::from_env()?
/// let store = SqliteStore::open(path)?;
/// let queue = Queue::builder().lane("ops", robot.clone()).store(store).build()?;
/// queue.send(&Message::text("Disk is full")).await?;
/// queue.shutdown(Duration::from_secs(10)).await?;
/// assert_eq!(robot.envelopes().len(), 1);
/// # std::fs::remove_dir_all(&directory)?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct SqliteStore {
    jobs: Sender<Job>,
    path: Arc<Path>,
    processes: Arc<Processes>,
    clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

impl SqliteStore {
    /// Opens a file, which is made if it does not exist; its directory must exist. Blocks the thread for a moment.
    ///
    /// # Errors
    ///
    /// Fails with [`ErrorKind::Store`] if the file cannot be used, and says what to do.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        Self::open_with(path.into(), DiskSync::EachCommit)
    }

    fn open_with(path: PathBuf, sync: DiskSync) -> Result<Self, Error> {
        let path: Arc<Path> = path.into();
        let jobs =
            thread::start(&path, sync).map_err(|trouble| trouble.error(&path.display().to_string()))?;
        let mut folder = path.as_os_str().to_owned();
        folder.push(PROCESSES);
        let processes = Arc::new(Processes::new(folder.into()));
        Ok(Self { jobs, path, processes, clock: Arc::new(SystemTime::now) })
    }

    /// Name of the file in the directory of a state.
    pub const FILE: &'static str = "outbox.db";

    /// Opens the file [`FILE`](Self::FILE) in the directory of a [`State`](crate::State), under the same rules: the directory is
    /// made if it does not exist, and refused if others could write to it or if it is on a network.
    ///
    /// # Errors
    ///
    /// Fails as [`open`](Self::open) does, and if the directory cannot be used.
    pub fn open_in(directory: impl Into<PathBuf>) -> Result<Self, Error> {
        Self::open_in_with(directory.into(), DiskSync::EachCommit)
    }

    /// As [`open_in`](Self::open_in), for notifications that are soon out of date, and senders that cannot wait for the
    /// disk. What this store commits survives the end of the process, but a loss of power may undo it. Other stores on
    /// the same file are not affected.
    ///
    /// # Errors
    ///
    /// As [`open_in`](Self::open_in).
    pub fn open_unsynced_in(directory: impl Into<PathBuf>) -> Result<Self, Error> {
        Self::open_in_with(directory.into(), DiskSync::Sometimes)
    }

    fn open_in_with(directory: PathBuf, sync: DiskSync) -> Result<Self, Error> {
        let path = Directory::new(directory).prepare_other(Self::FILE);
        Self::open_with(path.map_err(|trouble| Error::new(ErrorKind::Store, trouble.words()))?, sync)
    }

    /// Sets the clock; that of the system unless set. For tests.
    #[must_use]
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(now);
        self
    }

    /// Limits the size of the file, as a full disk does, for tests.
    #[doc(hidden)]
    #[must_use]
    pub async fn limit_pages(self, pages: u32) -> Self {
        let (reply, answer) = oneshot::channel();
        let job = Job::Run(Box::new(move |connection| {
            drop(reply.send(connection.pragma_update(None, "max_page_count", pages)));
        }));
        drop(self.jobs.send(job));
        drop(answer.await);
        self
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs work that writes. It may run several times, and only the last time counts.
    fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&Work<'_>) -> Result<T, Trouble> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, Error>> {
        let (reply, answer) = oneshot::channel();
        let clock = Arc::clone(&self.clock);
        let job = Job::Write(Box::new(Transaction { work, clock, value: None, reply }));
        self.post(job, answer)
    }

    /// Runs work that only reads.
    fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Work<'_>) -> Result<T, Trouble> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, Error>> {
        let (reply, answer) = oneshot::channel();
        let clock = Arc::clone(&self.clock);
        let job = Job::Run(Box::new(move |connection| {
            let work = |transaction: &Connection| work(&Work::new(transaction, clock()));
            // A caller that no longer waits has no use for the answer.
            drop(reply.send(file::transact(connection, TransactionBehavior::Deferred, work)));
        }));
        self.post(job, answer)
    }

    fn post<T: Send + 'static>(
        &self,
        job: Job,
        answer: oneshot::Receiver<Result<T, Trouble>>,
    ) -> BoxFuture<'_, Result<T, Error>> {
        // A thread that has ended drops the job, and with it the sender of the answer.
        drop(self.jobs.send(job));
        Box::pin(async move {
            match answer.await {
                Ok(result) => result.map_err(|trouble| trouble.error(&self.path.display().to_string())),
                Err(_) => Err(Error::new(ErrorKind::Store, "the thread of the store has ended")),
            }
        })
    }
}

/// Work that writes, and its result.
struct Transaction<T, F> {
    work: F,
    clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    value: Option<T>,
    reply: oneshot::Sender<Result<T, Trouble>>,
}

impl<T, F> Write for Transaction<T, F>
where
    T: Send,
    F: FnMut(&Work<'_>) -> Result<T, Trouble> + Send,
{
    fn run(&mut self, transaction: &Connection) -> Result<(), Trouble> {
        // The time is read after the file was locked, so that times of transactions are in their order.
        self.value = Some((self.work)(&Work::new(transaction, (self.clock)()))?);
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), Trouble>) {
        let Self { value, reply, .. } = *self;
        let missing = || Trouble::new("the write was not run");
        // A caller that no longer waits has no use for the answer.
        drop(reply.send(committed.and_then(|()| value.ok_or_else(missing))));
    }
}

impl Store for SqliteStore {
    fn enqueue<'a>(
        &'a self,
        lane: &'a str,
        envelope: Envelope,
        capacity: usize,
    ) -> BoxFuture<'a, Result<Enqueued, Error>> {
        let lane = lane.to_owned();
        self.write(move |work| work.enqueue(&lane, &envelope, capacity))
    }

    fn claim<'a>(
        &'a self,
        lane: &'a str,
        max: usize,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claimed, Error>> {
        let (lane, processes) = (lane.to_owned(), Arc::clone(&self.processes));
        self.write(move |work| work.claim(&lane, max, lease, &processes))
    }

    fn release<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<(), Error>> {
        let claim = claim.clone();
        self.write(move |work| work.release(&claim))
    }

    fn merge<'a>(&'a self, claim: &'a Claim, merges: Vec<Merge>) -> BoxFuture<'a, Result<bool, Error>> {
        let claim = claim.clone();
        self.write(move |work| work.merge(&claim, &merges))
    }

    fn begin<'a>(
        &'a self,
        claim: &'a Claim,
        id: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        let (claim, id) = (claim.clone(), id.to_owned());
        self.write(move |work| work.begin(&claim, &id, lease))
    }

    fn settle<'a>(
        &'a self,
        claim: &'a Claim,
        id: &'a str,
        settlement: Settlement,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        let (claim, id) = (claim.clone(), id.to_owned());
        self.write(move |work| work.settle(&claim, &id, &settlement))
    }

    fn pending<'a>(&'a self, lane: &'a str) -> BoxFuture<'a, Result<LanePending, Error>> {
        let lane = lane.to_owned();
        self.read(move |work| work.pending(&lane))
    }

    #[allow(clippy::redundant_closure_for_method_calls, reason = "a method is for one lifetime only")]
    fn lanes(&self) -> BoxFuture<'_, Result<Vec<(String, LanePending)>, Error>> {
        self.read(|work| work.lanes())
    }

    fn dead_letters(&self, max: usize) -> BoxFuture<'_, Result<Vec<DeadLetter>, Error>> {
        self.read(move |work| work.dead_letters(max))
    }

    fn redeliver<'a>(
        &'a self,
        id: &'a str,
        capacity: usize,
    ) -> BoxFuture<'a, Result<Option<Enqueued>, Error>> {
        let id = id.to_owned();
        self.write(move |work| work.redeliver(&id, capacity))
    }

    fn poll_interval(&self) -> Option<Duration> {
        Some(POLL)
    }
}

impl Outbox for SqliteStore {
    fn serve(&self, service: Service) -> BoxFuture<'_, Result<Option<Serving>, Error>> {
        self.register(service)
    }

    fn dispatchers(&self) -> BoxFuture<'_, Result<Vec<Dispatcher>, Error>> {
        self.registered()
    }

    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Standing, Error>> {
        let id = id.to_owned();
        self.read(move |work| work.find(&id))
    }

    fn list(&self, filter: Filter) -> BoxFuture<'_, Result<Page, Error>> {
        self.read(move |work| work.list(&filter))
    }

    #[allow(clippy::redundant_closure_for_method_calls, reason = "a method is for one lifetime only")]
    fn stats(&self) -> BoxFuture<'_, Result<Stats, Error>> {
        self.read(|work| work.stats())
    }

    fn remove<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Removal, Error>> {
        let id = id.to_owned();
        self.write(move |work| work.remove(&id))
    }

    fn admit(&self, submissions: Vec<(String, Submission)>) -> BoxFuture<'_, Result<Vec<Admitted>, Error>> {
        self.write(move |work| {
            submissions.iter().map(|(lane, submission)| work.admit(lane, submission)).collect()
        })
    }

    fn marked(&self, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<SystemTime>>, Error>> {
        // Among the writes, so that it does not separate those that are committed together.
        self.write(move |work| work.marked(&keys))
    }

    fn purge(&self, older_than: Duration) -> BoxFuture<'_, Result<usize, Error>> {
        Box::pin(async move {
            let mut purged = 0;
            loop {
                match self.write(move |work| work.purge(older_than)).await? {
                    0 => return Ok(purged),
                    some => purged += some,
                }
            }
        })
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.path).finish_non_exhaustive()
    }
}
