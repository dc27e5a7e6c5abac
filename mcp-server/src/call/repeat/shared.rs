//! The table of calls in the state that several processes share.

use std::{env, fmt, path::PathBuf, sync::Arc, time::Duration};

use dingtalk_core::{
    Error, Receipt,
    delivery::{AttemptMark, BoxFuture, Outcome},
};
use dingtalk_outbox::{
    State,
    calls::{Call, CallEnd, CallState, Calls, Claim, Permit},
};

use super::{
    key::{Identity, Recognition},
    table::{Decision, Earlier, Ending, Granted, Known, QUEUED_WINDOW, Table, Turn, UNKNOWN_WINDOW, WINDOW},
};

/// Time for which a message is remembered by the id that its caller chose.
const ID_WINDOW: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The table in the state.
pub(crate) struct Shared {
    calls: Calls,
    /// The working directory. Clients in two projects may make the same call, and mean two messages.
    directory: Vec<u8>,
}

impl Shared {
    pub(crate) fn new(state: &State) -> Self {
        Self::of_directory(state, env::current_dir().unwrap_or_default())
    }

    /// Creates the table for clients on other machines, of which the working directory of this process says nothing.
    pub(crate) fn for_remote_clients(state: &State) -> Self {
        Self::of_directory(state, PathBuf::new())
    }

    pub(super) fn of_directory(state: &State, directory: PathBuf) -> Self {
        Self { calls: state.calls(), directory: directory.into_os_string().into_encoded_bytes() }
    }

    fn call(&self, call: &Identity, settled: Option<&str>) -> Call {
        let key = call.key.as_bytes().to_vec();
        let asked = match call.recognition {
            Recognition::Id(meaning) => {
                let asked = Call::new(key).meaning(meaning.as_bytes()).durable(true);
                asked.remembered(ID_WINDOW, ID_WINDOW, ID_WINDOW)
            }
            Recognition::Meaning | Recognition::Never => {
                let asked = Call::new([key, self.directory.clone()].concat());
                asked.remembered(WINDOW, UNKNOWN_WINDOW, QUEUED_WINDOW)
            }
        };
        let asked = asked.several_robots(call.several_robots);
        match settled {
            Some(id) => asked.settled(id),
            None => asked,
        }
    }

    async fn decide(&self, call: &Identity, id: &str, settled: Option<&str>) -> Result<Decision, Error> {
        Ok(match self.calls.claim(&self.call(call, settled), id).await? {
            Claim::Granted(permit) => Decision::Send(Granted {
                id: permit.id().to_owned(),
                earlier: permit
                    .earlier()
                    .map(|earlier| Earlier { sender: earlier.sender, delivered: earlier.delivered }),
                turn: Box::new(SharedTurn(Some(permit))),
            }),
            Claim::InProgress { id } => Decision::Elsewhere(id),
            Claim::Queued { id, age } => Decision::Queued(id, age),
            Claim::Delivered { id, age } => {
                Decision::Duplicate(Box::new(Receipt::new(id, Outcome::Delivered)), age)
            }
            // Answers that are newer than this program are none that it may send after.
            _ => Decision::OtherMessage,
        })
    }

    async fn known(&self, call: &Identity) -> Result<Known, Error> {
        Ok(match self.calls.look(&self.call(call, None)).await? {
            None => Known::Absent,
            Some(CallState::InProgress) => Known::InProgress,
            Some(CallState::Delivered) => Known::Delivered,
            Some(CallState::Queued) => Known::Queued,
            Some(CallState::Abandoned) => Known::Abandoned,
            Some(_) => Known::Unknown,
        })
    }
}

impl Table for Shared {
    fn is_shared(&self) -> bool {
        true
    }

    fn claim<'a>(
        &'a self,
        call: &'a Identity,
        id: &'a str,
        settled: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Decision, Error>> {
        Box::pin(self.decide(call, id, settled))
    }

    fn look<'a>(&'a self, call: &'a Identity) -> BoxFuture<'a, Result<Known, Error>> {
        Box::pin(self.known(call))
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct SharedTurn(Option<Permit>);

impl Turn for SharedTurn {
    fn end(&mut self, ending: Ending<'_>) {
        if let Some(permit) = self.0.take() {
            permit.end(match ending {
                Ending::Delivered(_) => CallEnd::Delivered,
                Ending::Queued => CallEnd::Queued,
                Ending::NotSent => CallEnd::NotSent,
                Ending::Unknown => CallEnd::Unknown,
            });
        }
    }

    fn mark(&self) -> Option<Arc<dyn AttemptMark>> {
        self.0.as_ref().map(Permit::mark)
    }
}
