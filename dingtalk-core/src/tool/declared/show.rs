//! Rendering of declared fields as a message.

use dingtalk_template::{
    Each, Joined, Number, OrElse, Show, Sink, Template, Value,
    declaration::{
        self, End, FieldRules, FormatKind, FormatSpec, MessageKind, MessagePart, Role, Source, Templates,
        ValueFormat,
    },
};

use super::value::{FieldValue, Scalar};
#[cfg(feature = "jiff")]
use crate::form::Moment;
use crate::{
    __private_0_1_0::{
        Counted, Cut, MentionText, absent, either,
        format::{self, Spec},
    },
    Message,
    compose::{self, Check},
    form::{ByteCount, Grouped, Style, TimeSpan},
    message::{Invalid, Mentions},
    shortened::{first, left_out, truncated},
};
#[cfg(feature = "robot")]
use crate::{
    Envelope,
    delivery::options::{self, Options, ThrottleOption},
};

/// The content of a slot.
#[derive(Debug)]
struct Shown {
    /// Index of the field.
    field: usize,
    format: Option<FormatSpec>,
    /// Shows the whole value, although its field is shortened elsewhere.
    is_whole: bool,
    form: Form,
}

/// The part of a field that a slot shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Its value, or each of its values.
    Values,
    /// Its values, within other text.
    Inline,
    /// The number of values that are left out.
    LeftOut,
    /// The text for no value.
    Absent,
}

impl Shown {
    fn of(shown: &declaration::Shown) -> Self {
        let (field, form) = match shown.source {
            Source::Field(field) | Source::Computed(field) => (field, Form::Values),
            Source::Inline(field) => (field, Form::Inline),
            Source::LeftOut(field) => (field, Form::LeftOut),
            Source::Absent(field) => (field, Form::Absent),
        };
        let format = (!shown.spec.is_empty()).then(|| FormatSpec::parse(&shown.spec));
        Self { field, format, form, is_whole: shown.is_whole }
    }
}

/// A value, prepared for a slot.
enum Prepared<'v> {
    One(Formatted<'v>),
    Each(FormattedEach<'v>),
    Inline(Sentence<'v>),
    OrElse(OptionalText<'v>),
    LeftOut(Option<usize>),
    Absent(Option<&'v str>),
    Flag(bool),
    Text(&'v str),
    Mention(MentionText),
}

impl<'v> Prepared<'v> {
    fn of(value: &'v FieldValue, field: &'v Composed, shown: &Shown) -> Self {
        let Shown { format, form, is_whole, .. } = *shown;
        let Composed { role, max_shown, cut, texts, keys } = field;
        let cut = cut.filter(|_| !is_whole);
        match (role, value, form) {
            (Role::At, people, _) => {
                let mut mentions = Mentions::default();
                people.mention(&mut mentions);
                Self::Mention(MentionText::of(mentions))
            }
            (Role::AtAll, FieldValue::Flag(all), _) => {
                Self::Mention(MentionText::of(Mentions { all: *all, ..Mentions::default() }))
            }
            (_, FieldValue::Flag(flag), Form::Inline) => {
                Self::Text(either(*flag, &texts.then, &texts.or_else))
            }
            (_, FieldValue::Flag(flag), Form::Absent) => Self::Absent(absent(!flag, &texts.or_else)),
            (_, FieldValue::Flag(flag), _) => Self::Flag(*flag),
            (_, FieldValue::One(scalar), _) => Self::One(Formatted { scalar, format, cut, keys }),
            (_, several, form) => {
                let most = max_shown.filter(|_| !is_whole);
                let (scalars, most) = (several.scalars(), most.unwrap_or(usize::MAX));
                let left_out = left_out(scalars.len(), most);
                let values = FormattedEach { scalars: first(scalars, most), format, cut, keys };
                match (form, several) {
                    (Form::Values, _) => Self::Each(values),
                    (Form::LeftOut, _) => Self::LeftOut(left_out),
                    (Form::Absent, _) => Self::Absent(absent(scalars.is_empty(), &texts.or_else)),
                    (Form::Inline, FieldValue::Optional(_)) => {
                        Self::OrElse(OptionalText { value: values, texts })
                    }
                    (Form::Inline, _) => Self::Inline(Sentence { values, left_out, texts }),
                }
            }
        }
    }

    fn value(&self) -> Value<'_> {
        match self {
            Self::One(value) => Value::One(value),
            Self::Each(values) => Value::Each(values),
            Self::Inline(values) => Value::One(values),
            Self::OrElse(value) => Value::One(value),
            Self::LeftOut(count) => Value::Each(count),
            Self::Absent(text) => Value::Each(text),
            Self::Flag(flag) => Value::Flag(*flag),
            Self::Text(text) => Value::One(text),
            Self::Mention(mention) => Value::One(mention),
        }
    }
}

/// The values of a list within other text.
struct Sentence<'v> {
    values: FormattedEach<'v>,
    left_out: Option<usize>,
    texts: &'v Texts,
}

impl Show for Sentence<'_> {
    fn show(&self, sink: &mut Sink<'_>) {
        let Texts { join, or_else, more: (before, after), .. } = self.texts;
        let values =
            Counted { values: &self.values, left_out: self.left_out, more: (before, after.as_deref()) };
        Joined { values: &values, join, or_else }.show(sink);
    }
}

/// An optional value within other text.
struct OptionalText<'v> {
    value: FormattedEach<'v>,
    texts: &'v Texts,
}

impl OptionalText<'_> {
    fn or_else(&self) -> OrElse<'_> {
        OrElse { value: &self.value, or_else: &self.texts.or_else }
    }
}

