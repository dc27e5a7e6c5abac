//! Buttons of an action card as values, for cards whose buttons are not known when the type is written.

use std::sync::LazyLock;

use dingtalk_template::{Resolved, Syntax, Template, Value, compile, render};

use crate::{
    Url,
    compose::Check,
    constraint::{self, Constraint, Field},
    message::{Button, Faults},
};

/// A button of an action card, for a field that holds the buttons: `action_card(…, buttons = field)`.
///
/// In a tool's arguments, it is an object with `label` and `url`.
///
/// ```
/// use dingtalk_core::{
///     Message, Notification, Url,
///     message::{Buttons, CardButton},
/// };
///
/// #[derive(Notification)]
/// #[dingtalk(action_card(title = "Deploy {version}?", text = "Deploy {version}?", buttons = choices))]
/// struct Deploy {
///     version: u32,
///     choices: Vec<CardButton>,
/// }
///
/// let choices = ["yes", "no"]
///     .map(|answer| Ok(CardButton::new(answer, Url::new(format!("https://example.com/{answer}"))?)));
/// let choices = choices.into_iter().collect::<Result<_, dingtalk_core::message::ParseUrlError>>()?;
/// let Message::ActionCard(card) = (Deploy { version: 7, choices }).message()? else { unreachable!() };
/// let Buttons::Several(buttons) = card.buttons else { unreachable!() };
/// assert_eq!((&*buttons[1].title, &*buttons[1].url), ("no", "https://example.com/no"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CardButton {
    /// Text on the button: 1 to 40 characters on one line.
    pub label: String,
    /// Page that the button opens.
    pub url: Url,
}

/// Constraints on the label. DingTalk documents no limit for custom robots; a longer label does not fit on a phone.
const LABEL: Field<'static> =
    Field::new("label", &[Constraint::Length { min: Some(1), max: Some(CardButton::MAX_LABEL) }]);

impl CardButton {
    /// Maximum length of a label, in characters.
    pub const MAX_LABEL: usize = 40;

    /// Creates a button that opens a page.
    pub fn new(label: impl Into<String>, url: Url) -> Self {
        Self { label: label.into(), url }
    }
}

/// An element of an action card's list of buttons.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no button of an action card",
    label = "not a `CardButton`",
    note = "change the field's type to `Vec<CardButton>`"
)]
pub trait ButtonEntry {
    /// Renders the button as DingTalk receives it. Faults are reported under `path`.
    fn entry(&self, path: &str, faults: &mut Faults) -> Button;

    /// Adds the buttons of a field to the action card that follows.
    fn add(mut check: Check, name: &str, buttons: &[Self]) -> Check
    where
        Self: Sized,
    {
        let entries = buttons.iter().enumerate();
        check.buttons = entries
            .map(|(index, button)| button.entry(&format!("{name}[{index}]"), &mut check.faults))
            .collect();
        check
    }
}

impl ButtonEntry for CardButton {
    fn entry(&self, path: &str, faults: &mut Faults) -> Button {
        // A label is a title: one line, without characters that carry no text.
        static TITLE: LazyLock<Option<Template>> =
            LazyLock::new(|| compile("{label}", Syntax::Title, &mut |_, _| Resolved::inline(0)).ok());

        let mut found = Faults::default();
        constraint::check(&LABEL, &self.label, &mut found);
        found.move_to(path, faults);
        let title = TITLE.as_ref().map(|title| render(title, &[Value::One(&self.label)]));
        Button { title: title.unwrap_or_default(), url: self.url.to_string() }
    }
}

#[cfg(feature = "tool")]
mod argument {
    use schemars::{Schema, SchemaGenerator};
    use serde_json::Value;

    use super::{CardButton, LABEL};
    use crate::{
        Url,
        constraint::Field,
        message::Faults,
        tool::{
            Argument, Cardinality, Parameter,
            object::{object_schema, read_object},
            reader::Reader,
        },
    };

    static PARAMETERS: [Parameter<'static>; 2] = [
        Parameter::new(LABEL, "Text on the button, for example `Approve`.", Cardinality::One),
        Parameter::new(
            Field::new("url", &[]),
            "The page: an absolute `https`, `http` or `dingtalk` URL.",
            Cardinality::One,
        ),
    ];

    fn visit(reader: &mut Reader<'_>) -> Option<CardButton> {
        let label = reader.one::<String>(0);
        let label = reader.within::<String>(0, label);
        let url = reader.one::<Url>(1);
        Some(CardButton { label: label?, url: url? })
    }

    // Of no help to a reader whose own type lacks the trait.
    #[diagnostic::do_not_recommend]
    impl Argument for CardButton {
        fn schema(_: &mut SchemaGenerator) -> Schema {
            object_schema(&PARAMETERS, visit)
        }

        fn read(value: &Value, path: &str, faults: &mut Faults) -> Option<Self> {
            read_object(value, path, faults, &PARAMETERS, visit)
        }
    }
}
