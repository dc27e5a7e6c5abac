//! Delivery options on a type, as its envelope carries them.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::time::Duration;

use dingtalk_core::{
    DeliverExt, Envelope, Notification, Stub,
    delivery::{Dedupe, Throttle, Urgency},
};

#[derive(Notification)]
#[dingtalk(text("Order {id} of {nickname}: {cents}"))]
#[dingtalk(with(amount = f64::from(*cents) / 100.0))]
#[dingtalk(
    urgent,
    group = "orders of {shop}",
    digest = "¥{amount:.2} {nickname}",
    dedupe = "same for 10m",
    throttle = "1 per 1h by shop, nickname"
)]
struct Order<'a> {
    id: u32,
    nickname: &'a str,
    cents: u32,
    shop: &'a str,
}

fn order(id: u32, nickname: &str) -> Envelope {
    Order { id, nickname, cents: 1250, shop: "south" }.envelope().unwrap()
}

#[test]
fn the_envelope_carries_the_options() {
    let envelope = order(1, "李 \n*雷*");
    assert_eq!(envelope.urgency, Urgency::Urgent);
    assert_eq!(envelope.group.as_deref(), Some("orders of south"));
    // Plain text on one line.
    assert_eq!(envelope.digest_line.as_deref(), Some("¥12.50 李  *雷*"));
    let key = "derive_delivery::Order shop=\"south\" nickname=\"李  *雷*\"";
    assert_eq!(envelope.throttle, Some(Throttle::new(key, 1, Duration::from_secs(3600))));
    let dedupe = envelope.dedupe.unwrap();
    assert_eq!(dedupe.span, Duration::from_secs(600));
    assert!(dedupe.key.starts_with("derive_delivery::Order "), "{}", dedupe.key);
    assert!(!dedupe.key.contains('李'), "the key shows content: {}", dedupe.key);
}

#[test]
fn equal_messages_have_one_key_and_others_another() {
    let key = |id, nickname| order(id, nickname).dedupe.unwrap().key;
    assert_eq!(key(1, "a"), key(1, "a"));
    assert_ne!(key(1, "a"), key(2, "a"));
    // Quotes keep the values apart.
    let throttle = |shop, nickname| {
        let order = Order { id: 1, nickname, cents: 0, shop };
        order.envelope().unwrap().throttle.unwrap().key
    };
    assert_ne!(throttle("a\" nickname=\"b", "c"), throttle("a", "b\" nickname=\"c"));
    assert_eq!(throttle("a", "b"), throttle("a", "b"));
}

#[derive(Notification)]
#[dingtalk(group = "deployments", throttle = "3 per 1d")]
enum Deployment {
    #[dingtalk(text("deploy of {service} began"))]
    Began { service: String },
    #[dingtalk(text("deploy of {service} failed"), urgent, group = "{service}", dedupe = "same for 30s")]
    Failed { service: String },
}

#[test]
fn a_variant_adds_to_the_options_of_its_enum() {
    let began = Deployment::Began { service: "shop".into() }.envelope().unwrap();
    assert_eq!((began.urgency, began.group.as_deref()), (Urgency::Normal, Some("deployments")));
    assert_eq!(began.dedupe, None);
    let throttle = |variant| Some(Throttle::new(variant, 3, Duration::from_secs(86_400)));
    assert_eq!(began.throttle, throttle("derive_delivery::Deployment::Began"));
    let failed = Deployment::Failed { service: "shop".into() }.envelope().unwrap();
    assert_eq!((failed.urgency, failed.group.as_deref()), (Urgency::Urgent, Some("shop")));
    assert_eq!(failed.dedupe.unwrap().span, Duration::from_secs(30));
    assert_eq!(failed.throttle, throttle("derive_delivery::Deployment::Failed"));
}

#[derive(Notification)]
#[dingtalk(text("{text}"), group = "{kind}")]
struct Generic<T, U> {
    text: T,
    kind: U,
}

#[test]
fn an_empty_subject_is_none() {
    let of = |kind| Generic { text: "x", kind }.envelope().unwrap().group;
    assert_eq!(of(" "), None);
    assert_eq!(of("disk"), Some("disk".to_owned()));
}

#[tokio::test]
async fn what_is_sent_carries_them() {
    let stub = Stub::new();
    stub.send(&Order { id: 1, nickname: "a", cents: 5, shop: "b" }).await.unwrap();
    stub.send(&Box::new(Generic { text: 1, kind: 2 })).await.unwrap();
    let [order, generic] = &stub.envelopes()[..] else { panic!("two envelopes") };
    assert_eq!(order.digest_line.as_deref(), Some("¥0.05 a"));
    assert_eq!(generic.group.as_deref(), Some("2"));
    assert_eq!((generic.urgency, &generic.dedupe), (Urgency::Normal, &None::<Dedupe>));
}

#[derive(Notification)]
#[dingtalk(text("{hosts}: {owner}{urgent}"))]
#[dingtalk(
    group = "hosts of {owner}",
    digest = "{hosts} {urgent}",
    throttle = "1 per 1h by hosts, owner, urgent, size"
)]
struct Down {
    #[dingtalk(join = ", ", max_shown = 1, more = "{} more", truncate = 4)]
    hosts: Vec<&'static str>,
    #[dingtalk(else = "nobody")]
    owner: Option<&'static str>,
    #[dingtalk(then = "!", else = ".")]
    urgent: bool,
    #[dingtalk(format = "bytes")]
    size: u64,
}

#[test]
fn options_lists_and_flags_are_shown_as_in_a_title() {
    let down = Down { hosts: vec!["web-1", "web-2"], owner: None, urgent: true, size: 1 << 30 };
    let envelope = down.envelope().unwrap();
    assert_eq!(envelope.group.as_deref(), Some("hosts of nobody"));
    assert_eq!(envelope.digest_line.as_deref(), Some("web…, 1 more !"));
    // Values that are compared are whole.
    let key = "derive_delivery::Down hosts=\"web-1, web-2\" owner=\"nobody\" urgent=\"!\" size=\"1 GiB\"";
    assert_eq!(envelope.throttle.unwrap().key, key);
    let empty = Down { hosts: vec![], owner: Some("李雷"), urgent: false, size: 0 }.envelope().unwrap();
    assert_eq!(empty.group.as_deref(), Some("hosts of 李雷"));
    assert_eq!(empty.digest_line.as_deref(), Some("."));
}
