//! What generated code calls. Not part of the public interface: anything here may change in any release.

use std::fmt::{self, Formatter};

use dingtalk_template::{Each, Show, Sink};
pub use dingtalk_template::{Template, Value};

pub use crate::{
    __choice_argument as choice_argument,
    card_button::ButtonEntry,
    choice::{parse as parse_choice, write as write_choice},
    constraint::{Constraint, Field, Measured},
};
#[cfg(feature = "tool")]
pub use {
    crate::tool::{
        Parameter, PersonKind, Shape, ToolSpec,
        argument::{choice_schema, choice_value, object_schema, read_choice, read_object},
        check::assert_tools,
        literal::{NoChoice, Probe, assert_value},
        reader::{Reader, read},
    },
    schemars::{Schema, SchemaGenerator},
    serde_json::Value as Json,
};

/// The arguments of a tool call.
#[cfg(feature = "tool")]
pub type Arguments = serde_json::Map<String, serde_json::Value>;
use crate::{Fault, Faults, Invalid, MAX_MENTIONS, Mentions, Message, Mobile, UserId, constraint, message};

#[path = "format.rs"]
pub mod format;

/// A compiled template, and what it writes.
type Code = &'static str;

fn render(code: Code, values: &[Value<'_>]) -> String {
    dingtalk_template::render(&Template::from_code(code), values)
}

/// One value; the type parameter lets rustc point at the field's type.
pub fn one<T: Show>(value: &T) -> Value<'_> {
    Value::One(value)
}

/// The values of an `Option` or a `Vec`.
pub fn each<T: Each>(values: &T) -> Value<'_> {
    Value::Each(values)
}

/// The values of an `Option` or a `Vec`.
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

/// Only our own URLs may be link targets.
#[diagnostic::on_unimplemented(
    message = "a link's target is a `dingtalk_core::Url`, not `{Self}`",
    label = "not a checked URL",
    note = "change the field's type to `Url`; `Url::new` checks the text"
)]
pub trait LinkTarget: fmt::Display {}

impl LinkTarget for crate::Url {}

impl<T: LinkTarget> LinkTarget for &T {}

pub fn link_target<T: LinkTarget>() {}

/// The same for a value that `with(…)` computes.
pub fn link_target_value<T: LinkTarget>(_: &Computed<T>) {}

/// What `with(…)` computes. That it can be shown is asked where it is made, at the expression, and nowhere else.
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

/// Fields marked `at`.
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

/// What a slot shows for a field marked `at`: the same `@…` that would be appended.
pub struct MentionText(Mentions);

pub fn mention_text<T: At>(people: &T) -> MentionText {
    let mut mentions = Mentions::default();
    people.mention(&mut mentions);
    MentionText(mentions)
}

/// The same for a field marked `at_all`.
pub fn mention_all_text(all: bool) -> MentionText {
    MentionText(Mentions { all, ..Mentions::default() })
}

impl fmt::Display for MentionText {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.body_text())
    }
}

/// Collects the faults of one notification.
#[derive(Debug)]
pub struct Check {
    notification: &'static str,
    faults: Faults,
    /// What an action card has beside the buttons of its attribute.
    buttons: Vec<message::Button>,
}

impl Check {
    pub fn new(notification: &'static str) -> Self {
        Self { notification, faults: Faults::default(), buttons: Vec::new() }
    }

    pub fn field<T: Measured>(&mut self, field: &Field, value: &T) {
        constraint::check(field, value, &mut self.faults);
    }

    pub fn count(&mut self, field: &Field, items: usize) {
        constraint::check_count(field, items, &mut self.faults);
    }

    /// Hands the faults to the notification that this value is a part of.
    pub fn move_to(self, path: &str, faults: &mut Faults) {
        self.faults.move_to(path, faults);
    }

    fn required(&mut self, what: &str, text: &str) {
        if text.trim().is_empty() {
            self.faults.push(Fault::new("", format!("the message's {what} must not be empty")));
        }
    }

    fn finish(mut self, message: Message) -> Result<Message, Invalid> {
        let people = message.mentions().map_or(0, Mentions::people);
        // A single list over the limit has been reported by its own rule.
        if people > MAX_MENTIONS && self.faults.is_empty() {
            let rule = format!("a message mentions at most {MAX_MENTIONS} people");
            self.faults.push(Fault::new("", rule).given(people.to_string()));
        }
        if self.faults.is_empty() { Ok(message) } else { Err(Invalid::new(self.notification, self.faults)) }
    }
}

