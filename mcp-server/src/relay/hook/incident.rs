//! Incidents that the relay remembers, because the payload that ends one does not tell for how long it lasted.

use std::time::{Duration, SystemTime};

use dingtalk_config::Incident;
use dingtalk_core::Error;

use super::caller::Caller;
use crate::relay::Relay;

/// Time for which an incident is remembered. The end of a longer one tells no duration.
pub(super) const REMEMBERED: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Memory of an incident, as the next payload finds it.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Time since its beginning, if the payload ends it.
    pub(super) lasted: Option<Duration>,
    /// Key that is marked together with the message.
    pub(super) mark: Option<String>,
}

impl Relay {
    /// Looks for the beginning of an incident. Later payloads of its beginning, such as reminders, change nothing.
    pub(super) async fn remember(&self, caller: &Caller<'_>, incident: &Incident) -> Result<Memory, Error> {
        let [begun, over] = ["begun", "over"].map(|kind| caller.key(kind, incident.subject.as_bytes()));
        let times = self.intake.marked(vec![begun.clone(), over.clone()]).await?;
        let since = match times[..] {
            [Some(begun), Some(over)] if over >= begun => None,
            [since, _] => since,
            _ => None,
        };
        Ok(if incident.is_over {
            let lasted = since.and_then(|since| SystemTime::now().duration_since(since).ok());
            Memory { lasted, mark: Some(over) }
        } else {
            Memory { lasted: None, mark: since.is_none().then_some(begun) }
        })
    }
}
