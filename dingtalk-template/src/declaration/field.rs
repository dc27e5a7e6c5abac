//! Rules on one field. A comment above each shows a violation, in the notation of the attributes.

use super::{
    Bounds, Cardinality, Dialect, End, FieldLocation, FieldRules, Findings, Literal, MessageKind, Role, Rule,
    ValueKind, sentence, value_format::check_value_format,
};
use crate::Number;

/// Maximum number of mentioned people, as `MAX_MENTIONS` of dingtalk-core.
const MAX_MENTIONS: usize = 50;

/// Checks roles, constraints, defaults and examples; `kind` is that of the message, if known.
pub fn check_field(index: usize, field: &FieldRules, kind: Option<MessageKind>, findings: &mut Findings) {
    roles(index, field, findings);
    bounds(index, field, findings);
    shortening(index, field, findings);
    sentence::check(index, field, findings);
    check_value_format(index, field, findings);
    literals(index, field, findings);
    if let Some(kind) = kind.filter(|_| field.is_mention()) {
        mention(index, field, kind, findings);
    }
}

/// Checks that a message of this kind can mention the people.
fn mention(index: usize, field: &FieldRules, kind: MessageKind, findings: &mut Findings) {
    let dialect = findings.dialect;
    let location = if field.role == Role::At { FieldLocation::At } else { FieldLocation::AtAll };
    let by_mobile = matches!(&*field.type_name, "Mobile" | "mobile");
    // link(…) with #[dingtalk(at)] people: Vec<Mobile>
    if !kind.can_mention() {
        let message =
            "only text and Markdown messages can mention people, and action cards by user id: remove it";
        findings.of_field(index, location, message);
    } else if kind != MessageKind::ActionCard {
        // Both take numbers, ids and everyone.
    } else if field.role == Role::AtAll {
        // action_card(…) with #[dingtalk(at_all)] everybody: bool
        let message =
            "an action card cannot mention everyone: remove it, or send a text or Markdown message instead";
        findings.of_field(index, location, message);
    } else if by_mobile {
        // action_card(…) with #[dingtalk(at)] people: Vec<Mobile>
        let user_id = dialect.user_id();
        let message = format!(
            "an action card mentions people by user id, not by mobile number: change the type to `{user_id}`"
        );
        findings.of_field(index, location, message);
    }
}

fn roles(index: usize, field: &FieldRules, findings: &mut Findings) {
    // #[dingtalk(at_all)] everybody: String
    if field.role == Role::AtAll && field.cardinality != Cardinality::Flag {
        let flag = findings.dialect.flag();
        findings.of_field(index, FieldLocation::AtAll, format!("`at_all` belongs on {flag}"));
    }
    // #[dingtalk(at, line = "- {}")]
    if field.role != Role::Value && field.line.is_some() {
        let message = match field.role {
            Role::Skip => "a skipped field is not shown: remove its `line`, or the `skip`".to_owned(),
            _ => format!(
                "a mention has no `line`: it is appended to the message, or stands as `{{{}}}` in a template",
                field.name
            ),
        };
        findings.of_field(index, FieldLocation::Line, message);
    }
    // #[dingtalk(skip, example = "web-3")]
    if field.role == Role::Skip && field.example.is_some() {
        let message = "a skipped field is no parameter, so nobody reads an example of it: remove it";
        findings.of_field(index, FieldLocation::Example, message);
    }
}

