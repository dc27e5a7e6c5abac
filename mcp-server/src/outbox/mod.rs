//! The durable queue of the program: its store beside the shared state, and queues over the robots of the settings.

pub(crate) mod deliverer;
pub(crate) mod detached;
mod robots;
mod watch;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use dingtalk_core::{
    Deliver,
    queue::{Queue, store::Store},
};
#[cfg(feature = "postgres")]
use dingtalk_outbox::PostgresStore;
use dingtalk_outbox::{Outbox, SqliteStore};

pub(crate) use self::{
    deliverer::{Deliverer, Until},
    watch::Watch,
};
use crate::{Error, Settings};

/// Limit of one attempt, after which the robot itself has long given up: a message in 18 parts has 25 seconds for each.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// Number of notifications that can wait, unless set.
const CAPACITY: usize = 1_000;

/// Robots that a queue has lanes for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Robots<'n> {
    /// All robots, each of which must be complete.
    All,
    /// The robots that are complete.
    Complete,
    /// The robot of this name, or the default robot.
    One(Option<&'n str>),
}

/// A lane of a queue: a robot, which refuses what its policy does not allow.
pub(crate) struct Lane {
    /// Name of the robot; `None` for the robot of the environment.
    pub(crate) name: Option<String>,
    pub(crate) deliver: Arc<dyn Deliver>,
}

impl Lane {
    /// Returns the name of the lane in the store.
    pub(crate) fn key(&self) -> String {
        self.deliver.lane_key().unwrap_or_default()
    }

    /// Returns the name for people.
    pub(crate) fn display(&self) -> &str {
        self.name.as_deref().unwrap_or("default")
    }
}

/// Opens the store of the queue, and makes it unless it exists.
///
/// # Errors
///
/// No state is shared, or the store cannot be used.
pub(crate) fn open(settings: &Settings) -> Result<Arc<dyn Outbox>, Error> {
    open_with(settings, |directory| SqliteStore::open_in(directory))
}

/// As [`open`], without waiting for the disk: a loss of power may undo what is queued.
///
/// # Errors
///
/// As [`open`].
pub(crate) fn open_unsynced(settings: &Settings) -> Result<Arc<dyn Outbox>, Error> {
    open_with(settings, |directory| SqliteStore::open_unsynced_in(directory))
}

fn open_with(
    settings: &Settings,
    open: impl FnOnce(&Path) -> Result<SqliteStore, dingtalk_core::Error>,
) -> Result<Arc<dyn Outbox>, Error> {
    #[cfg(feature = "postgres")]
    if let Some(database) = settings.state_database() {
        return Ok(Arc::new(PostgresStore::new(database.postgres.clone())));
    }
    let Some(directory) = settings.state_directory() else {
        return Err(Error::setting(
            "the queue needs the state that outlives a process, and there is none: remove --no-state, or set --state-dir to \
             a directory on a local disk",
            "队列需要保存在磁盘上的状态，而现在没有：请去掉 --no-state，或用 --state-dir 指定本地磁盘上的目录",
        ));
    };
    Ok(Arc::new(open(directory)?))
}

/// Registers the names of the robots for other programs, which add notifications with the function `enqueue` of a
/// database server. Has no effect on other stores.
///
/// # Errors
///
/// The database cannot be used.
pub(crate) async fn name_robots(settings: &Settings, lanes: &[Lane]) -> Result<(), Error> {
    #[cfg(feature = "postgres")]
    if let Some(database) = settings.state_database() {
        let keys: Vec<(&str, String)> = lanes.iter().map(|lane| (lane.display(), lane.key())).collect();
        let names: Vec<(&str, &str)> = keys.iter().map(|(name, key)| (*name, &**key)).collect();
        PostgresStore::new(database.postgres.clone()).name_robots(&names).await?;
    }
    let _ = (settings, lanes);
    Ok(())
}

/// Returns the path of the store, unless it is a database server.
fn file(settings: &Settings) -> Option<PathBuf> {
    #[cfg(feature = "postgres")]
    if settings.state_database().is_some() {
        return None;
    }
    settings.state_directory().map(|directory| directory.join(SqliteStore::FILE))
}

/// Reports whether the store may contain something. That of a server always may.
pub(crate) fn exists(settings: &Settings) -> bool {
    #[cfg(feature = "postgres")]
    if settings.state_database().is_some() {
        return true;
    }
    file(settings).is_some_and(|file| file.exists())
}

/// Builds a queue over these lanes, with the settings of the file. If it does not deliver, it only accepts
/// notifications. Needs a tokio runtime.
///
/// # Errors
///
/// Two robots have the same webhook.
pub(crate) fn queue(
    settings: &Settings,
    store: impl Store + 'static,
    lanes: &[Lane],
    delivers: bool,
) -> Result<Queue, Error> {
    // The places of sources are not those of others.
    let places: usize = settings.hooks().iter().map(|hook| hook.places).sum();
    let capacity = settings.outbox().capacity.unwrap_or(CAPACITY).saturating_add(places);
    let queue = settings.outbox().apply(Queue::builder()).capacity(capacity);
    let mut queue = queue.store(store).attempt_timeout(ATTEMPT_TIMEOUT);
    for Lane { name, deliver } in lanes {
        queue = match name {
            Some(name) => queue.lane(name, Arc::clone(deliver)),
            None => queue.only_lane(Arc::clone(deliver)),
        };
    }
    let default = settings
        .default_robot()
        .filter(|default| lanes.iter().any(|lane| lane.name.as_deref() == Some(default)));
    if let Some(default) = default {
        queue = queue.default_lane(default);
    }
    Ok(if delivers { queue } else { queue.accept_only() }.build()?)
}
