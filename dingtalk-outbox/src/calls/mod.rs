//! Calls that several processes recognise: each message once, also if its process was killed and the call is repeated.
//!
//! A program that receives calls [claims](Calls::claim) each before it sends the message. The claim is committed before
//! the request, and its [end](Permit::end) after it. The same call of another process finds it:
//!
//! | state of the call | effect |
//! |---|---|
//! | in progress in a process that is running | [`Claim::InProgress`]: wait, and [look](Calls::look) again |
//! | in progress in a process that has ended | granted under the same id, with the same robot of a pool, without the parts that were delivered |
//! | ended with an unknown outcome | the same, for a [limited time](Call::unknown_for) |
//! | delivered | [`Claim::Delivered`], for a [limited time](Call::delivered_for) |
//! | queued | [`Claim::Queued`], for a [limited time](Call::queued_for): ask the queue about the message |
//!
//! A process counts as running as long as it holds the lock on a file of its own, which the operating system releases
//! when the process ends, in whichever way. In a database, it holds an advisory lock of its session. Without that
//! session, it counts as ended three seconds after its last sign of life.
//!
//! The table contains no message and nothing from which one could be guessed: keys are HMACs with a random secret of
//! the file or the schema.

mod call;
pub(crate) mod rows;
mod table;
#[cfg(test)]
pub(crate) mod tests;

use std::{
    fmt,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use dingtalk_core::{
    Error, ErrorKind,
    delivery::{Attempt, AttemptMark, BoxFuture},
};

pub use self::call::{Call, CallEnd, CallState, Earlier};
use self::{rows::Granted, table::Decision};
use crate::{State, moment::Access, processes::Processes, trouble::Trouble, work::Work};

/// Answer to a claim.
#[derive(Debug)]
#[non_exhaustive]
pub enum Claim {
    /// Send the message, and end the permit.
    Granted(Permit),
    /// A process that is running sends the message.
    InProgress {
        /// Id of the message.
        id: String,
    },
    /// The message was delivered.
    Delivered {
        /// Id of the message.
        id: String,
        /// Time since then.
        age: Duration,
    },
    /// A durable queue has accepted the message. If its delivery has [ended](Call::settled), claim the call again.
    Queued {
        /// Id of the message.
        id: String,
        /// Time since then.
        age: Duration,
    },
    /// Another message was sent with this key.
    OtherMessage,
}

/// The table of calls of a [`State`], as one user of it sees the table. Clones are the same user, whose calls do not
/// wait for each other: it joins its own calls itself.
#[derive(Clone)]
pub struct Calls(Arc<Inner>);

struct Inner {
    state: State,
    processes: Processes,
}

/// Folder of the files of processes, in the directory of the state.
const PROCESSES: &str = "processes";

/// Name of a process while the tables are in its memory, where there is no other.
const ALONE: &str = "0";

impl State {
    /// Returns the table of calls.
    pub fn calls(&self) -> Calls {
        Calls::new(self.clone())
    }
}

impl Calls {
    fn new(state: State) -> Self {
        let processes = Processes::new(state.directory().unwrap_or(Path::new("")).join(PROCESSES));
        Self(Arc::new(Inner { state, processes }))
    }

    /// Claims a call before its message is sent. `id` is for a message that was never sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Store`]: the call must be [durable](Call::durable), and the file
    /// cannot be used. Other calls are remembered in memory then.
    pub async fn claim(&self, call: &Call, id: &str) -> Result<Claim, Error> {
        let (inner, asked, id) = (Arc::clone(&self.0), call.clone(), id.to_owned());
        let claim = move |work: &mut Work<'_>| inner.claim(work, &asked, &id);
        let claim = self.0.write(call, claim).await?;
        if let Claim::Granted(permit) = &claim {
            permit.0.received.store(true, Ordering::Release);
        }
        Ok(claim)
    }

    /// Returns the state of a call, if it is remembered.
    ///
    /// # Errors
    ///
    /// As for [`claim`](Self::claim).
    pub async fn look(&self, call: &Call) -> Result<Option<CallState>, Error> {
        let (inner, asked) = (Arc::clone(&self.0), call.clone());
        let look = move |work: &mut Work<'_>| {
            let own = work.calls.known_process().or_else(|| inner.processes.known_own());
            table::look(work, &asked, own.as_deref(), &|name| inner.processes.is_running(name))
        };
        self.0.state.run(Access::Read, look).await
    }
}

