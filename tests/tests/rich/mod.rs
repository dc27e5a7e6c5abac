//! Derived tools with parameters of every cardinality, type and constraint.

use dingtalk_core::{Markdown, Mobile, Notification, Url, UserId, tool::ToolSet, tools};

/// Say something in words of every kind.
#[derive(Notification)]
#[dingtalk(
    markdown(
        title = "Words",
        text = "
            Words: {short} {exact} {narrow} {level} {body}
            [Page]({page})
            {note}
            {tags}
            {links}
        ",
    ),
    rename_all = "camelCase",
    tool(when = "there is something to say", not_when = "there are only numbers", instead = SayNumbers)
)]
pub(crate) struct SayWords {
    /// A few characters, for example `web`.
    #[dingtalk(length(1..=8))]
    short: String,
    /// Exactly three characters.
    #[dingtalk(length(3..=3))]
    exact: String,
    /// A few bytes.
    #[dingtalk(bytes(..=12))]
    narrow: String,
    /// Urgency of the message.
    #[dingtalk(default = "info", length(..=6))]
    level: String,
    /// Markdown as it is.
    #[dingtalk(length(..=9))]
    body: Markdown,
    /// Page with more details.
    page: Url,
    /// A remark.
    #[dingtalk(line = "Note: {}", length(2..))]
    #[dingtalk(bytes(..=30))]
    note: Option<String>,
    /// Labels, the most important first.
    #[dingtalk(line = "- {}", length(1..=4), max_items = 3)]
    tags: Vec<String>,
    /// More pages.
    #[dingtalk(line = "[More]({})", max_items = 2)]
    links: Vec<Url>,
}

/// Show numbers of every kind.
#[derive(Notification)]
#[dingtalk(
    text(
        "Numbers: {u8} {u16} {u32} {u64} {usize} {i8} {i16} {i32} {i64} {isize} {f32} {f64} {percent} {part} {step} {offset}\n{few}\n{readings}"
    ),
    tool(when = "there is something to count")
)]
#[allow(clippy::struct_field_names, reason = "named by their types")]
pub(crate) struct SayNumbers {
    /// From 0 to 255.
    u8: u8,
    /// A port.
    u16: u16,
    /// A count.
    u32: u32,
    /// Bytes.
    u64: u64,
    /// Elements.
    usize: usize,
    /// A small difference.
    i8: i8,
    /// A difference.
    i16: i16,
    /// A large difference.
    i32: i32,
    /// A very large difference.
    i64: i64,
    /// A difference of addresses.
    isize: isize,
    /// A rough measure.
    f32: f32,
    /// A measure.
    f64: f64,
    /// A share in percent.
    #[dingtalk(range(0.0..=100.0))]
    percent: f64,
    /// A share of one.
    #[dingtalk(range(0.1..=0.3))]
    part: f32,
    /// Distance to go.
    #[dingtalk(range(1..=5), default = 2)]
    step: i32,
    /// Starting point.
    #[dingtalk(range(-3..))]
    offset: i64,
    /// Not many.
    #[dingtalk(line = "{}", range(..=10))]
    few: Option<u16>,
    /// Measured quantity.
    #[dingtalk(line = "{}", range(-1.5..=1.5), max_items = 4)]
    readings: Vec<f64>,
}

/// Call people of every kind.
#[derive(Notification)]
#[dingtalk(
    text("People: {why}\n{urgent}"),
    tool(name = "page_people", title = "People", when = "somebody must come")
)]
pub(crate) struct PagePeople {
    /// Reason for the call.
    #[dingtalk(unbounded)]
    why: String,
    /// Come at once.
    #[dingtalk(line = "Now!")]
    urgent: bool,
    /// Person in the lead.
    #[dingtalk(at)]
    lead: Mobile,
    /// Deputy of the lead.
    #[dingtalk(at)]
    deputy: Option<UserId>,
    /// Mobile numbers of the others.
    #[dingtalk(at, max_items = 3)]
    others: Vec<Mobile>,
    /// User ids of the rest.
    #[dingtalk(at)]
    rest: Vec<UserId>,
    /// Call everyone.
    #[dingtalk(at_all)]
    all: bool,
}

pub(crate) fn set() -> ToolSet {
    ToolSet::new(tools![SayWords, SayNumbers, PagePeople]).expect("the tools can be served together")
}
