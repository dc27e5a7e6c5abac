//! Any JSON as the arguments of a tool: the result is a message, or faults that describe the problem.

#![no_main]

use arbitrary::{Arbitrary, Unstructured};
use dingtalk_core::{Markdown, Message, Mobile, Notification, Url, UserId, message::Faults, tool::ToolType};
use dingtalk_fuzz::Text;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Number, Value};

/// Warn the on-call group that one host's CPU stayed above its limit for five minutes.
#[derive(Notification)]
#[dingtalk(markdown(
    title = "CPU {percent:.0}% on {host}",
    text = "
        ### CPU {percent:.1}% on {host}
        **{level}** {note}
        {processes}
        {runbook}
        {quiet}
    ",
))]
#[dingtalk(tool(when = "a host's CPU limit has been exceeded and a person must look"))]
struct CpuAlert {
    /// Host name as in the inventory, for example `web-3`.
    #[dingtalk(length(1..=64))]
    host: String,
    /// CPU use over the last five minutes, in percent.
    #[dingtalk(range(0.0..=100.0))]
    percent: f64,
    /// Urgency, for example `warning`.
    #[dingtalk(default = "warning", length(1..=20))]
    level: String,
    /// Anything else that a person should know.
    #[dingtalk(unbounded)]
    note: Markdown,
    /// Heaviest processes, heaviest first.
    #[dingtalk(line = "- {}", length(..=40), max_items = 10)]
    processes: Vec<String>,
    /// Page that says what to do.
    #[dingtalk(line = "[Runbook]({})")]
    runbook: Option<Url>,
    /// Night-time in the group's time zone.
    #[dingtalk(line = "> Do not call before 8:00.")]
    quiet: bool,
    /// Mobile numbers of the people to mention.
    #[dingtalk(at)]
    on_call: Vec<Mobile>,
    /// Mention everybody in the group.
    #[dingtalk(at_all)]
    at_all: bool,
}

/// Tell the group that a version is live.
#[derive(Notification)]
#[dingtalk(
    action_card(
        title = "{service} {major}.{minor:02}",
        text = "{changes}",
        button("Open", url = "{page}"),
        button("Log", url = "{log}")
    ),
    rename_all = "camelCase",
    tool(when = "a version was deployed")
)]
struct Deployed {
    /// Name of the service, for example `shop`.
    #[dingtalk(bytes(..=64), rename = "name")]
    service: String,
    /// The version's first number.
    major: i8,
    /// The version's second number.
    #[dingtalk(range(..=99))]
    minor: u64,
    /// Changes, one sentence each.
    #[dingtalk(line = "1. {}", unbounded)]
    changes: Vec<String>,
    /// Page of the version.
    page: Url,
    /// Log of the deployment.
    log: Option<Url>,
}

/// Remind one person of a duty.
#[derive(Notification)]
#[dingtalk(text("{person} {what} {factor:e}"), tool(when = "somebody has a duty"))]
struct Reminder {
    /// User id of the person.
    #[dingtalk(at)]
    person: UserId,
    /// Duty, in a few words.
    #[dingtalk(length(3..=9))]
    what: String,
    /// Number of times that it was forgotten.
    #[dingtalk(default = 1.5)]
    factor: f32,
}

static TOOLS: [ToolType; 3] =
    [ToolType::of::<CpuAlert>(), ToolType::of::<Deployed>(), ToolType::of::<Reminder>()];

/// Names of parameters, or similar ones.
const NAMES: &[&str] = &[
    "host",
    "percent",
    "level",
    "note",
    "processes",
    "runbook",
    "quiet",
    "on_call",
    "at_all",
    "name",
    "service",
    "major",
    "minor",
    "changes",
    "page",
    "log",
    "person",
    "what",
    "factor",
    "onCall",
    "hots",
    "",
];

/// Values of parameters, or similar ones.
const TEXTS: &[&str] = &[
    "web-3",
    "warning",
    "13800000000",
    "+852-12345678",
    "https://example.com",
    "[\"a\", \"b\"]",
    "[]",
    "97.5",
    "true",
    "null",
    "{}",
    " ",
    "",
];

#[derive(Debug)]
struct Json(Value);

impl<'a> Arbitrary<'a> for Json {
    fn arbitrary(input: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        value(input, 4).map(Self)
    }
}

fn value(input: &mut Unstructured<'_>, depth: usize) -> arbitrary::Result<Value> {
    Ok(match input.int_in_range(0..=if depth == 0 { 6 } else { 8 })? {
        0 => Value::Null,
        1 => Value::Bool(input.arbitrary()?),
        2 => Value::from(input.arbitrary::<i64>()?),
        3 => Value::from(input.arbitrary::<u8>()?),
        4 => Number::from_f64(input.arbitrary()?).map_or(Value::Null, Value::Number),
        5 => Value::from(*input.choose(TEXTS)?),
        6 => Value::from(input.arbitrary::<Text>()?.0),
        7 => {
            let length = input.int_in_range(0..=12)?;
            Value::Array((0..length).map(|_| value(input, depth - 1)).collect::<arbitrary::Result<_>>()?)
        }
        _ => Value::Object(object(input, depth - 1)?),
    })
}

fn object(input: &mut Unstructured<'_>, depth: usize) -> arbitrary::Result<Map<String, Value>> {
    let mut object = Map::new();
    for _ in 0..input.int_in_range(0..=10)? {
        let name = if input.ratio(1, 8)? {
            input.arbitrary::<Text>()?.0
        } else {
            (*input.choose(NAMES)?).to_owned()
        };
        object.insert(name, value(input, depth)?);
    }
    Ok(object)
}

#[derive(Debug)]
struct Call {
    tool: usize,
    arguments: Map<String, Value>,
}

impl<'a> Arbitrary<'a> for Call {
    fn arbitrary(input: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let tool = input.choose_index(TOOLS.len())?;
        let mut arguments = object(input, 3)?;
        // Half of the calls supply the required arguments, so that they are not refused for lack of them.
        if input.arbitrary()? {
            for parameter in TOOLS[tool].spec().parameters.iter().filter(|parameter| parameter.is_required())
            {
                let Json(value) = input.arbitrary()?;
                arguments.insert(parameter.field.name.to_owned(), value);
            }
        }
        Ok(Self { tool, arguments })
    }
}

fuzz_target!(|call: Call| {
    let tool = &TOOLS[call.tool];
    match tool.message(&call.arguments) {
        Ok(message) => is_allowed(&message, &call),
        Err(faults) => explain(&faults, &call),
    }
});

fn is_allowed(message: &Message, call: &Call) {
    let names: Vec<&str> =
        TOOLS[call.tool].spec().parameters.iter().map(|parameter| parameter.field.name).collect();
    assert!(call.arguments.keys().all(|name| names.contains(&name.as_str())), "an unknown name was accepted");
    let length =
        |name: &str| call.arguments.get(name).and_then(Value::as_str).map(|text| text.chars().count());
    assert!(length("host").is_none_or(|length| (1..=64).contains(&length)));
    assert!(length("what").is_none_or(|length| (3..=9).contains(&length)));
    assert!(
        message.mentions().is_none_or(|mentions| mentions.people() <= dingtalk_core::message::MAX_MENTIONS)
    );
    assert!(message.mentions().is_none_or(|mentions| mentions.all == (call.arguments.get("at_all") == Some(&Value::Bool(true)))));
}

fn explain(faults: &Faults, call: &Call) {
    assert!(!faults.is_empty(), "refused without a reason: {:?}", call.arguments);
    assert!(!faults.to_string().is_empty());
}
