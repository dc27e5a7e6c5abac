//! Routes and manners of hooks: the robots of a payload, and how its message is sent.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::time::Duration;

use dingtalk_config::{Composed, Config, HookSource, Meaning, Payload, Weight};
use dingtalk_core::{
    delivery::{Throttle, Urgency},
    message::Mentions,
    tool::PersonKind,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A file with three robots, and keys of the hook `alerts`.
fn file(keys: &str) -> String {
    let robots = ["ops", "db", "oncall"]
        .map(|name| format!("[robots.{name}]\nabout = \"the group {name}\"\naccess_token = \"env:T\"\n"));
    format!("version = 1\n{}[hooks.alerts]\npreset = \"alertmanager@1\"\n{keys}", robots.concat())
}

fn source(keys: &str) -> HookSource {
    let config = Config::parse(&file(keys)).unwrap();
    config.hooks[0].source(&config.notifications).unwrap()
}

fn faults(keys: &str) -> Vec<String> {
    let error = Config::parse(&file(keys)).unwrap_err().to_string();
    error.lines().map(str::to_owned).collect()
}

/// A group of one alert with these labels.
fn group(status: &str, labels: &Value) -> Value {
    json!({
        "version": "4", "groupKey": "{}:{team=\"a\"}", "receiver": "r", "status": status, "externalURL": "http://am",
        "commonLabels": labels, "groupLabels": {"alertname": "Disk"}, "commonAnnotations": {},
        "alerts": [{
            "status": status, "labels": labels, "annotations": {"summary": "full"}, "fingerprint": "f",
            "startsAt": "2026-11-29T08:00:00Z", "endsAt": "2026-11-29T08:30:00Z",
        }],
    })
}

struct Read {
    robots: Option<Vec<String>>,
    by_default: bool,
    weight: Weight,
    composed: Composed,
}

fn read(source: &HookSource, body: &Value) -> Option<Read> {
    let person = |name: &str| {
        let people = [("li", PersonKind::Number, "13800000000"), ("wang", PersonKind::Id, "wang01")];
        people.into_iter().find(|(known, ..)| *known == name).map(|(_, kind, id)| (kind, id.to_owned()))
    };
    match source.read(&Payload::new(body, &|_| None)) {
        Meaning::Event(event) => Some(Read {
            robots: event.routed.as_ref().map(|to| to.robots.iter().map(|&name| name.to_owned()).collect()),
            by_default: event.routed.as_ref().is_some_and(|to| to.by_default),
            weight: event.weight(),
            composed: event.compose(&person),
        }),
        _ => None,
    }
}

const ROUTES: &str = r#"
[[hooks.alerts.routes]]
when = { "commonLabels.severity" = "critical" }
robots = ["oncall", "ops"]
continue = true

[[hooks.alerts.routes]]
when = { "commonLabels.team" = ["db", "storage"] }
robots = ["db"]

[[hooks.alerts.routes]]
robots = ["ops"]
"#;

#[test]
fn the_first_route_that_fits_takes_a_payload_and_the_default_route_the_others() {
    let source = source(ROUTES);
    for (labels, expected, by_default) in [
        (json!({"team": "db"}), &["db"][..], false),
        (json!({"team": "web"}), &["ops"], true),
        (json!({}), &["ops"], true),
        (json!({"severity": "critical"}), &["oncall", "ops"], false),
        (json!({"severity": "critical", "team": "storage"}), &["oncall", "ops", "db"], false),
        // The value of a label is never the name of a robot.
        (json!({"team": "oncall"}), &["ops"], true),
    ] {
        let read = read(&source, &group("firing", &labels)).unwrap();
        assert_eq!(
            (read.robots.unwrap(), read.by_default),
            (expected.iter().map(|&name| name.to_owned()).collect(), by_default),
            "{labels}"
        );
    }
    assert_eq!(read(&self::source(""), &group("firing", &json!({}))).unwrap().robots, None);
}

#[test]
fn faults_of_routes_are_told_with_their_place() {
    let default = "\n[[hooks.alerts.routes]]\nrobots = [\"ops\"]\n";
    for (keys, expected) in [
        (
            ROUTES.replace("robots = [\"db\"]", "robots = [\"dbs\"]"),
            "hooks.alerts.routes[1].robots[0]: unknown robot `dbs`; did you mean `db`?",
        ),
        (
            ROUTES.rsplit_once("\n[[").unwrap().0.to_owned(),
            "hooks.alerts.routes: the default route is missing: end the list with a route without `when`, for payloads \
             that no other takes",
        ),
        (
            format!("{default}{ROUTES}"),
            "hooks.alerts.routes[0]: takes every payload, so the routes after it have no effect: add `when`, or \
             `continue = true`",
        ),
        ("\n[[hooks.alerts.routes]]\n".to_owned(), "hooks.alerts.routes[0].robots: missing"),
        (
            format!("\n[[hooks.alerts.routes]]\nwhen = {{}}\nrobots = [\"ops\"]\n{default}"),
            "hooks.alerts.routes[0].when: has no condition: add one, or omit `when` for the default route",
        ),
        (
            default.replace("robots", "robot"),
            "hooks.alerts.routes[0].robot: unknown key; did you mean `robots`?",
        ),
        (
            "resolved = \"later\"\n".to_owned(),
            "hooks.alerts.resolved: invalid value \"later\"; expected one of \"with_next\", \"own\", \"off\"",
        ),
    ] {
        let found = faults(&keys);
        assert!(found.iter().any(|fault| fault == expected), "{expected}\n{found:#?}");
    }
}

#[test]
fn what_ended_waits_for_the_next_message_unless_the_file_says_otherwise() {
    let resolved = group("resolved", &json!({}));
    let with_next = read(&source(""), &resolved).unwrap();
    assert_eq!(
        (with_next.weight, with_next.composed.hold),
        (Weight::Resolved, Some(Duration::from_secs(300)))
    );
    let own = read(&source("resolved = \"own\"\n"), &resolved).unwrap();
    assert_eq!(own.composed.hold, None);
    assert!(read(&source("resolved = \"off\"\n"), &resolved).is_none());
    let firing = read(&source("resolved = \"off\"\n"), &group("firing", &json!({}))).unwrap();
    assert_eq!((firing.weight, firing.composed.hold), (Weight::Ordinary, None));
    let line = with_next.composed.envelope.digest_line.unwrap();
    assert_eq!(line, "✅ Disk: 1 resolved after 30 min");
}

#[test]
fn critical_alerts_are_urgent_and_informational_ones_are_known() {
    let weigh = |keys: &str, severity: &str| {
        let read = read(&source(keys), &group("firing", &json!({"severity": severity}))).unwrap();
        (read.weight, read.composed.envelope.urgency, read.composed.hold)
    };
    assert_eq!(weigh("", "critical"), (Weight::Ordinary, Urgency::Urgent, None));
    assert_eq!(weigh("", "warning"), (Weight::Ordinary, Urgency::Normal, None));
    assert_eq!(weigh("", "info"), (Weight::Informational, Urgency::Normal, None));
    let keys = "urgent = { \"commonLabels.severity\" = \"warning\" }\ndigest = \"2m\"\n";
    assert_eq!(
        weigh(keys, "warning"),
        (Weight::Ordinary, Urgency::Urgent, None),
        "urgent ones wait for nothing"
    );
    assert_eq!(weigh(keys, "critical"), (Weight::Ordinary, Urgency::Normal, Some(Duration::from_secs(120))));
}

#[test]
fn one_alert_is_told_at_most_so_often() {
    let source = source("at_most_every = \"30m\"\n");
    let rule =
        |status: &str| read(&source, &group(status, &json!({}))).unwrap().composed.envelope.throttle.unwrap();
    let Throttle { limit, span, key, .. } = rule("firing");
    assert_eq!((limit, span), (1, Duration::from_secs(1800)));
    assert_ne!(key, rule("resolved").key, "its end is another message");
    let own = "version = 1\n[hooks.x]\nnotification = \"text_message\"\nat_most_every = \"1h\"\n[hooks.x.fields]\ntext = \"a\"\n";
    let error = Config::parse(own).unwrap_err().to_string();
    assert!(error.contains("hooks.x.at_most_every: needs `subject`"), "{error}");
}

#[test]
fn the_length_of_something_needs_its_subject_and_its_end() {
    let hook = |keys: &str| {
        let file = format!(
            "version = 1\n[hooks.x]\n{keys}\n[[hooks.x.events]]\nname = \"e\"\nnotification = \"over\"\n\
             fields.what = {{ parts = [{{ default = \"over\" }}, {{ lasted = true, before = \"after \" }}] }}\n\
             [notifications.over]\npurpose = \"Tell a group that something is over.\"\nwhen = \"something is over\"\n\
             text = \"{{what}}\"\n\
             fields = [{{ name = \"what\", type = \"text\", length = \"1..=60\", description = \"What is over.\" }}]\n"
        );
        Config::parse(&file)
    };
    let error = hook("").unwrap_err().to_string();
    assert!(error.contains("hooks.x.subject: missing: `lasted` needs"), "{error}");
    let config = hook("subject = [\"id\"]").unwrap();
    let error = config.hooks[0].source(&config.notifications).unwrap_err().to_string();
    assert!(
        error.contains("hooks.x.events[0].fields.what: `lasted` belongs to an event that ends"),
        "{error}"
    );
}

#[test]
fn a_label_names_the_people_to_mention_and_nobody_else() {
    let source = source("mention_by = \"commonLabels.owner\"\n");
    let mentions = |owner: &str| {
        let read = read(&source, &group("firing", &json!({"owner": owner}))).unwrap();
        read.composed.envelope.message.mentions().cloned().unwrap_or_default()
    };
    assert_eq!(mentions("li").mobiles[0].as_str(), "13800000000");
    let both = mentions("li, wang");
    assert_eq!((both.people(), both.user_ids[0].as_str()), (2, "wang01"));
    for stranger in ["13900000000", "@all", "all", "所有人", "zhao", ""] {
        assert_eq!(mentions(stranger), Mentions::default(), "{stranger}");
    }
}

fn label() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!("critical")),
        Just(json!("db")),
        Just(json!("ops")),
        ".{0,12}".prop_map(Value::from),
        Just(Value::Null),
        Just(json!(["db"])),
        Just(json!({"a": 1})),
    ]
}

proptest! {
    /// Nothing is accepted and then sent nowhere, and only robots of the file are chosen, each once.
    #[test]
    fn every_payload_has_a_robot_of_the_file(severity in label(), team in label()) {
        let read = read(&source(ROUTES), &group("firing", &json!({"severity": severity, "team": team}))).unwrap();
        let robots = read.robots.unwrap();
        prop_assert!(!robots.is_empty());
        let mut once = robots.clone();
        once.sort_unstable();
        once.dedup();
        prop_assert_eq!(once.len(), robots.len());
        prop_assert!(robots.iter().all(|robot| ["ops", "db", "oncall"].contains(&&**robot)));
    }
}
