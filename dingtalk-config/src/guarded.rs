//! The policy of a robot, applied to every message.

use std::{future::ready, sync::Arc};

use dingtalk_core::{
    Deliver, Envelope, Error, ErrorKind, Receipt,
    delivery::{BoxFuture, RobotKey, window::Forecast},
};

use crate::{AtAll, Confirm, Policy};

/// Delivery for one robot: refuses a message that its policy does not allow.
#[derive(Clone)]
pub struct Guarded {
    inner: Arc<dyn Deliver>,
    policy: Policy,
    confirmed: bool,
}

impl Guarded {
    /// Puts a policy before a delivery: it refuses a message that notifies everybody if the policy denies it.
    pub fn new(inner: impl Deliver + 'static, policy: Policy) -> Self {
        Self { inner: Arc::new(inner), policy, confirmed: false }
    }

    /// Refuses messages that a person has to confirm, too, unless their envelopes have the confirmation.
    #[must_use]
    pub fn confirmed(mut self, confirmed: bool) -> Self {
        self.confirmed = confirmed;
        self
    }

    /// Returns the reason for which the policy does not allow a message.
    fn refusal(&self, envelope: &Envelope) -> Option<&'static str> {
        let notifies_all = envelope.message.mentions().is_some_and(|mentions| mentions.all);
        let given = envelope.confirmation.as_ref();
        match self.policy {
            Policy { at_all: AtAll::Deny, .. } if notifies_all => {
                Some("this robot is configured never to notify everybody (at_all = \"deny\")")
            }
            _ if !self.confirmed => None,
            Policy { at_all: AtAll::Ask, .. }
                if notifies_all && !given.is_some_and(|given| given.everybody) =>
            {
                Some("a person has not confirmed that it notifies everybody (at_all = \"ask\")")
            }
            Policy { confirm: Confirm::Always, .. } if !given.is_some_and(|given| given.message) => {
                Some("a person has not confirmed it (confirm = \"always\")")
            }
            _ => None,
        }
    }
}

impl Deliver for Guarded {
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
        if let Err(error) = self.check(&envelope) {
            return Box::pin(ready(Err(error)));
        }
        self.inner.deliver(envelope)
    }

    fn check(&self, envelope: &Envelope) -> Result<(), Error> {
        match self.refusal(envelope) {
            Some(reason) => Err(Error::new(ErrorKind::PolicyDenied, reason).with_id(&*envelope.id)),
            None => self.inner.check(envelope),
        }
    }

    fn robots(&self, robot: Option<&str>) -> Vec<RobotKey> {
        self.inner.robots(robot)
    }

    fn forecast<'a>(&'a self, envelope: &'a Envelope) -> BoxFuture<'a, Result<Forecast, Error>> {
        self.inner.forecast(envelope)
    }

    fn lane_key(&self) -> Option<String> {
        self.inner.lane_key()
    }

    fn marks_attempts(&self) -> bool {
        self.inner.marks_attempts()
    }
}

impl std::fmt::Debug for Guarded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guarded")
            .field("policy", &self.policy)
            .field("confirmed", &self.confirmed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use dingtalk_core::{Message, Robot, Stub, delivery::Confirmation, message::Mentions};

    use super::*;

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

    #[test]
    fn a_queue_needs_the_confirmation_that_the_policy_asks_for() {
        let everybody = || Envelope::new(Message::text("Come").with_mentions(Mentions::everybody()));
        let nobody = || Envelope::new(Message::text("Come"));
        let (of_message, of_everybody) = (Confirmation::of_message("a"), Confirmation::of_everybody("a"));
        let kept = |at_all, confirm, envelope: &Envelope| {
            let guarded = Guarded::new(Stub::new(), Policy { at_all, confirm });
            assert!(at_all == AtAll::Deny || guarded.check(envelope).is_ok(), "only a queue is strict");
            guarded.confirmed(true).check(envelope).is_ok()
        };
        for (at_all, confirm, envelope, expected) in [
            (AtAll::Ask, Confirm::AtAll, everybody(), false),
            (AtAll::Ask, Confirm::AtAll, everybody().with_confirmation(of_message.clone()), false),
            (AtAll::Ask, Confirm::AtAll, everybody().with_confirmation(of_everybody.clone()), true),
            (AtAll::Ask, Confirm::AtAll, nobody(), true),
            (AtAll::Allow, Confirm::AtAll, everybody(), true),
            (AtAll::Deny, Confirm::AtAll, everybody().with_confirmation(of_everybody.clone()), false),
            (AtAll::Deny, Confirm::AtAll, nobody(), true),
            (AtAll::Allow, Confirm::Always, everybody(), false),
            (AtAll::Allow, Confirm::Always, everybody().with_confirmation(of_message.clone()), true),
            (AtAll::Allow, Confirm::Always, nobody(), false),
            (AtAll::Ask, Confirm::Always, nobody().with_confirmation(of_message), true),
            (AtAll::Ask, Confirm::Always, everybody().with_confirmation(of_everybody), true),
        ] {
            assert_eq!(kept(at_all, confirm, &envelope), expected, "{at_all:?} {confirm:?} {envelope:?}");
        }
    }

    #[test]
    fn a_durable_store_knows_a_guarded_robot_by_its_key() {
        let robot = Robot::builder("0123456789").build().unwrap();
        let guarded = Guarded::new(robot.clone(), Policy::default());
        assert!(guarded.lane_key().is_some());
        assert_eq!(guarded.lane_key(), robot.lane_key());
    }
}
