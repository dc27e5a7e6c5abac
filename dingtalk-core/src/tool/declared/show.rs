//! Rendering of declared fields as a message.

use dingtalk_template::{
    Each, Number, Show, Sink, Template, Value,
    declaration::{
        self, End, FieldRules, FormatKind, FormatSpec, MessageKind, MessagePart, Role, Source, Templates,
    },
};

use super::value::{FieldValue, Scalar};
use crate::{
    __private_0_1_0::{
        MentionText,
        format::{self, Spec},
    },
    Message,
    compose::{self, Check},
    message::{Invalid, Mentions},
    shortened::{first, left_out, truncated},
};

/// The content of a slot.
#[derive(Debug)]
struct Shown {
    /// Index of the field.
    field: usize,
    format: Option<FormatSpec>,
    /// Shows the number of values that are left out instead of the values.
    is_left_out: bool,
    /// Shows the whole value.
    in_url: bool,
}

impl Shown {
    fn of(shown: &declaration::Shown) -> Self {
        let (Source::Field(field) | Source::LeftOut(field) | Source::Computed(field)) = shown.source;
        let format = (!shown.spec.is_empty()).then(|| FormatSpec::parse(&shown.spec));
        Self { field, format, is_left_out: matches!(shown.source, Source::LeftOut(_)), in_url: shown.in_url }
    }
}

/// A value, prepared for a slot.
enum Prepared<'v> {
    One(Formatted<'v>),
    Each(FormattedEach<'v>),
    LeftOut(Option<usize>),
    Flag(bool),
    Mention(MentionText),
}

impl<'v> Prepared<'v> {
    fn of(value: &'v FieldValue, field: &Composed, shown: &Shown) -> Self {
        let Shown { format, is_left_out, in_url, .. } = *shown;
        let Composed { role, max_shown, truncate } = *field;
        let truncate = truncate.filter(|_| !in_url);
        match (role, value) {
            (Role::At, people) => {
                let mut mentions = Mentions::default();
                people.mention(&mut mentions);
                Self::Mention(MentionText::of(mentions))
            }
            (Role::AtAll, FieldValue::Flag(all)) => {
                Self::Mention(MentionText::of(Mentions { all: *all, ..Mentions::default() }))
            }
            (_, FieldValue::Flag(flag)) => Self::Flag(*flag),
            (_, FieldValue::One(scalar)) => Self::One(Formatted { scalar, format, truncate }),
            (_, several) => {
                let (scalars, most) = (several.scalars(), max_shown.unwrap_or(usize::MAX));
                if is_left_out {
                    return Self::LeftOut(left_out(scalars.len(), most));
                }
                Self::Each(FormattedEach { scalars: first(scalars, most), format, truncate })
            }
        }
    }

    fn value(&self) -> Value<'_> {
        match self {
            Self::One(value) => Value::One(value),
            Self::Each(values) => Value::Each(values),
            Self::LeftOut(count) => Value::Each(count),
            Self::Flag(flag) => Value::Flag(*flag),
            Self::Mention(mention) => Value::One(mention),
        }
    }
}

/// One value and its format.
struct Formatted<'v> {
    scalar: &'v Scalar,
    format: Option<FormatSpec>,
    truncate: Option<usize>,
}

impl Show for Formatted<'_> {
    fn show(&self, sink: &mut Sink<'_>) {
        if let (Scalar::Text(text) | Scalar::Choice(text), Some(most)) = (self.scalar, self.truncate) {
            truncated(text, most).show(sink);
            return;
        }
        match (self.scalar, self.format) {
            (Scalar::Text(text) | Scalar::Choice(text), None) => text.show(sink),
            (Scalar::Text(text) | Scalar::Choice(text), Some(spec)) => formatted(text, spec).show(sink),
            (Scalar::Markdown(markdown), _) => markdown.show(sink),
            (Scalar::Integer(integer), None) => integer.show(sink),
            (Scalar::Integer(integer), Some(spec)) => show_integer(*integer, spec, sink),
            (Scalar::Number(number), None) => number.show(sink),
            (Scalar::Number(number), Some(spec)) => show_number(*number, spec, sink),
            (Scalar::Url(url), None) => url.show(sink),
            (Scalar::Url(url), Some(spec)) => formatted(url, spec).show(sink),
            (Scalar::Mobile(mobile), None) => mobile.show(sink),
            (Scalar::Mobile(mobile), Some(spec)) => formatted(mobile, spec).show(sink),
            (Scalar::UserId(id), None) => id.show(sink),
            (Scalar::UserId(id), Some(spec)) => formatted(id, spec).show(sink),
        }
    }

    fn is_blocks(&self) -> bool {
        matches!(self.scalar, Scalar::Markdown(_))
    }
}

