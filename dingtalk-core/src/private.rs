//! Items for generated code. Not part of the public interface: each may change in any release.

use std::fmt;

pub use dingtalk_template::{Joined, Number, OrElse, Show, Sink, Template, Value};

#[cfg(feature = "robot")]
pub use crate::Envelope;
pub use crate::{
    __expression as expression, __with_envelopes as with_envelopes,
    card_button::ButtonEntry,
    choice::{Choice, ChoiceValue, ParseChoiceError, parse as parse_choice, write as write_choice},
    compose::Check,
    constraint::{AnyMeasure, Constraint, Field, MeasureOf, Measured, assert_measure},
    form::{
        AnyForm, Ask, AskMoment, AskShow, AskTimeSpan, ByteCount, Form, Grouped, Moment, Style, TimeSpan,
        formed, formed_each,
    },
    message::{self, Faults, Invalid, MAX_MENTIONS, Mentions, Message},
    notification::Notification,
};
#[cfg(feature = "tool")]
pub use {
    crate::tool::{
        Argument, Cardinality, Parameter, PersonKind, Tool, ToolSpec,
        argument::{choice_schema, choice_value, read_choice},
        check::assert_tools,
        documentation::{documentation, first_paragraph},
        literal::assert_value,
        object::{object_schema, read_object},
        probe::{Checked, NoArgument, NoChoice, NoRules, Probe, assert_limited},
        reader::{Reader, read},
    },
    schemars::{Schema, SchemaGenerator},
    serde_json::Value as Json,
};

/// The arguments of a tool call.
#[cfg(feature = "tool")]
pub type Arguments = serde_json::Map<String, serde_json::Value>;
use crate::{Mobile, UserId, compose, message::Fault};

pub use crate::shortened::{Counted, Cut, first, left_out, truncated, truncated_each};

#[path = "format.rs"]
pub mod format;

/// A compiled template, as text.
type Code = &'static str;

fn render(code: Code, values: &[Value<'_>]) -> String {
    dingtalk_template::render(&Template::from_code(code), values)
}

/// An `Option` or a `Vec`, whose values can be borrowed as a slice.
pub trait AsSlice<T> {
    fn as_values(&self) -> &[T];
}

impl<T> AsSlice<T> for Option<T> {
    fn as_values(&self) -> &[T] {
        self.as_slice()
    }
}

impl<T> AsSlice<T> for Vec<T> {
    fn as_values(&self) -> &[T] {
        self
    }
}

/// Returns the text of a flag.
pub fn either<'t>(flag: bool, then: &'t str, or_else: &'t str) -> &'t str {
    if flag { then } else { or_else }
}

/// Returns the text for a field without a value.
pub fn absent(is_absent: bool, or_else: &str) -> Option<&str> {
    is_absent.then_some(or_else)
}

/// A type that may be the target of a link: this crate's URLs only.
#[diagnostic::on_unimplemented(
    message = "a link's target is a `dingtalk_core::Url`, not `{Self}`",
    label = "not a checked URL",
    note = "change the field's type to `Url`; `Url::new` checks the text"
)]
pub trait LinkTarget: fmt::Display {
    /// Nothing but the check of the type.
    fn check() {}
}

impl LinkTarget for crate::Url {}

impl<T: LinkTarget> LinkTarget for &T {}

/// A value that `with(…)` computes. Its type is checked for `Show` once, at the expression.
pub struct Computed<T> {
    pub value: T,
    show: fn(&T, &mut Sink<'_>),
    is_blocks: fn(&T) -> bool,
}

impl<T: Show> Computed<T> {
    pub fn new(value: T) -> Self {
        Self { value, show: T::show, is_blocks: T::is_blocks }
    }
}

impl<T> Computed<T> {
    /// Creates a value that is shown by this function.
    pub(crate) fn shown_by(value: T, show: fn(&T, &mut Sink<'_>)) -> Self {
        Self { value, show, is_blocks: |_| false }
    }

    /// Checks that the value may be the target of a link.
    pub fn link_target(&self)
    where
        T: LinkTarget,
    {
    }
}

#[diagnostic::do_not_recommend]
impl<T> Show for Computed<T> {
    fn show(&self, sink: &mut Sink<'_>) {
        (self.show)(&self.value, sink);
    }

