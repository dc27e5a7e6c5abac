//! The state of a program: its directory, and what is read and written there.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, atomic::AtomicU64},
};

use dingtalk_core::{
    Error,
    delivery::{
        Pace, RobotKey,
        window::{Window, Windows},
    },
};
use tokio::sync::oneshot;

#[cfg(feature = "postgres")]
use crate::postgres::{Postgres, PostgresTables, host_name};
use crate::{
    clock::{Clock, SystemClock},
    directory::Directory,
    driver::Driver,
    engine::{Engine, Job},
    meter::Quota,
    moment::Access,
    shared::Shared,
    status::RobotStatus,
    store::Source,
    trouble::Trouble,
    window::SharedWindow,
    work::Work,
};

/// State of DingTalk robots that all programs with the same directory share. Cloning is cheap; clones are one user.
///
/// The directory is not touched before the first message waits for its slot.
///
/// ```
/// use std::sync::Arc;
///
/// use dingtalk_core::Robot;
/// use dingtalk_outbox::{Quota, State};
///
/// # fn main() -> Result<(), dingtalk_core::Error> {
/// let ops = Robot::builder("0123abcd");
/// let quota = Quota::new("organisation", 3000, [ops.key()?]).keep_urgent(50);
/// let state = State::builder("/var/lib/alerts").quota(quota).build();
/// let ops = ops.windows(Arc::new(state)).build()?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct State(Arc<Shared>);

/// Settings of a [`State`].
#[must_use = "call `build` to get a state"]
pub struct StateBuilder {
    place: Place,
    required: bool,
    egress: Option<String>,
    quotas: Vec<Quota>,
    owner: String,
    clock: Option<Arc<dyn Clock>>,
    inline: bool,
    alone: bool,
}

/// Place of a state.
enum Place {
    Directory(PathBuf),
    #[cfg(feature = "postgres")]
    Postgres(Postgres),
}

impl State {
    /// Returns the settings of a state in a PostgreSQL database, which programs on several machines share.
    ///
    /// If the server cannot be reached, messages wait for it as they wait for a slot, and then fail with
    /// [`ErrorKind::RateLimited`](dingtalk_core::ErrorKind::RateLimited), unless the state is not
    /// [required](StateBuilder::required).
    ///
    /// ```
    /// use dingtalk_outbox::{Postgres, State};
    ///
    /// # fn main() -> Result<(), dingtalk_core::Error> {
    /// let postgres = Postgres::builder("postgresql://alerts@db.example.com/services").build()?;
    /// let state = State::postgres(postgres).build();
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "postgres")]
    pub fn postgres(postgres: Postgres) -> StateBuilder {
        StateBuilder::new(Place::Postgres(postgres))
    }

    /// Returns the settings of a state in a directory, which is made if it does not exist, for its owner alone. Only
    /// directories on local disks can be used.
    pub fn builder(directory: impl Into<PathBuf>) -> StateBuilder {
        StateBuilder::new(Place::Directory(directory.into()))
    }

    /// Returns the directory, or the host, the database and the schema, for display.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the directory; `None` for a state in a database.
    pub fn directory(&self) -> Option<&std::path::Path> {
        self.0.directory.as_deref()
    }

    /// Returns the status of all robots that have used the state, by key. Creates nothing: without a file, the list is
    /// empty.
    ///
    /// # Errors
    ///
    /// Fails with [`ErrorKind::Store`](dingtalk_core::ErrorKind::Store) if the file cannot be used.
    pub async fn status(&self) -> Result<Vec<RobotStatus>, Error> {
        let (reply, answer) = oneshot::channel();
        self.0.driver.post(Job::Status(reply));
        self.0.driver.answer(answer).await
    }

    /// Waits until the events of all requests that have ended were stored. Call it before the process exits: otherwise,
    /// the outcome of its last request can be missing in the month's numbers.
    pub async fn flush(&self) {
        let (reply, answer) = oneshot::channel();
        self.0.driver.post(Job::Flush(reply));
        // A thread that has ended stores nothing more.
        drop(answer.await);
    }

    /// Runs a transaction, in memory if the file cannot be used. `work` may run several times.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        access: Access,
        mut work: impl FnMut(&mut Work<'_>) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        let job = move |engine: &mut Engine| {
            let result = engine.transact(access, &mut |inner, _| work(inner));
            drop(reply.send(result.map_err(Trouble::into_error)));
        };
        self.0.driver.post(Job::Run(Box::new(job)));
        self.0.driver.answer(answer).await
    }

    /// Runs a transaction that writes to the file, and fails if the file cannot be used.
    pub(crate) async fn run_in_file<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut Work<'_>) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        let job = move |engine: &mut Engine| {
            drop(reply.send(engine.in_source(Access::Write, &mut work).map_err(Trouble::into_error)));
        };
        self.0.driver.post(Job::Run(Box::new(job)));
        self.0.driver.answer(answer).await
    }

    /// Hands over a transaction that writes before everything that is asked for later. While a database cannot be
    /// reached, it waits. `work` may run several times.
    pub(crate) fn post(&self, work: impl FnMut(&mut Work<'_>) -> Result<(), Trouble> + Send + 'static) {
        self.0.driver.post(Job::Run(Box::new(move |engine| engine.write(Box::new(work)))));
    }
}