fn bounds(index: usize, field: &FieldRules, findings: &mut Findings) {
    let dialect = findings.dialect;
    // #[dingtalk(max_items = 3)] host: String
    if field.max_items.is_some() && field.cardinality != Cardinality::List {
        let (list, length) = (dialect.list(), dialect.rule(Rule::Length, "..=N"));
        let message = format!("`max_items` belongs on {list}; limit a text with `{length}`");
        findings.of_field(index, FieldLocation::Type, message);
    }
    // #[dingtalk(length(..=3))] load: u32
    if let Some((rule, problem)) = misfit(field, findings) {
        findings.of_field(index, FieldLocation::Rule(rule), problem);
    }
    // #[dingtalk(range(0..=300))] percent: u8
    for (end, location) in field.range.iter().flat_map(|range| {
        [(&range.min, FieldLocation::Min(Rule::Range)), (&range.max, FieldLocation::Max(Rule::Range))]
    }) {
        if let Some(end) = end
            && let Some(number) = end.number
            && let Some(problem) = Limits::of(field).and_then(|limits| limits.problem(number))
        {
            findings.of_field(index, location, format!("no value is {}: {problem}", end.written));
        }
    }
    // #[dingtalk(length(9..=1))]
    for (rule, bounds) in field.bounds() {
        if let (Some(min), Some(max)) = (&bounds.min, &bounds.max)
            && let (Some(least), Some(greatest)) = (min.number, max.number)
            && least > greatest
        {
            let (min, max) = (&min.written, &max.written);
            findings.of_field(
                index,
                FieldLocation::Min(rule),
                format!("no value is at least {min} and at most {max}: write `{max}..={min}`"),
            );
        }
    }
}

/// Checks `max_shown`, `more` and `truncate`, which shorten the message and refuse no value.
fn shortening(index: usize, field: &FieldRules, findings: &mut Findings) {
    let dialect = findings.dialect;
    let given = [
        ("max_shown", FieldLocation::MaxShown, field.max_shown.is_some()),
        ("more", FieldLocation::More, field.more.is_some()),
        ("truncate", FieldLocation::Truncate, field.truncate.is_some()),
    ];
    // #[dingtalk(at, max_shown = 3)] people: Vec<Mobile>
    if field.role != Role::Value {
        for (key, location, _) in given.into_iter().filter(|(.., is_given)| *is_given) {
            let message = match field.role {
                Role::Skip => format!("a skipped field is not shown: remove `{key}`, or the `skip`"),
                _ => format!("a mention is never shortened: remove `{key}`"),
            };
            findings.of_field(index, location, message);
        }
        return;
    }
    let number = |end: &Option<End>| end.as_ref().and_then(|end| end.number);
    // #[dingtalk(max_shown = 3)] host: String
    if field.max_shown.is_some() && field.cardinality != Cardinality::List {
        let list = dialect.list();
        let message = format!("`max_shown` belongs on {list}; shorten a text with `truncate = N`");
        findings.of_field(index, FieldLocation::MaxShown, message);
    } else if let (Some(shown), Some(most)) = (number(&field.max_shown), number(&field.max_items))
        && shown >= most
    {
        // #[dingtalk(max_items = 10, max_shown = 10)]
        let message =
            format!("`max_items` refuses more than {most} values, so none is left out: lower `max_shown`");
        findings.of_field(index, FieldLocation::MaxShown, message);
    }
    // #[dingtalk(more = "and {} more")] hosts: Vec<String>
    if field.more.is_some() && field.max_shown.is_none() {
        let message = "`more` counts the values that `max_shown` leaves out: add `max_shown = N`";
        findings.of_field(index, FieldLocation::More, message);
    }
    if let (Some(_), Some(problem)) = (&field.truncate, untruncated(field, dialect)) {
        findings.of_field(index, FieldLocation::Truncate, problem);
    } else if let (Some(cut), Some(bounds)) = (number(&field.truncate), &field.length)
        && let Some(most) = number(&bounds.max)
        && cut >= most
    {
        // #[dingtalk(length(..=64), truncate = 64)] host: String
        let message =
            format!("`length` refuses more than {most} characters, so nothing is cut: lower `truncate`");
        findings.of_field(index, FieldLocation::Truncate, message);
    }
    // #[dingtalk(max_shown = 0)], #[dingtalk(truncate = 0)]
    for (key, location, end) in [
        ("max_shown", FieldLocation::MaxShown, &field.max_shown),
        ("truncate", FieldLocation::Truncate, &field.truncate),
    ] {
        if number(end) == Some(Number::Integer(0)) {
            findings.of_field(index, location, format!("`{key}` is at least 1, so that something is shown"));
        }
    }
}

