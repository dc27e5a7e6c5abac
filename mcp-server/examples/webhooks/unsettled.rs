//! Messages that may have arrived although no answer confirmed it.
//!
//! The sender of the webhook is told to repeat it with the same body. The message must then be sent under the
//! same id, by which DingTalk recognises a duplicate. Once the message is settled, its id is forgotten, so
//! that an alert that Alertmanager repeats hours later is a new message.

use std::{
    collections::{HashMap, hash_map::DefaultHasher},
    hash::{Hash as _, Hasher as _},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// A sender that has not repeated the webhook by then never will.
const KEPT: Duration = Duration::from_secs(15 * 60);

/// Ids of unsettled messages, by the webhook that caused them.
#[derive(Default)]
pub(crate) struct Unsettled(Mutex<HashMap<u64, (String, Instant)>>);

impl Unsettled {
    /// The id under which the message of this webhook was sent before.
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
