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
    table::{Decision, Earlier, Ending, Granted, Known, Table, Turn, UNKNOWN_WINDOW, WINDOW},
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

    pub(super) fn of_directory(state: &State, directory: PathBuf) -> Self {
        Self { calls: state.calls(), directory: directory.into_os_string().into_encoded_bytes() }
    }

    fn call(&self, call: &Identity) -> Call {
        let key = call.key.as_bytes().to_vec();
        let asked = match call.recognition {
            Recognition::Id(meaning) => {
                Call::new(key).meaning(meaning.as_bytes()).remembered(ID_WINDOW, ID_WINDOW).durable(true)
            }
            Recognition::Meaning | Recognition::Never => {
                Call::new([key, self.directory.clone()].concat()).remembered(WINDOW, UNKNOWN_WINDOW)
            }
        };
        asked.several_robots(call.several_robots)
    }

    async fn decide(&self, call: &Identity, id: &str) -> Result<Decision, Error> {
        Ok(match self.calls.claim(&self.call(call), id).await? {
            Claim::Granted(permit) => Decision::Send(Granted {
                id: permit.id().to_owned(),
                earlier: permit
                    .earlier()
                    .map(|earlier| Earlier { sender: earlier.sender, delivered: earlier.delivered }),
                turn: Box::new(SharedTurn(Some(permit))),
            }),
            Claim::InProgress { id } => Decision::Elsewhere(id),
            Claim::Delivered { id, age } => {
                Decision::Duplicate(Box::new(Receipt::new(id, Outcome::Delivered)), age)
            }
            // Answers that are newer than this program are none that it may send after.
            _ => Decision::OtherMessage,
        })
    }

    async fn known(&self, call: &Identity) -> Result<Known, Error> {
        Ok(match self.calls.look(&self.call(call)).await? {
            None => Known::Absent,
            Some(CallState::InProgress) => Known::InProgress,
            Some(CallState::Delivered) => Known::Delivered,
            Some(CallState::Abandoned) => Known::Abandoned,
            Some(_) => Known::Unknown,
        })
    }
}

impl Table for Shared {
    fn is_shared(&self) -> bool {
        true
    }

    fn claim<'a>(&'a self, call: &'a Identity, id: &'a str) -> BoxFuture<'a, Result<Decision, Error>> {
        Box::pin(self.decide(call, id))
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
                Ending::NotSent => CallEnd::NotSent,
                Ending::Unknown => CallEnd::Unknown,
            });
        }
    }

    fn mark(&self) -> Option<Arc<dyn AttemptMark>> {
        self.0.as_ref().map(Permit::mark)
    }
}
