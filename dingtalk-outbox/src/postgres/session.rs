//! The session of a process: while it lasts, others know that the process is running, and that its claims hold.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_postgres::Client;

use super::{connection::Postgres, listeners::Listeners, trouble::Trouble};

/// Interval of the signs of life. The functions of the schema count a process as ended three seconds after the last
/// one, if its session has ended, too.
const SIGN: Duration = Duration::from_secs(1);

/// Signs of life between two removals of what is too old.
const CLEANING: u32 = 60;

/// Number of rows that one removal takes.
const CLEANED: i32 = 10_000;

/// Time for which a dispatcher waits for its session.
const WAIT: Duration = Duration::from_secs(10);

/// A process, as its claims name it.
#[derive(Debug)]
pub(super) struct Session {
    state: watch::Sender<State>,
    task: Mutex<Option<JoinHandle<()>>>,
    pub(super) listeners: Arc<Listeners>,
}

#[derive(Debug, Clone, Default)]
struct State {
    /// Number of the process, once it has one.
    owner: Option<i32>,
    /// Reason for which it has no session now.
    trouble: Option<Trouble>,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            state: watch::Sender::new(State::default()),
            task: Mutex::default(),
            listeners: Arc::default(),
        }
    }
}

impl Session {
    /// Begins the session unless it has begun, and returns the number of the process, if it has one yet.
    pub(super) fn owner(&self, postgres: &Postgres) -> Option<i32> {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_none_or(JoinHandle::is_finished) {
            *task =
                Some(tokio::spawn(keep(postgres.clone(), self.state.clone(), Arc::clone(&self.listeners))));
        }
        self.state.borrow().owner
    }

    /// Returns the number of the process, if its session has begun.
    pub(super) fn known(&self) -> Option<i32> {
        self.state.borrow().owner
    }

    /// Waits for the number of the process.
    pub(super) async fn wait(&self, postgres: &Postgres) -> Result<i32, Trouble> {
        let mut state = self.state.subscribe();
        self.owner(postgres);
        let decided = |state: &State| state.owner.is_some() || state.trouble.is_some();
        let State { owner, trouble } = match timeout(WAIT, state.wait_for(decided)).await {
            Ok(Ok(state)) => state.clone(),
            _ => State::default(),
        };
        owner.ok_or_else(|| trouble.unwrap_or_else(|| Trouble::away("PostgreSQL does not answer")))
    }

    /// Ends the session.
    pub(super) fn end(&self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.end();
    }
}

/// Keeps a session, and begins another one when it is lost.
async fn keep(postgres: Postgres, state: watch::Sender<State>, listeners: Arc<Listeners>) {
    loop {
        let held = hold(&postgres, &state, &listeners).await;
        listeners.set_told(false);
        if let Err(trouble) = held {
            tracing::debug!(name: "dingtalk.session_lost", reason = trouble.words(), "the session was lost");
            state.send_modify(|state| state.trouble = Some(trouble));
        }
        sleep(SIGN).await;
    }
}

async fn hold(
    postgres: &Postgres,
    state: &watch::Sender<State>,
    listeners: &Arc<Listeners>,
) -> Result<(), Trouble> {
    let (test, tested) = (format!("test {:016x}", rand::random::<u64>()), Arc::new(AtomicBool::new(false)));
    let hear = {
        let (test, tested, listeners) = (test.clone(), Arc::clone(&tested), Arc::clone(listeners));
        move |notice: &str| {
            if notice == test {
                tested.store(true, Ordering::Release);
            } else if !notice.starts_with("test ") {
                listeners.hear(notice);
            }
        }
    };
    let client = postgres.listener(hear).await?;
    let known = state.borrow().owner;
    let owner = register(&client, known).await?;
    let sign = "UPDATE owner SET seen = clock() WHERE owner = $1 RETURNING (SELECT notify FROM meta)";
    let sign = client.prepare(sign).await?;
    let lock = client.prepare("SELECT pg_try_advisory_lock(lock_space(), $1)").await?;
    let (mut locked, mut listens) = (false, false);
    for signs in 1_u32.. {
        if !locked {
            // An earlier session of this process may not have ended for the server.
            locked = client.query_one(&lock, &[&owner]).await?.try_get(0)?;
        }
        let Some(row) = client.query_opt(&sign, &[&owner]).await? else {
            // The row was removed because the process was silent for long.
            state.send_modify(|state| state.owner = None);
            return Ok(());
        };
        let tells: bool = row.try_get(0)?;
        if signs == 1 {
            state.send_modify(|state| *state = State { owner: Some(owner), trouble: None });
        }
        if !listens && listeners.exist() {
            let channel = postgres.channel();
            // A pooler that gives each transaction another connection would let nothing through.
            client.batch_execute(&format!("LISTEN {channel}; NOTIFY {channel}, '{test}'")).await?;
            listens = true;
        }
        listeners.set_told(tells && tested.load(Ordering::Acquire));
        if signs.is_multiple_of(CLEANING) {
            // Each in a short transaction.
            while client.query_one("SELECT clean($1)", &[&CLEANED]).await?.try_get::<_, i64>(0)?
                >= i64::from(CLEANED)
            {
                client.query_opt(&sign, &[&owner]).await?;
            }
        }
        sleep(SIGN).await;
    }
    Ok(())
}

/// Returns the number of this process, which has a row.
async fn register(client: &Client, known: Option<i32>) -> Result<i32, Trouble> {
    if let Some(owner) = known
        && client.execute("UPDATE owner SET seen = clock() WHERE owner = $1", &[&owner]).await? > 0
    {
        return Ok(owner);
    }
    let sql = "INSERT INTO owner (seen) VALUES (clock()) RETURNING owner";
    Ok(client.query_one(sql, &[]).await?.try_get(0)?)
}
