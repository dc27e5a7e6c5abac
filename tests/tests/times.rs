//! Points in time, durations, sizes and large numbers: their forms in messages, and as arguments of tools.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dingtalk_core::{
    FeedItem, Fragment, Message, Notification, Url,
    field::{Moment, TimeSpan},
    message::{self, bytes, set_time_zone, thousands, time},
    tool::{ToolSet, ToolType},
    tools,
};
use dingtalk_notify::Deployment;
use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

/// 2026-11-29 20:05:00 in Shanghai.
const SECONDS: i64 = 1_795_953_900;

fn system(seconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds.unsigned_abs())
}

fn text(notification: &impl Notification) -> String {
    match notification.message().unwrap() {
        Message::Text(text) => text.content,
        Message::Markdown(markdown) => format!("{}|{}", markdown.title, markdown.text),
        other => panic!("{other:?}"),
    }
}

/// All tests of this process share the program's zone, so each sets the same one.
fn in_shanghai() {
    set_time_zone("Asia/Shanghai").unwrap();
}

#[derive(Notification)]
#[dingtalk(text("{system} {timestamp} {zoned} {utc} {fixed} {own}"))]
struct Moments {
    system: SystemTime,
    timestamp: jiff::Timestamp,
    zoned: jiff::ZonedDateTime,
    utc: chrono::DateTime<chrono::Utc>,
    fixed: chrono::DateTime<chrono::FixedOffset>,
    #[dingtalk(format = "time")]
    own: Stamp,
}

struct Stamp(i64);

impl Moment for Stamp {
    fn unix_seconds(&self) -> i64 {
        self.0
    }
}

#[test]
fn every_point_in_time_is_shown_in_the_program_s_zone() {
    in_shanghai();
    let timestamp = jiff::Timestamp::from_second(SECONDS).unwrap();
    let utc = chrono::DateTime::from_timestamp(SECONDS, 999_999_999).unwrap();
    let moments = Moments {
        system: system(SECONDS),
        timestamp,
        zoned: timestamp.in_tz("America/New_York").unwrap(),
        utc,
        fixed: utc.with_timezone(&chrono::FixedOffset::east_opt(-3600).unwrap()),
        own: Stamp(SECONDS),
    };
    assert_eq!(text(&moments), ["2026-11-29 20:05:00 +08:00"; 6].join(" "));
}

#[derive(Notification)]
#[dingtalk(markdown(
    title = "From {from}",
    text = "
        **{from}**, {month}
        {until}
        {all}
    ",
))]
struct Zoned {
    #[dingtalk(zone = "Europe/Berlin")]
    from: SystemTime,
    #[dingtalk(format = "%m月%d日 %H:%M", zone = "-03:30")]
    month: SystemTime,
    #[dingtalk(zone = "UTC", line = "> until {}")]
    until: Option<jiff::Timestamp>,
    #[dingtalk(format = "%F", line = "- {}", max_shown = 1)]
    all: Vec<jiff::Timestamp>,
}

#[test]
fn a_field_has_a_zone_and_a_pattern_of_its_own() {
    in_shanghai();
    let timestamp = jiff::Timestamp::from_second(SECONDS).unwrap();
    let zoned = Zoned {
        from: system(SECONDS),
        month: system(SECONDS),
        until: Some(timestamp),
        all: vec![timestamp, timestamp],
    };
    assert_eq!(
        text(&zoned),
        "From 2026-11-29 13:05:00 +01:00|**2026-11-29 13:05:00 +01:00**, 11月29日 08:35\n\n> until 2026-11-29 12:05:00 \
         +00:00\n\n- 2026-11-29\n\n…and 1 more"
    );
    let zoned = Zoned { until: None, all: Vec::new(), ..zoned };
    assert_eq!(
        text(&zoned),
        "From 2026-11-29 13:05:00 +01:00|**2026-11-29 13:05:00 +01:00**, 11月29日 08:35"
    );
}

