//! Values that are reported as broken in other derives: large numbers, expressions, names, and types of many kinds.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![deny(deprecated)]

use std::{borrow::Cow, collections::BTreeMap, num::NonZeroU32, sync::Arc};

use dingtalk_core::{
    Choice, FeedItem, Fragment, Message, Notification, Url,
    field::{Measure, Measured},
    tool::{Tool, ToolSet},
    tools,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

fn text(notification: &impl Notification) -> String {
    match notification.message().unwrap() {
        Message::Text(text) => text.content.clone(),
        other => panic!("{other:?}"),
    }
}

fn faults<T: Tool>(arguments: &Value) -> Vec<String> {
    match T::parse(arguments.as_object().unwrap()) {
        Ok(value) => value.message().map_or_else(
            |invalid| invalid.faults().iter().map(ToString::to_string).collect(),
            |_| Vec::new(),
        ),
        Err(faults) => faults.iter().map(ToString::to_string).collect(),
    }
}

fn schema<T: Tool>() -> Value {
    Value::Object(T::SPEC.input_schema())
}

const TOP: u64 = 9_007_199_254_740_992;
const HALF: f64 = 0.5;

/// Report numbers that validators of other crates broke on.
#[derive(Notification)]
#[dingtalk(text("{large} {hex} {top} {part} {nonzero} {wide}"), tool)]
struct Numbers {
    /// More than 32 bits hold.
    #[dingtalk(range(0..=5_000_000_000))]
    large: u64,
    /// Written with a radix and suffixes.
    #[dingtalk(range(-0xFF_i64..=0b1111_1111u8), default = -0x10)]
    hex: i16,
    /// More than a float tells apart.
    #[dingtalk(range(..=TOP))]
    top: u64,
    /// Between a constant and a literal.
    #[dingtalk(range(HALF..=1))]
    part: f32,
    /// Never nothing.
    #[dingtalk(range(..=0o17))]
    nonzero: NonZeroU32,
    /// As wide as it gets.
    #[dingtalk(range(..=18_446_744_073_709_551_615))]
    wide: u128,
}

fn numbers() -> Value {
    json!({"large": 5_000_000_000_u64, "hex": -255, "top": TOP, "part": 0.5, "nonzero": 15, "wide": u64::MAX})
}

#[test]
fn ends_of_ranges_are_exact() {
    assert_eq!(faults::<Numbers>(&numbers()), [""; 0]);
    for (name, value, fault) in [
        ("large", json!(5_000_000_001_u64), "`large` must be 0 to 5000000000, not 5000000001"),
        ("hex", json!(256), "`hex` must be -255 to 255, not 256"),
        ("hex", json!(-256), "`hex` must be -255 to 255, not -256"),
        ("top", json!(TOP + 1), "`top` must be at most 9007199254740992, not 9007199254740993"),
        ("part", json!(0.25), "`part` must be 0.5 to 1, not 0.25"),
        ("part", json!(1e300), "`part` must be -3.4028235e38 to 3.4028235e38, not 1e+300"),
        ("nonzero", json!(16), "`nonzero` must be at most 15, not 16"),
        ("nonzero", json!(0), "`nonzero` must not be 0"),
        ("hex", json!(40_000), "`hex` must be -32768 to 32767, not 40000"),
        ("large", json!(-1), "`large` must be 0 to 18446744073709551615, not -1"),
        ("large", json!(1.5), "`large` must be an integer, not the number 1.5"),
    ] {
        let mut arguments = numbers();
        arguments[name] = value;
        assert_eq!(faults::<Numbers>(&arguments), [fault]);
    }
}

#[test]
fn a_schema_has_the_same_ends() {
    let schema = schema::<Numbers>();
    for (name, min, max) in [
        ("large", json!(0), json!(5_000_000_000_u64)),
        ("hex", json!(-255), json!(255)),
        ("top", json!(0), json!(TOP)),
        ("part", json!(0.5), json!(1)),
        ("nonzero", json!(1), json!(15)),
        ("wide", json!(0), json!(u64::MAX)),
    ] {
        let property = &schema["properties"][name];
        assert_eq!((&property["minimum"], &property["maximum"]), (&min, &max), "{name}");
    }
    assert_eq!(schema["properties"]["hex"]["default"], json!(-16));
}

trait Pair<A, B> {
    fn pair() -> u8 {
        2
    }
}

impl Pair<bool, u8> for u8 {}

/// Show what expressions compute.
#[derive(Notification)]
#[dingtalk(
    text("{place} {padded} {nested} {pair} {closure} {len}"),
    with(
        place = format!("{host}:{port}"),
        padded = format!("{port:>width$}", width = *width),
        nested = { let inner = format!("{0}{host}", 1); inner },
        pair = <u8 as Pair<bool, u8>>::pair(),
        closure = [1, 2].iter().map(|a: &u32| a + 1).sum::<u32>(),
        len = host.len(),
    )
)]
struct Expressions {
    host: String,
    port: u16,
    width: usize,
    /// Named like a method that an expression calls.
    #[dingtalk(skip)]
    sum: u8,
}