    fn is_blocks(&self) -> bool {
        (self.is_blocks)(&self.value)
    }
}

/// A type for fields marked `at`.
#[diagnostic::on_unimplemented(
    message = "`at` takes mobile numbers or user ids, not `{Self}`",
    label = "neither `Mobile`, `UserId`, nor a `Vec` or `Option` of them",
    note = "change the field's type, for example to `Vec<Mobile>`"
)]
pub trait At {
    #[cfg(feature = "tool")]
    const KIND: PersonKind;

    fn mention(&self, mentions: &mut Mentions);

    /// The text of a slot.
    fn text(&self) -> MentionText {
        let mut mentions = Mentions::default();
        self.mention(&mut mentions);
        MentionText::of(mentions)
    }
}

impl At for Mobile {
    #[cfg(feature = "tool")]
    const KIND: PersonKind = PersonKind::Number;

    fn mention(&self, mentions: &mut Mentions) {
        mentions.merge(Mentions::mobiles([self.clone()]));
    }
}

impl At for UserId {
    #[cfg(feature = "tool")]
    const KIND: PersonKind = PersonKind::Id;

    fn mention(&self, mentions: &mut Mentions) {
        mentions.merge(Mentions::user_ids([self.clone()]));
    }
}

impl<T: At> At for Vec<T> {
    #[cfg(feature = "tool")]
    const KIND: PersonKind = T::KIND;

    fn mention(&self, mentions: &mut Mentions) {
        for person in self {
            person.mention(mentions);
        }
    }
}

impl<T: At> At for Option<T> {
    #[cfg(feature = "tool")]
    const KIND: PersonKind = T::KIND;

    fn mention(&self, mentions: &mut Mentions) {
        if let Some(person) = self {
            person.mention(mentions);
        }
    }
}

/// A type for fields marked `at` in an action card.
#[diagnostic::on_unimplemented(
    message = "an action card mentions people by user id, not by `{Self}`",
    label = "neither `UserId`, nor a `Vec` or `Option` of it",
    note = "change the field's type to `UserId`, or send a `markdown` message"
)]
pub trait CardAt: At {
    fn mention_in_card(&self, mentions: &mut Mentions) {
        self.mention(mentions);
    }
}

impl CardAt for UserId {}

impl<T: CardAt> CardAt for Vec<T> {}

impl<T: CardAt> CardAt for Option<T> {}

/// Text of a slot whose field is marked `at`: the same `@…` that would be appended.
pub struct MentionText(Mentions);

impl MentionText {
    pub(crate) fn of(mentions: Mentions) -> Self {
        Self(mentions)
    }
}

/// Returns the text of a slot whose field is marked `at_all`.
pub fn mention_all_text(all: bool) -> MentionText {
    MentionText::of(Mentions { all, ..Mentions::default() })
}

impl Show for MentionText {
    fn show(&self, sink: &mut Sink<'_>) {
        if !self.0.is_empty() {
            sink.word(&self.0.body_text(), message::joins_before, message::joins_after);
        }
    }
}

