//! Guards of waiters and slots, which end when they are dropped.

use std::fmt;

use tokio::time::Instant;

use super::{Admission, Forecast, SlotEnd, SlotId, SlotRequest, WaiterId, Window};
use crate::{Error, delivery::Urgency};

/// A waiter of a window, which leaves when it is dropped.
///
/// ```
/// use std::time::Duration;
///
/// use dingtalk_core::delivery::{Pace, Urgency, window::{RateWindow, SlotRequest, Waiter, Window}};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), dingtalk_core::Error> {
/// let window = RateWindow::new(Pace::new().limit(1));
/// let request = SlotRequest::new(Duration::ZERO, Duration::from_secs(10));
/// let slot = Waiter::join(&window, Urgency::Normal).take(request).await?.expect("nobody else sends");
/// // Here the request is made.
/// drop(slot);
/// let forecast = Waiter::join(&window, Urgency::Normal).take(request).await?.unwrap_err();
/// assert!(forecast.wait > Duration::from_secs(60));
/// # Ok(()) }
/// ```
#[must_use = "dropping it leaves"]
pub struct Waiter<'a> {
    window: &'a dyn Window,
    /// Set until it has a slot.
    id: Option<WaiterId>,
}

impl<'a> Waiter<'a> {
    /// Joins the waiters; see [`Window::join`].
    pub fn join(window: &'a dyn Window, urgency: Urgency) -> Self {
        Self { window, id: Some(window.join(urgency)) }
    }

    /// Waits for a slot; see [`Window::take`]. Returns the forecast if the wait would be longer than the request
    /// allows.
    ///
    /// # Errors
    ///
    /// Fails if the state of the window cannot be read or written.
    pub async fn take(mut self, request: SlotRequest) -> Result<Result<Slot<'a>, Forecast>, Error> {
        let Some(id) = self.id else { return Ok(Err(Forecast::default())) };
        match self.window.take(id, request).await? {
            Admission::TooLong(forecast) => Ok(Err(forecast)),
            Admission::Granted(slot) => {
                self.id = None;
                // A clock cannot represent a time that is further away.
                let ends_by = Instant::now().checked_add(request.holds);
                Ok(Ok(Slot { window: self.window, id: Some(slot), ends_by }))
            }
        }
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            self.window.leave(id);
        }
    }
}

/// A slot of a window, for one request. It ends when it is dropped, with an [unknown](SlotEnd::Unknown) outcome, and
/// counts for one window from then on.
#[must_use = "dropping it ends the slot"]
pub struct Slot<'a> {
    window: &'a dyn Window,
    /// Set until it is given back.
    id: Option<SlotId>,
    ends_by: Option<Instant>,
}

impl Slot<'_> {
    /// Gives the slot back; see [`Window::give_back`].
    pub fn give_back(mut self) {
        if let Some(id) = self.id.take() {
            self.window.give_back(id);
        }
    }

    /// Ends the slot with the outcome of its request; see [`Window::end`].
    pub fn end(mut self, end: SlotEnd) {
        if let Some(id) = self.id.take() {
            self.window.end(id, end);
        }
    }

    /// Returns the time by which the request must have ended.
    pub(crate) fn ends_by(&self) -> Option<Instant> {
        self.ends_by
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            self.window.end(id, SlotEnd::Unknown);
        }
    }
}

impl fmt::Debug for Waiter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Waiter").field(&self.id).finish()
    }
}

impl fmt::Debug for Slot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Slot").field(&self.id).finish()
    }
}
