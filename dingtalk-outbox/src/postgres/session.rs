//! The session of a process: while it lasts, others know that the process is running, and that its claims hold.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI32, Ordering},
    },
    time::Duration,
};

use tokio::{task::JoinHandle, time::sleep};
use tokio_postgres::Client;

use super::{connection::Postgres, trouble::Trouble};

/// Interval of the signs of life. The functions of the schema count a process as ended three seconds after the last one,
/// if its session has ended, too.
const SIGN: Duration = Duration::from_secs(1);

/// Signs of life between two removals of what is too old.
const CLEANING: u32 = 60;

/// A process, as its claims name it.
#[derive(Debug, Default)]
pub(super) struct Session {
    shared: Arc<Shared>,
    task: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Number of the process; 0 until it has one.
    owner: AtomicI32,
}

impl Session {
    /// Begins the session unless it has begun, and returns the number of the process, if it has one yet.
    pub(super) fn owner(&self, postgres: &Postgres) -> Option<i32> {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_none_or(JoinHandle::is_finished) {
            *task = Some(tokio::spawn(keep(postgres.clone(), Arc::clone(&self.shared))));
        }
        Some(self.shared.owner.load(Ordering::Relaxed)).filter(|owner| *owner > 0)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(task) = self.task.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

/// Keeps a session, and begins another one when it is lost.
async fn keep(postgres: Postgres, shared: Arc<Shared>) {
    loop {
        if let Err(trouble) = hold(&postgres, &shared).await {
            tracing::debug!(name: "dingtalk.session_lost", reason = trouble.words(), "the session was lost");
        }
        sleep(SIGN).await;
    }
}

async fn hold(postgres: &Postgres, shared: &Shared) -> Result<(), Trouble> {
    let client = postgres.session().await?;
    let owner = register(&client, shared.owner.load(Ordering::Relaxed)).await?;
    shared.owner.store(owner, Ordering::Relaxed);
    let sign = client.prepare("UPDATE owner SET seen = clock() WHERE owner = $1").await?;
    // An earlier session of this process may not have ended for the server.
    let lock = client.prepare("SELECT pg_try_advisory_lock(lock_space(), $1)").await?;
    let mut locked = false;
    for signs in 1_u32.. {
        if !locked {
            locked = client.query_one(&lock, &[&owner]).await?.get(0);
        }
        if client.execute(&sign, &[&owner]).await? == 0 {
            // The row was removed because the process was silent for long.
            shared.owner.store(0, Ordering::Relaxed);
            return Ok(());
        }
        if signs.is_multiple_of(CLEANING) {
            client.execute("SELECT clean()", &[]).await?;
        }
        sleep(SIGN).await;
    }
    Ok(())
}

/// Returns the number of this process, which has a row.
async fn register(client: &Client, owner: i32) -> Result<i32, Trouble> {
    let known = client.execute("UPDATE owner SET seen = clock() WHERE owner = $1", &[&owner]).await?;
    if known > 0 {
        return Ok(owner);
    }
    let name = format!("{}", std::process::id());
    let sql =
        "INSERT INTO owner (name, lanes, since, seen) VALUES ($1, '{}', clock(), clock()) RETURNING owner";
    Ok(client.query_one(sql, &[&name]).await?.get(0))
}
