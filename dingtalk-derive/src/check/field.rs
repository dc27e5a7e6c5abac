//! Rules on one field.

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt as _;

use super::{is_list, number};
use crate::{
    attr::BoundsAttribute,
    errors::Errors,
    literal::{self, Literal},
    model::{Field, Role, Shape, type_name},
};

pub(super) const TEXTS: [&str; 3] = ["String", "str", "Markdown"];

/// Types of dingtalk-core that are written as texts.
const OWN: [&str; 3] = ["Mobile", "UserId", "Url"];

const NUMBERS: [&str; 12] =
    ["f32", "f64", "i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32", "u64", "usize"];

pub(super) fn check(field: &Field<'_>, errors: &Errors) {
    roles(field, errors);
    bounds(field, errors);
    literals(field, errors);
}

fn roles(field: &Field<'_>, errors: &Errors) {
    // #[dingtalk(at_all)] everybody: String
    if let (Some(at_all), false) = (&field.attributes.at_all, matches!(field.shape, Shape::Flag)) {
        errors.at(at_all, "`at_all` belongs on a `bool`");
    }
    // #[dingtalk(at, line = "- {}")]
    if let (Role::At | Role::AtAll | Role::Skip, Some(line)) = (field.role, &field.attributes.line) {
        let message = match field.role {
            Role::Skip => "a skipped field is not shown: remove its `line`, or the `skip`".to_owned(),
            _ => format!(
                "a mention has no `line`: it is appended to the message, or stands as `{{{}}}` in a template",
                field.name
            ),
        };
        errors.at(line, message);
    }
    // #[dingtalk(skip, example = "web-3")]
    if let (Role::Skip, Some(example)) = (field.role, &field.attributes.example) {
        errors.at(example, "a skipped field is no parameter, so nobody reads an example of it: remove it");
    }
}

fn bounds(field: &Field<'_>, errors: &Errors) {
    // #[dingtalk(max_items = 3)] host: String
    if field.attributes.max_items.is_some() && !is_list(field) {
        errors.at(field.ty, "`max_items` belongs on a `Vec`; limit a text with `length(..=N)`");
    }
    // #[dingtalk(length(..=3))] load: u32
    if let Some((rule, problem)) = misfit(field) {
        errors.at(rule, problem);
    }
    // #[dingtalk(length(9..=1))]
    for bounds in field.attributes.bounds() {
        if let (Some(min), Some(max)) = (&bounds.min, &bounds.max)
            && let (Some(least), Some(greatest)) = (number(min), number(max))
            && least > greatest
        {
            let [min_shown, max_shown] = [min, max].map(|end| end.to_string().replace(' ', ""));
            errors.at(
                min,
                format!("no value is at least {min_shown} and at most {max_shown}: write `{max_shown}..={min_shown}`"),
            );
        }
    }
}

/// The rule that says nothing about a value of the field's type, and why. Types that are not known here are left to rustc.
fn misfit<'f>(field: &'f Field<'_>) -> Option<(&'f Ident, String)> {
    let attributes = &field.attributes;
    let text = attributes.length.as_ref().or(attributes.bytes.as_ref()).map(|bounds| &bounds.keyword);
    let number = attributes.range.as_ref().map(|bounds| &bounds.keyword);
    let ty = type_name(field.shape.value(field.ty))?;
    match (ty.as_str(), text, number) {
        (name, Some(rule), _) | (name, _, Some(rule)) if name == "bool" || OWN.contains(&name) => {
            Some((rule, format!("`{rule}` says nothing about a `{ty}`: remove it")))
        }
        (name, Some(rule), _) if NUMBERS.contains(&name) => Some((
            rule,
            format!("`{rule}` belongs on a text, and a `{ty}` is a number: write `range(a..=b)`"),
        )),
        (name, _, Some(rule)) if TEXTS.contains(&name) => Some((
            rule,
            format!("`{rule}` belongs on a number, and a `{ty}` is a text: write `length(..=N)`"),
        )),
        _ => None,
    }
}

/// Defaults and examples keep the field's own rules.
fn literals(field: &Field<'_>, errors: &Errors) {
    let attributes = &field.attributes;
    if let Some(tokens) = attributes.default.as_ref().and_then(|default| default.value.as_ref())
        && let Some(value) = literal::read(tokens.clone())
        && let Some(problem) = broken(field, &value)
    {
        // #[dingtalk(default = 120, range(0..=100))]
        errors.at(tokens, format!("the default of `{}` {problem}", field.ident.unraw()));
    }
    if let Some(tokens) = &attributes.example {
        match literal::read(tokens.clone()) {
            // #[dingtalk(example = HOST)]
            None => errors.at(tokens, "an example is a literal, such as `\"web-3\"`, `42` or `[\"nginx\"]`"),
            Some(value) => example(field, tokens, &value, errors),
        }
    }
}