#[derive(Notification)]
#[dingtalk(text("at {at}"))]
struct Elsewhere {
    #[dingtalk(zone = "Asia/Atlantis")]
    at: SystemTime,
}

#[test]
fn a_zone_that_the_machine_does_not_know_is_a_fault() {
    let error = Elsewhere { at: system(SECONDS) }.message().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`Elsewhere` is invalid: `at` is shown in the time zone \"Asia/Atlantis\", which is unknown on this machine"
    );
}

#[derive(Notification)]
#[dingtalk(text(
    "
    {took} {signed} {delta} {ticks} {free} {used} {amount:.2} {count} {change:+} {longest} {size}
    {steps}
    {since} {lasted} {rest} {sum}
    each {pauses}; before {earlier}
    "
))]
#[dingtalk(with(
    since = *start,
    lasted = *took * 2,
    rest = bytes(*used - 1),
    sum = thousands(*count * 2),
))]
struct Quantities {
    took: Duration,
    signed: jiff::SignedDuration,
    delta: chrono::TimeDelta,
    #[dingtalk(format = "duration")]
    ticks: Ticks,
    #[dingtalk(format = "bytes")]
    free: u64,
    #[dingtalk(format = "bytes")]
    used: i64,
    #[dingtalk(format = "thousands")]
    amount: f64,
    #[dingtalk(format = "thousands")]
    count: u32,
    #[dingtalk(format = "thousands")]
    change: i64,
    longest: Duration,
    #[dingtalk(format = "bytes")]
    size: Size,
    #[dingtalk(line = "- {}")]
    steps: Vec<Duration>,
    start: SystemTime,
    #[dingtalk(join = ", ", max_shown = 2)]
    pauses: Vec<Duration>,
    #[dingtalk(else = "never", zone = "UTC")]
    earlier: Option<SystemTime>,
}

/// An alias is seen by its own name, so the field says its format.
type Size = usize;

struct Ticks(u32);

impl TimeSpan for Ticks {
    fn nanoseconds(&self) -> i128 {
        i128::from(self.0) * 1_000_000
    }
}

#[test]
fn durations_sizes_and_large_numbers_are_readable() {
    in_shanghai();
    let quantities = Quantities {
        took: Duration::from_secs(3900),
        signed: jiff::SignedDuration::from_millis(-1500),
        delta: chrono::TimeDelta::days(2),
        ticks: Ticks(350),
        free: 1_610_612_736,
        used: -2047,
        amount: 1_234_567.891,
        count: 1_000_000,
        change: 1500,
        longest: Duration::from_micros(1),
        size: 512,
        steps: vec![Duration::from_secs(1), Duration::from_secs(90)],
        start: system(SECONDS),
        pauses: vec![Duration::from_millis(5); 3],
        earlier: None,
    };
    assert_eq!(
        text(&quantities),
        "1 h 5 min -1.5 s 2 d 350 ms 1.5 GiB -1.99 KiB 1,234,567.89 1,000,000 +1,500 1 µs 512 B\n- 1 s\n- 90 s\n\
         2026-11-29 20:05:00 +08:00 2 h 10 min -2 KiB 2,000,000\neach 5 ms, 5 ms, …and 1 more; before never"
    );
}

/// Types with the names of the standard library's that are not these show themselves.
mod own_types {
    use std::fmt;

    use dingtalk_core::Fragment;

    pub(super) struct Timestamp;

    impl fmt::Display for Timestamp {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("noon")
        }
    }

    #[derive(Fragment)]
    #[dingtalk(fragment("*{beats}* beats"))]
    pub(super) struct Duration {
        pub(super) beats: u32,
    }
}

#[derive(Notification)]
#[dingtalk(markdown(title = "x", text = "{at} {took}"))]
struct OwnTypes {
    at: own_types::Timestamp,
    took: own_types::Duration,
}