/// Returns the reason why a value of the field's type cannot be truncated.
fn untruncated(field: &FieldRules, dialect: Dialect) -> Option<String> {
    let ty = dialect.a_type(&field.type_name);
    match field.value {
        // #[dingtalk(truncate = 3)] load: u32
        ValueKind::Number | ValueKind::Flag | ValueKind::Time | ValueKind::Duration => {
            Some(format!("`truncate` belongs on a text, and {ty} is not one: remove it"))
        }
        // #[dingtalk(truncate = 30)] page: Url
        ValueKind::Own => {
            Some(format!("{ty} is not shortened, since a part of it is invalid: remove `truncate`"))
        }
        // #[dingtalk(truncate = 300)] notes: Markdown
        ValueKind::Markdown => {
            Some(format!("{ty} is not shortened, since a cut could break its marks: remove `truncate`"))
        }
        // #[dingtalk(format = "duration", truncate = 3)] took: Elapsed
        _ if field.value_format().is_some() => {
            Some("`format` and `zone` say how the value is shown: remove `truncate`".to_owned())
        }
        ValueKind::Text | ValueKind::Foreign => None,
    }
}

/// Returns a constraint that does not fit the type of the field, with the problem. Types that are unknown here are
/// checked by rustc or by the configuration.
fn misfit(field: &FieldRules, findings: &Findings) -> Option<(Rule, String)> {
    let dialect = findings.dialect;
    let given = |rules: &[Rule]| field.bounds().map(|(rule, _)| rule).find(|rule| rules.contains(rule));
    let (text, number) = (given(&[Rule::Length, Rule::Bytes]), given(&[Rule::Range]));
    let ty = dialect.a_type(&field.type_name);
    match (field.value, text, number) {
        (ValueKind::Flag | ValueKind::Own | ValueKind::Time, Some(rule), _)
        | (ValueKind::Flag | ValueKind::Own | ValueKind::Time, _, Some(rule)) => {
            Some((rule, format!("`{}` says nothing about {ty}: remove it", rule.key())))
        }
        (ValueKind::Number | ValueKind::Duration, Some(rule), _)
        | (ValueKind::Text | ValueKind::Markdown, _, Some(rule)) => {
            let is_duration = field.value == ValueKind::Duration;
            Some((rule, other_measure(rule, &field.type_name, is_duration, dialect)))
        }
        _ => None,
    }
}

/// Explains a constraint on texts on a number or a duration, or one on numbers on a text.
pub fn other_measure(rule: Rule, type_name: &str, is_duration: bool, dialect: Dialect) -> String {
    let (key, ty) = (rule.key(), dialect.a_type(type_name));
    let [length, range] =
        [(Rule::Length, "..=N"), (Rule::Range, "a..=b")].map(|(rule, ends)| dialect.rule(rule, ends));
    match rule {
        // #[dingtalk(length(..=3))] took: Duration
        Rule::Length | Rule::Bytes if is_duration => {
            format!("`{key}` belongs on a text: limit the seconds with `{range}`")
        }
        // #[dingtalk(length(..=3))] load: u32
        Rule::Length | Rule::Bytes => {
            format!("`{key}` belongs on a text, and {ty} is a number: write `{range}`")
        }
        // #[dingtalk(range(..=3))] host: String
        Rule::Range => format!("`{key}` belongs on a number, and {ty} is a text: write `{length}`"),
    }
}

/// Checks that the default and the example satisfy the field's own constraints.
fn literals(index: usize, field: &FieldRules, findings: &mut Findings) {
    // #[dingtalk(default = 120, range(0..=100))]
    if let Some(Some(value)) = &field.default
        && let Some(problem) = broken(field, value, findings)
    {
        let message = format!("the default of `{}` {problem}", field.name);
        findings.of_field(index, FieldLocation::DefaultValue, message);
    }
    match &field.example {
        None => {}
        // #[dingtalk(example = HOST)]
        Some(None) => {
            let message = "an example is a literal, such as `\"web-3\"`, `42` or `[\"nginx\"]`";
            findings.of_field(index, FieldLocation::Example, message);
        }
        Some(Some(value)) => example(index, field, value, findings),
    }
}