pub fn text(
    mut check: Check,
    text: Code,
    values: &[Value<'_>],
    mentions: Mentions,
) -> Result<Message, Invalid> {
    let content = render(text, values);
    check.required("text", &content);
    check.finish(Message::text(content).with_mentions(mentions))
}

pub fn markdown(
    mut check: Check,
    title: Code,
    text: Code,
    values: &[Value<'_>],
    mentions: Mentions,
) -> Result<Message, Invalid> {
    let title = render(title, values);
    let text = render(text, values);
    check.required("title", &title);
    check.required("text", &text);
    check.finish(Message::markdown(title, text).with_mentions(mentions))
}

pub fn link(
    mut check: Check,
    title: Code,
    text: Code,
    url: Code,
    picture: Option<Code>,
    values: &[Value<'_>],
) -> Result<Message, Invalid> {
    let [title, text, url] = [title, text, url].map(|template| render(template, values));
    check.required("title", &title);
    check.required("text", &text);
    check.required("link", &url);
    let picture = picture.map(|template| render(template, values)).filter(|picture| !picture.is_empty());
    check.finish(Message::Link(message::Link { title, text, url, picture }))
}

/// Adds the buttons that a field holds to the action card that follows.
pub fn with_buttons<T: ButtonEntry>(mut check: Check, name: &str, buttons: &[T]) -> Check {
    let entries = buttons.iter().enumerate();
    check.buttons =
        entries.map(|(index, button)| button.entry(&format!("{name}[{index}]"), &mut check.faults)).collect();
    check
}

pub fn action_card(
    mut check: Check,
    title: Code,
    text: Code,
    buttons: &[(Code, Code)],
    (horizontal, hide_avatar): (bool, bool),
    values: &[Value<'_>],
) -> Result<Message, Invalid> {
    let [title, text] = [title, text].map(|template| render(template, values));
    check.required("title", &title);
    check.required("text", &text);
    let mut buttons: Vec<message::Button> = buttons
        .iter()
        .map(|(title, url)| message::Button { title: render(title, values), url: render(url, values) })
        // A button whose link is absent leads nowhere.
        .filter(|button| !button.url.is_empty())
        .collect();
    for button in &buttons {
        check.required("button", &button.title);
    }
    buttons.append(&mut check.buttons);
    if buttons.is_empty() {
        check.faults.push(Fault::new("", "an action card needs a button that leads somewhere"));
    }
    let buttons = match <[message::Button; 1]>::try_from(buttons) {
        Ok([button]) => message::Buttons::Single(button),
        Err(buttons) => message::Buttons::Several(buttons),
    };
    check.finish(Message::ActionCard(message::ActionCard { title, text, buttons, horizontal, hide_avatar }))
}

/// What `#[derive(FeedItem)]` implements: one item of a feed card.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no item of a feed card",
    label = "does not derive `FeedItem`",
    note = "add `#[derive(FeedItem)] #[dingtalk(item(title = \"…\", url = \"…\", picture = \"…\"))]` to it"
)]
pub trait FeedEntry {
    /// Renders the item; faults are reported under `path`.
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
    if items.is_empty() {
        check.faults.push(Fault::new(name, "must have at least one item"));
    }
    let items: Vec<message::FeedItem> = items
        .iter()
        .enumerate()
        .map(|(index, item)| item.entry(&format!("{name}[{index}]"), &mut check.faults))
        .collect();
    check.finish(Message::feed_card(items))
}

/// A `Choice` is a tool's argument where there are tools.
#[doc(hidden)]
#[macro_export]
#[cfg(feature = "tool")]
macro_rules! __choice_argument {
    ($choice:ident) => {
        #[automatically_derived]
        impl $crate::Argument for $choice {
            fn schema(_: &mut $crate::__private::SchemaGenerator) -> $crate::__private::Schema {
                $crate::__private::choice_schema::<Self>()
            }

            fn read(
                value: &$crate::__private::Json,
                path: &::core::primitive::str,
                faults: &mut $crate::Faults,
            ) -> ::core::option::Option<Self> {
                $crate::__private::read_choice(value, path, faults)
            }

            fn default_in_schema(default: fn() -> Self) -> ::core::option::Option<$crate::__private::Json> {
                $crate::__private::choice_value(&default())
            }
        }
    };
}

/// The same where there are none.
#[doc(hidden)]
#[macro_export]
#[cfg(not(feature = "tool"))]
macro_rules! __choice_argument {
    ($choice:ident) => {};
}
