//! `Deliver` as a trait object and through references.
#![cfg(feature = "robot")]

use std::{sync::Arc, time::Duration};

use dingtalk_core::{
    Deliver, DeliverExt as _, Envelope, Error, ErrorKind, Message, Notification, Robot, Stub,
    delivery::{Dedupe, Retry, Throttle, Urgency},
    message::{Fault, Faults, Invalid},
    queue::Queue,
};

async fn twice(deliver: impl Deliver) -> Result<(), Error> {
    deliver.send(&Message::text("first")).await?;
    deliver.deliver(Envelope::new(Message::text("second")).with_robot("ops")).await?;
    Ok(())
}

#[tokio::test]
async fn every_pointer_to_a_delivery_delivers() {
    let stub = Stub::new();
    twice(&stub).await.unwrap();
    twice(Box::new(stub.clone()) as Box<dyn Deliver>).await.unwrap();
    twice(Arc::new(stub.clone()) as Arc<dyn Deliver>).await.unwrap();
    twice(&stub as &dyn Deliver).await.unwrap();
    let sent: Vec<_> =
        stub.envelopes().into_iter().map(|envelope| (envelope.message, envelope.robot)).collect();
    let expected = [(Message::text("first"), None), (Message::text("second"), Some("ops".to_owned()))];
    assert_eq!(sent, [&expected[..], &expected[..], &expected[..], &expected[..]].concat());
}

#[tokio::test]
async fn a_stub_fails_as_configured_and_like_a_robot() {
    let stub = Stub::new();
    stub.fail_next(Error::new(ErrorKind::Throttled, ""));
    stub.fail_next(Error::new(ErrorKind::Unknown, ""));
    for kind in [ErrorKind::Throttled, ErrorKind::Unknown] {
        let error = stub.send(&Message::text("hello")).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.id(), stub.envelopes().last().map(|envelope| &*envelope.id));
    }
    let error = stub.send(&Message::text("x".repeat(20_000))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLong);
    assert!(stub.send(&Message::text("hello")).await.is_ok());
    assert_eq!(stub.envelopes().len(), 4);
}

#[tokio::test]
async fn an_invalid_notification_is_not_sent() {
    struct Broken;

    impl Notification for Broken {
        fn message(&self) -> Result<Message, Invalid> {
            let mut faults = Faults::default();
            faults.push(Fault::new("percent", "must be at most 100"));
            Err(Invalid::new("Broken", faults))
        }
    }

    let stub = Stub::new();
    let error = stub.send(&Broken).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Invalid, Retry::Never));
    assert_eq!(error.invalid().map(|invalid| invalid.faults().len()), Some(1));
    assert!(error.to_string().contains("`percent` must be at most 100"), "{error}");
    assert_eq!(stub.envelopes().len(), 0);
}

/// Typical use: shared between tasks, with its futures spawned.
#[test]
fn a_robot_can_be_shared_and_its_futures_spawned() {
    fn shareable<T: Clone + Send + Sync + 'static>(_: &T) {}
    fn spawnable(_: &(impl Future<Output = impl Send> + Send)) {}
    let robot = Robot::builder("abcd").build().unwrap();
    shareable(&robot);
    spawnable(&robot.send(&Message::text("hello")));
}

/// A notification with an envelope of its own.
struct Outage;

impl Notification for Outage {
    fn message(&self) -> Result<Message, Invalid> {
        Ok(Message::text("The shop is down"))
    }

    fn envelope(&self) -> Result<Envelope, Invalid> {
        let span = Duration::from_secs(600);
        let envelope = Envelope::new(self.message()?).with_urgency(Urgency::Urgent).with_group("shop");
        let envelope = envelope.with_digest_line("down").with_dedupe(Dedupe::new("shop", span));
        Ok(envelope.with_throttle(Throttle::new("shop", 3, span)))
    }
}

#[tokio::test]
async fn every_way_to_send_a_notification_uses_its_envelope() {
    let stub = Stub::new();
    stub.send(&Outage).await.unwrap();
    stub.send(&Arc::new(Box::new(&Outage))).await.unwrap();
    // One for each: a queue sends a notification with this envelope only once in ten minutes.
    let queues = [(); 2].map(|()| Queue::new(stub.clone()).unwrap());
    queues[0].try_send(&Outage).unwrap();
    queues[1].send(&Outage).await.unwrap();
    for queue in queues {
        queue.shutdown(Duration::from_secs(10)).await.unwrap();
    }
    let envelopes = stub.envelopes();
    assert_eq!(envelopes.len(), 4);
    for envelope in envelopes {
        assert_eq!(envelope, Outage.envelope().unwrap().with_id(&*envelope.id));
    }
}