/// The values of a list and their format.
struct FormattedEach<'v> {
    scalars: &'v [Scalar],
    format: Option<FormatSpec>,
    truncate: Option<usize>,
}

impl Each for FormattedEach<'_> {
    fn each(&self, visit: &mut dyn FnMut(&dyn Show)) {
        for scalar in self.scalars {
            visit(&Formatted { scalar, format: self.format, truncate: self.truncate });
        }
    }
}

fn spec(spec: FormatSpec) -> Spec {
    let FormatSpec { plus, alternate, width, precision, .. } = spec;
    Spec { plus, alternate, width, precision }
}

fn formatted<T: std::fmt::Display>(value: &T, format: FormatSpec) -> impl Show {
    format::one(value, spec(format), format::Display::write)
}

fn show_integer(integer: i64, format: FormatSpec, sink: &mut Sink<'_>) {
    let write = match format.kind {
        FormatKind::Plain => format::Display::write,
        FormatKind::LowerHex => format::LowerHex::write,
        FormatKind::UpperHex => format::UpperHex::write,
        FormatKind::Octal => format::Octal::write,
        FormatKind::Binary => format::Binary::write,
        FormatKind::LowerExp => format::LowerExp::write,
        FormatKind::UpperExp => format::UpperExp::write,
    };
    format::one(&integer, spec(format), write).show(sink);
}

fn show_number(number: f64, format: FormatSpec, sink: &mut Sink<'_>) {
    let write = match format.kind {
        FormatKind::LowerExp => format::LowerExp::write,
        FormatKind::UpperExp => format::UpperExp::write,
        _ => format::Display::write,
    };
    format::one(&number, spec(format), write).show(sink);
}

/// The part of a field's rules that determines its appearance.
#[derive(Debug, Clone, Copy)]
struct Composed {
    role: Role,
    max_shown: Option<usize>,
    truncate: Option<usize>,
}

impl Composed {
    fn of(rules: &FieldRules) -> Self {
        let count = |end: &Option<End>| end.as_ref().and_then(|end| end.number).and_then(Number::as_count);
        Self { role: rules.role, max_shown: count(&rules.max_shown), truncate: count(&rules.truncate) }
    }
}

/// Composer of messages from the values of fields.
#[derive(Debug)]
pub(super) struct Composer {
    templates: Templates,
    /// Contents of the slots, by index.
    shown: Vec<Shown>,
    fields: Vec<Composed>,
    card_style: (bool, bool),
}

impl Composer {
    pub(super) fn new<'f>(
        templates: Templates,
        fields: impl Iterator<Item = &'f FieldRules>,
        card_style: (bool, bool),
    ) -> Self {
        let shown = templates.values.iter().map(Shown::of).collect();
        Self { templates, shown, fields: fields.map(Composed::of).collect(), card_style }
    }

    /// Composes the message from these values.
    pub(super) fn compose(&self, values: &[FieldValue]) -> Result<Message, Invalid> {
        let mut mentions = Mentions::default();
        for (field, value) in self.fields.iter().zip(values) {
            match (field.role, value) {
                (Role::At, people) => people.mention(&mut mentions),
                (Role::AtAll, FieldValue::Flag(all)) => mentions.all |= *all,
                _ => {}
            }
        }
        let prepared: Vec<Prepared<'_>> = self
            .shown
            .iter()
            .filter_map(|shown| {
                Some(Prepared::of(values.get(shown.field)?, self.fields.get(shown.field)?, shown))
            })
            .collect();
        let slots: Vec<Value<'_>> = prepared.iter().map(Prepared::value).collect();
        // The caller adds the name of the tool.
        let check = Check::new("");
        let none = Template::from_code("");
        let part = |part| self.templates.part(part).unwrap_or(&none);
        match self.templates.kind {
            MessageKind::Markdown => {
                let parts = [part(MessagePart::Title), part(MessagePart::Text)];
                compose::markdown(check, parts, &slots, mentions)
            }
            MessageKind::Link => {
                let parts = [part(MessagePart::Title), part(MessagePart::Text), part(MessagePart::Target)];
                compose::link(check, parts, self.templates.part(MessagePart::Picture), &slots)
            }
            MessageKind::ActionCard => {
                let buttons = self.templates.buttons.iter().map(|(label, url)| [label, url]);
                let parts = [part(MessagePart::Title), part(MessagePart::Text)];
                compose::action_card(check, parts, buttons, self.card_style, &slots, mentions)
            }
            // The other types are refused in a declaration.
            MessageKind::Text | MessageKind::FeedCard | MessageKind::Item | MessageKind::Fragment => {
                compose::text(check, part(MessagePart::Text), &slots, mentions)
            }
        }
    }
}
