//! Items for generated code. Not part of the public interface: each may change in any release.

use std::fmt;

use dingtalk_template::Each;
pub use dingtalk_template::{Number, Show, Sink, Template, Value};

pub use crate::{
    __choice_argument as choice_argument, __expression as expression,
    card_button::ButtonEntry,
    choice::{Choice, ChoiceValue, ParseChoiceError, parse as parse_choice, write as write_choice},
    compose::Check,
    constraint::{Constraint, Field, Measured},
    message::{self, Faults, Invalid, MAX_MENTIONS, Mentions, Message},
    notification::Notification,
};
#[cfg(feature = "tool")]
pub use {
    crate::tool::{
        Argument, Cardinality, Parameter, PersonKind, Tool, ToolSpec,
        argument::{choice_schema, choice_value, object_schema, read_choice, read_object},
        check::assert_tools,
        literal::assert_value,
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

pub use crate::shortened::{each_of, first, left_out, truncated, truncated_each};

#[path = "format.rs"]
pub mod format;

/// A compiled template, as text.
type Code = &'static str;

fn render(code: Code, values: &[Value<'_>]) -> String {
    dingtalk_template::render(&Template::from_code(code), values)
}

/// Wraps one value. The type parameter lets rustc point at the field's type.
pub fn one<T: Show>(value: &T) -> Value<'_> {
    Value::One(value)
}

/// Wraps the values of an `Option` or a `Vec`.
pub fn each<T: Each>(values: &T) -> Value<'_> {
    Value::Each(values)
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

/// A type that may be the target of a link: this crate's URLs only.
#[diagnostic::on_unimplemented(
    message = "a link's target is a `dingtalk_core::Url`, not `{Self}`",
    label = "not a checked URL",
    note = "change the field's type to `Url`; `Url::new` checks the text"
)]
pub trait LinkTarget: fmt::Display {}

impl LinkTarget for crate::Url {}

impl<T: LinkTarget> LinkTarget for &T {}

pub fn link_target<T: LinkTarget>() {}

/// Checks the target of a link that `with(…)` computes.
pub fn link_target_value<T: LinkTarget>(_: &Computed<T>) {}

/// A value that `with(…)` computes. Its type is checked for `Show` once, at the expression.
pub struct Computed<T> {
    pub value: T,
    show: fn(&T, &mut Sink<'_>),
    is_blocks: fn(&T) -> bool,
}

pub fn computed<T: Show>(value: T) -> Computed<T> {
    Computed { value, show: T::show, is_blocks: T::is_blocks }
}

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

pub fn mention<T: At>(people: &T, mentions: &mut Mentions) {
    people.mention(mentions);
}

/// Text of a slot whose field is marked `at`: the same `@…` that would be appended.
pub struct MentionText(Mentions);

pub fn mention_text<T: At>(people: &T) -> MentionText {
    let mut mentions = Mentions::default();
    people.mention(&mut mentions);
    MentionText::of(mentions)
}

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

/// Adds the buttons of a field to the next action card.
pub fn with_buttons<T: ButtonEntry>(mut check: Check, name: &str, buttons: &[T]) -> Check {
    let entries = buttons.iter().enumerate();
    check.buttons =
        entries.map(|(index, button)| button.entry(&format!("{name}[{index}]"), &mut check.faults)).collect();
    check
}

pub fn action_card(
    check: Check,
    title: Code,
    text: Code,
    buttons: &[(Code, Code)],
    style: (bool, bool),
    values: &[Value<'_>],
) -> Result<Message, Invalid> {
    let [title, text] = [title, text].map(Template::from_code);
    let buttons = buttons.iter().map(|(label, url)| [*label, *url].map(Template::from_code));
    compose::action_card(check, [&title, &text], buttons, style, values)
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

pub fn feed_card<T: FeedEntry>(mut check: Check, name: &str, items: &[T]) -> Result<Message, Invalid> {
    let items: Vec<message::FeedItem> = items
        .iter()
        .enumerate()
        .map(|(index, item)| item.entry(&format!("{name}[{index}]"), &mut check.faults))
        .collect();
    check.finish(Message::feed_card(items))
}

/// Lets rustc report an invalid expression at its position. Inserted directly, it would break the derive's output.
#[doc(hidden)]
#[macro_export]
macro_rules! __expression {
    ($value:expr) => {
        $value
    };
}

/// Implements `Argument` for a `Choice` if tools are enabled.
#[doc(hidden)]
#[macro_export]
#[cfg(feature = "tool")]
macro_rules! __choice_argument {
    ($choice:ident) => {
        #[automatically_derived]
        impl $crate::tool::Argument for $choice {
            fn schema(_: &mut $crate::__private_0_1_0::SchemaGenerator) -> $crate::__private_0_1_0::Schema {
                $crate::__private_0_1_0::choice_schema::<Self>()
            }

            fn read(
                value: &$crate::__private_0_1_0::Json,
                path: &::core::primitive::str,
                faults: &mut $crate::message::Faults,
            ) -> ::core::option::Option<Self> {
                $crate::__private_0_1_0::read_choice(value, path, faults)
            }

            fn default_in_schema(
                default: fn() -> Self,
            ) -> ::core::option::Option<$crate::__private_0_1_0::Json> {
                $crate::__private_0_1_0::choice_value(&default())
            }
        }
    };
}

/// Expands to nothing if tools are disabled.
#[doc(hidden)]
#[macro_export]
#[cfg(not(feature = "tool"))]
macro_rules! __choice_argument {
    ($choice:ident) => {};
}
