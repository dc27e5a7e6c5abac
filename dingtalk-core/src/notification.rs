//! Types that render as messages.

use std::{rc::Rc, sync::Arc};

#[cfg(feature = "robot")]
use crate::Envelope;
use crate::{Message, message::Invalid};

/// A value that can be sent as a message.
///
/// Usually derived; see [`derive@crate::Notification`]. Written by hand, it returns any [`Message`]:
///
/// ```
/// use dingtalk_core::{Message, Notification, message::Invalid};
///
/// struct Deployed {
///     version: u32,
/// }
///
/// impl Notification for Deployed {
///     fn message(&self) -> Result<Message, Invalid> {
///         Ok(Message::text(format!("Version {} is live", self.version)))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a notification",
    label = "does not derive `Notification`",
    note = "add `#[derive(Notification)] #[dingtalk(text(\"…\"))]` to the type, or send a `Message`"
)]
pub trait Notification {
    /// Checks the values against the type's constraints and renders the message. Never panics.
    ///
    /// # Errors
    ///
    /// Lists every value that violates a constraint.
    fn message(&self) -> Result<Message, Invalid>;

    /// Renders the message and puts it into an envelope under a new id, with the urgency, group and other properties of
    /// the notification: none unless implemented.
    ///
    /// ```
    /// use dingtalk_core::{Envelope, Message, Notification, delivery::Urgency, message::Invalid};
    ///
    /// struct Outage;
    ///
    /// impl Notification for Outage {
    ///     fn message(&self) -> Result<Message, Invalid> {
    ///         Ok(Message::text("The shop is down"))
    ///     }
    ///
    ///     fn envelope(&self) -> Result<Envelope, Invalid> {
    ///         Ok(Envelope::new(self.message()?).with_urgency(Urgency::Urgent))
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Names every value that breaks a constraint.
    #[cfg(feature = "robot")]
    fn envelope(&self) -> Result<Envelope, Invalid> {
        self.message().map(Envelope::new)
    }
}

macro_rules! forward {
    ($($type:ty),*) => {$(
        impl<N: Notification + ?Sized> Notification for $type {
            fn message(&self) -> Result<Message, Invalid> {
                (**self).message()
            }

            #[cfg(feature = "robot")]
            fn envelope(&self) -> Result<Envelope, Invalid> {
                (**self).envelope()
            }
        }
    )*};
}

forward!(&N, Box<N>, Rc<N>, Arc<N>);

impl Notification for Message {
    fn message(&self) -> Result<Message, Invalid> {
        Ok(self.clone())
    }
}