#[test]
fn expressions_are_read_as_rust_reads_them() {
    let message = Expressions { host: "web-3".to_owned(), port: 80, width: 4, sum: 0 };
    assert_eq!(text(&message), "web-3:80 80 1web-3 2 5 5");
}

/// Report a value whose default is an expression with commas.
#[derive(Notification)]
#[dingtalk(text("{count}"), tool)]
struct Defaulted {
    /// Number of pairs, for example 2.
    #[dingtalk(default = <u8 as Pair<bool, u8>>::pair())]
    count: u8,
}

#[test]
fn a_default_may_have_commas() {
    let defaulted = Defaulted::parse(json!({}).as_object().unwrap()).unwrap();
    assert_eq!(text(&defaulted), "2");
}

/// Names that a derive's own code might use.
mod names {
    use super::*;

    #[derive(Debug, PartialEq, Choice)]
    pub(super) enum Outcome {
        Ok,
        Err,
        Some,
        None,
        #[dingtalk(rename = "self")]
        SelfItself,
        Display,
        #[expect(non_camel_case_types, reason = "as the derive calls its own")]
        index,
    }

    pub(super) trait Everything {
        fn field(self) -> u8
        where
            Self: Sized,
        {
            0
        }

        fn len(self) -> u8
        where
            Self: Sized,
        {
            0
        }

        fn count(self) -> u8
        where
            Self: Sized,
        {
            0
        }
    }

    impl<T> Everything for T {}

    #[expect(clippy::struct_field_names, reason = "names that generated code could take for its own")]
    #[derive(Notification)]
    #[dingtalk(text("{check} {path} {faults} {reader} {values}\n{r}"))]
    pub(super) struct Check {
        #[dingtalk(length(..=3))]
        pub(super) check: String,
        #[dingtalk(length(..=3))]
        pub(super) path: String,
        pub(super) faults: u8,
        pub(super) reader: Outcome,
        pub(super) values: u8,
        #[dingtalk(line = "- {}", max_items = 2)]
        pub(super) r: Vec<u8>,
    }
}

#[test]
fn no_name_of_a_user_matters() {
    use names::{Check, Everything, Outcome};

    assert_eq!("err".parse(), Ok(Outcome::Err));
    assert_eq!(Outcome::VALUES.len(), 7);
    let check =
        Check { check: "a".into(), path: "b".into(), faults: 1, reader: Outcome::Ok, values: 2, r: vec![3] };
    assert_eq!(text(&check), "a b 1 ok 2\n- 3");
    assert_eq!(1_u8.field() + Everything::count(1_u8) + Everything::len("a"), 0);
    let long = Check { r: vec![1, 2, 3], check: "long".into(), ..check };
    assert_eq!(long.message().unwrap_err().faults().len(), 2);
}

#[derive(Debug, PartialEq, Choice, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Level {
    /// Look at it.
    Low,
    High,
}