impl Show for OptionalText<'_> {
    fn show(&self, sink: &mut Sink<'_>) {
        self.or_else().show(sink);
    }

    fn is_blocks(&self) -> bool {
        self.or_else().is_blocks()
    }
}

/// One value and its format.
struct Formatted<'v> {
    scalar: &'v Scalar,
    format: Option<FormatSpec>,
    cut: Option<Cut>,
    keys: &'v Keys,
}

impl Show for Formatted<'_> {
    fn show(&self, sink: &mut Sink<'_>) {
        if let (Scalar::Text(text) | Scalar::Choice(text), Some(cut)) = (self.scalar, self.cut) {
            truncated(text, cut).show(sink);
            return;
        }
        if self.keys.show(self.scalar, self.format, sink) {
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
            #[cfg(feature = "jiff")]
            (Scalar::Time(_), _) => {}
            (Scalar::Duration(_) | Scalar::Bytes(_), _) => {}
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
    cut: Option<Cut>,
    keys: &'v Keys,
}

impl Each for FormattedEach<'_> {
    fn each(&self, visit: &mut dyn FnMut(&dyn Show)) {
        for scalar in self.scalars {
            visit(&Formatted { scalar, format: self.format, cut: self.cut, keys: self.keys });
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

/// The keys `format` and `zone` of a field.
#[derive(Debug, Default)]
struct Keys {
    format: Option<String>,
    zone: Option<String>,
}

impl Keys {
    /// Writes a value in a form of its type or of its field; returns `false` if it has none.
    fn show(&self, scalar: &Scalar, format: Option<FormatSpec>, sink: &mut Sink<'_>) -> bool {
        let value_format = self.format.as_deref().and_then(ValueFormat::parse);
        let pattern = value_format.and_then(|format| match format {
            ValueFormat::Pattern(pattern) => Some(pattern),
            _ => None,
        });
        let spec = format.map_or(Style::PLAIN.spec, spec);
        let style = Style { spec, zone: self.zone.as_deref(), pattern };
        match (scalar, value_format) {
            (Scalar::Integer(number) | Scalar::Bytes(number), Some(ValueFormat::Thousands)) => {
                Grouped::write(number, style, sink);
            }
            (Scalar::Number(number), Some(ValueFormat::Thousands)) => Grouped::write(number, style, sink),
            (Scalar::Integer(bytes), Some(ValueFormat::Bytes)) | (Scalar::Bytes(bytes), _) => {
                ByteCount::write(bytes, style, sink);
            }
            (Scalar::Duration(duration), _) => TimeSpan::write(duration, style, sink),
            #[cfg(feature = "jiff")]
            (Scalar::Time(time), _) => Moment::write(time, style, sink),
            _ => return false,
        }
        true
    }
}

/// The part of a field's rules that determines its appearance.
#[derive(Debug)]
struct Composed {
    role: Role,
    max_shown: Option<usize>,
    cut: Option<Cut>,
    texts: Texts,
    keys: Keys,
}

/// Texts beside values, or in place of them.
#[derive(Debug)]
struct Texts {
    join: String,
    then: String,
    or_else: String,
    /// Text before the number of values that are left out, and the text after it.
    more: (String, Option<String>),
}

impl Composed {
    fn of(rules: &FieldRules) -> Self {
        let count = |end: &Option<End>| end.as_ref().and_then(|end| end.number).and_then(Number::as_count);
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let cut = count(&rules.truncate).map(|most| Cut { most, is_multiline: rules.is_multiline });
        let texts = Texts {
            join: text(&rules.join),
            then: text(&rules.then),
            or_else: text(&rules.or_else),
            more: rules.more_texts(),
        };
        let keys = Keys { format: rules.format.clone(), zone: rules.zone.clone() };
        Self { role: rules.role, max_shown: count(&rules.max_shown), cut, texts, keys }
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
    /// Contents of the slots of the delivery options, by index.
    #[cfg(feature = "robot")]
    delivery: Vec<Shown>,
}

impl Composer {
    pub(super) fn new<'f>(
        templates: Templates,
        fields: impl Iterator<Item = &'f FieldRules>,
        card_style: (bool, bool),
    ) -> Self {
        let shown = templates.values.iter().map(Shown::of).collect();
        #[cfg(feature = "robot")]
        let delivery = templates.delivery.iter().flat_map(|delivery| &delivery.values);
        Self {
            shown,
            fields: fields.map(Composed::of).collect(),
            card_style,
            #[cfg(feature = "robot")]
            delivery: delivery.map(Shown::of).collect(),
            templates,
        }
    }

    /// Puts the message into an envelope with the declared options; `name` is that of the notification.
    #[cfg(feature = "robot")]
    pub(super) fn envelope(&self, name: &str, values: &[FieldValue], message: Message) -> Envelope {
        let Some(delivery) = &self.templates.delivery else { return Envelope::new(message) };
        let prepared = self.prepared(&self.delivery, values);
        let slots: Vec<Value<'_>> = prepared.iter().map(Prepared::value).collect();
        let options = Options {
            name,
            urgent: delivery.urgent,
            group: delivery.group.as_ref(),
            digest: delivery.digest.as_ref(),
            dedupe: delivery.dedupe,
            throttle: delivery.throttle.as_ref().map(|throttle| ThrottleOption {
                limit: throttle.limit,
                span: throttle.span,
                by: throttle.by.iter().map(|(field, template)| (&**field, template)).collect(),
            }),
        };
        options::envelope(message, &options, &slots)
    }

    /// Prepares the values for these slots.
    fn prepared<'v>(&'v self, shown: &[Shown], values: &'v [FieldValue]) -> Vec<Prepared<'v>> {
        let prepare = |shown: &Shown| {
            Some(Prepared::of(values.get(shown.field)?, self.fields.get(shown.field)?, shown))
        };
        shown.iter().filter_map(prepare).collect()
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
        let prepared = self.prepared(&self.shown, values);
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