fn example(field: &Field<'_>, tokens: &TokenStream, value: &Literal, errors: &Errors) {
    let name = field.ident.unraw();
    let problem = match (field.shape, value) {
        // #[dingtalk(example = "nginx")] processes: Vec<String>
        (Shape::List(_), Literal::List(_)) => None,
        (Shape::List(_), _) => {
            Some("is one value, and the field is a `Vec`: write `[…]` around it".to_owned())
        }
        (_, Literal::List(_)) => {
            Some("is a list, and the field takes one value: remove the brackets".to_owned())
        }
        _ => None,
    };
    if let Some(problem) = problem.or_else(|| broken(field, value)) {
        errors.at(tokens, format!("the example of `{name}` {problem}"));
    }
}

/// Which rule this value breaks.
fn broken(field: &Field<'_>, value: &Literal) -> Option<String> {
    if let Literal::List(elements) = value {
        let max = field.attributes.max_items.as_ref().and_then(number);
        return match max {
            #[expect(clippy::cast_precision_loss, reason = "nobody writes 2^53 elements")]
            Some(max) if elements.len() as f64 > max => {
                Some(format!("has {} items, and the field takes at most {max}", elements.len()))
            }
            _ => elements.iter().find_map(|element| broken(field, element)),
        };
    }
    wrong_type(field, value).or_else(|| out_of_bounds(field, value))
}

/// Only rustc knows what type this is: it may be a `Choice`.
pub(crate) fn is_foreign(field: &Field<'_>) -> bool {
    type_name(field.shape.value(field.ty)).is_none_or(|name| {
        let name = name.as_str();
        name != "bool" && !NUMBERS.contains(&name) && !TEXTS.contains(&name) && !OWN.contains(&name)
    })
}

/// #[dingtalk(example = "many")] count: u32
fn wrong_type(field: &Field<'_>, value: &Literal) -> Option<String> {
    let name = type_name(field.shape.value(field.ty))?;
    let ty = name.as_str();
    let expected = match value {
        _ if ty == "bool" => (!matches!(value, Literal::Flag(_))).then_some("`true` or `false`"),
        _ if NUMBERS.contains(&ty) => (!matches!(value, Literal::Number { .. })).then_some("a number"),
        _ if TEXTS.contains(&ty) || OWN.contains(&ty) => {
            (!matches!(value, Literal::Text(_))).then_some("a text in quotes")
        }
        _ => None,
    };
    expected.map(|expected| format!("is {}, and a `{ty}` is {expected}", value.kind()))
}

fn out_of_bounds(field: &Field<'_>, value: &Literal) -> Option<String> {
    let attributes = &field.attributes;
    #[expect(clippy::cast_precision_loss, reason = "nobody writes 2^53 characters")]
    let measured = match value {
        Literal::Text(text) => [
            (&attributes.length, text.chars().count() as f64, "character"),
            (&attributes.bytes, text.len() as f64, "byte"),
        ],
        Literal::Number { value, .. } => [(&attributes.range, *value, ""), (&None, 0.0, "")],
        Literal::Flag(_) | Literal::List(_) => return None,
    };
    measured.into_iter().find_map(|(bounds, measure, unit)| {
        let bounds = bounds.as_ref().filter(|bounds| !contains(bounds, measure))?;
        let shown = |end: &Option<TokenStream>| end.as_ref().map(|end| end.to_string().replace(' ', ""));
        let range = format!(
            "{}..{}",
            shown(&bounds.min).unwrap_or_default(),
            shown(&bounds.max).map(|max| format!("={max}")).unwrap_or_default()
        );
        Some(match unit {
            "" => format!("is outside of `{range}`"),
            unit => {
                let s = if measure.to_string() == "1" { "" } else { "s" };
                format!("has {measure} {unit}{s}, and the field takes `{range}`")
            }
        })
    })
}

/// An end that is no literal is not known here.
fn contains(bounds: &BoundsAttribute, measure: f64) -> bool {
    let within = |end: &Option<TokenStream>, holds: fn(f64, f64) -> bool| {
        end.as_ref().and_then(number).is_none_or(|end| holds(measure, end))
    };
    within(&bounds.min, |measure, min| measure >= min) && within(&bounds.max, |measure, max| measure <= max)
}
