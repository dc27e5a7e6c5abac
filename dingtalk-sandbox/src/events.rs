//! The live stream of the page: Server-Sent Events.

use std::{
    convert::Infallible,
    fmt::Write as _,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use hyper::body::{Body, Bytes, Frame};
use tokio::sync::watch;

use crate::{shared::Shared, view};

/// Number of entries that are written at once: a long log is not in memory twice for a client that reads slowly.
const AT_ONCE: usize = 100;

type Changed = Pin<Box<dyn Future<Output = Option<watch::Receiver<u64>>> + Send>>;

/// An endless body with one event per entry: first the existing entries, then each new one.
pub(crate) struct Events {
    shared: Arc<Shared>,
    /// Number of the last entry that was sent.
    sent: u64,
    /// Number of the last removal that was sent.
    removed: u64,
    greeted: bool,
    changed: Changed,
}

impl Events {
    /// Streams the entries after number `after`.
    pub(crate) fn after(after: u64, shared: &Arc<Shared>) -> Self {
        Self {
            shared: Arc::clone(shared),
            sent: after,
            removed: 0,
            greeted: false,
            changed: changed(shared.watch()),
        }
    }

    fn due(&mut self) -> String {
        let mut events = String::new();
        if !self.greeted {
            self.greeted = true;
            // Writing to a String does not fail.
            let _ = write!(events, "retry: 1000\nevent: run\ndata: {}\n\n", self.shared.run);
        }
        let state = self.shared.state();
        let (removals, entries) = (state.log.removals_since(self.removed), state.log.since(self.sent));
        drop(state);
        for (number, removed) in removals {
            self.removed = number;
            let _ = write!(events, "event: removed\ndata: {}\n\n", view::removed(removed));
        }
        for entry in entries.into_iter().take(AT_ONCE) {
            self.sent = entry.number;
            let _ = write!(events, "id: {}\nevent: entry\ndata: {}\n\n", entry.number, view::entry(&entry));
        }
        events
    }
}

/// A future that owns its receiver: the future of `watch::Receiver::changed` borrows it.
fn changed(mut newest: watch::Receiver<u64>) -> Changed {
    Box::pin(async move { newest.changed().await.ok().map(|()| newest) })
}

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        loop {
            let due = self.due();
            if !due.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(due.into()))));
            }
            match ready!(self.changed.as_mut().poll(context)) {
                Some(newest) => self.changed = changed(newest),
                None => return Poll::Ready(None),
            }
        }
    }
}
