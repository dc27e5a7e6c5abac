//! Robots and queues outside the runtime that they need.
#![cfg(feature = "robot")]
#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

use dingtalk_core::{
    Deliver, DeliverExt as _, Envelope, ErrorKind, Message, Robot, Stub, pool::Pool, queue::Queue,
};

struct Nothing;

impl Wake for Nothing {
    fn wake(self: Arc<Self>) {}
}

/// Polls once, as an executor of another library would.
fn poll<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(&Waker::from(Arc::new(Nothing))))
}

fn robot(token: &str) -> Robot {
    Robot::builder(token).base_url("http://127.0.0.1:1").build().unwrap()
}

#[test]
fn sending_outside_a_runtime_is_an_error() {
    let pool = Pool::new([robot("a"), robot("b")]).unwrap();
    let delivers: [Box<dyn Deliver>; 2] = [Box::new(robot("d")), Box::new(pool)];
    for deliver in delivers {
        let Poll::Ready(Err(error)) = poll(deliver.deliver(Envelope::new(Message::text("x")))) else {
            panic!("it did not end");
        };
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        assert!(error.to_string().contains("tokio runtime"), "{error}");
    }
    let Poll::Ready(Err(error)) = poll(robot("e").send(&Message::text("x"))) else {
        panic!("it did not end")
    };
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
}

#[test]
fn a_queue_whose_runtime_has_ended_takes_nothing() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let stub = Stub::new();
    let queue = runtime.block_on(async { Queue::new(stub.clone()).unwrap() });
    drop(runtime);
    let error = queue.try_send(&Message::text("x")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::QueueClosed, "{error}");
    assert!(error.to_string().contains("runtime"), "{error}");
    let Poll::Ready(Err(error)) = poll(queue.deliver(Envelope::new(Message::text("x")))) else {
        panic!("it did not end");
    };
    assert_eq!(error.kind(), ErrorKind::QueueClosed, "{error}");
    assert!(stub.envelopes().is_empty());
}