/// One page of the news, for a configuration file and for an agent.
#[derive(FeedItem, Deserialize, JsonSchema)]
#[dingtalk(item(title = "{headline}", url = "{page}", picture = "https://example.com/news.png"), tool)]
struct News {
    /// Headline, for example `Version 3`.
    #[dingtalk(length(..=40))]
    headline: String,
    /// Address that opens, for example `https://example.com/3`.
    page: Url,
}

/// Publish the news of the day.
#[derive(Notification)]
#[dingtalk(feed_card(items = news), tool)]
struct Bulletin {
    /// Events since yesterday.
    #[dingtalk(max_items = 3)]
    news: Vec<News>,
}

/// Report how bad it is.
#[derive(Notification)]
#[dingtalk(text("{level}"), tool)]
struct Bad {
    /// Severity, for example `low`.
    level: Level,
}

#[test]
fn one_type_serves_serde_and_agents() {
    assert_eq!(serde_json::from_str::<Level>("\"HIGH\"").unwrap(), Level::High);
    assert_eq!(schema::<Bad>()["properties"]["level"]["enum"], json!(["low", "high"]));
    assert_eq!(faults::<Bad>(&json!({"level": "high"})), [""; 0]);
    assert_eq!(faults::<Bad>(&json!({"level": "HIGH"})).len(), 1);
    let news = &schema::<Bulletin>()["properties"]["news"];
    assert_eq!(news["items"]["properties"]["headline"]["maxLength"], json!(40));
}

#[test]
fn a_list_that_a_card_needs_is_required() {
    let schema = schema::<Bulletin>();
    assert_eq!(schema["required"], json!(["news"]));
    assert_eq!(schema["properties"]["news"]["minItems"], json!(1));
    assert_eq!(faults::<Bulletin>(&json!({})), ["`news` is missing: give an array of objects"]);
    assert_eq!(faults::<Bulletin>(&json!({"news": []})), ["`news` must have 1 to 3 items, not 0"]);
    let empty = Bulletin { news: Vec::new() }.message().unwrap_err();
    assert_eq!(empty.faults().to_string(), "`news` must have 1 to 3 items, not 0");
}

type Name = String;

/// A query as it was run.
#[derive(Fragment)]
#[dingtalk(fragment("{name}: {sql} ({seconds} s)"), tool)]
struct Query {
    /// Name of the query.
    #[dingtalk(length(1..=10))]
    name: Name,
    /// The statement.
    #[dingtalk(length(..=20))]
    sql: Box<str>,
    /// Run time in seconds.
    #[dingtalk(range(0.0..=60.0))]
    seconds: f32,
}

/// Report the slowest queries.
#[derive(Notification)]
#[dingtalk(text("{title} {owner} {reason}\n{queries}\n{worst}"), tool)]
struct SlowQueries {
    /// Title of the report.
    #[dingtalk(length(..=8))]
    title: Cow<'static, str>,
    /// Owner of the database.
    #[dingtalk(length(..=8))]
    owner: Arc<str>,
    /// Known reason.
    #[dingtalk(bytes(..=8), default = "none")]
    reason: Box<str>,
    /// Slowest first.
    #[dingtalk(line = "- {}", max_items = 2)]
    queries: Vec<Query>,
    /// The one that nobody expected.
    #[dingtalk(line = "! {}")]
    worst: Option<Query>,
}

