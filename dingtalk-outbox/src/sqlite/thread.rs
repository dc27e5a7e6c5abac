//! The thread that owns the connection: SQLite blocks, and the runtime must not.

use std::{
    iter,
    path::Path,
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, TransactionBehavior};

use super::{
    file::{self, DiskSync},
    trouble::Trouble,
};

/// Maximum number of writes in one transaction, and of other jobs that wait for its end.
const TOGETHER: usize = 256;

/// Time for which the log keeps what was written.
const LOG_KEPT: Duration = Duration::from_secs(10);

/// A job of the thread. Writes are done in their order.
pub(super) enum Job {
    /// A write. Those that wait are committed together: the disk is synchronised once for all of them.
    Write(Box<dyn Write>),
    /// Anything else. It is done after the writes that wait, so that it does not separate them.
    Run(Run),
}

/// A job that is no write.
type Run = Box<dyn FnOnce(&mut Connection) + Send>;

/// A write, which may run several times.
pub(super) trait Write: Send {
    /// Runs it in a transaction, and keeps its result.
    fn run(&mut self, transaction: &Connection) -> Result<(), Trouble>;

    /// Answers with the kept result, or with the failure.
    fn answer(self: Box<Self>, committed: Result<(), Trouble>);
}

/// Opens the file, and starts the thread, which ends when the sender is dropped.
pub(super) fn start(path: &Path, sync: DiskSync) -> Result<Sender<Job>, Trouble> {
    let connection = file::open(path, sync)?;
    let (sender, jobs) = mpsc::channel::<Job>();
    let thread = thread::Builder::new().name("dingtalk-outbox".to_owned());
    let run = move || work(connection, &jobs);
    thread.spawn(run).map_err(|error| Trouble::new(format!("no thread can be started ({error})")))?;
    Ok(sender)
}

fn work(mut connection: Connection, jobs: &Receiver<Job>) {
    // Time at which the log is emptied, if anything was written since it was last.
    let mut due: Option<Instant> = None;
    loop {
        if due.is_some_and(|due| due <= Instant::now()) {
            // If it cannot be emptied, it is after the next write.
            drop(file::empty_log(&connection));
            due = None;
        }
        let received = match due {
            Some(due) => jobs.recv_timeout(due.saturating_duration_since(Instant::now())),
            None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        let first = match received {
            Ok(job) => job,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let (mut writes, mut runs) = (Vec::new(), Vec::new());
        for job in iter::once(first).chain(jobs.try_iter()) {
            match job {
                Job::Write(write) => writes.push(write),
                Job::Run(run) => runs.push(run),
            }
            if writes.len().max(runs.len()) == TOGETHER {
                break;
            }
        }
        if !writes.is_empty() {
            commit(&mut connection, writes);
            due = due.or_else(|| Some(Instant::now() + LOG_KEPT));
        }
        for run in runs {
            run(&mut connection);
        }
    }
}

/// Commits writes together. If one of them fails, each is committed alone, so that the others do not fail with it.
fn commit(connection: &mut Connection, mut writes: Vec<Box<dyn Write>>) {
    if writes.len() > 1 {
        let transaction = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
            Ok(transaction) => transaction,
            // Each would wait for the lock again.
            Err(error) => {
                let trouble = Trouble::from(error);
                for write in writes {
                    write.answer(Err(trouble.clone()));
                }
                return;
            }
        };
        let done = writes.iter_mut().all(|write| write.run(&transaction).is_ok());
        if done && transaction.commit().is_ok() {
            for write in writes {
                write.answer(Ok(()));
            }
            return;
        }
    }
    for mut write in writes {
        let behavior = TransactionBehavior::Immediate;
        let committed = file::transact(connection, behavior, |transaction| write.run(transaction));
        write.answer(committed);
    }
}
