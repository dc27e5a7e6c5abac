//! Enums, computed values, choices, constants as limits, generic types, a renamed crate.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![allow(
    clippy::cast_precision_loss,
    reason = "an expression of `with` is linted like any other, and hosts are few"
)]

use std::{borrow::Cow, fmt, net::IpAddr, time::Duration};

// Name of the library in a program that renames it in its Cargo.toml.
use dingtalk_core as notify;
use dingtalk_core::{
    Choice, FeedItem, Fragment, Markdown, Message, Mobile, Notification, Url,
    message::Show,
    tool::{Tool, ToolSet, ToolType},
    tools,
};
use serde_json::{Map, Value, json};

/// Schema of the arguments of a tool that can be served, as an agent reads it.
fn input_schema(tool: [ToolType; 1]) -> Map<String, Value> {
    ToolSet::new(tool).unwrap().iter().next().unwrap().spec().input_schema()
}

fn text(notification: &impl Notification) -> String {
    match notification.message().unwrap() {
        Message::Text(text) => text.content,
        Message::Markdown(markdown) => markdown.text,
        Message::ActionCard(card) => card.text,
        other => panic!("{other:?} has no text"),
    }
}

fn arguments(json: Value) -> Map<String, Value> {
    serde_json::from_value(json).unwrap()
}

/// Each variant is a message of its own.
#[derive(Notification)]
#[dingtalk(keyword = "deploy")]
enum Deployment {
    #[dingtalk(text("deploy of {service} began"))]
    Began { service: String },
    #[dingtalk(markdown(title = "deploy of {service} failed", text = "**{service}**\n{reason}"))]
    Failed {
        #[dingtalk(length(..=8))]
        service: String,
        #[dingtalk(line = "> {}")]
        reason: Option<String>,
        #[dingtalk(at)]
        on_call: Vec<Mobile>,
    },
    #[dingtalk(
        action_card(title = "deploy?", text = "deploy {version} to {place}?", button("Yes", url = "{approve}")),
        with(place = if *production { "production" } else { "staging" })
    )]
    Approval { version: u32, production: bool, approve: Url },
    #[dingtalk(text("deploy is over"))]
    Over,
}

#[test]
fn an_enum_is_one_message_per_variant() {
    let began = Deployment::Began { service: "web".into() };
    assert_eq!(began.message().unwrap(), Message::text("deploy of web began"));
    assert_eq!(Deployment::Over.message().unwrap(), Message::text("deploy is over"));
    let on_call = vec![Mobile::new("13800000000").unwrap()];
    let failed = Deployment::Failed { service: "web".into(), reason: Some("*no* disk".into()), on_call };
    assert_eq!(text(&failed), "**web**\n\n> \\*no\\* disk\n\n@13800000000");
    let approve = Url::new("https://example.com").unwrap();
    let approval = Deployment::Approval { version: 7, production: true, approve };
    assert_eq!(approval.message().unwrap().kind(), "actionCard");
    assert_eq!(text(&approval), "deploy 7 to production?");
}

#[test]
fn faults_name_the_variant() {
    let failed = Deployment::Failed { service: "far too long".into(), reason: None, on_call: vec![] };
    assert_eq!(
        failed.message().unwrap_err().to_string(),
        "`Deployment::Failed` is invalid: `service` must have at most 8 characters, not \"far too long\" (12 characters)"
    );
}

#[derive(Notification)]
#[dingtalk(
    markdown(title = "{count} hosts", text = "### {count} hosts, first {first}\n{load:.1}\n{lasted} {note}"),
    with(
        count = hosts.len(),
        first = hosts.first().map_or("none", String::as_str),
        load = loads.iter().sum::<f64>() / f64::max(1.0, hosts.len() as f64),
        lasted = format!("{}, {}", took.as_secs(), Vec::<(u8, u8)>::new().len()),
        note = Markdown::trusted("**now**"),
    )
)]
#[allow(clippy::struct_field_names, reason = "as people name them")]
struct Hosts {
    hosts: Vec<String>,
    loads: Vec<f64>,
    took: Duration,
}