impl Windows for State {
    fn window(&self, robot: &RobotKey, pace: &Pace) -> Arc<dyn Window> {
        Arc::new(SharedWindow::new(Arc::clone(&self.0), *robot, pace))
    }
}

impl StateBuilder {
    fn new(place: Place) -> Self {
        Self {
            place,
            required: true,
            egress: None,
            quotas: Vec::new(),
            owner: String::new(),
            clock: None,
            inline: false,
            alone: false,
        }
    }

    /// Sets whether nothing is sent while a database cannot be reached, as nothing is unless set. If it is not
    /// required, this program then counts only its own messages. Has no effect on a state in a directory, which is
    /// never required.
    pub fn required(mut self, required: bool) -> Self {
        self.required = required;
        self
    }

    /// Sets the name of the address from which DingTalk sees requests; the name of this machine unless set. If DingTalk
    /// blocks an address, all robots of the programs with this name rest. Has no effect on a state in a directory.
    pub fn egress(mut self, name: impl Into<String>) -> Self {
        self.egress = Some(name.into());
        self
    }

    /// Adds a monthly quota.
    pub fn quota(mut self, quota: Quota) -> Self {
        self.quotas.push(quota);
        self
    }

    /// Sets the name of this program, for display.
    pub fn owner(mut self, name: impl Into<String>) -> Self {
        self.owner = name.into();
        self
    }

    /// Sets the clock; that of the system unless set. For tests.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Runs all transactions in the thread of the caller, so that tests can use virtual time.
    #[doc(hidden)]
    pub fn inline(mut self) -> Self {
        self.inline = true;
        self
    }

    /// Never looks for changes of other processes, so that virtual time passes in large steps.
    #[doc(hidden)]
    pub fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    /// Creates the state. Touches neither the directory, nor a database, nor the clock.
    pub fn build(self) -> State {
        let (source, name, directory) = match self.place {
            Place::Directory(directory) => {
                let name = directory.display().to_string();
                (Source::Directory(Directory::new(directory.clone())), name, Some(directory))
            }
            #[cfg(feature = "postgres")]
            Place::Postgres(postgres) => {
                let (name, egress) = (postgres.name(), self.egress.unwrap_or_else(host_name));
                let tables = Box::new(PostgresTables::new(postgres, egress, self.clock.is_none()));
                (Source::Postgres { tables, required: self.required }, name, None)
            }
        };
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let engine = Engine::new(source, Arc::clone(&clock), self.quotas.into(), self.owner, self.alone);
        State(Arc::new(Shared {
            driver: Driver::new(engine, self.inline),
            clock,
            name,
            directory,
            next_waiter: AtomicU64::new(1),
        }))
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("directory", &self.0.directory).finish_non_exhaustive()
    }
}

impl fmt::Debug for StateBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateBuilder")
            .field("quotas", &self.quotas)
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}
