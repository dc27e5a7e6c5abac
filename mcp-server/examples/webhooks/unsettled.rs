//! Messages that may have arrived although no answer says so.
//!
//! Whoever sent the webhook is told to come again, with the same body. The message must then go out under the same
//! id, by which DingTalk recognises a repetition. Once it is settled the id is forgotten, so that an alert that
//! Alertmanager repeats hours later is a new message.

use std::{
    collections::{HashMap, hash_map::DefaultHasher},
    hash::{Hash as _, Hasher as _},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Whoever has not come again until now will not.
const KEPT: Duration = Duration::from_secs(15 * 60);

/// The ids of unsettled messages, by the webhook that they were made of.
#[derive(Default)]
pub(crate) struct Unsettled(Mutex<HashMap<u64, (String, Instant)>>);

impl Unsettled {
    /// The id under which the message for this webhook was sent before.
    pub(crate) fn id(&self, webhook: &[u8]) -> Option<String> {
        self.ids().get(&hash(webhook)).map(|(id, _)| id.clone())
    }

    /// Remembers the id of a message that may have arrived.
    pub(crate) fn remember(&self, webhook: &[u8], id: String) {
        let mut ids = self.ids();
        ids.retain(|_, (_, since)| since.elapsed() < KEPT);
        ids.insert(hash(webhook), (id, Instant::now()));
    }

    /// Forgets a message that has certainly arrived.
    pub(crate) fn settle(&self, webhook: &[u8]) {
        self.ids().remove(&hash(webhook));
    }

    fn ids(&self) -> MutexGuard<'_, HashMap<u64, (String, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash(webhook: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    webhook.hash(&mut hasher);
    hasher.finish()
}