#[test]
fn expressions_see_fields_by_reference() {
    let hosts = Hosts {
        hosts: vec!["*web*".into(), "db".into()],
        loads: vec![1.0, 2.5],
        took: Duration::from_secs(3),
    };
    let Message::Markdown(markdown) = hosts.message().unwrap() else { unreachable!() };
    assert_eq!(markdown.title, "2 hosts");
    assert_eq!(markdown.text, "### 2 hosts, first \\*web\\*\n\n1.8  \n  3, 0 **now**");
}

const MAX_HOST: usize = 4;

struct Limits;

impl Limits {
    const MAX_LOAD: f64 = 1.5;
    const HOSTS: usize = 2;
}

/// Tell the group which hosts are too busy.
#[derive(Notification, Debug)]
#[dingtalk(markdown(title = "busy", text = "{hosts}\n{load}"), tool)]
struct Busy {
    /// Hosts, busiest first, as in the inventory.
    #[dingtalk(line = "- {}", length(1..=MAX_HOST), max_items = Limits::HOSTS, example = ["web"])]
    hosts: Vec<String>,
    /// Load per core of the busiest.
    #[dingtalk(range(0..=Limits::MAX_LOAD), example = 1.25)]
    load: f64,
}

#[test]
fn limits_can_be_constants() {
    let busy = Busy { hosts: vec!["web-3".into(), "a".into(), "b".into()], load: 2.0 };
    let faults: Vec<String> = busy.message().unwrap_err().faults().iter().map(ToString::to_string).collect();
    assert_eq!(
        faults,
        [
            "`hosts` must have at most 2 items, not 3",
            "`hosts[0]` must have 1 to 4 characters, not \"web-3\" (5 characters)",
            "`load` must be 0 to 1.5, not 2",
        ]
    );
}

#[test]
fn examples_stand_in_the_schema() {
    let schema = input_schema(tools![Busy]);
    assert_eq!(schema["properties"]["hosts"]["examples"], json!([["web"]]));
    assert_eq!(schema["properties"]["load"]["examples"], json!([1.25]));
    assert_eq!(schema["properties"]["hosts"]["items"]["maxLength"], json!(4));
}

/// Severity of an incident.
#[derive(Choice, Debug, Clone, Copy, PartialEq)]
#[dingtalk(rename_all = "kebab-case")]
enum Severity {
    /// Needs attention this week.
    #[dingtalk(text("*low*"))]
    NotUrgent,
    #[dingtalk(rename = "p1", text("紧急"))]
    Urgent,
}

/// Tell the group about an incident.
#[derive(Notification, Debug)]
#[dingtalk(markdown(title = "{severity} incident", text = "**{severity}**\n{also}"), tool)]
struct Incident {
    /// Urgency of the incident.
    #[dingtalk(example = "p1")]
    severity: Severity,
    /// Other affected services, worst first.
    #[dingtalk(line = "- {}", max_items = 3)]
    also: Vec<Severity>,
}

#[test]
fn a_choice_is_shown_escaped_and_read_by_its_value() {
    let incident = Incident::parse(&arguments(json!({"severity": "p1", "also": ["not-urgent"]}))).unwrap();
    assert_eq!(incident.severity, Severity::Urgent);
    assert_eq!(text(&incident), "**紧急**\n\n- \\*low\\*");
    let faults = Incident::parse(&arguments(json!({"severity": "not_urgent", "also": ["p1", 3, "p9"]})));
    let faults: Vec<String> = faults.unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        faults,
        [
            "`severity` must be one of \"not-urgent\" or \"p1\", not \"not_urgent\"; did you mean `not-urgent`?",
            "`also[1]` must be a string, not the number 3",
            "`also[2]` must be one of \"not-urgent\" or \"p1\", not \"p9\"",
        ]
    );
}

#[test]
fn a_choice_is_an_enum_in_the_schema() {
    let schema = input_schema(tools![Incident]);
    assert_eq!(
        schema["properties"]["severity"],
        json!({
            "type": "string",
            "enum": ["not-urgent", "p1"],
            "description": "Urgency of the incident. not-urgent: Needs attention this week.",
            "examples": ["p1"],
        })
    );
    assert_eq!(
        schema["properties"]["also"]["items"],
        json!({"type": "string", "enum": ["not-urgent", "p1"]})
    );
}

