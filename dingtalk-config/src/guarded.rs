//! The policy of a robot, applied to every message.

use std::{future::ready, sync::Arc};

use dingtalk_core::{
    Deliver, Envelope, Error, ErrorKind, Receipt,
    delivery::{BoxFuture, RobotKey, window::Forecast},
};

use crate::{AtAll, Policy};

/// Delivery for one robot: refuses a message that notifies everybody if the policy denies it.
#[derive(Clone)]
pub struct Guarded {
    inner: Arc<dyn Deliver>,
    denies_all: bool,
}

impl Guarded {
    /// Puts a policy before a delivery.
    pub fn new(inner: impl Deliver + 'static, policy: Policy) -> Self {
        Self { inner: Arc::new(inner), denies_all: policy.at_all == AtAll::Deny }
    }
}

impl Deliver for Guarded {
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
        if self.denies_all && envelope.message.mentions().is_some_and(|mentions| mentions.all) {
            let denied = "this robot is configured never to notify everybody (at_all = \"deny\")";
            return Box::pin(ready(Err(Error::new(ErrorKind::Invalid, denied).with_id(envelope.id))));
        }
        self.inner.deliver(envelope)
    }

    fn robots(&self, robot: Option<&str>) -> Vec<RobotKey> {
        self.inner.robots(robot)
    }

    fn forecast<'a>(&'a self, envelope: &'a Envelope) -> BoxFuture<'a, Result<Forecast, Error>> {
        self.inner.forecast(envelope)
    }

    fn marks_attempts(&self) -> bool {
        self.inner.marks_attempts()
    }
}

impl std::fmt::Debug for Guarded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guarded").field("denies_all", &self.denies_all).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use dingtalk_core::{Message, Stub, message::Mentions};

    use super::*;
    use crate::Confirm;

    #[tokio::test]
    async fn deny_is_kept_wherever_messages_come_from() {
        let everybody = Message::text("Come").with_mentions(Mentions::everybody());
        for (at_all, message, arrives) in [
            (AtAll::Deny, everybody.clone(), 0),
            (AtAll::Deny, Message::text("Come"), 1),
            (AtAll::Allow, everybody, 1),
        ] {
            let stub = Stub::new();
            let guarded = Guarded::new(stub.clone(), Policy { at_all, confirm: Confirm::AtAll });
            let delivered = guarded.deliver(Envelope::new(message)).await;
            assert_eq!((delivered.is_ok(), stub.envelopes().len()), (arrives == 1, arrives));
        }
    }
}
