//! Events of a queue have the names that `docs/delivery.md` documents.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    future::ready,
    sync::{Arc, Mutex},
    time::Duration,
};

use dingtalk_core::{
    Envelope, Error, ErrorKind, Message, Stub,
    delivery::{BoxFuture, Dedupe, Outcome},
    queue::{
        DigestPolicy, Queue,
        store::{Begun, Claim, Claimed, DeadLetter, Enqueued, LanePending, Merge, Settlement, Store},
    },
};
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
};

/// The names of events, with their level and fields.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<BTreeMap<String, BTreeSet<String>>>>);

impl<S: Subscriber> Layer<S> for Recorder {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        if metadata.target().starts_with("dingtalk_core") {
            let fields = event.fields().map(|field| field.name().to_owned()).filter(|name| name != "message");
            let level = metadata.level().as_str().to_lowercase();
            self.0
                .lock()
                .unwrap()
                .entry(metadata.name().to_owned())
                .or_default()
                .extend(fields.chain([level]));
        }
    }
}

/// The rows of the page's table: the event, its level and its fields.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let page = include_str!("../../docs/delivery.md");
    let table = page.split_once("| event of a queue | level | fields |\n").unwrap().1;
    let rows = table.split("\n\n").next().unwrap().lines().skip(1);
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let mut names: BTreeSet<String> = cells[3].split('`').skip(1).step_by(2).map(str::to_owned).collect();
        names.insert(cells[2].to_owned());
        (cells[1].trim_matches('`').to_owned(), names)
    })
    .collect()
}

/// A store that always fails.
struct Broken;

fn fail<'a, T: Send + 'a>() -> BoxFuture<'a, Result<T, Error>> {
    Box::pin(ready(Err(Error::new(ErrorKind::Store, "it is broken"))))
}

impl Store for Broken {
    fn enqueue<'a>(&'a self, _: &'a str, _: Envelope, _: usize) -> BoxFuture<'a, Result<Enqueued, Error>> {
        fail()
    }

    fn claim<'a>(&'a self, _: &'a str, _: usize, _: Duration) -> BoxFuture<'a, Result<Claimed, Error>> {
        fail()
    }

    fn release<'a>(&'a self, _: &'a Claim) -> BoxFuture<'a, Result<(), Error>> {
        fail()
    }

    fn merge<'a>(&'a self, _: &'a Claim, _: Vec<Merge>) -> BoxFuture<'a, Result<bool, Error>> {
        fail()
    }

    fn begin<'a>(&'a self, _: &'a Claim, _: &'a str, _: Duration) -> BoxFuture<'a, Result<Begun, Error>> {
        fail()
    }

    fn settle<'a>(&'a self, _: &'a Claim, _: &'a str, _: Settlement) -> BoxFuture<'a, Result<bool, Error>> {
        fail()
    }

    fn lanes(&self) -> BoxFuture<'_, Result<Vec<(String, LanePending)>, Error>> {
        fail()
    }

    fn pending<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<LanePending, Error>> {
        fail()
    }

    fn dead_letters(&self, _: usize) -> BoxFuture<'_, Result<Vec<DeadLetter>, Error>> {
        fail()
    }

    fn redeliver<'a>(&'a self, _: &'a str, _: usize) -> BoxFuture<'a, Result<Option<Enqueued>, Error>> {
        fail()
    }
}

#[tokio::test(start_paused = true)]
async fn events_have_the_documented_names_levels_and_fields() {
    let recorder = Recorder::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(recorder.clone()));

    let stub = Stub::new();
    for kind in [ErrorKind::ForbiddenContent, ErrorKind::NotSent, ErrorKind::Keyword, ErrorKind::RobotStopped]
    {
        stub.fail_next(Error::new(kind, ""));
    }
    let queue = Queue::builder().lane("ops", stub).digest(DigestPolicy::default()).build().unwrap();
    for n in 0..3 {
        queue.try_send(&Message::text(format!("very private {n}"))).unwrap();
    }
    let repeated = || {
        let rule = Dedupe::new("private", Duration::from_secs(60));
        Envelope::new(Message::text("very private")).with_dedupe(rule)
    };
    assert_eq!(queue.try_deliver(repeated()).unwrap().outcome, Outcome::Queued);
    assert_eq!(queue.try_deliver(repeated()).unwrap().outcome, Outcome::Suppressed);
    assert!(queue.flush(Duration::from_secs(60)).await.is_err(), "the lane pauses");
    drop(queue);
    tokio::time::sleep(Duration::from_secs(1)).await;

    let stub = Stub::new();
    stub.fail_next(Error::new(ErrorKind::RobotStopped, ""));
    stub.fail_next(Error::new(ErrorKind::RobotStopped, ""));
    let queue = Queue::builder().lane("ops", stub).digest(DigestPolicy::default()).build().unwrap();
    queue.try_send(&Message::text("very private")).unwrap();
    assert_eq!(queue.shutdown(Duration::from_secs(60)).await.unwrap_err().total(), 1);

    let queue = Queue::builder().lane("ops", Stub::new()).store(Broken).build().unwrap();
    let error = queue.try_send(&Message::text("very private")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "it would have to wait: {error}");
    let pending = queue.flush(Duration::from_secs(60)).await.unwrap_err();
    assert!(pending.incomplete, "nobody knows");

    assert_eq!(*recorder.0.lock().unwrap(), documented());
}