/// A type of the program that is parsed from a text, but is not a `Choice`.
#[derive(Debug, PartialEq, serde::Deserialize, schemars::JsonSchema)]
struct Team(String);

impl From<&str> for Team {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

/// Tell the group about an incident that has been classified before.
#[derive(Notification, Debug, PartialEq)]
#[dingtalk(text("{severity} {before} {name}"), with(name = &team.0), tool)]
struct Classified {
    /// Urgency of the incident.
    #[dingtalk(default = "p1")]
    severity: Severity,
    /// Earlier urgency of the incident.
    #[dingtalk(default = Severity::NotUrgent)]
    before: Severity,
    /// Person in charge.
    #[dingtalk(default = "ops", example = "no choice", unbounded)]
    team: Team,
}

#[test]
fn a_default_that_is_a_choice_is_in_the_schema() {
    let classified = Classified::parse(&arguments(json!({}))).unwrap();
    let [severity, before] = [Severity::Urgent, Severity::NotUrgent];
    assert_eq!(classified, Classified { severity, before, team: "ops".into() });
    let schema = input_schema(tools![Classified]);
    let default = |parameter: &str| schema["properties"][parameter]["default"].clone();
    assert_eq!([default("severity"), default("before"), default("team")], ["p1", "not-urgent", "ops"]);
    assert_eq!(schema.get("required"), None);
}

#[test]
fn a_choice_without_tools() {
    assert_eq!("p1".parse(), Ok(Severity::Urgent));
    assert_eq!(format!("{:>4}|", Severity::Urgent), "  紧急|");
    assert_eq!(Severity::from_index(Severity::NotUrgent.index()), Some(Severity::NotUrgent));
    assert_eq!(
        "p\"2".parse::<Severity>().unwrap_err().to_string(),
        "must be one of \"not-urgent\" or \"p1\", not \"p\\\"2\""
    );
}

/// A page with a picture.
#[derive(FeedItem, Debug)]
#[dingtalk(item(title = "{headline}", url = "{page}", picture = "https://example.com/a.png"), tool)]
struct News {
    /// Event, in one line.
    #[dingtalk(length(1..=20))]
    headline: String,
    /// The whole story.
    page: Url,
}

/// Send the news of the day.
#[derive(Notification, Debug)]
#[dingtalk(feed_card(items = news), tool)]
struct Digest {
    /// The stories, most important first.
    #[dingtalk(max_items = 3)]
    news: Vec<News>,
}

#[test]
fn list_items_have_parameters_of_their_own() {
    let schema = input_schema(tools![Digest]);
    assert_eq!(
        schema["properties"]["news"],
        json!({
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "headline": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 20,
                        "description": "Event, in one line. 1 to 20 characters.",
                    },
                    "page": {"type": "string", "description": "The whole story."},
                },
                "required": ["headline", "page"],
                "additionalProperties": false,
            },
            "minItems": 1,
            "maxItems": 3,
            "description": "The stories, most important first. 1 to 3 items.",
        })
    );
    let fine = json!({"news": [{"headline": "One", "page": "https://example.com/1"}]});
    assert_eq!(Digest::parse(&arguments(fine)).unwrap().message().unwrap().kind(), "feedCard");
    let wrong = json!({"news": [{"headline": "", "pag": "https://example.com/1"}, "x"]});
    let faults: Vec<String> =
        Digest::parse(&arguments(wrong)).unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        faults,
        [
            "`news[0].pag` is not a parameter; did you mean `page`?",
            "`news[0].headline` must have 1 to 20 characters, not \"\" (0 characters)",
            "`news[0].page` is missing: give a string",
            "`news[1]` must be an object, not the string \"x\"",
        ]
    );
}

/// A field of a type parameter needs the bound of its slot, which the derive adds.
#[derive(Notification)]
#[dingtalk(markdown(title = "{name}", text = "{name}: {load:.1}\n{more}\n{page}"))]
struct Generic<'a, N, L: Copy, M, P: Clone, const WIDTH: usize>
where
    M: fmt::Debug,
{
    name: &'a N,
    load: L,
    #[dingtalk(line = "- {}", length(..=4))]
    more: Vec<M>,
    #[dingtalk(line = "[page]({})")]
    page: Option<P>,
    #[dingtalk(skip)]
    width: [u8; WIDTH],
}