#[test]
fn a_type_of_the_same_name_shows_itself() {
    let own = OwnTypes { at: own_types::Timestamp, took: own_types::Duration { beats: 3 } };
    assert_eq!(text(&own), "x|noon *3* beats");
}

#[derive(Fragment)]
#[dingtalk(fragment("{at} ({took}, {size})"))]
struct Run {
    #[dingtalk(zone = "UTC", format = "%H:%M")]
    at: SystemTime,
    took: Duration,
    #[dingtalk(format = "bytes")]
    size: u32,
}

#[derive(Notification)]
#[dingtalk(text("{last}\n{runs}"))]
struct Runs {
    last: Run,
    #[dingtalk(line = "- {}")]
    runs: Vec<Run>,
}

#[derive(FeedItem)]
#[dingtalk(item(title = "{at}: {size}", url = "{page}", picture = "https://example.com/a.png"))]
struct Story {
    #[dingtalk(zone = "UTC")]
    at: SystemTime,
    #[dingtalk(format = "thousands")]
    size: u64,
    page: Url,
}

#[derive(Notification)]
#[dingtalk(feed_card(items = stories))]
struct Stories {
    stories: Vec<Story>,
}

#[test]
fn fragments_and_items_have_the_same_forms() {
    let run = |size| Run { at: system(SECONDS), took: Duration::from_secs(2), size };
    assert_eq!(text(&Runs { last: run(1024), runs: vec![run(1)] }), "12:05 (2 s, 1 KiB)\n- 12:05 (2 s, 1 B)");
    let page = Url::new("https://example.com/1").unwrap();
    let stories = Stories { stories: vec![Story { at: system(SECONDS), size: 1234, page: page.clone() }] };
    let picture = Url::new("https://example.com/a.png").unwrap();
    assert_eq!(
        stories.message().unwrap(),
        Message::feed_card([message::FeedItem::new("2026-11-29 12:05:00 +00:00: 1,234", page, picture)])
    );
}

#[derive(Notification)]
#[dingtalk(link(
    title = "{size}",
    text = "{took} {at}",
    url = "https://example.com/{size}?took={took}&at={at}&day={day}&count={count}",
))]
struct InUrl {
    #[dingtalk(format = "bytes")]
    size: u64,
    took: Duration,
    #[dingtalk(zone = "Asia/Shanghai")]
    at: SystemTime,
    #[dingtalk(zone = "Asia/Shanghai", format = "%Y%m%d")]
    day: SystemTime,
    #[dingtalk(format = "thousands")]
    count: i64,
}

/// Programs read URLs, so values stand there as numbers and in RFC 3339.
#[test]
fn a_url_has_the_values_that_programs_read() {
    let at = system(SECONDS);
    let link = InUrl { size: 2048, took: Duration::from_millis(90_500), at, day: at, count: -1500 };
    let Message::Link(link) = link.message().unwrap() else { panic!() };
    assert_eq!((&*link.title, &*link.text), ("2 KiB", "90.5 s 2026-11-29 20:05:00 +08:00"));
    assert_eq!(
        link.url,
        "https://example.com/2048?took=90.5&at=2026-11-29T20%3A05%3A00%2B08%3A00&day=20261129&count=-1500"
    );
}

#[derive(Notification)]
#[dingtalk(text("{value}{size}"))]
struct Generic<T, S> {
    #[dingtalk(zone = "UTC")]
    value: T,
    #[dingtalk(format = "bytes")]
    size: S,
}

#[test]
fn a_type_parameter_needs_what_the_form_needs() {
    assert_eq!(text(&Generic { value: system(0), size: 1_u8 }), "1970-01-01 00:00:00 +00:001 B");
}