#[test]
fn nested_structs_have_rules() {
    let schema = schema::<SlowQueries>();
    let items = &schema["properties"]["queries"]["items"];
    assert_eq!(items["additionalProperties"], json!(false));
    assert_eq!(items["required"], json!(["name", "sql", "seconds"]));
    assert_eq!(items["properties"]["sql"]["maxLength"], json!(20));
    let query = |sql: &str, seconds: f64| json!({"name": "slow", "sql": sql, "seconds": seconds});
    let mut arguments = json!({
        "title": "Report", "owner": "dba", "queries": [query("SELECT 1", 2.5)], "worst": query("SELECT 2", 60.0),
    });
    let read = SlowQueries::parse(arguments.as_object().unwrap()).unwrap();
    assert_eq!(text(&read), "Report dba none\n- slow: SELECT 1 (2.5 s)\n! slow: SELECT 2 (60 s)");
    arguments["queries"] = json!([query("ok", 1.0), query(&"x".repeat(21), 61.0)]);
    arguments["queries"][0]["extra"] = json!(1);
    arguments["worst"]["name"] = json!("");
    assert_eq!(
        faults::<SlowQueries>(&arguments),
        [
            "`queries[0].extra` is not a parameter; expected one of: name, sql, seconds",
            "`queries[1].sql` must have at most 20 characters, not \"xxxxxxxxxxxxxxxxxxxxx\" (21 characters)",
            "`queries[1].seconds` must be 0 to 60, not 61",
            "`worst.name` must have 1 to 10 characters, not \"\" (0 characters)",
        ]
    );
}

#[test]
fn nested_rules_hold_for_a_program_too() {
    let query = Query { name: "slow".into(), sql: "x".repeat(21).into(), seconds: 1.0 };
    let report = SlowQueries {
        title: "Report".into(),
        owner: "dba".into(),
        reason: "none".into(),
        queries: vec![query],
        worst: Some(Query { name: String::new(), sql: "".into(), seconds: 1.0 }),
    };
    let faults: Vec<String> =
        report.message().unwrap_err().faults().iter().map(|fault| fault.path.clone()).collect();
    assert_eq!(faults, ["queries[0].sql", "worst.name"]);
}

/// A type of another crate: serde and schemars know it.
#[derive(Debug, Deserialize, JsonSchema)]
struct Reading {
    #[schemars(length(max = 10))]
    sensor: String,
    count: u32,
    small: Option<u8>,
}

impl std::fmt::Display for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {:?}", self.sensor, self.count, self.small)
    }
}

/// Report readings of sensors.
#[derive(Notification)]
#[dingtalk(text("{readings}"), tool)]
struct Readings {
    /// Readings, newest first.
    #[dingtalk(line = "- {}", max_items = 3)]
    readings: Vec<Reading>,
}

#[test]
fn foreign_types_keep_their_schema() {
    ToolSet::new(tools![Readings]).unwrap();
    let items = &schema::<Readings>()["properties"]["readings"]["items"];
    assert_eq!(items["additionalProperties"], json!(false));
    assert_eq!(items["properties"]["count"], json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}));
    let read = |reading: Value| faults::<Readings>(&json!({"readings": [reading]}));
    assert_eq!(read(json!({"sensor": "a", "count": 3.0, "small": null})), [""; 0]);
    assert_eq!(
        read(json!({"sensor": "x".repeat(11), "count": -1, "small": "1", "extra": 1})),
        [
            "`readings[0].sensor` must have at most 10 characters, not \"xxxxxxxxxxx\" (11 characters)",
            "`readings[0].count` must be 0 to 4294967295, not -1",
            "`readings[0].small` must be an integer, not the string \"1\"",
            "`readings[0].extra` is not a field",
        ]
    );
    assert_eq!(
        read(json!({"sensr": "a", "count": 1}))[0],
        "`readings[0].sensr` is not a field; did you mean `sensor`?"
    );
}

/// A text of any length, behind a name of its own.
#[derive(Debug, Deserialize, JsonSchema)]
struct Wordy(String);

impl std::fmt::Display for Wordy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Report with words of any length.
#[derive(Notification)]
#[dingtalk(text("{words}\n{many}"), tool)]
struct Words {
    /// As many as there are.
    words: Wordy,
    /// More of them.
    #[dingtalk(line = "{}", max_items = 3, unbounded)]
    many: Vec<Wordy>,
}

#[test]
fn a_foreign_text_needs_a_limit() {
    let error = ToolSet::new(tools![Words]).unwrap_err();
    assert_eq!(error.problems().count(), 1, "{error}");
    assert!(error.to_string().starts_with("`words` of `send_words` has no upper limit: "), "{error}");
}

