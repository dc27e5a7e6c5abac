//! Delivery without an asynchronous runtime.
#![cfg(feature = "blocking")]
#![allow(clippy::unwrap_used, reason = "a test that cannot set itself up fails")]

mod fake;

use std::{thread, time::Duration};

use dingtalk_core::{
    Deliver, Envelope, Error, ErrorKind, Message, Receipt, Robot,
    delivery::{Blocking, BoxFuture, Outcome},
};
use fake::{Fake, Then, ok};

/// Runs a server beside the test.
fn serve(then: Then) -> (tokio::runtime::Runtime, Fake) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let fake = runtime.block_on(Fake::start(then));
    (runtime, fake)
}

fn robot(fake: &Fake) -> Blocking {
    Blocking::new(Robot::builder("abcd").base_url(fake.url()).build().unwrap()).unwrap()
}

#[test]
fn it_blocks_until_the_receipt() {
    let (_runtime, fake) = serve(Then::Answer(ok(r#"{"errcode":0}"#)));
    let robot = robot(&fake);
    let receipt = robot.send(&Message::text("hello")).unwrap();
    assert_eq!(receipt.outcome, Outcome::Delivered);
    assert!(fake.requests()[0].contains(&receipt.id));
    let receipt = robot.deliver(Envelope::new(Message::text("hello")).with_id("mine")).unwrap();
    assert_eq!(receipt.id, "mine");
}

#[test]
fn failures_are_returned() {
    let (_runtime, fake) = serve(Then::Answer(ok(r#"{"errcode":310000,"errmsg":"sign not match"}"#)));
    assert_eq!(robot(&fake).send(&Message::text("hello")).unwrap_err().kind(), ErrorKind::Signature);
}

#[test]
fn it_works_inside_a_runtime() {
    let (_runtime, fake) = serve(Then::Answer(ok(r#"{"errcode":0}"#)));
    for runtime in [
        tokio::runtime::Builder::new_current_thread().build().unwrap(),
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap(),
    ] {
        runtime.block_on(async {
            let robot = robot(&fake);
            robot.send(&Message::text("hello")).unwrap();
            tokio::task::spawn_blocking(move || robot.send(&Message::text("hello"))).await.unwrap().unwrap();
        });
    }
    assert_eq!(fake.requests().len(), 4);
}

/// Delivers only once two messages are present.
struct Together(tokio::sync::Barrier);

impl Deliver for Together {
    fn deliver(&self, envelope: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
        Box::pin(async move {
            self.0.wait().await;
            Ok(Receipt::new(envelope.id, Outcome::Delivered))
        })
    }
}

#[test]
fn threads_do_not_wait_for_each_other() {
    let deliver = Blocking::new(Together(tokio::sync::Barrier::new(2))).unwrap();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| deliver.send(&Message::text("hello")).unwrap());
        }
    });
}

struct Panics;

impl Deliver for Panics {
    fn deliver(&self, _: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
        Box::pin(async { panic!("this is a test") })
    }
}

#[test]
fn a_panic_fails_only_its_own_message() {
    let deliver = Blocking::new(Panics).unwrap();
    for _ in 0..2 {
        let error = deliver.deliver(Envelope::new(Message::text("hello")).with_id("mine")).unwrap_err();
        assert_eq!((error.kind(), error.id()), (ErrorKind::Unknown, Some("mine")));
    }
}

/// Reports that it is dropped.
struct Dropped(std::sync::mpsc::Sender<()>);

impl Deliver for Dropped {
    fn deliver(&self, _: Envelope) -> BoxFuture<'_, Result<Receipt, Error>> {
        Box::pin(async { Err(Error::new(ErrorKind::Busy, "")) })
    }
}

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.send(()).unwrap();
    }
}

#[test]
fn the_last_clone_ends_the_thread() {
    let (dropped, done) = std::sync::mpsc::channel();
    let deliver = Blocking::new(Dropped(dropped)).unwrap();
    let clone = deliver.clone();
    drop(deliver);
    assert_eq!(clone.send(&Message::text("hello")).unwrap_err().kind(), ErrorKind::Busy);
    assert!(done.try_recv().is_err());
    drop(clone);
    done.recv_timeout(Duration::from_secs(10)).unwrap();
}