/// Tell the on-call group that a maintenance window begins.
#[derive(Notification)]
#[dingtalk(text("{from} {pause} {delay} {size}\n{ends}\n{took}"), tool(when = "a maintenance is planned"))]
struct Maintenance {
    /// Begin of the window.
    #[dingtalk(zone = "Asia/Shanghai")]
    from: jiff::Timestamp,
    /// Ends of its phases.
    #[dingtalk(zone = "UTC", line = "- {}", max_items = 3)]
    ends: Vec<SystemTime>,
    /// Expected pause of the service.
    #[dingtalk(range(1..=3600))]
    pause: Duration,
    /// Delay of the announcement.
    #[dingtalk(default = Duration::from_millis(1500))]
    delay: Duration,
    /// Time that the last one took.
    #[dingtalk(line = "took {}")]
    took: Option<jiff::SignedDuration>,
    /// Size of the download, in bytes.
    #[dingtalk(format = "bytes", default = 0)]
    size: u64,
}

fn maintenance() -> ToolType {
    ToolType::of::<Maintenance>()
}

fn schema() -> Value {
    let set = ToolSet::new(tools![Maintenance]).unwrap();
    Value::Object(Deployment::new().definitions(&set).remove(0).input_schema)
}

fn call(arguments: &Value) -> Result<dingtalk_core::tool::Call, String> {
    let arguments = arguments.as_object().unwrap().clone();
    maintenance().read(arguments, |_| None).map_err(|faults| faults.to_string())
}

#[test]
fn an_agent_gives_times_in_rfc_3339_and_durations_in_seconds() {
    let given = json!({
        "from": "2026-11-29T12:05:00Z", "ends": ["2026-11-29T21:00:00+08:00"], "pause": 90.5, "took": -2, "size": 2048,
    });
    let Message::Text(text) = call(&given).unwrap().message else { panic!() };
    assert_eq!(
        text.content,
        "2026-11-29 20:05:00 +08:00 90.5 s 1.5 s 2 KiB\n- 2026-11-29 13:00:00 +00:00\ntook -2 s"
    );
    let properties = &schema()["properties"];
    assert_eq!(
        properties["from"],
        json!({
            "type": "string", "format": "date-time",
            "description": "Begin of the window. In RFC 3339, with an offset.",
        })
    );
    assert_eq!(
        properties["pause"],
        json!({
            "type": "number", "minimum": 1, "maximum": 3600,
            "description": "Expected pause of the service. In seconds. 1 to 3600.",
        })
    );
    assert_eq!(properties["delay"]["default"], 1.5);
}

#[test]
fn a_wrong_argument_is_explained() {
    let faults = call(&json!({
        "from": "2026-11-29 20:05", "ends": [1_795_953_900], "pause": 4000, "delay": "90s", "took": 1e300,
    }))
    .unwrap_err();
    let expected = "a date and time with an offset, such as \"2026-11-29T20:05:00+08:00\"";
    assert_eq!(
        faults,
        format!(
            "`from` must be {expected}, not \"2026-11-29 20:05\"; `ends[0]` must be {expected}, not the number 1795953900; \
             `pause` must be 1 to 3600, not 4000; `delay` must be a number of seconds, not the string \"90s\"; \
             `took` must be -10000000000 to 10000000000 seconds, not 1e+300"
        )
    );
}

#[test]
fn two_spellings_of_a_time_are_one_call() {
    let call = |from: &str, end: &str, pause: Value| {
        call(&json!({"from": from, "ends": [end], "pause": pause})).unwrap().canonical
    };
    let canonical = call("2026-11-29T12:05:00Z", "2026-11-29T13:00:00Z", json!(90));
    assert_eq!(
        canonical,
        r#"{"from":"2026-11-29T12:05:00Z","ends":["2026-11-29T13:00:00Z"],"pause":90,"size":0}"#
    );
    assert_eq!(call("2026-11-29t20:05:00.0+08:00", "2026-11-29T21:00:00+08:00", json!(90.0)), canonical);
    assert_ne!(call("2026-11-29T12:05:01Z", "2026-11-29T13:00:00Z", json!(90)), canonical);
}