#[test]
fn maps_are_not_portable() {
    #[derive(Debug, Deserialize, JsonSchema)]
    struct Labels(BTreeMap<String, u8>);
    impl std::fmt::Display for Labels {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{:?}", self.0)
        }
    }
    /// Report the labels of a host.
    #[derive(Notification)]
    #[dingtalk(text("{labels}"), tool)]
    struct Labelled {
        /// Labels by name.
        labels: Labels,
    }
    let error = ToolSet::new(tools![Labelled]).unwrap_err().to_string();
    assert!(error.contains("an object that does not name its properties"), "{error}");
}

/// Report what an old program knows.
#[deprecated]
#[derive(Notification)]
#[dingtalk(text("{state}\n{parts}"), tool)]
struct Old {
    /// State as it was, for example `low`.
    #[deprecated]
    state: Level,
    /// Pages about it, newest first.
    #[dingtalk(line = "{}", max_items = 2)]
    parts: Vec<News>,
}

impl std::fmt::Display for News {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.headline)
    }
}

#[deprecated]
#[derive(Choice)]
enum OldLevel {
    #[deprecated]
    Low,
}

#[deprecated]
#[derive(Fragment)]
#[dingtalk(fragment("{name}"), tool)]
struct OldPart {
    /// Name of the part.
    #[dingtalk(length(..=3))]
    name: String,
}

#[test]
#[expect(deprecated, reason = "only the declarations must not warn")]
fn a_deprecated_type_does_not_warn_where_it_is_declared() {
    assert_eq!(Old::NAME, "send_old");
    assert_eq!(OldLevel::Low.to_string(), "low");
    let part = OldPart { name: "a".to_owned() };
    assert_eq!(part.name, "a");
}

#[doc = concat!("Report a text that", " a macro writes.")]
/// It has two sentences,
/// and two lines.
///
/// More.
#[derive(Notification)]
#[dingtalk(text("{count} {level}"), tool)]
struct Documented {
    #[doc = include_str!("../golden/parameter.md")]
    count: u8,
    /// Urgency, for example `low`.
    level: Described,
}

#[derive(Choice)]
enum Described {
    #[doc = concat!("Look ", "at it.")]
    Low,
}

#[test]
fn macros_may_write_documentation() {
    let purpose: Vec<&str> = Documented::SPEC.purpose.split_whitespace().collect();
    assert_eq!(purpose.join(" "), "Report a text that a macro writes. It has two sentences, and two lines.");
    let schema = schema::<Documented>();
    assert_eq!(
        schema["properties"]["count"]["description"],
        json!("Number of hosts that are down, for example 3.")
    );
    assert_eq!(Described::VALUES[0].description.trim(), "Look at it.");
}

trait Limits<A, B> {
    const MAX: u64;
}

impl Limits<bool, u8> for Level {
    const MAX: u64 = 9;
}

/// A name with rules of its own type.
#[derive(Debug, Deserialize, JsonSchema)]
struct Owner(String);

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Measured for Owner {
    fn measure(&self, visit: &mut dyn FnMut(Option<usize>, Measure<'_>)) {
        visit(None, Measure::Text(&self.0));
    }
}

/// Report who looks after how many hosts.
#[derive(Notification)]
#[dingtalk(text("{owner}: {hosts}"), tool)]
struct Owned {
    /// Person in charge, for example `dba`.
    #[dingtalk(length(..=4))]
    owner: Owner,
    /// Number of hosts, for example 3.
    #[dingtalk(range(1..=<Level as Limits<bool, u8>>::MAX))]
    hosts: u64,
}

#[test]
fn a_type_of_its_own_has_constraints() {
    ToolSet::new(tools![Owned]).unwrap();
    assert_eq!(schema::<Owned>()["properties"]["owner"]["maxLength"], json!(4));
    assert_eq!(schema::<Owned>()["properties"]["hosts"]["maximum"], json!(9));
    assert_eq!(
        faults::<Owned>(&json!({"owner": "admin", "hosts": 10})),
        [
            "`owner` must have at most 4 characters, not \"admin\" (5 characters)",
            "`hosts` must be 1 to 9, not 10",
        ]
    );
}
