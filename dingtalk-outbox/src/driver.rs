//! The thread that owns the tables: SQLite blocks, and the run time must not.

use std::{
    sync::{
        Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};

use dingtalk_core::{Error, ErrorKind};
use tokio::sync::{Notify, oneshot};

use crate::engine::{Engine, Job};

/// Runs the jobs of a state in their order.
pub(crate) enum Driver {
    /// In a thread, which begins with the first job.
    Thread(Mutex<Thread>),
    /// In the thread of the caller, for tests in virtual time.
    Inline { engine: Box<Mutex<Engine>>, progress: Notify },
}

/// The thread, before and after its start.
pub(crate) enum Thread {
    Idle(Box<Engine>),
    Running(Sender<Job>),
    /// The operating system has no thread left, or the thread has ended.
    Failed,
}

impl Driver {
    pub(crate) fn new(engine: Engine, inline: bool) -> Self {
        if inline {
            Self::Inline { engine: Box::new(Mutex::new(engine)), progress: Notify::new() }
        } else {
            Self::Thread(Mutex::new(Thread::Idle(Box::new(engine))))
        }
    }

    /// Hands over a job. Jobs are done in this order.
    pub(crate) fn post(&self, job: Job) {
        match self {
            Self::Thread(thread) => thread.lock().unwrap_or_else(PoisonError::into_inner).post(job),
            Self::Inline { engine, progress } => {
                let mut engine = engine.lock().unwrap_or_else(PoisonError::into_inner);
                engine.process(job);
                drop(engine);
                progress.notify_waiters();
            }
        }
    }

    /// Waits for the answer to a job.
    pub(crate) async fn answer<T>(
        &self,
        mut answer: oneshot::Receiver<Result<T, Error>>,
    ) -> Result<T, Error> {
        let ended =
            || Error::new(ErrorKind::Store, "the thread of the state has ended; start the program again");
        let Self::Inline { engine, progress } = self else {
            return answer.await.unwrap_or_else(|_| Err(ended()));
        };
        loop {
            let changed = progress.notified();
            if let Ok(answer) = answer.try_recv() {
                return answer;
            }
            let next = engine.lock().unwrap_or_else(PoisonError::into_inner).next_tick();
            // tokio's timers have steps of a millisecond.
            let next = next.unwrap_or(Duration::from_secs(3600)).max(Duration::from_millis(1));
            drop(tokio::time::timeout(next, changed).await);
            engine.lock().unwrap_or_else(PoisonError::into_inner).tick();
        }
    }
}

impl Thread {
    fn post(&mut self, job: Job) {
        if let Self::Idle(_) = self
            && let Self::Idle(engine) = std::mem::replace(self, Self::Failed)
        {
            let (sender, jobs) = mpsc::channel();
            let thread = thread::Builder::new().name("dingtalk-state".to_owned());
            if thread.spawn(move || run(*engine, &jobs)).is_ok() {
                *self = Self::Running(sender);
            }
        }
        // If it fails, the job's sender is dropped with it, which the waiting side reports.
        if let Self::Running(sender) = self
            && sender.send(job).is_err()
        {
            *self = Self::Failed;
        }
    }
}

fn run(mut engine: Engine, jobs: &mpsc::Receiver<Job>) {
    loop {
        let job = match jobs.try_recv() {
            Ok(job) => Ok(job),
            Err(mpsc::TryRecvError::Disconnected) => return,
            Err(mpsc::TryRecvError::Empty) => {
                engine.rest_a_while();
                match engine.next_tick() {
                    Some(time) => jobs.recv_timeout(time),
                    None => jobs.recv().map_err(RecvTimeoutError::from),
                }
            }
        };
        match job {
            Ok(job) => engine.process(job),
            Err(RecvTimeoutError::Timeout) => engine.tick(),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