#[test]
fn generic_types_are_notifications() {
    let address: IpAddr = "10.0.0.1".parse().unwrap();
    let generic = Generic {
        name: &address,
        load: 1.25_f32,
        more: vec![Cow::Borrowed("a")],
        page: Some(Url::new("https://example.com").unwrap()),
        width: [0; 3],
    };
    assert_eq!(text(&generic), "10.0.0.1: 1.2\n\n- a\n\n[page](https://example.com)");
    assert_eq!(generic.width.len(), 3);
}

#[derive(Notification)]
#[dingtalk(crate = notify, text("{level} {level:+} {level:#06x} {level:08.2e}"))]
struct Renamed {
    level: i32,
}

#[test]
fn the_crate_can_have_another_name() {
    assert_eq!(text(&Renamed { level: 42 }), "42 +42 0x002a 004.20e1");
}

/// A type that does not implement `Display` can still be shown.
struct Bold(&'static str);

impl Show for Bold {
    fn show(&self, sink: &mut dingtalk_core::message::Sink<'_>) {
        sink.markdown("**");
        sink.text(&self.0);
        sink.markdown("**");
    }
}

#[derive(Notification)]
#[dingtalk(markdown(title = "bold", text = "{bold}"))]
struct Shown {
    bold: Bold,
}

#[test]
fn show_is_for_your_own_types() {
    assert_eq!(text(&Shown { bold: Bold("a*b") }), "**a\\*b**");
}

/// A process and its share of the CPU.
#[derive(Fragment)]
#[dingtalk(fragment("**{name}** {percent:.1}% ([log]({log}))"), with(percent = share * 100.0))]
struct Process<'a> {
    name: &'a str,
    share: f64,
    log: Url,
}

#[derive(Notification)]
#[dingtalk(markdown(title = "heaviest: {first}", text = "First {first} today\n{processes}"))]
struct Heaviest<'a> {
    first: Process<'a>,
    #[dingtalk(line = "- {}")]
    processes: Vec<Process<'a>>,
}

#[derive(Notification)]
#[dingtalk(text("first: {first}"))]
struct Plain<'a> {
    first: Process<'a>,
}

#[test]
fn fragments_stand_in_slots_and_lines() {
    let process = |name| Process { name, share: 0.5, log: Url::new("https://e.com/a_b").unwrap() };
    let heaviest = Heaviest { first: process("a*b"), processes: vec![process("c"), process("_d_")] };
    assert_eq!(
        heaviest.message().unwrap(),
        Message::markdown(
            "heaviest: a*b 50.0% (log (https://e.com/a_b))",
            "First **a\\*b** 50.0% ([log](https://e.com/a_b)) today\n\n\
             - **c** 50.0% ([log](https://e.com/a_b))\n- **\\_d\\_** 50.0% ([log](https://e.com/a_b))",
        )
    );
    let plain = Plain { first: process("a*b") };
    assert_eq!(plain.message().unwrap(), Message::text("first: a*b 50.0% (log (https://e.com/a_b))"));
}

/// `_` in a word and `*` between spaces are not emphasis.
#[derive(Notification)]
#[dingtalk(
    markdown(title = "disk", text = "disk_usage of {host} is 2 * {percent}\n[page]({there}) [whole]({page})"),
    with(there = page.clone(), percent = 45)
)]
struct DiskFull {
    host: String,
    page: Url,
}

#[derive(Notification)]
#[dingtalk(link(title = "page", text = "of {host}", url = "{there}"), with(there = page, host = "web"))]
struct Page {
    page: Url,
}

#[test]
fn a_computed_url_is_a_link() {
    let page = Url::new("https://example.com/a").unwrap();
    let disk = DiskFull { host: "web".into(), page: page.clone() };
    assert_eq!(
        text(&disk),
        "disk_usage of web is 2 * 45  \n  [page](https://example.com/a) [whole](https://example.com/a)"
    );
    let Message::Link(link) = (Page { page }).message().unwrap() else { unreachable!() };
    assert_eq!(link.url, "https://example.com/a");
}