fn example(index: usize, field: &FieldRules, value: &Literal, findings: &mut Findings) {
    let list = findings.dialect.list();
    let problem = match (field.cardinality, value) {
        // #[dingtalk(example = "nginx")] processes: Vec<String>
        (Cardinality::List, Literal::List(_)) => None,
        (Cardinality::List, _) => {
            Some(format!("is one value, and the field is {list}: write `[…]` around it"))
        }
        (_, Literal::List(_)) => {
            Some("is a list, and the field takes one value: remove the brackets".to_owned())
        }
        _ => None,
    };
    if let Some(problem) = problem.or_else(|| broken(field, value, findings)) {
        let message = format!("the example of `{}` {problem}", field.name);
        findings.of_field(index, FieldLocation::Example, message);
    }
}

/// Returns the constraint that this value violates, as the end of a sentence.
fn broken(field: &FieldRules, value: &Literal, findings: &Findings) -> Option<String> {
    if let Literal::List(elements) = value {
        let max = field.max_items.as_ref().and_then(|max| max.number).and_then(Number::as_count);
        let items = elements.len();
        if let Some(max) = max.filter(|max| items > *max) {
            return Some(format!("has {items} items, and the field takes at most {max}"));
        }
        return elements.iter().find_map(|element| broken(field, element, findings));
    }
    wrong_type(field, value, findings).or_else(|| out_of_bounds(field, value))
}

/// Returns the problem of a value of the wrong type: `#[dingtalk(example = "many")] count: u32`.
fn wrong_type(field: &FieldRules, value: &Literal, findings: &Findings) -> Option<String> {
    let expected = match (field.value, value) {
        (ValueKind::Flag, Literal::Flag(_))
        | (ValueKind::Number | ValueKind::Duration, Literal::Number { .. })
        | (ValueKind::Text | ValueKind::Markdown | ValueKind::Own | ValueKind::Time, Literal::Text(_))
        | (ValueKind::Foreign, _) => return None,
        (ValueKind::Flag, _) => "`true` or `false`",
        (ValueKind::Number, _) => "a number",
        (ValueKind::Duration, _) => "a number of seconds",
        (ValueKind::Time, _) => "a text with an offset, such as `\"2026-11-29T20:05:00+08:00\"`",
        (ValueKind::Text | ValueKind::Markdown | ValueKind::Own, _) => "a text in quotes",
    };
    let (given, ty) = (value.kind(findings.dialect), findings.dialect.a_type(&field.type_name));
    Some(format!("is {given}, and {ty} is {expected}"))
}

fn out_of_bounds(field: &FieldRules, value: &Literal) -> Option<String> {
    let too_long = |bounds: &Option<Bounds>, measure: usize, unit: &str| {
        let bounds = bounds.as_ref().filter(|bounds| !contains(bounds, measure.into()))?;
        let s = if measure == 1 { "" } else { "s" };
        Some(format!("has {measure} {unit}{s}, and the field takes `{}`", written(bounds)))
    };
    match value {
        Literal::Text(text) => too_long(&field.length, text.chars().count(), "character")
            .or_else(|| too_long(&field.bytes, text.len(), "byte")),
        Literal::Number { value, .. } => {
            let bounds = field.range.as_ref().filter(|bounds| !contains(bounds, *value));
            bounds
                .map(|bounds| format!("is outside of `{}`", written(bounds)))
                .or_else(|| Some(format!("is {value}, and {}", Limits::of(field)?.problem(*value)?)))
        }
        Literal::Flag(_) | Literal::List(_) => None,
    }
}

/// Minimum and maximum of an integer type.
struct Limits<'f> {
    ty: &'f str,
    min: i128,
    max: i128,
}

impl<'f> Limits<'f> {
    fn of(field: &'f FieldRules) -> Option<Self> {
        let ty = &*field.type_name;
        let (name, is_nonzero) = match ty.strip_prefix("NonZero") {
            Some(name) => (name.to_lowercase(), true),
            None => (ty.to_owned(), false),
        };
        let (min, max) = match &*name {
            "u8" => (0, u8::MAX.into()),
            "u16" => (0, u16::MAX.into()),
            "u32" => (0, u32::MAX.into()),
            "u64" | "usize" => (0, u64::MAX.into()),
            "u128" => (0, i128::MAX),
            "i8" => (i8::MIN.into(), i8::MAX.into()),
            "i16" => (i16::MIN.into(), i16::MAX.into()),
            "i32" => (i32::MIN.into(), i32::MAX.into()),
            "bytes" => (0, i64::MAX.into()),
            "i64" | "isize" | "integer" => (i64::MIN.into(), i64::MAX.into()),
            "i128" => (i128::MIN, i128::MAX),
            _ => return None,
        };
        Some(Self { ty, min: if is_nonzero && min == 0 { 1 } else { min }, max })
    }

