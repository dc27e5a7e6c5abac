//! Spans and events of a delivery have the names that `docs/delivery.md` documents.

#![allow(clippy::unwrap_used, reason = "a broken set-up is a failed test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use dingtalk_core::{
    Deliver as _, DeliverExt as _, Envelope, ErrorKind, Message, Robot,
    delivery::{Pace, Urgency},
    pool::Pool,
};
use dingtalk_sandbox::{Fault, Sandbox};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span,
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
    registry::LookupSpan,
};

/// Names and fields of this project's spans and events, and the values of the last span.
#[derive(Default)]
struct Seen {
    events: BTreeMap<String, BTreeSet<String>>,
    span: BTreeMap<String, String>,
}

#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Seen>>);

struct Fields<'a>(&'a mut BTreeMap<String, String>);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        if attributes.metadata().name() == "dingtalk.send" {
            attributes.record(&mut Fields(&mut self.0.lock().unwrap().span));
        }
    }

    fn on_record(&self, _: &span::Id, values: &span::Record<'_>, _: Context<'_, S>) {
        values.record(&mut Fields(&mut self.0.lock().unwrap().span));
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target().starts_with("dingtalk_core") {
            let fields = event.fields().map(|field| field.name().to_owned()).filter(|name| name != "message");
            let mut seen = self.0.lock().unwrap();
            seen.events.entry(event.metadata().name().to_owned()).or_default().extend(fields);
        }
    }
}

/// Names in a table of the page, with the names in their last column or below.
fn documented(page: &str, heading: &str) -> Vec<Vec<String>> {
    let table = page.split_once(heading).unwrap().1.split("\n\n").next().unwrap();
    let rows = table.lines().skip(1).map(|line| {
        let names = line.split('`').skip(1).step_by(2);
        names
            .filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || "._".contains(c)))
            .map(str::to_owned)
    });
    rows.map(Iterator::collect).collect()
}

#[tokio::test]
async fn spans_and_events_have_the_documented_names() {
    let recorder = Recorder::default();
    let subscriber = tracing_subscriber::registry().with(recorder.clone());
    let _guard = tracing::subscriber::set_default(subscriber);

    let sandbox = Sandbox::start().await.unwrap();
    let pace = Pace::new().limit(2).urgent_reserve(1).window(Duration::from_millis(100));
    let robot = Robot::from_webhook(sandbox.webhook())
        .secret(sandbox.secret().unwrap())
        .name("ops")
        .pace(pace)
        .backoff(Duration::from_millis(1), Duration::from_millis(1))
        .build()
        .unwrap();
    // A message that is retried after a pause.
    sandbox.fault_next(1, Fault::Busy);
    let receipt = robot.send(&Message::text("very private")).await.unwrap();
    assert_eq!(receipt.attempts, 2);
    let span = std::mem::take(&mut recorder.0.lock().unwrap().span);
    for (field, value) in [
        ("robot", "\"ops\"".to_owned()),
        ("robot_id", format!("{:?}", robot.id())),
        ("id", format!("{:?}", receipt.id)),
        ("msgtype", "\"text\"".to_owned()),
        ("bytes", receipt.bytes.to_string()),
        ("parts", "1".to_owned()),
        ("attempts", "2".to_owned()),
        ("wait_ms", receipt.wait.as_millis().to_string()),
        ("outcome", "\"delivered\"".to_owned()),
    ] {
        assert_eq!(span.get(field), Some(&value), "{field}");
    }
    // A pool of two robots, the first of which the sandbox does not know.
    let stranger = Robot::builder("nobody").base_url(sandbox.base_url()).build().unwrap();
    let receipt =
        Pool::new([stranger, robot.clone()]).unwrap().send(&Message::text("very private")).await.unwrap();
    assert_eq!((receipt.robot.as_deref(), receipt.attempts), (Some("ops"), 2));
    sandbox.fault_next(1, Fault::Throttle);
    let envelope = Envelope::new(Message::text("very private")).with_urgency(Urgency::Urgent);
    assert_eq!(robot.deliver(envelope).await.unwrap_err().kind(), ErrorKind::Throttled);

    let seen = recorder.0.lock().unwrap();
    assert_eq!(seen.span["outcome"], "Throttled");
    let documentation = include_str!("../../docs/delivery.md");
    let fields: Vec<String> = documented(documentation, "| span `dingtalk.send` | meaning |\n").concat();
    let names: Vec<&String> = seen.span.keys().collect();
    let fields: BTreeSet<&String> = fields.iter().filter(|name| *name != "delivered").collect();
    assert_eq!(fields.into_iter().collect::<Vec<_>>(), names);
    let events: BTreeMap<String, BTreeSet<String>> =
        documented(documentation, "| event | level | fields |\n")
            .into_iter()
            .map(|names| (names[0].clone(), names[1..].iter().cloned().collect()))
            .collect();
    assert_eq!(events, seen.events);
}