/// Times as they are, and as models and people mistype them.
fn time_text() -> impl Strategy<Value = String> {
    let written = select(vec![
        "2026-11-29",
        "2026-11-29T20:05:00",
        "2026-11-29 20:05:00Z",
        "now",
        "",
        "20:05",
        "2026-02-29T00:00:00Z",
        "2028-02-29T00:00:00z",
        "2026-13-01T00:00:00Z",
        "2026-11-29T24:00:00Z",
        "2016-12-31T23:59:60Z",
        "2016-12-31T12:59:60Z",
        "2016-12-31T23:60:00Z",
        "0001-01-01T00:00:00Z",
        "2026-11-29T20:05:00.+08:00",
        "2026-11-29T20:05:00+0800",
        "2026-11-29T20:05:00+08",
        "２026-11-29T20:05:00Z",
        "2026-11-29T20:05:00+24:00",
        "2026-11-29T20:05:00+23:59",
        "2026-11-29T20:05:00-00:00",
        "2026-11-29T20:05:00Z ",
        "1795953900",
    ]);
    let made = (1_i64..250_000_000_000, select(vec!["Z", "+08:00", "-03:30", "+23:59"]), 0_u32..3).prop_map(
        |(seconds, offset, digits)| {
            let timestamp = jiff::Timestamp::from_second(seconds).unwrap().to_string();
            let fraction = ["", ".5", ".123456789012"][digits as usize];
            timestamp.replace('Z', &format!("{fraction}{offset}"))
        },
    );
    prop_oneof![1 => written.prop_map(str::to_owned), 1 => made]
}

fn seconds() -> impl Strategy<Value = Value> {
    prop_oneof![
        (-10_i64..5000).prop_map(Value::from),
        (-1.0..4000.0).prop_map(Value::from),
        select(vec![
            json!(1e10),
            json!(10_000_000_001_i64),
            json!(1e300),
            json!(-1e300),
            json!(-1e10),
            json!(0.999_999),
            json!(3_600.000_001),
            json!("90"),
            json!(true),
        ]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    /// The schema accepts what the call accepts, and nothing else.
    #[test]
    fn the_schema_is_true(
        from in time_text(),
        end in time_text(),
        pause in seconds(),
        delay in seconds(),
        took in prop::option::of(seconds()),
    ) {
        thread_local! {
            static VALIDATOR: jsonschema::Validator =
                jsonschema::draft202012::options().should_validate_formats(true).build(&schema()).unwrap();
        }
        let arguments = json!({"from": from, "ends": [end], "pause": pause, "delay": delay});
        let arguments = match took {
            Some(took) => {
                let mut arguments = arguments;
                arguments["took"] = took;
                arguments
            }
            None => arguments,
        };
        let is_valid = VALIDATOR.with(|validator| validator.is_valid(&arguments));
        let called = call(&arguments);
        prop_assert_eq!(is_valid, called.is_ok(), "{}: {:?}", arguments, called.err());
    }

    /// A time that is shown is the time that was given.
    #[test]
    fn a_shown_time_is_the_given_one(
        seconds in -62_000_000_000_i64..250_000_000_000,
        zone in select(vec!["Asia/Shanghai", "UTC", "-03:30", "+23:59", "America/New_York", "Asia/Kathmandu"]),
    ) {
        let moment = Stamp(seconds);
        let shown = time(moment).in_zone(zone).to_string();
        let parsed = jiff::fmt::strtime::parse("%Y-%m-%d %H:%M:%S %::z", with_seconds(&shown)).unwrap();
        prop_assert_eq!(parsed.to_timestamp().unwrap().as_second(), seconds, "{}", shown);
    }
}

/// Offsets before the age of zones have seconds.
fn with_seconds(shown: &str) -> String {
    let (_, offset) = shown.rsplit_once(' ').unwrap();
    if offset.len() == "+08:00".len() { format!("{shown}:00") } else { shown.to_owned() }
}