pub fn text(check: Check, text: Code, values: &[Value<'_>], mentions: Mentions) -> Result<Message, Invalid> {
    compose::text(check, &Template::from_code(text), values, mentions)
}

pub fn markdown(
    check: Check,
    title: Code,
    text: Code,
    values: &[Value<'_>],
    mentions: Mentions,
) -> Result<Message, Invalid> {
    let [title, text] = [title, text].map(Template::from_code);
    compose::markdown(check, [&title, &text], values, mentions)
}

pub fn link(
    check: Check,
    title: Code,
    text: Code,
    url: Code,
    picture: Option<Code>,
    values: &[Value<'_>],
) -> Result<Message, Invalid> {
    let [title, text, url] = [title, text, url].map(Template::from_code);
    let picture = picture.map(Template::from_code);
    compose::link(check, [&title, &text, &url], picture.as_ref(), values)
}

pub fn action_card(
    check: Check,
    title: Code,
    text: Code,
    buttons: &[(Code, Code)],
    style: (bool, bool),
    values: &[Value<'_>],
    mentions: Mentions,
) -> Result<Message, Invalid> {
    let [title, text] = [title, text].map(Template::from_code);
    let buttons = buttons.iter().map(|(label, url)| [*label, *url].map(Template::from_code));
    compose::action_card(check, [&title, &text], buttons, style, values, mentions)
}

/// Delivery options of a type, for its envelope.
#[cfg(feature = "robot")]
pub struct DeliveryOptions {
    /// Path of the type.
    pub name: &'static str,
    pub urgent: bool,
    pub group: Option<Code>,
    pub digest: Option<Code>,
    /// In seconds.
    pub dedupe: Option<u64>,
    /// Number of messages, and a span in seconds.
    pub throttle: Option<(u32, u64)>,
    pub by: &'static [(&'static str, Code)],
}

#[cfg(feature = "robot")]
pub fn envelope(message: Message, declared: &DeliveryOptions, values: &[Value<'_>]) -> Envelope {
    use crate::delivery::options::{Options, ThrottleOption, envelope};
    use std::time::Duration;

    let [group, digest] = [declared.group, declared.digest].map(|code| code.map(Template::from_code));
    let by: Vec<(&str, Template)> =
        declared.by.iter().map(|(name, code)| (*name, Template::from_code(code))).collect();
    let options = Options {
        name: declared.name,
        urgent: declared.urgent,
        group: group.as_ref(),
        digest: digest.as_ref(),
        dedupe: declared.dedupe.map(Duration::from_secs),
        throttle: declared.throttle.map(|(limit, span)| ThrottleOption {
            limit,
            span: Duration::from_secs(span),
            by: by.iter().map(|(name, template)| (*name, template)).collect(),
        }),
    };
    envelope(message, &options, values)
}

/// Keeps the function that makes an envelope, since there are envelopes.
#[doc(hidden)]
#[cfg(feature = "robot")]
#[macro_export]
macro_rules! __with_envelopes {
    ($($function:tt)*) => {
        $($function)*
    };
}

/// Leaves out the function that makes an envelope: without the feature `robot`, there are none.
#[doc(hidden)]
#[cfg(not(feature = "robot"))]
#[macro_export]
macro_rules! __with_envelopes {
    ($($function:tt)*) => {};
}

/// An item of a feed card; implemented by `#[derive(FeedItem)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no item of a feed card",
    label = "does not derive `FeedItem`",
    note = "add `#[derive(FeedItem)] #[dingtalk(item(title = \"…\", url = \"…\", picture = \"…\"))]` to it"
)]
pub trait FeedEntry {
    /// Renders the item. Faults are reported under `path`.
    fn entry(&self, path: &str, faults: &mut Faults) -> message::FeedItem;

    /// Renders the message of which these are the items.
    fn card(mut check: Check, name: &str, items: &[Self]) -> Result<Message, Invalid>
    where
        Self: Sized,
    {
        let items: Vec<message::FeedItem> = items
            .iter()
            .enumerate()
            .map(|(index, item)| item.entry(&format!("{name}[{index}]"), &mut check.faults))
            .collect();
        check.finish(Message::feed_card(items))
    }
}

pub fn feed_item(
    path: &str,
    faults: &mut Faults,
    (title, url, picture): (Code, Code, Code),
    values: &[Value<'_>],
) -> message::FeedItem {
    let [title, url, picture] = [title, url, picture].map(|template| render(template, values));
    for (what, text) in [("title", &title), ("link", &url), ("picture", &picture)] {
        if text.trim().is_empty() {
            faults.push(Fault::new(path, format!("has an empty {what}")));
        }
    }
    message::FeedItem { title, url, picture }
}

/// Lets rustc report an invalid expression at its position. Inserted directly, it would break the derive's output.
#[doc(hidden)]
#[macro_export]
macro_rules! __expression {
    ($value:expr) => {
        $value
    };
}
