//! Composition of messages from templates and values, for generated code and for declarations read at run time.

use std::borrow::Borrow;

use dingtalk_template::{Template, Value, render};

#[cfg(feature = "jiff")]
use crate::form;
use crate::{
    Message,
    constraint::{self, Field},
    message::{self, Fault, Faults, Invalid, MAX_MENTIONS, Mentions},
};

/// Faults of one notification, as they are found.
#[derive(Debug)]
pub struct Check {
    notification: &'static str,
    pub(crate) faults: Faults,
    /// Buttons that an action card has in addition to those of its attribute.
    pub(crate) buttons: Vec<message::Button>,
}

impl Check {
    /// Starts a check of a notification type with this name.
    pub fn new(notification: &'static str) -> Self {
        Self { notification, faults: Faults::default(), buttons: Vec::new() }
    }

    /// Returns the faults, for checks that add to them.
    pub fn faults(&mut self) -> &mut Faults {
        &mut self.faults
    }

    /// Checks the number of values in a field.
    pub fn count(&mut self, field: &Field<'_>, items: usize) {
        constraint::check_count(field, items, &mut self.faults);
    }

    /// Checks the time zone of a field, which only a database of zones knows.
    #[cfg(feature = "jiff")]
    pub fn zone(&mut self, name: &str, zone: &str) {
        if !form::is_time_zone(zone) {
            let rule = format!("is shown in the time zone {zone:?}, which is unknown on this machine");
            self.faults.push(Fault::new(name, rule));
        }
    }

    /// Moves the faults to the notification that contains this value.
    pub fn move_to(self, path: &str, faults: &mut Faults) {
        self.faults.move_to(path, faults);
    }

    fn required(&mut self, what: &str, text: &str) {
        if text.trim().is_empty() {
            self.faults.push(Fault::new("", format!("the message's {what} must not be empty")));
        }
    }

    pub(crate) fn finish(mut self, message: Message) -> Result<Message, Invalid> {
        let people = message.mentions().map_or(0, Mentions::people);
        // A single list over the limit has already been reported by its own constraint.
        if people > MAX_MENTIONS && self.faults.is_empty() {
            let rule = format!("a message mentions at most {MAX_MENTIONS} people");
            self.faults.push(Fault::new("", rule).given(people.to_string()));
        }
        if self.faults.is_empty() { Ok(message) } else { Err(Invalid::new(self.notification, self.faults)) }
    }
}

pub(crate) fn text(
    mut check: Check,
    text: &Template,
    values: &[Value<'_>],
    mentions: Mentions,
) -> Result<Message, Invalid> {
    let content = render(text, values);
    check.required("text", &content);
    check.finish(Message::text(content).with_mentions(mentions))
}

pub(crate) fn markdown(
    mut check: Check,
    [title, text]: [&Template; 2],
    values: &[Value<'_>],
    mentions: Mentions,
) -> Result<Message, Invalid> {
    let title = render(title, values);
    let text = render(text, values);
    check.required("title", &title);
    check.required("text", &text);
    check.finish(Message::markdown(title, text).with_mentions(mentions))
}

pub(crate) fn link(
    mut check: Check,
    parts: [&Template; 3],
    picture: Option<&Template>,
    values: &[Value<'_>],
) -> Result<Message, Invalid> {
    let [title, text, url] = parts.map(|template| render(template, values));
    check.required("title", &title);
    check.required("text", &text);
    check.required("link", &url);
    let picture = picture.map(|template| render(template, values)).filter(|picture| !picture.is_empty());
    check.finish(Message::Link(message::Link { title, text, url, picture }))
}

pub(crate) fn action_card<T: Borrow<Template>>(
    mut check: Check,
    parts: [&Template; 2],
    buttons: impl IntoIterator<Item = [T; 2]>,
    (horizontal, hide_avatar): (bool, bool),
    values: &[Value<'_>],
    mentions: Mentions,
) -> Result<Message, Invalid> {
    let [title, text] = parts.map(|template| render(template, values));
    check.required("title", &title);
    check.required("text", &text);
    let mut written = false;
    let mut buttons: Vec<message::Button> = buttons
        .into_iter()
        .inspect(|_| written = true)
        .map(|button| button.map(|template| render(template.borrow(), values)))
        .map(|[title, url]| message::Button { title, url })
        // A button without a link opens nothing.
        .filter(|button| !button.url.is_empty())
        .collect();
    for button in &buttons {
        check.required("button", &button.title);
    }
    buttons.append(&mut check.buttons);
    // A list of all buttons has its own rule, which has reported that it is empty.
    if buttons.is_empty() && written {
        check.faults.push(Fault::new("", "an action card needs at least one button with a link"));
    }
    let buttons = match <[message::Button; 1]>::try_from(buttons) {
        Ok([button]) => message::Buttons::Single(button),
        Err(buttons) => message::Buttons::Several(buttons),
    };
    let mut card = message::ActionCard::new(title, text, buttons);
    (card.horizontal, card.hide_avatar) = (horizontal, hide_avatar);
    check.finish(Message::ActionCard(card).with_mentions(mentions))
}
