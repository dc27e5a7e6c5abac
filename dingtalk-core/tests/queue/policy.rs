//! Notifications that the delivery refuses by its policy.

use std::time::Duration;

use dingtalk_core::{
    Deliver, Envelope, Error, ErrorKind, Message, Receipt,
    delivery::{BoxFuture, Confirmation},
    message::Mentions,
    queue::{
        DigestPolicy, Queue,
        store::{Loss, MemoryStore},
    },
};

use crate::fake::Fake;

/// Delivers what notifies everybody only with a confirmation, and counts what it was asked to deliver.
#[derive(Clone)]
struct Asking(Fake);

impl Deliver for Asking {
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
        self.0.deliver(envelope)
    }

    fn check(&self, envelope: &Envelope) -> Result<(), Error> {
        let notifies_all = envelope.message.mentions().is_some_and(|mentions| mentions.all);
        let confirmed = envelope.confirmation.as_ref().is_some_and(|given| given.everybody);
        if notifies_all && !confirmed {
            return Err(Error::new(ErrorKind::PolicyDenied, "a person has not confirmed it"));
        }
        Ok(())
    }
}

fn everybody(id: &str) -> Envelope {
    Envelope::new(Message::text(format!("This is {id}")).with_mentions(Mentions::everybody())).with_id(id)
}

fn nobody(id: &str) -> Envelope {
    Envelope::new(Message::text(format!("This is {id}"))).with_id(id)
}

#[tokio::test(start_paused = true)]
async fn a_refused_notification_becomes_a_dead_letter_by_itself() {
    let fake = Fake::new();
    let queue = Queue::builder().only_lane(Asking(fake.clone())).digest(DigestPolicy::default());
    let queue = queue.build().unwrap();
    let confirmed = everybody("confirmed").with_confirmation(Confirmation::of_everybody("a"));
    for envelope in [nobody("first"), nobody("a"), everybody("unconfirmed"), nobody("b"), confirmed] {
        queue.try_deliver(envelope).unwrap();
    }
    queue.flush(Duration::from_secs(600)).await.unwrap();
    let [letter] = &queue.dead_letters(10).await.unwrap()[..] else { panic!("one dead letter") };
    assert_eq!((&*letter.envelope.id, letter.loss), ("unconfirmed", Loss::Refused(ErrorKind::PolicyDenied)));
    assert!(letter.failure.text.contains("a person has not confirmed it"), "{}", letter.failure);
    // The others are merged without it, and the digest may notify everybody, as its member may.
    let sent = fake.envelopes();
    let digest =
        sent.iter().find(|envelope| envelope.message.mentions().is_some_and(|mentions| mentions.all));
    let digest = digest.unwrap();
    let text = digest.message.to_string();
    assert!(
        text.contains("This is a") && text.contains("This is b") && !text.contains("unconfirmed"),
        "{text}"
    );
    let given = digest.confirmation.as_ref().unwrap();
    assert_eq!((&*given.by, given.message, given.everybody), ("a", false, true));
}

#[tokio::test]
async fn a_queue_that_only_accepts_needs_a_store_that_outlives_it() {
    let queue = Queue::builder().only_lane(Fake::new()).accept_only();
    let error = queue.build().unwrap_err().to_string();
    assert!(error.contains("`accept_only` needs a durable store"), "{error}");
    let queue = Queue::builder().only_lane(Fake::new()).store(MemoryStore::new()).accept_only();
    assert!(queue.build().is_err());
}