    /// Returns the reason why the type has no such value, if there is one.
    fn problem(&self, number: Number) -> Option<String> {
        let ty = self.ty;
        if !number.is_whole() {
            Some(format!("`{ty}` is a whole number"))
        } else if number < Number::Integer(self.min) {
            Some(format!("`{ty}` is at least {}", self.min))
        } else if number > Number::Integer(self.max) {
            Some(format!("`{ty}` is at most {}", self.max))
        } else {
            None
        }
    }
}

/// Formats a range as `1..=64`, `1..` or `..=64`.
fn written(bounds: &Bounds) -> String {
    let min = bounds.min.as_ref().map_or("", |min| &min.written);
    let max = bounds.max.as_ref().map(|max| format!("={}", max.written)).unwrap_or_default();
    format!("{min}..{max}")
}

/// Reports whether a measure is within the bounds. An end that is not a literal is unknown here, and not checked.
fn contains(bounds: &Bounds, measure: Number) -> bool {
    let known = |end: &Option<End>| end.as_ref().and_then(|end| end.number);
    known(&bounds.min).is_none_or(|min| measure >= min) && known(&bounds.max).is_none_or(|max| measure <= max)
}

/// Reports a limit such as `max_items = 80` on people to mention.
pub fn check_mention_limit(index: usize, field: &FieldRules, findings: &mut Findings) {
    let most = field.max_items.as_ref().and_then(|max| max.number).and_then(Number::as_count);
    let mentions = field.role == Role::At && field.cardinality == Cardinality::List;
    if mentions && most.is_some_and(|most| most > MAX_MENTIONS) {
        findings.of_field(
            index,
            FieldLocation::MaxItems,
            format!("DingTalk mentions at most {MAX_MENTIONS} people: remove `max_items`, or lower it"),
        );
    }
}

/// Reports `unbounded` on a parameter that needs no limit, or has one: `#[dingtalk(length(..=64), unbounded)]`.
pub fn check_unbounded(index: usize, field: &FieldRules, findings: &mut Findings) {
    let needed = NeededLimits::of(field);
    // Only rustc knows if values of another type need a limit.
    let is_unknown = field.value == ValueKind::Foreign
        && field.role == Role::Value
        && findings.dialect == Dialect::Attributes
        && field.bounds().next().is_none();
    if !field.is_unbounded || needed.text || needed.items || is_unknown {
        return;
    }
    let name = &field.name;
    let message = match field.role {
        Role::Skip => "a skipped field is no parameter, so it needs no limit: remove `unbounded`".to_owned(),
        Role::At | Role::AtAll => "DingTalk limits mentions itself: remove `unbounded`".to_owned(),
        Role::Value if field.is_text() || field.cardinality == Cardinality::List => {
            format!("`{name}` has an upper limit, and `unbounded` says that it has none: remove one of them")
        }
        Role::Value => {
            format!("only texts and lists need a limit, and `{name}` is neither: remove `unbounded`")
        }
    };
    findings.of_field(index, FieldLocation::Unbounded, message);
}

/// Limits that a tool's parameter needs, but does not have.
pub(super) struct NeededLimits {
    pub(super) text: bool,
    pub(super) items: bool,
}

impl NeededLimits {
    pub(super) fn of(field: &FieldRules) -> Self {
        let limited = [&field.length, &field.bytes].into_iter().flatten().any(|bounds| bounds.max.is_some());
        let value = field.role == Role::Value;
        Self {
            // text: String, of any length
            text: value && field.is_text() && !limited,
            // lines: Vec<String>, with any number of items
            items: value && field.cardinality == Cardinality::List && field.max_items.is_none(),
        }
    }
}