impl Inner {
    /// Runs a transaction that writes: in the file alone if the call must be durable.
    async fn write<T: Send + 'static>(
        &self,
        call: &Call,
        work: impl FnMut(&mut Work<'_>) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Error> {
        if call.durable {
            self.state.run_in_file(work).await
        } else {
            self.state.run(Access::Write, work).await
        }
    }

    fn claim(self: &Arc<Self>, work: &mut Work<'_>, call: &Call, id: &str) -> Result<Claim, Trouble> {
        let process = self.process(work)?;
        let decision = table::claim(work, call, id, &process, &|name| self.processes.is_running(name))?;
        Ok(match decision {
            Decision::Granted { granted, id, earlier } => Claim::Granted(Permit(Arc::new(PermitInner {
                calls: Arc::clone(self),
                call: call.clone(),
                granted,
                id,
                earlier,
                marked: Mutex::default(),
                received: AtomicBool::new(false),
                ended: AtomicBool::new(false),
            }))),
            Decision::InProgress { id } => Claim::InProgress { id },
            Decision::Delivered { id, age } => Claim::Delivered { id, age },
            Decision::Queued { id, age } => Claim::Queued { id, age },
            Decision::OtherMessage => Claim::OtherMessage,
        })
    }

    /// Returns the name under which others find this process.
    fn process(&self, work: &Work<'_>) -> Result<String, Trouble> {
        if let Some(process) = work.calls.process()? {
            return Ok(process);
        }
        if !work.durable {
            return Ok(ALONE.to_owned());
        }
        self.processes.own().map_err(|error| {
            Trouble::unusable(format!(
                "the state directory cannot hold the file of this process ({error}); make it writable, or set another one"
            ))
        })
    }
}

/// The right to send the message of a call. If it is dropped before its [end](Self::end), the message may have arrived.
pub struct Permit(Arc<PermitInner>);

struct PermitInner {
    calls: Arc<Inner>,
    call: Call,
    granted: Granted,
    id: String,
    earlier: Option<Earlier>,
    /// The last attempt that was recorded.
    marked: Mutex<Option<Attempt>>,
    /// Set when the caller has the permit. Before that it may be cancelled, and nothing was sent.
    received: AtomicBool,
    ended: AtomicBool,
}

impl Permit {
    /// Returns the id under which the message is sent.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// Returns the earlier delivery after which the message may have arrived, if there is one.
    pub fn earlier(&self) -> Option<&Earlier> {
        self.0.earlier.as_ref()
    }

    /// Returns a mark for the [envelope](dingtalk_core::Envelope::with_attempt_mark), which records the robot and the
    /// parts.
    pub fn mark(&self) -> Arc<dyn AttemptMark> {
        Arc::<PermitInner>::clone(&self.0)
    }

    /// Ends the call as a process that is killed does, for tests: nothing is recorded.
    #[doc(hidden)]
    pub fn abandon(self) {
        self.0.ended.store(true, Ordering::Release);
    }

    /// Records the end of the call. It is committed before later claims of this process; others see it shortly after.
    pub fn end(self, end: CallEnd) {
        self.0.end(end);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let was_received = self.0.received.load(Ordering::Acquire);
        self.0.end(if was_received { CallEnd::Unknown } else { CallEnd::NotSent });
    }
}

impl PermitInner {
    fn end(&self, end: CallEnd) {
        if !self.ended.swap(true, Ordering::AcqRel) {
            let (granted, call) = (self.granted.clone(), self.call.clone());
            self.calls.state.post(move |work| table::end(work, &granted, &call, end));
        }
    }
}

impl AttemptMark for PermitInner {
    fn begin(&self, attempt: Attempt) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let is_needed = self.call.several_robots || attempt.parts > 1;
            let marked = *self.marked.lock().unwrap_or_else(PoisonError::into_inner);
            if !is_needed || marked == Some(attempt) {
                return Ok(());
            }
            let granted = self.granted.clone();
            let begin = move |work: &mut Work<'_>| {
                // The tables may have moved to memory, or from there, and left the call behind.
                let has_moved = !work.durable || granted.process == ALONE;
                Ok(table::begin(work, &granted, &attempt)? || has_moved)
            };
            if !self.calls.write(&self.call, begin).await? {
                return Err(Error::new(ErrorKind::Store, "another process has taken over the message"));
            }
            *self.marked.lock().unwrap_or_else(PoisonError::into_inner) = Some(attempt);
            Ok(())
        })
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calls").finish_non_exhaustive()
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("id", &self.0.id)
            .field("earlier", &self.0.earlier)
            .finish_non_exhaustive()
    }
}
